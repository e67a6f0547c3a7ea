//! A sheet of 24 synthetic radiographs as one small PNG: `cargo run --release -p phantom --example contact_sheet -- FILE SEED`.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use phantom::draw_patient;
use rayon::prelude::*;

const COLUMNS: usize = 8;
const ROWS: usize = 3;
/// Columns and rows of each picture on the sheet, which is drawn three times as large and averaged.
const SIZE: [usize; 2] = [168, 212];
const FINER: usize = 3;
/// Grey steps kept: with fewer values the file is smaller, and with still fewer smooth shades show contours.
const GREY_STEP: u32 = 2;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments
        .next()
        .unwrap_or_else(|| "phantoms.png".to_string());
    let seed = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(1);
    let tiles: Vec<Vec<u8>> = (0..(COLUMNS * ROWS) as u64)
        .into_par_iter()
        .map(|index| thumbnail(seed, index))
        .collect();
    let width = COLUMNS * SIZE[0];
    let mut sheet = vec![0u8; width * ROWS * SIZE[1]];
    for (number, tile) in tiles.iter().enumerate() {
        let (left, top) = (number % COLUMNS * SIZE[0], number / COLUMNS * SIZE[1]);
        for (row, line) in tile.chunks_exact(SIZE[0]).enumerate() {
            sheet[(top + row) * width + left..][..SIZE[0]].copy_from_slice(line);
        }
    }
    let rows = (ROWS * SIZE[1]) as u32;
    let png = PngEncoder::new_with_quality(
        std::fs::File::create(file)?,
        CompressionType::Best,
        FilterType::Adaptive,
    );
    png.write_image(&sheet, width as u32, rows, ExtendedColorType::L8)?;
    Ok(())
}

fn thumbnail(seed: u64, index: u64) -> Vec<u8> {
    let wide = FINER * SIZE[0];
    let picture = draw_patient(seed, index, wide, FINER * SIZE[1]).picture;
    let grey = picture.stretched();
    let mut tile = Vec::with_capacity(SIZE[0] * SIZE[1]);
    for row in 0..SIZE[1] {
        for column in 0..SIZE[0] {
            let sum: u32 = (0..FINER * FINER)
                .map(|k| (row * FINER + k / FINER) * wide + column * FINER + k % FINER)
                .map(|pixel| u32::from(grey[pixel]))
                .sum();
            let mean = sum / (FINER * FINER) as u32 / 257;
            tile.push((mean / GREY_STEP * GREY_STEP) as u8);
        }
    }
    tile
}
