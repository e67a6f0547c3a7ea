//! Noise power and modulation transfer measured on drawn test objects are those that were asked for.
//!
//! The measurements know nothing of the drawing: they take pixels, as a physicist takes them from a machine (IEC 62220-1).

use phantom::beam::Beam;
use phantom::detector::Detector;
use phantom::quality::{TestField, TestObject};
use std::f64::consts::TAU;

fn object(size: [usize; 2], detector: Detector) -> TestObject {
    TestObject {
        detector,
        kvp: 75.0,
        soft_mm: 100.0,
        magnification: 1.17,
        size,
        seed: 3,
    }
}

/// Noise power relative to the square of the mean, mm2, at whole cycles per tile along the rows and down the columns,
/// mean of both, over tiles of 128 pixels.
fn noise_power(field: &TestField, cycles: usize) -> f64 {
    const TILE: usize = 128;
    let mean = field.signal.iter().map(|v| f64::from(*v)).sum::<f64>() / field.signal.len() as f64;
    let (mut power, mut tiles) = (0.0, 0);
    for top in (0..field.height - TILE + 1).step_by(TILE) {
        for left in (0..field.width - TILE + 1).step_by(TILE) {
            // Power near one axis, averaged over the ten lowest frequencies of the other.
            for along in [false, true] {
                for other in 1..6 {
                    for sign in [-1.0, 1.0] {
                        let (u, v) = if along {
                            (cycles as f64, sign * other as f64)
                        } else {
                            (sign * other as f64, cycles as f64)
                        };
                        let (mut real, mut imaginary) = (0.0, 0.0);
                        for y in 0..TILE {
                            let line = &field.signal[(top + y) * field.width + left..][..TILE];
                            for (x, value) in line.iter().enumerate() {
                                let phase = TAU * (u * x as f64 + v * y as f64) / TILE as f64;
                                let value = f64::from(*value) / mean - 1.0;
                                real += value * phase.cos();
                                imaginary += value * phase.sin();
                            }
                        }
                        power += real * real + imaginary * imaginary;
                        tiles += 1;
                    }
                }
            }
        }
    }
    let pixel = field.spacing_mm * field.spacing_mm;
    power / f64::from(tiles) * pixel / (TILE * TILE) as f64
}

#[test]
fn noise_power_of_a_flat_field_is_the_asked_one_within_five_in_a_hundred() {
    let detector = Detector::default();
    let field = object([1152, 1900], detector).flat_field();
    let mean = field.signal.iter().map(|v| f64::from(*v)).sum::<f64>() / field.signal.len() as f64;
    let mut checked = 0;
    for cycles in [6, 15, 26] {
        let found = noise_power(&field, cycles);
        let beam = Beam::at(75.0);
        let asked_at = |other: f64| {
            let per_mm = other.hypot(cycles as f64) / (128.0 * field.spacing_mm);
            detector.noise_power_mm2(&beam, mean, per_mm)
        };
        let asked = (1..6).map(|other| asked_at(f64::from(other))).sum::<f64>() / 5.0;
        let per_mm = cycles as f64 / (128.0 * field.spacing_mm);
        println!(
            "noise power at {per_mm:.2} per mm: {:.3} of that asked",
            found / asked
        );
        assert!(
            (found / asked - 1.0).abs() < 0.05,
            "at {per_mm:.2} per mm: {found:.3e} mm2, asked {asked:.3e}"
        );
        checked += 1;
    }
    assert_eq!(checked, 3);
}

/// Modulation transfer by the method of the slanted edge: every pixel is sorted by its distance to the line fitted to
/// the half-way crossings of the rows, and the derivative of the mean profile is transformed.
fn slanted_edge_mtf(field: &TestField, per_mm: f64) -> f64 {
    let row_of = |y: usize| &field.signal[y * field.width..(y + 1) * field.width];
    let mean =
        |values: &[f32]| values.iter().map(|v| f64::from(*v)).sum::<f64>() / values.len() as f64;
    let rows: Vec<usize> = (20..field.height - 20).collect();
    let crossing = |y: usize| {
        let row = row_of(y);
        let half = 0.5 * (mean(&row[..40]) + mean(&row[field.width - 40..]));
        let x = row.iter().position(|v| f64::from(*v) > half).unwrap();
        let (a, b) = (f64::from(row[x - 1]), f64::from(row[x]));
        x as f64 - 1.0 + (half - a) / (b - a)
    };
    let crossings: Vec<f64> = rows.iter().map(|&y| crossing(y)).collect();
    let n = rows.len() as f64;
    let (my, mx) = (
        rows.iter().sum::<usize>() as f64 / n,
        crossings.iter().sum::<f64>() / n,
    );
    let cov: f64 = rows
        .iter()
        .zip(&crossings)
        .map(|(&y, x)| (y as f64 - my) * (x - mx))
        .sum();
    let var: f64 = rows.iter().map(|&y| (y as f64 - my).powi(2)).sum();
    let slope = cov / var;
    let across = 1.0 / (1.0 + slope * slope).sqrt();
    // Profile in steps of a fifth of a pixel, over 30 pixels on both sides.
    let (step, reach) = (0.2, 30.0);
    let bins = (2.0 * reach / step) as usize;
    let (mut sums, mut counts) = (vec![0.0; bins], vec![0.0; bins]);
    for &y in &rows {
        for (x, value) in row_of(y).iter().enumerate() {
            let away = (x as f64 - mx - slope * (y as f64 - my)) * across;
            let bin = ((away + reach) / step).floor();
            if (0.0..bins as f64).contains(&bin) {
                sums[bin as usize] += f64::from(*value);
                counts[bin as usize] += 1.0;
            }
        }
    }
    let profile: Vec<f64> = sums.iter().zip(&counts).map(|(s, c)| s / c).collect();
    let (mut real, mut imaginary, mut total) = (0.0, 0.0, 0.0);
    for (i, pair) in profile.windows(2).enumerate() {
        let at_mm = (i as f64 * step - reach) * field.spacing_mm;
        let slope = pair[1] - pair[0];
        real += slope * (TAU * per_mm * at_mm).cos();
        imaginary += slope * (TAU * per_mm * at_mm).sin();
        total += slope;
    }
    let x = 0.5 * TAU * per_mm * step * field.spacing_mm;
    (real * real + imaginary * imaginary).sqrt() / total / (x.sin() / x).powi(2)
}

#[test]
fn modulation_transfer_of_a_slanted_edge_is_the_asked_one_within_five_in_a_hundred() {
    let mut checked = 0;
    for focus_mm in [0.6, 1.2] {
        let detector = Detector {
            focus_mm,
            photons_per_mm2: 1e10,
            electronic_photons: 0.0,
            ..Detector::default()
        };
        let field = object([500, 1900], detector).edge(3.0);
        for per_mm in [0.3, 0.5, 1.0, 1.5, 2.0, 2.5] {
            let found = slanted_edge_mtf(&field, per_mm);
            let asked = detector.mtf(per_mm, 1.17, field.spacing_mm);
            println!(
                "focus {focus_mm} mm, {per_mm} per mm: MTF {found:.3}, {:.3} of that asked",
                found / asked
            );
            assert!(
                (found / asked - 1.0).abs() < 0.05,
                "focus {focus_mm}, {per_mm} per mm: {found:.3}, asked {asked:.3}"
            );
            checked += 1;
        }
    }
    assert_eq!(checked, 12);
}
