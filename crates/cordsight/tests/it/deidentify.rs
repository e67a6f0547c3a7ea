//! What `deidentify` promises: no identifier in anything it writes or says, the same pictures, pseudonyms that the key
//! alone decides.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use radiograph::decode_stored;

use crate::canary::{Canary, Haystack, Layout, Maker, PREFIX, SIDE, listed, picture, top_level};
use crate::program::{Outcome, Place, SMALL, tree};

const KEY: &str = "a key of more than sixteen bytes";

fn write_key(place: &Place) {
    place.write("key.txt", KEY);
}

/// Runs over `in/` with the key, and options.
fn deidentify(place: &Place, options: &[&str]) -> Outcome {
    let arguments = [
        &["deidentify", "in", "--out", "out", "--key-file", "key.txt"],
        options,
    ]
    .concat();
    place.run(&arguments)
}

/// Every DICOM file of the output, by name.
fn outputs(place: &Place) -> BTreeMap<String, Vec<u8>> {
    let named = |(path, content): (PathBuf, Option<Vec<u8>>)| {
        Some((path.to_string_lossy().into_owned(), content?))
    };
    let files = tree(&place.path("out")).into_iter().filter_map(named);
    files.filter(|(name, _)| name.ends_with(".dcm")).collect()
}

/// Everything that the program left behind or said.
fn traces(place: &Place, outcome: &Outcome) -> Vec<(String, Haystack)> {
    let mut traces = vec![
        (
            "stdout".to_string(),
            Haystack::new(outcome.stdout.as_bytes()),
        ),
        (
            "stderr".to_string(),
            Haystack::new(outcome.stderr.as_bytes()),
        ),
    ];
    for (path, content) in tree(&place.path("out")) {
        let name = path.to_string_lossy().into_owned();
        traces.push((format!("the name {name}"), Haystack::new(name.as_bytes())));
        if let Some(content) = content {
            traces.push((name, Haystack::new(&content)));
        }
    }
    traces
}

fn assert_absent(traces: &[(String, Haystack)], canaries: &[Canary]) {
    for (name, trace) in traces {
        assert!(
            !trace.holds(PREFIX.as_bytes()),
            "{name} holds a text of the input"
        );
        for canary in canaries {
            assert!(!trace.holds(&canary.needle), "{name} holds {canary:?}");
        }
    }
}

#[test]
fn no_value_of_any_listed_attribute_is_found_in_what_is_written_or_said() {
    let mut tried = 0;
    for layout in [Layout::Explicit, Layout::Implicit, Layout::BigEndian] {
        for options in [&[][..], &["--json"], &["--blank", "0,0,3,2"]] {
            let place = Place::new();
            write_key(&place);
            let mut maker = Maker::new(layout, 1);
            let file = maker.file();
            let input = Haystack::new(&file);
            let canaries = maker.canaries;
            assert!(canaries.len() > 2500, "{}", canaries.len());
            for canary in &canaries {
                assert!(input.holds(&canary.needle), "not in the input: {canary:?}");
            }
            place.write("in/CNRYFOLDER/CNRYFILE.dcm", &file);
            let outcome = deidentify(&place, options);
            assert_eq!(outcome.code, Some(0), "{outcome:?}");
            assert_eq!(outputs(&place).len(), 1);
            let traces = traces(&place, &outcome);
            // stdout, stderr, the report and the picture with their names, and the patient's folder.
            assert_eq!(traces.len(), 7);
            assert_absent(&traces, &canaries);
            tried += 1;
        }
    }
    assert_eq!(tried, 9);
}

