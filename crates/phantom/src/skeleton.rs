//! Bones as they lie in the sagittal plane: from the numbers of [`Anatomy`] to outlines.
//!
//! In: anatomy, the offset between left and right. Out: [`Spine`] (a frame per vertebra) and the [`Part`]s of C1 to T1.
//! Bodies carry their spurs in their own outline, so a spur has the same compact rim as the body it grows from.
//! Paired bones (joints, pedicles) are drawn twice, a little apart, since nobody stands exactly sideways.

use crate::anatomy::{Anatomy, DISCS, VERTEBRAE};
use crate::outline::{Frame, Outline, Point};
use crate::xray::{Part, Profile, Tissue};

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
            axis_body(anatomy, spine, &mut parts);
        } else {
            body(anatomy, spine, i, &mut parts);
        }
        end_plates(anatomy, spine, i, &mut parts);
        arch(anatomy, spine, i, skew_mm, &mut parts);
    }
    ossified_ligament(anatomy, spine, &mut parts);
    parts
}

fn block(outline: Outline, thickness_mm: f32, rim_mm: f32, rim_width_mm: f32) -> Part {
    Part {
        outline,
        tissue: Tissue::Bone,
        profile: Profile::Block {
            thickness_mm,
            edge_mm: 0.45,
            rim_mm,
            rim_width_mm,
        },
    }
}

