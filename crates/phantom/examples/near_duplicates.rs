//! How well and how fast copies of radiographs are found: recall by kind of copy, false alarms, time, memory.
//!
//! `cargo run --release -p phantom --example near_duplicates -- PICTURES COPIED [FOLDER]` draws PICTURES small synthetic
//! radiographs, all of different patients, and larger ones of COPIED further patients with copies of each kind; it searches
//! among all of them. With a FOLDER the larger ones and their copies are kept as PNG, for other programs.

use image::{DynamicImage, GrayImage, Luma, imageops};
use phantom::{Drawing, Posture, draw_patient, draw_patient_as};
use radiograph::GreyImage;
use radiograph::near_duplicate::{Fingerprint, near_pairs};
use rayon::prelude::*;
use std::collections::HashMap;
use std::io::{Cursor, Write};
use std::time::Instant;

type Copy = (&'static str, fn(&GrayImage) -> GrayImage);

const COPIES: [Copy; 20] = [
    ("JPEG, quality 75", |p| jpeg(p, 75)),
    ("JPEG, quality 30", |p| jpeg(p, 30)),
    ("brighter by a tenth", |p| curve(p, |v| v + 0.1)),
    ("contrast 0.7", |p| curve(p, |v| 0.5 + 0.7 * (v - 0.5))),
    ("contrast 1.3", |p| curve(p, |v| 0.5 + 1.3 * (v - 0.5))),
    ("gamma 0.6", |p| curve(p, |v| v.powf(0.6))),
    ("gamma 1.6", |p| curve(p, |v| v.powf(1.6))),
    ("half the size", |p| resized(p, 0.5)),
    ("1.4 times the size", |p| resized(p, 1.4)),
    ("turned by 1 degree", |p| turned(p, 1.0)),
    ("turned by 2 degrees", |p| turned(p, 2.0)),
    ("cut 2 % all round", |p| cut(p, [0.01; 4])),
    ("cut 5 % all round", |p| cut(p, [0.025; 4])),
    ("cut 10 % all round", |p| cut(p, [0.05; 4])),
    ("cut 5 % at the left", |p| cut(p, [0.05, 0.0, 0.0, 0.0])),
    ("cut 10 % at the left", |p| cut(p, [0.1, 0.0, 0.0, 0.0])),
    ("cut 10 % at the bottom", |p| cut(p, [0.0, 0.0, 0.0, 0.1])),
    ("cut 10 % at a corner", |p| cut(p, [0.1, 0.1, 0.0, 0.0])),
    ("mirrored", imageops::flip_horizontal),
    ("mirrored, JPEG, gamma 1.6", |p| {
        jpeg(&curve(&imageops::flip_horizontal(p), |v| v.powf(1.6)), 75)
    }),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, otherwise: u64| {
        arguments
            .get(i)
            .and_then(|a| a.parse().ok())
            .unwrap_or(otherwise)
    };
    let (pictures, copied) = (number(0, 5_000), number(1, 200));
    let folder = arguments.get(2);
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder)?;
    }
    let mut out = std::io::stdout().lock();

    let start = Instant::now();
    let small: Vec<Fingerprint> = (0..pictures)
        .into_par_iter()
        .map(|index| Fingerprint::of(&grey(&drawn(1, index, 96, 120, Posture::Neutral))))
        .collect();
    writeln!(
        out,
        "{pictures} pictures of 96 x 120 drawn in {:.1} s",
        start.elapsed().as_secs_f64()
    )?;

    // Patient by patient: the original, another posture, the copies.
    let large: Vec<Vec<Fingerprint>> = (0..copied)
        .into_par_iter()
        .map(|index| {
            let original = drawn(2, index, 480, 600, Posture::Neutral);
            let bent = drawn(2, index, 480, 600, Posture::Flexion);
            let mut all = vec![original.clone(), bent];
            all.extend(COPIES.map(|(_, copy)| copy(&original)));
            if let Some(folder) = folder {
                for (kind, picture) in all.iter().enumerate() {
                    picture
                        .save(format!("{folder}/{index:05}_{kind:02}.png"))
                        .map_err(|e| e.to_string())?;
                }
            }
            Ok(all
                .iter()
                .map(|picture| Fingerprint::of(&grey(picture)))
                .collect())
        })
        .collect::<Result<_, String>>()?;
    let kinds = COPIES.len() + 2;

    let start = Instant::now();
    let alone = near_pairs(&small);
    writeln!(
        out,
        "{pictures} pictures of different patients: {} pairs found, {:.1} s on {} threads, peak memory {} MB",
        alone.pairs.len(),
        start.elapsed().as_secs_f64(),
        rayon::current_num_threads(),
        peak_mb().map_or("?".into(), |mb| mb.to_string())
    )?;
    for least in [0.9, 0.92, 0.94, 0.96, 0.98] {
        let pairs = alone.pairs.iter().filter(|pair| pair.similarity >= least);
        writeln!(out, "  {} at least {least} alike", pairs.count())?;
    }

    let first_large = small.len();
    let mut prints = small;
    prints.extend(large.into_iter().flatten());
    let start = Instant::now();
    let found = near_pairs(&prints);
    writeln!(
        out,
        "{} pictures with copies: {} pairs, {} left out, {:.1} s",
        prints.len(),
        found.pairs.len(),
        found.left_out,
        start.elapsed().as_secs_f64()
    )?;
    let owner = |picture: usize| (picture >= first_large).then(|| (picture - first_large) / kinds);
    let mut by_pair = HashMap::new();
    let (mut strangers, mut worst) = (0, 0.0_f32);
    for pair in &found.pairs {
        by_pair.insert((pair.first, pair.second), *pair);
        if owner(pair.first).is_none() || owner(pair.first) != owner(pair.second) {
            strangers += 1;
            worst = worst.max(pair.similarity);
        }
    }
    writeln!(
        out,
        "pairs of different patients: {strangers} (most alike {worst:.3})"
    )?;
    let names = ["same patient, chin to chest"]
        .into_iter()
        .chain(COPIES.iter().map(|copy| copy.0));
    for (kind, name) in names.enumerate() {
        let pairs: Vec<_> = (0..copied as usize)
            .filter_map(|patient| {
                let original = first_large + patient * kinds;
                by_pair.get(&(original, original + kind + 1))
            })
            .collect();
        let least = pairs.iter().map(|pair| pair.similarity).fold(1.0, f32::min);
        let mirrored = pairs.iter().filter(|pair| pair.mirrored).count();
        writeln!(
            out,
            "{name:30} {:5.1} % found with its original ({} of {copied}, least alike {least:.3}, {mirrored} as mirror images)",
            100.0 * pairs.len() as f64 / copied as f64,
            pairs.len()
        )?;
    }
    Ok(())
}

