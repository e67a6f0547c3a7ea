//! How long it takes from the bytes of DICOM files in memory to their stored values as an array.
//!
//! `cargo run --release -p radiograph --example decode_speed -- REPEATS THREADS FILE...`
//!
//! A JSON line a file: the fastest and the median time of a picture, in milliseconds, after one decode that does not
//! count. With several threads each decodes the file for itself, as an audit does with many files, and a time is that
//! of the round divided by the threads. `pool` is how many threads JPEG 2000 may use within one picture
//! (RAYON_NUM_THREADS). `crc32` is that of the values as little-endian 16-bit words, for comparison
//! with another program. `bench/peers/dicom.sh` sets it beside other readers.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use radiograph::{StoredValues, decode_stored};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [repeats, threads, files @ ..] = &arguments[..] else {
        return Err("expected REPEATS THREADS FILE...".into());
    };
    let (repeats, threads): (usize, usize) = (repeats.parse()?, threads.parse()?);
    for file in files {
        let bytes = std::fs::read(file)?;
        let first = decode_stored(&bytes, None).map_err(|error| format!("{file}: {error}"))?;
        let mut times: Vec<f64> = (0..repeats.max(1))
            .map(|_| round(&bytes, threads.max(1)))
            .collect();
        times.sort_by(f64::total_cmp);
        writeln!(
            std::io::stdout(),
            "{{\"program\": \"cordsight\", \"file\": {file:?}, \"threads\": {threads}, \"pool\": {}, \
             \"fastest_ms\": {:.3}, \"median_ms\": {:.3}, \"crc32\": {}}}",
            rayon::current_num_threads(),
            times[0],
            times[times.len() / 2],
            checksum(&first.values),
        )?;
    }
    Ok(())
}

/// Milliseconds a picture where each thread decodes one.
fn round(bytes: &[u8], threads: usize) -> f64 {
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| black_box(decode_stored(black_box(bytes), None)).is_ok());
        }
        black_box(decode_stored(black_box(bytes), None)).is_ok()
    });
    started.elapsed().as_secs_f64() * 1e3 / threads as f64
}

fn checksum(values: &StoredValues) -> u32 {
    let mut crc = flate2::Crc::new();
    for value in values.iter() {
        crc.update(&(value as u16).to_le_bytes());
    }
    crc.sum()
}
