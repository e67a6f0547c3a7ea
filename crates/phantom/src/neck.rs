//! Everything round the spine: outline and thickness of the neck, airway, skull base, jaw, hyoid, shoulders.
//!
//! In: anatomy, spine and a seeded generator of its own. Out: [`Neck`] (soft tissue thickness at any place) and parts.
//! None of it depends on the label or on degeneration, save through where the spine lies; it is there so that a network
//! finds the spine among the other things that are on every such picture.
//!
//! Source: soft tissue in front of the spine about 4 mm at C3 and 14 mm at C6 (Penning 1981, AJR 136:553); the rest after
//! the usual look of the lateral view, with our numbers.

use crate::anatomy::Anatomy;
use crate::head::{bone, dentition, jaw, skull};
use crate::outline::{Frame, Outline, Point};
use crate::skeleton::Spine;
use crate::xray::{Part, Profile, Tissue};
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

fn interpolate(knots: &[Point], y: f32) -> f32 {
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
        let shoulder = 230.0 * t * t * (3.0 - 2.0 * t);
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
    let jaw_drop = normal(2.5);
    let mut parts = Vec::with_capacity(48);
    airway.draw(spine, &mut parts);
    skull(head, skew_mm, &mut parts);
    jaw(head, jaw_drop, skew_mm, &mut parts);
    hyoid(&airway, level(2)[1] - 3.0 + normal(3.0), &mut parts);
    let hump = [6.0 + normal(6.0), neck.shoulder_mm + 44.0 + normal(4.0)];
    shoulders(hump, skew_mm, &mut parts);
    let teeth = rng.random_range(3..8);
    dentition(head, jaw_drop, teeth, &mut parts);
    (neck, parts)
}

/// The column of air before the spine.
struct Airway {
    back: Vec<Point>,
    depth: Vec<Point>,
}

impl Airway {
    fn new(anatomy: &Anatomy, spine: &Spine, vary_mm: [f32; 2]) -> Self {
        const SOFT_MM: [f32; 7] = [5.0, 4.5, 5.5, 11.0, 13.5, 14.0, 13.0];
        let wall = |i: usize| {
            let half = anatomy.vertebrae[i].depth_mm as f32 / 2.0;
            spine.bodies[i].at(-half - SOFT_MM[i] - vary_mm[0], 0.0)
        };
        let tip = spine.dens_tip(anatomy).origin;
        let mut back = vec![
            [tip[0] - 26.0, tip[1] - 14.0],
            [tip[0] - 20.0, tip[1] - 4.0],
            [tip[0] - 17.5, tip[1] + 8.0],
        ];
        back.extend((0..7).map(wall));
        let last = back[back.len() - 1];
        back.push([last[0] + 8.0, last[1] + 60.0]);
        const DEPTH_MM: [f32; 11] = [
            16.0, 15.0, 12.0, 11.0, 15.0, 17.0, 12.5, 14.5, 16.0, 16.0, 16.0,
        ];
        let depth = back
            .iter()
            .zip(DEPTH_MM)
            .map(|(p, depth)| [p[1], depth + vary_mm[1]])
            .collect();
        Self { back, depth }
    }

    fn posterior(&self, y: f32) -> f32 {
        let knots: Vec<Point> = self.back.iter().map(|p| [p[1], p[0]]).collect();
        interpolate(&knots, y)
    }

    /// x of the front wall at height y.
    fn front(&self, y: f32) -> f32 {
        self.posterior(y) - interpolate(&self.depth, y)
    }

    fn draw(&self, spine: &Spine, parts: &mut Vec<Part>) {
        let mut points = self.back.clone();
        points.extend(self.back.iter().rev().map(|p| [self.front(p[1]), p[1]]));
        parts.push(Part {
            outline: Outline::closed(points).smoothed(2),
            tissue: Tissue::Air,
            profile: Profile::Round {
                thickness_mm: 30.0,
                radius_mm: 6.0,
            },
        });
        let y = spine.bodies[2].origin[1] - 6.0;
        let x = self.front(y);
        parts.push(Part {
            outline: Outline::closed(vec![
                [x - 1.0, y + 10.0],
                [x + 2.2, y + 4.0],
                [x + 5.5, y - 7.0],
                [x + 7.0, y - 6.0],
                [x + 5.0, y + 5.0],
                [x + 2.0, y + 12.0],
            ])
            .smoothed(2),
            tissue: Tissue::Soft,
            profile: Profile::Round {
                thickness_mm: 16.0,
                radius_mm: 1.5,
            },
        });
    }
}

fn hyoid(airway: &Airway, y: f32, parts: &mut Vec<Part>) {
    let x = airway.front(y) - 7.0;
    let body = Frame {
        origin: [x, y + 3.0],
        tilt: 0.5,
    };
    parts.push(bone(Outline::ellipse(body, 2.4, 4.8), 9.0, 6.0, 0.7, 0.5));
    let horn = [
        [x, y + 0.5],
        [x + 12.0, y - 2.5],
        [x + 24.0, y - 7.0],
        [x + 25.0, y - 4.8],
        [x + 12.0, y + 0.8],
        [x, y + 4.0],
    ];
    parts.push(bone(
        Outline::closed(horn.to_vec()).smoothed(1),
        6.0,
        5.0,
        0.6,
        0.5,
    ));
}

fn shoulders(hump: Point, skew_mm: [f32; 2], parts: &mut Vec<Part>) {
    for side in [-1.0, 1.0] {
        let frame = Frame {
            origin: [
                hump[0] + 5.0 * side * skew_mm[0],
                hump[1] + 5.0 * side * skew_mm[1],
            ],
            tilt: 0.0,
        };
        parts.push(bone(
            Outline::ellipse(frame, 24.0, 25.0),
            22.0,
            5.0,
            1.5,
            1.5,
        ));
        let clavicle = [
            [-6.0, -26.0],
            [-40.0, -14.0],
            [-62.0, 2.0],
            [-60.0, 9.0],
            [-38.0, -5.0],
            [-6.0, -17.0],
        ];
        parts.push(bone(
            Outline::closed(frame.all(&clavicle)).smoothed(2),
            8.0,
            8.0,
            1.2,
            0.8,
        ));
    }
}
