//! The table of all statistics of [`Scores`], with the properties that each must have. `properties.rs` runs over it.

use diagstat::{
    Binning, Confusion, Costs, Level, Measured, OperatingPoint, PartialAucAxis, Prevalence,
    Proportion, Rate, RateRange, Scores, Undefined, at_sensitivity, at_specificity, auc,
    average_precision, brier, calibration_in_the_large, closest_to_corner, cost_weighted, delong,
    expected_calibration_error, highest_f1, maximum_calibration_error, partial_auc,
    partial_auc_corrected, precision_recall, roc, scaled_brier, spiegelhalter, youden,
};

/// The threshold of the statistics that need one. No generated score equals it.
const THRESHOLD: f64 = 0.5;

pub type Statistic = fn(&Scores) -> Result<f64, Undefined>;

pub struct Row {
    /// The name of the function in the crate.
    pub name: &'static str,
    pub of: Statistic,
    /// Lowest and highest value.
    pub range: (f64, f64),
    /// Whether any strictly increasing transform of the scores leaves it alone.
    pub of_ranks: bool,
    /// Whether it has a value with positive patients only, and with negative patients only, when both calls occur.
    pub one_class: (bool, bool),
    /// What it becomes, as a statistic of the patients as they are, when the classes change their names: labels flipped,
    /// and each score `1 - score`.
    pub renamed: Statistic,
}

fn counts(scores: &Scores) -> Confusion {
    Confusion::at(scores, THRESHOLD).unwrap()
}

fn accuracy(scores: &Scores) -> Result<f64, Undefined> {
    counts(scores).accuracy().map(Proportion::value)
}

fn sensitivity(scores: &Scores) -> Result<f64, Undefined> {
    counts(scores).sensitivity().map(Proportion::value)
}

fn specificity(scores: &Scores) -> Result<f64, Undefined> {
    counts(scores).specificity().map(Proportion::value)
}

fn ppv(scores: &Scores) -> Result<f64, Undefined> {
    counts(scores).ppv().map(Proportion::value)
}

fn npv(scores: &Scores) -> Result<f64, Undefined> {
    counts(scores).npv().map(Proportion::value)
}

fn f1(scores: &Scores) -> Result<f64, Undefined> {
    counts(scores).f1()
}

fn f1_of_negatives(scores: &Scores) -> Result<f64, Undefined> {
    let counts = counts(scores);
    Confusion {
        true_positives: counts.true_negatives,
        false_negatives: counts.false_positives,
        false_positives: counts.false_negatives,
        true_negatives: counts.true_positives,
    }
    .f1()
}

fn mcc(scores: &Scores) -> Result<f64, Undefined> {
    counts(scores).mcc()
}

fn kappa(scores: &Scores) -> Result<f64, Undefined> {
    value(counts(scores).kappa(Level::PERCENT_95))
}

fn index(scores: &Scores) -> Result<f64, Undefined> {
    value(counts(scores).youden_index(Level::PERCENT_95))
}

fn value(measured: Measured) -> Result<f64, Undefined> {
    measured.value().ok_or_else(|| measured.reason().unwrap())
}

fn macro_recall(scores: &Scores) -> Result<f64, Undefined> {
    counts(scores).macro_recall()
}

fn balanced_accuracy(scores: &Scores) -> Result<f64, Undefined> {
    counts(scores).balanced_accuracy()
}

fn macro_precision(scores: &Scores) -> Result<f64, Undefined> {
    counts(scores).macro_precision()
}

fn variance(scores: &Scores) -> Result<f64, Undefined> {
    delong(scores)?.variance
}

fn area(scores: &Scores) -> Result<f64, Undefined> {
    Ok(roc(scores)?.area())
}

fn youden_index(scores: &Scores) -> Result<f64, Undefined> {
    youden(scores).map(|best| best.index)
}

fn expected_error(scores: &Scores) -> Result<f64, Undefined> {
    expected_calibration_error(scores, Binning::TEN_WIDE)
}

fn maximum_error(scores: &Scores) -> Result<f64, Undefined> {
    maximum_calibration_error(scores, Binning::TEN_WIDE)
}

fn spiegelhalters_z(scores: &Scores) -> Result<f64, Undefined> {
    spiegelhalter(scores).map(|test| test.statistic.unwrap())
}

/// Those of 0.7 to 0.95 along an axis.
fn partial(scores: &Scores, axis: PartialAucAxis) -> Result<f64, Undefined> {
    partial_auc(scores, axis, RateRange::new(0.7, 0.95).unwrap())
}

fn partial_corrected(scores: &Scores, axis: PartialAucAxis) -> Result<f64, Undefined> {
    partial_auc_corrected(scores, axis, RateRange::new(0.7, 0.95).unwrap())
}

