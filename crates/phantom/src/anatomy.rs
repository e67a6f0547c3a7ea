//! One patient's cervical spine in numbers: sizes, curve, degeneration, canal, spurs, ossified ligament.
//!
//! In: a seeded generator. Out: [`Anatomy`], in mm and degrees, at levels C2 to T1. One hidden number, `degeneration`,
//! drives disc narrowing, spurs, sclerosis, loss of lordosis and slip together, because spondylosis does; so a reader can
//! learn from any of these signs. The cohort is one of a spine clinic: narrow canals and an ossified posterior
//! longitudinal ligament (OPLL, one patient in eight) are several times as common as in the population.
//!
//! Source: canal 15.8 (SD 1.5) mm at C5, disc height 5.8 (1.3) mm at C5/6, C2-C7 lordosis 13.9 (12.3) degrees in 1230
//! healthy people, Yukawa et al. 2012, Eur Spine J 21:1492; body depth, height and canal by level rounded after Panjabi et
//! al. 1991, Spine 16:861; narrow canal as ratio below 0.8, Pavlov et al. 1987, Radiology 164:771. The spread of
//! degeneration, spurs and OPLL is our choice, made so that the signs can be learnt from a small cohort.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// Number of vertebrae described: C2, C3, C4, C5, C6, C7, T1.
pub const VERTEBRAE: usize = 7;
/// Number of discs described: C2/3 to C7/T1.
pub const DISCS: usize = 6;
/// Names of the vertebrae, from the top.
pub const VERTEBRA_NAMES: [&str; VERTEBRAE] = ["C2", "C3", "C4", "C5", "C6", "C7", "T1"];
/// Names of the discs, from the top.
pub const DISC_NAMES: [&str; DISCS] = ["C2/3", "C3/4", "C4/5", "C5/6", "C6/7", "C7/T1"];

const DEPTH_MM: [f64; VERTEBRAE] = [15.6, 15.6, 15.9, 16.4, 17.0, 17.2, 17.4];
const HEIGHT_MM: [f64; VERTEBRAE] = [19.0, 13.4, 13.0, 12.8, 13.0, 14.2, 15.6];
const CANAL_OFFSET_MM: [f64; VERTEBRAE] = [2.7, 0.5, -0.1, 0.0, 0.4, 0.6, 0.4];
const SPINOUS_MM: [f64; VERTEBRAE] = [20.0, 13.0, 13.0, 16.0, 22.0, 31.0, 33.0];
const DISC_MM: [f64; DISCS] = [5.6, 5.8, 5.8, 5.8, 6.2, 5.8];
/// How often each disc degenerates, relative to C5/6.
const WEAR: [f64; DISCS] = [0.30, 0.60, 0.85, 1.0, 0.95, 0.35];

/// Sex of a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

impl Sex {
    /// `F` or `M`, as in the cohort file.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Female => "F",
            Self::Male => "M",
        }
    }
}

/// One vertebra.
#[derive(Clone, Copy, Debug)]
pub struct Vertebra {
    /// Front-to-back depth of the body, mm.
    pub depth_mm: f64,
    /// Height of the body, mm; for C2 without the dens.
    pub height_mm: f64,
    /// Sagittal diameter of the bony canal behind the body, to the spinolaminar line, mm.
    pub canal_mm: f64,
    /// Length of the spinous process behind the spinolaminar line, mm.
    pub spinous_mm: f64,
    /// Tilt of the body in degrees; positive when its front points down.
    pub tilt_deg: f64,
}

impl Vertebra {
    /// Torg-Pavlov ratio: canal diameter divided by body depth.
    pub fn torg_pavlov(&self) -> f64 {
        self.canal_mm / self.depth_mm
    }
}

