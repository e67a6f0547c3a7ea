//! The shortcut check on phantoms: each of six planted shortcuts is found by the group it belongs to, and cohorts without
//! one raise alarms no more often than stated.

use std::sync::OnceLock;

use cordsight::audit::shortcuts::{FALSE_ALARMS, Sample, Shortcut, shortcuts};
use cordsight::audit::traits::Traits;
use phantom::{Confounders, Drawing, draw_patient_as};
use radiograph::{Facts, GreyImage, Radiograph, Spacing, SpacingSource, decode, encode_png16};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const WIDTH: usize = 96;
const HEIGHT: usize = 120;

/// A phantom as a file would be read, with a header of one of three machines.
fn drawn(seed: u64, index: u64, confounders: Confounders) -> (Radiograph, bool) {
    let drawing = Drawing {
        confounders,
        ..Drawing::default()
    };
    let phantom = draw_patient_as(seed, index, WIDTH, HEIGHT, &drawing);
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
    rng.set_stream(index);
    let machine = rng.random_range(0..3_u32);
    let pixels = phantom
        .picture
        .stretched()
        .into_iter()
        .map(|v| f32::from(v) / 65535.0);
    let mm = [0.143, 0.15, 0.1][machine as usize];
    let radiograph = Radiograph {
        image: GreyImage {
            width: WIDTH,
            height: HEIGHT,
            pixels: pixels.collect(),
        },
        // One file in five states none.
        spacing: rng.random_bool(0.8).then_some(Spacing {
            row_mm: mm,
            column_mm: mm,
            source: SpacingSource::ImagerPixelSpacing,
        }),
        facts: Facts {
            bits_stored: [12, 14, 12][machine as usize],
            photometric: Some(["MONOCHROME1", "MONOCHROME2"][rng.random_range(0..2_usize)].into()),
            modality: Some(["CR", "DX"][usize::from(machine > 0)].into()),
            view_position: rng.random_bool(0.5).then(|| "LL".to_string()),
            transfer_syntax_uid: Some(format!("1.2.840.10008.1.2.{}", rng.random_range(1..4_u32))),
            manufacturer: Some(["Agfa", "Fuji", "Philips"][machine as usize].into()),
            study_date: Some(format!(
                "20{}{:02}{:02}",
                rng.random_range(10..25_u32),
                rng.random_range(1..13_u32),
                rng.random_range(1..29_u32)
            )),
            ..plain_facts()
        },
    };
    (radiograph, phantom.label == 1)
}

/// Facts of a file that says nothing.
fn plain_facts() -> Facts {
    let file = encode_png16(2, 1, &[0, 1]).unwrap();
    decode(&file).unwrap().facts
}

fn check(cohort: &[(Traits, bool)]) -> Vec<Shortcut> {
    let samples: Vec<Sample> = cohort
        .iter()
        .enumerate()
        .map(|(patient, (traits, label))| Sample {
            patient,
            label: *label,
            traits,
            cells: &[],
        })
        .collect();
    shortcuts(&samples, &[])
}

/// 120 phantoms whose pictures or headers `plant` changes; it is told whether to show the shortcut, which follows the
/// label nine times in ten.
fn planted(
    seed: u64,
    confounders: Confounders,
    plant: impl Fn(&mut Radiograph, bool) + Sync,
) -> Vec<Shortcut> {
    let cohort: Vec<(Traits, bool)> = (0..120_u64)
        .into_par_iter()
        .map(|index| {
            let (mut radiograph, label) = drawn(seed, index, confounders);
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(index);
            plant(&mut radiograph, label == rng.random_bool(0.9));
            (Traits::of(&radiograph), label)
        })
        .collect();
    check(&cohort)
}

#[track_caller]
fn finds(key: &str, found: &[Shortcut]) {
    let of = |key: &str| found.iter().find(|shortcut| shortcut.key == key).unwrap();
    assert!(of(key).is_alarming(), "{key}: {:?}", of(key));
    let told = of(key).told.as_ref().unwrap();
    println!("{key}: AUC {}, P {:.4}", told.auc, told.p_corrected);
    // What the planted thing does not touch stays quiet.
    for quiet in ["date", "view", "format"] {
        assert!(
            !of(quiet).is_alarming(),
            "{key} planted, {quiet} found: {:?}",
            of(quiet)
        );
    }
}

const NONE: Confounders = Confounders {
    age: false,
    scanner: false,
    marker: false,
};

#[test]
fn a_planted_marker_is_found() {
    let confounders = Confounders {
        marker: true,
        ..NONE
    };
    finds("markers", &planted(1, confounders, |_, _| ()));
}

