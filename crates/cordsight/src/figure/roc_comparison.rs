//! ROC curves of several models on the same patients, in one plot.
//!
//! In: each curve's name, points and area as text. Out: SVG. Dash and colour tell curves apart; a key below names each with
//! its area.

use serde::Serialize;

use super::ink::Ink;
use super::plot::{Entry, Plot, Sample, line_at, shortened};

/// What the comparison shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RocComparison {
    /// The curves; at most four can be told apart by dash.
    pub curves: Vec<NamedCurve>,
}

/// One curve of several.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NamedCurve {
    /// Name of the model or the measure.
    pub name: String,
    /// Points `(1 − specificity, sensitivity)`, each in [0, 1], in the order in which the curve passes them.
    pub points: Vec<(f64, f64)>,
    /// The area and its interval as text.
    pub auc: String,
}

/// Draws the curves with the diagonal of chance. Points that are not finite are left out.
pub fn roc_comparison(input: &RocComparison) -> String {
    let mut plot = Plot::square();
    plot.axes("1 − specificity", "sensitivity");
    plot.line((0.0, 0.0), (1.0, 1.0), Ink::Muted, 1.0, "4 4");
    let mut drawn = 0;
    for (index, curve) in input.curves.iter().enumerate() {
        drawn += usize::from(plot.curve(&curve.points, line_at(index), 1.8) > 1);
    }
    if drawn == 0 {
        plot.nothing("no curve: it needs scores of both classes");
    }

    let entry = |(index, curve): (usize, &NamedCurve)| {
        let (ink, dash) = line_at(index);
        Entry {
            sample: Sample::Line(ink, dash),
            text: shortened(&curve.name, 24),
            value: format!("AUC {}", curve.auc),
        }
    };
    let key: Vec<Entry> = input.curves.iter().enumerate().map(entry).collect();
    let height = plot.key(&key);
    let described: Vec<String> = input
        .curves
        .iter()
        .map(|curve| format!("{}: AUC {}.", curve.name, curve.auc))
        .collect();
    plot.canvas
        .finish(height, "ROC curves", &described.join(" "))
}
