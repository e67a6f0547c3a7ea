//! `audit.json` and `audit.html`: one page with a thumbnail of every flagged picture, nothing to load from elsewhere.
//!
//! In: [`Audit`], and the files again for the thumbnails, which nothing keeps during the pass. Out: two files. Every text
//! that comes from a cohort is escaped by the template engine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use radiograph::GreyImage;
use rayon::prelude::*;
use serde::Serialize;

use super::finding::Finding;
use super::{Audit, Request, source, text};
use crate::cohort::plain_reason;
use crate::report::engine;
use crate::run_folder::{RunFolderError, write_whole};

/// More thumbnails would make the page slow on a phone.
const THUMBNAILS_MAX: usize = 300;
/// Longer side of a thumbnail in pixels.
const SIDE: usize = 128;
/// More cases of one finding are in `audit.json` only.
const ITEMS_MAX: usize = 1000;

/// Why the results could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The template and the data do not fit together: a fault of this program.
    #[error("audit.html: template does not fit the data ({0}); please report this")]
    Template(#[from] minijinja::Error),
    /// The data cannot be written as JSON: a fault of this program.
    #[error("audit.json: {0}; please report this")]
    Json(#[from] serde_json::Error),
    /// A file or folder cannot be written.
    #[error(transparent)]
    Write(#[from] RunFolderError),
    /// The folder cannot be made.
    #[error("{path}: {reason}; choose another --out")]
    Folder {
        /// The folder.
        path: String,
        /// What the operating system says.
        reason: String,
    },
}

/// Makes the folder for the results, so that an unusable one is found before any work.
///
/// # Errors
/// [`PageError::Folder`].
pub fn claim(out: &Path) -> Result<(), PageError> {
    std::fs::create_dir_all(out).map_err(|error| PageError::Folder {
        path: out.display().to_string(),
        reason: plain_reason(&error),
    })
}

/// Writes both files into the request's folder, over those of an earlier audit.
///
/// # Errors
/// [`PageError`].
pub fn write(request: &Request, audit: &Audit) -> Result<(), PageError> {
    claim(&request.out)?;
    let json = serde_json::to_string_pretty(audit)? + "\n";
    write_whole(&request.out.join("audit.json"), json.as_bytes())?;
    let thumbnails = thumbnails(request, audit);
    let page = render(audit, &thumbnails)?;
    write_whole(&request.out.join("audit.html"), page.as_bytes())?;
    Ok(())
}

/// The page; `thumbnails` holds a PNG for each file of a finding that has one.
///
/// # Errors
/// [`PageError::Template`], to which no content of an audit leads.
pub fn render(audit: &Audit, thumbnails: &BTreeMap<String, Vec<u8>>) -> Result<String, PageError> {
    let engine = engine(&[("audit.html", include_str!("page.html"))])?;
    let page = Page {
        audit,
        findings: audit
            .findings
            .iter()
            .map(|of| shown(of, thumbnails))
            .collect(),
        shortcuts: audit
            .shortcuts
            .iter()
            .map(|of| ShownShortcut {
                name: &of.name,
                outcome: text::outcome(of),
                strongest: of
                    .told
                    .as_ref()
                    .and_then(|told| told.strongest.as_ref())
                    .map_or_else(String::new, |strongest| {
                        format!(
                            "{}, AUC {}",
                            strongest.feature,
                            text::measured(&strongest.auc)
                        )
                    }),
                is_alarming: of.is_alarming() && !of.is_column(),
            })
            .collect(),
        false_alarms: format!("{:.0} %", 100.0 * audit.shortcut_false_alarms),
        sizes: sizes(audit),
        thumbnails_max: THUMBNAILS_MAX,
        is_cut: thumbnails.len() >= THUMBNAILS_MAX,
    };
    Ok(engine.get_template("audit.html")?.render(Serde(page))?)
}

/// What the template sees.
#[derive(Serialize)]
struct Page<'a> {
    audit: &'a Audit,
    findings: Vec<ShownFinding<'a>>,
    shortcuts: Vec<ShownShortcut<'a>>,
    false_alarms: String,
    sizes: Vec<(&'static str, String)>,
    thumbnails_max: usize,
    is_cut: bool,
}

#[derive(Serialize)]
struct ShownFinding<'a> {
    severity: &'static str,
    title: &'a str,
    advice: &'a str,
    items: Vec<ShownItem<'a>>,
    left_out: usize,
}

#[derive(Serialize)]
struct ShownItem<'a> {
    detail: &'a str,
    files: Vec<ShownFile<'a>>,
}

