//! The label: whether this anatomy has myelopathy, and how much of that a picture can tell.
//!
//! In: [`Anatomy`] and a generator. Out: [`Truth`] and a label of 0 or 1. The cord suffers where the least space is left:
//! space = canal - slip - bony spur - ossified ligaments - disc bulge, at the worst disc; P(myelopathy) falls with that
//! space as a logistic curve, and the label is a draw from it. The bulge is soft tissue and invisible, so a reader who
//! measured every bone without error would still be wrong at times: `visible_probability` is P averaged over all bulges
//! that the patient could have, the best score any reader of the picture can give.
//!
//! Source: canal of the disc level less its bone spurs, Edwards and LaRocca 1983, Spine 8:20; space available for the cord:
//! all patients with less than 6 mm had myelopathy and none with 14 mm or more, Matsunaga et al. 2002, J Neurosurg Spine
//! 96:168, so that our midpoint lies between. The steepness is our choice and sets the best possible AUC.

use crate::anatomy::{Anatomy, DISCS, OpllKind, VERTEBRAE};
use rand::{Rng, RngExt};

/// Space in mm at which half of the patients have myelopathy.
const MIDPOINT_MM: f64 = 10.2;
/// Width of the logistic curve, mm.
const SCALE_MM: f64 = 1.1;

/// What is true of a patient, whether a picture shows it or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Probability of myelopathy given the whole anatomy, in (0, 1).
    pub probability: f64,
    /// The same averaged over the bulges that no picture shows, in (0, 1).
    pub visible_probability: f64,
    /// Space for the cord at the worst disc, mm, bulge included.
    pub space_mm: f64,
    /// Space that bone and ligament leave at each disc from C2/3 to C7/T1, mm, bulge not included.
    pub visible_space_mm: [f64; DISCS],
    /// Index of the worst disc in [`crate::anatomy::DISC_NAMES`].
    pub worst_disc: usize,
    /// Canal diameter behind each body from C2 to T1, mm.
    pub canal_mm: [f64; VERTEBRAE],
    /// Depth of each body from C2 to T1, mm.
    pub body_depth_mm: [f64; VERTEBRAE],
    /// Angle between C2 and C7 in degrees, positive in lordosis.
    pub c2_c7_deg: f64,
    /// Deepest back spur, mm.
    pub back_spur_mm: f64,
    /// Thickest ossified ligament, mm; 0 without.
    pub opll_mm: f64,
    /// Kind of ossified posterior longitudinal ligament, if any.
    pub opll: Option<OpllKind>,
    /// Its thickness at each disc from C2/3 to C7/T1, mm.
    pub opll_by_disc_mm: [f64; DISCS],
    /// Thickness of the ossified yellow ligament at each disc, mm.
    pub yellow_by_disc_mm: [f64; DISCS],
    /// Backward shift of each vertebra over the next, C2 on C3 to C7 on T1, mm; negative is forward.
    pub slip_by_disc_mm: [f64; DISCS],
    /// Height of each disc in the middle, mm.
    pub disc_height_mm: [f64; DISCS],
    /// Whether the canal was narrow from birth.
    pub narrow: bool,
    /// Overall degeneration, 0 to 1.
    pub degeneration: f64,
}

impl Truth {
    /// Torg-Pavlov ratio from C2 to T1: canal divided by body depth.
    pub fn torg_pavlov(&self) -> [f64; VERTEBRAE] {
        std::array::from_fn(|i| self.canal_mm[i] / self.body_depth_mm[i])
    }
}

