//! De-identified pictures: the same pixels in every transfer syntax, what is written can be read and done again, and no file
//! makes it panic.

use std::path::{Path, PathBuf};

use radiograph::deidentify::{Area, Blank, Dates, Key, Profile, deidentify};
use radiograph::{decode, decode_stored};

fn key() -> Key {
    Key::new(b"a key of more than sixteen bytes")
}

fn dicom_files() -> Vec<(PathBuf, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut paths: Vec<PathBuf> = ["golden", "stored"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "dcm"))
        .collect();
    paths.sort();
    let read = |path: PathBuf| (path.clone(), std::fs::read(path).unwrap());
    paths.into_iter().map(read).collect()
}

fn everything_kept() -> Profile {
    Profile {
        dates: Dates::Moved,
        keep_device: true,
        keep_characteristics: true,
        blank: Vec::new(),
    }
}

#[test]
fn every_picture_has_the_same_pixels_and_can_be_done_again() {
    let (mut done, mut refused) = (0, Vec::new());
    for (path, bytes) in dicom_files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let made = match deidentify(&bytes, &key(), &everything_kept()) {
            Ok(made) => made,
            Err(error) => {
                refused.push(format!("{name}: {error}"));
                continue;
            }
        };
        let (before, after) = (
            decode_stored(&bytes, None),
            decode_stored(&made.bytes, None),
        );
        assert_eq!(before.unwrap(), after.unwrap(), "{name}");
        if let Ok(before) = decode(&bytes) {
            let after = decode(&made.bytes).unwrap();
            assert_eq!(before.image, after.image, "{name}");
            assert_eq!(before.spacing, after.spacing, "{name}");
            assert_eq!(before.facts.photometric, after.facts.photometric, "{name}");
        }
        let again = deidentify(&made.bytes, &key(), &everything_kept()).unwrap();
        assert_eq!(
            decode_stored(&again.bytes, None).unwrap(),
            decode_stored(&bytes, None).unwrap()
        );
        done += 1;
    }
    assert_eq!(refused, Vec::<String>::new());
    assert!(done > 80, "{done}");
}

/// Readers take what describes the pixels whatever its header calls it, so it must neither be replaced as an identifier nor
/// moved as a date.
#[test]
fn what_describes_the_pixels_stays_as_it_is_whatever_it_is_declared_as() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/rle_16.dcm");
    let plain = std::fs::read(path).unwrap();
    let profile = Profile {
        dates: Dates::Moved,
        ..everything_kept()
    };
    let bits_allocated = b"\x28\0\0\x01US\x02\0";
    let photometric = b"\x28\0\x04\0CS\x0c\0";
    for header in [bits_allocated, photometric] {
        let at = (0..plain.len() - 8)
            .find(|&at| plain[at..at + 8] == *header)
            .unwrap();
        for vr in [b"UI", b"DA", b"LO", b"CS", b"PN", b"IS"] {
            let mut file = plain.clone();
            file[at + 4..at + 6].copy_from_slice(vr);
            let made = deidentify(&file, &key(), &profile).unwrap();
            let again = deidentify(&made.bytes, &key(), &profile).unwrap();
            for made in [made, again] {
                assert_eq!(
                    decode_stored(&made.bytes, None).unwrap(),
                    decode_stored(&plain, None).unwrap()
                );
                let object = dicom_object::from_reader(made.bytes.as_slice()).unwrap();
                let found = object.element_by_name("PhotometricInterpretation").unwrap();
                assert_eq!(found.to_str().unwrap().trim(), "MONOCHROME2");
            }
        }
    }
}

