//! The area under the ROC curve with DeLong's variance and a confidence interval.
//!
//! In: [`Scores`], one per patient, or the calls of a [`Confusion`]. Out: [`Auc`] with variance, [`Interval`].
//! No variance with fewer than two patients of a class: it divides by n - 1, and a guess would look like a result.
//! No interval where the variance is 0. That happens in three cases only: complete separation (AUC 1 or 0) and all
//! scores equal. An interval of no width would then claim certainty that the patients do not give.
//! Mid-ranks, not pairs: the same value in O(n log n), so that resampling stays quick. The sums of squared ranks are
//! 128-bit integers and exact, so neither patient order nor cancellation can move the variance.
//! The AUC is computed by two routes at every call; should they differ, there is a reason in place of a number.
//!
//! Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837; Sun and Xu 2014, IEEE SPL 21:1389; for the logit
//! Qin and Hotilovac 2008, Stat Methods Med Res 17:207. Checked against: pROC (tools/golden/proc.R).

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::confusion::Confusion;
use crate::interval::{Interval, IntervalMethod, Level};
use crate::logistic::expit;
use crate::measured::Measured;
use crate::roc::{auc_of, doubled_area_of};
use crate::scores::{Scores, TieGroup};
use crate::undefined::{Group, Undefined};

/// An area under the ROC curve with its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Auc {
    /// The area, 0 to 1; ties count one half.
    pub value: f64,
    /// DeLong's variance of the area, or why there is none.
    pub variance: Result<f64, Undefined>,
}

/// The scale on which the limits of an AUC lie symmetrically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AucInterval {
    /// On the AUC itself: the interval that most papers print. A limit outside 0 to 1 is cut to 0 or 1, and the interval's
    /// method then says so ([`IntervalMethod::DelongWaldCut`]).
    Wald,
    /// On the logit of the AUC: never leaves 0 to 1, and is wider towards 0.5.
    Logit,
}

/// The area under the ROC curve with DeLong's variance, in O(n log n).
///
/// # Undefined when
/// a class has no patient. With one patient in a class the value is there and the variance is not.
///
/// # References
/// DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837, doi:10.2307/2531595. Sun and Xu 2014, IEEE Signal
/// Processing Letters 21:1389, doi:10.1109/LSP.2014.2337313.
pub fn delong(scores: &Scores) -> Result<Auc, Undefined> {
    delong_of(&scores.tie_groups())
}

/// As [`delong`], of the calls at a threshold instead of the scores: a patient called positive has 1, another one 0. The
/// value is the mean of sensitivity and specificity. It is what a paper gives that prints an AUC of predicted labels,
/// and is never the AUC of the scores, which is usually higher.
///
/// # Undefined when
/// a class has no patient, or there are more than `u32::MAX` patients.
///
/// # References
/// As [`delong`].
pub fn delong_of_calls(confusion: &Confusion) -> Result<Auc, Undefined> {
    delong_of(&[
        TieGroup {
            score: 0.0,
            positives: confusion.false_negatives,
            negatives: confusion.true_negatives,
        },
        TieGroup {
            score: 1.0,
            positives: confusion.true_positives,
            negatives: confusion.false_positives,
        },
    ])
}

/// [`delong`] and its interval in one: the AUC as it is reported.
///
/// # Undefined when
/// as [`delong`] and [`Auc::interval`].
///
/// # References
/// As [`delong`].
#[must_use]
pub fn auc_with_interval(scores: &Scores, scale: AucInterval, level: Level) -> Measured {
    match delong(scores) {
        Ok(auc) => auc.measured(scale, level),
        Err(reason) => Measured::undefined(reason),
    }
}

/// Writes `value`, `variance` and `reason`; one of the last two is null.
impl Serialize for Auc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Auc", 3)?;
        fields.serialize_field("value", &self.value)?;
        fields.serialize_field("variance", &self.variance.ok())?;
        fields.serialize_field("reason", &self.variance.err())?;
        fields.end()
    }
}

impl Auc {
    /// The confidence interval of the area.
    ///
    /// # Undefined when
    /// there is no variance, or it is 0: the classes are separated completely, or all scores are equal.
    ///
    /// # References
    /// As [`delong`]; for the logit Qin and Hotilovac 2008, Stat Methods Med Res 17:207,
    /// doi:10.1177/0962280207087173.
    pub fn interval(&self, scale: AucInterval, level: Level) -> Result<Interval, Undefined> {
        let variance = self.variance?;
        if variance <= 0.0 {
            return Err(if self.value > 0.0 && self.value < 1.0 {
                Undefined::AllTied
            } else {
                Undefined::Separated { auc: self.value }
            });
        }
        let half_width = level.z() * variance.sqrt();
        let (low, high, method) = limits_of(self.value, half_width, scale);
        Ok(Interval {
            low,
            high,
            level,
            method,
        })
    }

