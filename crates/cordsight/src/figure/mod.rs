//! Figures of a run as SVG text: ROC curve, two-by-two table, scores by class, learning curves, cohort flow.
//!
//! In: plain numbers and names. Out: one SVG document as a `String`, the same bytes for the same input.
//! No figure refuses its input: what is missing or not finite is left out, and an empty figure says so in words.
//!
//! One text serves as a file and inside a page. Fixed colours on a white panel are presentation attributes, which every
//! viewer, word processor and journal system understands; each also has a class (`ink-…` for fills, `line-…` for
//! strokes), so that the page's style sheet can recolour the same figure for a dark screen.
//! All are 440 units wide, so that a phone shows their text near its true size.
//!
//! Colours: Okabe and Ito 2008, told apart with any common colour vision; shape or words repeat what colour says.

mod axes;
mod canvas;
mod confusion;
mod flow;
mod ink;
mod learning;
mod roc;
mod scores;

pub use confusion::{Confusion, confusion};
pub use flow::{ClassCount, Exclusion, Flow, Part, flow};
pub use learning::{Epoch, Learning, learning};
pub use roc::{OperatingPoint, Roc, roc};
pub use scores::{Scores, scores};

/// Width of every figure, in SVG user units.
const WIDTH: f64 = 440.0;