/// Run lengths have room for text: between the header and the first segment, and after what each plane needs.
#[test]
fn text_between_run_lengths_does_not_come_through() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden/rle_16.dcm");
    let plain = std::fs::read(path).unwrap();
    const ITEM: [u8; 4] = [0xfe, 0xff, 0x00, 0xe0];
    const DELIMITER: [u8; 8] = [0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0];
    let items: Vec<usize> = (0..plain.len() - 4)
        .filter(|&at| plain[at..at + 4] == ITEM)
        .collect();
    let [_, fragment] = items[..] else {
        panic!("{items:?}")
    };
    let number =
        |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let frame = &plain[fragment + 8..][..number(&plain, fragment + 4) as usize];
    let starts: Vec<usize> = (0..2).map(|i| number(frame, 4 + 4 * i) as usize).collect();
    let segments = [&frame[starts[0]..starts[1]], &frame[starts[1]..]];
    let text = b"CANARY^NAME!";
    let mut body = text.to_vec();
    let mut header = vec![2_u32];
    for segment in segments {
        header.push(64 + body.len() as u32);
        body.extend([segment, text.as_slice()].concat());
    }
    header.resize(16, u32::from_le_bytes(*b"CANA"));
    let mut hidden: Vec<u8> = header
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    hidden.extend(body);
    let length = (hidden.len() as u32).to_le_bytes();
    let file = [&plain[..fragment + 4], &length, &hidden, &DELIMITER].concat();

    let holds = |bytes: &[u8]| bytes.windows(4).any(|part| part == b"CANA");
    assert!(holds(&file));
    let made = deidentify(&file, &key(), &everything_kept()).unwrap();
    assert!(!holds(&made.bytes));
    assert_eq!(
        decode_stored(&made.bytes, None).unwrap(),
        decode_stored(&plain, None).unwrap()
    );
}

#[test]
fn a_blanked_picture_differs_nowhere_else() {
    let area = Area {
        x: 1,
        y: 0,
        width: 2,
        height: 1,
    };
    let profile = Profile {
        blank: vec![Blank::everywhere(area)],
        ..Profile::default()
    };
    let (mut done, mut refused) = (0, 0);
    for (path, bytes) in dicom_files() {
        let Ok(made) = deidentify(&bytes, &key(), &profile) else {
            refused += 1;
            continue;
        };
        let before = decode_stored(&bytes, None).unwrap();
        let after = decode_stored(&made.bytes, None).unwrap();
        assert_eq!((before.width, before.height), (after.width, after.height));
        let colours = before.samples_per_pixel;
        for (index, (before, after)) in before.values.iter().zip(after.values.iter()).enumerate() {
            let pixel = index / colours;
            let is_inside = (1..3).contains(&pixel);
            assert!(
                is_inside || before == after,
                "{} pixel {pixel}",
                path.display()
            );
        }
        let black = after.values.at(colours);
        assert!(
            (colours..3 * colours).all(|at| after.values.at(at) == black),
            "{}",
            path.display()
        );
        done += 1;
    }
    // Palettes, YBR and compressed colours are refused.
    assert!(done > 70 && refused < 15, "{done} {refused}");
}

#[test]
fn a_damaged_file_is_done_or_refused_in_one_line() {
    let (mut tried, mut done) = (0, 0);
    let mut attempt = |bytes: &[u8]| {
        tried += 1;
        match deidentify(bytes, &key(), &everything_kept()) {
            Ok(made) => {
                done += 1;
                deidentify(&made.bytes, &key(), &everything_kept()).unwrap();
            }
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
    };
    for (_, bytes) in dicom_files() {
        for length in (0..bytes.len()).step_by(41) {
            attempt(&bytes[..length]);
        }
        for position in (0..bytes.len()).step_by(11) {
            for value in [0, 0xff, bytes[position] ^ 0x11] {
                let mut damaged = bytes.clone();
                damaged[position] = value;
                attempt(&damaged);
            }
        }
    }
    assert!(tried > 10_000 && done > 1000, "{tried} {done}");
}

#[test]
fn sequences_without_end_and_lengths_beyond_the_file_are_refused() {
    let start = |rest: &[u8]| [&[0; 128], b"DICM".as_slice(), rest].concat();
    let open = [
        0x08, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0, 0xe0, 0xff,
        0xff, 0xff, 0xff,
    ];
    let long = [
        0x08, 0, 0x70, 0, b'U', b'T', 0, 0, 0xfe, 0xff, 0xff, 0xff, b'x', b'y',
    ];
    for rest in [open.repeat(100_000), long.to_vec()] {
        let error = deidentify(&start(&rest), &key(), &Profile::default()).unwrap_err();
        assert!(!error.is_no_picture(), "{error}");
    }
}