fn ridge(points: Vec<Point>, thickness_mm: f32, width_mm: f32) -> Part {
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
fn halves(anatomy: &Anatomy, i: usize) -> (f32, f32) {
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

fn body(anatomy: &Anatomy, spine: &Spine, i: usize, parts: &mut Vec<Part>) {
    let (d, h) = halves(anatomy, i);
    let [[front_up, back_up], [front_down, back_down]] = spurs(anatomy, i);
    let base = |spur: f32| (1.6 + 0.9 * spur).min(h - 0.6);
    let points = [
        [-d - front_up, -h + 0.9 - 0.12 * front_up],
        [-d * 0.4, -h + 0.8],
        [d * 0.4, -h + 0.5],
        [d + back_up, -h - 0.15 * back_up],
        [d + 0.25 * back_up, -h + base(back_up)],
        [d - 0.4, 0.0],
        [d + 0.25 * back_down, h - base(back_down)],
        [d + back_down, h + 0.15 * back_down],
        [d * 0.4, h - 1.0],
        [-d * 0.4, h - 0.5],
        [-d - 0.4 - front_down, h + 0.9 + 0.12 * front_down],
        [-d + 0.2 - 0.2 * front_down, h - base(front_down)],
        [-d + 0.7, 0.3],
        [-d + 0.3 - 0.2 * front_up, -h + 0.8 + base(front_up)],
    ];
    let outline = Outline::closed(spine.bodies[i].all(&points)).smoothed(1);
    parts.push(block(outline, 21.0, 11.0, 0.8));
}

/// C2 with its dens.
fn axis_body(anatomy: &Anatomy, spine: &Spine, parts: &mut Vec<Part>) {
    let (d, h) = halves(anatomy, 0);
    let top = -h - spine.dens_mm;
    let [_, [front, back]] = spurs(anatomy, 0);
    let points = [
        [-2.8, top + 0.6],
        [2.2, top],
        [4.8, top + 4.0],
        [4.4, -h - 2.0],
        [d - 0.5, -h + 4.0],
        [d - 0.6, 0.0],
        [d + 0.25 * back, h - 1.6 - 0.9 * back],
        [d + back, h + 0.15 * back],
        [d * 0.3, h - 1.0],
        [-d * 0.5, h],
        [-d - 0.8 - front, h + 1.6 + 0.12 * front],
        [-d - 0.2 * front, h - 1.6 - 0.9 * front],
        [-d + 1.6, 0.0],
        [-d + 1.2, -h + 3.0],
        [-5.6, -h - 2.0],
        [-5.4, top + 5.0],
    ];
    let outline = Outline::closed(spine.bodies[0].all(&points)).smoothed(2);
    parts.push(block(outline, 17.0, 10.0, 0.9));
}

/// The arch, the lateral masses and the front button of C1.
fn atlas(anatomy: &Anatomy, spine: &Spine, skew_mm: [f32; 2], parts: &mut Vec<Part>) {
    let tip = spine.dens_tip(anatomy);
    let button = Frame {
        origin: tip.at(-9.8, 6.5),
        ..tip
    };
    parts.push(block(Outline::ellipse(button, 2.9, 5.4), 11.0, 12.0, 0.9));
    let canal = 4.8 + anatomy.vertebrae[0].canal_mm as f32 + 1.5;
    for side in [-1.0, 1.0] {
        let shift = |p: Point| [p[0] + side * skew_mm[0], p[1] + side * skew_mm[1]];
        let mass = [
            [-7.0, 3.0],
            [8.5, 1.0],
            [9.5, 8.0],
            [7.0, 14.0],
            [-6.5, 12.5],
        ];
        let arch = [
            [6.0, 4.2],
            [14.0, 5.5],
            [canal + 1.0, 5.0],
            [canal + 8.0, 3.6],
            [canal + 9.0, 8.0],
            [canal + 1.0, 12.0],
            [14.0, 9.6],
            [6.0, 9.4],
        ];
        let mass = mass.map(shift);
        let arch = arch.map(shift);
        parts.push(block(
            Outline::closed(tip.all(&mass)).smoothed(2),
            7.0,
            2.0,
            0.8,
        ));
        parts.push(block(
            Outline::closed(tip.all(&arch)).smoothed(1),
            5.0,
            5.0,
            0.8,
        ));
    }
    let line = [[canal, 5.0], [canal + 0.6, 8.0], [canal, 11.0]];
    parts.push(ridge(tip.all(&line), 9.0, 0.6));
}

/// End plates: thin and faint in youth, broad and white with wear.
fn end_plates(anatomy: &Anatomy, spine: &Spine, i: usize, parts: &mut Vec<Part>) {
    let (d, h) = halves(anatomy, i);
    let frame = spine.bodies[i];
    let mut plate = |disc: usize, points: [Point; 3], inward: f32| {
        let Some(disc) = anatomy.discs.get(disc) else {
            return;
        };
        let white = disc.sclerosis as f32;
        parts.push(ridge(frame.all(&points), 7.0 + 9.0 * white, 0.7));
        let under = points.map(|p| [0.9 * p[0], p[1] + inward * 1.6]);
        parts.push(ridge(frame.all(&under), 36.0 * white, 1.3 + 0.8 * white));
    };
    if i > 0 {
        let top = [[-d, -h + 1.0], [0.0, -h + 1.0], [d, -h + 0.3]];
        plate(i - 1, top, 1.0);
    }
    plate(i, [[-d, h + 0.5], [0.0, h - 0.9], [d, h - 0.2]], -1.0);
}

/// Pedicles, joint pillars, laminae and the spinous process.
fn arch(anatomy: &Anatomy, spine: &Spine, i: usize, skew_mm: [f32; 2], parts: &mut Vec<Part>) {
    let vertebra = &anatomy.vertebrae[i];
    let (d, h) = halves(anatomy, i);
    let frame = spine.bodies[i];
    let line = d + vertebra.canal_mm as f32;
    let front = d + 1.2;
    let back = (front + 10.5).min(line - 1.8);
    for side in [-1.0, 1.0] {
        let shift = |p: Point| [p[0] + side * skew_mm[0], p[1] + side * skew_mm[1]];
        let top = if i == 0 { -h * 0.35 } else { -h - 3.2 };
        let pillar = [
            [front, top],
            [front + 1.6, top - 0.4],
            [back, -h + 4.2],
            [back + 0.6, h * 0.3],
            [back, h + 4.4],
            [front + 1.5, h - 1.8],
            [front - 0.6, h - 3.4],
        ]
        .map(shift);
        let pedicle = [
            [d - 2.5, -h + 1.8],
            [front + 2.5, -h + 1.4],
            [front + 2.5, -h + 7.0],
            [d - 2.5, -h + 7.4],
        ]
        .map(shift);
        parts.push(block(
            Outline::closed(frame.all(&pillar)).smoothed(1),
            8.5,
            6.0,
            0.7,
        ));
        parts.push(block(
            Outline::closed(frame.all(&pedicle)).smoothed(1),
            4.0,
            2.0,
            0.7,
        ));
    }
    let lamina = [
        [back - 5.0, -h + 4.5],
        [line - 0.5, -h + 6.5],
        [line + 1.2, h + 2.4],
        [back - 5.0, h + 2.4],
    ];
    parts.push(Part {
        outline: Outline::closed(frame.all(&lamina)).smoothed(2),
        tissue: Tissue::Bone,
        profile: Profile::Block {
            thickness_mm: 7.0,
            edge_mm: 1.6,
            rim_mm: 0.0,
            rim_width_mm: 1.0,
        },
    });
    spinous(vertebra.spinous_mm as f32, i, frame, line, h, parts);
    let spinolaminar = [
        [line - 0.4, -h + 4.5],
        [line + 0.5, 0.5],
        [line - 0.2, h + 3.0],
    ];
    parts.push(ridge(frame.all(&spinolaminar), 15.0, 0.65));
}

fn spinous(length: f32, i: usize, frame: Frame, line: f32, h: f32, parts: &mut Vec<Part>) {
    const DOWN_DEG: [f32; VERTEBRAE] = [18.0, 28.0, 30.0, 28.0, 24.0, 22.0, 28.0];
    const TIP_MM: [f32; VERTEBRAE] = [6.5, 3.4, 3.4, 3.6, 4.0, 4.8, 5.0];
    let (sin, cos) = DOWN_DEG[i].to_radians().sin_cos();
    let root = [line - 0.4, 1.6];
    let along = |far: f32, across: f32| {
        [
            root[0] + far * cos - across * sin,
            root[1] + far * sin + across * cos,
        ]
    };
    let tip = TIP_MM[i];
    let neck = (tip * 0.8).min(3.6);
    let points = [
        [root[0], -h + 5.0],
        along(length * 0.35, -neck),
        along(length * 0.75, -neck),
        along(length * 0.96, -tip),
        along(length, 0.0),
        along(length * 0.9, tip),
        along(length * 0.6, neck),
        along(length * 0.25, neck + 0.6),
        [root[0], h + 2.6],
    ];
    let outline = Outline::closed(frame.all(&points)).smoothed(2);
    parts.push(block(outline, 8.0, 8.0, 0.9));
}

/// A dense band behind the bodies from the first to the last ossified disc, half a body further at both ends.
fn ossified_ligament(anatomy: &Anatomy, spine: &Spine, parts: &mut Vec<Part>) {
    let bony: Vec<usize> = (0..DISCS)
        .filter(|&i| anatomy.discs[i].opll_mm > 0.0)
        .collect();
    let (Some(&first), Some(&last)) = (bony.first(), bony.last()) else {
        return;
    };
    let mut front = Vec::new();
    let mut back = Vec::new();
    let mut wall = |i: usize, down: f32, thick: f32| {
        let d = halves(anatomy, i).0 + 0.4;
        front.push(spine.bodies[i].at(d, down));
        back.push(spine.bodies[i].at(d + thick, down));
    };
    wall(first, -1.0, 0.6);
    for i in first..=last {
        let thick = anatomy.discs[i].opll_mm as f32;
        wall(i, halves(anatomy, i).1 * 0.5, 0.9 * thick);
        wall(i, halves(anatomy, i).1 + 1.0, thick);
        wall(i + 1, -halves(anatomy, i + 1).1 * 0.5, 0.9 * thick);
    }
    wall(last + 1, 1.5, 0.6);
    back.reverse();
    front.extend(back);
    parts.push(block(Outline::closed(front).smoothed(2), 20.0, 10.0, 0.8));
}