#[test]
fn with_dates_moved_no_other_value_is_found() {
    let place = Place::new();
    write_key(&place);
    let mut maker = Maker::new(Layout::Explicit, 1);
    place.write("in/a.dcm", maker.file());
    let outcome = deidentify(&place, &["--keep-dates", "shifted"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    // Times of day stay, and a date that moved may be that of another attribute.
    let times = ["DA", "DT", "TM"];
    maker
        .canaries
        .retain(|canary| !times.contains(&&*canary.vr));
    assert!(maker.canaries.len() > 1800, "{}", maker.canaries.len());
    assert_absent(&traces(&place, &outcome), &maker.canaries);
}

/// The stored values of a file.
fn pixels(file: &[u8]) -> Vec<i64> {
    let stored = decode_stored(file, None).expect("a picture");
    stored.values.iter().collect()
}

#[test]
fn what_the_picture_needs_stays_and_its_pixels_are_the_same() {
    for layout in [Layout::Explicit, Layout::Implicit, Layout::BigEndian] {
        let place = Place::new();
        write_key(&place);
        place.write("in/a.dcm", Maker::new(layout, 3).file());
        assert_eq!(deidentify(&place, &[]).code, Some(0));
        let (name, file) = outputs(&place).pop_first().expect("a file");
        let expected: Vec<i64> = picture(3).into_iter().map(i64::from).collect();
        assert_eq!(pixels(&file), expected, "{layout:?}");
        assert_eq!(&file[..132], [&[0; 128][..], b"DICM"].concat());
        if layout == Layout::Explicit {
            let elements = top_level(&file);
            let text = |tag| {
                String::from_utf8_lossy(&elements[&tag].1)
                    .trim_end_matches([' ', '\0'])
                    .to_string()
            };
            for (tag, value) in [
                (0x0008_0060, "DX"),
                (0x0008_0070, "ACME Imaging"),
                (0x0018_0015, "CSPINE"),
                (0x0018_1164, "0.15\\0.15"),
                (0x0028_1050, "2048"),
                (0x0028_0301, "YES"),
                (0x0012_0062, "YES"),
                (0x0028_0303, "REMOVED"),
                // It repeated the patient's name.
                (0x0018_1020, ""),
            ] {
                assert_eq!(text(tag), value, "{tag:08x}");
            }
            assert_eq!(
                name,
                format!("{}/{}.dcm", text(0x0010_0020), text(0x0008_0018))
            );
            assert_eq!(text(0x0002_0003), text(0x0008_0018));
            assert_eq!(elements[&0x7fe0_0010].1.len(), 2 * SIDE * SIDE);
            let codes = String::from_utf8_lossy(&elements[&0x0012_0064].1).into_owned();
            assert!(
                codes.contains("113100") && !codes.contains("113107"),
                "{codes}"
            );
        }
    }
}

#[test]
fn an_attribute_goes_wherever_dicom_anonymizer_lets_it_go() {
    let place = Place::new();
    write_key(&place);
    place.write("in/a.dcm", Maker::new(Layout::Explicit, 1).file());
    assert_eq!(deidentify(&place, &[]).code, Some(0));
    let elements = top_level(&outputs(&place).pop_first().expect("a file").1);
    let (mut compared, mut differences) = (0, Vec::new());
    for (tag, _, theirs) in listed() {
        let ours = match elements.get(&tag) {
            None => "deleted",
            Some((_, value)) if value.is_empty() => "emptied",
            Some(_) => "replaced",
        };
        if theirs.is_empty() {
            assert_eq!(ours, "deleted", "{tag:08x}, younger than the dictionaries");
        } else if ours != theirs {
            differences.push(format!("{tag:08x} {theirs} there, {ours} here"));
        }
        compared += 1;
    }
    assert_eq!(compared, 648);
    insta::assert_snapshot!(differences.join("\n"));
}

#[test]
fn errors_hold_no_value_of_the_file() {
    let mut maker = Maker::new(Layout::Explicit, 1);
    let file = maker.file();
    let frames = Layout::Explicit.element(0x0028_0008, "IS", "CNRY99");
    let at = file
        .windows(4)
        .position(|four| four == [0x28, 0, 0x10, 0])
        .expect("Rows");
    let bad_frames = [&file[..at], &frames, &file[at..]].concat();
    let swapped = |from: &str, to: &str| {
        let mut file = file.clone();
        let at = file
            .windows(from.len())
            .position(|window| window == from.as_bytes())
            .expect("the text");
        file[at..at + to.len()].copy_from_slice(to.as_bytes());
        file
    };
    let place = Place::new();
    write_key(&place);
    for (name, bytes) in [
        ("cut", file[..file.len() / 2].to_vec()),
        ("frames", bad_frames),
        (
            "syntax",
            swapped("1.2.840.10008.1.2.1", "CNRY840.10008.1.2.9"),
        ),
        ("text", b"CNRY is the first word of a text".to_vec()),
    ] {
        place.write(&format!("in/{name}.dcm"), bytes);
    }
    for (options, refused) in [(&[][..], 3), (&["--blank", "0,0,4,4"], 4)] {
        if refused == 4 {
            std::fs::remove_dir_all(place.path("out")).expect("removed");
            let photometric = swapped("MONOCHROME2", "CNRYCHROME2");
            place.write("in/photometric.dcm", photometric);
        }
        let outcome = deidentify(&place, options);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), refused, "{outcome:?}");
        assert!(
            outcome
                .stderr
                .lines()
                .all(|line| line.starts_with("error: in/")),
            "{outcome:?}"
        );
        let canaries = &maker.canaries;
        assert_absent(&traces(&place, &outcome), canaries);
    }
}

