//! Stored pixel values beside those of pydicom's plugins and dcmtk, for every file that `dicom_conformance.py` found.
//! Prints the table of docs/dicom.md.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use radiograph::{DecodeError, StoredValues, decode_stored};

/// One frame of one file, and what each peer says of it.
struct Case {
    path: PathBuf,
    syntax: String,
    frame: u32,
    /// Peer, outcome, raw file, note.
    peers: Vec<[String; 4]>,
}

#[derive(Default)]
struct Row {
    frames: usize,
    by_peers: usize,
    decoded: usize,
    equal: usize,
    one_level: usize,
    refused: Vec<String>,
    different: Vec<String>,
}

fn cases(folder: &Path) -> Vec<Case> {
    let mut cases: BTreeMap<(PathBuf, u32), Case> = BTreeMap::new();
    for line in std::fs::read_to_string(folder.join("index.tsv"))
        .unwrap()
        .lines()
        .skip(1)
    {
        let cells: Vec<&str> = line.split('\t').collect();
        let [path, syntax, frame, peer, outcome, _, _, _, raw, note] = cells[..] else {
            panic!("{line}");
        };
        let frame: u32 = frame.parse().unwrap();
        let case = cases.entry((path.into(), frame)).or_insert_with(|| Case {
            path: path.into(),
            syntax: syntax.into(),
            frame,
            peers: Vec::new(),
        });
        case.peers
            .push([peer, outcome, raw, note].map(str::to_string));
    }
    cases.into_values().collect()
}

/// The range of stored values: lossy HTJ2K of OpenJPH's overshoots it, and pydicom leaves that as it is.
fn stored_range(case: &Case, values: &StoredValues) -> (i32, i32) {
    let bits = case.peers[0][3].rsplit(' ').next().unwrap();
    match bits.parse::<u32>() {
        Ok(bits) if case.syntax == LOSSY_HTJ2K => {
            let low = if values.iter().any(|value| value < 0) {
                -(1 << (bits - 1))
            } else {
                0
            };
            (low, low + (1 << bits) - 1)
        }
        _ => (i32::MIN, i32::MAX),
    }
}

/// The largest difference to a peer's values; none where the shapes differ.
fn difference(values: &StoredValues, raw: &Path, (low, high): (i32, i32)) -> Option<i64> {
    let bytes = std::fs::read(raw).unwrap();
    let expected = bytes.as_chunks::<4>().0;
    if expected.len() != values.len() {
        return None;
    }
    let pairs = values.iter().zip(expected);
    pairs
        .map(|(found, &four)| {
            // Peers' values of 32 unsigned bits were written as signed ones.
            let expected = i32::from_le_bytes(four).clamp(low, high);
            (found as i32).abs_diff(expected).into()
        })
        .max()
}

const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const LOSSY_HTJ2K: &str = "1.2.840.10008.1.2.4.203";

#[test]
#[ignore = "needs CORDSIGHT_DICOM_CONFORMANCE, the folder that tools/golden/dicom_conformance.py writes"]
fn stored_values_are_those_of_a_peer_but_for_three_files() {
    let folder = std::env::var_os("CORDSIGHT_DICOM_CONFORMANCE").unwrap();
    let folder = PathBuf::from(folder);
    let mut table: BTreeMap<String, Row> = BTreeMap::new();
    for case in cases(&folder) {
        let is_read = |peer: &&[String; 4]| peer[1] == "decoded" || peer[1] == "float";
        let readers: Vec<&[String; 4]> = case.peers.iter().filter(is_read).collect();
        let row = table.entry(case.syntax.clone()).or_default();
        row.frames += 1;
        row.by_peers += usize::from(!readers.is_empty());
        let name = case.path.file_name().unwrap().to_string_lossy();
        let bytes = std::fs::read(&case.path).unwrap();
        match decode_stored(&bytes, NonZeroU32::new(case.frame + 1)) {
            Err(error) => {
                assert!(!error.to_string().contains('\n'), "{error}");
                if !readers.is_empty() {
                    row.refused.push(format!("{name}: {error}"));
                }
                assert!(!matches!(error, DecodeError::Empty), "{name}");
            }
            Ok(stored) => {
                row.decoded += 1;
                let range = stored_range(&case, &stored.values);
                let differences: Vec<(String, Option<i64>)> = readers
                    .iter()
                    .map(|peer| {
                        (
                            peer[0].clone(),
                            difference(&stored.values, &folder.join(&peer[2]), range),
                        )
                    })
                    .collect();
                if differences.iter().any(|(_, most)| *most == Some(0)) {
                    row.equal += 1;
                } else if differences.iter().any(|(_, most)| *most == Some(1)) {
                    row.one_level += 1;
                } else {
                    let note = &case.peers[0][3];
                    row.different.push(format!(
                        "{name} frame {}: {note} {differences:?}",
                        case.frame
                    ));
                }
            }
        }
    }
    println!(
        "| transfer syntax | frames | peers decode | decoded | equal | one level apart | refused of theirs |"
    );
    for (syntax, row) in &table {
        println!(
            "| {syntax} | {} | {} | {} | {} | {} | {} |",
            row.frames,
            row.by_peers,
            row.decoded,
            row.equal,
            row.one_level,
            row.refused.len()
        );
    }
    for (syntax, row) in &table {
        row.refused
            .iter()
            .for_each(|line| println!("refused {syntax}: {line}"));
        row.different
            .iter()
            .for_each(|line| println!("different {syntax}: {line}"));
    }
    for (syntax, row) in &table {
        let unequal = row.by_peers - row.equal;
        let allowed = match syntax.as_str() {
            // One with floating-point pixels, and two whose High Bit pydicom does not apply: see docs/dicom.md.
            EXPLICIT => 3,
            _ => 0,
        };
        assert!(unequal <= allowed, "{syntax}: {unequal} frames");
    }
    let equal: usize = table.values().map(|row| row.equal).sum();
    assert!(equal > 100, "{equal}");
}
