//! What a hostile file takes: each is read by a process of its own, whose peak resident size and processor time, which
//! other processes do not lengthen, Linux tells. `cargo test -p radiograph every_attack -- --nocapture` prints them.

#![cfg(target_os = "linux")]

use std::process::Command;

use radiograph::{MAX_FILE_BYTES, MAX_PIXELS, read};

use crate::attack_files::{Attack, attacks};

const FILE: &str = "RADIOGRAPH_HOSTILE_FILE";

#[test]
#[ignore = "started by the test below, for one file"]
fn child_reads_one_file() {
    let Some(path) = std::env::var_os(FILE) else {
        return;
    };
    let before = processor_ms();
    let outcome = match read(path.as_ref()) {
        Ok(radiograph) => format!("read {} pixels", radiograph.image.pixels.len()),
        Err(error) => error.to_string(),
    };
    let milliseconds = processor_ms() - before;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = peak.unwrap().trim().trim_end_matches(" kB");
    println!("\n@\t{kibibytes}\t{milliseconds:.1}\t{outcome}");
}

/// Time that the threads of this process have spent on a processor.
fn processor_ms() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    threads
        .map(|thread| {
            let text = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
            let nanoseconds: f64 = text.split(' ').next().unwrap().parse().unwrap();
            nanoseconds / 1e6
        })
        .sum()
}

struct Found {
    peak_bytes: u64,
    processor_ms: f64,
    outcome: String,
}

/// What came of reading the bytes in a process of its own.
fn in_a_child(bytes: &[u8]) -> Found {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile");
    std::fs::write(&path, bytes).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "memory::child_reads_one_file",
            "--ignored",
            "--nocapture",
        ])
        .env(FILE, &path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("@\t"));
    let line = line.unwrap_or_else(|| panic!("{text} {:?}", output.status));
    let cells: Vec<&str> = line.splitn(3, '\t').collect();
    Found {
        peak_bytes: cells[0].parse::<u64>().unwrap() << 10,
        processor_ms: cells[1].parse().unwrap(),
        outcome: cells[2].into(),
    }
}

#[test]
fn every_attack_ends_within_200_ms_and_an_eighth_of_the_cap_and_the_largest_picture_within_twice() {
    let attacks = attacks();
    assert!(attacks.len() > 35, "{}", attacks.len());
    for Attack {
        name,
        bytes,
        outcome: expected,
    } in attacks
    {
        let found = in_a_child(&bytes);
        let (length, mebibytes) = (bytes.len(), found.peak_bytes >> 20);
        let (milliseconds, outcome) = (found.processor_ms, found.outcome);
        println!("{name}: {length} bytes, {mebibytes} MiB, {milliseconds} ms: {outcome}");
        assert!(outcome.contains(expected), "{name}: {outcome}");
        let is_large = outcome == format!("read {MAX_PIXELS} pixels");
        let most = if is_large {
            2 * MAX_FILE_BYTES
        } else {
            MAX_FILE_BYTES / 8
        };
        assert!(found.peak_bytes < most, "{name}: {mebibytes} MiB");
        assert!(
            is_large || milliseconds < 200.0,
            "{name}: {milliseconds} ms"
        );
    }
}