/// One disc and the two end plates that border it.
#[derive(Clone, Copy, Debug)]
pub struct Disc {
    /// Height in the middle, mm.
    pub height_mm: f64,
    /// Wear of this disc, 0 (young) to 1.
    pub wear: f64,
    /// Length of the front spurs, mm.
    pub front_spur_mm: f64,
    /// Depth of the back spur, mm: this much of the canal is lost to bone.
    pub back_spur_mm: f64,
    /// Whiteness of the end plates, 0 (thin) to about 1.3.
    pub sclerosis: f64,
    /// Backward shift of the vertebra above over the one below, mm; negative is forward.
    pub slip_mm: f64,
    /// Thickness of the ossified ligament behind this disc, mm; 0 where there is none.
    pub opll_mm: f64,
    /// Thickness of the ossified yellow ligament at this disc, mm; 0 where there is none.
    pub yellow_mm: f64,
    /// Bulge of the soft disc into the canal, mm. No radiograph shows it.
    pub bulge_mm: f64,
}

/// How an ossified posterior longitudinal ligament is spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpllKind {
    /// One band over several vertebrae.
    Continuous,
    /// A piece behind each of some discs.
    Segmental,
    /// A band above and separate pieces below.
    Mixed,
}

impl OpllKind {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Continuous => "continuous",
            Self::Segmental => "segmental",
            Self::Mixed => "mixed",
        }
    }
}

/// All that the drawing and the label need to know of a patient.
#[derive(Clone, Debug)]
pub struct Anatomy {
    /// Age in years.
    pub age: u8,
    /// Sex.
    pub sex: Sex,
    /// Overall degeneration, 0 to 1.
    pub degeneration: f64,
    /// Kind of ossified posterior longitudinal ligament, if any.
    pub opll: Option<OpllKind>,
    /// Whether the canal was narrow from birth.
    pub narrow: bool,
    /// Vertebrae from C2 to T1.
    pub vertebrae: [Vertebra; VERTEBRAE],
    /// Discs from C2/3 to C7/T1.
    pub discs: [Disc; DISCS],
}

impl Anatomy {
    /// Draws a patient.
    pub fn sample(rng: &mut impl Rng) -> Self {
        let sex = if rng.random_bool(0.58) {
            Sex::Male
        } else {
            Sex::Female
        };
        let age = between(rng, 58.0, 13.0, 25.0, 88.0).round();
        let male = if sex == Sex::Male { 1.0 } else { 0.0 };
        let drive = 0.55 * (age - 58.0) / 13.0 + 0.2 * (male - 0.5) + 0.85 * normal(rng);
        let degeneration = 1.0 / (1.0 + (-4.5 * drive).exp());
        let size = 0.96 + 0.07 * male + 0.035 * normal(rng);
        let (discs, opll) = sample_discs(rng, degeneration, size);
        let (vertebrae, narrow) = sample_vertebrae(rng, age, degeneration, size);
        Self {
            age: age as u8,
            sex,
            degeneration,
            opll,
            narrow,
            vertebrae,
            discs,
        }
    }

    /// Angle between C2 and C7 in degrees, positive in lordosis.
    pub fn c2_c7_deg(&self) -> f64 {
        self.vertebrae[5].tilt_deg - self.vertebrae[0].tilt_deg
    }

    /// Whether the ossified ligament is whole behind the body above disc `i`, from the disc above it.
    pub fn is_ossified_behind(&self, i: usize) -> bool {
        let both = i > 0 && self.discs[i - 1].opll_mm > 0.0 && self.discs[i].opll_mm > 0.0;
        both && match self.opll {
            Some(OpllKind::Continuous) => true,
            Some(OpllKind::Mixed) => self.discs.iter().position(|d| d.opll_mm > 0.0) == Some(i - 1),
            _ => false,
        }
    }

    /// Width of the bony canal at each disc that a radiograph shows, mm: the narrower neighbour less the slip, the spur and
    /// the ossified ligament.
    pub fn visible_space_mm(&self) -> [f64; DISCS] {
        std::array::from_fn(|i| {
            let disc = &self.discs[i];
            let canal = self.vertebrae[i]
                .canal_mm
                .min(self.vertebrae[i + 1].canal_mm);
            canal - disc.slip_mm.abs() - disc.back_spur_mm - disc.opll_mm - disc.yellow_mm
        })
    }
}

impl Disc {
    /// Largest bulge that a disc of this wear can have, mm; bulges are uniform from 0 to it.
    pub fn bulge_max_mm(&self) -> f64 {
        1.0 + 2.0 * self.wear
    }
}

