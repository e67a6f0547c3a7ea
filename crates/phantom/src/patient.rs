//! One patient from a seed and an index: anatomy, label, pose, picture.
//!
//! In: seed, index, size. Out: [`Phantom`]. Anatomy, label, pose, surroundings and noise each have a random stream of their
//! own, numbered by the index: patient k does not depend on how many were drawn, nor its label on the size of its picture,
//! and nothing about pose or exposure can follow the label.

use crate::anatomy::{Anatomy, Sex};
use crate::beam::Beam;
use crate::detector::{Settings, measure};
use crate::label::{Truth, draw_label, judge};
use crate::marker::stamp;
use crate::neck;
use crate::pose::{Exposure, Pose, View};
use crate::processing::{Picture, process};
use crate::skeleton::{self, Spine};
use crate::xray::Paths;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A drawn patient.
#[derive(Clone, Debug)]
pub struct Phantom {
    /// Name in the cohort, such as `P001`.
    pub patient: String,
    /// 1 with myelopathy, 0 without.
    pub label: u8,
    /// Age in years.
    pub age: u8,
    /// Sex.
    pub sex: Sex,
    /// What the label was drawn from.
    pub truth: Truth,
    /// The radiograph.
    pub picture: Picture,
}

/// Independent streams of one candidate.
pub(crate) enum Stream {
    Anatomy,
    Label,
    Pose,
    Surroundings,
    Detector,
}

pub(crate) fn stream(seed: u64, index: u64, part: Stream) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(index.wrapping_mul(8).wrapping_add(part as u64));
    rng
}

/// Anatomy, truth and label of a candidate, without the picture.
pub(crate) fn candidate(seed: u64, index: u64) -> (Anatomy, Truth, u8) {
    let anatomy = Anatomy::sample(&mut stream(seed, index, Stream::Anatomy));
    let truth = judge(&anatomy);
    let label = draw_label(&truth, &mut stream(seed, index, Stream::Label));
    (anatomy, truth, label)
}

/// Draws candidate `index` of a seed at `width` x `height` pixels; the same arguments give the same patient and picture.
pub fn draw_patient(seed: u64, index: u64, width: usize, height: usize) -> Phantom {
    let (anatomy, truth, label) = candidate(seed, index);
    let mut rng = stream(seed, index, Stream::Pose);
    let pose = Pose::sample(&mut rng);
    let exposure = Exposure::sample(&mut rng);
    let skew = pose.skew_mm.map(|v| v as f32);
    let spine = Spine::new(&anatomy);
    let mut rng = stream(seed, index, Stream::Surroundings);
    let (neck, around) = neck::surround(&anatomy, &spine, skew, &mut rng);
    let mut paths = Paths::through(View::new(width, height, &pose), |p| neck.soft_mm(p));
    for part in around
        .iter()
        .chain(&skeleton::parts(&anatomy, &spine, skew))
    {
        paths.add(part);
    }
    if let Some(marker) = &exposure.marker {
        stamp(&mut paths, marker);
    }
    let settings = Settings {
        beam: &Beam::at(exposure.kvp),
        detector: exposure.detector,
        magnification: pose.magnification,
        scatter: exposure.scatter,
        rough: true,
    };
    let signal = measure(paths, &settings, &mut stream(seed, index, Stream::Detector));
    Phantom {
        patient: format!("P{:03}", index + 1),
        label,
        age: anatomy.age,
        sex: anatomy.sex,
        truth,
        picture: process(&signal, &exposure.processing, exposure.blades),
    }
}
