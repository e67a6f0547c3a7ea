//! Whether a score works alike in subgroups of the patients.
//!
//! In: [`Scores`], the subgroup of each patient, a threshold. Out: [`Subgroups`]: AUC, sensitivity and specificity with
//! intervals in each subgroup and in all patients, ready for a forest plot; and tests of interaction.
//! That one subgroup is "significant" and another is not says nothing; the tests of heterogeneity do. Subgroups are small,
//! so most tests have little power, and one of several would be significant by chance.
//! A subgroup that is too small for a test makes the test undefined: to leave it out would test another question.
//!
//! Source: Cochran 1954, Biometrics 10:101 (Q); McCullagh and Nelder 1989, chapter 4 (likelihood ratio); Altman and Bland
//! 2003, BMJ 326:219. Checked against: R's chi-squared statistics by their formulas, pROC's variances and glm
//! (tools/golden/calibration.R).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::calibration::logits;
use crate::confusion::{Confusion, ThresholdError};
use crate::delong::{AucInterval, auc_with_interval, delong};
use crate::hypothesis::HypothesisTest;
use crate::interval::{Level, ProportionInterval};
use crate::logistic::LogisticModel;
use crate::measured::Measured;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined, value_or_reason};

/// A score in all patients and in each subgroup.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Subgroups {
    /// A patient with `score >= threshold` is called positive.
    pub threshold: f64,
    /// All patients.
    pub all: Subgroup,
    /// Each subgroup, in the order of the names.
    pub subgroups: Vec<Subgroup>,
    /// Cochran's Q: that the AUC is the same in all subgroups.
    #[serde(serialize_with = "value_or_reason")]
    pub auc_heterogeneity: Result<HypothesisTest, Undefined>,
    /// Likelihood-ratio test that the sensitivity is the same in all subgroups.
    #[serde(serialize_with = "value_or_reason")]
    pub sensitivity_heterogeneity: Result<HypothesisTest, Undefined>,
    /// Likelihood-ratio test that the specificity is the same in all subgroups.
    #[serde(serialize_with = "value_or_reason")]
    pub specificity_heterogeneity: Result<HypothesisTest, Undefined>,
    /// Likelihood-ratio test of the interaction of subgroup and logit of the score in a logistic regression of the label:
    /// that the calibration slope is the same in all subgroups.
    #[serde(serialize_with = "value_or_reason")]
    pub slope_interaction: Result<HypothesisTest, Undefined>,
}

/// A row of a forest plot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Subgroup {
    /// Name; "all" for all patients.
    pub name: String,
    /// Number of positive patients.
    pub positives: u32,
    /// Number of negative patients.
    pub negatives: u32,
    /// Area under the ROC curve.
    pub auc: Measured,
    /// Sensitivity at the threshold.
    pub sensitivity: Measured,
    /// Specificity at the threshold.
    pub specificity: Measured,
}

/// Which intervals the rows have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SubgroupIntervals {
    /// Of the AUC.
    pub auc: AucInterval,
    /// Of sensitivity and specificity.
    pub proportion: ProportionInterval,
    /// Confidence level.
    pub level: Level,
}

/// Subgroups that were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubgroupError {
    /// Not one subgroup for each patient.
    #[error("found {found} subgroups of {expected} patients, expected one a patient")]
    LengthMismatch {
        /// Number of subgroup names.
        found: usize,
        /// Number of patients.
        expected: usize,
    },
    /// A threshold that no score can be compared with.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
}

