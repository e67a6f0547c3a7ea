//! On simulated studies whose truth is known: cross-validation says what its readers are worth, choosing inside the folds adds
//! nothing, choosing on the patients who test does.

use crate::honest_evaluation::{PATIENTS, bias_and_coverage, optimism, studies};

/// Studies: enough that a bias of 0.04 would be seen, which is twice the half-width that is demanded.
const STUDIES: u64 = 100;

#[test]
fn cross_validation_is_unbiased_and_only_choosing_on_who_tests_is_optimistic() {
    let studies = studies(STUDIES, PATIENTS).unwrap();
    let ((bias, half), [own, all]) = bias_and_coverage(&studies, |s| s.over_splits, |s| s.worth);
    assert!(half < 0.02, "{half}");
    assert!(bias.abs() < 2.0 * half, "over splits: {bias} within {half}");
    assert!(own > 0.85 && all > 0.8, "{own}, {all}");

    for design in [0, 1] {
        for (excess, half) in optimism(&studies, design) {
            assert!(
                excess.abs() < 2.0 * half,
                "design {design}: {excess} within {half}"
            );
        }
    }
    for (excess, half) in optimism(&studies, 2) {
        assert!(
            excess > 0.03 && excess > 4.0 * half,
            "{excess} within {half}"
        );
    }
    assert!(
        studies
            .iter()
            .all(|study| study.designs[2].worth_auc < 0.85)
    );
}
