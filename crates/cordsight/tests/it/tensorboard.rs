//! Event files for TensorBoard: what they hold, read by a reader of our own that shares nothing with the writer, and that a
//! stopped run goes on in the same curve. tools/golden/tensorboard_reads.py does the same with TensorBoard itself.

use std::path::Path;

use phantom::Format;

use crate::program::{Place, SMALL, cv, json, small_settings};
use crate::resume::{finish, request, resumed, stop};
use cordsight::config::Settings;
use cordsight::train::Request;

const FILE: &str = "events.out.tfevents.cordsight";

/// CRC-32C bit by bit, as RFC 3720 defines it.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 };
        }
    }
    !crc
}

fn masked(bytes: &[u8]) -> u32 {
    let crc = crc32c(bytes);
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// The events of a file whose every frame must be whole.
fn frames(mut file: &[u8]) -> Vec<Vec<u8>> {
    let mut events = Vec::new();
    while !file.is_empty() {
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        let sum = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        assert_eq!(sum(8), masked(&file[..8]));
        let event = &file[12..12 + length];
        assert_eq!(sum(12 + length), masked(event));
        events.push(event.to_vec());
        file = &file[16 + length..];
    }
    events
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return value;
        }
        shift += 7;
    }
}

/// Fields of a message: number, and the bytes of its value.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                let value = varint(&mut bytes);
                fields.push((key >> 3, value.to_le_bytes().to_vec()));
                continue;
            }
            1 => 8,
            2 => varint(&mut bytes) as usize,
            5 => 4,
            other => panic!("wire type {other}"),
        };
        fields.push((key >> 3, bytes[..length].to_vec()));
        bytes = &bytes[length..];
    }
    fields
}

/// Step, tag and value of every scalar, in the order of the file.
fn scalars(path: &Path) -> Vec<(u64, String, f32)> {
    let file = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let events = frames(&file);
    let of = |bytes: &[u8], number: u64| -> Vec<Vec<u8>> {
        let all = fields(bytes).into_iter();
        all.filter(|field| field.0 == number)
            .map(|field| field.1)
            .collect()
    };
    assert_eq!(of(&events[0], 3), [b"brain.Event:2".to_vec()]);
    let mut found = Vec::new();
    for event in &events[1..] {
        let time = f64::from_le_bytes(of(event, 1)[0][..].try_into().unwrap());
        assert!(time > 1.7e9, "{time}");
        let step = u64::from_le_bytes(of(event, 2)[0][..].try_into().unwrap());
        for value in of(&of(event, 5)[0], 1) {
            let tag = String::from_utf8(of(&value, 1)[0].clone()).unwrap();
            let number = f32::from_le_bytes(of(&value, 2)[0][..].try_into().unwrap());
            found.push((step, tag, number));
        }
    }
    found
}

/// Asserts that the curves of a run are those of its `metrics.jsonl`, each step once; how many steps have a time.
fn assert_curves(run: &Path, epochs: usize) -> usize {
    let history = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let history: Vec<serde_json::Value> = history.lines().map(json).collect();
    assert_eq!(history.len(), epochs);
    let of = |part: &str, tag: &str| -> Vec<(u64, f32)> {
        let all = scalars(&run.join("tensorboard").join(part).join(FILE));
        let all = all.into_iter().filter(|scalar| scalar.1 == tag);
        all.map(|(step, _, value)| (step, value)).collect()
    };
    let expected = |key: &str| -> Vec<(u64, f32)> {
        let known = history.iter().filter(|epoch| !epoch[key].is_null());
        let value = |epoch: &serde_json::Value| epoch[key].as_f64().unwrap() as f32;
        known
            .map(|epoch| (epoch["epoch"].as_u64().unwrap(), value(epoch)))
            .collect()
    };
    let mut compared = 0;
    for (part, tag, key) in [
        ("train", "epoch_loss", "train_loss"),
        ("train", "epoch_auc", "train_auc"),
        ("validation", "epoch_loss", "validation_loss"),
        ("validation", "epoch_auc", "validation_auc"),
    ] {
        if history[0][key].is_null() {
            continue;
        }
        let found = of(part, tag);
        assert_eq!(found, expected(key), "{part} {tag}");
        compared += found.len();
    }
    assert!(compared >= epochs);
    assert_eq!(of("train", "epoch_learning_rate").len(), epochs);
    let seconds = of("train", "epoch_seconds");
    assert!(seconds.iter().all(|of| of.1 > 0.0), "{seconds:?}");
    seconds.len()
}