/// The score in each subgroup. `names[i]` is the subgroup of patient `i`.
///
/// # Errors
/// [`SubgroupError`]: names and patients differ in number, or the threshold is NaN.
///
/// # Undefined when
/// (in the place of a figure) as [`delong`], [`Confusion::sensitivity`] and [`Confusion::specificity`]. Of the tests: there
/// are fewer than two subgroups; for the AUC a subgroup has no variance or one of 0; for sensitivity and specificity a
/// subgroup has no patient of the class, or all of the class are called alike; for the interaction as
/// [`LogisticModel::fit`] within the subgroups, or a score is not above 0 and below 1.
///
/// # References
/// Cochran 1954, Biometrics 10:101, doi:10.2307/3001666. Altman and Bland 2003, BMJ 326:219,
/// doi:10.1136/bmj.326.7382.219.
pub fn subgroups(
    scores: &Scores,
    names: &[&str],
    threshold: f64,
    intervals: SubgroupIntervals,
) -> Result<Subgroups, SubgroupError> {
    if names.len() != scores.len() {
        return Err(SubgroupError::LengthMismatch {
            found: names.len(),
            expected: scores.len(),
        });
    }
    let mut rows: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, name) in names.iter().enumerate() {
        rows.entry(name).or_default().push(row);
    }
    let parts: Vec<(&str, Scores)> = rows
        .iter()
        .map(|(name, rows)| (*name, scores.of_rows(rows)))
        .collect();
    let counts = parts
        .iter()
        .map(|(_, part)| Confusion::at(part, threshold))
        .collect::<Result<Vec<Confusion>, ThresholdError>>()?;
    let subgroup = |name: &str, scores: &Scores| -> Result<Subgroup, ThresholdError> {
        let counts = Confusion::at(scores, threshold)?;
        let part = |of| Measured::proportion(of, intervals.proportion, intervals.level);
        Ok(Subgroup {
            name: name.to_string(),
            positives: scores.positives(),
            negatives: scores.negatives(),
            auc: auc_with_interval(scores, intervals.auc, intervals.level),
            sensitivity: part(counts.sensitivity()),
            specificity: part(counts.specificity()),
        })
    };
    let several = Group::Subgroups.at_least(2, parts.len() as u64);
    let table = |cells: fn(&Confusion) -> (u32, u32)| -> Vec<(u32, u32)> {
        counts.iter().map(cells).collect()
    };
    Ok(Subgroups {
        threshold,
        all: subgroup("all", scores)?,
        subgroups: parts
            .iter()
            .map(|(name, part)| subgroup(name, part))
            .collect::<Result<Vec<Subgroup>, ThresholdError>>()?,
        auc_heterogeneity: several.and_then(|()| auc_heterogeneity(&parts)),
        sensitivity_heterogeneity: several.and_then(|()| {
            proportion_heterogeneity(
                Group::Positive,
                &table(|of| (of.true_positives, of.false_negatives)),
            )
        }),
        specificity_heterogeneity: several.and_then(|()| {
            proportion_heterogeneity(
                Group::Negative,
                &table(|of| (of.true_negatives, of.false_positives)),
            )
        }),
        slope_interaction: several.and_then(|()| slope_interaction(scores, &parts)),
    })
}

/// Cochran's Q of the areas with the weights 1 / variance.
fn auc_heterogeneity(parts: &[(&str, Scores)]) -> Result<HypothesisTest, Undefined> {
    let mut areas = Vec::new();
    for (_, part) in parts {
        let auc = delong(part)?;
        let variance = auc.variance?;
        if variance <= 0.0 {
            return Err(if auc.value > 0.0 && auc.value < 1.0 {
                Undefined::AllTied
            } else {
                Undefined::Separated { auc: auc.value }
            });
        }
        areas.push((auc.value, 1.0 / variance));
    }
    let weights: f64 = areas.iter().map(|(_, weight)| weight).sum();
    let mean = areas
        .iter()
        .map(|(area, weight)| area * weight)
        .sum::<f64>()
        / weights;
    let q = areas
        .iter()
        .map(|(area, weight)| weight * (area - mean).powi(2))
        .sum();
    Ok(HypothesisTest::chi_squared(
        "Cochran's test of heterogeneity",
        q,
        areas.len() as f64 - 1.0,
    ))
}

/// Likelihood-ratio test of a table of successes and failures, a row for each subgroup.
fn proportion_heterogeneity(
    group: Group,
    table: &[(u32, u32)],
) -> Result<HypothesisTest, Undefined> {
    for (successes, failures) in table {
        group.at_least(1, u64::from(*successes) + u64::from(*failures))?;
    }
    let successes: f64 = table.iter().map(|row| f64::from(row.0)).sum();
    let failures: f64 = table.iter().map(|row| f64::from(row.1)).sum();
    if successes == 0.0 || failures == 0.0 {
        return Err(Undefined::CalledAlike);
    }
    let term = |found: u32, expected: f64| {
        let found = f64::from(found);
        if found > 0.0 {
            found * (found / expected).ln()
        } else {
            0.0
        }
    };
    let half: f64 = table
        .iter()
        .map(|row| {
            let part = (f64::from(row.0) + f64::from(row.1)) / (successes + failures);
            term(row.0, part * successes) + term(row.1, part * failures)
        })
        .sum();
    Ok(HypothesisTest::chi_squared(
        "likelihood-ratio test of heterogeneity",
        f64::max(0.0, 2.0 * half),
        table.len() as f64 - 1.0,
    ))
}