fn criterion(point: Result<OperatingPoint, Undefined>) -> Result<f64, Undefined> {
    point.map(|point| point.criterion)
}

fn costs(false_negative: f64, prevalence: f64) -> Costs {
    Costs::new(false_negative, Prevalence::new(prevalence).unwrap()).unwrap()
}

/// The lowest expected cost of a false negative that costs 4 at a prevalence of 0.25.
fn cost(scores: &Scores) -> Result<f64, Undefined> {
    criterion(cost_weighted(scores, costs(4.0, 0.25)))
}

fn cost_renamed(scores: &Scores) -> Result<f64, Undefined> {
    let cost = criterion(cost_weighted(scores, costs(0.25, 0.75)));
    cost.map(|in_false_positives| 4.0 * in_false_positives)
}

fn mean_precision(scores: &Scores) -> Result<f64, Undefined> {
    average_precision(scores).map(|average| average.value)
}

/// Precision at the scores of the patients of a class, the lowest scores speaking for the negative one, averaged.
fn mean_precision_of_negatives(scores: &Scores) -> Result<f64, Undefined> {
    let at = |score: f64| {
        let called = scores.iter().filter(|(_, other)| *other <= score);
        let (called, right) = called.fold((0.0, 0.0), |(called, right), (positive, _)| {
            (called + 1.0, right + if positive { 0.0 } else { 1.0 })
        });
        right / called
    };
    let negatives = scores.iter().filter(|(positive, _)| !positive);
    let precisions: Vec<f64> = negatives.map(|(_, score)| at(score)).collect();
    if precisions.is_empty() {
        return Err(Undefined::AllTied);
    }
    Ok(precisions.iter().sum::<f64>() / precisions.len() as f64)
}

fn first_precision(scores: &Scores) -> Result<f64, Undefined> {
    Ok(precision_recall(scores)?.points[0].precision)
}

fn first_precision_of_negatives(scores: &Scores) -> Result<f64, Undefined> {
    let lowest = scores.iter().map(|(_, score)| score).fold(1.0, f64::min);
    let here = scores.iter().filter(|(_, score)| *score == lowest);
    let (negatives, patients) = here.fold((0.0, 0.0), |(negatives, patients), (positive, _)| {
        (negatives + if positive { 0.0 } else { 1.0 }, patients + 1.0)
    });
    if scores.negatives() == 0 {
        return Err(Undefined::AllTied);
    }
    Ok(negatives / patients)
}

fn best_f1(scores: &Scores) -> Result<f64, Undefined> {
    criterion(highest_f1(scores))
}

/// The highest F1 of the negative class at any cut, where it beats calling everybody negative.
fn best_f1_of_negatives(scores: &Scores) -> Result<f64, Undefined> {
    let negatives = f64::from(scores.negatives());
    let points = roc(scores)?.points;
    let best = points[1..points.len() - 1]
        .iter()
        .map(|point| {
            let hits = negatives - f64::from(point.false_positives);
            let misses = f64::from(point.false_positives)
                + f64::from(scores.positives() - point.true_positives);
            2.0 * hits / (2.0 * hits + misses)
        })
        .fold(0.0, f64::max);
    let of_all_negative = 2.0 * negatives / (2.0 * negatives + f64::from(scores.positives()));
    if best > of_all_negative {
        Ok(best)
    } else {
        Err(Undefined::AllTied)
    }
}

const fn row(name: &'static str, of: Statistic, renamed: Statistic) -> Row {
    Row {
        name,
        of,
        range: (0.0, 1.0),
        of_ranks: false,
        one_class: (true, true),
        renamed,
    }
}

const fn rank_row(name: &'static str, of: Statistic) -> Row {
    Row {
        of_ranks: true,
        one_class: (false, false),
        ..row(name, of, of)
    }
}

