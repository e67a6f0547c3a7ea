//! Pharynx, larynx and trachea, with the bones and cartilages that hang on them.
//!
//! In: anatomy, spine, a frame at the head. Out: [`Airway`], whose walls the outline of the neck follows, and parts.
//!
//! Source: soft tissue in front of the spine about 4 mm at C3 and 14 mm at C6 (Penning 1981, AJR 136:553); the rest after
//! the usual look of the lateral view, with our numbers.

use crate::anatomy::Anatomy;
use crate::neck::interpolate;
use crate::outline::{Frame, Outline, Point};
use crate::profile::Profile;
use crate::skeleton::{Spine, block};
use crate::xray::{Part, Tissue};

/// The column of air before the spine.
pub(crate) struct Airway {
    back: Vec<Point>,
    depth: Vec<Point>,
}

impl Airway {
    pub fn new(anatomy: &Anatomy, spine: &Spine, vary_mm: [f32; 2]) -> Self {
        const SOFT_MM: [f32; 7] = [4.5, 3.8, 4.6, 9.5, 13.0, 13.5, 12.5];
        let wall = |i: usize| {
            let half = anatomy.vertebrae[i].depth_mm as f32 / 2.0;
            spine.bodies[i].at(-half - SOFT_MM[i] - vary_mm[0], 0.0)
        };
        let tip = spine.dens_tip(anatomy).origin;
        let mut back = vec![
            [tip[0] - 27.0, tip[1] - 26.0],
            [tip[0] - 21.0, tip[1] - 12.0],
            [tip[0] - 16.0, tip[1] + 6.0],
        ];
        back.extend((0..7).map(wall));
        let last = back[back.len() - 1];
        back.push([last[0] + 8.0, last[1] + 60.0]);
        const DEPTH_MM: [f32; 11] = [
            12.0, 14.0, 12.0, 11.0, 13.0, 15.0, 9.0, 12.5, 15.0, 15.5, 15.5,
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
    pub fn front(&self, y: f32) -> f32 {
        self.posterior(y) - interpolate(&self.depth, y)
    }

    /// Draws air, soft palate, epiglottis and vocal folds, round a hyoid at height `hyoid_y`; the cartilages calcify
    /// from 0 (young) to 1.
    pub fn draw(&self, head: Frame, hyoid_y: f32, calcified: f32, parts: &mut Vec<Part>) {
        let mut points = self.back.clone();
        points.extend(self.back.iter().rev().map(|p| [self.front(p[1]), p[1]]));
        let air = |outline: Outline, thickness_mm: f32, radius_mm: f32| Part {
            outline,
            tissue: Tissue::Air,
            profile: Profile::Round {
                thickness_mm,
                radius_mm,
            },
        };
        let soft = |outline: Outline, thickness_mm: f32, radius_mm: f32| Part {
            tissue: Tissue::Soft,
            ..air(outline, thickness_mm, radius_mm)
        };
        parts.push(air(Outline::closed(points).smoothed(2), 25.0, 5.0));
        let nose = [
            [-22.0, -22.0],
            [-60.0, -26.0],
            [-130.0, -24.0],
            [-130.0, -15.0],
            [-60.0, -15.0],
            [-33.0, -13.0],
            [-24.0, -8.0],
        ];
        parts.push(air(Outline::closed(head.all(&nose)).smoothed(2), 16.0, 4.0));
        let palate = [
            [-38.0, -11.0],
            [-27.0, -8.0],
            [-21.0, 3.0],
            [-19.5, 13.0],
            [-22.0, 17.0],
            [-25.0, 11.0],
            [-29.0, 1.0],
            [-38.0, -6.0],
        ];
        parts.push(soft(
            Outline::closed(head.all(&palate)).smoothed(2),
            18.0,
            2.5,
        ));
        let mouth = [
            [-27.0, 2.0],
            [-34.0, -3.0],
            [-60.0, -4.0],
            [-100.0, -2.0],
            [-100.0, 0.0],
            [-60.0, -1.0],
            [-34.0, 2.0],
            [-25.0, 14.0],
        ];
        parts.push(air(
            Outline::closed(head.all(&mouth)).smoothed(2),
            10.0,
            1.2,
        ));
        self.larynx(hyoid_y, calcified, &air, &soft, parts);
    }

    fn larynx(
        &self,
        hyoid_y: f32,
        calcified: f32,
        air: &impl Fn(Outline, f32, f32) -> Part,
        soft: &impl Fn(Outline, f32, f32) -> Part,
        parts: &mut Vec<Part>,
    ) {
        let x = self.front(hyoid_y);
        let at = |points: &[Point]| -> Vec<Point> {
            points.iter().map(|p| [x + p[0], hyoid_y + p[1]]).collect()
        };
        let vallecula = at(&[
            [-4.5, -3.0],
            [0.5, -6.0],
            [1.5, 1.0],
            [-1.0, 5.0],
            [-4.0, 2.0],
        ]);
        parts.push(air(Outline::closed(vallecula).smoothed(2), 16.0, 2.0));
        let epiglottis = at(&[
            [-1.0, 9.0],
            [0.8, 2.0],
            [3.6, -5.0],
            [6.6, -9.5],
            [7.8, -8.6],
            [5.6, -2.0],
            [3.2, 5.0],
            [2.0, 11.0],
        ]);
        parts.push(soft(Outline::closed(epiglottis).smoothed(2), 14.0, 1.4));
        let folds = at(&[
            [1.5, 8.0],
            [5.5, 8.0],
            [11.0, 14.0],
            [11.5, 20.0],
            [8.0, 26.0],
            [1.5, 28.0],
            [-0.5, 20.0],
        ]);
        parts.push(soft(Outline::closed(folds).smoothed(2), 9.0, 4.0));
        let ventricle = at(&[
            [-1.0, 26.2],
            [5.0, 24.4],
            [9.0, 25.0],
            [5.0, 26.8],
            [0.0, 28.0],
        ]);
        parts.push(air(Outline::closed(ventricle).smoothed(2), 13.0, 0.9));
        let white = calcified.clamp(0.0, 1.0);
        let thyroid = at(&[
            [-8.0, 14.0],
            [6.0, 15.0],
            [13.0, 9.0],
            [14.5, 16.0],
            [11.0, 30.0],
            [-2.0, 33.0],
            [-9.0, 23.0],
        ]);
        parts.push(block(
            Outline::closed(thyroid).smoothed(2),
            1.2 * white,
            2.4 * white,
            1.6,
            0.8,
        ));
        let y = hyoid_y + 36.0;
        let back = self.posterior(y);
        let cricoid = vec![
            [back - 2.0, y - 8.0],
            [back + 1.6, y - 7.0],
            [back + 2.0, y + 7.0],
            [back - 1.4, y + 8.0],
        ];
        parts.push(block(
            Outline::closed(cricoid).smoothed(2),
            3.0 * white,
            4.0 * white,
            1.0,
            0.8,
        ));
    }
}

/// Body and greater horns of the hyoid bone.
pub(crate) fn hyoid(airway: &Airway, y: f32, parts: &mut Vec<Part>) {
    let x = airway.front(y) - 8.0;
    let body = [
        [x - 3.4, y + 1.0],
        [x - 0.6, y - 2.6],
        [x + 2.4, y - 1.6],
        [x + 2.0, y + 4.4],
        [x - 1.2, y + 8.4],
        [x - 3.6, y + 6.0],
    ];
    parts.push(block(Outline::through(&body), 8.0, 7.0, 0.7, 0.7));
    for shift in [-0.8, 0.8] {
        let horn = [
            [x, y + 0.6 + shift],
            [x + 9.0, y - 1.4 + shift],
            [x + 18.0, y - 5.4 + 1.3 * shift],
            [x + 25.0, y - 8.6 + 1.6 * shift],
            [x + 26.2, y - 6.4 + 1.6 * shift],
            [x + 18.0, y - 2.8 + 1.3 * shift],
            [x + 9.0, y + 1.4 + shift],
            [x, y + 3.8 + shift],
        ];
        parts.push(block(
            Outline::closed(horn.to_vec()).smoothed(2),
            3.2,
            3.4,
            0.6,
            0.7,
        ));
    }
}
