//! The template engine, set up once for every page.
//!
//! In: templates by name. Out: an engine that escapes texts for HTML, and for Markdown in templates that end in `.md`; a name that the data
//! lack is an error, never an empty place.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, UndefinedBehavior};

use super::markdown;

/// What every page may include.
const SHARED: [(&str, &str); 2] = [
    ("style.css", include_str!("style.css")),
    ("macros.html", include_str!("macros.html")),
];

/// The parts of a report that runs on two classes and on several findings have alike.
pub(crate) const SECTIONS: [(&str, &str); 5] = [
    ("words.html", include_str!("words.html")),
    ("patients.html", include_str!("patients.html")),
    ("study.html", include_str!("study.html")),
    ("checklists.html", include_str!("checklists.html")),
    ("methods.md", include_str!("methods.md")),
];

/// An engine that knows these templates, and what pages share.
pub(crate) fn engine(
    templates: &[(&'static str, &'static str)],
) -> Result<Environment<'static>, Error> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    markdown::teach(&mut engine);
    for &(name, text) in SHARED.iter().chain(templates) {
        engine.add_template(name, text)?;
    }
    Ok(engine)
}
