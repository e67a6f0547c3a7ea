//! What `write_cohort` leaves on disk, and what it refuses.

use phantom::{
    CohortPlan, Confounders, Drawing, Format, PhantomError, Posture, draw_patient, write_cohort,
    write_cohort_as,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

fn small(seed: u64) -> CohortPlan {
    CohortPlan {
        patients: 12,
        positives: 5,
        seed,
        width: 60,
        height: 75,
    }
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for place in [
        folder.to_path_buf(),
        folder.join("images"),
        folder.join("csxa"),
    ] {
        for entry in std::fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    files
}

fn written(plan: &CohortPlan, format: Format) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    write_cohort(plan, folder.path(), format, &|_| {}).unwrap();
    contents(folder.path())
}

#[test]
fn one_seed_gives_the_same_bytes_twice() {
    let first = written(&small(7), Format::Dicom);
    // Twelve pictures and files of key points, cohort.csv, findings.csv, landmarks.csv, truth.csv, truth.json and
    // synthetic.json.
    assert_eq!(first.len(), 30);
    assert_eq!(first, written(&small(7), Format::Dicom));
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build()
            .unwrap()
            .install(|| written(&small(9), Format::Dicom))
    };
    let alone = with(1);
    assert_eq!(alone.len(), 30);
    assert_eq!(alone, with(5));
}

#[test]
fn two_seeds_give_different_pictures() {
    let (first, second) = (
        written(&small(7), Format::Png),
        written(&small(8), Format::Png),
    );
    let mut compared = 0;
    for (name, bytes) in first.iter().filter(|(name, _)| name.starts_with("images")) {
        assert_ne!(Some(bytes), second.get(name), "{name}");
        compared += 1;
    }
    assert_eq!(compared, 12);
}

#[test]
fn cohort_csv_has_a_row_and_a_file_for_every_patient_and_the_planned_positives() {
    let files = written(&small(3), Format::Png);
    let table = String::from_utf8(files["cohort.csv"].clone()).unwrap();
    let mut rows = table.lines();
    assert_eq!(rows.next(), Some("patient,image,label,age,sex"));
    let (mut patients, mut positives) = (0, 0);
    for row in rows {
        let cells: Vec<&str> = row.split(',').collect();
        patients += 1;
        assert_eq!(cells[0], format!("P{patients:03}"));
        assert!(files.contains_key(cells[1]), "{}", cells[1]);
        positives += usize::from(cells[2] == "1");
    }
    assert_eq!((patients, positives), (12, 5));
    assert_eq!(
        String::from_utf8(files["truth.csv"].clone())
            .unwrap()
            .lines()
            .count(),
        13
    );
}

#[test]
fn progress_counts_every_patient_once() {
    let folder = tempfile::tempdir().unwrap();
    let (calls, sum) = (AtomicUsize::new(0), AtomicUsize::new(0));
    write_cohort(&small(1), folder.path(), Format::Png, &|done| {
        calls.fetch_add(1, Ordering::Relaxed);
        sum.fetch_add(done, Ordering::Relaxed);
    })
    .unwrap();
    assert_eq!((calls.into_inner(), sum.into_inner()), (12, 78));
}

#[test]
fn a_folder_with_files_in_it_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
    let error = write_cohort(&small(1), folder.path(), Format::Png, &|_| {}).unwrap_err();
    assert!(matches!(error, PhantomError::FolderNotEmpty { .. }));
    assert_eq!(contents_of_root(folder.path()), ["thesis.txt"]);
}

fn contents_of_root(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn plans_that_cannot_be_met_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let plans = [
        (
            CohortPlan {
                patients: 0,
                positives: 0,
                ..small(1)
            },
            "0 patients",
        ),
        (
            CohortPlan {
                positives: 13,
                ..small(1)
            },
            "13 positives among 12",
        ),
        (
            CohortPlan {
                width: 0,
                ..small(1)
            },
            "0 x 75",
        ),
        (
            CohortPlan {
                height: 20_000,
                ..small(1)
            },
            "60 x 20000",
        ),
    ];
    let mut refused = 0;
    for (plan, reason) in plans {
        let error = write_cohort(&plan, folder.path(), Format::Png, &|_| {}).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        refused += 1;
    }
    assert_eq!(refused, 4);
    assert!(contents_of_root(folder.path()).is_empty());
}

#[test]
fn eight_bits_give_a_byte_a_pixel_in_dicom_and_png() {
    let drawing = Drawing {
        bits: 8,
        ..Drawing::default()
    };
    let [dicom, png] = [Format::Dicom, Format::Png].map(|format| {
        let folder = tempfile::tempdir().unwrap();
        let upright = [Posture::Neutral];
        write_cohort_as(
            &small(5),
            &drawing,
            &upright,
            folder.path(),
            format,
            &|_| {},
        )
        .unwrap();
        contents(folder.path())
    });
    let mut compared = 0;
    for number in 1..=12 {
        let file = &dicom[&format!("images/P{number:03}.dcm")];
        let png = image::load_from_memory(&png[&format!("images/P{number:03}.png")]).unwrap();
        assert_eq!(png.color(), image::ColorType::L8);
        assert_eq!(&file[file.len() - 60 * 75..], png.as_bytes());
        compared += 1;
    }
    assert_eq!(compared, 12);
}

