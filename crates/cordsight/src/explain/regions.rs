//! Where heat lies on a synthetic neck, whose anatomy is known: what no cohort of patients can tell.
//!
//! In: `truth.json` of the phantom beside a radiograph, and a map. Out: for each region its share of the heat and of the
//! picture's area. Regions are polygons of the landmarks: bodies by their corners, discs between them, the canal from the back
//! walls to the spinolaminar line, spurs as circles about the corners at a disc, [`SPUR_MM`] in radius. They overlap;
//! the spine is all of them together.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::cohort::plain_reason;
use crate::prepare::Geometry;

/// Radius of the circle about a corner in which a spur is looked for.
pub const SPUR_MM: f64 = 3.0;
/// Points along the longer side at which a map is read.
const POINTS: usize = 400;
/// The file beside a synthetic cohort.
const FILE: &str = "truth.json";
/// From the top.
const VERTEBRAE: [&str; 7] = ["C2", "C3", "C4", "C5", "C6", "C7", "T1"];

/// A part of the neck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    /// All others together.
    Spine,
    /// From the back walls of the bodies to the spinolaminar line.
    Canal,
    /// Between the bodies.
    Discs,
    /// About the corners at the discs.
    Spurs,
    /// The vertebral bodies.
    Bodies,
}

impl Region {
    /// Every region, the whole first.
    pub const ALL: [Region; 5] = [
        Region::Spine,
        Region::Canal,
        Region::Discs,
        Region::Spurs,
        Region::Bodies,
    ];

    /// As a table names it.
    pub fn name(self) -> &'static str {
        match self {
            Region::Spine => "spine",
            Region::Canal => "canal",
            Region::Discs => "discs",
            Region::Spurs => "spurs",
            Region::Bodies => "bodies",
        }
    }
}

/// A region's shares.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// The region.
    pub region: Region,
    /// Of the picture's area, 0 to 1.
    pub area: f64,
    /// Of the heat, 0 to 1.
    pub heat: f64,
}

type Point = [f64; 2];

/// The truth of one picture, as far as it is needed here.
#[derive(Clone, Debug, Deserialize)]
pub struct Anatomy {
    image: String,
    width: usize,
    height: usize,
    spacing_mm: f64,
    vertebrae: BTreeMap<String, Vertebra>,
}

#[derive(Clone, Debug, Deserialize)]
struct Vertebra {
    points: Points,
}

#[derive(Clone, Debug, Deserialize)]
struct Points {
    front_top: Point,
    back_top: Point,
    back_bottom: Point,
    front_bottom: Point,
    back_wall: Point,
    spinolaminar: Point,
}

impl Anatomy {
    /// The truth of a radiograph, from the phantom's file in its folder or in the one above; nothing where there is none.
    ///
    /// # Errors
    ///
    /// A file that is there and cannot be read, in words.
    pub fn beside(file: &Path) -> Result<Option<Anatomy>, String> {
        for folder in file.ancestors().skip(1).take(2) {
            let truth = folder.join(FILE);
            if !truth.is_file() {
                continue;
            }
            let wrong = |problem: String| format!("{}: {problem}", truth.display());
            let text = std::fs::read(&truth).map_err(|error| wrong(plain_reason(&error)))?;
            let all: Vec<Anatomy> = serde_json::from_slice(&text)
                .map_err(|error| wrong(format!("{error}; the file is not a phantom's")))?;
            let own = |anatomy: &Anatomy| folder.join(&anatomy.image) == file;
            return Ok(all.into_iter().find(own));
        }
        Ok(None)
    }

