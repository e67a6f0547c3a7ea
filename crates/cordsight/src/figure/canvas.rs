//! The one place that writes SVG elements: numbers, escaping, colours.
//!
//! In: shapes in user units. Out: one SVG document. Numbers are written with at most two decimals, so that the same
//! picture has the same bytes and a curve of thousands of points stays small.

use std::fmt::Write;

use super::ink::Ink;

/// Where a text stands relative to its x position.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Size and weight of a text, and its alignment.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub size: f64,
    pub bold: bool,
    pub anchor: Anchor,
    pub ink: Ink,
}

impl Type {
    pub(super) const fn new(anchor: Anchor) -> Self {
        Self {
            size: 12.0,
            bold: false,
            anchor,
            ink: Ink::Text,
        }
    }

    pub(super) const fn sized(self, size: f64) -> Self {
        Self { size, ..self }
    }

    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) const fn ink(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }
}

/// An SVG document being written.
pub(super) struct Canvas {
    body: String,
}

impl Canvas {
    pub(super) fn new() -> Self {
        Self {
            body: String::new(),
        }
    }

    /// A straight line; `dash` is an SVG dash pattern, empty for a solid line.
    pub(super) fn line(
        &mut self,
        from: (f64, f64),
        to: (f64, f64),
        ink: Ink,
        width: f64,
        dash: &str,
    ) {
        let _ = write!(
            self.body,
            r#"<line x1="{}" y1="{}" x2="{}" y2="{}" {}{}/>"#,
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1),
            ink.stroke(width),
            dash_attribute(dash)
        );
        self.body.push('\n');
    }

    /// A polyline through points in user units; points that add nothing to a horizontal or vertical run are left out.
    pub(super) fn curve(&mut self, points: &[(f64, f64)], ink: Ink, width: f64, dash: &str) {
        let points = without_redundant(points);
        if points.len() < 2 {
            return;
        }
        let path: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{},{}", number(*x), number(*y)))
            .collect();
        let _ = write!(
            self.body,
            r#"<polyline points="{}" {}{} stroke-linejoin="round"/>"#,
            path.join(" "),
            ink.stroke(width),
            dash_attribute(dash)
        );
        self.body.push('\n');
    }

    /// A filled rectangle; `corner` is `(x, y)` of its top left, `size` is `(width, height)`.
    pub(super) fn rectangle(&mut self, corner: (f64, f64), size: (f64, f64), ink: Ink) {
        let _ = write!(
            self.body,
            r#"<rect {} {}/>"#,
            extent(corner, size),
            ink.fill()
        );
        self.body.push('\n');
    }

    /// The outline of a rectangle.
    pub(super) fn frame(&mut self, corner: (f64, f64), size: (f64, f64), ink: Ink, width: f64) {
        let _ = write!(
            self.body,
            r#"<rect {} {}/>"#,
            extent(corner, size),
            ink.stroke(width)
        );
        self.body.push('\n');
    }

    /// A filled polygon.
    pub(super) fn polygon(&mut self, corners: &[(f64, f64)], ink: Ink) {
        if corners.len() < 3 {
            return;
        }
        let path: Vec<String> = corners
            .iter()
            .map(|(x, y)| format!("{},{}", number(*x), number(*y)))
            .collect();
        let _ = write!(
            self.body,
            r#"<polygon points="{}" {}/>"#,
            path.join(" "),
            ink.fill()
        );
        self.body.push('\n');
    }

    /// A filled dot.
    pub(super) fn dot(&mut self, centre: (f64, f64), radius: f64, ink: Ink) {
        let _ = write!(
            self.body,
            r#"<circle cx="{}" cy="{}" r="{}" {}/>"#,
            number(centre.0),
            number(centre.1),
            number(radius),
            ink.fill()
        );
        self.body.push('\n');
    }

    /// A ring: a dot that is not filled.
    pub(super) fn ring(&mut self, centre: (f64, f64), radius: f64, ink: Ink) {
        let _ = write!(
            self.body,
            r#"<circle cx="{}" cy="{}" r="{}" {}/>"#,
            number(centre.0),
            number(centre.1),
            number(radius),
            ink.stroke(1.2)
        );
        self.body.push('\n');
    }

    /// A line of text whose baseline starts, is centred or ends at `at`.
    pub(super) fn text(&mut self, at: (f64, f64), set: Type, text: &str) {
        let _ = write!(
            self.body,
            r#"<text x="{}" y="{}" {} {}>{}</text>"#,
            number(at.0),
            number(at.1),
            set.ink.fill(),
            set.attributes(),
            escape(text)
        );
        self.body.push('\n');
    }

    /// A text that reads upwards, centred at `at`.
    pub(super) fn upright_text(&mut self, at: (f64, f64), set: Type, text: &str) {
        let _ = write!(
            self.body,
            r#"<text transform="translate({},{}) rotate(-90)" {} {}>{}</text>"#,
            number(at.0),
            number(at.1),
            set.ink.fill(),
            set.attributes(),
            escape(text)
        );
        self.body.push('\n');
    }

    /// The document, `height` units high, with the name and description that a screen reader speaks.
    pub(super) fn finish(self, height: f64, title: &str, description: &str) -> String {
        let (width, height) = (number(super::WIDTH), number(height));
        format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" class="cordsight-figure" viewBox="0 0 {width} {height}" "#,
                r#"width="{width}" height="{height}" role="img" "#,
                r#"font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif">"#,
                "\n<title>{title}</title>\n<desc>{description}</desc>\n",
                r#"<rect width="{width}" height="{height}" {paper}/>"#,
                "\n{body}</svg>\n"
            ),
            width = width,
            height = height,
            title = escape(title),
            description = escape(description),
            paper = Ink::Paper.fill(),
            body = self.body,
        )
    }
}

