//! What the score does while the hottest pixels are taken away (deletion) or put in (insertion), beside a random order.
//!
//! In: scores by share of the pixels. Out: SVG. A map that shows what the network uses lets the score fall sooner in
//! deletion, and rise sooner in insertion, than a random order does.
//!
//! Source: Petsiuk et al. 2018, arXiv 1806.07421.

use serde::Serialize;

use super::plot::{Entry, Plot, SIDE, Sample, finite, line_at};

/// One of the four curves: its points `(share of pixels, score)`, each in [0, 1], and its name with the area.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PerturbationCurve {
    /// For example "deletion, hottest first: area 0.31".
    pub name: String,
    /// By rising share.
    pub points: Vec<(f64, f64)>,
}

/// What the figure shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DeletionInsertion {
    /// The curves, at most four told apart.
    pub curves: Vec<PerturbationCurve>,
    /// Whose scores they are, such as "means of 62 radiographs".
    pub of: String,
}

/// Draws the curves. Points that are not finite are left out.
pub fn deletion_insertion(input: &DeletionInsertion) -> String {
    let mut plot = Plot::new((0.0, 1.0), (0.0, 1.0), 0.8 * SIDE);
    plot.axes(
        "share of the pixels taken away or put in",
        "score of the class",
    );
    let mut key = Vec::new();
    for (place, curve) in input.curves.iter().enumerate() {
        let points: Vec<(f64, f64)> = finite(&curve.points).collect();
        let line = line_at(place);
        if plot.curve(&points, line, 2.0) > 0 {
            key.push(Entry::new(Sample::Line(line.0, line.1), &curve.name));
        }
    }
    if key.is_empty() {
        plot.nothing("no curve: no radiograph was checked");
    }
    key.push(Entry::new(Sample::None, &input.of));
    let height = plot.key(&key);
    let names: Vec<&str> = input.curves.iter().map(|c| c.name.as_str()).collect();
    plot.canvas
        .finish(height, "Deletion and insertion", &names.join("; "))
}
