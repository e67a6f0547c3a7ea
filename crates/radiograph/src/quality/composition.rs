//! What the picture shows as a whole, as far as a coarse comparison tells: a lateral neck or not, which way it faces, which
//! way is up.
//!
//! In: picture and field. Out: the likeness to a lateral neck in each of the eight ways in which a picture can be turned by
//! right angles and mirrored. The likeness is the correlation of local contrast on 16 x 16 cells with the mean of 400
//! synthetic necks; so what it knows of necks, it knows from phantoms.

use super::neck_template::TEMPLATE;
use super::reduce::{Area, reduced, resized};
use crate::grey::GreyImage;
use crate::local_contrast::{local_contrast, mirrored, product, transposed};
use crate::write::Facing;

/// Cells on each side of the coarse copy.
pub(super) const SIDE: usize = 16;
/// Cells to each side of one with which it is compared.
const REACH: usize = 3;
/// Likeness from which on a picture counts as a lateral neck.
pub(super) const NECK: f64 = 0.4;
/// By how much a turned likeness has to be ahead before it is believed.
pub(super) const MARGIN: f64 = 0.1;

/// A way in which a picture can lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Orientation {
    /// Head up, facing left.
    UprightFacingLeft,
    /// Head up, facing right.
    UprightFacingRight,
    /// Head down, facing left.
    HeadDownFacingLeft,
    /// Head down, facing right.
    HeadDownFacingRight,
    /// The neck across the picture.
    Sideways,
}

/// What the picture shows as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Composition {
    /// Likeness to a neck, -1 to 1: upright facing left, upright facing right, head down facing left, head down facing
    /// right, and the best of the four sideways ones.
    pub likeness: [f64; 5],
    /// The best likeness of the negative of the picture, -1 to 1.
    pub negative_likeness: f64,
    /// Local contrast on 16 x 16 cells, row by row, mean 0 and length 1: to compare pictures of a cohort with each other.
    pub coarse: Vec<f32>,
}

impl Composition {
    /// Likeness to a neck in the best orientation, -1 to 1.
    pub fn neck_likeness(&self) -> f64 {
        self.likeness.iter().copied().fold(-1.0, f64::max)
    }

    /// Whether grey is inverted: the negative looks like a neck, and more so than the picture.
    pub fn is_negative(&self) -> bool {
        self.negative_likeness >= NECK && self.negative_likeness >= self.neck_likeness() + MARGIN
    }

    /// Whether the pixels look like a lateral neck in any orientation.
    pub fn is_lateral_neck(&self) -> bool {
        self.neck_likeness() >= NECK
    }

    /// How the neck lies; none where it is no neck, or two orientations are about as likely.
    pub fn orientation(&self) -> Option<Orientation> {
        let names = [
            Orientation::UprightFacingLeft,
            Orientation::UprightFacingRight,
            Orientation::HeadDownFacingLeft,
            Orientation::HeadDownFacingRight,
            Orientation::Sideways,
        ];
        let best = (0..5).max_by(|&a, &b| self.likeness[a].total_cmp(&self.likeness[b]))?;
        let others = (0..5).filter(|&other| other != best);
        let next = others
            .map(|other| self.likeness[other])
            .fold(-1.0, f64::max);
        let is_clear = self.is_lateral_neck() && self.likeness[best] - next >= MARGIN;
        is_clear.then(|| names[best])
    }

    /// The side that the patient seems to face; none where that is unclear or the neck is not upright.
    pub fn facing(&self) -> Option<Facing> {
        match self.orientation()? {
            Orientation::UprightFacingLeft => Some(Facing::Left),
            Orientation::UprightFacingRight => Some(Facing::Right),
            _ => None,
        }
    }
}

pub(super) fn composition(image: &GreyImage, area: Area) -> Composition {
    let coarse = coarse(image, area);
    let template: Vec<f32> = TEMPLATE.iter().map(|v| f32::from(*v)).collect();
    let length = product(&template, &template).sqrt().max(1.0);
    let like = |field: &[f32]| f64::from(product(&template, field) / length);
    let upright = |field: &[f32]| {
        let mirror = mirrored(field, SIDE);
        let flipped: Vec<f32> = mirror.iter().rev().copied().collect();
        let turned: Vec<f32> = field.iter().rev().copied().collect();
        [like(field), like(&mirror), like(&flipped), like(&turned)]
    };
    let [left, right, down_left, down_right] = upright(&coarse);
    let across = upright(&transposed(&coarse, SIDE));
    let sideways = across.into_iter().fold(-1.0, f64::max);
    let all = [left, right, down_left, down_right]
        .into_iter()
        .chain(across);
    Composition {
        likeness: [left, right, down_left, down_right, sideways],
        negative_likeness: all.map(|v| -v).fold(-1.0, f64::max),
        coarse,
    }
}

fn coarse(image: &GreyImage, area: Area) -> Vec<f32> {
    let small = reduced(image, area, 256);
    let cells = resized(&small, Area::whole(&small), SIDE, SIDE);
    local_contrast(&cells.pixels, SIDE, REACH)
}
