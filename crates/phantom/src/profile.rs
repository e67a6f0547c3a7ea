//! How thick a part is at a given distance from its outline.
//!
//! In: a [`Profile`] and the pitch of the pixels. Out: [`ProfileTable`], mm of tissue by signed distance, linear between steps
//! of a twelfth of a pixel, since square roots and exponentials at every pixel would cost more than all the rest.

use crate::detector::{fast_exp, split};

/// Thickness by distance from the outline.
#[derive(Clone, Copy, Debug, PartialEq)]
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
                let rim = fast_exp(d.min(0.0) / rim_width_mm);
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
                thickness_mm * (width_mm / width) * fast_exp(-t * t)
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
pub(crate) struct ProfileTable {
    pub profile: Profile,
    /// Distance outside from which on there is nothing, mm.
    pub reach_mm: f32,
    /// Depth inside from which on the thickness is even, mm.
    pub flat_mm: f32,
    per_mm: f32,
    /// Thickness at a step, and how much more at the next.
    steps: Vec<[f32; 2]>,
}

impl ProfileTable {
    pub fn new(profile: Profile, pitch_mm: f32) -> Self {
        let (reach_mm, flat_mm) = (profile.reach_mm(pitch_mm), profile.flat_from_mm(pitch_mm));
        let span = reach_mm + flat_mm;
        let count = (12.0 * span / pitch_mm.min(0.5)).clamp(16.0, 2000.0);
        let per_mm = count / span;
        let values: Vec<f32> = (0..count as usize + 2)
            .map(|i| profile.at(i as f32 / per_mm - flat_mm, pitch_mm))
            .collect();
        Self {
            profile,
            reach_mm,
            flat_mm,
            per_mm,
            steps: values.windows(2).map(|w| [w[0], w[1] - w[0]]).collect(),
        }
    }

    /// Thickness deep inside, mm.
    pub fn inside(&self) -> f32 {
        self.steps[0][0]
    }

    /// Thicknesses in mm at signed distances.
    pub fn at<const N: usize>(&self, distances: &[f32; N]) -> [f32; N] {
        let last = self.steps.len() - 1;
        let (mut steps, mut rests) = ([0; N], [0.0; N]);
        for ((step, rest), d) in steps.iter_mut().zip(&mut rests).zip(distances) {
            let place = ((d + self.flat_mm) * self.per_mm).clamp(0.0, last as f32);
            (*step, *rest) = split(place);
        }
        let mut thickness = [0.0; N];
        for ((thickness, step), rest) in thickness.iter_mut().zip(&steps).zip(&rests) {
            let [value, more] = self.steps[(*step as usize).min(last)];
            *thickness = value + rest * more;
        }
        for (thickness, d) in thickness.iter_mut().zip(distances) {
            *thickness = if *d > self.reach_mm { 0.0 } else { *thickness };
        }
        thickness
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_profile() {
        let block = Profile::Block {
            thickness_mm: 17.0,
            edge_mm: 0.5,
            rim_mm: 12.0,
            rim_width_mm: 0.55,
        };
        let round = Profile::Round {
            thickness_mm: 25.0,
            radius_mm: 5.0,
        };
        let ridge = Profile::Ridge {
            thickness_mm: 8.0,
            width_mm: 0.6,
        };
        let mut checked = 0;
        for profile in [block, round, ridge] {
            for pitch in [0.1, 0.25, 1.5] {
                let table = ProfileTable::new(profile, pitch);
                for step in 0..table.steps.len() {
                    let d = step as f32 / table.per_mm - table.flat_mm;
                    let ([found], expected) = (table.at(&[d]), profile.at(d, pitch));
                    let gone = d > table.reach_mm && found == 0.0;
                    assert!(
                        gone || (found - expected).abs() < 0.01,
                        "{profile:?} at {d}, pitch {pitch}: {found} for {expected}"
                    );
                    checked += 1;
                }
                assert_eq!(table.at(&[table.reach_mm + 0.01]), [0.0]);
                assert!((table.inside() - table.at(&[-30.0])[0]).abs() < 1e-6);
            }
        }
        assert!(checked > 9 * 16, "{checked}");
    }
}
