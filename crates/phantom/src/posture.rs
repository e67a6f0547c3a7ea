//! What may be asked of a drawing beyond its seed: how the neck is bent, and which confounders follow the label.
//!
//! In: anatomy of the upright neck. Out: the same patient bent. The label belongs to the upright neck.
//!
//! Source: motion of each level in flexion and extension rounded after White and Panjabi 1990 (Clinical Biomechanics of the
//! Spine); its loss with wear, and the slip of worn discs, are ours.

use crate::anatomy::{Anatomy, DISCS};

/// Degrees that a healthy disc bends from upright to full flexion, C2/3 to C7/T1, and to full extension.
const FLEXION_DEG: [f64; DISCS] = [5.0, 8.0, 9.0, 9.0, 8.0, 4.0];
const EXTENSION_DEG: [f64; DISCS] = [5.0, 7.0, 8.0, 8.0, 7.0, 3.0];

/// Bits of a pixel that can be asked for.
pub const BITS: std::ops::RangeInclusive<u8> = 8..=16;

/// How the neck is bent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Posture {
    /// Upright.
    #[default]
    Neutral,
    /// Chin to the chest.
    Flexion,
    /// Face to the ceiling.
    Extension,
}

impl Posture {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Flexion => "flexion",
            Self::Extension => "extension",
        }
    }
}

/// Ways in which a cohort can betray its label without any anatomy; all off unless asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confounders {
    /// Patients with myelopathy are older still, the others younger.
    pub age: bool,
    /// Patients with myelopathy are mostly photographed on another machine.
    pub scanner: bool,
    /// The lead letter of patients with myelopathy is mostly another, elsewhere.
    pub marker: bool,
}

impl Confounders {
    /// Lower-case names of those that are on.
    pub fn names(self) -> Vec<&'static str> {
        [
            (self.age, "age"),
            (self.scanner, "scanner"),
            (self.marker, "marker"),
        ]
        .into_iter()
        .filter_map(|(on, name)| on.then_some(name))
        .collect()
    }
}

/// A drawing beyond seed and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// How the neck is bent.
    pub posture: Posture,
    /// What follows the label.
    pub confounders: Confounders,
    /// Bits stored of each pixel, one of [`BITS`]; others are drawn as the nearest of them.
    pub bits: u8,
}

impl Default for Drawing {
    fn default() -> Self {
        Self {
            posture: Posture::Neutral,
            confounders: Confounders::default(),
            bits: 12,
        }
    }
}

impl Anatomy {
    /// The same patient in another posture: worn discs bend less and slip more.
    pub fn bent(&self, posture: Posture) -> Self {
        let (degrees, forward) = match posture {
            Posture::Neutral => return self.clone(),
            Posture::Flexion => (FLEXION_DEG, 1.0),
            Posture::Extension => (EXTENSION_DEG, -1.0),
        };
        let mut bent = self.clone();
        for i in (0..DISCS).rev() {
            let wear = self.discs[i].wear;
            let turn = forward * degrees[i] * (1.0 - 0.7 * wear);
            for vertebra in &mut bent.vertebrae[..=i] {
                vertebra.tilt_deg += turn;
            }
            bent.discs[i].slip_mm -= forward * (0.5 + 2.4 * wear * (1.0 - wear));
        }
        bent
    }
}
