//! Cohort flow: how many were found, who was left out and why, and where the others went.
//!
//! In: counts and reasons. Out: SVG in the manner of a STARD flow diagram.
//!
//! Source: STARD 2015, item 19; CLAIM 2024, flow of participants.

use serde::Serialize;

use super::WIDTH;
use super::canvas::{Anchor, Canvas, Type, wrap};
use super::ink::Ink;

/// What the cohort flow shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Flow {
    /// Patients in the cohort as it was given.
    pub found_patients: u64,
    /// Images of these patients.
    pub found_images: u64,
    /// Who was left out, by reason.
    pub left_out: Vec<Exclusion>,
    /// Where the others went, in the order training, validation, test.
    pub parts: Vec<Part>,
}

/// Patients or images that were left out for one reason.
#[derive(Clone, Debug, Serialize)]
pub struct Exclusion {
    /// In words, such as "image could not be read".
    pub reason: String,
    /// Patients of whom nothing is left.
    pub patients: u64,
    /// Images left out.
    pub images: u64,
}

/// One part of a split cohort.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Such as "Training".
    pub name: String,
    /// Counts of each class, the classes in the same order in every part.
    pub classes: Vec<ClassCount>,
}

/// Patients and images of one class.
#[derive(Clone, Debug, Serialize)]
pub struct ClassCount {
    /// Name of the class.
    pub name: String,
    /// Patients.
    pub patients: u64,
    /// Their images.
    pub images: u64,
}

impl Part {
    /// Patients of all classes.
    pub fn patients(&self) -> u64 {
        self.classes.iter().map(|class| class.patients).sum()
    }

    /// Images of all classes.
    pub fn images(&self) -> u64 {
        self.classes.iter().map(|class| class.images).sum()
    }
}

const TRUNK: f64 = 172.0;
const LINE: f64 = 15.5;
const PAD: f64 = 11.0;

/// Draws the cohort flow.
pub fn flow(input: &Flow) -> String {
    let mut canvas = Canvas::new();
    let stem = 1.0 + TRUNK / 2.0;
    let found = [
        ("Found".to_owned(), true),
        (counted(input.found_patients, "patient"), false),
        (counted(input.found_images, "image"), false),
    ];
    let found_bottom = text_box(&mut canvas, (1.0, 1.0), TRUNK, &found);

    let mut left_out = vec![(
        if input.left_out.is_empty() {
            "Left out: none"
        } else {
            "Left out"
        }
        .to_owned(),
        true,
    )];
    for exclusion in &input.left_out {
        let amount = if exclusion.patients > 0 {
            format!(
                "{} ({})",
                counted(exclusion.patients, "patient"),
                counted(exclusion.images, "image")
            )
        } else {
            counted(exclusion.images, "image")
        };
        for (index, line) in wrap(&format!("{amount}: {}", exclusion.reason), 32)
            .into_iter()
            .enumerate()
        {
            // An en space, which XML keeps, sets the following lines of a reason apart from the next reason.
            left_out.push((
                if index == 0 {
                    line
                } else {
                    format!("\u{2002}{line}")
                },
                false,
            ));
        }
    }
    let side = (1.0 + TRUNK + 26.0, found_bottom + 12.0);
    let side_bottom = text_box(&mut canvas, side, WIDTH - 1.0 - side.0, &left_out);
    let branch = side.1 + PAD + LINE / 2.0;
    canvas.line((stem, branch), (side.0, branch), Ink::Muted, 1.0, "");
    arrow_right(&mut canvas, (side.0, branch));

    let kept = [
        ("Analysed".to_owned(), true),
        (
            counted(input.parts.iter().map(Part::patients).sum(), "patient"),
            false,
        ),
        (
            counted(input.parts.iter().map(Part::images).sum(), "image"),
            false,
        ),
    ];
    let kept_top = side_bottom + 14.0;
    canvas.line((stem, found_bottom), (stem, kept_top), Ink::Muted, 1.0, "");
    arrow_down(&mut canvas, (stem, kept_top));
    let kept_bottom = text_box(&mut canvas, (1.0, kept_top), TRUNK, &kept);
    let bottom = parts(&mut canvas, &input.parts, (stem, kept_bottom));

    let parts: Vec<String> = input
        .parts
        .iter()
        .map(|part| format!("{} {}", part.name, part.patients()))
        .collect();
    let description = format!(
        "{} patients found. {}.",
        input.found_patients,
        parts.join(", ")
    );
    canvas.finish(bottom + 2.0, "Cohort flow", &description)
}

