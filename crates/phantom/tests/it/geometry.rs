//! Landmarks, postures, confounders and the files that tell of them.

use phantom::{
    CohortPlan, Confounders, Drawing, Format, Phantom, Posture, draw_patient, draw_patient_as,
    write_cohort_as,
};

fn drawn(index: u64, posture: Posture) -> Phantom {
    let drawing = Drawing {
        posture,
        ..Drawing::default()
    };
    draw_patient_as(5, index, 300, 375, &drawing)
}

/// Angle between the lower end plates of C2 and C7 in the picture, degrees, positive in lordosis.
fn plate_angle(phantom: &Phantom) -> f64 {
    let tilt = |i: usize| {
        let marks = &phantom.landmarks.vertebrae[i];
        let (front, back) = (marks.front_bottom, marks.back_bottom);
        (front[1] - back[1]).atan2(back[0] - front[0]).to_degrees()
    };
    tilt(5) - tilt(0)
}

fn distance_mm(phantom: &Phantom, a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1]) * phantom.picture.spacing_mm
}

#[test]
fn canal_and_torg_pavlov_ratio_can_be_measured_between_landmarks() {
    let mut checked = 0;
    for index in 0..20 {
        let phantom = drawn(index, Posture::Neutral);
        let worn = &phantom.truth;
        let magnification = {
            let marks = &phantom.landmarks.vertebrae[2];
            distance_mm(&phantom, marks.back_wall, marks.centre) / (0.5 * worn.body_depth_mm[2])
        };
        assert!((1.1..1.25).contains(&magnification), "{magnification}");
        for (i, marks) in phantom.landmarks.vertebrae.iter().enumerate() {
            let canal = distance_mm(&phantom, marks.back_wall, marks.spinolaminar) / magnification;
            assert!(
                (canal - worn.canal_mm[i]).abs() < 0.6,
                "{canal} for {}",
                worn.canal_mm[i]
            );
            let half = distance_mm(&phantom, marks.back_wall, marks.centre) / magnification;
            let ratio = canal / (2.0 * half);
            assert!((ratio - worn.torg_pavlov()[i]).abs() < 0.04);
            checked += 1;
        }
    }
    assert_eq!(checked, 140);
}

#[test]
fn flexion_bends_forward_extension_backward_and_the_label_stays() {
    let mut checked = 0;
    for index in 0..12 {
        let [flexed, upright, extended] = [Posture::Flexion, Posture::Neutral, Posture::Extension]
            .map(|posture| drawn(index, posture));
        let angles = [&flexed, &upright, &extended].map(plate_angle);
        assert!(
            angles[0] + 8.0 < angles[1] && angles[1] + 8.0 < angles[2],
            "{angles:?}"
        );
        assert_eq!(
            (flexed.label, &flexed.truth),
            (upright.label, &upright.truth)
        );
        checked += 1;
    }
    assert_eq!(checked, 12);
}

#[test]
fn every_point_of_c2_to_c6_lies_in_the_picture() {
    let mut checked = 0;
    for index in 0..40 {
        let phantom = drawn(index, Posture::Neutral);
        for marks in &phantom.landmarks.vertebrae[..5] {
            for (name, [column, row]) in marks.named() {
                let inside = (0.0..300.0).contains(&column) && (0.0..375.0).contains(&row);
                assert!(inside, "{index} {name}: {column}, {row}");
                checked += 1;
            }
        }
        assert_eq!(phantom.landmarks.csxa().len(), 23);
    }
    assert_eq!(checked, 40 * 5 * 7);
}

#[test]
fn more_bits_give_the_same_picture_with_finer_steps() {
    let fine = Drawing {
        bits: 16,
        ..Drawing::default()
    };
    let coarse = draw_patient(4, 2, 60, 75).picture;
    let fine = draw_patient_as(4, 2, 60, 75, &fine).picture;
    assert_eq!((coarse.bits, fine.bits), (12, 16));
    let mut compared = 0;
    for (a, b) in coarse.pixels.iter().zip(&fine.pixels) {
        assert!((f64::from(*b) / 65535.0 - f64::from(*a) / 4095.0).abs() < 3e-4);
        compared += 1;
    }
    assert_eq!(compared, 60 * 75);
}

#[test]
fn a_cohort_of_three_views_has_a_row_and_the_truth_of_each() {
    let folder = tempfile::tempdir().unwrap();
    let plan = CohortPlan {
        patients: 4,
        positives: 2,
        seed: 9,
        width: 60,
        height: 75,
    };
    let views = [Posture::Neutral, Posture::Flexion, Posture::Extension];
    let summary = write_cohort_as(
        &plan,
        &Drawing::default(),
        &views,
        folder.path(),
        Format::Png,
        &|_| {},
    )
    .unwrap();
    assert_eq!((summary.patients, summary.positives), (4, 2));
    let lines = |name: &str| {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        text.lines().count()
    };
    assert_eq!(
        (
            lines("cohort.csv"),
            lines("truth.csv"),
            lines("landmarks.csv")
        ),
        (13, 5, 1 + 12 * 7 * 7)
    );
    let truth = std::fs::read_to_string(folder.path().join("truth.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    assert_eq!(truth.as_array().map(Vec::len), Some(12));
    assert_eq!(truth[1]["image"], "images/P001_flexion.png");
    let points = std::fs::read_to_string(folder.path().join("csxa/P003_extension.json")).unwrap();
    let points: serde_json::Value = serde_json::from_str(&points).unwrap();
    assert_eq!(points["shapes"].as_array().map(Vec::len), Some(23));
}

#[test]
fn confounders_tell_the_label_only_when_they_are_asked_for() {
    let all = Confounders {
        age: true,
        scanner: true,
        marker: true,
    };
    let mean_age = |confounders: Confounders, label: u8| {
        let folder = tempfile::tempdir().unwrap();
        let plan = CohortPlan {
            patients: 60,
            positives: 30,
            seed: 2,
            width: 32,
            height: 40,
        };
        let drawing = Drawing {
            confounders,
            ..Drawing::default()
        };
        write_cohort_as(
            &plan,
            &drawing,
            &[Posture::Neutral],
            folder.path(),
            Format::Png,
            &|_| {},
        )
        .unwrap();
        let table = std::fs::read_to_string(folder.path().join("cohort.csv")).unwrap();
        let ages: Vec<f64> = table
            .lines()
            .skip(1)
            .map(|row| row.split(',').collect::<Vec<_>>())
            .filter(|cells| cells[2] == label.to_string())
            .map(|cells| cells[3].parse().unwrap())
            .collect();
        assert_eq!(ages.len(), 30);
        ages.iter().sum::<f64>() / 30.0
    };
    let none = Confounders::default();
    assert!((mean_age(none, 1) - mean_age(none, 0)).abs() < 14.0);
    assert!(mean_age(all, 1) - mean_age(all, 0) > 15.0);
    let pictures = [none, all].map(|confounders| {
        let drawing = Drawing {
            confounders,
            ..Drawing::default()
        };
        draw_patient_as(2, 0, 60, 75, &drawing).picture
    });
    assert_ne!(pictures[0], pictures[1]);
}
