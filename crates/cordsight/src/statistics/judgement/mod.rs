//! One file of scores judged: discrimination, calls at the threshold, calibration, decision curve, subgroups.
//!
//! In: a table, or the scores of a run, and a threshold that came from elsewhere. Out: [`Judgement`]; [`sections`] and
//! [`drawings`] show it, and so does the report of a run. Operating points are listed for information, with the remark that they were chosen on the very
//! patients that they are judged by.

pub mod figures;
mod sections;

use std::num::NonZeroU32;

use diagstat::{
    Binning, BrierParts, CalibrationRegression, Confusion, DecisionCurve, DecisionThresholds,
    HosmerLemeshow, HypothesisTest, Isotonic, Measured, OperatingPoint, PartialAucAxis,
    PrecisionRecall, Prevalence, Rate, RateRange, ReliabilityBin, Resampling, Roc, Scores,
    SubgroupIntervals, Subgroups, Undefined, average_precision, band_bootstrap,
    brier_decomposition, brier_with_interval, calibration_in_the_large, calibration_regression,
    closest_to_corner, decision_curve, expected_calibration_error, hosmer_lemeshow,
    maximum_calibration_error, partial_auc_corrected, precision_recall, reliability_curve, roc,
    scaled_brier, spiegelhalter, subgroups, youden,
};
use serde::Serialize;

use super::{StatisticsError, value_or_reason};
use crate::evaluate::{AUC, Evaluation, LEVEL, PROPORTION, judge};
use crate::model_file::ThresholdOrigin;
use crate::predictions::Prediction;
use crate::tables::ScoreTable;

pub use figures::drawings;
pub use sections::{calibration_section, sections};

/// What is asked of a judgement.
#[derive(Debug, Clone)]
pub struct Request {
    /// Score from which a patient is called positive, and where it comes from.
    pub threshold: ThresholdOrigin,
    /// Prevalence of the place of use, for predictive values.
    pub prevalence: Option<Prevalence>,
    /// Columns that make subgroups.
    pub by: Vec<String>,
    /// Bootstrap replicates of the band of the ROC curve.
    pub replicates: NonZeroU32,
    /// Seed of the bootstrap.
    pub seed: u64,
}

/// Every figure of one file of scores.
#[derive(Debug, Clone, Serialize)]
pub struct Judgement {
    /// The file.
    pub file: String,
    /// What a run's `metrics.json` has as well.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// Predictive values at a stated prevalence.
    pub at_prevalence: Option<AtPrevalence>,
    /// The area where specificity is at least 0.8, on McClish's scale.
    pub partial_auc_specificity_above_80: Measured,
    /// Area under the precision-recall curve, as a sum of steps.
    pub average_precision: Measured,
    /// Thresholds that are best by these patients, which makes them optimistic.
    pub chosen_on_these_patients: Vec<NamedPoint>,
    /// Whether scores are probabilities.
    pub calibration: Calibration,
    /// Net benefit over threshold probabilities.
    #[serde(serialize_with = "value_or_reason")]
    pub decision_curve: Result<DecisionCurve, Undefined>,
    /// Subgroups of each column asked for.
    pub subgroups: Vec<BySubgroup>,
    /// The curve with its pointwise band.
    pub roc: RocWithBand,
    /// The precision-recall curve.
    #[serde(serialize_with = "value_or_reason")]
    pub precision_recall: Result<PrecisionRecall, Undefined>,
    /// Seed and replicates of the band.
    pub bootstrap: Bootstrap,
    #[serde(skip)]
    scores: Vec<(bool, f64)>,
}

/// Predictive values at a prevalence other than that of the patients.
#[derive(Debug, Clone, Serialize)]
pub struct AtPrevalence {
    /// The prevalence.
    pub prevalence: Prevalence,
    /// Positive predictive value there.
    pub ppv: Measured,
    /// Negative predictive value there.
    pub npv: Measured,
}

/// A threshold chosen by a rule.
#[derive(Debug, Clone, Serialize)]
pub struct NamedPoint {
    /// The rule.
    pub rule: &'static str,
    /// The threshold and its counts.
    #[serde(serialize_with = "value_or_reason")]
    pub point: Result<ChosenPoint, Undefined>,
}

/// A threshold with what it gives.
#[derive(Debug, Clone, Serialize)]
pub struct ChosenPoint {
    /// The threshold.
    pub threshold: f64,
    /// Sensitivity there.
    pub sensitivity: Measured,
    /// Specificity there.
    pub specificity: Measured,
}

