//! Where the blades stand: the exposed field inside even borders.
//!
//! In: a picture. Out: the area that is left when lines of one even grey are taken off at the four sides. A line counts as
//! border while nine tenths of it lie within a narrow range of grey, so that small letters outside the field do not stop it.
//! Borders that are turned against the picture's sides are not found, nor those of a hand-cut film.

use super::reduce::Area;
use crate::grey::GreyImage;

/// Share of the pixels of a line that may differ from the border.
const STRAY: f64 = 0.05;
/// Range of grey of a border line, part of full scale.
const EVEN: f32 = 0.03;
/// Least share of each side that a field keeps; with less left there is no telling border from picture.
const LEAST: f64 = 0.2;

/// The exposed field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// The field, in pixels of the picture.
    pub area: Area,
    /// Border at the left as a share of the width, 0 to 1.
    pub left: f64,
    /// Border at the top as a share of the height, 0 to 1.
    pub top: f64,
    /// Border at the right as a share of the width, 0 to 1.
    pub right: f64,
    /// Border at the bottom as a share of the height, 0 to 1.
    pub bottom: f64,
}

impl Field {
    /// Share of the picture that the field takes, 0 to 1.
    pub fn share(&self) -> f64 {
        (1.0 - self.left - self.right) * (1.0 - self.top - self.bottom)
    }
}

pub(super) fn field(image: &GreyImage) -> Field {
    let mut area = Area::whole(image);
    // Twice: a row is even only once the columns beside the field are off, and the other way round.
    for _ in 0..2 {
        let row = |row: usize, area: Area| -> Vec<f32> {
            image.pixels[row * image.width..][area.left..area.right].to_vec()
        };
        let column = |column: usize, area: Area| -> Vec<f32> {
            let pixels =
                (area.top..area.bottom).map(|row| image.pixels[row * image.width + column]);
            pixels.collect()
        };
        let before = area;
        area.top += even_lines(before.height(), |i| row(before.top + i, before));
        area.bottom -= even_lines(area.height(), |i| row(before.bottom - 1 - i, before));
        if area.height() == 0 {
            break;
        }
        let before = area;
        area.left += even_lines(before.width(), |i| column(before.left + i, before));
        area.right -= even_lines(area.width(), |i| column(before.right - 1 - i, before));
        if area.width() == 0 {
            break;
        }
    }
    let keeps = |part: usize, whole: usize| part as f64 >= LEAST * whole as f64;
    if !keeps(area.width(), image.width) || !keeps(area.height(), image.height) {
        area = Area::whole(image);
    }
    let share = |part: usize, whole: usize| part as f64 / whole as f64;
    Field {
        area,
        left: share(area.left, image.width),
        top: share(area.top, image.height),
        right: share(image.width - area.right, image.width),
        bottom: share(image.height - area.bottom, image.height),
    }
}

/// Number of lines, from the first on, that are even and of the grey of the first.
fn even_lines(count: usize, line: impl Fn(usize) -> Vec<f32>) -> usize {
    let mut first = None;
    (0..count)
        .take_while(|&i| {
            let mut values = line(i);
            let Some(last) = values.len().checked_sub(1) else {
                return false;
            };
            let stray = (last as f64 * STRAY) as usize;
            let low = *values.select_nth_unstable_by(stray, f32::total_cmp).1;
            let high = *values
                .select_nth_unstable_by(last - stray, f32::total_cmp)
                .1;
            let grey = *first.get_or_insert(0.5 * (low + high));
            high - low <= EVEN && (low - grey).abs() <= EVEN && (high - grey).abs() <= EVEN
        })
        .count()
}
