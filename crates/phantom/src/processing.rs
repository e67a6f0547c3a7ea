//! What a vendor's machine makes of the signal: logarithm, bands lifted one by one, a window fitted to the picture, a curve.
//!
//! In: [`Signal`], [`Processing`], blades. Out: [`Picture`], bright where much of the beam was stopped (MONOCHROME2). The
//! window follows the picture itself (percentiles inside the blades), as on every machine, so that neither dose nor build
//! shows as mean grey.
//!
//! Source: bands and their damped gain in the manner of Vuylsteke and Schoeters 1994 (SPIE 2167:551), with three bands.

use crate::blur::{Coarse, Size};
use crate::detector::{Signal, fast_ln, split};
use crate::xray::spend;

/// A finished picture: MONOCHROME2, row by row from the top left, no window needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Number of columns.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// Bits in use of each pixel, 8 to 16.
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
        let wide: Vec<u16> = (0..=white)
            .map(|v| ((v * 65535 + white / 2) / white) as u16)
            .collect();
        let last = wide.len() - 1;
        let stretch = |&v: &u16| wide[usize::from(v).min(last)];
        self.pixels.iter().map(stretch).collect()
    }
}

/// Settings of the processing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Processing {
    /// Gain of detail finer than about 2 mm.
    pub fine: f64,
    /// Gain of structures of 2 to 9 mm, the size of bones.
    pub middle: f64,
    /// Darkening (below 1) or lightening (above 1) of the mid greys.
    pub gamma: f64,
    /// Bits stored, 8 to 16.
    pub bits: u8,
}

/// Attenuation beyond which only metal lies: the machine shows it white wherever it is.
const METAL: f32 = 5.5;
/// Number of steps of the curve from signal to grey.
const CURVE: usize = 2048;

/// Processes a signal; `blades` are closed from left, right, top and bottom, as shares of the field.
pub(crate) fn process(signal: Signal, processing: &Processing, blades: [f64; 4]) -> Picture {
    let (size, spacing_mm) = (signal.size, signal.spacing_mm);
    let grey = lift_bands(signal, processing);
    let [left, right, top, bottom] = blades.map(|b| b as f32);
    let (width, height) = (size.width as f32, size.height as f32);
    let columns = (left * width) as usize..((1.0 - right) * width) as usize;
    let rows = (top * height) as usize..((1.0 - bottom) * height) as usize;
    let mut sample: Vec<f32> = Vec::new();
    for row in rows.clone().step_by(6) {
        sample.extend(grey[row * size.width..][columns.clone()].iter().step_by(6));
    }
    let (low, high) = (share(&mut sample, 0.03), share(&mut sample, 0.985));
    let curve = curve(processing);
    let scale = (CURVE as f32 / 1.5) / (high - low).max(1e-3);
    let shift = CURVE as f32 / 6.0 - low * scale;
    let mut stored = vec![0u16; grey.len()];
    for row in rows {
        let line = row * size.width;
        let range = line + columns.start..line + columns.end;
        let (mut steps, mut rests, mut shown) = ([0; 64], [0.0f32; 64], [0.0f32; 64]);
        let (stored, grey) = (&mut stored[range.clone()], &grey[range]);
        for (pixels, grey) in stored.chunks_mut(64).zip(grey.chunks(64)) {
            for ((step, rest), grey) in steps.iter_mut().zip(&mut rests).zip(grey) {
                let place = (grey * scale + shift).clamp(0.0, CURVE as f32 - 1.0);
                (*step, *rest) = split(place);
            }
            for ((shown, step), rest) in shown.iter_mut().zip(&steps).zip(&rests) {
                let [value, more] = curve[*step as usize % CURVE];
                *shown = value + rest * more;
            }
            for (pixel, shown) in pixels.iter_mut().zip(&shown) {
                *pixel = split(shown + 0.5).0 as u16;
            }
        }
    }
    spend([grey]);
    Picture {
        width: size.width,
        height: size.height,
        bits: processing.bits,
        spacing_mm,
        pixels: stored,
    }
}

/// Logarithm of the signal, bright where much was stopped, its bands weighted one by one.
fn lift_bands(signal: Signal, processing: &Processing) -> Vec<f32> {
    let size = signal.size;
    let pixels = |mm: f64| (mm / signal.spacing_mm) as f32;
    let cell = |mm: f64| (pixels(mm) as usize).clamp(1, 32);
    let mut grey = signal.values;
    for value in &mut grey {
        *value = -fast_ln(*value);
    }
    let mut close = Coarse::blurred(&grey, size, pixels(1.1), cell(0.5));
    let mut base = Coarse::blurred(&grey, size, pixels(8.0), cell(3.0));
    let centre = median_of_the_middle(&mut base, size);
    let (fine, middle) = (processing.fine as f32, processing.middle as f32);
    let (mut near, mut far) = (vec![0.0; size.width], vec![0.0; size.width]);
    for (row, line) in grey.chunks_exact_mut(size.width).enumerate() {
        close.read(row, &mut near);
        base.read(row, &mut far);
        for ((value, close), base) in line.iter_mut().zip(&near).zip(&far) {
            let metal = if *value > METAL { *value - METAL } else { 0.0 };
            *value = flatten(base - centre)
                + lift(close - base, middle)
                + lift(*value - close, fine)
                + metal;
        }
    }
    grey
}

/// Stored value by place in the window, from a quarter of the window below it to a quarter above, and how much more it is
/// a step on.
fn curve(processing: &Processing) -> Box<[[f32; 2]; CURVE]> {
    let white = ((1u32 << processing.bits) - 1) as f32;
    let value = |step: usize| {
        let x = 1.5 * step as f32 / CURVE as f32 - 0.25;
        white * soft_clip(x).powf(processing.gamma as f32)
    };
    let mut curve = Box::new([[0.0; 2]; CURVE]);
    let mut here = value(0);
    for (i, step) in curve.iter_mut().enumerate() {
        let next = value(i + 1);
        *step = [here, next - here];
        here = next;
    }
    curve
}

/// Presses broad differences together, those towards white (shoulders) more than those towards black (air).
fn flatten(above: f32) -> f32 {
    if above > 0.0 {
        0.95 * above / (1.0 + 0.30 * above)
    } else {
        0.62 * above
    }
}

/// Lifts detail by `gain`, less and less beyond the contrast of bone, which keeps skin from a halo.
fn lift(detail: f32, gain: f32) -> f32 {
    const BONE: f32 = 0.7;
    let t = detail * (1.0 / BONE);
    gain * detail / (1.0 + t * t).sqrt()
}

/// Value below which a share of the sample lies.
fn share(sample: &mut [f32], share: f32) -> f32 {
    let at = (sample.len().saturating_sub(1) as f32 * share) as usize;
    if sample.is_empty() {
        return 0.0;
    }
    *sample.select_nth_unstable_by(at, f32::total_cmp).1
}

/// Median over the central half of the picture in both directions.
fn median_of_the_middle(image: &mut Coarse, size: Size) -> f32 {
    let mut sample = Vec::new();
    let mut line = vec![0.0; size.width];
    for row in (size.height / 4..size.height * 3 / 4).step_by(4) {
        image.read(row, &mut line);
        sample.extend(line[size.width / 4..size.width * 3 / 4].iter().step_by(4));
    }
    share(&mut sample, 0.5)
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
