//! Polygons in millimetres and the signed distance to them: the one primitive from which every bone is drawn.
//!
//! In: corner points. Out: distances in mm, negative inside. Bones need an edge, a rim of a given width and a depth
//! below the surface; all three are functions of this one number, so no other shape is needed.
//!
//! Source: corner cutting after Chaikin 1974, Computer Graphics and Image Processing 3:346; curves through points after
//! Catmull and Rom 1974 (Computer Aided Geometric Design); the sign is the even-odd rule.

/// A point in the sagittal plane in mm: x grows backwards (posterior), y grows downwards (caudal).
pub(crate) type Point = [f32; 2];

/// A place and a tilt in the sagittal plane, in which a bone is described by its own axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub origin: Point,
    /// Tilt in radians; positive when the front end of the bone points down, as C7 does in a lordotic neck.
    pub tilt: f32,
}

impl Frame {
    /// The point `back_mm` behind and `down_mm` below the origin along the tilted axes.
    pub fn at(&self, back_mm: f32, down_mm: f32) -> Point {
        let (sin, cos) = self.tilt.sin_cos();
        [
            self.origin[0] + back_mm * cos + down_mm * sin,
            self.origin[1] - back_mm * sin + down_mm * cos,
        ]
    }

    /// Maps a list of points described in this frame.
    pub fn all(&self, points: &[Point]) -> Vec<Point> {
        points.iter().map(|p| self.at(p[0], p[1])).collect()
    }
}

/// An axis-aligned box in mm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub low: Point,
    pub high: Point,
}

/// A closed polygon or an open line.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    points: Vec<Point>,
    closed: bool,
    edges: Vec<Edge>,
}

/// One edge with what would otherwise be divided again at every pixel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    start: Point,
    along: Point,
    end_y: f32,
    per_square_length: f32,
    x_per_y: f32,
}

impl Edge {
    fn between(start: Point, end: Point) -> Self {
        let along = [end[0] - start[0], end[1] - start[1]];
        let square = (along[0] * along[0] + along[1] * along[1]).max(1e-12);
        Self {
            start,
            along,
            end_y: end[1],
            per_square_length: 1.0 / square,
            x_per_y: if along[1] == 0.0 {
                0.0
            } else {
                along[0] / along[1]
            },
        }
    }

    /// Square of the distance from a place, mm2.
    #[inline]
    pub fn square_distance(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (x - self.start[0], y - self.start[1]);
        let t = (dx * self.along[0] + dy * self.along[1]) * self.per_square_length;
        let t = t.clamp(0.0, 1.0);
        let (ox, oy) = (dx - t * self.along[0], dy - t * self.along[1]);
        ox * ox + oy * oy
    }

    /// Whether a ray from the place towards growing x crosses this edge.
    #[inline]
    pub fn is_crossed(&self, x: f32, y: f32) -> bool {
        let spans = (self.end_y > y) != (self.start[1] > y);
        spans & (x < self.x_per_y * (y - self.start[1]) + self.start[0])
    }

    /// Low and high corner of the box around it.
    #[inline]
    pub fn bounds(&self) -> [Point; 2] {
        let [x, y] = self.start;
        let (along, end_y) = (self.along[0], self.end_y);
        [
            [x + along.min(0.0), y.min(end_y)],
            [x + along.max(0.0), y.max(end_y)],
        ]
    }
}

impl Outline {
    fn new(points: Vec<Point>, closed: bool) -> Self {
        let mut edges: Vec<Edge> = points
            .windows(2)
            .map(|pair| Edge::between(pair[0], pair[1]))
            .collect();
        if let (true, Some(&first), Some(&last)) = (closed, points.first(), points.last()) {
            edges.push(Edge::between(last, first));
        }
        Self {
            points,
            closed,
            edges,
        }
    }

    /// A closed polygon through `points`.
    pub fn closed(points: Vec<Point>) -> Self {
        Self::new(points, true)
    }

    /// An open line through `points`; it has no inside.
    pub fn line(points: Vec<Point>) -> Self {
        Self::new(points, false)
    }

    /// A smooth closed curve that passes through every one of `points`, as a polygon of four edges between two of them.
    pub fn through(points: &[Point]) -> Self {
        const STEPS: usize = 4;
        let n = points.len();
        let at = |i: usize| points[i % n];
        let mut curve = Vec::with_capacity(n * STEPS);
        for i in 0..n {
            let [a, b, c, d] = [at(i + n - 1), at(i), at(i + 1), at(i + 2)];
            for step in 0..STEPS {
                curve.push(spline(a, b, c, d, step as f32 / STEPS as f32));
            }
        }
        Self::closed(curve)
    }

    /// Cuts every corner at a quarter and three quarters of its edges, `times` times.
    pub fn smoothed(self, times: usize) -> Self {
        let mut points = self.points;
        for _ in 0..times {
            let n = points.len();
            let edges = if self.closed { n } else { n - 1 };
            let mut cut = Vec::with_capacity(2 * n);
            for i in 0..edges {
                let (a, b) = (points[i], points[(i + 1) % n]);
                cut.push(between(a, b, 0.25));
                cut.push(between(a, b, 0.75));
            }
            if !self.closed {
                cut[0] = points[0];
                cut[2 * n - 3] = points[n - 1];
            }
            points = cut;
        }
        Self::new(points, self.closed)
    }

