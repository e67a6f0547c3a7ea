//! A report as a text document (`.docx`): what journals and co-authors edit.
//!
//! In: the report's own Markdown, and its figures. Out: one Office Open XML file with headings, paragraphs, lists, tables and pictures;
//! the same text as the Markdown, since it is made from it. Same input, same bytes: no date, no name of a person.
//!
//! Source of the format: ECMA-376, Office Open XML, part 1 (WordprocessingML) and part 2 (packages). Checked with python-docx and
//! LibreOffice.

mod document;
mod markdown;
mod package;

use std::collections::BTreeMap;
use std::path::Path;

use crate::cohort::plain_reason;
use document::{Image, body};
use markdown::{Block, blocks};

/// Why a document cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum DocxError {
    /// A picture that is none.
    #[error("{path}: {reason}; the document needs the figure as a PNG")]
    Picture {
        /// Its path as the Markdown writes it.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The package cannot be put together.
    #[error("report.docx cannot be packed: {0}")]
    Package(String),
}

/// The document of a folder's Markdown file, whose pictures lie in that folder.
///
/// # Errors
///
/// As [`from_markdown`].
pub fn of_folder(folder: &Path, text: &str) -> Result<Vec<u8>, DocxError> {
    from_markdown(text, |path| {
        std::fs::read(folder.join(path)).map_err(|error| plain_reason(&error))
    })
}

/// The document of a Markdown text; `picture` gives the PNG of a path that the text links to.
///
/// # Errors
///
/// A picture that is not there, or is no PNG.
pub fn from_markdown(
    text: &str,
    mut picture: impl FnMut(&str) -> Result<Vec<u8>, String>,
) -> Result<Vec<u8>, DocxError> {
    let blocks = blocks(text);
    let mut images: BTreeMap<String, Image> = BTreeMap::new();
    let mut files = Vec::new();
    for block in &blocks {
        let Block::Picture { path, .. } = block else {
            continue;
        };
        if images.contains_key(path) {
            continue;
        }
        let wrong = |reason: String| DocxError::Picture {
            path: path.clone(),
            reason,
        };
        let png = picture(path).map_err(wrong)?;
        let [width, height] = size_of_png(&png).ok_or_else(|| wrong("found no PNG".to_string()))?;
        let number = images.len() + 1;
        images.insert(
            path.clone(),
            Image {
                number,
                width,
                height,
            },
        );
        files.push((number, png));
    }
    let title = blocks.iter().find_map(|block| match block {
        Block::Heading { level: 1, text } => Some(text.plain()),
        _ => None,
    });
    package::package(&body(&blocks, &images), &title.unwrap_or_default(), &files)
}

/// Width and height of a PNG, from its first chunk.
fn size_of_png(bytes: &[u8]) -> Option<[u32; 2]> {
    let is_png = bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.get(12..16)? == b"IHDR";
    let side = |at: usize| -> Option<u32> {
        let four = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(four)).filter(|side| *side > 0)
    };
    is_png.then_some([side(16)?, side(20)?])
}
