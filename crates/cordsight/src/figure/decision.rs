//! Decision curve: net benefit of treating by the model, of treating everybody, and of treating nobody.
//!
//! In: net benefit over threshold probabilities. Out: SVG. The axis ends a little below zero: how far the curve of
//! "treat all" falls after that tells nothing, and would press the curves of interest into a strip.

use serde::Serialize;

use super::ink::Ink;
use super::plot::{Entry, Plot, SIDE, Sample, finite, line_at};

/// What the decision curve shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Decision {
    /// `(threshold probability, net benefit)` of the model, by rising threshold.
    pub model: Vec<(f64, f64)>,
    /// Interval of the model's net benefit as `(threshold probability, low, high)`; empty where there is none.
    pub band: Vec<(f64, f64, f64)>,
    /// `(threshold probability, net benefit)` of treating everybody.
    pub treat_all: Vec<(f64, f64)>,
}

/// Draws the curves. Points that are not finite are left out.
pub fn decision(input: &Decision) -> String {
    let highest = finite(&input.model)
        .chain(finite(&input.treat_all))
        .map(|(_, benefit)| benefit)
        .chain(input.band.iter().map(|(_, _, high)| *high))
        .filter(|benefit| benefit.is_finite())
        .fold(0.05, f64::max);
    let furthest = finite(&input.model)
        .map(|(threshold, _)| threshold)
        .fold(0.0, f64::max);
    let lowest = -0.2 * highest;
    let end = if furthest > 0.0 { furthest } else { 1.0 };
    let mut plot = Plot::new((0.0, end), (lowest, 1.05 * highest), 0.8 * SIDE);
    let band: Vec<(f64, f64, f64)> = input
        .band
        .iter()
        .map(|&(x, low, high)| (x, low.max(lowest), high.max(lowest)))
        .collect();
    plot.band(&band);
    plot.axes("threshold probability", "net benefit");
    let none = (Ink::Muted, "");
    plot.line((0.0, 0.0), (end, 0.0), none.0, 1.4, none.1);
    let all = line_at(2);
    let model = line_at(0);
    let mut drawn = 0;
    for (points, line) in [(&input.treat_all, all), (&input.model, model)] {
        let points: Vec<(f64, f64)> = finite(points).filter(|point| point.0 <= end).collect();
        for piece in above(&points, lowest) {
            drawn += plot.curve(&piece, line, 2.0);
        }
    }
    if drawn == 0 {
        plot.nothing("no curve: it needs scores from 0 to 1 of both classes");
    }
    let mut key = vec![
        Entry::new(Sample::Line(model.0, model.1), "treat by the model"),
        Entry::new(Sample::Line(all.0, all.1), "treat all"),
        Entry::new(Sample::Line(none.0, none.1), "treat none"),
    ];
    if !input.band.is_empty() {
        key.push(Entry::new(Sample::Band, "interval of the model"));
    }
    let height = plot.key(&key);
    let description = "Net benefit of the model, of treating all and of treating none.";
    plot.canvas.finish(height, "Decision curve", description)
}

/// The pieces of a curve that lie at or above `lowest`, cut where it crosses.
fn above(points: &[(f64, f64)], lowest: f64) -> Vec<Vec<(f64, f64)>> {
    let mut pieces = Vec::new();
    let mut piece: Vec<(f64, f64)> = Vec::new();
    let mut before: Option<(f64, f64)> = None;
    for &(x, y) in points {
        let crossing = before.filter(|before| (before.1 < lowest) != (y < lowest));
        let crossing = crossing.map(|(x0, y0)| {
            let share = (lowest - y0) / (y - y0);
            (x0 + share * (x - x0), lowest)
        });
        piece.extend(crossing);
        if y >= lowest {
            piece.push((x, y));
        } else if !piece.is_empty() {
            pieces.push(std::mem::take(&mut piece));
        }
        before = Some((x, y));
    }
    pieces.push(piece);
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

#[cfg(test)]
mod tests {
    use super::above;

    #[test]
    fn a_curve_is_cut_where_it_leaves_the_axis_and_where_it_comes_back() {
        let points = [(0.0, 1.0), (1.0, -1.0), (2.0, -1.0), (3.0, 1.0)];
        let expected = [vec![(0.0, 1.0), (0.5, 0.0)], vec![(2.5, 0.0), (3.0, 1.0)]];
        assert_eq!(above(&points, 0.0), expected);
        assert!(above(&points, 2.0).is_empty());
        assert_eq!(above(&points, -2.0), [points.to_vec()]);
    }
}
