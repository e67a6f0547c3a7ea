//! Table 2 of the paper, from the only confusion matrix that gives it.

use diagstat::{
    AucInterval, Confusion, Level, ProportionInterval, Scores, auc, delong, delong_of_calls,
};

const MATRIX: Confusion = Confusion {
    true_positives: 22,
    false_negatives: 7,
    false_positives: 1,
    true_negatives: 32,
};

#[test]
fn the_matrix_gives_the_printed_accuracy_recall_and_precision() {
    let percent = |value: f64| format!("{:.1}", 100.0 * value);
    assert_eq!(percent(MATRIX.accuracy().unwrap().value()), "87.1");
    assert_eq!(percent(MATRIX.macro_recall().unwrap()), "86.4");
    assert_eq!(
        format!("{:.4}", MATRIX.macro_precision().unwrap()),
        "0.8885"
    );
    assert_eq!(percent(MATRIX.macro_precision().unwrap()), "88.9");
}

#[test]
fn the_calls_give_the_printed_area_and_interval() {
    let auc = delong_of_calls(&MATRIX).unwrap();
    let interval = auc.interval(AucInterval::Wald, Level::PERCENT_95).unwrap();
    assert_eq!(format!("{:.3}", auc.value), "0.864");
    assert_eq!(
        format!("{:.4} {:.4}", interval.low, interval.high),
        "0.7795 0.9488"
    );
    assert_eq!(format!("{interval:.3}"), "95 % CI 0.780 to 0.949, DeLong");
}

#[test]
fn the_class_itself_fares_worse_than_the_averages_say() {
    let summary = MATRIX.summary(ProportionInterval::ClopperPearson, Level::PERCENT_95);
    let percent = |value: Option<f64>| format!("{:.1}", 100.0 * value.unwrap());
    assert_eq!(percent(summary.sensitivity.value()), "75.9");
    assert_eq!(percent(summary.specificity.value()), "97.0");
    assert_eq!(percent(summary.ppv.value()), "95.7");
}

#[test]
fn patients_with_scores_of_zero_and_one_give_the_same_as_the_matrix() {
    let mut labels = vec![1; 29];
    labels.extend([0; 33]);
    let mut calls = vec![1.0; 22];
    calls.extend([0.0; 7]);
    calls.push(1.0);
    calls.extend([0.0; 32]);
    let scores = Scores::new(&labels, &calls).unwrap();
    assert_eq!(Confusion::at(&scores, 0.5), Ok(MATRIX));
    assert_eq!(delong(&scores), delong_of_calls(&MATRIX));
    assert_eq!(auc(&scores), MATRIX.macro_recall());
}