/// Works out the truth of an anatomy.
pub fn judge(anatomy: &Anatomy) -> Truth {
    let visible = anatomy.visible_space_mm();
    let (worst_disc, space_mm) = visible
        .iter()
        .zip(&anatomy.discs)
        .map(|(space, disc)| space - disc.bulge_mm)
        .enumerate()
        .fold((0, f64::INFINITY), |least, next| {
            if next.1 < least.1 { next } else { least }
        });
    let bulge_max: [f64; DISCS] = std::array::from_fn(|i| anatomy.discs[i].bulge_max_mm());
    Truth {
        probability: probability(space_mm),
        visible_probability: visible_probability(&visible, &bulge_max),
        space_mm,
        visible_space_mm: visible,
        worst_disc,
        canal_mm: anatomy.vertebrae.map(|v| v.canal_mm),
        body_depth_mm: anatomy.vertebrae.map(|v| v.depth_mm),
        c2_c7_deg: anatomy.c2_c7_deg(),
        back_spur_mm: anatomy.discs.iter().fold(0.0, |m, d| d.back_spur_mm.max(m)),
        opll_mm: anatomy.discs.iter().fold(0.0, |m, d| d.opll_mm.max(m)),
        opll: anatomy.opll,
        opll_by_disc_mm: anatomy.discs.map(|d| d.opll_mm),
        yellow_by_disc_mm: anatomy.discs.map(|d| d.yellow_mm),
        slip_by_disc_mm: anatomy.discs.map(|d| d.slip_mm),
        disc_height_mm: anatomy.discs.map(|d| d.height_mm),
        narrow: anatomy.narrow,
        degeneration: anatomy.degeneration,
    }
}

/// Draws the label: 1 with the truth's probability.
pub fn draw_label(truth: &Truth, rng: &mut impl Rng) -> u8 {
    u8::from(rng.random_bool(truth.probability))
}

/// P(myelopathy) when `space_mm` is left for the cord.
fn probability(space_mm: f64) -> f64 {
    1.0 / (1.0 + ((space_mm - MIDPOINT_MM) / SCALE_MM).exp())
}

/// Mean of `probability` over independent bulges, each uniform from 0 to its maximum.
///
/// With S the least space, E f(S) = f(b) - integral from a to b of f'(s) P(S <= s) ds, and P(S > s) is the product over
/// the discs of the chance that each bulge leaves more than s.
fn visible_probability(visible_mm: &[f64; DISCS], bulge_max_mm: &[f64; DISCS]) -> f64 {
    const STEPS: usize = 200;
    let high = visible_mm.iter().copied().fold(f64::INFINITY, f64::min);
    let low = high - bulge_max_mm.iter().copied().fold(0.0, f64::max);
    let width = (high - low) / STEPS as f64;
    let mut mean = probability(high);
    for step in 0..STEPS {
        let s = low + (step as f64 + 0.5) * width;
        let above: f64 = visible_mm
            .iter()
            .zip(bulge_max_mm)
            .map(|(space, bulge)| ((space - s) / bulge).clamp(0.0, 1.0))
            .product();
        let p = probability(s);
        mean += p * (1.0 - p) / SCALE_MM * (1.0 - above) * width;
    }
    mean
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn visible_probability_is_the_mean_over_drawn_bulges() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut compared = 0;
        for _ in 0..20 {
            let anatomy = Anatomy::sample(&mut rng);
            let draws = 4000;
            let mut sum = 0.0;
            for _ in 0..draws {
                let mut other = anatomy.clone();
                for disc in &mut other.discs {
                    disc.bulge_mm = rng.random_range(0.0..disc.bulge_max_mm());
                }
                sum += judge(&other).probability;
            }
            let mean = sum / draws as f64;
            let visible = judge(&anatomy).visible_probability;
            assert!((mean - visible).abs() < 0.03, "{mean} against {visible}");
            compared += 1;
        }
        assert_eq!(compared, 20);
    }

    #[test]
    fn a_spur_at_the_worst_disc_raises_the_probability() {
        let mut anatomy = Anatomy::sample(&mut ChaCha8Rng::seed_from_u64(9));
        let before = judge(&anatomy);
        anatomy.discs[before.worst_disc].back_spur_mm += 2.0;
        let after = judge(&anatomy);
        assert!(after.probability > before.probability);
        assert!((before.space_mm - after.space_mm - 2.0).abs() < 1e-9);
    }
}
