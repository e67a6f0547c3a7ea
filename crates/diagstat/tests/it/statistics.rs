//! The table of all statistics of [`Scores`], with the properties that each must have. `properties.rs` runs over it.

use diagstat::{
    Confusion, Proportion, Scores, Undefined, auc, brier, calibration_in_the_large, delong, roc,
    youden,
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
    row("brier", brier, brier),
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
    ("against_model", "readers_match_mrmcaov.rs"),
    ("area_test_power", "plans_match_proc.rs"),
    ("area_variance", "plans_match_proc.rs"),
    ("bland_altman", "agreement_matches_r.rs"),
    ("cohen_kappa", "kappa_matches_statsmodels.rs"),
    ("compare", "readers_match_mrmcaov.rs"),
    ("concordance", "agreement_matches_r.rs"),
    ("delong_of_calls", "properties.rs"),
    ("difference_test_power", "plans_match_proc.rs"),
    ("expected_area_interval", "plans_match_proc.rs"),
    ("fleiss_kappa", "kappa_matches_statsmodels.rs"),
    ("from_readings", "readers_match_mrmcaov.rs"),
    (
        "integrated_discrimination",
        "reclassification_matches_hmisc.rs",
    ),
    ("intraclass_correlation", "agreement_matches_r.rs"),
    ("kappa_of_calls", "readers_properties.rs"),
    ("net_reclassification", "reclassification_matches_hmisc.rs"),
    ("pabak", "kappa_matches_statsmodels.rs"),
    ("reader_differences", "readers_match_mrmcaov.rs"),
    ("variance_components", "readers_match_mrmcaov.rs"),
];

/// Public functions that look like statistics and are none: settings, accessors, and other forms of those in a table.
pub const NO_STATISTIC: &[&str] = &[
    "get",
    "from_successes_and_failures",
    "value",
    "interval",
    "clopper_pearson",
    "auc_with_interval",
    "measured",
    "negatives_per_positive",
    "reason",
    "roc",
];