/// A picture of the patient with a study date, explicit little endian.
fn dated(patient: &str, day: &str, series: &str, instance: &str) -> Vec<u8> {
    let put = |tag, vr, value: &str| Layout::Explicit.element(tag, vr, value);
    let word = |tag, number: u16| Layout::Explicit.element(tag, "US", number.to_le_bytes());
    let meta = [
        put(0x0002_0002, "UI", "1.2.840.10008.5.1.4.1.1.1.1"),
        put(0x0002_0010, "UI", "1.2.840.10008.1.2.1"),
    ]
    .concat();
    let elements = [
        put(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.1.1"),
        put(0x0008_0018, "UI", instance),
        put(0x0008_0020, "DA", day),
        put(0x0008_0030, "TM", "101112"),
        put(0x0010_0010, "PN", "Doe^Jane"),
        put(0x0010_0020, "LO", patient),
        put(0x0010_0040, "CS", "F"),
        put(0x0010_1010, "AS", "063Y"),
        put(0x0018_1000, "LO", "SN-4711"),
        put(0x0020_000e, "UI", series),
        word(0x0028_0002, 1),
        put(0x0028_0004, "CS", "MONOCHROME2"),
        word(0x0028_0010, 2),
        word(0x0028_0011, 2),
        word(0x0028_0100, 8),
        word(0x0028_0101, 8),
        word(0x0028_0102, 7),
        word(0x0028_0103, 0),
        Layout::Explicit.element(0x7fe0_0010, "OB", [1, 2, 3, 4]),
    ];
    [vec![0; 128], b"DICM".to_vec(), meta, elements.concat()].concat()
}

fn days(text: &str) -> i64 {
    let number =
        |range: std::ops::Range<usize>| -> i64 { text[range].parse::<i64>().expect("digits") };
    let (year, month, day) = (number(0..4), number(4..6), number(6..8));
    // Zeller's count, from 1 March of year 0.
    let (year, month) = if month < 3 {
        (year - 1, month + 12)
    } else {
        (year, month)
    };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month - 457) / 5 + day
}

