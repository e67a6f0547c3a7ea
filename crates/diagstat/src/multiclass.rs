//! More than two classes: calls, scores of each class, and the figures made of them.
//!
//! In: labels 0 to k - 1, and either one call a patient ([`ConfusionMatrix`]) or one score a class and patient
//! ([`MulticlassScores`]). Out: accuracy, figures of each class against the rest, averages that carry their names,
//! Cohen's kappa, Hand and Till's AUC, top-k accuracy, and bootstrap intervals.
//! A class without patients has a reason in the place of its figures, and so has every average that needs it.

mod area;
mod averages;
mod bootstrap;
mod kappa;
mod matrix;
mod scores;
mod summary;
mod table;

pub use area::{hand_till, hand_till_with_interval, one_vs_rest_auc, top_k_accuracy};
pub use averages::{Averages, ClassFigure, ClassFigures, ClassWeights};
pub use bootstrap::Bootstrap;
pub use kappa::KappaWeights;
pub use matrix::{ConfusionMatrix, MatrixError};
pub use scores::{MulticlassScores, MulticlassScoresError};
pub use summary::{ClassSummary, MulticlassSummary};

pub(crate) use averages::averages_of;
pub(crate) use kappa::kappa_of;
pub(crate) use table::Table;
