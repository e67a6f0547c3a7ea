//! What holds for calibration whatever the patients.

use std::num::NonZeroU32;

use diagstat::{
    Binning, CalibrationRegression, Fitted, Level, LogisticModel, Prevalence, PriorShift,
    ProportionInterval, Scores, Undefined, brier, brier_at_prevalence, brier_decomposition,
    brier_with_interval, calibration_in_the_large, calibration_regression,
    calibration_regression_at_prevalence, expected_calibration_error, hosmer_lemeshow,
    maximum_calibration_error, reliability_curve,
};
use proptest::prelude::*;

const LEVEL: Level = Level::PERCENT_95;

type Patients = Vec<(bool, u8)>;

fn of(patients: &[(bool, u8)]) -> Scores {
    let (labels, scores): (Vec<bool>, Vec<f64>) = patients
        .iter()
        .map(|(label, step)| (*label, f64::from(*step) / 64.0))
        .unzip();
    Scores::from_bools(&labels, &scores).unwrap()
}

fn patients() -> impl Strategy<Value = Patients> {
    prop::collection::vec((any::<bool>(), 1..64_u8), 1..60)
}

fn binning() -> impl Strategy<Value = Binning> {
    (1..20_u32, any::<bool>()).prop_map(|(count, wide)| {
        let count = NonZeroU32::new(count).unwrap();
        if wide {
            Binning::EqualWidth(count)
        } else {
            Binning::EqualCount(count)
        }
    })
}

/// Intercept and slope, where there are any.
fn line(found: &CalibrationRegression) -> (f64, Option<f64>) {
    (found.intercept.value().unwrap(), found.slope.value())
}

#[test]
fn ties_leave_too_few_bins_for_hosmer_and_lemeshow_and_certain_scores_no_spread() {
    let ten = NonZeroU32::new(10).unwrap();
    let tied = Scores::new(&[0, 1, 1, 0], &[0.4, 0.4, 0.6, 0.6]).unwrap();
    let reason = hosmer_lemeshow(&tied, ten, Fitted::OnThesePatients).unwrap_err();
    assert_eq!(
        reason.to_string(),
        "2 bins with patients, at least 3 needed"
    );
    assert!(hosmer_lemeshow(&tied, ten, Fitted::OnOthers).is_ok());
    let certain = Scores::new(&[0, 1, 1], &[0.0, 0.5, 1.0]).unwrap();
    assert_eq!(
        hosmer_lemeshow(&certain, ten, Fitted::OnOthers),
        Err(Undefined::NoSpread)
    );
}

#[test]
fn a_reason_stands_in_json_where_the_slope_and_its_tests_are_missing() {
    let separated = Scores::new(&[0, 0, 1], &[0.2, 0.4, 0.6]).unwrap();
    let found = calibration_regression(&separated, LEVEL).unwrap();
    let json = serde_json::to_value(&found).unwrap();
    assert!(json["intercept_test"]["p_value"].is_number());
    assert!(json["slope"]["value"].is_null());
    for key in ["slope_test", "diagonal_test"] {
        let reason = json[key]["reason"].as_str().unwrap();
        assert!(reason.contains("separate"), "{reason}");
    }
}

