//! Letters in the pixels: side markers, and lines of burned-in text.
//!
//! In: a picture. Out: how many letter-like shapes stand there, and how many of them in lines. A letter is a thin bright shape
//! with sharp edges on darker ground, of the size of a letter; a line is several of one height side by side. Characters are not
//! read. A side marker of one to four letters is told from text by their number alone: so a marker with a radiographer's
//! initials may count as text, and text of four letters or fewer as a marker. Dark letters on white, outlined letters,
//! handwriting, and white letters on white bone are not seen.

use super::components::{Shape, shapes};
use super::reduce::{Area, reduced};
use super::running::opened;
use crate::grey::GreyImage;

/// Longer side on which letters are looked for.
const SIDE: usize = 1280;
/// Half the width from which on a bright stroke is none of a letter's, pixels.
const STROKE_REACH: usize = 8;
/// By how much a stroke is brighter than what surrounds it.
const BRIGHTER: f32 = 0.2;
/// Least height of a letter, pixels.
const LEAST_HEIGHT: usize = 6;
/// Largest height of a letter, a share of the longer side.
const LARGEST: f64 = 0.08;
/// Letters side by side from which on they are text.
const TEXT: usize = 5;

/// Letter-like shapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lettering {
    /// Letter-like shapes that stand alone or in short lines, as those of a side marker.
    pub marker_letters: usize,
    /// Lines of five letters or more.
    pub text_lines: usize,
    /// Letters in those lines.
    pub text_letters: usize,
    /// The lines, in pixels of the picture.
    pub text_areas: Vec<Area>,
}

pub(super) fn lettering(image: &GreyImage) -> Lettering {
    let picture = reduced(image, Area::whole(image), SIDE);
    let ground = opened(&picture, STROKE_REACH);
    let above = picture.pixels.iter().zip(&ground.pixels);
    let mask: Vec<bool> = above.map(|(v, ground)| v - ground >= BRIGHTER).collect();
    let tallest = (LARGEST * picture.width.max(picture.height) as f64) as usize;
    let mut letters: Vec<Shape> = shapes(&mask, picture.width)
        .into_iter()
        .filter(|shape| is_letter(shape, tallest) && has_sharp_sides(shape, &picture, &mask))
        .collect();
    letters.sort_by_key(|shape| (shape.left, shape.top));
    let lines = lines(&letters);
    let (text, markers): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.len() >= TEXT);
    let scale = image.width as f64 / picture.width as f64;
    let area = |line: &Vec<Shape>| {
        let edge = |pick: fn(&Shape) -> usize, most: bool| {
            let places = line.iter().map(pick);
            let place = if most { places.max() } else { places.min() };
            (place.unwrap_or(0) as f64 * scale) as usize
        };
        Area {
            left: edge(|s| s.left, false),
            top: edge(|s| s.top, false),
            right: edge(|s| s.right, true).min(image.width),
            bottom: edge(|s| s.bottom, true).min(image.height),
        }
    };
    Lettering {
        marker_letters: markers.iter().map(|line| line.len()).sum(),
        text_lines: text.len(),
        text_letters: text.iter().map(|line| line.len()).sum(),
        text_areas: text.into_iter().map(area).collect(),
    }
}

fn is_letter(shape: &Shape, tallest: usize) -> bool {
    let (width, height) = (shape.width(), shape.height());
    let fill = shape.area as f64 / (width * height) as f64;
    let is_bar = 3 * width <= height;
    (LEAST_HEIGHT..=tallest).contains(&height)
        && 2 * width <= 3 * height
        && fill >= 0.12
        && (fill <= 0.9 || is_bar)
}

/// Whether grey falls within two pixels at the left and right ends of the strokes.
fn has_sharp_sides(shape: &Shape, picture: &GreyImage, mask: &[bool]) -> bool {
    let (mut fall, mut count) = (0.0, 0);
    for row in shape.top..shape.bottom {
        let line = row * picture.width;
        for column in shape.left..shape.right {
            if !mask[line + column] {
                continue;
            }
            for outside in [column.wrapping_sub(2), column + 2] {
                if outside < picture.width && !mask[line + outside] {
                    fall += picture.pixels[line + column] - picture.pixels[line + outside];
                    count += 1;
                }
            }
        }
    }
    count > 0 && fall / count as f32 >= BRIGHTER
}

/// Letters that stand side by side, line by line.
fn lines(letters: &[Shape]) -> Vec<Vec<Shape>> {
    let mut lines: Vec<Vec<Shape>> = Vec::new();
    for letter in letters {
        let line = lines.iter_mut().find(|line| {
            let near = line.iter().rev().take(3);
            near.into_iter().any(|other| are_neighbours(other, letter))
        });
        match line {
            Some(line) => line.push(*letter),
            None => lines.push(vec![*letter]),
        }
    }
    lines
}

fn are_neighbours(a: &Shape, b: &Shape) -> bool {
    let (low, high) = (a.height().min(b.height()), a.height().max(b.height()));
    let overlap = a.bottom.min(b.bottom).saturating_sub(a.top.max(b.top));
    let gap = b.left.saturating_sub(a.right);
    high <= 2 * low && 10 * overlap >= 6 * low && 2 * gap <= 3 * high
}
