//! Copies among many pictures: found whatever was done to them, strangers left alone, the same for any number of threads.

use radiograph::GreyImage;
use radiograph::near_duplicate::{Fingerprint, NearPairs, near_pairs, pixel_digest};

const SIDE: usize = 96;

/// A picture of soft blobs, another one for each number.
fn picture(number: u64) -> GreyImage {
    const KNOTS: usize = 13;
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let knots: Vec<f32> = (0..KNOTS * KNOTS)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32
        })
        .collect();
    drawn(|x, y| {
        let place = |share: f32| (share * (KNOTS - 1) as f32).min(KNOTS as f32 - 1.001);
        let (u, v) = (place(x), place(y));
        let (i, j) = (u as usize, v as usize);
        let (s, t) = (u - i as f32, v - j as f32);
        let line = |j: usize| knots[j * KNOTS + i] * (1.0 - s) + knots[j * KNOTS + i + 1] * s;
        0.1 + 0.7 * (line(j) * (1.0 - t) + line(j + 1) * t)
    })
}

fn drawn(grey: impl Fn(f32, f32) -> f32) -> GreyImage {
    let share = |i: usize| (i as f32 + 0.5) / SIDE as f32;
    let places = (0..SIDE * SIDE).map(|i| (share(i % SIDE), share(i / SIDE)));
    GreyImage {
        width: SIDE,
        height: SIDE,
        pixels: places.map(|(x, y)| grey(x, y)).collect(),
    }
}

fn at(image: &GreyImage, x: f32, y: f32) -> f32 {
    let cell = |share: f32| ((share * SIDE as f32) as usize).min(SIDE - 1);
    image.pixels[cell(y) * SIDE + cell(x)]
}

/// `strangers` different pictures, and behind them four copies of each of the first ten.
fn prints(strangers: u64) -> Vec<Fingerprint> {
    let mut pictures: Vec<GreyImage> = (0..strangers).map(picture).collect();
    for number in 0..10 {
        let original = picture(number);
        pictures.push(drawn(|x, y| at(&original, 1.0 - x, y)));
        pictures.push(drawn(|x, y| at(&original, 0.1 + 0.9 * x, y)));
        pictures.push(drawn(|x, y| {
            at(&original, 0.04 + 0.92 * x, 0.04 + 0.92 * y)
        }));
        pictures.push(drawn(|x, y| at(&original, x, y).powf(1.5)));
    }
    pictures.iter().map(Fingerprint::of).collect()
}

fn with_threads(threads: usize, prints: &[Fingerprint]) -> NearPairs {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| near_pairs(prints))
}

/// Below and above the number of pictures from which on codes are compared first.
#[test]
fn copies_are_found_and_strangers_are_not_whatever_the_number_of_threads() {
    for strangers in [40, 1200] {
        let prints = prints(strangers);
        let found = with_threads(1, &prints);
        assert_eq!(found, with_threads(3, &prints));
        assert_eq!(found.left_out, 0);
        let first_copy = strangers as usize;
        let owner = |i: usize| {
            if i < first_copy {
                i
            } else {
                (i - first_copy) / 4
            }
        };
        for pair in &found.pairs {
            assert!(pair.first < pair.second);
            assert_eq!(owner(pair.first), owner(pair.second), "{pair:?}");
        }
        for copy in 0..40 {
            let pair = found
                .pairs
                .iter()
                .find(|pair| (pair.first, pair.second) == (copy / 4, first_copy + copy));
            let pair = pair.unwrap_or_else(|| panic!("copy {copy} among {strangers}"));
            assert_eq!(pair.mirrored, copy % 4 == 0, "copy {copy}");
        }
    }
}

#[test]
fn a_folder_of_equal_pictures_gives_a_bounded_number_of_pairs() {
    let print = Fingerprint::of(&picture(3));
    let found = near_pairs(&vec![print; 100]);
    assert_eq!(found.pairs.len() + found.left_out, 100 * 99 / 2);
    assert!(found.pairs.len() <= 64 * 100);
    assert!(found.pairs.iter().all(|pair| pair.similarity > 0.999));
}

#[test]
fn even_pictures_and_none_have_no_copies() {
    assert!(near_pairs(&[]).pairs.is_empty());
    let even = Fingerprint::of(&drawn(|_, _| 0.5));
    assert!(near_pairs(&[even.clone(), even]).pairs.is_empty());
}

#[test]
fn the_digest_is_of_pixels_and_size() {
    let one = picture(1);
    let mut other = one.clone();
    assert_eq!(pixel_digest(&one), pixel_digest(&other));
    other.pixels[7] += 1e-6;
    assert_ne!(pixel_digest(&one), pixel_digest(&other));
    let long = GreyImage {
        width: SIDE * SIDE,
        height: 1,
        pixels: one.pixels.clone(),
    };
    assert_ne!(pixel_digest(&one), pixel_digest(&long));
}
