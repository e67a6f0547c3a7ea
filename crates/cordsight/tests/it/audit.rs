//! What `cordsight audit` says of cohorts and folders, how it ends, and what it must not say.

use std::collections::BTreeMap;

use radiograph::{DicomImage, Facing, View, encode_dicom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::png::{Colour, png8};
use crate::program::{Outcome, Place};

/// A picture of its own for each number.
fn picture(number: u64) -> Vec<u8> {
    png8(96, Colour::Grey, &pixels(number))
}

fn pixels(number: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(number);
    let waves: Vec<[f64; 4]> = (0..6)
        .map(|_| [0; 4].map(|_: u8| rng.random_range(-0.2..0.2)))
        .collect();
    let value = |at: usize| {
        let (x, y) = ((at % 96) as f64, (at / 96) as f64);
        let sum: f64 = waves
            .iter()
            .map(|w| (w[0] * x + w[1] * y + 9.0 * w[2]).sin() * w[3])
            .sum();
        (128.0 + 100.0 * sum).clamp(0.0, 255.0) as u8
    };
    (0..96 * 96).map(value).collect()
}

fn dicom(number: u64, patient: &str) -> Vec<u8> {
    let pixels: Vec<u16> = pixels(number)
        .into_iter()
        .map(|value| u16::from(value) * 16)
        .collect();
    encode_dicom(&DicomImage {
        width: 96,
        height: 96,
        pixels: &pixels,
        bits_stored: 12,
        spacing_mm: (0.15, 0.15),
        window: None,
        patient_id: patient,
        view: View::LeftLateral,
        facing: Facing::Left,
        manufacturer: "example",
        uid_seed: &number.to_string(),
    })
    .unwrap()
}

/// Runs the audit and gives the outcome and the document it prints.
fn audit(place: &Place, cohort: &str, further: &[&str]) -> (Outcome, Value) {
    let outcome = place.run(&[&["audit", cohort, "--json"], further].concat());
    let found = serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{error}: {outcome:?}"));
    (outcome, found)
}

/// Files of each kind of finding, with the severity.
fn kinds(audit: &Value) -> BTreeMap<(String, String), Vec<String>> {
    let mut kinds: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for finding in audit["findings"].as_array().unwrap() {
        let text = |field: &str| finding[field].as_str().unwrap().to_string();
        let files = kinds.entry((text("severity"), text("kind"))).or_default();
        for item in finding["items"].as_array().unwrap() {
            files.extend(
                item["files"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|file| file.as_str().unwrap().to_string()),
            );
        }
        files.sort();
    }
    kinds
}

#[test]
fn everything_wrong_with_a_cohort_is_named_with_its_files() {
    let place = Place::new();
    let mut rows = "patient,image,label\n".to_string();
    for patient in 1..=70 {
        place.write(&format!("images/{patient}.png"), picture(patient));
        rows += &format!("P{patient},images/{patient}.png,{}\n", patient % 2);
    }
    place.write("images/copy.png", picture(3));
    place.write("images/again.dcm", dicom(5, "somebody"));
    place.write("images/cut.png", &picture(80)[..200]);
    place.write("images/note.png", "not a picture");
    place.write(
        "images/small.png",
        png8(40, Colour::Grey, &pixels(99)[..40 * 40]),
    );
    place.write("images/one.dcm", dicom(90, "one"));
    place.write("images/two.dcm", dicom(91, "one"));
    rows += "P200,images/copy.png,0\nP201,images/again.dcm,1\nP202,images/cut.png,0\nP203,images/note.png,1\n";
    rows +=
        "P204,images/absent.png,0\nP205,images/small.png,0\nP1,images/2.png,0\n,images/3.png,1\n";
    rows += "P206,images/one.dcm,0\nP207,images/two.dcm,0\nP208,,1\nP209,images/7b.png,\nP210,images/7c.png,maybe\n";
    place.write("images/7b.png", picture(101));
    place.write("images/7c.png", picture(102));
    // A row that names an image again is a finding and not a second look.
    place.write("cohort.csv", rows);
    let (outcome, found) = audit(&place, "cohort.csv", &[]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let kinds = kinds(&found);
    let files = |severity: &str, kind: &str| {
        let key = (severity.to_string(), kind.to_string());
        kinds
            .get(&key)
            .unwrap_or_else(|| panic!("{key:?} in {kinds:#?}"))
            .clone()
    };
    assert_eq!(
        files("fatal", "unreadable"),
        ["images/absent.png", "images/cut.png", "images/note.png"]
    );
    assert_eq!(
        files("fatal", "repeated-row"),
        ["images/2.png", "images/3.png"]
    );
    assert_eq!(files("fatal", "no-label"), ["images/7b.png"]);
    assert_eq!(files("fatal", "unclear-label"), ["images/7c.png"]);
    assert_eq!(files("fatal", "row"), [""; 0]);
    assert_eq!(
        files("fatal", "duplicate-across-labels"),
        ["images/3.png", "images/copy.png"]
    );
    assert_eq!(files("fatal", "too-small"), ["images/small.png"]);
    assert_eq!(
        files("warning", "several-ids"),
        ["images/one.dcm", "images/two.dcm"]
    );
    assert_eq!(found["counts"]["unreadable"], 3);
    assert_eq!(found["counts"]["positive_patients"], 37);
    let json: Value = serde_json::from_str(&place.read("audit/audit.json")).unwrap();
    assert_eq!(json, found);
    let page = place.read("audit/audit.html");
    for name in ["cut.png", "copy.png", "Research use only"] {
        assert!(page.contains(name), "{name}");
    }
    assert!(page.matches("data:image/png;base64,").count() >= 5);
}

#[test]
fn a_sound_cohort_ends_with_0_and_any_order_of_the_disk_gives_the_same_bytes() {
    let audits: Vec<String> = [false, true]
        .into_iter()
        .map(|backwards| {
            let place = Place::new();
            let mut numbers: Vec<u64> = (1..=64).collect();
            if backwards {
                numbers.reverse();
            }
            for number in numbers {
                let class = ["negative", "positive"][(number % 2) as usize];
                place.write(&format!("cohort/{class}/{number}.png"), picture(number));
            }
            let threads = if backwards { "1" } else { "4" };
            let mut command = place.command(&["audit", "cohort", "--out", "found"]);
            let status = command
                .env("RAYON_NUM_THREADS", threads)
                .output()
                .unwrap()
                .status;
            assert_eq!(status.code(), Some(0));
            place.read("found/audit.json") + &place.read("found/audit.html")
        })
        .collect();
    assert_eq!(audits[0], audits[1]);
}

#[test]
fn an_export_without_labels_or_endings_is_read_and_no_identifier_leaves_it() {
    let place = Place::new();
    for number in 0..6 {
        let patient = format!("SECRET{}", number / 2);
        place.write(
            &format!("export/A{}/S1/I{number}", number / 2),
            dicom(number, &patient),
        );
    }
    place.write("export/A9/S1/I1", dicom(4, "SECRET9"));
    place.write("export/README.TXT", "made by a PACS");
    let (outcome, found) = audit(&place, "export", &[]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(found["counts"]["read"], 7);
    assert_eq!(found["counts"]["other_files"], 1);
    assert_eq!(found["classes"], Value::Null);
    let kinds = kinds(&found);
    let across = (
        "warning".to_string(),
        "duplicate-across-patients".to_string(),
    );
    assert_eq!(kinds[&across], ["A2/S1/I4", "A9/S1/I1"]);
    let mut looked = 0;
    for text in [
        outcome.stdout,
        outcome.stderr,
        place.read("audit/audit.html"),
        place.read("audit/audit.json"),
    ] {
        assert!(!text.contains("SECRET"));
        looked += 1;
    }
    assert_eq!(looked, 4);
}

/// A disc as pydicom lists it (`radiograph`'s golden), with one of its pictures gone and a file beside it that it does not list.
#[test]
fn a_dicomdir_is_an_audit_of_what_it_lists_and_names_what_is_not_there() {
    let place = Place::new();
    let golden = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../radiograph/tests/it/directory/"
    );
    let listed = std::fs::read_to_string(format!("{golden}pydicom.csv")).unwrap();
    let listed: Vec<&str> = listed.lines().collect();
    place.write(
        "disc/DICOMDIR",
        std::fs::read(format!("{golden}pydicom.dicomdir")).unwrap(),
    );
    for (number, name) in (0_u64..).zip(&listed[1..]) {
        place.write(&format!("disc/{name}"), dicom(number, "disc"));
    }
    place.write("disc/other/viewer.exe", "MZ");
    for cohort in ["disc/DICOMDIR", "disc"] {
        let (outcome, found) = audit(&place, cohort, &[]);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_eq!(
            found["counts"]["radiographs"],
            listed.len() as u64 - 1,
            "{found}"
        );
        let kinds = kinds(&found);
        let absent = &kinds[&("warning".to_string(), "absent-picture".to_string())];
        if cohort == "disc" {
            assert_eq!(absent, &["DICOMDIR"]);
        } else {
            assert_eq!(absent, &[listed[0]]);
        }
        assert!(outcome.stdout.contains(listed[0]), "{}", outcome.stdout);
    }
    let refused = place.run(&["audit", "disc/DICOMDIR", "--positive", "b"]);
    assert_eq!(refused.code, Some(2));
    assert_eq!(
        refused.stderr,
        "error: disc/DICOMDIR: --classes and --positive name sub-folders, and this is a DICOMDIR; leave them out, or audit its folder\n"
    );
    place.write("broken/DICOMDIR", "name,age\n");
    let refused = place.run(&["audit", "broken/DICOMDIR"]);
    assert_eq!(
        refused.stderr,
        "error: broken/DICOMDIR: found a file that is no DICOMDIR, expected a PNG, JPEG, TIFF or DICOM picture; audit its folder instead\n"
    );
    assert_eq!(refused.code, Some(1));
}

#[test]
fn a_single_radiograph_is_an_audit_of_it_and_a_table_saved_wrongly_is_told_as_one() {
    let place = Place::new();
    place.write("one.dcm", dicom(1, "somebody"));
    place.write("cut.png", &picture(2)[..200]);
    let (_, whole) = audit(&place, "one.dcm", &[]);
    assert_eq!(whole["counts"]["read"], 1, "{whole}");
    assert!(!kinds(&whole).keys().any(|(_, kind)| kind == "unreadable"));
    let (outcome, cut) = audit(&place, "cut.png", &["--out", "second"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let unreadable = ("fatal".to_string(), "unreadable".to_string());
    assert_eq!(kinds(&cut)[&unreadable], ["cut.png"]);
    let wide: Vec<u8> = "\u{feff}patient,image,label\nP1,one.dcm,1\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    place.write("cohort.csv", wide);
    let outcome = place.run(&["audit", "cohort.csv", "--out", "third"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("CSV UTF-8"), "{}", outcome.stderr);
}

#[test]
fn wrong_use_ends_with_2_and_a_path_that_is_not_there_with_1() {
    let place = Place::new();
    for (class, number) in [("csm", 1), ("normal", 2)] {
        place.write(&format!("cohort/{class}/{number}.png"), picture(number));
    }
    place.write("cohort.csv", "patient,image,label\nP1,cohort/csm/1.png,1\n");
    place.write("wrong.csv", "patient,label\nP1,1\n");
    place.write("empty/.hidden", "");
    let cases = [
        (
            "audit cohort --positive other",
            2,
            "error: cohort: \"other\" is no sub-folder (found csm, normal); name the classes as the folders are called\n",
        ),
        (
            "audit cohort.csv --positive csm",
            2,
            "error: cohort.csv: --classes and --positive name sub-folders, and this is a CSV; leave them out, its labels are 0 and 1\n",
        ),
        (
            "audit nowhere",
            1,
            "error: nowhere: no such file or folder; give a CSV with the column image, a folder of radiographs, or a DICOMDIR\n",
        ),
        (
            "audit wrong.csv",
            1,
            "error: wrong.csv: found no column \"image\" (found \"patient\", \"label\"), expected the columns patient, image, label; add it to the first line\n",
        ),
        (
            "audit empty",
            1,
            "error: empty: found no file, expected radiographs; name another folder or CSV\n",
        ),
    ];
    for (line, code, error) in cases {
        let outcome = place.run(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (Some(code), error),
            "{line}"
        );
    }
    let (_, found) = audit(&place, "cohort", &["--classes", "normal", "csm"]);
    assert_eq!(found["classes"], serde_json::json!(["normal", "csm"]));
}

/// `count` files, each a radiograph of `originals` with some bytes changed, moved or lost.
fn write_mutated(place: &Place, originals: &[Vec<u8>], count: u64) {
    for number in 0..count {
        let mut rng = ChaCha8Rng::seed_from_u64(number);
        let mut bytes = originals[number as usize % originals.len()].clone();
        match number % 4 {
            0 => bytes.truncate(rng.random_range(0..bytes.len() as u64) as usize),
            1 => {
                for _ in 0..rng.random_range(1..6_u32) {
                    // Most changes hit the header, where they hurt.
                    let end = if rng.random_bool(0.7) {
                        bytes.len().min(1500)
                    } else {
                        bytes.len()
                    };
                    let at = rng.random_range(0..end as u64) as usize;
                    bytes[at] = rng.random();
                }
            }
            2 => {
                let at = rng.random_range(0..bytes.len() as u64) as usize;
                let length = rng.random_range(1..64_u64) as usize;
                let end = (at + length).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let at = rng.random_range(0..bytes.len().min(2000) as u64) as usize;
                let noise: Vec<u8> = (0..rng.random_range(1..64_u32))
                    .map(|_| rng.random())
                    .collect();
                bytes.splice(at..at, noise);
            }
        }
        place.write(&format!("files/{:03}/{number:05}.dcm", number / 100), bytes);
    }
}

/// Asserts that each file is either read or named once as unreadable, and that `radiograph` says the same of each.
fn assert_each_named_once(place: &Place, found: &Value, count: u64) {
    let kinds = kinds(found);
    let bad = &kinds[&("fatal".to_string(), "unreadable".to_string())];
    let expected: Vec<String> = (0..count)
        .map(|number| format!("{:03}/{number:05}.dcm", number / 100))
        .filter(|name| radiograph::read(&place.path("files").join(name)).is_err())
        .collect();
    assert_eq!(bad, &expected);
    assert_eq!(found["counts"]["radiographs"], count);
    assert_eq!(found["counts"]["read"], count - bad.len() as u64);
    assert!(!bad.is_empty() && bad.len() < count as usize);
    println!("{} of {count} files cannot be read", bad.len());
}

#[test]
fn hundreds_of_mutated_files_are_named_once_each() {
    let place = Place::new();
    let originals = [
        dicom(1, "one"),
        picture(2),
        dicom(3, "three"),
        picture(4),
        dicom(5, "five"),
    ];
    write_mutated(&place, &originals, 400);
    let (outcome, found) = audit(&place, "files", &[]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_each_named_once(&place, &found, 400);
}

#[test]
#[ignore = "slow: 10,000 mutated files, real ones where ../shared/data/dicom is there"]
fn ten_thousand_mutated_real_files_are_named_once_each() {
    let place = Place::new();
    let real = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/dicom");
    let mut originals: Vec<Vec<u8>> = match std::fs::read_dir(real) {
        Err(_) => vec![dicom(1, "one"), picture(2)],
        Ok(files) => {
            let paths = files.filter_map(|file| Some(file.ok()?.path()));
            let readable = paths.filter(|path| radiograph::read(path).is_ok());
            readable
                .filter_map(|path| std::fs::read(path).ok())
                .filter(|bytes| bytes.len() < 2 << 20)
                .collect()
        }
    };
    originals.sort();
    println!("{} files to mutate", originals.len());
    write_mutated(&place, &originals, 10_000);
    let (outcome, found) = audit(&place, "files", &[]);
    assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
    println!("{}", outcome.stderr.trim());
    assert_each_named_once(&place, &found, 10_000);
}
