//! Letters in the pixels: side markers and burned-in text.
//!
//! In: picture. Out: how many letter-like shapes stand there, and how many of them in lines of text.

use super::components::{Shape, shapes};
use super::reduce::{Area, reduced};
use crate::grey::GreyImage;

/// Longer side on which letters are looked for.
const SIDE: usize = 1024;

/// Letter-like shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lettering {
    /// Letter-like shapes.
    pub letters: usize,
    /// Lines with so many letters that they are text.
    pub text_lines: usize,
    /// Letters in those lines.
    pub text_letters: usize,
}

pub(super) fn lettering(image: &GreyImage) -> Lettering {
    let picture = reduced(image, Area::whole(image), SIDE);
    let mask: Vec<bool> = picture.pixels.iter().map(|v| *v >= 0.97).collect();
    let tall = picture.height;
    let is_letter = |shape: &Shape| {
        let fill = shape.area as f64 / (shape.width() * shape.height()) as f64;
        (7..tall / 12).contains(&shape.height())
            && shape.width() < 2 * shape.height()
            && (0.1..0.8).contains(&fill)
    };
    let letters: Vec<Shape> = shapes(&mask, picture.width)
        .into_iter()
        .filter(is_letter)
        .collect();
    Lettering {
        letters: letters.len(),
        text_lines: 0,
        text_letters: 0,
    }
}
