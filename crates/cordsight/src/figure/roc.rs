//! Receiver operating characteristic: sensitivity against 1 − specificity over all thresholds.
//!
//! In: the curve's points and texts of what was computed from them. Out: SVG. The statistics are not computed here.

use serde::Serialize;

use super::ink::Ink;
use super::plot::{Corner, Plot, finite, line_at};

/// What the ROC figure shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Roc {
    /// Points `(1 − specificity, sensitivity)`, each in [0, 1], in the order in which the curve passes them.
    pub points: Vec<(f64, f64)>,
    /// Confidence band as `(1 − specificity, lower, upper sensitivity)`; empty where there is none.
    pub band: Vec<(f64, f64, f64)>,
    /// The area and its interval as text, such as "0.871 (95 % interval 0.780 to 0.949)", or why there is none.
    pub auc: String,
    /// The point of the threshold that is used.
    pub operating: Option<OperatingPoint>,
    /// For a synthetic cohort, the area that no reader of these images can exceed, as text such as "0.930".
    pub best_possible_auc: Option<String>,
}

/// The place on the curve at which the model is used.
#[derive(Clone, Debug, Serialize)]
pub struct OperatingPoint {
    /// Sensitivity at the threshold, in [0, 1].
    pub sensitivity: f64,
    /// Specificity at the threshold, in [0, 1].
    pub specificity: f64,
    /// The threshold as text.
    pub threshold: String,
}

/// Draws the ROC curve with its band, the diagonal of chance and the operating point. Points that are not finite are left
/// out.
pub fn roc(input: &Roc) -> String {
    let mut plot = Plot::square();
    plot.band(&input.band);
    plot.axes("1 − specificity", "sensitivity");
    plot.line((0.0, 0.0), (1.0, 1.0), Ink::Muted, 1.0, "4 4");
    let drawn = plot.curve(&input.points, line_at(0), 2.0);
    if drawn < 2 {
        plot.nothing("no curve: it needs scores of both classes");
    }

    // The shortest line stands at the top, where the diagonal leaves the least room.
    let mut notes = Vec::new();
    let operating = input
        .operating
        .as_ref()
        .filter(|point| point.sensitivity.is_finite() && point.specificity.is_finite());
    if let Some(point) = operating {
        plot.operating_point((1.0 - point.specificity, point.sensitivity));
        notes.push((format!("At the threshold {}:", point.threshold), false));
        let (sensitivity, specificity) = (100.0 * point.sensitivity, 100.0 * point.specificity);
        let rates = format!("sensitivity {sensitivity:.1} %, specificity {specificity:.1} %");
        notes.push((rates, false));
    }
    notes.push((format!("AUC {}", input.auc), true));
    if let Some(best) = &input.best_possible_auc {
        let ceiling = format!("Best possible for this synthetic cohort: AUC {best}");
        notes.push((ceiling, false));
    }
    plot.notes(free_corner(&input.points), &notes);
    let description = format!("AUC {}. {drawn} points.", input.auc);
    let height = plot.bottom + 50.0;
    plot.canvas.finish(height, "ROC curve", &description)
}

/// Notes stand where the curve is not: below it as a rule, above it where it runs under the diagonal.
pub(super) fn free_corner(points: &[(f64, f64)]) -> Corner {
    let finite: Vec<(f64, f64)> = finite(points).collect();
    let area: f64 = finite
        .windows(2)
        .map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0)
        .sum();
    match finite.len() > 1 && area < 0.5 {
        true => Corner::UpperLeft,
        false => Corner::LowerRight,
    }
}
