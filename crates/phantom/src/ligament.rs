//! The ossified posterior longitudinal ligament: a dense band behind the bodies, in pieces or in one.
//!
//! In: anatomy and spine. Out: parts. The thickness at each disc is the anatomy's; behind a body the band is thinner, and
//! absent where the ossification stays behind single discs.

use crate::anatomy::{Anatomy, DISCS, OpllKind};
use crate::outline::{Outline, Point};
use crate::skeleton::{Spine, block, halves};
use crate::xray::Part;

/// Draws the ossification.
pub(crate) fn ossified_ligament(anatomy: &Anatomy, spine: &Spine, parts: &mut Vec<Part>) {
    let bony: Vec<usize> = (0..DISCS)
        .filter(|&i| anatomy.discs[i].opll_mm > 0.0)
        .collect();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &i in &bony {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == i && anatomy.is_ossified_behind(i) => *last = i,
            _ => runs.push((i, i)),
        }
    }
    for (first, last) in runs {
        let outline = Outline::through(&band(anatomy, spine, first, last));
        parts.push(block(outline, 16.0, 6.0, 0.8, 1.0));
    }
}

fn band(anatomy: &Anatomy, spine: &Spine, first: usize, last: usize) -> Vec<Point> {
    let mut front = Vec::new();
    let mut back = Vec::new();
    let mut wall = |i: usize, down: f32, thick: f32| {
        let d = halves(anatomy, i).0 + 0.2;
        front.push(spine.bodies[i].at(d, down));
        back.push(spine.bodies[i].at(d + thick, down));
    };
    let long = anatomy.opll != Some(OpllKind::Segmental);
    let half = |i: usize| halves(anatomy, i).1;
    wall(first, if long { -1.0 } else { 0.35 * half(first) }, 0.5);
    for i in first..=last {
        let thick = anatomy.discs[i].opll_mm as f32;
        wall(i, 0.65 * half(i), 0.9 * thick);
        wall(i, half(i) + 1.0, thick);
        wall(i + 1, -0.65 * half(i + 1), 0.9 * thick);
    }
    let end = last + 1;
    wall(end, if long { 1.5 } else { -0.35 * half(end) }, 0.5);
    back.reverse();
    front.extend(back);
    front
}