/// The row of parts below the trunk, which ends at `stem`; gives its lower edge.
fn parts(canvas: &mut Canvas, parts: &[Part], stem: (f64, f64)) -> f64 {
    if parts.is_empty() {
        return stem.1;
    }
    let gap = 12.0;
    let count = parts.len() as f64;
    let width = (WIDTH - 2.0 - gap * (count - 1.0)) / count;
    let columns = ((width - 2.0 * PAD) / 6.6).max(4.0) as usize;
    let rail = stem.1 + 14.0;
    let top = rail + 16.0;
    let centre = |index: usize| 1.0 + width / 2.0 + index as f64 * (width + gap);

    canvas.line(stem, (stem.0, rail), Ink::Muted, 1.0, "");
    let ends = [stem.0.min(centre(0)), stem.0.max(centre(parts.len() - 1))];
    canvas.line((ends[0], rail), (ends[1], rail), Ink::Muted, 1.0, "");
    let mut bottom = top;
    let contents: Vec<Vec<(String, bool)>> =
        parts.iter().map(|part| part_text(part, columns)).collect();
    let lines = contents.iter().map(Vec::len).max().unwrap_or(0);
    for (index, mut text) in contents.into_iter().enumerate() {
        text.resize(lines, (String::new(), false));
        canvas.line(
            (centre(index), rail),
            (centre(index), top),
            Ink::Muted,
            1.0,
            "",
        );
        arrow_down(canvas, (centre(index), top));
        bottom = text_box(canvas, (centre(index) - width / 2.0, top), width, &text);
    }
    bottom
}

fn part_text(part: &Part, columns: usize) -> Vec<(String, bool)> {
    let mut text: Vec<(String, bool)> = wrap(&part.name, columns)
        .into_iter()
        .map(|line| (line, true))
        .collect();
    text.push((counted(part.patients(), "patient"), false));
    text.push((counted(part.images(), "image"), false));
    for class in &part.classes {
        text.extend(
            wrap(&format!("{} {}", class.patients, class.name), columns)
                .into_iter()
                .map(|line| (line, false)),
        );
    }
    text
}

/// A framed box with one line of text after the other; gives its lower edge.
fn text_box(canvas: &mut Canvas, corner: (f64, f64), width: f64, lines: &[(String, bool)]) -> f64 {
    let height = 2.0 * PAD + LINE * lines.len() as f64 - 3.0;
    canvas.frame(corner, (width, height), Ink::Muted, 1.0);
    for (index, (line, is_heading)) in lines.iter().enumerate() {
        let set = Type::new(Anchor::Start);
        let at = (
            corner.0 + PAD,
            corner.1 + PAD + LINE * (index as f64 + 0.68),
        );
        canvas.text(at, if *is_heading { set.bold() } else { set }, line);
    }
    corner.1 + height
}

fn arrow_down(canvas: &mut Canvas, (x, y): (f64, f64)) {
    canvas.curve(
        &[(x - 4.0, y - 6.0), (x, y), (x + 4.0, y - 6.0)],
        Ink::Muted,
        1.0,
        "",
    );
}

fn arrow_right(canvas: &mut Canvas, (x, y): (f64, f64)) {
    canvas.curve(
        &[(x - 6.0, y - 4.0), (x, y), (x - 6.0, y + 4.0)],
        Ink::Muted,
        1.0,
        "",
    );
}

fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
