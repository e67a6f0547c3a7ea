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

pub mod agreement;
pub mod areas;
mod beta;
pub mod binormal;
pub mod bootstrap;
pub mod calibration;
mod cholesky;
pub mod clustered;
mod components;
pub mod conformal;
pub mod confusion;
pub mod decision;
pub mod delong;
mod delta;
mod distribution;
mod gamma;
pub mod hypothesis;
pub mod interval;
pub mod logistic;
pub mod mcnemar;
pub mod measured;
pub mod multiclass;
pub mod operating_point;
pub mod paired;
pub mod partial_auc;
pub mod permutation;
pub mod plan;
pub mod precision_recall;
pub mod prevalence;
mod ranked;
pub mod rate;
pub mod readers;
pub mod recalibration;
pub mod reclassification;
pub mod reconstruct;
pub mod resample;
pub mod resampled;
pub mod risk_coverage;
pub mod roc;
pub mod roc_band;
pub mod scores;
pub mod separability;
pub mod subgroup;
mod table;
pub mod two_groups;
pub mod undefined;

pub use agreement::{
    BlandAltman, CrossTable, IntraclassCorrelation, Kappa, KappaWeights, Measurements,
    MeasurementsError, PairedMeasurements, RaterEffects, Ratings, RatingsError,
};
pub use areas::{AreaDifference, Areas, delong_paired, delong_unpaired};
pub use binormal::{Binormal, BinormalFit, binormal, binormal_linear};
pub use bootstrap::{
    Acceleration, Bootstrap, BootstrapDifference, acceleration, acceleration_auc, bootstrap,
    bootstrap_auc, bootstrap_auc_differences,
};
pub use calibration::{
    Binning, BrierParts, CalibrationRegression, ClipError, Fitted, HosmerLemeshow, ReliabilityBin,
    brier, brier_at_prevalence, brier_decomposition, brier_with_interval, calibration_in_the_large,
    calibration_regression, calibration_regression_at_prevalence, clipped,
    expected_calibration_error, hosmer_lemeshow, maximum_calibration_error, reliability_curve,
    scaled_brier, spiegelhalter,
};
pub use clustered::{Clustered, ClusteredError, obuchowski, obuchowski_paired};
pub use conformal::{Conformal, ConformalError, PredictionSet, SetsJudged};
pub use confusion::{AtPrevalence, ClassReport, Confusion, ConfusionSummary, ThresholdError};
pub use decision::{
    DecisionCurve, DecisionPoint, DecisionThresholds, DecisionThresholdsError, decision_curve,
    decision_curve_bootstrap,
};
pub use delong::{Auc, AucInterval, auc_with_interval, delong, delong_of_calls};
pub use hypothesis::{HypothesisTest, holm};
pub use interval::{Interval, IntervalMethod, Level, LevelError, Proportion, ProportionInterval};
pub use logistic::{LogisticFit, LogisticInputError, LogisticModel};
pub use mcnemar::{Mcnemar, PairedCalls, PairedCallsError, PairedTable};
pub use measured::Measured;
pub use operating_point::{
    Costs, CostsError, OperatingPoint, at_sensitivity, at_specificity, closest_to_corner,
    cost_weighted, highest_f1,
};
pub use paired::{Paired, PairingError};
pub use partial_auc::{
    PartialAucAxis, partial_auc, partial_auc_bootstrap, partial_auc_corrected,
    partial_auc_corrected_bootstrap,
};
pub use permutation::{Arrangements, permutation_of_labels, permutation_paired};
pub use plan::{ClassSizes, PlanError, Ratio};
pub use precision_recall::{
    AveragePrecision, PrecisionRecall, PrecisionRecallPoint, average_precision,
    average_precision_bootstrap, precision_recall,
};
pub use prevalence::{Prevalence, PrevalenceError, PriorShift};
pub use rate::{Rate, RateError, RateRange};
pub use readers::{
    CovarianceMethod, Crossed, CrossedError, FigureOfMerit, FiguresError, Inference,
    ModelComparison, ReaderFigures, ReaderRow, TreatmentComparison, TreatmentDifference,
    VarianceComponents,
};
pub use recalibration::{CalibrationMap, Isotonic, MapError, Platt, Temperature};
pub use reclassification::{
    Categories, CategoriesError, Discrimination, Improvement, NetReclassification,
    integrated_discrimination, net_reclassification,
};
pub use resample::{Drawing, Resampling, Sample};
pub use resampled::mean_over_splits;
pub use risk_coverage::{RiskCoverage, RiskPoint, risk_coverage};
pub use roc::{Roc, RocPoint, Youden, auc, roc, youden};
pub use roc_band::{
    BandPoint, PointWithIntervals, band_bootstrap, band_simultaneous, intervals_at_thresholds,
};
pub use scores::{Scores, ScoresError};
pub use separability::{Features, RidgeFit, folds_by_class};
pub use subgroup::{Subgroup, SubgroupError, SubgroupIntervals, Subgroups, subgroups};
pub use undefined::{Group, Undefined};
