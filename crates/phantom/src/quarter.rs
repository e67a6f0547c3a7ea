//! Draws one part by quartering the square of pixels round it.
//!
//! In: an outline, the table of its profile, a picture of path lengths. Out: thickness added in place. A square that lies
//! outside is left at once and one deep inside is filled at once; any other hands those edges of the outline that can be
//! nearest to one of its pixels on to its four quarters, so that pixels of the smallest squares look at two or three edges
//! instead of all.

use crate::outline::{Edge, Outline, Point};
use crate::pose::View;
use crate::profile::ProfileTable;
use std::ops::Range;

/// Pixels on a side of the smallest squares.
const SIDE: usize = 8;
const PLACES: usize = SIDE * SIDE;
/// How far the outline drawn may lie from that given, in pixels.
const ACCURACY: f32 = 0.02;

/// A part on its way into the picture.
pub(crate) struct Quarters<'a> {
    view: &'a View,
    table: &'a ProfileTable,
    into: &'a mut [f32],
    sign: f32,
    columns: Range<usize>,
    rows: Range<usize>,
    /// Edges that can be nearest, a run for each square from the whole part down to the one in hand.
    near: Vec<Edge>,
    /// Edges that a ray from some of its pixels crosses and from others not, likewise.
    across: Vec<Edge>,
    square_mm2: Vec<f32>,
}

/// A square of pixels and what is known of the outline there.
struct Square {
    left: usize,
    top: usize,
    side: usize,
    /// Where its edges begin in `near` and `across`.
    near: usize,
    across: usize,
    /// Whether rays from all of its pixels cross an odd number of the edges that are in neither list.
    odd: bool,
}

impl<'a> Quarters<'a> {
    pub fn of(
        outline: &Outline,
        table: &'a ProfileTable,
        view: &'a View,
        into: &'a mut [f32],
        sign: f32,
    ) -> Self {
        let [columns, rows] = view.pixels(outline.bounds(), table.reach_mm);
        let near = outline.edges_within(ACCURACY * view.pitch_mm);
        Self {
            view,
            table,
            into,
            sign,
            columns,
            rows,
            across: if outline.is_closed() {
                near.clone()
            } else {
                Vec::new()
            },
            square_mm2: Vec::with_capacity(near.len()),
            near,
        }
    }

    pub fn draw(mut self) {
        let longer = self.columns.len().max(self.rows.len());
        let mut side = SIDE;
        while side < longer {
            side *= 2;
        }
        self.enter(&Square {
            left: self.columns.start,
            top: self.rows.start,
            side,
            near: 0,
            across: 0,
            odd: false,
        });
    }

