//! The plotting area that most figures share: two axes, a grid, a frame, and what is drawn inside.
//!
//! In: the spans of the axes. Out: a canvas with the area on it. A band is drawn before the grid, so that the grid stays
//! visible on it; several curves differ by dash first and colour second, so that a grey print tells them apart.

use super::WIDTH;
use super::axes::Axis;
use super::canvas::{Anchor, Canvas, Type, wrap};
use super::ink::Ink;

/// Left edge of the plotting area.
pub(super) const LEFT: f64 = 58.0;
/// Its upper edge.
pub(super) const TOP: f64 = 14.0;
/// Its width, and the height of a square one.
pub(super) const SIDE: f64 = WIDTH - LEFT - 16.0;

/// Height of a line of text.
const LINE: f64 = 18.0;

/// Width of a sample in the key.
const SAMPLE: f64 = 30.0;

/// Dash and colour of the curves of a figure, in order; more curves than these begin anew.
const LINES: [(Ink, &str); 4] = [
    (Ink::Text, ""),
    (Ink::Negative, "8 3"),
    (Ink::Positive, "2.5 2.5"),
    (Ink::Fourth, "9 3 2 3"),
];

/// Dash and colour of the curve at this place of a figure's list.
pub(super) fn line_at(index: usize) -> (Ink, &'static str) {
    LINES[index % LINES.len()]
}

/// A plotting area and the canvas that it is on.
pub(super) struct Plot {
    pub canvas: Canvas,
    x: Axis,
    y: Axis,
    /// Lower edge of the area.
    pub bottom: f64,
}

/// Where notes stand in a plotting area.
#[derive(Clone, Copy)]
pub(super) enum Corner {
    UpperLeft,
    LowerRight,
}

/// What stands before a line of the key.
#[derive(Clone, Copy)]
pub(super) enum Sample {
    None,
    Line(Ink, &'static str),
    Band,
    OperatingPoint,
    Dot(Ink),
    Ring(Ink),
}

/// One line of the key below a plotting area.
pub(super) struct Entry {
    pub sample: Sample,
    pub text: String,
    /// Stands at the right edge.
    pub value: String,
}

impl Entry {
    pub(super) fn new(sample: Sample, text: impl Into<String>) -> Self {
        Self {
            sample,
            text: text.into(),
            value: String::new(),
        }
    }
}

impl Plot {
    /// Both axes from 0 to 1, the area a square.
    pub(super) fn square() -> Self {
        Self::new((0.0, 1.0), (0.0, 1.0), SIDE)
    }

    /// Axes over these spans, the area `height` units high.
    pub(super) fn new(x: (f64, f64), y: (f64, f64), height: f64) -> Self {
        Self {
            canvas: Canvas::new(),
            x: Axis::new(x, (LEFT, LEFT + SIDE)),
            y: Axis::new(y, (TOP + height, TOP)),
            bottom: TOP + height,
        }
    }

    /// Place of a point; beyond an axis it stands at the end.
    pub(super) fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// The area between a lower and an upper curve, given as `(x, lower, upper)`; points that are not finite are left out.
    pub(super) fn band(&mut self, band: &[(f64, f64, f64)]) {
        let band: Vec<&(f64, f64, f64)> = band
            .iter()
            .filter(|(x, low, high)| x.is_finite() && low.is_finite() && high.is_finite())
            .collect();
        if band.len() < 2 {
            return;
        }
        let above = band.iter().map(|&&(x, _, high)| self.at((x, high)));
        let below = band.iter().rev().map(|&&(x, low, _)| self.at((x, low)));
        let outline: Vec<(f64, f64)> = above.chain(below).collect();
        self.canvas.polygon(&outline, Ink::Band);
    }

    /// Grid, ticks, frame, and the names of the axes.
    pub(super) fn axes(&mut self, x_name: &str, y_name: &str) {
        let (x, y) = (self.x.ticks(5.0, 0.0), self.y.ticks(5.0, 0.0));
        self.y.label_left(&mut self.canvas, (LEFT, LEFT + SIDE), &y);
        for &tick in &x.0 {
            let at = self.x.at(tick);
            self.canvas
                .line((at, TOP), (at, self.bottom), Ink::Rule, 0.75, "");
        }
        self.x.label_below(&mut self.canvas, self.bottom, &x);
        let size = (SIDE, self.bottom - TOP);
        self.canvas.frame((LEFT, TOP), size, Ink::Muted, 1.0);
        let name = Type::new(Anchor::Middle).sized(13.0);
        self.canvas
            .text((LEFT + SIDE / 2.0, self.bottom + 38.0), name, x_name);
        let middle = f64::midpoint(TOP, self.bottom);
        self.canvas.upright_text((18.0, middle), name, y_name);
    }

