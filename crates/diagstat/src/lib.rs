//! Statistics of diagnostic tests: ROC curve and AUC, DeLong's interval, intervals of proportions, confusion matrices.
//!
//! In: labels and scores of patients ([`Scores`]), or counts ([`Confusion`]). Out: values with their intervals
//! ([`Measured`]). From figures as a paper prints them [`reconstruct`] finds the counts. The crate knows nothing of images or networks, reads no file and prints nothing.
//!
//! A number that cannot be given is no error and never NaN: the place of the value, or of the interval, holds a typed
//! reason ([`Undefined`]). Errors are kept for input that is wrong ([`ScoresError`], [`LevelError`],
//! [`ThresholdError`], [`reconstruct::ReconstructError`]).
//!
//! # Example
//! A paper reports for 62 patients: accuracy 87.1 %, "recall" 86.4 %, "precision" 88.9 %, AUC 0.864 with the 95 %
//! interval 0.780 to 0.949. All of it follows from one matrix. The first is plain, recall and precision are macro
//! averages, and the AUC is that of the calls, not of the scores:
//!
//! ```
//! use diagstat::{AucInterval, Confusion, Level, ProportionInterval, delong_of_calls};
//!
//! let confusion = Confusion {
//!     true_positives: 22,
//!     false_negatives: 7,
//!     false_positives: 1,
//!     true_negatives: 32,
//! };
//! let summary = confusion.summary(ProportionInterval::Wilson, Level::PERCENT_95);
//! assert_eq!(summary.accuracy.to_string(), "0.871 (95 % CI 0.766 to 0.933, Wilson)");
//! assert_eq!(format!("{:.3}", confusion.macro_recall()?), "0.864");
//! assert_eq!(format!("{:.4}", confusion.macro_precision()?), "0.8885");
//!
//! let auc = delong_of_calls(&confusion)?.measured(AucInterval::Wald, Level::PERCENT_95);
//! assert_eq!(auc.to_string(), "0.864 (95 % CI 0.780 to 0.949, DeLong)");
//!
//! // What these averages hide: one patient in four with the disease was missed.
//! assert_eq!(summary.sensitivity.to_string(), "0.759 (95 % CI 0.579 to 0.878, Wilson)");
//! # Ok::<(), diagstat::Undefined>(())
//! ```

pub mod calibration;
pub mod confusion;
pub mod delong;
mod distribution;
pub mod hypothesis;
pub mod interval;
pub mod measured;
pub mod paired;
pub mod reconstruct;
pub mod roc;
pub mod scores;
pub mod undefined;

pub use calibration::{brier, calibration_in_the_large};
pub use confusion::{Confusion, ConfusionSummary, ThresholdError};
pub use delong::{Auc, AucInterval, auc_with_interval, delong, delong_of_calls};
pub use hypothesis::HypothesisTest;
pub use interval::{Interval, IntervalMethod, Level, LevelError, Proportion, ProportionInterval};
pub use measured::Measured;
pub use paired::{Paired, PairingError};
pub use roc::{Roc, RocPoint, Youden, auc, roc, youden};
pub use scores::{Scores, ScoresError};
pub use undefined::{Group, Undefined};
