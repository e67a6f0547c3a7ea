//! Bones as they lie in the sagittal plane: from the numbers of [`Anatomy`] to outlines.
//!
//! In: anatomy, the offset between left and right. Out: [`Spine`] (a frame per vertebra) and the [`Part`]s of C1 to T1.
//! Bodies carry their spurs in their own outline, so a spur has the same compact rim as the body it grows from.
//! Paired bones (joints, pedicles) are drawn twice, a little apart, since nobody stands exactly sideways.

use crate::anatomy::{Anatomy, DISCS, VERTEBRAE};
use crate::arch::{arch, yellow_ligament};
use crate::axis::{atlas, axis};
use crate::ligament::ossified_ligament;
use crate::outline::{Frame, Outline, Point};
use crate::profile::Profile;
use crate::xray::{Part, Tissue};

/// Height of the tip of the dens: worn discs shorten the neck from below, so that the head is where it is in any picture.
const TIP_Y_MM: f32 = -70.0;

/// Where each vertebral body is; from front to back the origin is midway between C2 and C7.
#[derive(Clone, Debug)]
pub(crate) struct Spine {
    pub bodies: [Frame; VERTEBRAE],
    pub dens_mm: f32,
}

impl Spine {
    pub fn new(anatomy: &Anatomy) -> Self {
        let tilt = |i: usize| anatomy.vertebrae[i].tilt_deg.to_radians() as f32;
        let mut bodies = [Frame {
            origin: [0.0, 0.0],
            tilt: tilt(0),
        }; VERTEBRAE];
        for i in 0..DISCS {
            let (upper, lower) = (&anatomy.vertebrae[i], &anatomy.vertebrae[i + 1]);
            let disc = &anatomy.discs[i];
            let below = bodies[i].at(
                -disc.slip_mm as f32,
                (upper.height_mm / 2.0 + disc.height_mm / 2.0) as f32,
            );
            let frame = Frame {
                origin: below,
                tilt: tilt(i + 1),
            };
            let half = (lower.height_mm / 2.0 + disc.height_mm / 2.0) as f32;
            bodies[i + 1] = Frame {
                origin: frame.at(0.0, half),
                ..frame
            };
        }
        let dens_mm = (anatomy.vertebrae[0].height_mm * 0.85) as f32;
        let up = anatomy.vertebrae[0].height_mm as f32 / 2.0 + dens_mm;
        let tip = bodies[0].at(0.0, -up);
        let middle = [
            0.5 * (bodies[0].origin[0] + bodies[5].origin[0]),
            tip[1] - TIP_Y_MM,
        ];
        for body in &mut bodies {
            body.origin = [body.origin[0] - middle[0], body.origin[1] - middle[1]];
        }
        Self { bodies, dens_mm }
    }

    /// Frame at the tip of the dens, tilted as C2.
    pub fn dens_tip(&self, anatomy: &Anatomy) -> Frame {
        let c2 = self.bodies[0];
        let up = anatomy.vertebrae[0].height_mm as f32 / 2.0 + self.dens_mm;
        Frame {
            origin: c2.at(0.0, -up),
            ..c2
        }
    }
}

/// All bones from C1 to T1.
pub(crate) fn parts(anatomy: &Anatomy, spine: &Spine, skew_mm: [f32; 2]) -> Vec<Part> {
    let mut parts = Vec::with_capacity(96);
    atlas(anatomy, spine, skew_mm, &mut parts);
    for i in 0..VERTEBRAE {
        if i == 0 {
            axis(anatomy, spine, &mut parts);
        } else {
            let outline = body_outline(anatomy, spine, i);
            parts.push(block(outline, 17.0, 12.0, 0.55, 0.5));
            uncinate(anatomy, spine, i, &mut parts);
        }
        end_plates(anatomy, spine, i, &mut parts);
        arch(anatomy, spine, i, skew_mm, &mut parts);
    }
    ossified_ligament(anatomy, spine, &mut parts);
    yellow_ligament(anatomy, spine, &mut parts);
    parts
}

/// A bone with a compact rim.
pub(crate) fn block(
    outline: Outline,
    thickness_mm: f32,
    rim_mm: f32,
    rim_width_mm: f32,
    edge_mm: f32,
) -> Part {
    Part {
        outline,
        tissue: Tissue::Bone,
        profile: Profile::Block {
            thickness_mm,
            edge_mm,
            rim_mm,
            rim_width_mm,
        },
    }
}

/// A thin shell of bone seen along its surface.
pub(crate) fn ridge(points: Vec<Point>, thickness_mm: f32, width_mm: f32) -> Part {
    Part {
        outline: Outline::line(points),
        tissue: Tissue::Bone,
        profile: Profile::Ridge {
            thickness_mm,
            width_mm,
        },
    }
}