#[test]
fn dates_of_a_patient_move_together_and_those_of_another_by_other_days() {
    let place = Place::new();
    write_key(&place);
    place.write("in/a.dcm", dated("P1", "20200228", "1.2.3", "1.2.3.1"));
    place.write("in/b.dcm", dated("P1", "20210301", "1.2.3", "1.2.3.2"));
    place.write("in/c.dcm", dated("P2", "20200228", "1.2.4", "1.2.3.3"));
    let options = [
        "--keep-dates",
        "shifted",
        "--keep-device",
        "--keep-characteristics",
    ];
    let outcome = deidentify(&place, &options);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let mut patients: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for file in outputs(&place).values() {
        let elements = top_level(file);
        let text = |tag| {
            String::from_utf8_lossy(&elements[&tag].1)
                .trim_end()
                .to_string()
        };
        patients
            .entry(text(0x0010_0020))
            .or_default()
            .push(days(&text(0x0008_0020)));
        assert_eq!(text(0x0008_0030), "101112");
        assert_eq!(text(0x0028_0303), "MODIFIED");
        assert_eq!(
            (text(0x0010_0040), text(0x0010_1010)),
            ("F".to_string(), "063Y".to_string())
        );
        assert_eq!(text(0x0018_1000), "SN-4711");
        let codes = text(0x0012_0064);
        for code in ["113100", "113107", "113108", "113109"] {
            assert!(codes.contains(code), "{code} in {codes}");
        }
    }
    let mut moved: Vec<Vec<i64>> = patients.into_values().collect();
    moved.sort_by_key(Vec::len);
    let [other, first] = &mut moved[..] else {
        panic!("{moved:?}")
    };
    first.sort_unstable();
    assert_eq!(first[1] - first[0], days("20210301") - days("20200228"));
    let by = days("20200228") - first[0];
    assert!((1..=3650).contains(&by), "{by}");
    assert_ne!(by, days("20200228") - other[0]);
}

#[test]
fn pseudonyms_are_the_same_under_the_same_key_and_others_under_another() {
    let run = |key: &str, files: &[(&str, &str, &str)]| {
        let place = Place::new();
        place.write("key.txt", key);
        for (name, patient, instance) in files {
            place.write(
                &format!("in/{name}"),
                dated(patient, "20200228", "1.2.3", instance),
            );
        }
        assert_eq!(deidentify(&place, &[]).code, Some(0));
        outputs(&place)
    };
    let first = run(
        KEY,
        &[("a.dcm", "P1", "1.2.3.1"), ("b.dcm", "P1 ", "1.2.3.2")],
    );
    let again = run(
        KEY,
        &[("x.dcm", "P1", "1.2.3.2"), ("y.dcm", "P1", "1.2.3.1")],
    );
    assert_eq!(first, again);
    let folder = |name: &String| name.split('/').next().map(str::to_string);
    let folders: Vec<_> = first.keys().map(folder).collect();
    assert_eq!(folders[0], folders[1]);
    let series: Vec<_> = first
        .values()
        .map(|file| top_level(file)[&0x0020_000e].clone())
        .collect();
    assert_eq!(series[0], series[1]);
    let uid = String::from_utf8_lossy(&series[0].1).into_owned();
    assert!(uid.starts_with("2.25.") && uid.len() <= 64, "{uid}");

    let other = run(
        "another key of sixteen bytes",
        &[("a.dcm", "P1", "1.2.3.1")],
    );
    assert!(other.keys().all(|name| !first.contains_key(name)));
    assert!(!folders.contains(&other.keys().map(folder).next().expect("a file")));
}

#[test]
fn what_is_deidentified_again_keeps_its_structure() {
    let place = Place::new();
    write_key(&place);
    place.write("in/a.dcm", Maker::new(Layout::Explicit, 1).file());
    assert_eq!(deidentify(&place, &[]).code, Some(0));
    place.output(&[
        "deidentify",
        "out",
        "--out",
        "again",
        "--key-file",
        "key.txt",
    ]);
    let first = outputs(&place).pop_first().expect("a file").1;
    std::fs::rename(place.path("again"), place.path("out2")).expect("renamed");
    std::fs::remove_dir_all(place.path("out")).expect("removed");
    std::fs::rename(place.path("out2"), place.path("out")).expect("renamed");
    let second = outputs(&place).pop_first().expect("a file").1;
    let shape = |file: &[u8]| -> Vec<(u32, String, usize)> {
        let shape = top_level(file)
            .into_iter()
            .map(|(tag, (vr, value))| (tag, vr.clone(), if vr == "UI" { 0 } else { value.len() }));
        shape.filter(|(tag, ..)| *tag != 0x0002_0000).collect()
    };
    // The items of the sequence hold identifiers, whose lengths vary.
    let without = |mut shape: Vec<(u32, String, usize)>| {
        shape
            .iter_mut()
            .filter(|(_, vr, _)| vr == "SQ")
            .for_each(|row| row.2 = 0);
        shape
    };
    assert_eq!(without(shape(&first)), without(shape(&second)));
}