/// Twice the log-likelihood that a slope for each subgroup gains over one slope, each subgroup having its own constant.
fn slope_interaction(
    scores: &Scores,
    parts: &[(&str, Scores)],
) -> Result<HypothesisTest, Undefined> {
    // All scores first, so that the reason counts the patients as they came.
    logits(scores)?;
    let logits = parts
        .iter()
        .map(|(_, part)| logits(part))
        .collect::<Result<Vec<_>, Undefined>>()?;
    let mut apart = 0.0;
    for part in &logits {
        let labels = part.iter().map(|(label, _)| *label > 0.5).collect();
        let model = LogisticModel::of(labels, vec![part.iter().map(|(_, logit)| *logit).collect()]);
        apart += model.fit().map_err(all_tied)?.log_likelihood;
    }
    let patients: Vec<(usize, f64, f64)> = logits
        .iter()
        .enumerate()
        .flat_map(|(index, part)| {
            part.iter()
                .map(move |(label, logit)| (index, *label, *logit))
        })
        .collect();
    let mut columns: Vec<Vec<f64>> = (1..parts.len())
        .map(|index| {
            patients
                .iter()
                .map(|of| f64::from(u8::from(of.0 == index)))
                .collect()
        })
        .collect();
    columns.push(patients.iter().map(|of| of.2).collect());
    let labels = patients.iter().map(|of| of.1 > 0.5).collect();
    let together = LogisticModel::of(labels, columns)
        .fit()
        .map_err(all_tied)?
        .log_likelihood;
    Ok(HypothesisTest::chi_squared(
        "likelihood-ratio test of the interaction",
        f64::max(0.0, 2.0 * (apart - together)),
        parts.len() as f64 - 1.0,
    ))
}

fn all_tied(reason: Undefined) -> Undefined {
    match reason {
        Undefined::Collinear { .. } => Undefined::AllTied,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVALS: SubgroupIntervals = SubgroupIntervals {
        auc: AucInterval::Logit,
        proportion: ProportionInterval::Wilson,
        level: Level::PERCENT_95,
    };

    #[test]
    fn a_subgroup_of_one_patient_has_reasons_and_so_have_the_tests() {
        let scores = Scores::new(&[1, 0, 1, 0, 1], &[0.8, 0.3, 0.4, 0.6, 0.7]).unwrap();
        let found = subgroups(
            &scores,
            &["men", "men", "men", "men", "women"],
            0.5,
            INTERVALS,
        )
        .unwrap();
        let women = &found.subgroups[1];
        assert_eq!(
            (women.name.as_str(), women.positives, women.negatives),
            ("women", 1, 0)
        );
        assert_eq!(
            women.auc.to_string(),
            "undefined (0 negative patients, at least 1 needed)"
        );
        assert_eq!(women.sensitivity.value(), Some(1.0));
        assert!(found.auc_heterogeneity.is_err() && found.specificity_heterogeneity.is_err());
        let json = serde_json::to_value(&found).unwrap();
        assert_eq!(
            json["auc_heterogeneity"]["reason"],
            "0 negative patients, at least 1 needed"
        );
        assert_eq!(json["subgroups"][0]["name"], "men");
        assert!(json["sensitivity_heterogeneity"]["p_value"].is_number());
    }

    #[test]
    fn names_must_be_as_many_as_patients_and_one_subgroup_is_no_comparison() {
        let scores = Scores::new(&[1, 0], &[0.8, 0.3]).unwrap();
        assert_eq!(
            subgroups(&scores, &["a"], 0.5, INTERVALS)
                .unwrap_err()
                .to_string(),
            "found 1 subgroups of 2 patients, expected one a patient"
        );
        let one = subgroups(&scores, &["a", "a"], 0.5, INTERVALS).unwrap();
        let reason = one.auc_heterogeneity.unwrap_err().to_string();
        assert_eq!(reason, "1 subgroup, at least 2 needed");
    }
}
