//! Draws a few synthetic radiographs as PNG: `cargo run --release -p phantom --example draw -- FOLDER SEED COUNT WIDTH HEIGHT`.

use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, otherwise: usize| -> usize {
        arguments
            .get(i)
            .and_then(|a| a.parse().ok())
            .unwrap_or(otherwise)
    };
    let folder = arguments.first().map_or("phantoms", String::as_str);
    std::fs::create_dir_all(folder)?;
    let mut spent = 0.0;
    for index in 0..number(2, 4) as u64 {
        let start = Instant::now();
        let phantom =
            phantom::draw_patient(number(1, 1) as u64, index, number(3, 600), number(4, 750));
        spent += start.elapsed().as_secs_f64();
        let picture = phantom.picture;
        let grey: Vec<u8> = picture
            .stretched()
            .iter()
            .map(|v| (v / 257) as u8)
            .collect();
        let path = format!("{folder}/{index:03}.png");
        image::save_buffer(
            &path,
            &grey,
            picture.width as u32,
            picture.height as u32,
            image::ColorType::L8,
        )?;
    }
    eprintln!("{:.1} ms a picture", 1000.0 * spent / number(2, 4) as f64);
    Ok(())
}
