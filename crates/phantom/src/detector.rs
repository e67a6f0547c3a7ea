//! From attenuation to the stored picture: beam, scatter, blur, noise, and the vendor's processing to 12 bits.
//!
//! In: path lengths, exposure, a seeded generator. Out: [`Picture`], bright where much of the beam was stopped
//! (MONOCHROME2). The processing ends in a window fitted to the picture itself (percentiles inside the blades), as every
//! machine does, so neither dose nor build shows as mean grey.
//!
//! Source: counting noise with variance equal to the mean; scatter as a broad veil over beam times attenuation, a single
//! kernel in the manner of Love and Kruger 1987, Medical Physics 14:178.

use crate::outline::{Frame, Outline};
use crate::pose::{Exposure, Marker, View};
use crate::xray::{BONE_PER_MM, Paths};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// Bits in use of each stored pixel.
pub const BITS: u8 = 12;
const WHITE: f32 = ((1u32 << BITS) - 1) as f32;

/// A finished picture: MONOCHROME2, row by row from the top left, no window needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Number of columns.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// Bits in use of each pixel: values are 0 to 4095.
    pub bits: u8,
    /// Pitch of the pixels at the detector, mm, the same in both directions.
    pub spacing_mm: f64,
    /// `width * height` values.
    pub pixels: Vec<u16>,
}

impl Picture {
    /// Centre and width of the DICOM window that shows all values as they are.
    pub fn window(&self) -> (f64, f64) {
        let values = f64::from(1u32 << self.bits);
        (values / 2.0, values)
    }

    /// The pixels stretched to 0..=65535, rounded to the nearest.
    pub fn stretched(&self) -> Vec<u16> {
        let white = (1u32 << self.bits) - 1;
        self.pixels
            .iter()
            .map(|&v| ((u32::from(v) * 65535 + white / 2) / white) as u16)
            .collect()
    }
}

/// Takes the picture.
pub(crate) fn expose(mut paths: Paths, exposure: &Exposure, rng: &mut impl Rng) -> Picture {
    let view = paths.view;
    roughen(&mut paths, rng);
    if let Some(marker) = &exposure.marker {
        stamp(&mut paths, marker);
    }
    let attenuation = paths.attenuation();
    let primary: Vec<f32> = attenuation.iter().map(|a| (-a).exp()).collect();
    let source: Vec<f32> = primary
        .iter()
        .zip(&attenuation)
        .map(|(i, a)| i * a)
        .collect();
    let veil = broad_blur(&view, &source, 20.0 / view.spacing_mm as f32);
    let sharp: Vec<f32> = primary
        .iter()
        .zip(&veil)
        .map(|(i, v)| i + exposure.scatter as f32 * v)
        .collect();
    let mut signal = fine_blur(&view, &sharp, (exposure.blur_mm / view.spacing_mm) as f32);
    let photons = (exposure.photons_per_mm2 * view.spacing_mm * view.spacing_mm) as f32;
    for value in &mut signal {
        let mean = *value * photons;
        let noise: f32 = StandardNormal.sample(rng);
        *value = ((mean + mean.sqrt() * noise).max(1.0) / photons).ln();
    }
    process(&view, &signal, exposure)
}

/// Trabecular grain in bone and lumps in soft tissue.
fn roughen(paths: &mut Paths, rng: &mut impl Rng) {
    let view = paths.view;
    let spacing = view.spacing_mm as f32;
    let grain = lattice_noise(&view, (1.1 / spacing).max(1.0), rng);
    let lumps = lattice_noise(&view, 9.0 / spacing, rng);
    for (((bone, soft), grain), lump) in paths
        .bone_mm
        .iter_mut()
        .zip(&mut paths.soft_mm)
        .zip(&grain)
        .zip(&lumps)
    {
        *bone *= 1.0 + 0.16 * grain + 0.06 * lump;
        *soft *= 1.0 + 0.018 * lump;
    }
}

/// Smooth noise, roughly within -1 to 1, with knots `cell` pixels apart.
fn lattice_noise(view: &View, cell: f32, rng: &mut impl Rng) -> Vec<f32> {
    let columns = (view.width as f32 / cell) as usize + 3;
    let rows = (view.height as f32 / cell) as usize + 3;
    let knots: Vec<f32> = (0..columns * rows)
        .map(|_| rng.random_range(-1.0..1.0))
        .collect();
    upsample(view, &knots, columns, cell)
}