    /// A straight line between two points.
    pub(super) fn line(
        &mut self,
        from: (f64, f64),
        to: (f64, f64),
        ink: Ink,
        width: f64,
        dash: &str,
    ) {
        let (from, to) = (self.at(from), self.at(to));
        self.canvas.line(from, to, ink, width, dash);
    }

    /// A curve through points; those that are not finite are left out. Gives the number of points used.
    pub(super) fn curve(
        &mut self,
        points: &[(f64, f64)],
        (ink, dash): (Ink, &str),
        width: f64,
    ) -> usize {
        let finite: Vec<(f64, f64)> = finite(points).map(|point| self.at(point)).collect();
        self.canvas.curve(&finite, ink, width, dash);
        finite.len()
    }

    /// The point at which the model is used: a filled dot with a white rim.
    pub(super) fn operating_point(&mut self, point: (f64, f64)) {
        let at = self.at(point);
        self.canvas.dot(at, 7.0, Ink::Paper);
        self.canvas.dot(at, 5.0, Ink::Positive);
    }

    /// Says in the middle why there is nothing to see.
    pub(super) fn nothing(&mut self, why: &str) {
        self.canvas.text(
            (LEFT + SIDE / 2.0, TOP + (self.bottom - TOP) / 3.0),
            Type::new(Anchor::Middle).ink(Ink::Muted),
            why,
        );
    }

    /// Lines of text in a corner; the second part says whether a line is bold.
    pub(super) fn notes(&mut self, corner: Corner, notes: &[(String, bool)]) {
        let notes: Vec<(String, bool)> = notes
            .iter()
            .flat_map(|(note, is_bold)| {
                let columns = if *is_bold { 56 } else { 58 };
                wrap(note, columns).into_iter().map(|line| (line, *is_bold))
            })
            .collect();
        let (anchor, x, first) = match corner {
            Corner::UpperLeft => (Anchor::Start, LEFT + 12.0, TOP + 22.0),
            Corner::LowerRight => {
                let first = self.bottom - 14.0 - LINE * (notes.len() as f64 - 1.0);
                (Anchor::End, LEFT + SIDE - 12.0, first)
            }
        };
        for (index, (note, is_bold)) in notes.iter().enumerate() {
            let set = match is_bold {
                true => Type::new(anchor).bold(),
                false => Type::new(anchor),
            };
            self.canvas
                .text((x, first + LINE * index as f64), set, note);
        }
    }

    /// The key below the name of the x axis, where no curve can run into it. Gives the height of the figure.
    pub(super) fn key(&mut self, entries: &[Entry]) -> f64 {
        let first = self.bottom + 61.0;
        let mut lines = 0;
        for entry in entries {
            let y = first + LINE * f64::from(lines);
            let (x, columns) = match entry.sample {
                Sample::None => (LEFT, 62),
                sample => {
                    self.sample(sample, (LEFT, y - 4.0));
                    (LEFT + SAMPLE + 9.0, 56)
                }
            };
            for line in wrap(&entry.text, columns) {
                let y = first + LINE * f64::from(lines);
                self.canvas.text((x, y), Type::new(Anchor::Start), &line);
                lines += 1;
            }
            if !entry.value.is_empty() {
                let value = Type::new(Anchor::End);
                self.canvas.text((LEFT + SIDE, y), value, &entry.value);
            }
        }
        match lines {
            0 => self.bottom + 50.0,
            lines => first + LINE * f64::from(lines - 1) + 12.0,
        }
    }

    /// What a line of the key explains, from `left` on and centred on a height.
    fn sample(&mut self, sample: Sample, (left, middle): (f64, f64)) {
        let right = left + SAMPLE;
        let centre = (f64::midpoint(left, right), middle);
        let canvas = &mut self.canvas;
        match sample {
            Sample::None => {}
            Sample::Line(ink, dash) => {
                canvas.line((left, middle), (right, middle), ink, 1.8, dash);
            }
            Sample::Band => canvas.rectangle((left, middle - 5.0), (SAMPLE, 10.0), Ink::Band),
            Sample::OperatingPoint => canvas.dot(centre, 5.0, Ink::Positive),
            Sample::Dot(ink) => canvas.dot(centre, 3.4, ink),
            Sample::Ring(ink) => canvas.ring(centre, 3.0, ink),
        }
    }
}

/// The points whose coordinates are numbers.
pub(super) fn finite(points: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> + '_ {
    points
        .iter()
        .copied()
        .filter(|(x, y)| x.is_finite() && y.is_finite())
}

/// At most `most` characters.
pub(super) fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    name.chars().take(most - 1).chain(['…']).collect()
}
