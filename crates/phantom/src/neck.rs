//! Everything round the spine: outline and thickness of the neck, airway, skull base, jaw, hyoid, shoulders.
//!
//! In: anatomy, spine and a seeded generator of its own. Out: [`Neck`] (soft tissue thickness at any place) and parts.
//! None of it depends on the label or on degeneration, save through where the spine lies; it is there so that a network
//! finds the spine among the other things that are on every such picture.
//!
//! Source: soft tissue in front of the spine about 4 mm at C3 and 14 mm at C6 (Penning 1981, AJR 136:553); the rest after
//! the usual look of the lateral view, with our numbers.

use crate::airway::{Airway, hyoid};
use crate::anatomy::Anatomy;
use crate::head::{dentition, jaw, skull};
use crate::outline::{Frame, Outline, Point};
use crate::skeleton::{Spine, block};
use crate::xray::Part;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// Mean height of the shoulders, at T1 in a healthy neck. Not tied to T1: a neck that worn discs have shortened would
/// else show in how much of the picture the shoulders whiten.
const SHOULDER_Y_MM: f32 = 70.0;

/// Soft tissue of head, neck and shoulders, and where the outline runs.
#[derive(Clone, Debug)]
pub(crate) struct Neck {
    front: Curve,
    back: Curve,
    thickness: Curve,
    shoulder_mm: f32,
    shoulder_tilt: f32,
}

/// A value along y, linear between knots after smoothing.
#[derive(Clone, Debug)]
struct Curve {
    top_mm: f32,
    values: Vec<f32>,
}

impl Curve {
    const STEP_MM: f32 = 2.0;

    /// Through `(y, value)` knots that grow in y, smoothed over about 10 mm.
    fn through(knots: &[Point]) -> Self {
        let top_mm = -150.0;
        let raw: Vec<f32> = (0..150)
            .map(|i| interpolate(knots, top_mm + i as f32 * Self::STEP_MM))
            .collect();
        let values = (0..raw.len())
            .map(|i| {
                let window = &raw[i.saturating_sub(3)..(i + 4).min(raw.len())];
                window.iter().sum::<f32>() / window.len() as f32
            })
            .collect();
        Self { top_mm, values }
    }

    fn at(&self, y: f32) -> f32 {
        let last = self.values.len() - 1;
        let place = ((y - self.top_mm) / Self::STEP_MM).clamp(0.0, last as f32 - 0.001);
        let i = place as usize;
        let t = place - i as f32;
        self.values[i] * (1.0 - t) + self.values[i + 1] * t
    }
}

pub(crate) fn interpolate(knots: &[Point], y: f32) -> f32 {
    if y <= knots[0][0] {
        return knots[0][1];
    }
    for pair in knots.windows(2) {
        if y <= pair[1][0] {
            let t = (y - pair[0][0]) / (pair[1][0] - pair[0][0]);
            return pair[0][1] * (1.0 - t) + pair[1][1] * t;
        }
    }
    knots[knots.len() - 1][1]
}

impl Neck {
    /// Thickness in mm of soft tissue at a place in the patient.
    pub fn soft_mm(&self, p: Point) -> f32 {
        let (front, back) = (self.front.at(p[1]), self.back.at(p[1]));
        if p[0] <= front || p[0] >= back {
            return 0.0;
        }
        let across = 2.0 * (p[0] - front) / (back - front) - 1.0;
        let square = across * across;
        let round = (1.0 - square * square.sqrt()).max(0.0).sqrt();
        let down = p[1] - self.shoulder_mm - self.shoulder_tilt * p[0];
        let t = ((down + 22.0) / 60.0).clamp(0.0, 1.0);
        let shoulder = 190.0 * t * t * (3.0 - 2.0 * t);
        round * (self.thickness.at(p[1]) + shoulder)
    }
}