#[test]
fn without_a_key_file_the_key_is_drawn_and_forgotten() {
    let place = Place::new();
    place.write("in/a.dcm", dated("P1", "20200228", "1.2.3", "1.2.3.1"));
    let mut names = Vec::new();
    for _ in 0..2 {
        let outcome = place.run(&["deidentify", "in", "--out", "out"]);
        assert_eq!(outcome.code, Some(0));
        assert!(
            outcome.stderr.starts_with("warning: no --key-file"),
            "{outcome:?}"
        );
        names.extend(outputs(&place).into_keys());
        assert_eq!(
            std::fs::read_dir(place.path("out"))
                .expect("a folder")
                .count(),
            2
        );
        std::fs::remove_dir_all(place.path("out")).expect("removed");
    }
    assert_ne!(names[0], names[1]);
}

#[test]
fn a_key_file_that_is_not_there_is_written_for_its_owner_and_used_from_then_on() {
    let place = Place::new();
    place.write("in/a.dcm", dated("P1", "20200228", "1.2.3", "1.2.3.1"));
    let outcome = deidentify(&place, &[]);
    assert!(
        outcome.stderr.starts_with("key.txt: a new key"),
        "{outcome:?}"
    );
    let key = place.read("key.txt");
    assert_eq!(key.trim().len(), 64);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(place.path("key.txt"))
            .expect("the key")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let first = outputs(&place);
    std::fs::remove_dir_all(place.path("out")).expect("removed");
    assert_eq!(deidentify(&place, &[]).stderr, "");
    assert_eq!(outputs(&place), first);
    assert_eq!(place.read("key.txt"), key);
}

fn assert_refused(place: &Place, arguments: &[&str], code: i32, line: &str) {
    let outcome = place.run(&[&["deidentify"], arguments].concat());
    assert_eq!(outcome.code, Some(code), "{outcome:?}");
    assert_eq!(outcome.stderr.lines().last(), Some(line), "{outcome:?}");
}

#[test]
fn folders_and_keys_that_would_leak_or_mix_are_refused() {
    let place = Place::new();
    write_key(&place);
    place.write("short.txt", "secret\n");
    place.write("in/a.dcm", dated("P1", "20200228", "1.2.3", "1.2.3.1"));
    place.write("full/x", "x");
    for (arguments, line) in [
        (
            &["in", "--out", "full"][..],
            "error: full: found a folder that is not empty, expected a new one; name another with --out",
        ),
        (
            &["in", "--out", "in/out"],
            "error: in/out: lies in in, expected folders apart; name another with --out",
        ),
        (
            &["in", "--out", "out", "--key-file", "out/key.txt"],
            "error: out/key.txt: lies in the output folder, expected a place that is not given away with it",
        ),
        (
            &["in", "--out", "out", "--mapping", "out/map.csv"],
            "error: out/map.csv: lies in the output folder, expected a place that is not given away with it",
        ),
        (
            &["in", "--out", "out", "--key-file", "short.txt"],
            "error: short.txt: found a key of 6 bytes, expected 16 to 4096; leave the file out to have one drawn",
        ),
        (
            &["nowhere", "--out", "out"],
            "error: nowhere: no such file or folder",
        ),
    ] {
        assert_refused(&place, arguments, 1, line);
    }
}