impl Type {
    fn attributes(self) -> String {
        let anchor = match self.anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let weight = if self.bold {
            r#" font-weight="600""#
        } else {
            ""
        };
        format!(r#"font-size="{}"{anchor}{weight}"#, number(self.size))
    }
}

/// Breaks a text into lines of at most `columns` characters at spaces; a longer word is cut.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        while !rest.is_empty() {
            let used = line.chars().count();
            let gap = usize::from(used > 0);
            if used + gap + rest.len() <= columns {
                line.extend((gap == 1).then_some(' '));
                line.extend(rest.drain(..));
            } else if used > 0 {
                lines.push(std::mem::take(&mut line));
            } else {
                lines.push(rest.drain(..columns).collect());
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

fn extent(corner: (f64, f64), size: (f64, f64)) -> String {
    format!(
        r#"x="{}" y="{}" width="{}" height="{}""#,
        number(corner.0),
        number(corner.1),
        number(size.0.max(0.0)),
        number(size.1.max(0.0))
    )
}

fn dash_attribute(dash: &str) -> String {
    if dash.is_empty() {
        String::new()
    } else {
        format!(r#" stroke-dasharray="{dash}""#)
    }
}

/// At most two decimals, no trailing zeros, never "-0".
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// Text for XML: markup is escaped, and control characters, which XML forbids even escaped, become U+FFFD.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            control if control.is_control() => escaped.push('\u{fffd}'),
            plain => escaped.push(plain),
        }
    }
    escaped
}

fn without_redundant(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let round = |value: f64| (value * 100.0).round() / 100.0;
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for &(x, y) in points {
        let next = (round(x), round(y));
        if kept.last() == Some(&next) {
            continue;
        }
        if let [.., before, last] = kept.as_slice() {
            let same_row = before.1 == last.1
                && last.1 == next.1
                && (last.0 - before.0) * (next.0 - last.0) > 0.0;
            let same_column = before.0 == last.0
                && last.0 == next.0
                && (last.1 - before.1) * (next.1 - last.1) > 0.0;
            if same_row || same_column {
                kept.pop();
            }
        }
        kept.push(next);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{escape, number, without_redundant, wrap};

    #[test]
    fn numbers_are_short_and_never_minus_zero() {
        let written: Vec<String> = [1.0, 0.5, 12.345, -0.001, 100.0, -2.5]
            .into_iter()
            .map(number)
            .collect();
        assert_eq!(written, ["1", "0.5", "12.35", "0", "100", "-2.5"]);
    }

    #[test]
    fn control_characters_cannot_break_the_xml() {
        assert_eq!(
            escape("a<b>\u{0}\u{1b}\n&\"'"),
            "a&lt;b&gt;\u{fffd}\u{fffd} &amp;&quot;&#39;"
        );
    }

    #[test]
    fn a_staircase_keeps_its_corners_only() {
        let stairs = [
            (0.0, 0.0),
            (0.0, 1.0),
            (0.0, 2.0),
            (1.0, 2.0),
            (1.0, 2.0),
            (3.0, 2.0),
            (3.0, 5.0),
        ];
        assert_eq!(
            without_redundant(&stairs),
            [(0.0, 0.0), (0.0, 2.0), (3.0, 2.0), (3.0, 5.0)]
        );
    }

    #[test]
    fn wrapping_breaks_at_spaces_and_cuts_words_that_are_too_long() {
        assert_eq!(
            wrap("two words abcdefghijk", 9),
            ["two words", "abcdefghi", "jk"]
        );
        assert!(wrap("  ", 9).is_empty());
    }
}
