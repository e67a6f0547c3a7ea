//! Receiver operating characteristic: sensitivity against 1 − specificity over all thresholds.
//!
//! In: the curve's points and texts of what was computed from them. Out: SVG. The statistics are not computed here.

use serde::Serialize;

use super::WIDTH;
use super::axes::Axis;
use super::canvas::{Anchor, Canvas, Type};
use super::ink::Ink;

/// What the ROC figure shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Roc {
    /// Points `(1 − specificity, sensitivity)`, each in [0, 1], in the order in which the curve passes them.
    pub points: Vec<(f64, f64)>,
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

const LEFT: f64 = 58.0;
const TOP: f64 = 14.0;
const SIDE: f64 = WIDTH - LEFT - 16.0;
const BOTTOM: f64 = TOP + SIDE;

/// Draws the ROC curve with the diagonal of chance and the operating point. Points that are not finite are left out.
pub fn roc(input: &Roc) -> String {
    let x = Axis::new((0.0, 1.0), (LEFT, LEFT + SIDE));
    let y = Axis::new((0.0, 1.0), (BOTTOM, TOP));
    let mut canvas = Canvas::new();

    let ticks = x.ticks(5.0, 0.0);
    y.label_left(&mut canvas, (LEFT, LEFT + SIDE), &ticks);
    for &tick in &ticks.0 {
        canvas.line((x.at(tick), TOP), (x.at(tick), BOTTOM), Ink::Rule, 0.75, "");
    }
    x.label_below(&mut canvas, BOTTOM, &ticks);
    canvas.frame((LEFT, TOP), (SIDE, SIDE), Ink::Muted, 1.0);
    canvas.line(
        (x.at(0.0), y.at(0.0)),
        (x.at(1.0), y.at(1.0)),
        Ink::Muted,
        1.0,
        "4 4",
    );
    canvas.text(
        (LEFT + SIDE / 2.0, BOTTOM + 38.0),
        Type::new(Anchor::Middle).sized(13.0),
        "1 − specificity",
    );
    canvas.upright_text(
        (18.0, TOP + SIDE / 2.0),
        Type::new(Anchor::Middle).sized(13.0),
        "sensitivity",
    );

    let finite: Vec<(f64, f64)> = input
        .points
        .iter()
        .filter(|(fpr, tpr)| fpr.is_finite() && tpr.is_finite())
        .copied()
        .collect();
    let curve: Vec<(f64, f64)> = finite
        .iter()
        .map(|&(fpr, tpr)| (x.at(fpr), y.at(tpr)))
        .collect();
    canvas.curve(&curve, Ink::Text, 2.0, "");
    if finite.len() < 2 {
        let why = "no curve: it needs scores of both classes";
        canvas.text(
            (LEFT + SIDE / 2.0, TOP + SIDE / 3.0),
            Type::new(Anchor::Middle).ink(Ink::Muted),
            why,
        );
    }

    // The shortest line stands at the top, where the diagonal leaves the least room.
    let mut notes = Vec::new();
    let operating = input
        .operating
        .as_ref()
        .filter(|point| point.sensitivity.is_finite() && point.specificity.is_finite());
    if let Some(point) = operating {
        let at = (x.at(1.0 - point.specificity), y.at(point.sensitivity));
        canvas.dot(at, 7.0, Ink::Paper);
        canvas.dot(at, 5.0, Ink::Positive);
        notes.push(format!("At the threshold {}:", point.threshold));
        let (sensitivity, specificity) = (100.0 * point.sensitivity, 100.0 * point.specificity);
        notes.push(format!(
            "sensitivity {sensitivity:.1} %, specificity {specificity:.1} %"
        ));
    }
    let bold = notes.len();
    notes.push(format!("AUC {}", input.auc));
    if let Some(best) = &input.best_possible_auc {
        notes.push(format!(
            "Best possible for this synthetic cohort: AUC {best}"
        ));
    }

    // Notes stand where the curve is not: below it as a rule, above it where it runs under the diagonal.
    let area: f64 = finite
        .windows(2)
        .map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0)
        .sum();
    let is_below = finite.len() > 1 && area < 0.5;
    let first = if is_below {
        TOP + 22.0
    } else {
        BOTTOM - 14.0 - 18.0 * (notes.len() as f64 - 1.0)
    };
    let (x_notes, anchor) = if is_below {
        (LEFT + 12.0, Anchor::Start)
    } else {
        (LEFT + SIDE - 12.0, Anchor::End)
    };
    for (index, note) in notes.iter().enumerate() {
        let set = if index == bold {
            Type::new(anchor).bold()
        } else {
            Type::new(anchor)
        };
        canvas.text((x_notes, first + 18.0 * index as f64), set, note);
    }
    let description = format!("AUC {}. {} points.", input.auc, finite.len());
    canvas.finish(BOTTOM + 50.0, "ROC curve", &description)
}