    /// An ellipse of the given half axes, as a polygon of 24 corners.
    pub fn ellipse(frame: Frame, half_depth_mm: f32, half_height_mm: f32) -> Self {
        let points = (0..24).map(|i| {
            let (sin, cos) = (i as f32 * std::f32::consts::TAU / 24.0).sin_cos();
            frame.at(half_depth_mm * cos, half_height_mm * sin)
        });
        Self::closed(points.collect())
    }

    /// Edges of the outline without corners that lie within a distance of the line past them: small pictures need few.
    pub fn edges_within(&self, away_mm: f32) -> Vec<Edge> {
        let last = self.edges.len();
        let mut edges = Vec::with_capacity(2 * last);
        let corner = |i: usize| self.points[i % self.points.len()];
        let mut start = 0;
        while start < last {
            let mut longest = Edge::between(corner(start), corner(start + 1));
            let mut end = start + 1;
            while end < last {
                let longer = Edge::between(corner(start), corner(end + 1));
                let passes = |i: usize| {
                    let [x, y] = corner(i);
                    longer.square_distance(x, y) <= away_mm * away_mm
                };
                if !(start + 1..=end).all(passes) {
                    break;
                }
                longest = longer;
                end += 1;
            }
            edges.push(longest);
            start = end;
        }
        edges
    }

    /// Whether it has an inside.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// The corners of the polygon.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The smallest box around all corners.
    pub fn bounds(&self) -> Bounds {
        let mut bounds = Bounds {
            low: [f32::INFINITY; 2],
            high: [f32::NEG_INFINITY; 2],
        };
        for p in &self.points {
            let [low, high] = [&mut bounds.low, &mut bounds.high];
            *low = [low[0].min(p[0]), low[1].min(p[1])];
            *high = [high[0].max(p[0]), high[1].max(p[1])];
        }
        bounds
    }

    /// Distance in mm from `p` to the nearest edge, negative inside a closed polygon.
    pub fn signed_distance_mm(&self, p: Point) -> f32 {
        let mut square = f32::INFINITY;
        let mut inside = false;
        for edge in &self.edges {
            square = square.min(edge.square_distance(p[0], p[1]));
            inside ^= self.closed & edge.is_crossed(p[0], p[1]);
        }
        if inside {
            -square.sqrt()
        } else {
            square.sqrt()
        }
    }
}

/// Cubic from `b` to `c` whose slopes are the chords of the neighbours (Catmull-Rom).
fn spline(a: Point, b: Point, c: Point, d: Point, t: f32) -> Point {
    std::array::from_fn(|axis| {
        let (a, b, c, d) = (a[axis], b[axis], c[axis], d[axis]);
        let (slope_b, slope_c) = (0.5 * (c - a), 0.5 * (d - b));
        let cubic = 2.0 * (b - c) + slope_b + slope_c;
        let square = 3.0 * (c - b) - 2.0 * slope_b - slope_c;
        b + t * (slope_b + t * (square + t * cubic))
    })
}

fn between(a: Point, b: Point, t: f32) -> Point {
    [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square() -> Outline {
        Outline::closed(vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]])
    }

    #[test]
    fn distance_is_negative_inside_and_positive_outside() {
        assert_eq!(square().signed_distance_mm([2.0, 1.0]), -1.0);
        assert_eq!(square().signed_distance_mm([7.0, 8.0]), 5.0);
    }

    #[test]
    fn an_open_line_has_no_inside() {
        let line = Outline::line(vec![[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]]);
        assert_eq!(line.signed_distance_mm([2.0, 1.0]), 1.0);
        assert_eq!(line.signed_distance_mm([0.0, 2.0]), 2.0);
    }

    #[test]
    fn a_curve_passes_through_its_points() {
        let points = [[0.0, 0.0], [5.0, -1.0], [6.0, 4.0], [1.0, 5.0]];
        let curve = Outline::through(&points);
        assert!(
            points
                .iter()
                .all(|&p| curve.signed_distance_mm(p).abs() < 1e-6)
        );
        assert!(curve.signed_distance_mm([3.0, 2.0]) < 0.0);
    }

    #[test]
    fn smoothing_stays_within_the_corners() {
        let smooth = square().smoothed(3);
        let bounds = smooth.bounds();
        assert!(bounds.low[0] >= 0.0 && bounds.high[1] <= 4.0);
        assert!(smooth.signed_distance_mm([0.1, 0.1]) > 0.0);
    }

    #[test]
    fn a_positive_tilt_points_the_front_down() {
        let frame = Frame {
            origin: [0.0, 0.0],
            tilt: 0.3,
        };
        assert!(frame.at(-10.0, 0.0)[1] > 0.0);
        assert!(frame.at(0.0, 10.0)[0] > 0.0);
    }
}
