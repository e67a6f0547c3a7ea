//! Nothing but the spine tells the label, and not even the spine tells it wholly.

use phantom::{Phantom, draw_patient};

/// 800 candidates as they come, at a size that keeps the test short.
fn population() -> Vec<Phantom> {
    (0..800)
        .map(|index| draw_patient(11, index, 64, 80))
        .collect()
}

/// Share of pairs in which the positive has the larger value; ties count half.
fn auc(phantoms: &[Phantom], value: impl Fn(&Phantom) -> f64) -> f64 {
    let of = |label: u8| -> Vec<f64> {
        phantoms
            .iter()
            .filter(|p| p.label == label)
            .map(&value)
            .collect()
    };
    let (ill, well) = (of(1), of(0));
    let mut sum = 0.0;
    for i in &ill {
        for w in &well {
            sum += if i > w {
                1.0
            } else if i == w {
                0.5
            } else {
                0.0
            };
        }
    }
    sum / (ill.len() * well.len()) as f64
}

fn mean(values: impl Iterator<Item = u16>) -> f64 {
    let values: Vec<f64> = values.map(f64::from).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn brightness_contrast_and_borders_tell_nothing_and_the_bones_nearly_all() {
    let phantoms = population();
    let grey = auc(&phantoms, |p| mean(p.picture.pixels.iter().copied()));
    let contrast = auc(&phantoms, |p| {
        let middle = mean(p.picture.pixels.iter().copied());
        p.picture
            .pixels
            .iter()
            .map(|v| (f64::from(*v) - middle).powi(2))
            .sum()
    });
    let black = auc(&phantoms, |p| {
        p.picture.pixels.iter().filter(|v| **v < 40).count() as f64
    });
    let top = auc(&phantoms, |p| {
        let rows = p.picture.height / 6 * p.picture.width;
        mean(p.picture.pixels[..rows].iter().copied())
    });
    let bottom = auc(&phantoms, |p| {
        let rows = p.picture.height / 6 * p.picture.width;
        mean(p.picture.pixels.iter().rev().take(rows).copied())
    });
    for (what, area) in [
        ("mean grey", grey),
        ("contrast", contrast),
        ("black area", black),
        ("top", top),
        ("bottom", bottom),
    ] {
        assert!(
            (0.40..0.60).contains(&area),
            "AUC of {what} alone: {area:.3}"
        );
    }
    let ceiling = auc(&phantoms, |p| p.truth.visible_probability);
    assert!(
        (0.94..0.98).contains(&ceiling),
        "best possible AUC: {ceiling:.3}"
    );
    let share = phantoms.iter().filter(|p| p.label == 1).count() as f64 / 800.0;
    assert!(
        (0.35..0.60).contains(&share),
        "share of positives: {share:.3}"
    );
}

#[test]
fn age_tells_something_but_much_less_than_the_picture() {
    let phantoms = population();
    let age = auc(&phantoms, |p| f64::from(p.age));
    assert!((0.55..0.75).contains(&age), "AUC of age alone: {age:.3}");
}

#[test]
fn the_number_of_a_patient_does_not_tell_its_label() {
    let folder = tempfile::tempdir().unwrap();
    let plan = phantom::CohortPlan {
        width: 32,
        height: 40,
        ..Default::default()
    };
    let summary =
        phantom::write_cohort(&plan, folder.path(), phantom::Format::Png, &|_| {}).unwrap();
    assert_eq!((summary.patients, summary.positives), (207, 96));
    let table = std::fs::read_to_string(folder.path().join("cohort.csv")).unwrap();
    let last_twenty: Vec<&str> = table
        .lines()
        .skip(188)
        .map(|row| row.split(',').nth(2).unwrap())
        .collect();
    assert_eq!(last_twenty.len(), 20);
    assert!(last_twenty.contains(&"0") && last_twenty.contains(&"1"));
}
