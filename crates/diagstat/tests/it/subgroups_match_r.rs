//! Subgroups against pROC, chi-squared formulas and glm in R (`golden/subgroups.jsonl`).

use diagstat::{
    AucInterval, Level, ProportionInterval, Scores, SubgroupIntervals, Undefined, subgroups,
};
use proptest::prelude::*;

use crate::golden::{assert_close, assert_near, cases, numbers, scores};

const INTERVALS: SubgroupIntervals = SubgroupIntervals {
    auc: AucInterval::Logit,
    proportion: ProportionInterval::Wilson,
    level: Level::PERCENT_95,
};

#[test]
fn areas_and_the_four_tests_are_rs() {
    let mut compared = 0;
    for case in cases("subgroups.jsonl", 40) {
        let names: Vec<&str> = case["groups"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        let found = subgroups(&scores(&case), &names, 0.5, INTERVALS).unwrap();
        for (row, area) in found.subgroups.iter().zip(numbers(&case["areas"])) {
            assert_close(&row.name, row.auc.value().unwrap(), area, 1e-14);
        }
        let tests = [
            ("auc", found.auc_heterogeneity),
            ("sensitivity", found.sensitivity_heterogeneity),
            ("specificity", found.specificity_heterogeneity),
            ("interaction", found.slope_interaction),
        ];
        for (place, (name, test)) in tests.into_iter().enumerate() {
            match (test, case["statistics"][place].as_f64()) {
                (Ok(test), Some(statistic)) => {
                    compared += 1;
                    assert_near(name, test.statistic.unwrap(), statistic, 1e-11);
                    assert_near(
                        name,
                        test.p_value,
                        case["p"][place].as_f64().unwrap(),
                        1e-10,
                    );
                }
                (Err(Undefined::CalledAlike), None) => {}
                other => panic!("{name}: {other:?}"),
            }
        }
    }
    assert!(compared >= 150, "{compared}");
}

proptest! {
    #[test]
    fn order_and_names_of_the_subgroups_change_no_test(
        patients in prop::collection::vec((any::<bool>(), 1..32_u8, 0..3_u8), 4..60)
            .prop_flat_map(|patients| (Just(patients.clone()), Just(patients).prop_shuffle())),
    ) {
        let of = |patients: &[(bool, u8, u8)], names: [&'static str; 3]| {
            let labels: Vec<bool> = patients.iter().map(|of| of.0).collect();
            let probabilities: Vec<f64> = patients.iter().map(|of| f64::from(of.1) / 32.0).collect();
            let names: Vec<&str> = patients.iter().map(|of| names[usize::from(of.2)]).collect();
            let scores = Scores::from_bools(&labels, &probabilities).unwrap();
            subgroups(&scores, &names, 0.5, INTERVALS).unwrap()
        };
        let (here, there) = (of(&patients.0, ["a", "b", "c"]), of(&patients.1, ["a", "b", "c"]));
        prop_assert_eq!(&here, &there);
        let renamed = of(&patients.0, ["z", "y", "x"]);
        for (here, there) in [
            (here.auc_heterogeneity, renamed.auc_heterogeneity),
            (here.sensitivity_heterogeneity, renamed.sensitivity_heterogeneity),
            (here.specificity_heterogeneity, renamed.specificity_heterogeneity),
            (here.slope_interaction, renamed.slope_interaction),
        ] {
            match (here, there) {
                (Ok(here), Ok(there)) => prop_assert!((here.p_value - there.p_value).abs() < 1e-8),
                (here, there) => prop_assert_eq!(here.is_ok(), there.is_ok()),
            }
        }
        let counted: u32 = here.subgroups.iter().map(|row| row.positives + row.negatives).sum();
        prop_assert_eq!(counted, here.all.positives + here.all.negatives);
    }

    #[test]
    fn a_subgroup_and_its_copy_differ_in_nothing(
        patients in prop::collection::vec((any::<bool>(), 1..32_u8), 6..40),
    ) {
        let twice: Vec<(bool, u8)> = patients.iter().chain(&patients).copied().collect();
        let (labels, probabilities): (Vec<bool>, Vec<f64>) =
            twice.iter().map(|of| (of.0, f64::from(of.1) / 32.0)).unzip();
        let names: Vec<&str> = (0..twice.len()).map(|row| if row < patients.len() { "a" } else { "b" }).collect();
        let found = subgroups(&Scores::from_bools(&labels, &probabilities).unwrap(), &names, 0.5, INTERVALS).unwrap();
        for test in [
            found.auc_heterogeneity,
            found.sensitivity_heterogeneity,
            found.specificity_heterogeneity,
            found.slope_interaction,
        ].into_iter().flatten() {
            prop_assert!(test.statistic.unwrap() < 1e-9, "{test}");
            prop_assert!(test.p_value > 0.999);
        }
    }
}
