//! From path lengths to what the detector measures: beam, scatter, focal spot, counting noise, blur, electronic noise.
//!
//! In: path lengths, a [`Detector`] and an [`Exposure`], a seeded generator. Out: [`Signal`], the absorbed energy of each
//! pixel relative to the open beam, before any processing. What was asked for can be read back: [`Detector::mtf`] and
//! [`Detector::noise_power_mm2`] are held against drawn edges and flat fields by a test.
//!
//! Source: counting noise with variance equal to the mean times the excess of an energy-integrating detector (Swank 1973, J
//! Appl Phys 44:4199); it is drawn before the blur of the scintillator, so that it has the scintillator's spectrum. Scatter is a
//! broad veil over beam times attenuation, a single kernel in the manner of Love and Kruger 1987, Medical Physics 14:178.

use crate::beam::Beam;
use crate::blur::{Coarse, Size, gaussian, gaussian_in_part};
use crate::noise::Normals;
use crate::xray::{Paths, spend};
use rand::Rng;

/// Width of the kernel of scattered rays, mm at the detector.
const SCATTER_MM: f64 = 32.0;

/// Resolution and noise of a detector and its tube.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detector {
    /// Standard deviations of the two Gaussian parts of the point spread function of the scintillator, mm.
    pub spread_mm: [f64; 2],
    /// Weight of the first part, 0 to 1.
    pub sharp_share: f64,
    /// Full width at half maximum of the focal spot, mm.
    pub focus_mm: f64,
    /// Photons that the detector stops per square millimetre of the open beam.
    pub photons_per_mm2: f64,
    /// Standard deviation of the electronic noise, in photons of a square millimetre.
    pub electronic_photons: f64,
}

impl Default for Detector {
    /// A needle-crystal detector: MTF about 0.60 at 1 and 0.29 at 2 line pairs per mm.
    fn default() -> Self {
        Self {
            spread_mm: [0.09, 0.25],
            sharp_share: 0.55,
            focus_mm: 1.0,
            photons_per_mm2: 5.0e5,
            electronic_photons: 60.0,
        }
    }
}

impl Detector {
    /// Standard deviation of the shadow of the focal spot at the detector, mm.
    pub fn focus_spread_mm(&self, magnification: f64) -> f64 {
        self.focus_mm * (magnification - 1.0) / (8.0 * 2.0_f64.ln()).sqrt()
    }

    /// Modulation transfer of the scintillator alone at `per_mm` line pairs per mm at the detector, 0 to 1.
    pub fn scintillator_mtf(&self, per_mm: f64) -> f64 {
        let part = |spread: f64| gaussian_mtf(spread, per_mm);
        let broad = part(self.spread_mm[1]);
        self.sharp_share * part(self.spread_mm[0]) + (1.0 - self.sharp_share) * broad
    }

    /// Modulation transfer of the whole chain for an edge in the patient: focal spot, scintillator, pixels of `pitch_mm`.
    pub fn mtf(&self, per_mm: f64, magnification: f64, pitch_mm: f64) -> f64 {
        let x = std::f64::consts::PI * per_mm * pitch_mm;
        let aperture = if x == 0.0 { 1.0 } else { x.sin() / x };
        aperture
            * gaussian_mtf(self.focus_spread_mm(magnification), per_mm)
            * self.scintillator_mtf(per_mm)
    }

    /// Noise power in mm2 of a flat field of relative signal `level`, relative to its square, at `per_mm` line pairs per mm.
    pub fn noise_power_mm2(&self, beam: &Beam, level: f64, per_mm: f64) -> f64 {
        let quantum = beam.excess_noise / (self.photons_per_mm2 * level);
        let electronic = (self.electronic_photons / (self.photons_per_mm2 * level)).powi(2);
        quantum * self.scintillator_mtf(per_mm).powi(2) + electronic
    }
}

fn gaussian_mtf(spread_mm: f64, per_mm: f64) -> f64 {
    (-2.0 * (std::f64::consts::PI * spread_mm * per_mm).powi(2)).exp()
}

/// Absorbed energy relative to the open beam, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Signal {
    pub size: Size,
    pub spacing_mm: f64,
    pub values: Vec<f32>,
}

/// What reaches and leaves the detector.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings<'a> {
    pub beam: &'a Beam,
    pub detector: Detector,
    pub magnification: f64,
    /// Scattered signal as a share of the beam that tissue took out around a place.
    pub scatter: f64,
}