pub const ALL: &[Row] = &[
    rank_row("auc", auc),
    rank_row("area", area),
    rank_row("delong", variance),
    rank_row("youden", youden_index),
    Row {
        range: (0.0, 0.25),
        renamed: |scores| partial(scores, PartialAucAxis::Sensitivity),
        ..rank_row("partial_auc", |scores| {
            partial(scores, PartialAucAxis::Specificity)
        })
    },
    Row {
        range: (0.5 - 1e-14, 1.0),
        renamed: |scores| partial_corrected(scores, PartialAucAxis::Sensitivity),
        ..rank_row("partial_auc_corrected", |scores| {
            partial_corrected(scores, PartialAucAxis::Specificity)
        })
    },
    rank_row("closest_to_corner", |scores| {
        criterion(closest_to_corner(scores))
    }),
    Row {
        renamed: |scores| criterion(at_specificity(scores, Rate::new(0.75).unwrap())),
        ..rank_row("at_sensitivity", |scores| {
            criterion(at_sensitivity(scores, Rate::new(0.75).unwrap()))
        })
    },
    Row {
        renamed: |scores| criterion(at_sensitivity(scores, Rate::new(0.75).unwrap())),
        ..rank_row("at_specificity", |scores| {
            criterion(at_specificity(scores, Rate::new(0.75).unwrap()))
        })
    },
    Row {
        range: (0.0, 0.75),
        renamed: cost_renamed,
        ..rank_row("cost_weighted", cost)
    },
    Row {
        renamed: best_f1_of_negatives,
        ..rank_row("highest_f1", best_f1)
    },
    Row {
        renamed: mean_precision_of_negatives,
        one_class: (true, false),
        ..rank_row("average_precision", mean_precision)
    },
    Row {
        renamed: first_precision_of_negatives,
        one_class: (true, false),
        ..rank_row("precision_recall", first_precision)
    },
    row("accuracy", accuracy, accuracy),
    Row {
        one_class: (true, false),
        ..row("sensitivity", sensitivity, specificity)
    },
    Row {
        one_class: (false, true),
        ..row("specificity", specificity, sensitivity)
    },
    row("ppv", ppv, npv),
    row("npv", npv, ppv),
    row("f1", f1, f1_of_negatives),
    row("macro_precision", macro_precision, macro_precision),
    Row {
        one_class: (false, false),
        ..row("macro_recall", macro_recall, macro_recall)
    },
    Row {
        one_class: (false, false),
        ..row("balanced_accuracy", balanced_accuracy, balanced_accuracy)
    },
    Row {
        one_class: (false, false),
        range: (-1.0, 1.0),
        ..row("mcc", mcc, mcc)
    },
    Row {
        range: (-1.0, 1.0),
        ..row("kappa", kappa, kappa)
    },
    Row {
        one_class: (false, false),
        range: (-1.0, 1.0),
        ..row("youden_index", index, index)
    },
    row("brier", brier, brier),
    Row {
        range: (f64::NEG_INFINITY, 1.0),
        one_class: (false, false),
        ..row("scaled_brier", scaled_brier, scaled_brier)
    },
    Row {
        range: (f64::NEG_INFINITY, f64::INFINITY),
        ..row("spiegelhalter", spiegelhalters_z, spiegelhalters_z)
    },
    row("expected_calibration_error", expected_error, expected_error),
    row("maximum_calibration_error", maximum_error, maximum_error),
    Row {
        range: (-1.0, 1.0),
        ..row(
            "calibration_in_the_large",
            calibration_in_the_large,
            |scores| calibration_in_the_large(scores).map(|difference| -difference),
        )
    },
];

