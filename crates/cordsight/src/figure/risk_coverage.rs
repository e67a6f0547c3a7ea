//! Errors among the patients who get a call, over the share of patients who get one.
//!
//! In: the curve's points. Out: SVG. The curve begins at the surest patients; its right end is the error rate of a model that
//! calls everybody.

use serde::Serialize;

use super::ink::Ink;
use super::plot::{Entry, Plot, SIDE, Sample, finite, line_at};

/// What the figure shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RiskCoverage {
    /// Points `(coverage, risk)`, each in [0, 1], by rising coverage.
    pub points: Vec<(f64, f64)>,
    /// Area under the curve as text.
    pub area: String,
    /// Where sets of a stated coverage stand: patients with one class in theirs, and the share of these that is wrong.
    pub of_sets: Option<(f64, f64)>,
}

/// Draws the curve. Points that are not finite are left out.
pub fn risk_coverage(input: &RiskCoverage) -> String {
    let points: Vec<(f64, f64)> = finite(&input.points).collect();
    let sets = input
        .of_sets
        .filter(|at| at.0.is_finite() && at.1.is_finite());
    let highest = points
        .iter()
        .chain(&sets)
        .map(|(_, risk)| *risk)
        .fold(0.05, f64::max);
    let mut plot = Plot::new((0.0, 1.0), (0.0, 1.1 * highest), 0.8 * SIDE);
    plot.axes(
        "share of the patients who get a call",
        "share of the calls that is wrong",
    );
    let line = line_at(0);
    if plot.curve(&points, line, 2.0) == 0 {
        plot.nothing("no curve: it needs two patients of different scores");
    }
    let mut key = vec![Entry::new(
        Sample::Line(line.0, line.1),
        format!("surest patients first: area {}", input.area),
    )];
    if let Some(&(_, risk)) = points.last() {
        plot.line((0.0, risk), (1.0, risk), Ink::Muted, 1.0, "4 4");
        let all = format!("everybody called: {:.1} % wrong", 100.0 * risk);
        key.push(Entry::new(Sample::Line(Ink::Muted, "4 4"), all));
    }
    if let Some(at) = sets {
        plot.operating_point(at);
        let (called, wrong) = (100.0 * at.0, 100.0 * at.1);
        let text = format!("sets of one class: {called:.1} % of the patients, {wrong:.1} % wrong");
        key.push(Entry::new(Sample::OperatingPoint, text));
    }
    let height = plot.key(&key);
    let description = format!("Area under the risk-coverage curve {}.", input.area);
    plot.canvas
        .finish(height, "Risk-coverage curve", &description)
}
