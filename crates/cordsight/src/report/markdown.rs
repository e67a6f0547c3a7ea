//! Markdown out of the templates that end in `.md`: every text is escaped, so that a name with a star or a bar in it stays
//! a name.
//!
//! In: the template engine. Out: the same, with a way to write Markdown beside its own for HTML.

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, default_auto_escape_callback, escape_formatter,
};

/// Name of the way of escaping.
const MARKDOWN: &str = "markdown";

/// Teaches the engine to escape for Markdown.
pub(super) fn teach(environment: &mut Environment<'_>) {
    environment.set_auto_escape_callback(|name| match name.ends_with(".md") {
        true => AutoEscape::Custom(MARKDOWN.into()),
        false => default_auto_escape_callback(name),
    });
    environment.set_formatter(|out, state, value| {
        let is_ours = matches!(state.auto_escape(), AutoEscape::Custom(name) if name == MARKDOWN);
        if !is_ours {
            return escape_formatter(out, state, value);
        }
        if value.is_undefined() {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        let text = match value.is_safe() {
            true => value.to_string(),
            false => escaped(&value.to_string()),
        };
        out.write_str(&text).map_err(Error::from)
    });
}

/// One line in which nothing is markup.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '#' => {
                out.push('\\');
                out.push(letter);
            }
            other => out.push(other),
        }
    }
    out
}