/// Statistics of other input than the scores of one model (two models, readers, counts, more classes), each with the file
/// beside this one whose tests call it: goldens, and the properties that it must have.
pub const ELSEWHERE: &[(&str, &str)] = &[
    ("acceleration", "bootstrap_matches_boot.rs"),
    ("acceleration_auc", "bootstrap_matches_boot.rs"),
    ("against_model", "readers_match_mrmcaov.rs"),
    ("apply", "recalibration_matches_sklearn.rs"),
    ("area_test_power", "plans_match_proc.rs"),
    ("area_variance", "plans_match_proc.rs"),
    ("area_with_interval", "binormal.rs"),
    ("average", "multiclass_properties.rs"),
    (
        "average_precision_bootstrap",
        "precision_recall_matches_sklearn.rs",
    ),
    ("balanced_accuracy_with_interval", "counts_properties.rs"),
    ("band_bootstrap", "roc_band.rs"),
    ("band_simultaneous", "roc_band.rs"),
    ("bca", "bootstrap_matches_boot.rs"),
    ("binormal", "binormal.rs"),
    ("binormal_linear", "binormal.rs"),
    ("bland_altman", "agreement_matches_r.rs"),
    ("bootstrap", "bootstrap_matches_boot.rs"),
    ("bootstrap_auc", "bootstrap_matches_boot.rs"),
    ("bootstrap_auc_differences", "bootstrap_matches_boot.rs"),
    ("brier_at_prevalence", "calibration_properties.rs"),
    ("brier_decomposition", "calibration_properties.rs"),
    ("brier_with_interval", "calibration_properties.rs"),
    ("calibration_regression", "calibration_properties.rs"),
    (
        "calibration_regression_at_prevalence",
        "calibration_properties.rs",
    ),
    ("chi_squared", "two_groups_match_scipy.rs"),
    ("cohen_kappa", "kappa_matches_statsmodels.rs"),
    ("compare", "readers_match_mrmcaov.rs"),
    ("concordance", "agreement_matches_r.rs"),
    ("covariance", "areas_match_proc.rs"),
    ("cross_validated_auc", "separability.rs"),
    ("decision_curve", "decision.rs"),
    ("decision_curve_bootstrap", "decision.rs"),
    ("delong_of_calls", "properties.rs"),
    ("delong_paired", "areas_match_proc.rs"),
    ("delong_unpaired", "areas_match_proc.rs"),
    ("diagnostic_odds_ratio", "counts_properties.rs"),
    (
        "diagnostic_odds_ratio_haldane_anscombe",
        "counts_properties.rs",
    ),
    ("difference", "counts_properties.rs"),
    ("difference_test_power", "plans_match_proc.rs"),
    ("differences", "areas_match_proc.rs"),
    ("expected_area_interval", "plans_match_proc.rs"),
    ("f1_with_interval", "counts_properties.rs"),
    ("fisher_exact", "two_groups_match_scipy.rs"),
    ("fit", "logistic_matches_r.rs"),
    ("fleiss_kappa", "kappa_matches_statsmodels.rs"),
    ("from_readings", "readers_match_mrmcaov.rs"),
    ("generalized_resolution", "calibration_properties.rs"),
    ("hand_till", "multiclass_properties.rs"),
    ("hand_till_with_interval", "multiclass_properties.rs"),
    ("hosmer_lemeshow", "calibration_properties.rs"),
    (
        "integrated_discrimination",
        "reclassification_matches_hmisc.rs",
    ),
    ("intervals_at_thresholds", "roc_band.rs"),
    ("intraclass_correlation", "agreement_matches_r.rs"),
    ("kappa_of_calls", "readers_properties.rs"),
    ("least_expected", "two_groups_match_scipy.rs"),
    ("macro_precision_with_interval", "counts_properties.rs"),
    ("mann_whitney", "two_groups_match_scipy.rs"),
    ("mcc_with_interval", "counts_properties.rs"),
    ("mcnemar", "counts_properties.rs"),
    ("mean_over_splits", "resampled.rs"),
    ("negative_likelihood_ratio", "counts_properties.rs"),
    (
        "negative_likelihood_ratio_haldane_anscombe",
        "counts_properties.rs",
    ),
    ("net_reclassification", "reclassification_matches_hmisc.rs"),
    ("npv_at", "counts_properties.rs"),
    ("obuchowski", "areas_match_proc.rs"),
    ("obuchowski_paired", "areas_match_proc.rs"),
    ("pabak", "kappa_matches_statsmodels.rs"),
    ("partial_auc_bootstrap", "partial_areas.rs"),
    ("partial_auc_corrected_bootstrap", "partial_areas.rs"),
    ("percentile", "bootstrap_matches_boot.rs"),
    (
        "permutation_of_labels",
        "permutation_matches_enumeration.rs",
    ),
    ("permutation_paired", "permutation_matches_enumeration.rs"),
    ("positive_likelihood_ratio", "counts_properties.rs"),
    (
        "positive_likelihood_ratio_haldane_anscombe",
        "counts_properties.rs",
    ),
    ("ppv_at", "counts_properties.rs"),
    ("reader_differences", "readers_match_mrmcaov.rs"),
    ("reliability_curve", "calibration_properties.rs"),
    ("ridge", "separability.rs"),
    ("risk_coverage", "conformal.rs"),
    ("score", "separability.rs"),
    ("scores_of", "separability.rs"),
    ("sensitivity_at", "binormal.rs"),
    ("standard_error", "bootstrap_matches_boot.rs"),
    ("standardised_difference", "two_groups_match_scipy.rs"),
    (
        "standardised_difference_of_shares",
        "two_groups_match_scipy.rs",
    ),
    ("test", "separability.rs"),
    ("test_of_all", "areas_match_proc.rs"),
    ("top_k_accuracy", "multiclass_properties.rs"),
    ("variance_components", "readers_match_mrmcaov.rs"),
    ("welch", "two_groups_match_scipy.rs"),
];

/// Public functions that look like statistics and are none: settings, accessors, and other forms of those in a table.
pub const NO_STATISTIC: &[&str] = &[
    "auc_with_interval",
    "confusion_matrix",
    "coverage",
    "estimate",
    "from_successes_and_failures",
    "get",
    "high",
    "intercept",
    "interval",
    "low",
    "measured",
    "measured_bca",
    "negatives_per_positive",
    "of_replicates",
    "reason",
    "roc",
    "slope",
    "temperature",
    "value",
];