    /// Shares of every region of a map over the square of `geometry`; nothing where the map is another's or has no heat.
    pub fn shares(&self, geometry: &Geometry, shown: &[f32]) -> Option<Vec<Share>> {
        if [geometry.width, geometry.height] != [self.width, self.height] {
            return None;
        }
        let scale = (POINTS as f64 / self.width.max(self.height) as f64).min(1.0);
        let scaled = |length: usize| ((length as f64 * scale).round() as usize).max(1);
        let [columns, rows] = [scaled(self.width), scaled(self.height)];
        let heat = geometry.heatmap_on(shown, [columns, rows])?;
        let whole: f64 = heat.iter().map(|value| f64::from(*value)).sum();
        if whole <= 0.0 {
            return None;
        }
        let shapes = self.shapes()?;
        let (mut area, mut inside) = ([0usize; 5], [0.0f64; 5]);
        for (at, heat) in heat.iter().enumerate() {
            let column = ((at % columns) as f64 + 0.5) * self.width as f64 / columns as f64;
            let row = ((at / columns) as f64 + 0.5) * self.height as f64 / rows as f64;
            let mut within = Region::ALL.map(|region| {
                let mut own = shapes.iter().filter(|(of, _)| *of == region);
                own.any(|(_, shape)| shape.holds([column, row]))
            });
            within[0] = within.iter().any(|within| *within);
            for (region, within) in within.into_iter().enumerate() {
                area[region] += usize::from(within);
                inside[region] += if within { f64::from(*heat) } else { 0.0 };
            }
        }
        let shares = Region::ALL.iter().zip(area.iter().zip(inside));
        let share = |(region, (area, heat)): (&Region, (&usize, f64))| Share {
            region: *region,
            area: *area as f64 / (columns * rows) as f64,
            heat: heat / whole,
        };
        Some(shares.map(share).collect())
    }

    fn shapes(&self) -> Option<Vec<(Region, Shape)>> {
        let points: Vec<&Points> = VERTEBRAE
            .iter()
            .map(|name| Some(&self.vertebrae.get(*name)?.points))
            .collect::<Option<_>>()?;
        let mut shapes = Vec::new();
        for own in &points {
            shapes.push((
                Region::Bodies,
                Shape::Polygon(vec![
                    own.front_top,
                    own.back_top,
                    own.back_bottom,
                    own.front_bottom,
                ]),
            ));
        }
        for pair in points.windows(2) {
            let corners = [
                pair[0].front_bottom,
                pair[0].back_bottom,
                pair[1].back_top,
                pair[1].front_top,
            ];
            shapes.push((Region::Discs, Shape::Polygon(corners.to_vec())));
            let radius = SPUR_MM / self.spacing_mm;
            let circle = |centre| (Region::Spurs, Shape::Circle(centre, radius));
            shapes.extend(corners.map(circle));
        }
        let walls = points.iter().map(|own| own.back_wall);
        let lines = points.iter().rev().map(|own| own.spinolaminar);
        let canal = walls.chain(lines).collect();
        shapes.push((Region::Canal, Shape::Polygon(canal)));
        Some(shapes)
    }
}

enum Shape {
    Polygon(Vec<Point>),
    Circle(Point, f64),
}

impl Shape {
    /// Whether a point lies inside: the ray to the right crosses a polygon's edges an odd number of times.
    fn holds(&self, [x, y]: Point) -> bool {
        match self {
            Shape::Circle([a, b], radius) => (x - a).hypot(y - b) <= *radius,
            Shape::Polygon(corners) => {
                let next = corners.iter().cycle().skip(1);
                let crosses = |([ax, ay], [bx, by]): &(&Point, &Point)| {
                    (*ay > y) != (*by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax)
                };
                corners.iter().zip(next).filter(crosses).count() % 2 == 1
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polygon_holds_its_inside_whatever_its_shape() {
        let hook = Shape::Polygon(vec![
            [0.0, 0.0],
            [4.0, 0.0],
            [4.0, 4.0],
            [3.0, 4.0],
            [3.0, 1.0],
            [0.0, 1.0],
        ]);
        for (point, inside) in [
            ([1.0, 0.5], true),
            ([3.5, 3.0], true),
            ([1.0, 3.0], false),
            ([-1.0, 0.5], false),
            ([5.0, 0.5], false),
        ] {
            assert_eq!(hook.holds(point), inside, "{point:?}");
        }
        assert!(Shape::Circle([1.0, 1.0], 2.0).holds([2.0, 2.0]));
    }
}