#[test]
fn bits_and_views_that_cannot_be_drawn_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (upright, twice) = ([Posture::Neutral], [Posture::Flexion; 2]);
    let cases: [(u8, &[Posture], &str); 4] = [
        (7, &upright, "found 7 bits, expected 8 to 16"),
        (17, &upright, "found 17 bits, expected 8 to 16"),
        (12, &[], "found 0 views"),
        (12, &twice, "found 2 views, 1 of them different"),
    ];
    for (bits, views, reason) in cases {
        let drawing = Drawing {
            bits,
            ..Drawing::default()
        };
        let refused = write_cohort_as(
            &small(1),
            &drawing,
            views,
            folder.path(),
            Format::Png,
            &|_| {},
        );
        let error = refused.unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    assert!(contents_of_root(folder.path()).is_empty());
}

#[test]
fn synthetic_json_says_how_the_cohort_was_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let drawing = Drawing {
        bits: 14,
        confounders: Confounders {
            age: true,
            marker: true,
            ..Confounders::default()
        },
        ..Drawing::default()
    };
    let views = [Posture::Flexion, Posture::Neutral];
    write_cohort_as(
        &small(2),
        &drawing,
        &views,
        folder.path(),
        Format::Png,
        &|_| {},
    )
    .unwrap();
    let text = std::fs::read_to_string(folder.path().join("synthetic.json")).unwrap();
    let said: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(said["ceiling_auc"].as_f64().is_some(), "{said}");
    assert_eq!(said["views"], serde_json::json!(["flexion", "neutral"]));
    assert_eq!(said["confounders"], serde_json::json!(["age", "marker"]));
    let numbers = ["patients", "positives", "seed", "width", "height", "bits"];
    let found = numbers.map(|key| said[key].as_u64());
    assert_eq!(found, [12, 5, 2, 60, 75, 14].map(Some));
}

#[test]
fn dicom_and_png_of_a_patient_hold_the_same_picture() {
    let dicom = written(&small(5), Format::Dicom);
    let png = written(&small(5), Format::Png);
    let mut compared = 0;
    for number in 1..=12 {
        let file = &dicom[&format!("images/P{number:03}.dcm")];
        let raw = &file[file.len() - 2 * 60 * 75..];
        let grey = image::load_from_memory(&png[&format!("images/P{number:03}.png")])
            .unwrap()
            .to_luma16();
        for (bytes, wide) in raw.chunks_exact(2).zip(grey.as_raw()) {
            let value = u16::from_le_bytes([bytes[0], bytes[1]]);
            assert_eq!(
                (f64::from(value) * 65535.0 / 4095.0).round(),
                f64::from(*wide)
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 12 * 60 * 75);
}

#[test]
fn the_label_of_a_patient_does_not_depend_on_the_size_of_the_picture() {
    let mut compared = 0;
    for index in 0..20 {
        let (small, large) = (
            draw_patient(2, index, 40, 50),
            draw_patient(2, index, 60, 75),
        );
        assert_eq!((small.label, small.truth), (large.label, large.truth));
        compared += 1;
    }
    assert_eq!(compared, 20);
}

#[test]
fn findings_follow_from_the_truth_and_every_patient_has_one_class() {
    let plan = CohortPlan {
        patients: 120,
        positives: 55,
        ..small(5)
    };
    let files = written(&plan, Format::Png);
    let rows = |name: &str| -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_reader(files[name].as_slice());
        let rows = reader.deserialize().map(|row| row.unwrap());
        rows.collect()
    };
    let (cohort, truth, found) = (rows("cohort.csv"), rows("truth.csv"), rows("findings.csv"));
    assert_eq!((cohort.len(), truth.len(), found.len()), (120, 120, 120));
    let mut seen = BTreeMap::<String, usize>::new();
    for ((patient, truth), found) in cohort.iter().zip(&truth).zip(&found) {
        let largest = |what: &str| {
            let of_disc =
                |(name, _): &(&String, &String)| name.starts_with(what) && name.ends_with("_mm");
            let values = truth.iter().filter(of_disc).map(|(_, mm)| mm);
            values
                .map(|mm| mm.parse::<f64>().unwrap().abs())
                .fold(0.0, f64::max)
        };
        let yes = |there: bool| u8::from(there).to_string();
        assert_eq!(found["image"], patient["image"]);
        assert_eq!(found["csm"], patient["label"]);
        assert_eq!(found["opll"], yes(truth["opll_kind"] != "none"));
        assert_eq!(found["oyl"], yes(largest("yellow_ligament_") > 0.0));
        assert_eq!(found["narrow_canal"], truth["narrow_canal"]);
        // Two decimals may round a slip up to the limit.
        let slip = largest("slip_");
        if (slip - 1.0).abs() > 0.006 {
            assert_eq!(found["slip"], yes(slip > 1.0), "{}", patient["patient"]);
        }
        let spurs = truth["back_spur_mm"].parse::<f64>().unwrap();
        let class = match (patient["label"].as_str(), spurs >= 2.0) {
            ("1", _) => "CSM",
            (_, true) => "spondylosis",
            _ => "healthy",
        };
        assert_eq!(found["class"], class, "{}", patient["patient"]);
        *seen.entry(class.to_string()).or_default() += 1;
        for name in ["csm", "opll", "oyl", "narrow_canal", "slip"] {
            *seen.entry(format!("{name} {}", found[name])).or_default() += 1;
        }
    }
    assert_eq!(
        seen.len(),
        13,
        "each class and both answers occur: {seen:?}"
    );
}