#[test]
fn other_files_of_an_export_are_passed_over_and_refused_where_they_are_named() {
    let place = Place::new();
    write_key(&place);
    place.write("in/a.dcm", dated("P1", "20200228", "1.2.3", "1.2.3.1"));
    place.write("in/copy/a.dcm", dated("P1", "20200228", "1.2.3", "1.2.3.1"));
    place.write(
        "in/other/a.dcm",
        dated("P1", "20200229", "1.2.3", "1.2.3.1"),
    );
    place.write("in/readme.txt", "Doe, Jane");
    let outcome = deidentify(&place, &["--keep-dates", "shifted", "--json"]);
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
    let report: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(outcome.stdout, place.read("out/report.json"));
    let files = serde_json::json!({ "written": 2, "duplicates": 1, "skipped": 1, "refused": 0 });
    assert_eq!((&report["files"], &report["patients"]), (&files, &1.into()));
    let names: Vec<String> = outputs(&place).into_keys().collect();
    assert!(
        names.iter().any(|name| name.ends_with("-2.dcm")),
        "{names:?}"
    );

    assert_refused(
        &place,
        &["in/readme.txt", "--out", "second", "--key-file", "key.txt"],
        1,
        "error: in/readme.txt: found another kind of file, expected a DICOM file",
    );
    place.write("empty/readme.txt", "Doe, Jane");
    assert_refused(
        &place,
        &["empty", "--out", "third", "--key-file", "key.txt"],
        1,
        "error: empty: found no DICOM picture, expected at least one",
    );
    assert_refused(
        &place,
        &["in", "--out", "fourth", "--blank", "1,2,3"],
        2,
        "For more information, try '--help'.",
    );
}

#[test]
fn a_blanked_area_is_black_and_the_rest_is_as_it_was() {
    let place = Place::new();
    write_key(&place);
    place.write("in/a.dcm", Maker::new(Layout::Explicit, 3).file());
    let outcome = deidentify(
        &place,
        &["--blank", "2,1,3,2", "--blank", "62,62,9,9", "--json"],
    );
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let file = outputs(&place).pop_first().expect("a file").1;
    let found = pixels(&file);
    let mut changed = 0;
    for (index, (found, before)) in found.iter().zip(picture(3)).enumerate() {
        let (x, y) = (index % SIDE, index / SIDE);
        let is_inside = (2..5).contains(&x) && (1..3).contains(&y) || x >= 62 && y >= 62;
        let expected = if is_inside { 0 } else { i64::from(before) };
        assert_eq!(*found, expected, "{x},{y}");
        changed += usize::from(is_inside);
    }
    assert_eq!(changed, 10);
    let elements = top_level(&file);
    assert_eq!(elements[&0x0028_0301].1, b"NO");
    assert!(String::from_utf8_lossy(&elements[&0x0012_0064].1).contains("113101"));

    std::fs::remove_dir_all(place.path("out")).expect("removed");
    let outcome = deidentify(&place, &["--blank", "64,0,5,5"]);
    assert!(
        outcome.stdout.contains("1 file: nothing was blanked"),
        "{outcome:?}"
    );
    let file = outputs(&place).pop_first().expect("a file").1;
    assert_eq!(top_level(&file)[&0x0028_0301].1, b"YES ");
}

#[test]
fn the_mapping_is_written_on_request_alone() {
    let place = Place::new();
    write_key(&place);
    place.write("in/a.dcm", dated("P1", "20200228", "1.2.3", "1.2.3.1"));
    let outcome = deidentify(&place, &["--mapping", "map.csv"]);
    assert!(
        outcome
            .stderr
            .contains("warning: map.csv: says whose the pictures are"),
        "{outcome:?}"
    );
    let output = outputs(&place).into_keys().next().expect("a file");
    let expected =
        format!("input,patient_id,study_uid,instance_uid,output\nin/a.dcm,P1,,1.2.3.1,{output}\n");
    assert_eq!(place.read("map.csv"), expected);
}

/// The first code stream of a file of the reader's tests, in a file with a patient.
fn compressed(name: &str, syntax: &str, stream: impl Fn(&[u8]) -> Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../radiograph/tests/it")
        .join(name);
    let original = std::fs::read(&path).expect("a file of the reader's tests");
    let at = original
        .windows(4)
        .rposition(|four| four == [0xe0, 0x7f, 0x10, 0])
        .expect("pixel data");
    let offsets = u32::from_le_bytes(original[at + 16..at + 20].try_into().expect("four")) as usize;
    let item = at + 20 + offsets;
    let length =
        u32::from_le_bytes(original[item + 4..item + 8].try_into().expect("four")) as usize;
    let mut content = stream(&original[item + 8..item + 8 + length]);
    if content.len() % 2 == 1 {
        content.push(0);
    }
    let mut made = original[..item].to_vec();
    made.extend([0xfe, 0xff, 0, 0xe0]);
    made.extend((content.len() as u32).to_le_bytes());
    made.extend(content);
    made.extend(&original[item + 8 + length..]);
    assert!(
        original
            .windows(syntax.len())
            .any(|window| window == syntax.as_bytes())
    );
    (original, made)
}

