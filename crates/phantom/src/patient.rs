//! One patient from a seed and an index: anatomy, label, pose, picture.
//!
//! In: seed, index, size. Out: [`Phantom`]. Anatomy, label, pose, surroundings and noise each have a random stream of their
//! own, numbered by the index: patient k does not depend on how many were drawn, nor its label on the size of its picture,
//! and nothing about pose or exposure can follow the label.

use crate::anatomy::{Anatomy, Sex};
use crate::beam::Beam;
use crate::detector::{Settings, measure};
use crate::label::{Truth, draw_label, judge};
use crate::landmarks::Landmarks;
use crate::marker::stamp;
use crate::neck;
use crate::noise::roughen;
use crate::pose::{Exposure, Pose, View};
use crate::posture::{BITS, Drawing, Posture};
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
    /// How the neck was bent.
    pub posture: Posture,
    /// 1 with myelopathy, 0 without.
    pub label: u8,
    /// Age in years.
    pub age: u8,
    /// Sex.
    pub sex: Sex,
    /// What the label was drawn from.
    pub truth: Truth,
    /// Where corners and canal of each vertebra lie in the picture.
    pub landmarks: Landmarks,
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
    Confounders,
    Choice,
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
    draw_patient_as(seed, index, width, height, &Drawing::default())
}

/// The same in another posture, or with confounders.
pub fn draw_patient_as(
    seed: u64,
    index: u64,
    width: usize,
    height: usize,
    drawing: &Drawing,
) -> Phantom {
    let (anatomy, truth, label) = candidate(seed, index);
    let bent = anatomy.bent(drawing.posture);
    let mut rng = stream(seed, index, Stream::Pose);
    let pose = Pose::sample(&mut rng);
    let mut exposure = Exposure::sample(&mut rng);
    exposure.processing.bits = drawing.bits.clamp(*BITS.start(), *BITS.end());
    let mut rng = stream(seed, index, Stream::Confounders);
    exposure.confound(label, drawing.confounders, &mut rng);
    let skew = pose.skew_mm.map(|v| v as f32);
    let spine = Spine::new(&bent);
    let view = View::new(width, height, &pose);
    let mut rng = stream(seed, index, Stream::Surroundings);
    let (neck, around) = neck::surround(&bent, &spine, skew, &mut rng);
    let mut paths = Paths::through(view, |p| neck.soft_mm(p));
    for part in around.iter().chain(&skeleton::parts(&bent, &spine, skew)) {
        paths.add(part);
    }
    let settings = Settings {
        beam: &Beam::at(exposure.kvp),
        detector: exposure.detector,
        magnification: pose.magnification,
        scatter: exposure.scatter,
    };
    let mut rng = stream(seed, index, Stream::Detector);
    roughen(&mut paths, &mut rng);
    if let Some(marker) = &exposure.marker {
        stamp(&mut paths, marker);
    }
    let signal = measure(paths, &settings, &mut rng);
    Phantom {
        patient: format!("P{:03}", index + 1),
        posture: drawing.posture,
        label,
        age: anatomy.age,
        sex: anatomy.sex,
        truth,
        landmarks: Landmarks::find(&bent, &spine, &view),
        picture: process(signal, &exposure.processing, exposure.blades),
    }
}
