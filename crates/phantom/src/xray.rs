//! From anatomy to what stands in the beam: path lengths through soft tissue and bone, pixel by pixel.
//!
//! In: parts (an outline, a tissue, a thickness profile) and a [`View`]. Out: [`Paths`], mm of soft tissue and of
//! bone along each ray. Bones that lie beside each other add up, as their shadows do. A part is drawn by quartering the
//! square round it (see `quarter`), so that it costs time only along its outline.

use crate::outline::{Outline, Point};
use crate::pose::View;
use crate::profile::{Profile, ProfileTable};
use crate::quarter::Quarters;
use std::cell::RefCell;

/// Distance between two places at which the thickness of soft tissue is worked out, mm, and never below two pixels.
const COARSE_MM: f32 = 0.5;

/// What a part is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Tissue {
    Soft,
    Bone,
    /// Displaces soft tissue.
    Air,
    /// Displaces bone: air cells, the marrow of a canal.
    Hollow,
}

/// One thing in the beam.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub outline: Outline,
    pub tissue: Tissue,
    pub profile: Profile,
}

/// Path lengths of every ray, row by row.
pub(crate) struct Paths {
    pub view: View,
    pub soft_mm: Vec<f32>,
    pub bone_mm: Vec<f32>,
    /// One for each profile so far: many bones share theirs.
    tables: Vec<ProfileTable>,
}

impl Paths {
    /// Rays through a body of soft tissue given by its thickness at each place, linear between places half a millimetre
    /// apart.
    pub fn through(view: View, soft_mm: impl Fn(Point) -> f32) -> Self {
        let step = ((COARSE_MM / view.pitch_mm).round() as usize).max(2);
        let columns = view.width / step + 2;
        let knots: Vec<f32> = (0..view.height / step + 2)
            .flat_map(|j| (0..columns).map(move |i| (i * step, j * step)))
            .map(|(column, row)| soft_mm(view.place_mm(column, row)))
            .collect();
        let across: Vec<f32> = (0..step).map(|i| i as f32 / step as f32).collect();
        let mut soft = blank(view.width * view.height);
        let mut line = vec![0.0; columns];
        for (row, soft) in soft.chunks_exact_mut(view.width).enumerate() {
            let v = (row % step) as f32 / step as f32;
            let (upper, lower) = knots[row / step * columns..].split_at(columns);
            for ((line, a), b) in line.iter_mut().zip(upper).zip(lower) {
                *line = a + v * (b - a);
            }
            for (run, knots) in soft.chunks_mut(step).zip(line.windows(2)) {
                let more = knots[1] - knots[0];
                for (soft, u) in run.iter_mut().zip(&across) {
                    *soft = knots[0] + u * more;
                }
            }
        }
        Self {
            view,
            bone_mm: blank(soft.len()),
            soft_mm: soft,
            tables: Vec::new(),
        }
    }

    /// Adds a part; air takes soft tissue away and hollows bone, never below none.
    pub fn add(&mut self, part: &Part) {
        let known = self.tables.iter().position(|t| t.profile == part.profile);
        let known = known.unwrap_or_else(|| {
            let table = ProfileTable::new(part.profile, self.view.pitch_mm);
            self.tables.push(table);
            self.tables.len() - 1
        });
        let (into, sign) = match part.tissue {
            Tissue::Soft => (&mut self.soft_mm, 1.0),
            Tissue::Air => (&mut self.soft_mm, -1.0),
            Tissue::Bone => (&mut self.bone_mm, 1.0),
            Tissue::Hollow => (&mut self.bone_mm, -1.0),
        };
        Quarters::of(&part.outline, &self.tables[known], &self.view, into, sign).draw();
    }
}

thread_local! {
    static SPENT: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// A picture of zeros, in memory that an earlier picture of this thread has left: new memory of this size comes from the
/// system page by page, which takes longer than a blur.
fn blank(pixels: usize) -> Vec<f32> {
    let mut picture = SPENT.with_borrow_mut(Vec::pop).unwrap_or_default();
    picture.clear();
    picture.resize(pixels, 0.0);
    picture
}

/// Leaves a picture that nobody needs any more to the next one.
pub(crate) fn spend(pictures: impl IntoIterator<Item = Vec<f32>>) {
    const KEPT: usize = 2;
    SPENT.with_borrow_mut(|spent| {
        spent.extend(pictures);
        spent.truncate(KEPT);
    });
}