#[test]
fn comments_in_code_streams_go_and_the_picture_stays() {
    let canary = b"CNRYCOMMENT";
    let segment = |code: u8, head: &[u8]| -> Vec<u8> {
        let length = (2 + head.len() + canary.len()) as u16;
        [&[0xff, code], &length.to_be_bytes()[..], head, canary].concat()
    };
    let jpeg = |stream: &[u8]| {
        let exif = segment(0xe1, b"Exif\0\0");
        let jfif = segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0");
        let comment = segment(0xfe, b"");
        [&stream[..2], &jfif, &exif, &comment, &stream[2..], canary].concat()
    };
    let jpeg_2000 = |stream: &[u8]| {
        let at = 4 + usize::from(u16::from_be_bytes([stream[4], stream[5]]));
        [
            &stream[..at],
            &segment(0x64, &[0, 1]),
            &stream[at..],
            canary,
        ]
        .concat()
    };
    let place = Place::new();
    write_key(&place);
    let mut tried = 0;
    for (name, syntax) in [
        ("stored/jpeg_lossless_sv1_12u.dcm", "1.2.840.10008.1.2.4.70"),
        ("stored/jpeg_extended_12u.dcm", "1.2.840.10008.1.2.4.51"),
        ("golden/jpeg_baseline.dcm", "1.2.840.10008.1.2.4.50"),
        ("stored/jpegls_near0_12u.dcm", "1.2.840.10008.1.2.4.80"),
        ("stored/j2k_12u.dcm", "1.2.840.10008.1.2.4.90"),
        ("stored/htj2k_12u.dcm", "1.2.840.10008.1.2.4.201"),
    ] {
        let is_2000 = name.contains("j2k");
        let (original, made) = compressed(name, syntax, |stream| {
            if is_2000 {
                jpeg_2000(stream)
            } else {
                jpeg(stream)
            }
        });
        place.write("in/a.dcm", &made);
        let outcome = deidentify(&place, &[]);
        assert_eq!(outcome.code, Some(0), "{name}: {outcome:?}");
        let file = outputs(&place).pop_first().expect("a file").1;
        assert!(Haystack::new(&made).holds(canary));
        assert!(!Haystack::new(&file).holds(canary), "{name}");
        assert!(!Haystack::new(&file).holds(b"openjp"), "{name}");
        assert_eq!(pixels(&file), pixels(&original), "{name}");
        std::fs::remove_dir_all(place.path("out")).expect("removed");

        let outcome = deidentify(&place, &["--blank", "0,0,2,1"]);
        assert_eq!(outcome.code, Some(0), "{name}: {outcome:?}");
        let file = outputs(&place).pop_first().expect("a file").1;
        let (blanked, before) = (pixels(&file), pixels(&original));
        assert_eq!(blanked[2..], before[2..], "{name}");
        assert_eq!(blanked[0], blanked[1]);
        std::fs::remove_dir_all(place.path("out")).expect("removed");
        tried += 1;
    }
    assert_eq!(tried, 6);
}

#[test]
fn training_and_prediction_copy_nothing_of_a_header() {
    let place = Place::new();
    let mut cohort = "patient,image,label\n".to_string();
    let mut canaries = Vec::new();
    for salt in 0..16 {
        let mut maker = Maker::new(Layout::Explicit, salt);
        place.write(&format!("images/{salt}.dcm"), maker.file());
        cohort.push_str(&format!("Q{salt},images/{salt}.dcm,{}\n", salt % 2));
        canaries = maker.canaries;
    }
    place.write("cohort.csv", cohort);
    let train = [&["train", "cohort.csv", "--out", "out/run"], &SMALL[..]].concat();
    let trained = place.run(&train);
    assert_eq!(trained.code, Some(0), "{trained:?}");
    let predicted = place.run(&["predict", "out/run", "images/0.dcm", "--json"]);
    assert_eq!(predicted.code, Some(0), "{predicted:?}");
    let mut traces = traces(&place, &trained);
    assert!(traces.len() > 15, "{}", traces.len());
    traces.push((
        "prediction".into(),
        Haystack::new((predicted.stdout + &predicted.stderr).as_bytes()),
    ));
    // Short numbers stand in weights and reports by chance.
    canaries.retain(|canary| canary.needle.len() > 8 && canary.vr != "IS");
    assert_absent(&traces, &canaries);
}