/// Bilinear reading of a coarse grid whose knots lie `cell` pixels apart.
fn upsample(view: &View, knots: &[f32], columns: usize, cell: f32) -> Vec<f32> {
    let mut out = Vec::with_capacity(view.width * view.height);
    for row in 0..view.height {
        let y = row as f32 / cell;
        let (j, v) = (y as usize, y.fract());
        let upper = &knots[j * columns..(j + 1) * columns];
        let lower = &knots[(j + 1) * columns..(j + 2) * columns];
        for column in 0..view.width {
            let x = column as f32 / cell;
            let (i, u) = (x as usize, x.fract());
            let top = upper[i] * (1.0 - u) + upper[i + 1] * u;
            let bottom = lower[i] * (1.0 - u) + lower[i + 1] * u;
            out.push(top * (1.0 - v) + bottom * v);
        }
    }
    out
}

fn stamp(paths: &mut Paths, marker: &Marker) {
    let view = paths.view;
    let h = marker.height_mm as f32;
    let frame = Frame {
        origin: [
            (marker.place[0] * view.width as f64 * view.spacing_mm) as f32,
            (marker.place[1] * view.height as f64 * view.spacing_mm) as f32,
        ],
        tilt: 0.0,
    };
    let letter = if marker.right {
        vec![
            [0.0, h],
            [0.0, 0.0],
            [0.4 * h, 0.0],
            [0.55 * h, 0.25 * h],
            [0.4 * h, 0.5 * h],
            [0.0, 0.5 * h],
            [0.55 * h, h],
        ]
    } else {
        vec![[0.0, 0.0], [0.0, h], [0.55 * h, h]]
    };
    let line = Outline::line(frame.all(&letter));
    let (spacing, stroke) = (view.spacing_mm as f32, 0.09 * h);
    let bounds = line.bounds();
    let pixel = |mm: f32, size: usize| (mm / spacing).clamp(0.0, size as f32) as usize;
    for row in pixel(bounds.low[1] - 3.0, view.height)..pixel(bounds.high[1] + 3.0, view.height) {
        for column in
            pixel(bounds.low[0] - 3.0, view.width)..pixel(bounds.high[0] + 3.0, view.width)
        {
            let place = [
                (column as f32 + 0.5) * spacing,
                (row as f32 + 0.5) * spacing,
            ];
            let cover = (0.5 + (stroke - line.signed_distance_mm(place)) / spacing).clamp(0.0, 1.0);
            paths.bone_mm[row * view.width + column] += cover * 4.0 / BONE_PER_MM;
        }
    }
}

/// Log signal to 12 bits: broad differences pressed together, detail lifted, window fitted inside the blades.
fn process(view: &View, log_signal: &[f32], exposure: &Exposure) -> Picture {
    let base = broad_blur(view, log_signal, 9.0 / view.spacing_mm as f32);
    let middle = median_of_the_middle(view, &base);
    let detail = exposure.detail as f32;
    let mut grey: Vec<f32> = log_signal
        .iter()
        .zip(&base)
        .map(|(value, base)| flatten(middle - base) + lift(base - value, detail))
        .collect();
    let [left, right, top, bottom] = exposure.blades.map(|b| b as f32);
    let (width, height) = (view.width as f32, view.height as f32);
    let columns = (left * width) as usize..((1.0 - right) * width) as usize;
    let rows = (top * height) as usize..((1.0 - bottom) * height) as usize;
    let mut sample: Vec<f32> = Vec::new();
    for row in rows.clone().step_by(4) {
        sample.extend(
            columns
                .clone()
                .step_by(4)
                .map(|c| grey[row * view.width + c]),
        );
    }
    sample.sort_by(f32::total_cmp);
    let at = |share: f32| sample[((sample.len() - 1) as f32 * share) as usize];
    let (low, high) = (at(0.03), at(0.985));
    let scale = 1.0 / (high - low).max(1e-3);
    for value in &mut grey {
        *value = soft_clip((*value - low) * scale).powf(exposure.gamma as f32);
    }
    let mut pixels = vec![0u16; grey.len()];
    for row in rows {
        for column in columns.clone() {
            let pixel = row * view.width + column;
            pixels[pixel] = (grey[pixel] * WHITE).round() as u16;
        }
    }
    Picture {
        width: view.width,
        height: view.height,
        bits: BITS,
        spacing_mm: view.spacing_mm,
        pixels,
    }
}