#[test]
fn a_planted_border_is_found() {
    let frame = |radiograph: &mut Radiograph, shown: bool| {
        if shown {
            for row in radiograph.image.pixels.chunks_mut(WIDTH) {
                row[..5].fill(0.0);
            }
        }
    };
    finds("border", &planted(2, NONE, frame));
}

#[test]
fn a_planted_spacing_is_found() {
    let other = |radiograph: &mut Radiograph, shown: bool| {
        let mm = if shown { 0.168 } else { 0.148 };
        if let Some(spacing) = &mut radiograph.spacing {
            (spacing.row_mm, spacing.column_mm) = (mm, mm);
        }
    };
    finds("spacing", &planted(3, NONE, other));
}

#[test]
fn a_planted_bit_depth_is_found() {
    let other = |radiograph: &mut Radiograph, shown: bool| {
        radiograph.facts.bits_stored = if shown { 8 } else { 12 };
    };
    finds("bits", &planted(4, NONE, other));
}

#[test]
fn a_planted_vendor_is_found() {
    let other = |radiograph: &mut Radiograph, shown: bool| {
        radiograph.facts.manufacturer = Some(if shown { "Siemens" } else { "Canon" }.into());
    };
    finds("scanner", &planted(5, NONE, other));
}

#[test]
fn a_planted_brightness_is_found() {
    let lighter = |radiograph: &mut Radiograph, shown: bool| {
        if shown {
            for value in &mut radiograph.image.pixels {
                *value = value.powf(0.8);
            }
        }
    };
    finds("brightness", &planted(6, NONE, lighter));
}

/// Traits of 400 phantoms without any shortcut.
fn pool() -> &'static Vec<(Traits, bool)> {
    static POOL: OnceLock<Vec<(Traits, bool)>> = OnceLock::new();
    POOL.get_or_init(|| {
        let one = |index: u64| {
            let (radiograph, label) = drawn(77, index, NONE);
            (Traits::of(&radiograph), label)
        };
        (0..400_u64).into_par_iter().map(one).collect()
    })
}

/// 80 phantoms of the pool whose labels have nothing to do with them.
fn clean(seed: u64) -> Vec<(Traits, bool)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut places: Vec<usize> = (0..400).collect();
    places.shuffle(&mut rng);
    let labelled = |(at, place): (usize, usize)| (pool()[place].0.clone(), at % 2 == 0);
    places
        .into_iter()
        .take(80)
        .enumerate()
        .map(labelled)
        .collect()
}

#[test]
fn a_hundred_clean_cohorts_raise_no_more_alarms_than_stated() {
    let (mut alarms, mut tests, mut low) = (0_u32, 0_u32, 0_u32);
    for seed in 0..100 {
        let found = check(&clean(seed));
        let told: Vec<_> = found.iter().filter_map(|of| of.told.as_ref()).collect();
        assert!(told.len() >= 9, "{found:?}");
        alarms += u32::from(told.iter().any(|told| told.found));
        tests += told.len() as u32;
        low += told.iter().filter(|told| told.p_value <= 0.05).count() as u32;
    }
    println!(
        "{alarms} of 100 clean cohorts raise an alarm; {low} of {tests} P values are at most 0.05"
    );
    // Binomial(100, 0.05) exceeds 11 in 0.4 % of draws.
    assert!(
        f64::from(alarms) <= 11.0 && FALSE_ALARMS <= 0.05,
        "{alarms} of 100"
    );
    // The tests of one cohort depend on each other, so the bounds are wide.
    let share = f64::from(low) / f64::from(tests);
    assert!((0.02..0.085).contains(&share), "{low} of {tests}");
}

#[test]
fn a_patients_images_count_as_one_and_few_patients_are_not_judged() {
    let cohort = clean(1);
    let sample = |patient: usize, at: usize| Sample {
        patient,
        label: cohort[at].1,
        traits: &cohort[at].0,
        cells: &[],
    };
    let few: Vec<Sample> = (0..80).map(|at| sample(at % 18, at % 18)).collect();
    for shortcut in shortcuts(&few, &[]) {
        let reason = shortcut.reason.unwrap();
        assert_eq!(
            reason,
            "9 labelled patients in the smaller class, at least 10 needed"
        );
    }
    let once: Vec<Sample> = (0..80).map(|at| sample(at, at)).collect();
    let twice: Vec<Sample> = (0..160).map(|at| sample(at % 80, at % 80)).collect();
    let p_values = |samples: &[Sample]| -> Vec<Option<f64>> {
        let found = shortcuts(samples, &[]);
        found
            .iter()
            .map(|of| of.told.as_ref().map(|told| told.p_value))
            .collect()
    };
    assert_eq!(p_values(&once), p_values(&twice));
}