/// Calibration of the scores.
#[derive(Debug, Clone, Serialize)]
pub struct Calibration {
    /// Mean score minus prevalence.
    pub in_the_large: Measured,
    /// Intercept and slope.
    #[serde(serialize_with = "value_or_reason")]
    pub regression: Result<CalibrationRegression, Undefined>,
    /// Mean squared difference of score and label.
    pub brier: Measured,
    /// 1 where perfect, 0 where no better than the prevalence.
    pub scaled_brier: Measured,
    /// Reliability, resolution and uncertainty.
    #[serde(serialize_with = "value_or_reason")]
    pub brier_parts: Result<BrierParts, Undefined>,
    /// Mean distance of score and share, over ten bins.
    pub expected_calibration_error: Measured,
    /// Largest distance over ten bins.
    pub maximum_calibration_error: Measured,
    /// Hosmer and Lemeshow's test over tenths of the patients.
    #[serde(serialize_with = "value_or_reason")]
    pub hosmer_lemeshow: Result<HosmerLemeshow, Undefined>,
    /// Spiegelhalter's test.
    #[serde(serialize_with = "value_or_reason")]
    pub spiegelhalter: Result<HypothesisTest, Undefined>,
    /// The rising curve that fits best, as (score, share of positive patients).
    #[serde(serialize_with = "value_or_reason")]
    pub isotonic: Result<Vec<(f64, f64)>, Undefined>,
    /// Share of positive patients by score.
    #[serde(serialize_with = "value_or_reason")]
    pub reliability: Result<Vec<ReliabilityBin>, Undefined>,
}

/// The subgroups of one column.
#[derive(Debug, Clone, Serialize)]
pub struct BySubgroup {
    /// The column.
    pub column: String,
    /// Figures and tests.
    #[serde(flatten)]
    pub subgroups: Subgroups,
}

/// The ROC curve.
#[derive(Debug, Clone, Serialize)]
pub struct RocWithBand {
    /// The curve.
    #[serde(serialize_with = "value_or_reason")]
    pub curve: Result<Roc, Undefined>,
    /// Sensitivity with its interval at 51 specificities.
    #[serde(serialize_with = "value_or_reason")]
    pub band: Result<Vec<diagstat::BandPoint>, Undefined>,
}

/// How the band was drawn.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Bootstrap {
    /// Replicates.
    pub replicates: NonZeroU32,
    /// Seed.
    pub seed: u64,
}

/// Judges a file of scores.
///
/// # Errors
/// [`StatisticsError`]: a threshold that is no number, a column that makes no subgroups.
pub fn judgement(table: &ScoreTable, request: &Request) -> Result<Judgement, StatisticsError> {
    let scores = table.scores()?;
    let evaluation = judge(&predictions(table), None, &request.threshold, table.pool)?;
    let threshold = evaluation.threshold.value;
    let subgroups = request
        .by
        .iter()
        .map(|column| by_subgroup(table, &scores, column, threshold))
        .collect::<Result<_, _>>()?;
    Ok(Judgement {
        subgroups,
        ..judged(table.path.clone(), evaluation, &scores, request)?
    })
}

/// Adds to an evaluation all that its scores tell besides, but no subgroups, which need columns.
///
/// # Errors
/// None in practice: the rates asked for lie in [0, 1].
pub fn judged(
    file: String,
    evaluation: Evaluation,
    scores: &Scores,
    request: &Request,
) -> Result<Judgement, StatisticsError> {
    let counts = evaluation.at_threshold.counts;
    let at_prevalence = request.prevalence.map(|prevalence| AtPrevalence {
        prevalence,
        ppv: counts.ppv_at(prevalence, LEVEL),
        npv: counts.npv_at(prevalence, LEVEL),
    });
    let high_specificity = RateRange::new(0.8, 1.0)?;
    let specificities: Vec<Rate> = (0..=50)
        .map(|step| Rate::new(f64::from(step) / 50.0))
        .collect::<Result<_, _>>()?;
    Ok(Judgement {
        file,
        at_prevalence,
        partial_auc_specificity_above_80: Measured::without_interval(partial_auc_corrected(
            scores,
            PartialAucAxis::Specificity,
            high_specificity,
        )),
        average_precision: match average_precision(scores) {
            Ok(area) => area.measured(LEVEL),
            Err(reason) => Measured::undefined(reason),
        },
        chosen_on_these_patients: chosen(scores),
        calibration: calibration(scores),
        decision_curve: decision_curve(
            scores,
            &DecisionThresholds::percents(),
            request.prevalence,
            LEVEL,
        ),
        subgroups: Vec::new(),
        roc: RocWithBand {
            curve: roc(scores),
            band: band_bootstrap(
                scores,
                &specificities,
                &Resampling {
                    replicates: request.replicates.get(),
                    ..Resampling::stratified(request.seed)
                },
                LEVEL,
            ),
        },
        precision_recall: precision_recall(scores),
        bootstrap: Bootstrap {
            replicates: request.replicates,
            seed: request.seed,
        },
        scores: scores.iter().collect(),
        evaluation,
    })
}