/// Presses broad differences together, those towards white (shoulders) more than those towards black (air).
fn flatten(above: f32) -> f32 {
    if above > 0.0 {
        0.9 * (1.0 + 0.45 * above).ln()
    } else {
        0.55 * above
    }
}

/// Lifts detail by `gain`, less and less beyond the contrast of bone, which keeps skin from a halo.
fn lift(detail: f32, gain: f32) -> f32 {
    const BONE: f32 = 0.8;
    gain * BONE * (detail / BONE).tanh()
}

/// Median over the central half of the picture in both directions.
fn median_of_the_middle(view: &View, image: &[f32]) -> f32 {
    let mut sample = Vec::new();
    for row in (view.height / 4..view.height * 3 / 4).step_by(4) {
        let line = &image[row * view.width..(row + 1) * view.width];
        sample.extend(line[view.width / 4..view.width * 3 / 4].iter().step_by(4));
    }
    sample.sort_by(f32::total_cmp);
    sample[sample.len() / 2]
}

/// The identity in the middle, bending into 0 and 1 at the ends.
fn soft_clip(x: f32) -> f32 {
    const KNEE: f32 = 0.06;
    if x < KNEE {
        KNEE * ((x - KNEE) / KNEE).exp()
    } else if x > 1.0 - KNEE {
        1.0 - KNEE * ((1.0 - KNEE - x) / KNEE).exp()
    } else {
        x
    }
}

/// Gaussian blur of a few pixels at most.
fn fine_blur(view: &View, image: &[f32], sigma: f32) -> Vec<f32> {
    gaussian(image, view.width, view.height, sigma)
}

/// Gaussian blur of many pixels, computed on a grid of one eighth and read back bilinearly.
fn broad_blur(view: &View, image: &[f32], sigma: f32) -> Vec<f32> {
    const CELL: usize = 8;
    let columns = view.width / CELL + 3;
    let rows = view.height / CELL + 3;
    let mut coarse = Vec::with_capacity(columns * rows);
    for j in 0..rows {
        for i in 0..columns {
            let window = |k: usize, size: usize| {
                let middle = (k * CELL).min(size - 1);
                middle.saturating_sub(CELL / 2)..(middle + CELL / 2).min(size)
            };
            let (across, down) = (window(i, view.width), window(j, view.height));
            let count = (across.len() * down.len()) as f32;
            let sum: f32 = down
                .map(|row| {
                    image[row * view.width..][across.clone()]
                        .iter()
                        .sum::<f32>()
                })
                .sum();
            coarse.push(sum / count);
        }
    }
    let soft = gaussian(&coarse, columns, rows, sigma / CELL as f32);
    upsample(view, &soft, columns, CELL as f32)
}

/// Separable Gaussian blur with the edge repeated outwards.
fn gaussian(image: &[f32], width: usize, height: usize, sigma: f32) -> Vec<f32> {
    let reach = (2.5 * sigma).ceil().max(1.0) as usize;
    let weights: Vec<f32> = (0..=2 * reach)
        .map(|k| {
            let t = (k as f32 - reach as f32) / sigma.max(0.05);
            (-0.5 * t * t).exp()
        })
        .collect();
    let total: f32 = weights.iter().sum();
    let weights: Vec<f32> = weights.iter().map(|w| w / total).collect();
    let mut across = vec![0.0; image.len()];
    let mut padded = vec![0.0; width + 2 * reach];
    for row in 0..height {
        let line = &image[row * width..(row + 1) * width];
        padded[..reach].fill(line[0]);
        padded[reach..reach + width].copy_from_slice(line);
        padded[reach + width..].fill(line[width - 1]);
        let out = &mut across[row * width..(row + 1) * width];
        for (k, weight) in weights.iter().enumerate() {
            for (out, value) in out.iter_mut().zip(&padded[k..]) {
                *out += weight * value;
            }
        }
    }
    let mut down = vec![0.0; image.len()];
    for row in 0..height {
        for (k, weight) in weights.iter().enumerate() {
            let from = (row + k).saturating_sub(reach).min(height - 1);
            let line = &across[from * width..(from + 1) * width];
            let out = &mut down[row * width..(row + 1) * width];
            for (out, value) in out.iter_mut().zip(line) {
                *out += weight * value;
            }
        }
    }
    down
}