    /// Value and interval, as they are reported.
    #[must_use]
    pub fn measured(&self, scale: AucInterval, level: Level) -> Measured {
        Measured::new(self.value, self.interval(scale, level))
    }
}

/// The limits of an area above 0 and below 1, where `half_width` is that of Wald's interval.
pub(crate) fn limits_of(
    value: f64,
    half_width: f64,
    scale: AucInterval,
) -> (f64, f64, IntervalMethod) {
    match scale {
        AucInterval::Wald => wald(value, half_width),
        AucInterval::Logit => logit(value, half_width),
    }
}

fn wald(value: f64, half_width: f64) -> (f64, f64, IntervalMethod) {
    let (low, high) = (value - half_width, value + half_width);
    if low < 0.0 || high > 1.0 {
        (low.max(0.0), high.min(1.0), IntervalMethod::DelongWaldCut)
    } else {
        (low, high, IntervalMethod::DelongWald)
    }
}

fn logit(value: f64, half_width: f64) -> (f64, f64, IntervalMethod) {
    let centre = (value / (1.0 - value)).ln();
    let half_width = half_width / (value * (1.0 - value));
    (
        expit(centre - half_width),
        expit(centre + half_width),
        IntervalMethod::DelongLogit,
    )
}

/// DeLong from the tie groups in rising order of their scores.
fn delong_of(groups: &[TieGroup]) -> Result<Auc, Undefined> {
    let positives: u64 = groups.iter().map(|group| u64::from(group.positives)).sum();
    let negatives: u64 = groups.iter().map(|group| u64::from(group.negatives)).sum();
    Group::Positive.at_least(1, positives)?;
    Group::Negative.at_least(1, negatives)?;
    let most = u64::from(u32::MAX);
    if positives + negatives > most {
        return Err(Undefined::TooMany {
            group: Group::Patients,
            found: positives + negatives,
            most,
        });
    }

    // A patient's placement is twice the number of patients of the other class that it is ranked rightly against, ties
    // once: twice the difference of its mid-ranks among all patients and in its own class (Sun and Xu).
    let mut of_positives = Placements::default();
    let mut of_negatives = Placements::default();
    let mut negatives_below = 0;
    let mut positives_above = positives;
    for group in groups {
        let (tied_positives, tied_negatives) = (group.positives.into(), group.negatives.into());
        positives_above -= tied_positives;
        of_positives.add(tied_positives, 2 * negatives_below + tied_negatives);
        of_negatives.add(tied_negatives, 2 * positives_above + tied_positives);
        negatives_below += tied_negatives;
    }

    let value = agreed(
        auc_of(of_positives.sum, positives, negatives),
        auc_of(doubled_area_of(groups), positives, negatives),
    )?;
    let variance = Group::Positive
        .at_least(2, positives)
        .and_then(|()| Group::Negative.at_least(2, negatives))
        .map(|()| {
            of_positives.variance_of_mean(negatives) + of_negatives.variance_of_mean(positives)
        });
    Ok(Auc { value, variance })
}

/// The AUC that both routes give.
fn agreed(mid_rank: f64, trapezoid: f64) -> Result<f64, Undefined> {
    if mid_rank == trapezoid {
        Ok(mid_rank)
    } else {
        Err(Undefined::RoutesDisagree {
            mid_rank,
            trapezoid,
        })
    }
}

/// Sums over the placements of one class's patients.
#[derive(Default)]
struct Placements {
    patients: u128,
    sum: u128,
    squares: u128,
}

impl Placements {
    fn add(&mut self, patients: u64, placement: u64) {
        let (patients, placement) = (u128::from(patients), u128::from(placement));
        self.patients += patients;
        self.sum += patients * placement;
        self.squares += patients * placement * placement;
    }

