//! Figures as SVG text: those of a run (ROC curve, two-by-two table, scores by class, learning curves, cohort flow) and
//! those of statistics (ROC curves of several models, precision-recall, calibration, decision curve, forest plot,
//! Bland-Altman).
//!
//! In: plain numbers and names. Out: one SVG document as a `String`, the same bytes for the same input; [`png`] draws it
//! as pixels.
//! No figure refuses its input: what is missing or not finite is left out, and an empty figure says so in words.
//!
//! One text serves as a file and inside a page. Fixed colours on a white panel are presentation attributes, which every
//! viewer, word processor and journal system understands; each also has a class (`ink-…` for fills, `line-…` for
//! strokes), so that the page's style sheet can recolour the same figure for a dark screen.
//! All are 440 units wide, so that a phone shows their text near its true size.
//!
//! Colours: Okabe and Ito 2008, told apart with any common colour vision; shape or words repeat what colour says.

mod axes;
mod bland_altman;
mod calibration;
mod canvas;
mod confusion;
mod decision;
mod deletion_insertion;
mod flow;
mod forest;
mod ink;
mod learning;
mod plot;
mod png;
mod precision_recall;
mod risk_coverage;
mod roc;
mod roc_comparison;
mod scores;

pub use bland_altman::{BlandAltman, PairedScore, bland_altman};
pub use calibration::{Calibration, ReliabilityGroup, calibration};
pub(crate) use canvas::escape;
pub use confusion::{Confusion, confusion};
pub use decision::{Decision, decision};
pub use deletion_insertion::{DeletionInsertion, PerturbationCurve, deletion_insertion};
pub use flow::{ClassCount, Exclusion, Flow, Part, flow};
pub use forest::{Forest, ForestGroup, ForestRow, forest};
pub use learning::{Epoch, Learning, learning};
pub(crate) use png::pixels;
pub use png::{PNG_WIDTH, PngError, png};
pub use precision_recall::{PrecisionRecall, RecallPoint, precision_recall};
pub use risk_coverage::{RiskCoverage, risk_coverage};
pub use roc::{OperatingPoint, Roc, roc};
pub use roc_comparison::{NamedCurve, RocComparison, roc_comparison};
pub use scores::{Scores, scores};

/// Width of every figure, in SVG user units.
const WIDTH: f64 = 440.0;