#[test]
fn the_report_on_the_terminal_says_what_was_done_and_what_was_not() {
    let place = Place::new();
    write_key(&place);
    place.write("in/a.dcm", Maker::new(Layout::Explicit, 1).file());
    insta::assert_snapshot!(
        place
            .run(&["deidentify", "in", "--out", "out", "--key-file", "key.txt"])
            .stdout
    );
}

#[test]
fn a_cohort_keeps_its_patients_and_labels_under_pseudonyms() {
    let place = Place::new();
    write_key(&place);
    for (name, patient) in [("a", "P1"), ("b", "P2"), ("c", "P3")] {
        let instance = format!("1.2.3.{}", patient.as_bytes()[1]);
        place.write(
            &format!("films/{name}.dcm"),
            dated(patient, "20200228", "1.2.3", &instance),
        );
    }
    // Two headers of one patient.
    let rows = "P1,films/a.dcm,1,63\nP1,films/b.dcm,1,63\nP3,films/c.dcm,0,48\n";
    place.write("cohort.csv", format!("patient,image,label,age\n{rows}"));
    let arguments = [
        "deidentify",
        "--cohort",
        "cohort.csv",
        "--out",
        "out",
        "--key-file",
        "key.txt",
    ];
    place.output(&arguments);
    let csv = place.read("out/cohort.csv");
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["patient", "image", "label"]);
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[1][0], rows[2][0]);
    assert_ne!(rows[1][0], rows[3][0]);
    assert!(rows[1][1].starts_with(rows[1][0]));
    assert_eq!((rows[1][2], rows[2][2], rows[3][2]), ("1", "1", "0"));
    assert!(
        rows[1..]
            .iter()
            .all(|row| outputs(&place).contains_key(row[1]))
    );
}

#[test]
fn an_area_of_a_device_is_blanked_in_its_pictures_alone() {
    let place = Place::new();
    write_key(&place);
    place.write("in/a.dcm", Maker::new(Layout::Explicit, 3).file());
    let mut tried = 0;
    for (rows, is_blanked) in [
        (
            "x,y,width,height,manufacturer\n0,0,1,1,acme imaging\n",
            true,
        ),
        (
            "x,y,width,height,manufacturer,model\n0,0,1,1,ACME Imaging,\n",
            true,
        ),
        ("x,y,width,height,columns,rows\n0,0,1,1,64,64\n", true),
        ("x,y,width,height,manufacturer\n0,0,1,1,Other\n", false),
        ("x,y,width,height,columns,rows\n0,0,1,1,64,65\n", false),
    ] {
        place.write("areas.csv", rows);
        let outcome = deidentify(&place, &["--blank-known", "areas.csv"]);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let file = outputs(&place).pop_first().expect("a file").1;
        let expected: &[u8] = if is_blanked { b"NO" } else { b"YES " };
        assert_eq!(top_level(&file)[&0x0028_0301].1, expected, "{rows}");
        let first = pixels(&file)[0];
        assert_eq!(first == 0, is_blanked, "{rows}");
        std::fs::remove_dir_all(place.path("out")).expect("removed");
        tried += 1;
    }
    assert_eq!(tried, 5);
    place.write("areas.csv", "x,y,width,height\n0,0,a,1\n");
    assert_refused(
        &place,
        &["in", "--out", "out", "--blank-known", "areas.csv"],
        1,
        "error: areas.csv, row 1: invalid digit found in string; expected x,y,width,height and, where wanted, \
         manufacturer,model,columns,rows",
    );
}