/// Half depth and half height of a body.
pub(crate) fn halves(anatomy: &Anatomy, i: usize) -> (f32, f32) {
    let vertebra = &anatomy.vertebrae[i];
    (
        vertebra.depth_mm as f32 / 2.0,
        vertebra.height_mm as f32 / 2.0,
    )
}

/// Front and back spur at the top of vertebra `i`, then at its bottom.
fn spurs(anatomy: &Anatomy, i: usize) -> [[f32; 2]; 2] {
    let at = |disc: Option<usize>| match disc.and_then(|d| anatomy.discs.get(d)) {
        Some(disc) => [disc.front_spur_mm as f32, disc.back_spur_mm as f32],
        None => [0.0, 0.0],
    };
    [at(i.checked_sub(1)), at(Some(i))]
}

/// Outline of the body of C3 to T1. Its back wall lies half a depth behind the middle, where it bears no spur.
pub(crate) fn body_outline(anatomy: &Anatomy, spine: &Spine, i: usize) -> Outline {
    let (d, h) = halves(anatomy, i);
    let [[front_up, back_up], [front_down, back_down]] = spurs(anatomy, i);
    let base = |spur: f32| (1.8 + 0.8 * spur).min(h - 0.8);
    let points = [
        [-d + 0.25 - 0.15 * front_up, -h + 0.6 + base(front_up)],
        [-d - front_up, -h + 1.3 - 0.22 * front_up],
        [-d + 1.1 - 0.8 * front_up, -h + 0.85 - 0.30 * front_up],
        [-d * 0.4, -h + 1.05],
        [d * 0.4, -h + 0.75],
        [d - 1.0 + 0.8 * back_up, -h + 0.15 - 0.15 * back_up],
        [d + back_up, -h + 0.5 - 0.10 * back_up],
        [d + 0.15 + 0.15 * back_up, -h + base(back_up)],
        [d, 0.0],
        [d + 0.15 + 0.15 * back_down, h - base(back_down)],
        [d + back_down, h - 0.5 + 0.12 * back_down],
        [d - 1.0 + 0.8 * back_down, h - 0.15 + 0.18 * back_down],
        [d * 0.4, h - 1.0],
        [-d * 0.4, h - 0.9],
        [-d + 0.9 - 0.8 * front_down, h + 0.7 + 0.25 * front_down],
        [-d - 0.3 - front_down, h + 0.35 + 0.20 * front_down],
        [-d + 0.15 - 0.15 * front_down, h - base(front_down)],
        [-d + 0.7, 0.2],
    ];
    Outline::through(&spine.bodies[i].all(&points))
}

/// The lips at both sides of the upper end plate, which stand above its back half.
fn uncinate(anatomy: &Anatomy, spine: &Spine, i: usize, parts: &mut Vec<Part>) {
    let (d, h) = halves(anatomy, i);
    let room = (anatomy.discs[i - 1].height_mm as f32 * 0.45).min(2.4);
    let lip = [
        [-0.2 * d, -h + 0.7],
        [0.15 * d, -h - 0.45 * room],
        [0.6 * d, -h - room],
        [0.95 * d, -h - 0.5 * room],
        [d, -h + 0.6],
    ];
    let outline = Outline::through(&spine.bodies[i].all(&lip));
    parts.push(block(outline, 4.5, 3.0, 0.6, 0.8));
}

/// End plates: thin and faint in youth, broad and white with wear.
fn end_plates(anatomy: &Anatomy, spine: &Spine, i: usize, parts: &mut Vec<Part>) {
    let (d, h) = halves(anatomy, i);
    let frame = spine.bodies[i];
    let mut plate = |disc: usize, points: [Point; 4], inward: f32| {
        let Some(disc) = anatomy.discs.get(disc) else {
            return;
        };
        let white = disc.sclerosis as f32;
        parts.push(ridge(frame.all(&points), 6.0 + 7.0 * white, 0.5));
        let under = points.map(|p| [0.9 * p[0], p[1] + inward * 1.6]);
        parts.push(ridge(frame.all(&under), 27.0 * white, 1.2 + 0.9 * white));
    };
    if i > 0 {
        let top = [
            [-d + 0.6, -h + 1.4],
            [-0.4 * d, -h + 1.4],
            [0.4 * d, -h + 1.1],
            [d - 0.6, -h + 0.6],
        ];
        plate(i - 1, top, 1.0);
    }
    let bottom = [
        [-d + 0.4, h + 0.3],
        [-0.4 * d, h - 1.2],
        [0.4 * d, h - 1.3],
        [d - 0.6, h - 0.6],
    ];
    plate(i, bottom, -1.0);
}
