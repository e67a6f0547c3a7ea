//! Draws pictures on all processors and says how many a second; the last argument, a folder, keeps them as PNG.
//!
//! `cargo run --release -p phantom --example draw -- SEED COUNT WIDTH HEIGHT [FOLDER]`

use phantom::draw_patient;
use rayon::prelude::*;
use std::io::Write;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seed, count, width, height] = [0, 1, 2, 3].map(|i| {
        let given = arguments.get(i).and_then(|a| a.parse::<usize>().ok());
        given.unwrap_or([1, 40, 1500, 1900][i])
    });
    let folder = arguments.get(4);
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder)?;
    }
    let start = Instant::now();
    (0..count as u64)
        .into_par_iter()
        .map(|index| {
            let picture = draw_patient(seed as u64, index, width, height).picture;
            let Some(folder) = folder else {
                return Ok(());
            };
            let grey: Vec<u8> = picture.stretched().iter().map(|v| (v >> 8) as u8).collect();
            let (columns, rows) = (width as u32, height as u32);
            let path = format!("{folder}/{index:03}.png");
            image::save_buffer(path, &grey, columns, rows, image::ColorType::L8)
        })
        .collect::<Result<(), _>>()?;
    let rate = count as f64 / start.elapsed().as_secs_f64();
    let threads = rayon::current_num_threads();
    writeln!(
        std::io::stdout(),
        "{rate:.1} pictures of {width} x {height} a second on {threads} threads"
    )?;
    Ok(())
}