fn with_events(place: &Place, out: &str, epochs: u32) -> Request {
    let settings = Settings {
        validation: Some(0.4),
        ..small_settings(epochs)
    };
    Request {
        tensorboard: true,
        ..request(place, out, settings)
    }
}

#[test]
fn a_run_stopped_and_resumed_has_each_step_once_even_with_torn_or_lost_events() {
    let place = Place::new();
    place.draw_cohort(24, 1, Format::Png);
    let whole = with_events(&place, "whole", 4);
    finish(&whole);
    assert_eq!(assert_curves(&whole.out, 4), 4);
    let rate = scalars(&whole.out.join("tensorboard/train").join(FILE));
    let rate = rate.iter().find(|scalar| scalar.1 == "epoch_learning_rate");
    assert_eq!(rate, Some(&(1, "epoch_learning_rate".to_string(), 1e-3)));

    // The flag is not needed again.
    let halved = with_events(&place, "halved", 4);
    stop(&halved, 2);
    let again = Request {
        tensorboard: false,
        ..resumed(&halved)
    };
    finish(&again);
    assert_eq!(assert_curves(&halved.out, 4), 4);

    // An event that was being written, and one of an epoch whose checkpoint was lost.
    let torn = with_events(&place, "torn", 4);
    stop(&torn, 2);
    let train = torn.out.join("tensorboard/train").join(FILE);
    let other = std::fs::read(whole.out.join("tensorboard/train").join(FILE)).unwrap();
    std::fs::write(&train, &other[..other.len() - 5]).unwrap();
    std::fs::remove_file(torn.out.join("tensorboard/validation").join(FILE)).unwrap();
    finish(&resumed(&torn));
    assert_eq!(assert_curves(&torn.out, 4), 4);

    // Asked for only when the run goes on: the epochs before have no time, but all else.
    let late = with_events(&place, "late", 4);
    let without = Request {
        tensorboard: false,
        ..late.clone()
    };
    stop(&without, 2);
    assert!(!late.out.join("tensorboard").exists());
    finish(&resumed(&late));
    assert_eq!(assert_curves(&late.out, 4), 2);
}

#[test]
fn train_and_every_fold_of_cv_write_events_on_request_and_results_do_not_change() {
    let place = Place::new();
    place.draw_cohort(16, 3, Format::Png);
    let train = |out: &str, more: &[&str]| {
        let command = [
            "train",
            "cohort/cohort.csv",
            "--out",
            out,
            "--no-robustness",
        ];
        place.output(&[&command, &SMALL[..], more].concat());
    };
    train("with", &["--tensorboard"]);
    train("without", &[]);
    assert_eq!(assert_curves(&place.path("with"), 1), 1);
    assert!(!place.path("with/tensorboard/validation").exists());
    assert!(!place.path("without/tensorboard").exists());
    let files = [
        "model.safetensors",
        "metrics.json",
        "predictions.csv",
        "config.toml",
    ];
    place.assert_same("with", "without", &files);
    place.output(&cv("cv", &["--folds", "2", "--tensorboard"]));
    for fold in ["repeat-1-fold-1", "repeat-1-fold-2"] {
        assert_eq!(assert_curves(&place.path("cv").join(fold), 1), 1);
    }
    let several = [
        &[
            "train",
            "cohort/findings.csv",
            "--out",
            "several",
            "--tensorboard",
        ],
        &SMALL[..],
        &["--findings", "csm,narrow_canal", "--test", "0.5"],
    ];
    place.output(&several.concat());
    assert_eq!(assert_curves(&place.path("several"), 1), 1);
}
