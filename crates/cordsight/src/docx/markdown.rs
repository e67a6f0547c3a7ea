//! The Markdown that the reports are written in, as blocks.
//!
//! In: text of our own templates: headings, paragraphs, lists, tables, pictures alone on a line; within a line bold, code, links,
//! and what is escaped. Out: [`Block`]s. It is no reader of Markdown at large; what it does not know stays as it is
//! written.

/// A piece of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// A heading, 1 to 3.
    Heading { level: usize, text: Line },
    /// A paragraph.
    Paragraph(Line),
    /// An item of a list.
    Item(Line),
    /// A table; the first row is its head.
    Table(Vec<Vec<Line>>),
    /// A picture.
    Picture { name: String, path: String },
}

/// A text in runs of one look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line(pub Vec<Run>);

/// Letters that look alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub text: String,
    pub bold: bool,
    pub code: bool,
}

impl Line {
    /// The letters alone.
    pub fn plain(&self) -> String {
        self.0.iter().map(|run| run.text.as_str()).collect()
    }
}

/// The blocks of a text, in their order.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut all = Vec::new();
    let mut paragraph = String::new();
    let mut table: Vec<Vec<Line>> = Vec::new();
    for line in text.lines().chain([""]) {
        let line = line.trim();
        let is_row = line.starts_with('|') && line.len() > 1;
        if !is_row && !table.is_empty() {
            all.push(Block::Table(std::mem::take(&mut table)));
        }
        let begins = block_of(line);
        if (line.is_empty() || is_row || begins.is_some()) && !paragraph.is_empty() {
            all.push(Block::Paragraph(inline(&std::mem::take(&mut paragraph))));
        }
        if let Some(block) = begins {
            all.push(block);
        } else if is_row {
            let row = cells(line);
            if !row.iter().all(|cell| is_rule(cell)) {
                table.push(row.iter().map(|cell| inline(cell)).collect());
            }
        } else if !line.is_empty() {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line);
        }
    }
    all
}

/// A block that one line is.
fn block_of(line: &str) -> Option<Block> {
    let level = line.chars().take_while(|c| *c == '#').count();
    if (1..=3).contains(&level)
        && let Some(text) = line[level..].strip_prefix(' ')
    {
        let text = inline(text);
        return Some(Block::Heading { level, text });
    }
    if let Some(text) = line.strip_prefix("- ") {
        return Some(Block::Item(inline(text)));
    }
    let inner = line.strip_prefix("![")?.strip_suffix(')')?;
    let (name, path) = inner.split_once("](")?;
    Some(Block::Picture {
        name: inline(name).plain(),
        path: path.to_string(),
    })
}

/// The cells of a row, divided at bars that are not escaped.
fn cells(line: &str) -> Vec<String> {
    let inner = line.strip_prefix('|').unwrap_or(line);
    let (mut all, mut cell, mut escaped) = (Vec::new(), String::new(), false);
    for letter in inner.chars() {
        match letter {
            '|' if !escaped => all.push(std::mem::take(&mut cell).trim().to_string()),
            letter => cell.push(letter),
        }
        escaped = letter == '\\' && !escaped;
    }
    if !cell.trim().is_empty() {
        all.push(cell.trim().to_string());
    }
    all
}

/// The line below a table's head.
fn is_rule(cell: &str) -> bool {
    !cell.is_empty() && cell.chars().all(|c| c == '-' || c == ':')
}

/// Letters with their look.
fn inline(text: &str) -> Line {
    let mut runs: Vec<Run> = Vec::new();
    let (mut bold, mut code) = (false, false);
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**").filter(|_| !code) {
            bold = !bold;
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix('`') {
            code = !code;
            rest = after;
            continue;
        }
        let (shown, length) = match letter {
            '\\' if !code => escaped(rest),
            '&' => entity(rest),
            '[' if !code => match link(rest) {
                Some((name, length)) => (name, length),
                None => (letter.to_string(), 1),
            },
            other => (other.to_string(), other.len_utf8()),
        };
        match runs.last_mut() {
            Some(run) if (run.bold, run.code) == (bold, code) => run.text += &shown,
            _ => runs.push(Run {
                text: shown,
                bold,
                code,
            }),
        }
        rest = &rest[length..];
    }
    Line(runs)
}

/// What a backslash keeps from being markup.
fn escaped(rest: &str) -> (String, usize) {
    match rest.chars().nth(1) {
        Some(kept) if kept.is_ascii_punctuation() => (kept.to_string(), 1 + kept.len_utf8()),
        _ => ("\\".to_string(), 1),
    }
}

fn entity(rest: &str) -> (String, usize) {
    let known = [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    let found = known.into_iter().find(|(name, _)| rest.starts_with(name));
    found.map_or_else(
        || ("&".to_string(), 1),
        |(name, shown)| (shown.to_string(), name.len()),
    )
}

/// The name of a link, and its length with what it leads to.
fn link(rest: &str) -> Option<(String, usize)> {
    let (name, after) = rest[1..].split_once("](")?;
    let end = after.find(')')?;
    let is_one = !name.contains(['[', ']']) && !after[..end].contains(' ');
    is_one.then(|| (inline(name).plain(), 1 + name.len() + 2 + end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Line {
        Line(vec![Run {
            text: text.to_string(),
            ..Run::default()
        }])
    }

    #[test]
    fn each_kind_of_block_is_found_where_it_begins_and_ends() {
        let text = "# A\n\nfirst\nline\n- one\n- two\n\n| a | b |\n|---|---:|\n| 1 \\| 2 | x |\n\n![roc](figures/roc.png)\nend";
        let found = blocks(text);
        let expected = vec![
            Block::Heading {
                level: 1,
                text: plain("A"),
            },
            Block::Paragraph(plain("first line")),
            Block::Item(plain("one")),
            Block::Item(plain("two")),
            Block::Table(vec![
                vec![plain("a"), plain("b")],
                vec![plain("1 | 2"), plain("x")],
            ]),
            Block::Picture {
                name: "roc".to_string(),
                path: "figures/roc.png".to_string(),
            },
            Block::Paragraph(plain("end")),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn markup_has_its_look_and_what_is_escaped_stays_as_it_was() {
        let line = inline("a **b\\*c** `d_e` &lt;f&gt; &amp; [g](h.md) \\[i\\] j\\");
        assert_eq!(line.plain(), "a b*c d_e <f> & g [i] j\\");
        assert!(line.0[1].bold && line.0[1].text == "b*c");
        assert!(line.0[3].code && line.0[3].text == "d_e");
    }

    #[test]
    fn empty_cells_keep_their_place() {
        let table = blocks("| a | b | c |\n|---|---|---|\n| 1 | | 3 |\n");
        let Block::Table(rows) = &table[0] else {
            panic!("{table:?}");
        };
        let cells: Vec<String> = rows[1].iter().map(Line::plain).collect();
        assert_eq!(cells, ["1", "", "3"]);
    }
}
