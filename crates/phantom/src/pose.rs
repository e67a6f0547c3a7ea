//! How the patient stood and how the picture was taken: nothing in here knows the label.
//!
//! In: a seeded generator of its own. Out: [`Pose`] (turn, shift, magnification), [`Exposure`] (dose, gain, blades,
//! marker) and [`View`], the map between pixels and millimetres of the patient.
//!
//! The field is 220 mm high at the detector whatever the number of pixels: a cassette of 24 cm with its blades drawn in; the neck
//! stands away from the detector, so it is magnified: 1.17 (SD 0.02) at a focus-film distance of 1.5 m in 997 people (see
//! `anatomy`).

use crate::detector::Detector;
use crate::marker::Marker;
use crate::outline::{Bounds, Point};
use crate::posture::Confounders;
use crate::processing::Processing;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// Height of the irradiated field at the detector, mm.
pub(crate) const FIELD_HEIGHT_MM: f64 = 220.0;

/// Where the patient is relative to the beam.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pose {
    pub turn_deg: f64,
    pub shift_mm: [f64; 2],
    pub magnification: f64,
    /// Offset between the left and the right half of paired bones, mm: nobody stands exactly sideways.
    pub skew_mm: [f64; 2],
}

/// Settings of the machine for one picture.
#[derive(Clone, Debug)]
pub(crate) struct Exposure {
    pub kvp: f64,
    pub detector: Detector,
    /// Scattered signal as a share of the beam that tissue took out around a place.
    pub scatter: f64,
    pub processing: Processing,
    /// Blades closed from left, right, top, bottom, as a share of the field; 0 where open.
    pub blades: [f64; 4],
    pub marker: Option<Marker>,
}

impl Pose {
    pub fn sample(rng: &mut impl Rng) -> Self {
        let mut normal = || -> f64 { StandardNormal.sample(rng) };
        Self {
            turn_deg: 2.4 * normal(),
            shift_mm: [5.0 * normal(), 6.0 * normal()],
            magnification: (1.17 + 0.02 * normal()).clamp(1.1, 1.25),
            skew_mm: [0.9 * normal(), 0.7 * normal()],
        }
    }
}

impl Exposure {
    pub fn sample(rng: &mut impl Rng) -> Self {
        let blades = if rng.random_bool(0.25) {
            std::array::from_fn(|_| {
                if rng.random_bool(0.5) {
                    rng.random_range(0.01..0.07)
                } else {
                    0.0
                }
            })
        } else {
            [0.0; 4]
        };
        let before = rng.random_bool(0.6);
        let marker = rng.random_bool(0.75).then(|| Marker {
            place: [
                if before { 0.07 } else { 0.84 } + rng.random_range(-0.02..0.02),
                if before {
                    rng.random_range(0.5..0.72)
                } else {
                    rng.random_range(0.28..0.6)
                },
            ],
            height_mm: rng.random_range(8.0..12.0),
            right: rng.random_bool(0.5),
            named_view: rng.random_bool(0.4),
        });
        let dose: f64 = StandardNormal.sample(rng);
        let standard = Detector::default();
        Self {
            kvp: rng.random_range(68.0..80.0),
            detector: Detector {
                focus_mm: rng.random_range(0.6..1.2),
                photons_per_mm2: standard.photons_per_mm2 * (0.35 * dose).exp(),
                ..standard
            },
            scatter: rng.random_range(0.06..0.12),
            processing: Processing {
                fine: rng.random_range(1.5..2.1),
                middle: rng.random_range(1.25..1.6),
                gamma: rng.random_range(0.92..1.1),
                bits: 12,
            },
            blades,
            marker,
        }
    }
}

impl Exposure {
    /// Lets machine and marker follow the label, nine times in ten, where that was asked for.
    pub fn confound(&mut self, label: u8, confounders: Confounders, rng: &mut impl Rng) {
        let mut shown = || (label == 1) == rng.random_bool(0.9);
        if confounders.scanner {
            let other = shown();
            self.processing.fine = if other { 2.4 } else { 1.3 };
            self.processing.gamma = if other { 0.8 } else { 1.15 };
        }
        if confounders.marker {
            let right = shown();
            self.marker = Some(Marker {
                place: [0.05, if right { 0.52 } else { 0.66 }],
                height_mm: if right { 12.0 } else { 9.0 },
                right,
                named_view: right,
            });
        }
    }
}