fn drawn(seed: u64, index: u64, width: usize, height: usize, posture: Posture) -> GrayImage {
    let picture = if posture == Posture::Neutral {
        draw_patient(seed, index, width, height).picture
    } else {
        let drawing = Drawing {
            posture,
            ..Drawing::default()
        };
        draw_patient_as(seed, index, width, height, &drawing).picture
    };
    let pixels = picture.stretched();
    GrayImage::from_fn(width as u32, height as u32, |x, y| {
        Luma([(pixels[y as usize * width + x as usize] >> 8) as u8])
    })
}

fn grey(picture: &GrayImage) -> GreyImage {
    GreyImage {
        width: picture.width() as usize,
        height: picture.height() as usize,
        pixels: picture
            .pixels()
            .map(|p| f32::from(p.0[0]) / 255.0)
            .collect(),
    }
}

fn jpeg(picture: &GrayImage, quality: u8) -> GrayImage {
    let mut bytes = Cursor::new(Vec::new());
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
    let written = DynamicImage::ImageLuma8(picture.clone()).write_with_encoder(encoder);
    let read = image::load_from_memory(bytes.get_ref());
    written
        .and(read)
        .map_or_else(|_| picture.clone(), |read| read.to_luma8())
}

fn curve(picture: &GrayImage, change: fn(f32) -> f32) -> GrayImage {
    let mut changed = picture.clone();
    for pixel in changed.pixels_mut() {
        let value = change(f32::from(pixel.0[0]) / 255.0).clamp(0.0, 1.0);
        pixel.0[0] = (255.0 * value + 0.5) as u8;
    }
    changed
}

fn resized(picture: &GrayImage, by: f32) -> GrayImage {
    let side = |pixels: u32| (pixels as f32 * by) as u32;
    let [width, height] = [side(picture.width()), side(picture.height())];
    imageops::resize(picture, width, height, imageops::FilterType::Triangle)
}

/// Cut by a share of each side: left, top, right, bottom.
fn cut(picture: &GrayImage, [left, top, right, bottom]: [f32; 4]) -> GrayImage {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let size =
        [width * (1.0 - left - right), height * (1.0 - top - bottom)].map(|side| side as u32);
    imageops::crop_imm(
        picture,
        (left * width) as u32,
        (top * height) as u32,
        size[0],
        size[1],
    )
    .to_image()
}

fn turned(picture: &GrayImage, degrees: f32) -> GrayImage {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let middle = [picture.width() as f32 / 2.0, picture.height() as f32 / 2.0];
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let (x, y) = (x as f32 - middle[0], y as f32 - middle[1]);
        let place = [x * cos + y * sin + middle[0], y * cos - x * sin + middle[1]];
        imageops::interpolate_bilinear(picture, place[0], place[1]).unwrap_or(Luma([0]))
    })
}

/// Peak resident memory of this process, where the system says.
fn peak_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1000)
}
