//! What a picture costs on one processor: drawing it, and encoding it as DICOM and as PNG.
//!
//! Time is that of the processor where the system says it (Linux), and so does not grow with the work of others.
//!
//! `cargo run --release -p phantom --example speed -- COUNT WIDTH HEIGHT`

use phantom::draw_patient;
use radiograph::{DicomImage, Facing, View, encode_dicom, encode_png16};
use std::io::Write;
use std::sync::LazyLock;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, width, height] = [0, 1, 2].map(|i| {
        let given = arguments.get(i).and_then(|a| a.parse::<usize>().ok());
        given.unwrap_or([20, 1500, 1900][i])
    });
    let (mut times, mut bytes) = ([f64::INFINITY; 3], [0; 2]);
    for index in 0..count as u64 {
        let start = now_ms();
        let picture = draw_patient(1, index, width, height).picture;
        let drawn = now_ms();
        let dicom = encode_dicom(&DicomImage {
            width,
            height,
            pixels: &picture.pixels,
            bits_stored: u16::from(picture.bits),
            spacing_mm: (picture.spacing_mm, picture.spacing_mm),
            window: Some(picture.window()),
            patient_id: "P001",
            view: View::LeftLateral,
            facing: Facing::Left,
            manufacturer: "cordsight phantom",
            uid_seed: "speed",
        })?;
        let encoded = now_ms();
        let png = encode_png16(width, height, &picture.stretched())?;
        let took = [drawn - start, encoded - drawn, now_ms() - encoded];
        times = [0, 1, 2].map(|i| times[i].min(took[i]));
        bytes = [bytes[0] + dicom.len(), bytes[1] + png.len()];
    }
    let [drawn, dicom, png] = times;
    let mean = bytes.map(|b| b as f64 / 1e6 / count as f64);
    writeln!(
        std::io::stdout(),
        "{width} x {height}, least of {count}: drawing {drawn:.2} ms, DICOM {dicom:.2} ms ({:.2} MB), PNG {png:.2} ms ({:.2} MB)",
        mean[0],
        mean[1]
    )?;
    Ok(())
}

/// Time that this thread has had on a processor, or else of the clock.
fn now_ms() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = status.split(' ').next().and_then(|n| n.parse().ok());
    nanoseconds.map_or_else(
        || 1e3 * START.elapsed().as_secs_f64(),
        |nanoseconds: f64| nanoseconds / 1e6,
    )
}
