//! From anatomy to what stands in the beam: path lengths through soft tissue and bone, pixel by pixel.
//!
//! In: parts (an outline, a tissue, a thickness profile) and a [`View`]. Out: [`Paths`], mm of soft tissue and of
//! bone along each ray. Bones that lie beside each other add up, as their shadows do. Each part
//! touches only the pixels around it, in squares of 8 x 8, and its profile is read from a table.

use crate::outline::{Outline, PLACES, Places, Point};
use crate::pose::View;
use std::ops::Range;

/// Pixels on a side of the squares in which parts are added.
const SIDE: usize = 8;
/// Pixels on a side of the blocks of squares that are left out together.
const BLOCK: usize = 4 * SIDE;
/// Pixels between two places at which the thickness of soft tissue is worked out.
const COARSE: usize = 2;

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

/// How thick a part is at a given distance from its outline.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Profile {
    /// A block of even thickness whose sides are round over `edge_mm`, with a compact rim: `rim_mm` more at the surface,
    /// fading over `rim_width_mm` inwards.
    Block {
        thickness_mm: f32,
        edge_mm: f32,
        rim_mm: f32,
        rim_width_mm: f32,
    },
    /// A rounded body: full thickness from `radius_mm` below the surface on.
    Round { thickness_mm: f32, radius_mm: f32 },
    /// A ridge along an open line.
    Ridge { thickness_mm: f32, width_mm: f32 },
}

/// One thing in the beam.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub outline: Outline,
    pub tissue: Tissue,
    pub profile: Profile,
}

impl Profile {
    /// Distance outside the outline up to which the part casts a shadow, mm.
    fn reach_mm(&self, pitch_mm: f32) -> f32 {
        match *self {
            Self::Block { .. } | Self::Round { .. } => 0.5 * pitch_mm,
            Self::Ridge { width_mm, .. } => 2.5 * width_mm.max(0.6 * pitch_mm),
        }
    }

    /// Depth from which on the thickness no longer changes, mm.
    fn flat_from_mm(&self, pitch_mm: f32) -> f32 {
        match *self {
            Self::Block {
                edge_mm,
                rim_width_mm,
                ..
            } => edge_mm.max(pitch_mm).max(5.0 * rim_width_mm),
            Self::Round { radius_mm, .. } => radius_mm.max(pitch_mm),
            Self::Ridge { .. } => 0.0,
        }
    }

    /// Thickness in mm at signed distance `d`; at the outline the pixel is covered in part.
    fn at(&self, d: f32, pitch_mm: f32) -> f32 {
        match *self {
            Self::Block {
                thickness_mm,
                edge_mm,
                rim_mm,
                rim_width_mm,
            } => {
                let rim = (d.min(0.0) / rim_width_mm).exp();
                cover(d, pitch_mm) * rounding(d, edge_mm) * (thickness_mm + rim_mm * rim)
            }
            Self::Round {
                thickness_mm,
                radius_mm,
            } => cover(d, pitch_mm) * thickness_mm * rounding(d, radius_mm),
            Self::Ridge {
                thickness_mm,
                width_mm,
            } => {
                let width = width_mm.max(0.6 * pitch_mm);
                let t = d / width;
                thickness_mm * (width_mm / width) * (-t * t).exp()
            }
        }
    }
}

/// Share of a pixel that lies inside.
fn cover(d: f32, pitch_mm: f32) -> f32 {
    (0.5 - d / pitch_mm).clamp(0.0, 1.0)
}

/// Share of the full thickness that a quarter circle of `radius_mm` leaves at depth `-d`.
fn rounding(d: f32, radius_mm: f32) -> f32 {
    if radius_mm <= 0.0 {
        return 1.0;
    }
    let left = (1.0 + d / radius_mm).clamp(0.0, 1.0);
    (1.0 - left * left).sqrt()
}

/// Thickness by distance, ready to be read.
struct ProfileTable {
    from_mm: f32,
    per_mm: f32,
    values: Vec<f32>,
}

impl ProfileTable {
    fn new(profile: &Profile, pitch_mm: f32) -> Self {
        let from_mm = -profile.flat_from_mm(pitch_mm);
        let span = profile.reach_mm(pitch_mm) - from_mm;
        let steps = (12.0 * span / pitch_mm.min(0.5)).clamp(16.0, 2000.0);
        let per_mm = steps / span;
        let values = (0..steps as usize + 2)
            .map(|i| profile.at(from_mm + i as f32 / per_mm, pitch_mm))
            .collect();
        Self {
            from_mm,
            per_mm,
            values,
        }
    }

    fn at(&self, d: f32) -> f32 {
        let place = ((d - self.from_mm) * self.per_mm).max(0.0);
        let i = (place as usize).min(self.values.len() - 2);
        let t = (place - i as f32).min(1.0);
        self.values[i] + t * (self.values[i + 1] - self.values[i])
    }
}