/// Draws the surroundings of a spine.
pub(crate) fn surround(
    anatomy: &Anatomy,
    spine: &Spine,
    skew_mm: [f32; 2],
    rng: &mut impl Rng,
) -> (Neck, Vec<Part>) {
    let mut normal = |sd: f32| -> f32 {
        let value: f64 = StandardNormal.sample(rng);
        sd * value as f32
    };
    let build = 1.0 + normal(0.09);
    let level = |i: usize| spine.bodies[i].origin;
    let chin = level(1)[1] + 2.0 + normal(5.0);
    let shoulder = SHOULDER_Y_MM + normal(9.0);
    let base = shoulder.max(level(5)[1] + 8.0);
    let airway = Airway::new(anatomy, spine, [normal(1.0), normal(1.5)]);
    let nape = level(3)[0] + 62.0 * build + normal(3.0);
    let front = Curve::through(&[
        [chin, -130.0],
        [chin + 9.0, airway.front(chin + 9.0) - 26.0 * build],
        [level(3)[1], airway.front(level(3)[1]) - 19.0 * build],
        [level(5)[1], airway.front(level(5)[1]) - 15.0 * build],
        [base + 6.0, airway.front(base) - 22.0 * build],
        [base + 45.0, level(6)[0] - 120.0],
    ]);
    let back = Curve::through(&[
        [level(0)[1] - 55.0, level(0)[0] + 108.0],
        [level(0)[1] - 20.0, level(0)[0] + 88.0],
        [level(1)[1], nape + 2.0],
        [level(3)[1], nape],
        [level(5)[1], level(5)[0] + 74.0 * build],
        [base + 30.0, level(6)[0] + 105.0 * build],
    ]);
    let thickness = Curve::through(&[
        [level(0)[1] - 50.0, 138.0],
        [level(0)[1] - 8.0, 118.0],
        [level(2)[1], 108.0 * build],
        [level(4)[1], 112.0 * build],
        [base, 130.0 * build],
    ]);
    let neck = Neck {
        front,
        back,
        thickness,
        shoulder_mm: shoulder,
        shoulder_tilt: -0.08 + normal(0.1),
    };
    let head = Frame {
        tilt: 0.5 * spine.bodies[0].tilt + normal(0.05),
        ..spine.dens_tip(anatomy)
    };
    let jaw_drop = 1.0 + normal(2.0);
    let calcified = (f32::from(anatomy.age) - 40.0) / 40.0 + normal(0.3);
    let mut parts = Vec::with_capacity(48);
    skull(head, skew_mm, &mut parts);
    jaw(head, jaw_drop, skew_mm, &mut parts);
    airway.draw(head, level(2)[1] - 3.0, calcified, &mut parts);
    hyoid(&airway, level(2)[1] - 3.0 + normal(3.0), &mut parts);
    let hump = [6.0 + normal(6.0), neck.shoulder_mm + 44.0 + normal(4.0)];
    shoulders(hump, skew_mm, &mut parts);
    let teeth = rng.random_range(4..8);
    let fillings = std::array::from_fn(|_| rng.random_bool(0.2));
    dentition(head, jaw_drop, teeth, fillings, &mut parts);
    (neck, parts)
}

/// Heads of the humeri, collar bones and first ribs, faint within the white of the shoulders.
fn shoulders(hump: Point, skew_mm: [f32; 2], parts: &mut Vec<Part>) {
    for side in [-1.0, 1.0] {
        let frame = Frame {
            origin: [
                hump[0] + 6.0 * side * skew_mm[0] + 4.0 * side,
                hump[1] + 5.0 * side * skew_mm[1],
            ],
            tilt: 0.0,
        };
        let head = Outline::ellipse(frame, 23.0, 24.0);
        parts.push(block(head, 26.0, 8.0, 1.6, 6.0));
        let clavicle = [
            [2.0, -20.0],
            [-20.0, -22.0],
            [-42.0, -12.0],
            [-66.0, 4.0],
            [-72.0, 14.0],
            [-64.0, 15.0],
            [-40.0, -2.0],
            [-20.0, -11.0],
            [2.0, -11.0],
        ];
        let outline = Outline::closed(frame.all(&clavicle)).smoothed(2);
        parts.push(block(outline, 10.0, 9.0, 1.2, 0.8));
    }
}