/// Takes the picture.
pub(crate) fn measure(paths: Paths, settings: &Settings, rng: &mut impl Rng) -> Signal {
    let view = paths.view;
    let size = Size {
        width: view.width,
        height: view.height,
    };
    let pixels = |mm: f64| (mm / view.spacing_mm) as f32;
    let mut values = paths.soft_mm;
    settings.beam.shine_through(&mut values, &paths.bone_mm);
    spend([paths.bone_mm]);
    if settings.scatter > 0.0 {
        scatter(
            &mut values,
            size,
            settings.scatter as f32,
            pixels(SCATTER_MM),
        );
    }
    let detector = settings.detector;
    let focus = detector.focus_spread_mm(settings.magnification);
    gaussian(&mut values, size, pixels(focus));
    let photons = detector.photons_per_mm2 * view.spacing_mm * view.spacing_mm;
    let normals = Normals::shared();
    let scale = (settings.beam.excess_noise / photons) as f32;
    normals.add(&mut values, |value| (value * scale).sqrt(), rng);
    scintillate(&mut values, size, &detector, view.spacing_mm);
    let electronic = (detector.electronic_photons * view.spacing_mm / photons) as f32;
    normals.add(&mut values, |_| electronic, rng);
    Signal {
        size,
        spacing_mm: view.spacing_mm,
        values,
    }
}

/// Adds a broad veil, made where tissue takes much out of a beam that still has much.
fn scatter(values: &mut [f32], size: Size, share: f32, sigma: f32) {
    let mut veil = Coarse::blurred_of(values, size, sigma, 16, |i| i * -fast_ln(i));
    let mut line = vec![0.0; size.width];
    for (row, values) in values.chunks_exact_mut(size.width).enumerate() {
        veil.read(row, &mut line);
        for (value, veil) in values.iter_mut().zip(&line) {
            *value += share * veil;
        }
    }
}

/// Blurs by the narrow Gaussian, and a share of that once more up to the broad one.
fn scintillate(values: &mut [f32], size: Size, detector: &Detector, spacing_mm: f64) {
    let [narrow, wide] = detector.spread_mm;
    let pixels = |mm: f64| (mm / spacing_mm) as f32;
    let further = (wide * wide - narrow * narrow).max(0.0).sqrt();
    gaussian(values, size, pixels(narrow));
    gaussian_in_part(values, size, pixels(further), detector.sharp_share as f32);
}

/// Whole part (rounded down, or up by one where the rest is then 1) and rest of anything from 0 to 4 million: adding 2^23
/// leaves the whole part in the lowest bits, which runs on several numbers at once where a conversion does not.
#[inline]
pub(crate) fn split(x: f32) -> (u32, f32) {
    const WHOLES: f32 = 8_388_608.0;
    let below = if x > 0.5 { x - 0.5 } else { 0.0 };
    let whole = below + WHOLES;
    (whole.to_bits() & 0x007f_ffff, x - (whole - WHOLES))
}

/// Natural logarithm to about 2e-5, of anything from 1e-30 on: a polynomial that runs on several pixels at once.
#[inline]
pub(crate) fn fast_ln(x: f32) -> f32 {
    let bits = if x > 1e-30 { x } else { 1e-30 }.to_bits();
    let exponent = (bits >> 23) as i32 as f32 - 127.0;
    let m = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000) - 1.0;
    // Least-squares fit of log2(1 + m) over 0..1 that is exact at both ends.
    const FIT: [f32; 6] = [
        1.442_527_3,
        -0.717_913_5,
        0.456_540_4,
        -0.275_969,
        0.120_100_26,
        -0.025_285_51,
    ];
    let p = FIT.iter().rev().fold(0.0, |sum, c| m * (sum + c));
    std::f32::consts::LN_2 * (exponent + p)
}

/// Exponential of anything from -80 to 80, to about 1e-5.
#[inline]
pub(crate) fn fast_exp(x: f32) -> f32 {
    let (whole, t) = split(x.clamp(-80.0, 80.0) * std::f32::consts::LOG2_E + 127.0);
    // Least-squares fit of 2^t - 1 over 0..1 that is exact at both ends.
    const FIT: [f32; 5] = [
        0.693_152_97,
        0.240_147_56,
        0.055_853_35,
        0.008_950_56,
        0.001_895_56,
    ];
    let p = 1.0 + FIT.iter().rev().fold(0.0, |sum, c| t * (sum + c));
    f32::from_bits(whole << 23) * p
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_part_and_rest_make_the_number() {
        let mut checked = 0;
        for i in 0..5000 {
            let x = 0.125 * i as f32;
            let (whole, rest) = split(x);
            assert_eq!(whole as f32 + rest, x);
            assert!((0.0..=1.0).contains(&rest), "{rest} of {x}");
            checked += 1;
        }
        assert_eq!(checked, 5000);
    }

    #[test]
    fn the_quick_logarithm_and_exponential_are_those_of_the_library() {
        let mut checked = 0;
        for i in 1..4000 {
            let x = 0.0007 * i as f32;
            assert!((fast_ln(x) - x.ln()).abs() < 5e-5, "ln {x}");
            assert!(
                (fast_exp(-x * 5.0) / (-x * 5.0).exp() - 1.0).abs() < 5e-5,
                "exp {x}"
            );
            checked += 1;
        }
        assert_eq!(checked, 3999);
    }
}
