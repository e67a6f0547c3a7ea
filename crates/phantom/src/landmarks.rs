//! Where the corners and the canal of each vertebra lie in the picture.
//!
//! In: spine as it was drawn, and the map to pixels. Out: [`Landmarks`] in pixels from the top left corner of the picture, columns
//! first; the centre of the first pixel is at 0.5. A corner is the point of the drawn outline that is farthest along
//! the diagonal of the body, so with a spur it is the spur's tip, as a reader would mark it.

use crate::anatomy::{Anatomy, VERTEBRAE};
use crate::arch::spinolaminar_mm;
use crate::axis::axis_outline;
use crate::outline::{Frame, Outline, Point};
use crate::pose::View;
use crate::skeleton::{Spine, body_outline, halves};

/// A place in the picture: column and row, in pixels.
pub type Pixel = [f64; 2];

/// The points of one vertebra.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VertebraMarks {
    /// Corner in front at the top; of C2, where the dens begins.
    pub front_top: Pixel,
    /// Corner at the back at the top; of C2, where the dens begins.
    pub back_top: Pixel,
    /// Corner at the back at the bottom.
    pub back_bottom: Pixel,
    /// Corner in front at the bottom.
    pub front_bottom: Pixel,
    /// Middle of the back wall: front end of the canal's diameter.
    pub back_wall: Pixel,
    /// Spinolaminar line across the canal from there: back end of the diameter.
    pub spinolaminar: Pixel,
    /// Middle of the body.
    pub centre: Pixel,
}

/// The points of a patient in one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmarks {
    /// From C2 to T1.
    pub vertebrae: [VertebraMarks; VERTEBRAE],
}

impl Landmarks {
    pub(crate) fn find(anatomy: &Anatomy, spine: &Spine, view: &View) -> Self {
        Self {
            vertebrae: std::array::from_fn(|i| marks(anatomy, spine, view, i)),
        }
    }

    /// 23 points under the labels of the atlas CSXA and in its order: middle and lower corners of C2, four corners of C3
    /// to C7. Its left is in front, as in a patient who faces left.
    pub fn csxa(&self) -> Vec<(String, Pixel)> {
        let c2 = &self.vertebrae[0];
        let mut points = vec![
            ("C2 centroid".to_string(), c2.centre),
            ("C2 bottom left".to_string(), c2.front_bottom),
            ("C2 bottom right".to_string(), c2.back_bottom),
        ];
        for (i, marks) in self.vertebrae[1..6].iter().enumerate() {
            let corners = [
                ("top left", marks.front_top),
                ("top right", marks.back_top),
                ("bottom left", marks.front_bottom),
                ("bottom right", marks.back_bottom),
            ];
            for (corner, place) in corners {
                points.push((format!("C{} {corner}", i + 3), place));
            }
        }
        points
    }
}

impl VertebraMarks {
    /// The four corners with their names, clockwise from the front at the top in a patient who faces left.
    pub fn corners(&self) -> [(&'static str, Pixel); 4] {
        [
            ("front_top", self.front_top),
            ("back_top", self.back_top),
            ("back_bottom", self.back_bottom),
            ("front_bottom", self.front_bottom),
        ]
    }

    /// All points with their names.
    pub fn named(&self) -> [(&'static str, Pixel); 7] {
        let [a, b, c, d] = self.corners();
        [
            a,
            b,
            c,
            d,
            ("back_wall", self.back_wall),
            ("spinolaminar", self.spinolaminar),
            ("centre", self.centre),
        ]
    }
}

fn marks(anatomy: &Anatomy, spine: &Spine, view: &View, i: usize) -> VertebraMarks {
    let (d, h) = halves(anatomy, i);
    let frame = spine.bodies[i];
    let outline = if i == 0 {
        axis_outline(anatomy, spine)
    } else {
        body_outline(anatomy, spine, i)
    };
    let corner = |back: f32, down: f32| view.pixel(farthest(&outline, frame, [back, down]));
    let at = |back: f32, down: f32| view.pixel(frame.at(back, down));
    let (front_top, back_top) = if i == 0 {
        (at(-5.4, -h - 1.0), at(4.5, -h - 3.0))
    } else {
        (corner(-1.0, -1.0), corner(1.0, -1.0))
    };
    VertebraMarks {
        front_top,
        back_top,
        back_bottom: corner(1.0, 1.0),
        front_bottom: corner(-1.0, 1.0),
        back_wall: at(d, 0.0),
        spinolaminar: at(spinolaminar_mm(anatomy, i), 0.3 * h),
        centre: at(0.0, 0.0),
    }
}

/// Point of the outline that lies farthest along a direction of the body's own axes.
fn farthest(outline: &Outline, frame: Frame, direction: Point) -> Point {
    let origin = frame.at(0.0, 0.0);
    let end = frame.at(direction[0], direction[1]);
    let along = [end[0] - origin[0], end[1] - origin[1]];
    outline.points().iter().copied().fold(origin, |best, p| {
        let reach = |p: Point| (p[0] - origin[0]) * along[0] + (p[1] - origin[1]) * along[1];
        if reach(p) > reach(best) { p } else { best }
    })
}