    /// The sample variance of the placements divided by the number of patients, on the scale of the AUC. `others` is the
    /// number of patients of the other class. With at most 2^32 patients no product passes 2^126.
    fn variance_of_mean(&self, others: u64) -> f64 {
        let deviations = self.patients * self.squares - self.sum * self.sum;
        let patients = self.patients as f64;
        let unit = 2.0 * others as f64;
        deviations as f64 / (patients * patients * (patients - 1.0)) / (unit * unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval_of(labels: &[u8], scores: &[f64]) -> Measured {
        let scores = Scores::new(labels, scores).unwrap();
        auc_with_interval(&scores, AucInterval::Wald, Level::PERCENT_95)
    }

    #[test]
    fn one_positive_patient_gives_the_area_and_the_reason_for_no_interval() {
        let measured = interval_of(&[1, 0, 0, 0], &[0.5, 0.1, 0.2, 0.9]);
        assert_eq!(
            measured.to_string(),
            "0.667 (no interval: 1 positive patient, at least 2 needed)"
        );
    }

    #[test]
    fn json_writes_a_missing_variance_as_null_with_its_reason() {
        let scores = Scores::new(&[1, 0, 0], &[0.5, 0.1, 0.2]).unwrap();
        assert_eq!(
            serde_json::to_string(&delong(&scores).unwrap()).unwrap(),
            r#"{"value":1.0,"variance":null,"reason":"1 positive patient, at least 2 needed"}"#
        );
    }

    #[test]
    fn complete_separation_gives_a_reason_instead_of_one_to_one() {
        for (scores, auc) in [([0.1, 0.2, 0.8, 0.9], 1.0), ([0.8, 0.9, 0.1, 0.2], 0.0)] {
            let measured = interval_of(&[0, 0, 1, 1], &scores);
            assert_eq!(measured.value(), Some(auc));
            assert_eq!(measured.interval(), None);
            assert_eq!(measured.reason(), Some(Undefined::Separated { auc }));
        }
    }

    #[test]
    fn equal_scores_give_a_half_without_an_interval() {
        let measured = interval_of(&[0, 0, 1, 1], &[0.3; 4]);
        assert_eq!(measured.value(), Some(0.5));
        assert_eq!(measured.reason(), Some(Undefined::AllTied));
    }

    #[test]
    fn a_missing_class_gives_a_reason_instead_of_an_area() {
        let measured = interval_of(&[0, 0], &[0.1, 0.2]);
        assert_eq!(measured.value(), None);
        assert_eq!(
            measured
                .reason()
                .map(|reason| reason.to_string())
                .as_deref(),
            Some("0 positive patients, at least 1 needed")
        );
    }

    #[test]
    fn a_wald_limit_above_one_is_cut_and_the_method_says_so() {
        let (labels, scores) = ([0, 0, 1, 1], [0.1, 0.3, 0.2, 0.9]);
        let wald = interval_of(&labels, &scores).interval().unwrap();
        assert_eq!(
            (wald.high, wald.method),
            (1.0, IntervalMethod::DelongWaldCut)
        );
        assert!(wald.to_string().ends_with("cut to 0 to 1"), "{wald}");
        let scores = Scores::new(&labels, &scores).unwrap();
        let logit = delong(&scores)
            .unwrap()
            .interval(AucInterval::Logit, Level::PERCENT_95)
            .unwrap();
        assert!(logit.low > 0.0 && logit.high < 1.0, "{logit}");
    }

    #[test]
    fn two_routes_that_disagree_give_both_numbers_and_no_area() {
        assert_eq!(agreed(0.75, 0.75), Ok(0.75));
        let reason = agreed(0.75, 0.75_f64.next_up()).unwrap_err().to_string();
        assert!(
            reason.contains("0.75000000000000000 by mid-ranks"),
            "{reason}"
        );
        assert!(
            reason.contains("0.75000000000000011 by trapezoids"),
            "{reason}"
        );
    }

    #[test]
    fn the_largest_counts_stay_exact_and_larger_ones_are_refused() {
        let half = u32::MAX / 2;
        let confusion = Confusion {
            true_positives: half,
            false_negatives: 0,
            false_positives: 1,
            true_negatives: half,
        };
        let auc = delong_of_calls(&confusion).unwrap();
        let specificity = f64::from(half) / (f64::from(half) + 1.0);
        assert_eq!(auc.value, f64::midpoint(1.0, specificity));
        assert!(auc.variance.unwrap() > 0.0);
        let larger = Confusion {
            true_negatives: half + 1,
            ..confusion
        };
        assert!(matches!(
            delong_of_calls(&larger),
            Err(Undefined::TooMany { .. })
        ));
    }
}