#[derive(Serialize)]
struct ShownFile<'a> {
    name: &'a str,
    /// Base64 of a PNG.
    png: Option<String>,
}

#[derive(Serialize)]
struct ShownShortcut<'a> {
    name: &'a str,
    outcome: String,
    strongest: String,
    is_alarming: bool,
}

fn shown<'a>(finding: &'a Finding, thumbnails: &BTreeMap<String, Vec<u8>>) -> ShownFinding<'a> {
    let file = |name: &'a String| ShownFile {
        name,
        png: thumbnails.get(name).map(|png| STANDARD.encode(png)),
    };
    let items = finding.items.iter().take(ITEMS_MAX).map(|item| ShownItem {
        detail: &item.detail,
        files: item.files.iter().map(file).collect(),
    });
    ShownFinding {
        severity: finding.severity.word(),
        title: &finding.title,
        advice: &finding.advice,
        items: items.collect(),
        left_out: finding.items.len().saturating_sub(ITEMS_MAX),
    }
}

fn sizes(audit: &Audit) -> Vec<(&'static str, String)> {
    let rows = [
        ("columns", audit.sizes.columns, 0),
        ("rows", audit.sizes.rows, 0),
        ("pixel spacing, mm", audit.sizes.spacing_mm, 3),
    ];
    let row = |(name, spread, digits): (&'static str, Option<super::spread::Spread>, usize)| {
        let text = spread.map_or_else(
            || "not stated in any file".to_string(),
            |of| {
                format!(
                    "{:.digits$} to {:.digits$}, median {:.digits$} ({} files)",
                    of.least, of.most, of.median, of.known
                )
            },
        );
        (name, text)
    };
    rows.into_iter().map(row).collect()
}

/// Thumbnails of flagged files, the gravest findings first.
fn thumbnails(request: &Request, audit: &Audit) -> BTreeMap<String, Vec<u8>> {
    let mut wanted: Vec<&str> = Vec::new();
    let mut seen = BTreeSet::new();
    for finding in audit
        .findings
        .iter()
        .filter(|finding| !NO_PICTURE.contains(&finding.kind))
    {
        for name in finding.files() {
            if wanted.len() < THUMBNAILS_MAX && seen.insert(name) {
                wanted.push(name);
            }
        }
    }
    let folder = source::folder(&request.cohort);
    let drawn = wanted.par_iter().filter_map(|name| {
        let png = thumbnail(&folder.join(name))?;
        Some(((*name).to_string(), png))
    });
    drawn.collect()
}

/// Findings on files that cannot be drawn.
const NO_PICTURE: [&str; 2] = ["unreadable", "other-file"];

fn thumbnail(path: &Path) -> Option<Vec<u8>> {
    let image = radiograph::read(path).ok()?.image;
    let (width, height, pixels) = scaled(&image);
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(::png::ColorType::Grayscale);
    encoder.set_depth(::png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}

/// Means over blocks, the longer side [`SIDE`] or fewer.
fn scaled(image: &GreyImage) -> (usize, usize, Vec<u8>) {
    let longer = image.width.max(image.height).max(SIDE);
    let side = |length: usize| (length * SIDE / longer).max(1);
    let (width, height) = (side(image.width), side(image.height));
    let range = |at: usize, of: usize, length: usize| at * length / of..(at + 1) * length / of;
    let mut pixels = Vec::with_capacity(width * height);
    for row in 0..height {
        let rows = range(row, height, image.height);
        for column in 0..width {
            let columns = range(column, width, image.width);
            let mut sum = 0.0;
            for line in rows.clone() {
                let start = line * image.width;
                let part = &image.pixels[start + columns.start..start + columns.end];
                sum += part.iter().sum::<f32>();
            }
            let mean = sum / (rows.len() * columns.len()).max(1) as f32;
            pixels.push((mean * 255.0).round() as u8);
        }
    }
    (width, height, pixels)
}