proptest! {
    #[test]
    fn the_parts_of_brier_add_up_over_any_bins(patients in patients(), binning in binning()) {
        let of = of(&patients);
        let parts = brier_decomposition(&of, binning).unwrap();
        let sum = parts.reliability - parts.resolution + parts.uncertainty + parts.within_bin_variance
            - parts.within_bin_covariance;
        prop_assert!((sum - brier(&of).unwrap()).abs() < 1e-14, "{parts:?}");
        let three = parts.reliability - parts.generalized_resolution() + parts.uncertainty;
        prop_assert!((three - brier(&of).unwrap()).abs() < 1e-14);
        prop_assert!(parts.reliability >= 0.0 && parts.resolution >= 0.0 && parts.within_bin_variance >= 0.0);
        prop_assert!(parts.resolution <= parts.uncertainty + 1e-15);
    }

    #[test]
    fn a_reliability_curve_holds_every_patient_between_its_edges(patients in patients(), binning in binning()) {
        let of = of(&patients);
        let curve = reliability_curve(&of, binning, ProportionInterval::Wilson, LEVEL).unwrap();
        prop_assert_eq!(curve.iter().map(|bin| bin.patients as usize).sum::<usize>(), of.len());
        prop_assert_eq!(curve.iter().map(|bin| bin.positives).sum::<u32>(), of.positives());
        for pair in curve.windows(2) {
            prop_assert!(pair[0].high <= pair[1].low && pair[0].score < pair[1].score);
        }
        for bin in &curve {
            prop_assert!(bin.low <= bin.score + 1e-15 && bin.score <= bin.high + 1e-15);
            let (part, interval) = (bin.positive_part.value().unwrap(), bin.positive_part.interval().unwrap());
            prop_assert!(interval.low <= part && part <= interval.high);
        }
        let expected = expected_calibration_error(&of, binning).unwrap();
        prop_assert!(expected <= maximum_calibration_error(&of, binning).unwrap() + 1e-15);
        prop_assert!(expected >= calibration_in_the_large(&of).unwrap().abs() - 1e-14);
    }

    #[test]
    fn brier_lies_in_its_interval_and_at_the_patients_prevalence_is_itself(patients in patients()) {
        let of = of(&patients);
        let measured = brier_with_interval(&of, LEVEL);
        let value = measured.value().unwrap();
        prop_assert_eq!(Ok(value), brier(&of));
        if let Some(interval) = measured.interval() {
            prop_assert!(0.0 <= interval.low && interval.low < value);
            prop_assert!(value < interval.high && interval.high <= 1.0);
        }
        if let Ok(prevalence) = Prevalence::new(f64::from(of.positives()) / of.len() as f64) {
            let weighted = brier_at_prevalence(&of, prevalence, LEVEL);
            prop_assert!((weighted.value().unwrap() - value).abs() < 1e-14);
            if let Some(interval) = weighted.interval() {
                prop_assert!(interval.low < value && value < interval.high);
            }
        } else {
            prop_assert!(brier_at_prevalence(&of, Prevalence::new(0.5).unwrap(), LEVEL).value().is_none());
        }
    }

    #[test]
    fn renaming_the_classes_turns_the_intercept_round_and_keeps_the_slope(patients in patients()) {
        let renamed: Patients = patients.iter().map(|(label, step)| (!label, 64 - step)).collect();
        match (calibration_regression(&of(&patients), LEVEL), calibration_regression(&of(&renamed), LEVEL)) {
            (Ok(here), Ok(there)) => {
                let ((intercept, slope), (turned, kept)) = (line(&here), line(&there));
                prop_assert!((intercept + turned).abs() < 1e-9);
                prop_assert_eq!(slope.is_some(), kept.is_some());
                if let (Some(slope), Some(kept)) = (slope, kept) {
                    prop_assert!((slope - kept).abs() < 1e-7 * (1.0 + slope.abs()), "{slope} and {kept}");
                }
            }
            (here, there) => prop_assert!(here.is_err() && there.is_err()),
        }
    }

    #[test]
    fn shifted_odds_move_the_intercept_by_their_logarithm_and_leave_the_slope(
        patients in patients(),
        odds in 0.2..5.0_f64,
    ) {
        let Ok(before) = calibration_regression(&of(&patients), LEVEL) else { return Ok(()) };
        let shift = PriorShift {
            from: Prevalence::new(0.5).unwrap(),
            to: Prevalence::new(odds / (1.0 + odds)).unwrap(),
        };
        let (labels, scores): (Vec<bool>, Vec<f64>) =
            of(&patients).iter().map(|(label, score)| (label, shift.apply(score))).unzip();
        let after = calibration_regression(&Scores::from_bools(&labels, &scores).unwrap(), LEVEL).unwrap();
        let ((intercept, slope), (moved, kept)) = (line(&before), line(&after));
        prop_assert!((moved + odds.ln() - intercept).abs() < 1e-8);
        if let (Some(slope), Some(kept)) = (slope, kept) {
            prop_assert!((slope - kept).abs() < 1e-6 * (1.0 + slope.abs()), "{slope} and {kept}");
        }
    }

    #[test]
    fn at_the_patients_own_prevalence_weights_change_no_estimate(patients in patients()) {
        let of = of(&patients);
        let Ok(prevalence) = Prevalence::new(f64::from(of.positives()) / of.len() as f64) else { return Ok(()) };
        let Ok(weighted) = calibration_regression_at_prevalence(&of, prevalence, LEVEL) else { return Ok(()) };
        let plain = calibration_regression(&of, LEVEL).unwrap();
        let ((intercept, slope), (weighted_intercept, weighted_slope)) = (line(&plain), line(&weighted));
        prop_assert!((intercept - weighted_intercept).abs() < 1e-9);
        if let (Some(slope), Some(weighted)) = (slope, weighted_slope) {
            prop_assert!((slope - weighted).abs() < 1e-7 * (1.0 + slope.abs()));
        }
    }

    #[test]
    fn an_estimate_lies_in_its_interval_and_the_order_of_the_patients_changes_no_bit(
        (patients, shuffled) in patients().prop_flat_map(|patients| (Just(patients.clone()), Just(patients).prop_shuffle())),
    ) {
        let (patients, shuffled) = (of(&patients), of(&shuffled));
        let found = calibration_regression(&patients, LEVEL);
        prop_assert_eq!(&found, &calibration_regression(&shuffled, LEVEL));
        let half = Prevalence::new(0.5).unwrap();
        prop_assert_eq!(
            calibration_regression_at_prevalence(&patients, half, LEVEL),
            calibration_regression_at_prevalence(&shuffled, half, LEVEL)
        );
        prop_assert_eq!(brier_with_interval(&patients, LEVEL), brier_with_interval(&shuffled, LEVEL));
        prop_assert_eq!(brier_at_prevalence(&patients, half, LEVEL), brier_at_prevalence(&shuffled, half, LEVEL));
        let ten = NonZeroU32::new(10).unwrap();
        let test = hosmer_lemeshow(&patients, ten, Fitted::OnOthers);
        prop_assert_eq!(test, hosmer_lemeshow(&shuffled, ten, Fitted::OnOthers));
        prop_assert!(test.is_ok_and(|test| test.test.statistic.is_some_and(|chi| chi >= 0.0)));
        prop_assert_eq!(
            brier_decomposition(&patients, Binning::TEN_EQUAL),
            brier_decomposition(&shuffled, Binning::TEN_EQUAL)
        );
        if let Ok(found) = found {
            for measured in [found.intercept, found.slope] {
                if let (Some(value), Some(interval)) = (measured.value(), measured.interval()) {
                    prop_assert!(interval.low < value && value < interval.high);
                }
            }
        }
    }

    #[test]
    fn a_regression_on_one_covariate_has_a_maximum_where_the_classes_overlap_and_nowhere_else(
        patients in patients(),
    ) {
        let labels: Vec<bool> = patients.iter().map(|of| of.0).collect();
        let column: Vec<f64> = patients.iter().map(|of| f64::from(of.1)).collect();
        let of_class = |class: bool| patients.iter().filter(move |of| of.0 == class).map(|of| of.1);
        let fit = LogisticModel::new(&labels, &[column]).unwrap().fit();
        let ends = (of_class(true).min(), of_class(true).max(), of_class(false).min(), of_class(false).max());
        let (Some(low), Some(high), Some(lowest), Some(highest)) = ends else {
            let too_few = matches!(fit, Err(Undefined::TooFew { .. }));
            prop_assert!(too_few);
            return Ok(());
        };
        let constant = low == high && lowest == highest && low == lowest;
        if constant {
            prop_assert_eq!(fit, Err(Undefined::Collinear { covariate: 1 }));
        } else if low >= highest || high <= lowest {
            prop_assert_eq!(fit, Err(Undefined::SeparatedByCovariates));
        } else {
            let fit = fit.unwrap();
            prop_assert!(fit.log_likelihood < 0.0);
            prop_assert!(fit.standard_errors.iter().all(|error| *error > 0.0));
        }
    }

    #[test]
    fn a_prior_shift_and_back_is_the_same_probability_and_keeps_the_order(
        probabilities in (0.0..=1.0_f64, 0.0..=1.0_f64),
        prevalences in (0.001..0.999_f64, 0.001..0.999_f64),
    ) {
        let (from, to) = (Prevalence::new(prevalences.0).unwrap(), Prevalence::new(prevalences.1).unwrap());
        let (there, back) = (PriorShift { from, to }, PriorShift { from: to, to: from });
        let moved = there.apply(probabilities.0);
        prop_assert!((0.0..=1.0).contains(&moved));
        prop_assert!((back.apply(moved) - probabilities.0).abs() < 1e-9);
        if probabilities.0 < probabilities.1 {
            prop_assert!(moved <= there.apply(probabilities.1));
        }
        if to > from {
            prop_assert!(moved >= probabilities.0 - 1e-15);
        }
    }
}