/// Path lengths of every ray, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    pub view: View,
    pub soft_mm: Vec<f32>,
    pub bone_mm: Vec<f32>,
}

impl Paths {
    /// Rays through a body of soft tissue given by its thickness at each place, linear between every second pixel.
    pub fn through(view: View, soft_mm: impl Fn(Point) -> f32) -> Self {
        let columns = view.width / COARSE + 2;
        let knots: Vec<f32> = (0..view.height / COARSE + 2)
            .flat_map(|j| (0..columns).map(move |i| (i * COARSE, j * COARSE)))
            .map(|(column, row)| soft_mm(view.place_mm(column, row)))
            .collect();
        let mut soft = Vec::with_capacity(view.width * view.height);
        let mut line = vec![0.0; columns];
        for row in 0..view.height {
            let v = (row % COARSE) as f32 / COARSE as f32;
            let (upper, lower) = knots[row / COARSE * columns..].split_at(columns);
            for ((line, a), b) in line.iter_mut().zip(upper).zip(lower) {
                *line = a + v * (b - a);
            }
            soft.extend((0..view.width).map(|column| {
                let u = (column % COARSE) as f32 / COARSE as f32;
                let i = column / COARSE;
                line[i] + u * (line[i + 1] - line[i])
            }));
        }
        Self {
            view,
            bone_mm: vec![0.0; soft.len()],
            soft_mm: soft,
        }
    }

    /// Adds a part; air takes soft tissue away and hollows bone, never below none.
    ///
    /// Squares of pixels outside are left out, and squares deep inside cost one distance.
    pub fn add(&mut self, part: &Part) {
        let pitch = self.view.pitch_mm;
        let reach = part.profile.reach_mm(pitch);
        let flat = part.profile.flat_from_mm(pitch);
        let table = ProfileTable::new(&part.profile, pitch);
        let [columns, rows] = self.view.pixels(part.outline.bounds(), reach);
        let far = reach + 0.75 * BLOCK as f32 * pitch;
        for top in rows.clone().step_by(BLOCK) {
            for left in columns.clone().step_by(BLOCK) {
                let middle = self.view.place_mm(left + BLOCK / 2, top + BLOCK / 2);
                if part.outline.signed_distance_mm(middle) > far {
                    continue;
                }
                let right = (left + BLOCK).min(columns.end);
                let bottom = (top + BLOCK).min(rows.end);
                self.add_block(part, &table, [reach, flat], [left..right, top..bottom]);
            }
        }
    }

    fn add_block(
        &mut self,
        part: &Part,
        table: &ProfileTable,
        [reach, flat]: [f32; 2],
        [columns, rows]: [Range<usize>; 2],
    ) {
        let half_diagonal = 0.75 * SIDE as f32 * self.view.pitch_mm;
        for top in rows.step_by(SIDE) {
            for left in columns.clone().step_by(SIDE) {
                let middle = self.view.place_mm(left + SIDE / 2, top + SIDE / 2);
                let d = part.outline.signed_distance_mm(middle);
                if d > reach + half_diagonal {
                    continue;
                }
                if d < -flat - half_diagonal {
                    self.add_square(part.tissue, left, top, &[table.at(d); PLACES]);
                    continue;
                }
                let places = self.places(left, top);
                let distances = part
                    .outline
                    .signed_distances_mm(&places, middle, d, half_diagonal);
                let thickness = distances.map(|d| if d > reach { 0.0 } else { table.at(d) });
                self.add_square(part.tissue, left, top, &thickness);
            }
        }
    }

    fn places(&self, left: usize, top: usize) -> Places {
        let place = |i: usize| self.view.place_mm(left + i % SIDE, top + i / SIDE);
        Places {
            x: std::array::from_fn(|i| place(i)[0]),
            y: std::array::from_fn(|i| place(i)[1]),
        }
    }

    fn add_square(&mut self, tissue: Tissue, left: usize, top: usize, thickness: &[f32; PLACES]) {
        let View { width, height, .. } = self.view;
        let (into, sign) = match tissue {
            Tissue::Soft => (&mut self.soft_mm, 1.0),
            Tissue::Air => (&mut self.soft_mm, -1.0),
            Tissue::Bone => (&mut self.bone_mm, 1.0),
            Tissue::Hollow => (&mut self.bone_mm, -1.0),
        };
        let right = (left + SIDE).min(width);
        for (line, row) in thickness.chunks_exact(SIDE).zip(top..height) {
            let target = &mut into[row * width + left..row * width + right];
            for (value, thickness) in target.iter_mut().zip(line) {
                *value = (*value + sign * thickness).max(0.0);
            }
        }
    }
}
