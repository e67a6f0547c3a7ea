//! Everything random that fills a whole picture: counting noise, and the grain of bone and soft tissue.
//!
//! In: a seeded generator. Out: values added in place. A picture takes millions of normal numbers, so they are read from a
//! table of quantiles, one 32-bit number each: normal within 4 standard deviations, nothing beyond.

use crate::blur::{Coarse, Size, gaussian};
use crate::xray::Paths;
use rand::{Rng, RngExt};
use std::sync::LazyLock;

/// Intervals of the table of quantiles.
const STEPS: usize = 2048;
/// Columns and rows of the tile of bone grain; it is repeated over the picture.
const TILE: usize = 256;

/// The quantiles of the normal distribution.
pub(crate) struct Normals {
    quantiles: Vec<f32>,
}

impl Normals {
    /// The table, made once.
    pub fn shared() -> &'static Self {
        static TABLE: LazyLock<Normals> = LazyLock::new(Normals::new);
        &TABLE
    }

    fn new() -> Self {
        let mut quantiles: Vec<f32> = (0..=STEPS)
            .map(|i| quantile((i as f64 / STEPS as f64).clamp(3.2e-5, 1.0 - 3.2e-5)))
            .collect();
        // Linear reading lengthens chords of the tails: bring the variance back to 1.
        let square: f32 = quantiles
            .windows(2)
            .map(|pair| (pair[0] * pair[0] + pair[0] * pair[1] + pair[1] * pair[1]) / 3.0)
            .sum();
        let scale = (STEPS as f32 / square).sqrt();
        quantiles.iter_mut().for_each(|q| *q *= scale);
        Self { quantiles }
    }

    fn at(&self, bits: u32) -> f32 {
        let i = (bits >> 21) as usize;
        let t = (bits & 0x001f_ffff) as f32 * (1.0 / 2_097_152.0);
        let [a, b] = [self.quantiles[i], self.quantiles[i + 1]];
        a + t * (b - a)
    }

    /// Adds noise whose standard deviation is `deviation` of the value, and keeps values positive.
    pub fn add(&self, values: &mut [f32], deviation: impl Fn(f32) -> f32, rng: &mut impl Rng) {
        let mut bytes = [0u8; 4096];
        for run in values.chunks_mut(1024) {
            rng.fill_bytes(&mut bytes[..4 * run.len()]);
            for (value, four) in run.iter_mut().zip(bytes.as_chunks::<4>().0) {
                let noise = self.at(u32::from_le_bytes(*four));
                *value = (*value + deviation(*value) * noise).max(1e-7);
            }
        }
    }
}

/// Quantile of the normal distribution by Newton's method.
fn quantile(p: f64) -> f32 {
    let density = |x: f64| (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
    let mut x = 0.0f64;
    for _ in 0..12 {
        x -= ((distribution(x) - p) / density(x)).clamp(-0.7, 0.7);
    }
    x as f32
}

/// Normal distribution function by its series around 0 (Abramowitz and Stegun 26.2.11).
fn distribution(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for k in 1..60 {
        term *= x * x / f64::from(2 * k + 1);
        sum += term;
    }
    0.5 + sum * (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt()
}

/// Trabecular grain in bone and lumps in soft tissue.
pub(crate) fn roughen(paths: &mut Paths, rng: &mut impl Rng) {
    let view = paths.view;
    let pitch = view.pitch_mm;
    let size = Size {
        width: view.width,
        height: view.height,
    };
    let grain = grain_tile(pitch, rng);
    let mut lumps = Coarse::new(size, (8.0 / pitch).max(4.0), || rng.random_range(-1.0..1.0));
    let mut clouds = Coarse::new(size, (3.0 / pitch).max(2.0), || rng.random_range(-1.0..1.0));
    let (mut lump, mut cloud) = (vec![0.0; view.width], vec![0.0; view.width]);
    let bones = paths.bone_mm.chunks_exact_mut(view.width);
    let softs = paths.soft_mm.chunks_exact_mut(view.width);
    for (row, (bones, softs)) in bones.zip(softs).enumerate() {
        lumps.read(row, &mut lump);
        clouds.read(row, &mut cloud);
        let grain = &grain[row % TILE * TILE..][..TILE];
        let tiles = bones.chunks_mut(TILE).zip(cloud.chunks(TILE));
        for (bones, cloud) in tiles {
            for ((bone, cloud), grain) in bones.iter_mut().zip(cloud).zip(grain) {
                *bone *= (1.0 + 0.07 * grain + 0.10 * cloud).max(0.2);
            }
        }
        for ((soft, lump), cloud) in softs.iter_mut().zip(&lump).zip(&cloud) {
            *soft *= 1.0 + 0.012 * lump + 0.006 * cloud;
        }
    }
}

/// Noise between about half a millimetre and two, of standard deviation 1.
fn grain_tile(pitch_mm: f32, rng: &mut impl Rng) -> Vec<f32> {
    let size = Size {
        width: TILE,
        height: TILE,
    };
    let mut fine = vec![10.0; TILE * TILE];
    Normals::shared().add(&mut fine, |_| 1.0, rng);
    let mut wide = fine.clone();
    gaussian(&mut fine, size, 0.40 / pitch_mm);
    gaussian(&mut wide, size, 1.1 / pitch_mm);
    for (fine, wide) in fine.iter_mut().zip(&wide) {
        *fine -= wide;
    }
    let square: f32 = fine.iter().map(|v| v * v).sum();
    let scale = (fine.len() as f32 / square.max(1e-12)).sqrt();
    fine.iter_mut().for_each(|v| *v *= scale);
    fine
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn noise_from_the_table_has_the_moments_and_tails_of_the_normal_distribution() {
        let mut values = vec![100.0f32; 400_000];
        Normals::shared().add(&mut values, |_| 1.0, &mut ChaCha8Rng::seed_from_u64(5));
        let z: Vec<f64> = values.iter().map(|v| f64::from(v - 100.0)).collect();
        let moment = |power: i32| z.iter().map(|v| v.powi(power)).sum::<f64>() / z.len() as f64;
        assert!(moment(1).abs() < 0.01, "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.01, "{}", moment(2));
        assert!((moment(4) - 3.0).abs() < 0.06, "{}", moment(4));
        let beyond = z.iter().filter(|v| v.abs() > 3.0).count() as f64 / z.len() as f64;
        assert!((beyond / 0.0027 - 1.0).abs() < 0.1, "{beyond}");
    }
}