/// The map between pixels of the picture and millimetres of the patient.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub width: usize,
    pub height: usize,
    /// Pixel pitch at the detector, mm.
    pub spacing_mm: f64,
    /// Pixel pitch in the patient, mm.
    pub pitch_mm: f32,
    sin: f32,
    cos: f32,
    shift: Point,
}

impl View {
    pub fn new(width: usize, height: usize, pose: &Pose) -> Self {
        let spacing_mm = FIELD_HEIGHT_MM / height as f64;
        let (sin, cos) = pose.turn_deg.to_radians().sin_cos();
        Self {
            width,
            height,
            spacing_mm,
            pitch_mm: (spacing_mm / pose.magnification) as f32,
            sin: sin as f32,
            cos: cos as f32,
            shift: [pose.shift_mm[0] as f32, pose.shift_mm[1] as f32],
        }
    }

    /// Place in the patient, mm, of the centre of a pixel.
    pub fn place_mm(&self, column: usize, row: usize) -> Point {
        self.turned(self.across_mm(column), self.down_mm(row))
    }

    /// How far the centres of a column lie to the right of the middle of the picture, mm in the patient's plane.
    pub fn across_mm(&self, column: usize) -> f32 {
        (column as f32 + 0.5 - self.width as f32 / 2.0) * self.pitch_mm
    }

    /// How far the centres of a row lie below the middle of the picture, likewise.
    pub fn down_mm(&self, row: usize) -> f32 {
        (row as f32 + 0.5 - self.height as f32 / 2.0) * self.pitch_mm
    }

    /// Place in the patient of a place in the patient's plane of which these two are known.
    #[inline]
    pub fn turned(&self, across_mm: f32, down_mm: f32) -> Point {
        [
            across_mm * self.cos + down_mm * self.sin + self.shift[0],
            down_mm * self.cos - across_mm * self.sin + self.shift[1],
        ]
    }

    /// Place in the picture of a point in the patient, in pixels from the top left corner; the centre of the first pixel is
    /// at 0.5.
    pub fn pixel(&self, place: Point) -> [f64; 2] {
        let x = place[0] - self.shift[0];
        let y = place[1] - self.shift[1];
        [
            f64::from((x * self.cos - y * self.sin) / self.pitch_mm) + self.width as f64 / 2.0,
            f64::from((y * self.cos + x * self.sin) / self.pitch_mm) + self.height as f64 / 2.0,
        ]
    }

    /// Columns and rows, as half-open ranges, that can hold a point within `margin_mm` of `bounds`.
    pub fn pixels(&self, bounds: Bounds, margin_mm: f32) -> [std::ops::Range<usize>; 2] {
        let mut low = [f32::INFINITY; 2];
        let mut high = [f32::NEG_INFINITY; 2];
        for corner in [
            [bounds.low[0] - margin_mm, bounds.low[1] - margin_mm],
            [bounds.low[0] - margin_mm, bounds.high[1] + margin_mm],
            [bounds.high[0] + margin_mm, bounds.low[1] - margin_mm],
            [bounds.high[0] + margin_mm, bounds.high[1] + margin_mm],
        ] {
            let pixel = self.pixel(corner).map(|v| v as f32);
            for axis in 0..2 {
                low[axis] = low[axis].min(pixel[axis]);
                high[axis] = high[axis].max(pixel[axis]);
            }
        }
        let range = |axis: usize, size: usize| {
            let first = low[axis].floor().clamp(0.0, size as f32) as usize;
            let last = high[axis].ceil().clamp(0.0, size as f32) as usize;
            first..last
        };
        [range(0, self.width), range(1, self.height)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_pixel_lies_within_the_pixels_of_its_own_place() {
        let pose = Pose::sample(&mut ChaCha8Rng::seed_from_u64(3));
        let view = View::new(60, 75, &pose);
        let mut checked = 0;
        for row in 0..75 {
            for column in 0..60 {
                let place = view.place_mm(column, row);
                let bounds = Bounds {
                    low: place,
                    high: place,
                };
                let [columns, rows] = view.pixels(bounds, 0.01);
                assert!(columns.contains(&column) && rows.contains(&row));
                checked += 1;
            }
        }
        assert_eq!(checked, 60 * 75);
    }
}
