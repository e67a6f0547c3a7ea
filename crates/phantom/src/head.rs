//! Skull base, jaw and teeth: what the upper third of every lateral view shows.
//!
//! In: a frame at the tip of the dens, tilted as the head. Out: parts. Shapes are ours, after the usual look of the view.

use crate::outline::{Frame, Outline, Point};
use crate::xray::{Part, Profile, Tissue};

/// A bone with a compact rim.
pub(crate) fn bone(
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

/// Vault, face, petrous bones with the mastoids, hard palate.
pub(crate) fn skull(head: Frame, skew_mm: [f32; 2], parts: &mut Vec<Part>) {
    let vault = [
        [-4.0, -9.0],
        [-14.0, -32.0],
        [-22.0, -80.0],
        [110.0, -90.0],
        [104.0, -48.0],
        [88.0, -25.0],
        [62.0, -12.0],
        [40.0, -6.0],
        [34.0, -7.0],
        [20.0, -13.0],
        [4.0, -8.0],
    ];
    parts.push(bone(
        Outline::closed(head.all(&vault)).smoothed(2),
        9.0,
        22.0,
        2.6,
        0.8,
    ));
    let face = [
        [-24.0, -24.0],
        [-20.0, -60.0],
        [-120.0, -60.0],
        [-120.0, -4.0],
        [-60.0, -3.0],
        [-30.0, -8.0],
    ];
    parts.push(bone(
        Outline::closed(head.all(&face)).smoothed(1),
        7.0,
        9.0,
        1.6,
        1.5,
    ));
    for side in [-1.0, 1.0] {
        let shift = |p: Point| {
            [
                p[0] + 2.0 * side * skew_mm[0],
                p[1] + 2.0 * side * skew_mm[1],
            ]
        };
        let petrous = [
            [-2.0, -24.0],
            [14.0, -34.0],
            [34.0, -30.0],
            [36.0, -16.0],
            [22.0, -6.0],
            [17.0, 2.0],
            [11.0, -1.0],
            [9.0, -12.0],
        ]
        .map(shift);
        parts.push(bone(
            Outline::closed(head.all(&petrous)).smoothed(2),
            15.0,
            5.0,
            2.0,
            3.0,
        ));
    }
    parts.push(Part {
        outline: Outline::line(head.all(&[[-110.0, -6.0], [-60.0, -7.0], [-34.0, -10.0]])),
        tissue: Tissue::Bone,
        profile: Profile::Ridge {
            thickness_mm: 14.0,
            width_mm: 1.4,
        },
    });
}

/// Both halves of the lower jaw.
pub(crate) fn jaw(head: Frame, drop_mm: f32, skew_mm: [f32; 2], parts: &mut Vec<Part>) {
    for side in [-1.0, 1.0] {
        let shift = |p: Point| {
            [
                p[0] + 3.0 * side * skew_mm[0],
                p[1] + drop_mm + 3.0 * side * skew_mm[1],
            ]
        };
        let half = [
            [-16.0, -26.0],
            [-12.0, -22.0],
            [-17.0, -6.0],
            [-19.0, 14.0],
            [-26.0, 25.0],
            [-60.0, 36.0],
            [-110.0, 44.0],
            [-112.0, 20.0],
            [-64.0, 14.0],
            [-50.0, 8.0],
            [-48.0, -12.0],
            [-40.0, -22.0],
            [-30.0, -12.0],
        ]
        .map(shift);
        parts.push(bone(
            Outline::closed(head.all(&half)).smoothed(2),
            7.0,
            9.0,
            1.3,
            0.8,
        ));
    }
}

/// Upper and lower teeth.
pub(crate) fn dentition(head: Frame, drop_mm: f32, teeth: usize, parts: &mut Vec<Part>) {
    for i in 0..teeth {
        let x = -54.0 - 8.6 * i as f32;
        for (crown, root) in [(5.0, -4.0), (7.0 + drop_mm, 18.0 + drop_mm)] {
            let tooth = [
                [x - 3.8, crown],
                [x + 3.8, crown],
                [x + 3.0, 0.5 * (crown + root)],
                [x + 1.2, root],
                [x - 1.4, root],
                [x - 3.2, 0.5 * (crown + root)],
            ];
            parts.push(bone(
                Outline::closed(head.all(&tooth)).smoothed(1),
                13.0,
                7.0,
                1.2,
                0.6,
            ));
        }
    }
}