/// The rows as a run's predictions.
fn predictions(table: &ScoreTable) -> Vec<Prediction> {
    let rows = table.patients.iter().flat_map(|patient| {
        patient.rows.iter().map(|row| Prediction {
            patient: patient.name.clone(),
            image: row.image.clone(),
            label: patient.label,
            score: row.score,
            view: None,
        })
    });
    rows.collect()
}

fn chosen(scores: &Scores) -> Vec<NamedPoint> {
    let of = |threshold: f64, counts: Confusion| ChosenPoint {
        threshold,
        sensitivity: Measured::proportion(counts.sensitivity(), PROPORTION, LEVEL),
        specificity: Measured::proportion(counts.specificity(), PROPORTION, LEVEL),
    };
    let youden = youden(scores).map(|best| of(best.threshold, best.confusion));
    let corner =
        closest_to_corner(scores).map(|best: OperatingPoint| of(best.threshold, best.confusion));
    vec![
        NamedPoint {
            rule: "highest Youden index",
            point: youden,
        },
        NamedPoint {
            rule: "closest to the corner",
            point: corner,
        },
    ]
}

/// Calibration of scores that should be probabilities.
pub fn calibration(scores: &Scores) -> Calibration {
    let ten = NonZeroU32::MIN.saturating_add(9);
    Calibration {
        in_the_large: Measured::without_interval(calibration_in_the_large(scores)),
        regression: calibration_regression(scores, LEVEL),
        brier: brier_with_interval(scores, LEVEL),
        scaled_brier: Measured::without_interval(scaled_brier(scores)),
        brier_parts: brier_decomposition(scores, Binning::TEN_WIDE),
        expected_calibration_error: Measured::without_interval(expected_calibration_error(
            scores,
            Binning::TEN_WIDE,
        )),
        maximum_calibration_error: Measured::without_interval(maximum_calibration_error(
            scores,
            Binning::TEN_WIDE,
        )),
        hosmer_lemeshow: hosmer_lemeshow(scores, ten, diagstat::Fitted::OnOthers),
        spiegelhalter: spiegelhalter(scores),
        isotonic: isotonic(scores),
        reliability: reliability_curve(scores, groups_of(scores), PROPORTION, LEVEL),
    }
}

/// The isotonic fit at up to 201 places between the lowest and the highest score.
fn isotonic(scores: &Scores) -> Result<Vec<(f64, f64)>, Undefined> {
    let map = Isotonic::fit(scores)?;
    let values: Vec<f64> = scores.iter().map(|(_, score)| score).collect();
    let low = values.iter().copied().fold(1.0, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    let place = |step: u32| low + (high - low) * f64::from(step) / 200.0;
    Ok((0..=200)
        .map(|step| (place(step), map.apply(place(step))))
        .collect())
}

/// Groups of at least about ten patients, ten groups at most.
fn groups_of(scores: &Scores) -> Binning {
    let groups = (scores.len() / 10).clamp(2, 10) as u32;
    Binning::EqualCount(NonZeroU32::new(groups).unwrap_or(NonZeroU32::MIN))
}

fn by_subgroup(
    table: &ScoreTable,
    scores: &Scores,
    column: &str,
    threshold: f64,
) -> Result<BySubgroup, StatisticsError> {
    let mut names = vec![""; table.patients.len()];
    let groups = table.subgroups(column)?;
    for group in &groups {
        for &member in &group.members {
            names[member] = &group.name;
        }
    }
    let intervals = SubgroupIntervals {
        auc: AUC,
        proportion: PROPORTION,
        level: LEVEL,
    };
    Ok(BySubgroup {
        column: column.to_string(),
        subgroups: subgroups(scores, &names, threshold, intervals)?,
    })
}
