//! What ratatui draws, as escape sequences that every terminal of today knows.
//!
//! In: changed cells. Out: bytes to a writer. Colours are the sixteen of the terminal's own theme, and none where `NO_COLOR` is set.
//!
//! Source: ECMA-48, sections 8.3.14 (CUP), 8.3.39 (ED), 8.3.117 (SGR).

use std::io::{self, Write};

use ratatui_core::backend::{Backend, ClearType, WindowSize};
use ratatui_core::buffer::Cell;
use ratatui_core::layout::{Position, Size};
use ratatui_core::style::{Color, Modifier};

/// A terminal behind a writer.
pub struct Ansi<W: Write> {
    out: W,
    is_coloured: bool,
}

impl<W: Write> Ansi<W> {
    /// Colours follow the environment.
    pub fn new(out: W) -> Self {
        let is_coloured = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Ansi { out, is_coloured }
    }

    fn style(&mut self, cell: &Cell) -> io::Result<()> {
        self.out.write_all(b"\x1b[0")?;
        for (modifier, code) in [
            (Modifier::BOLD, 1),
            (Modifier::DIM, 2),
            (Modifier::ITALIC, 3),
            (Modifier::UNDERLINED, 4),
            (Modifier::REVERSED, 7),
        ] {
            if cell.modifier.contains(modifier) {
                write!(self.out, ";{code}")?;
            }
        }
        if self.is_coloured {
            for (colour, base) in [(cell.fg, 30), (cell.bg, 40)] {
                if let Some(code) = code(colour) {
                    write!(self.out, ";{}", base + code)?;
                }
            }
        }
        self.out.write_all(b"m")
    }
}

/// What is added to 30 or 40; nothing for the terminal's own colour.
fn code(colour: Color) -> Option<usize> {
    let dark = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
    ];
    let bright = [
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    let place = |all: &[Color]| all.iter().position(|of| *of == colour);
    let bright = place(&bright).map(|place| place + 60);
    place(&dark).or(bright)
}

/// Columns and rows of the terminal behind standard output.
#[cfg(unix)]
pub fn size() -> Option<Size> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then(|| Size::new(size.ws_col, size.ws_row))
}

/// Not known.
#[cfg(not(unix))]
pub fn size() -> Option<Size> {
    None
}

impl<W: Write> Backend for Ansi<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut next = None;
        let mut style = None;
        for (x, y, cell) in content {
            if next != Some((x, y)) {
                write!(self.out, "\x1b[{};{}H", y + 1, x + 1)?;
            }
            let of = (cell.fg, cell.bg, cell.modifier);
            if style != Some(of) {
                self.style(cell)?;
                style = Some(of);
            }
            self.out.write_all(cell.symbol().as_bytes())?;
            next = Some((x + 1, y));
        }
        self.out.write_all(b"\x1b[0m")
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.out.write_all(b"\x1b[?25l")
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.out.write_all(b"\x1b[?25h")
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Asked for only to put the cursor back, which is hidden.
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        write!(self.out, "\x1b[{};{}H", y + 1, x + 1)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, what: ClearType) -> io::Result<()> {
        self.out.write_all(match what {
            ClearType::All => b"\x1b[2J",
            ClearType::AfterCursor => b"\x1b[0J",
            ClearType::BeforeCursor => b"\x1b[1J",
            ClearType::CurrentLine => b"\x1b[2K",
            ClearType::UntilNewLine => b"\x1b[0K",
        })
    }

    fn size(&self) -> io::Result<Size> {
        size().ok_or_else(|| io::Error::other("the terminal does not tell its size"))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size()?,
            pixels: Size::new(0, 0),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use ratatui_core::buffer::Cell;
    use ratatui_core::style::{Color, Modifier};

    use super::{Ansi, Backend};

    fn drawn(is_coloured: bool) -> String {
        let mut plain = Cell::new("a");
        let mut coloured = Cell::new("b");
        coloured.fg = Color::Cyan;
        coloured.modifier = Modifier::BOLD;
        let mut bright = Cell::new("c");
        bright.bg = Color::LightRed;
        plain.fg = Color::Reset;
        let mut bytes = Vec::new();
        let mut backend = Ansi {
            out: &mut bytes,
            is_coloured,
        };
        let cells = [(0, 0, &plain), (1, 0, &coloured), (4, 2, &bright)];
        backend.draw(cells.into_iter()).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn cells_are_placed_and_styled_only_where_something_changes() {
        assert_eq!(
            drawn(true),
            "\x1b[1;1H\x1b[0ma\x1b[0;1;36mb\x1b[3;5H\x1b[0;101mc\x1b[0m"
        );
        assert_eq!(
            drawn(false),
            "\x1b[1;1H\x1b[0ma\x1b[0;1mb\x1b[3;5H\x1b[0mc\x1b[0m"
        );
    }
}
