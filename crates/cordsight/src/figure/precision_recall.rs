//! Precision against recall over all thresholds, with the prevalence as the line of chance.
//!
//! In: the curve's points and texts of what was computed from them. Out: SVG. Between two thresholds precision does not
//! run straight, so the curve is drawn in steps, as average precision sums it.

use serde::Serialize;

use super::ink::Ink;
use super::plot::{Entry, Plot, Sample, finite, line_at};

/// What the precision-recall figure shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PrecisionRecall {
    /// Points `(recall, precision)`, each in [0, 1], by rising recall.
    pub points: Vec<(f64, f64)>,
    /// Average precision and its interval as text, or why there is none.
    pub average_precision: String,
    /// Share of positive patients, the precision of chance, in [0, 1].
    pub prevalence: Option<f64>,
    /// The point of the threshold that is used.
    pub operating: Option<RecallPoint>,
}

/// The place on the curve at which the model is used.
#[derive(Clone, Debug, Serialize)]
pub struct RecallPoint {
    /// Recall at the threshold, in [0, 1].
    pub recall: f64,
    /// Precision at the threshold, in [0, 1].
    pub precision: f64,
    /// The threshold as text.
    pub threshold: String,
}

/// Draws the curve in steps, with the prevalence and the operating point. Points that are not finite are left out.
pub fn precision_recall(input: &PrecisionRecall) -> String {
    let mut plot = Plot::square();
    plot.axes("recall (sensitivity)", "precision (PPV)");
    let area = format!("average precision {}", input.average_precision);
    let (ink, dash) = line_at(0);
    let mut key = vec![Entry::new(Sample::Line(ink, dash), area)];
    if let Some(share) = input.prevalence.filter(|share| share.is_finite()) {
        plot.line((0.0, share), (1.0, share), Ink::Muted, 1.0, "4 4");
        let chance = format!("chance: the prevalence, {share:.3}");
        key.push(Entry::new(Sample::Line(Ink::Muted, "4 4"), chance));
    }
    let steps = steps(&finite(&input.points).collect::<Vec<_>>());
    if plot.curve(&steps, (ink, dash), 2.0) < 2 {
        plot.nothing("no curve: it needs positive patients");
    }
    if let Some(point) = &input.operating
        && point.recall.is_finite()
        && point.precision.is_finite()
    {
        plot.operating_point((point.recall, point.precision));
        let (recall, precision) = (100.0 * point.recall, 100.0 * point.precision);
        let threshold = &point.threshold;
        let rates =
            format!("threshold {threshold}: recall {recall:.1} %, precision {precision:.1} %");
        key.push(Entry::new(Sample::OperatingPoint, rates));
    }
    let height = plot.key(&key);
    let description = format!("Average precision {}.", input.average_precision);
    plot.canvas
        .finish(height, "Precision-recall curve", &description)
}

/// Each precision held back to the recall before it, as the sum of average precision does. A threshold that adds no
/// positive patient adds nothing to the sum, and no mark here.
fn steps(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut steps = Vec::with_capacity(2 * points.len());
    let mut before = 0.0;
    for &(recall, precision) in points {
        if recall <= before {
            continue;
        }
        steps.push((before, precision));
        steps.push((recall, precision));
        before = recall;
    }
    steps
}
