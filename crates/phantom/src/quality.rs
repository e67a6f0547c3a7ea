//! Test objects for the detector: an even field and a slanted edge, through the same chain as every radiograph.
//!
//! In: a [`Detector`], a tube voltage, a size. Out: the signal before processing, relative to the open beam, row by row. What
//! is measured on them (noise power, modulation transfer) must be what the detector was asked for.
//!
//! Source: the objects of IEC 62220-1; the edge is a plate that stops nearly all of the beam, turned by a few degrees.

use crate::beam::Beam;
use crate::detector::{Detector, Settings, measure};
use crate::outline::Outline;
use crate::pose::{Pose, View};
use crate::profile::Profile;
use crate::xray::{Part, Paths, Tissue};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A test picture.
#[derive(Clone, Debug)]
pub struct TestField {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Pitch of the pixels at the detector, mm.
    pub spacing_mm: f64,
    /// Signal relative to the open beam, row by row.
    pub signal: Vec<f32>,
}

/// Settings of a test picture.
#[derive(Clone, Copy, Debug)]
pub struct TestObject {
    /// Detector and tube.
    pub detector: Detector,
    /// Tube voltage, kV.
    pub kvp: f64,
    /// Soft tissue before the whole field, mm.
    pub soft_mm: f32,
    /// Magnification of the object's plane.
    pub magnification: f64,
    /// Columns and rows.
    pub size: [usize; 2],
    /// Seed of the noise.
    pub seed: u64,
}

impl TestObject {
    /// An even field of soft tissue.
    pub fn flat_field(&self) -> TestField {
        let paths = Paths::through(self.view(0.0), |_| self.soft_mm);
        self.photograph(paths)
    }

    /// A plate that covers the left half, its edge turned by `turn_deg` from the vertical.
    pub fn edge(&self, turn_deg: f64) -> TestField {
        let view = self.view(turn_deg);
        let mut paths = Paths::through(view, |_| self.soft_mm);
        let corners = vec![
            [-4000.0, -4000.0],
            [0.0, -4000.0],
            [0.0, 4000.0],
            [-4000.0, 4000.0],
        ];
        paths.add(&Part {
            outline: Outline::closed(corners),
            tissue: Tissue::Bone,
            profile: Profile::Block {
                thickness_mm: 1.0,
                edge_mm: 0.0,
                rim_mm: 0.0,
                rim_width_mm: 1.0,
            },
        });
        self.photograph(paths)
    }

    fn view(&self, turn_deg: f64) -> View {
        let pose = Pose {
            turn_deg,
            shift_mm: [0.0; 2],
            magnification: self.magnification,
            skew_mm: [0.0; 2],
        };
        View::new(self.size[0], self.size[1], &pose)
    }

    fn photograph(&self, paths: Paths) -> TestField {
        let settings = Settings {
            beam: &Beam::at(self.kvp),
            detector: self.detector,
            magnification: self.magnification,
            scatter: 0.0,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let signal = measure(paths, &settings, &mut rng);
        TestField {
            width: self.size[0],
            height: self.size[1],
            spacing_mm: signal.spacing_mm,
            signal: signal.values,
        }
    }
}