fn sample_discs(
    rng: &mut impl Rng,
    degeneration: f64,
    size: f64,
) -> ([Disc; DISCS], Option<OpllKind>) {
    let mut discs: [Disc; DISCS] = std::array::from_fn(|i| {
        let wear = (degeneration * WEAR[i] + 0.10 * normal(rng)).clamp(0.0, 1.0);
        let grown = ((wear - 0.2) / 0.8).max(0.0);
        let height = DISC_MM[i] * size * (1.0 + 0.07 * normal(rng)) * (1.0 - 0.7 * wear);
        let disc = Disc {
            height_mm: height.max(1.0),
            wear,
            front_spur_mm: (6.8 * grown * spread(rng, 0.3)).min(9.0),
            back_spur_mm: (6.4 * grown * spread(rng, 0.2)).min(7.0),
            sclerosis: (wear * spread(rng, 0.2)).min(1.3),
            slip_mm: ((0.2 + 0.8 * grown) * normal(rng)).clamp(-3.0, 3.0),
            opll_mm: 0.0,
            yellow_mm: 0.0,
            bulge_mm: 0.0,
        };
        Disc {
            bulge_mm: rng.random_range(0.0..disc.bulge_max_mm()),
            ..disc
        }
    });
    if rng.random_bool(0.06) {
        let level = rng.random_range(2..DISCS);
        discs[level].yellow_mm = between(rng, 2.2, 0.6, 1.0, 3.5);
    }
    let opll = rng.random_bool(0.12).then(|| ossify(rng, &mut discs));
    (discs, opll)
}

fn ossify(rng: &mut impl Rng, discs: &mut [Disc; DISCS]) -> OpllKind {
    let kind = match rng.random_range(0.0..1.0) {
        share if share < 0.29 => OpllKind::Continuous,
        share if share < 0.70 => OpllKind::Segmental,
        _ => OpllKind::Mixed,
    };
    let first = rng.random_range(0..3);
    let more = match kind {
        OpllKind::Segmental => rng.random_range(0..3),
        _ => rng.random_range(2..4),
    };
    let thickness = between(rng, 3.8, 1.0, 2.0, 6.0);
    for disc in &mut discs[first..=(first + more).min(4)] {
        disc.opll_mm = thickness * rng.random_range(0.75..1.0);
        disc.back_spur_mm *= 0.4;
    }
    kind
}

fn sample_vertebrae(
    rng: &mut impl Rng,
    age: f64,
    degeneration: f64,
    size: f64,
) -> ([Vertebra; VERTEBRAE], bool) {
    let is_narrow = rng.random_bool(0.20);
    let narrow = if is_narrow {
        between(rng, 3.2, 0.8, 1.5, 5.0)
    } else {
        0.0
    };
    let canal = 16.3 + 8.0 * (size - 1.0) - narrow + 1.0 * normal(rng);
    let lordosis = 16.0 + 0.15 * (age - 58.0) - 16.0 * degeneration + 10.0 * normal(rng) + 2.0;
    let middle = 10.0 + 4.0 * normal(rng);
    let vertebrae = std::array::from_fn(|i| Vertebra {
        depth_mm: DEPTH_MM[i] * size * (1.0 + 0.03 * normal(rng)),
        height_mm: HEIGHT_MM[i] * size * (1.0 + 0.03 * normal(rng)),
        canal_mm: (canal + CANAL_OFFSET_MM[i] + 0.35 * normal(rng)).max(8.5),
        spinous_mm: SPINOUS_MM[i] * size * (1.0 + 0.1 * normal(rng)),
        tilt_deg: middle + lordosis * (i as f64 / 5.0 - 0.5) + 1.5 * normal(rng),
    });
    (vertebrae, is_narrow)
}

fn normal(rng: &mut impl Rng) -> f64 {
    StandardNormal.sample(rng)
}

fn between(rng: &mut impl Rng, mean: f64, spread: f64, low: f64, high: f64) -> f64 {
    (mean + spread * normal(rng)).clamp(low, high)
}

fn spread(rng: &mut impl Rng, log_sd: f64) -> f64 {
    (log_sd * normal(rng)).exp()
}