    fn enter(&mut self, square: &Square) {
        if square.left >= self.columns.end || square.top >= self.rows.end {
            return;
        }
        let half = 0.75 * square.side as f32 * self.view.pitch_mm;
        let middle = self
            .view
            .place_mm(square.left + square.side / 2, square.top + square.side / 2);
        let (near, across) = (self.near.len(), self.across.len());
        let odd = self.keep_crossed(square, middle, half);
        let inside = self.across[across..].iter().fold(odd, |inside, edge| {
            inside ^ edge.is_crossed(middle[0], middle[1])
        });
        let away = self.nearest_mm(square.near..near, middle);
        let outside = !inside && away > self.table.reach_mm + half;
        if inside && away > self.table.flat_mm + half {
            self.fill(square);
        } else if !outside {
            self.keep_near(square.near..near, away + 2.0 * half);
            let square = Square {
                near,
                across,
                odd,
                ..*square
            };
            if square.side == SIDE {
                let crossed = away <= half;
                self.trace(&square, crossed, inside);
            } else {
                let side = square.side / 2;
                for (right, down) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    self.enter(&Square {
                        left: square.left + right * side,
                        top: square.top + down * side,
                        side,
                        ..square
                    });
                }
            }
        }
        self.near.truncate(near);
        self.across.truncate(across);
    }

    /// Distance from `middle` to the nearest of some edges, mm; all squares of distances are kept.
    fn nearest_mm(&mut self, edges: Range<usize>, middle: Point) -> f32 {
        self.square_mm2.clear();
        let mut least = f32::INFINITY;
        for edge in &self.near[edges] {
            let square = edge.square_distance(middle[0], middle[1]);
            least = if square < least { square } else { least };
            self.square_mm2.push(square);
        }
        least.sqrt()
    }

    /// Appends those of the edges just measured that come within a distance.
    fn keep_near(&mut self, edges: Range<usize>, within_mm: f32) {
        for (i, square) in edges.zip(0..) {
            if self.square_mm2[square] <= within_mm * within_mm {
                self.near.push(self.near[i]);
            }
        }
    }

    /// Appends the edges that rays towards growing x from some pixels of the square may cross, and says whether rays from
    /// all of them cross an odd number of the others.
    fn keep_crossed(&mut self, square: &Square, middle: Point, half: f32) -> bool {
        let mut odd = square.odd;
        let [x, y] = middle;
        for i in square.across..self.across.len() {
            let edge = self.across[i];
            let [low, high] = edge.bounds();
            if low[1] > y + half || high[1] < y - half || high[0] < x - half {
                continue;
            }
            if low[0] > x + half && low[1] < y - half && high[1] > y + half {
                odd = !odd;
            } else {
                self.across.push(edge);
            }
        }
        odd
    }

    /// Adds the thickness of the depth to all pixels.
    fn fill(&mut self, square: &Square) {
        let right = (square.left + square.side).min(self.columns.end);
        let bottom = (square.top + square.side).min(self.rows.end);
        let thickness = self.sign * self.table.inside();
        for row in square.top..bottom {
            for value in &mut self.into[row * self.view.width..][square.left..right] {
                *value = at_least_none(*value + thickness);
            }
        }
    }

    /// Adds a smallest square pixel by pixel; where no outline comes into it, all pixels are `inside` or none.
    fn trace(&mut self, square: &Square, crossed: bool, inside: bool) {
        let (x, y) = self.places(square.left, square.top);
        let used = SIDE * (self.rows.end - square.top).min(SIDE);
        let (x, y) = (&x[..used], &y[..used]);
        let mut away = [f32::INFINITY; PLACES];
        for edge in &self.near[square.near..] {
            for (away, (&x, &y)) in away.iter_mut().zip(x.iter().zip(y)) {
                let found = edge.square_distance(x, y);
                *away = if found < *away { found } else { *away };
            }
        }
        let sign = |inside: bool| if inside { -1.0f32 } else { 1.0 };
        let mut signs = [sign(inside); PLACES];
        if crossed {
            signs = [sign(square.odd); PLACES];
            for edge in &self.across[square.across..] {
                for (sign, (&x, &y)) in signs.iter_mut().zip(x.iter().zip(y)) {
                    *sign = if edge.is_crossed(x, y) { -*sign } else { *sign };
                }
            }
        }
        for (away, sign) in away.iter_mut().zip(&signs) {
            *away = sign * away.sqrt();
        }
        let thickness = self.table.at(&away);
        let right = (square.left + SIDE).min(self.columns.end);
        let rows = square.top..self.rows.end;
        for (line, row) in thickness.chunks_exact(SIDE).zip(rows) {
            let target = &mut self.into[row * self.view.width..][square.left..right];
            for (value, thickness) in target.iter_mut().zip(line) {
                *value = at_least_none(*value + self.sign * thickness);
            }
        }
    }

    /// Places of the pixels of a smallest square, x and y apart so that the processor can work on several at once.
    fn places(&self, left: usize, top: usize) -> ([f32; PLACES], [f32; PLACES]) {
        let across: [f32; SIDE] = std::array::from_fn(|i| self.view.across_mm(left + i));
        let (mut x, mut y) = ([0.0; PLACES], [0.0; PLACES]);
        let lines = x.chunks_exact_mut(SIDE).zip(y.chunks_exact_mut(SIDE));
        for (row, (x, y)) in lines.enumerate() {
            let down = self.view.down_mm(top + row);
            for ((x, y), across) in x.iter_mut().zip(y).zip(&across) {
                [*x, *y] = self.view.turned(*across, down);
            }
        }
        (x, y)
    }
}

fn at_least_none(mm: f32) -> f32 {
    if mm > 0.0 { mm } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pose::Pose;
    use crate::profile::Profile;

    #[test]
    fn every_pixel_has_the_thickness_of_its_own_distance() {
        let star: Vec<Point> = (0..14)
            .map(|i| (i as f32 * std::f32::consts::TAU / 14.0).sin_cos())
            .zip([14.0, 6.0].into_iter().cycle())
            .map(|((sin, cos), radius)| [radius * cos, radius * sin])
            .collect();
        let block = Profile::Block {
            thickness_mm: 5.0,
            edge_mm: 0.7,
            rim_mm: 3.0,
            rim_width_mm: 0.3,
        };
        let ridge = Profile::Ridge {
            thickness_mm: 5.0,
            width_mm: 0.6,
        };
        let pose = Pose {
            turn_deg: 11.0,
            shift_mm: [3.0, -2.0],
            magnification: 1.17,
            skew_mm: [0.0; 2],
        };
        let mut compared = 0;
        for (outline, profile) in [
            (Outline::closed(star.clone()).smoothed(2), block),
            (Outline::closed(star.clone()), block),
            (Outline::line(star), ridge),
        ] {
            for (width, height) in [(31, 43), (200, 251), (803, 911)] {
                let view = View::new(width, height, &pose);
                let table = ProfileTable::new(profile, view.pitch_mm);
                let mut found = vec![0.0; width * height];
                Quarters::of(&outline, &table, &view, &mut found, 1.0).draw();
                for (i, found) in found.iter().enumerate() {
                    let place = view.place_mm(i % width, i / width);
                    let [expected] = table.at(&[outline.signed_distance_mm(place)]);
                    assert!(
                        (found - expected).abs() < 0.05 * expected + 0.15,
                        "{found} for {expected} at {place:?}"
                    );
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 3 * (31 * 43 + 200 * 251 + 803 * 911));
    }
}
