//! Everything random that fills a whole picture: counting noise, and the grain of bone and soft tissue.
//!
//! In: a seeded generator. Out: values added in place. A picture takes millions of normal numbers, so they are read from a
//! table of quantiles, one 32-bit number each: normal within 4 standard deviations, nothing beyond. The numbers come from
//! sixteen quick generators side by side, since a cipher would take longer than the blurs.
//!
//! Source: xoshiro128++, Blackman and Vigna 2021, ACM Transactions on Mathematical Software 47:36.

use crate::blur::{Coarse, Size, gaussian};
use crate::xray::Paths;
use rand::{Rng, RngExt};
use std::sync::LazyLock;

/// Intervals of the table of quantiles.
const STEPS: usize = 2048;
/// Generators side by side.
const LANES: usize = 16;
/// Columns and rows of the tile of bone grain, at most; it is repeated over the picture.
const TILE: usize = 256;

/// The quantiles of the normal distribution.
pub(crate) struct Normals {
    /// A quantile and how much more the next one is.
    steps: Box<[[f32; 2]; STEPS]>,
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
        let mut steps = Box::new([[0.0; 2]; STEPS]);
        for (step, pair) in steps.iter_mut().zip(quantiles.windows(2)) {
            *step = [pair[0], pair[1] - pair[0]];
        }
        Self { steps }
    }

    fn at(&self, bits: u32) -> f32 {
        let i = (bits >> 21) as usize;
        let t = (bits & 0x001f_ffff) as i32 as f32 * (1.0 / 2_097_152.0);
        let [value, more] = self.steps[i % STEPS];
        value + t * more
    }

    /// Adds noise whose standard deviation is `deviation` of the value, and keeps values positive.
    pub fn add(&self, values: &mut [f32], deviation: impl Fn(f32) -> f32, rng: &mut impl Rng) {
        let mut generators = Generators::from(rng);
        let mut noise = [0.0f32; LANES];
        for run in values.chunks_mut(LANES) {
            let bits = generators.next();
            for (noise, bits) in noise.iter_mut().zip(bits) {
                *noise = self.at(bits);
            }
            for (value, noise) in run.iter_mut().zip(&noise) {
                let noisy = *value + deviation(*value) * noise;
                *value = if noisy > 1e-7 { noisy } else { 1e-7 };
            }
        }
    }
}

/// Generators side by side, so that the processor works on several at once.
struct Generators {
    state: [[u32; LANES]; 4],
}

impl Generators {
    /// Generators whose states are drawn from another.
    fn from(rng: &mut impl Rng) -> Self {
        Self {
            state: std::array::from_fn(|_| std::array::from_fn(|_| rng.random())),
        }
    }

    /// The next number of each.
    #[inline]
    fn next(&mut self) -> [u32; LANES] {
        let [mut a, mut b, mut c, mut d] = self.state;
        let mut next = [0; LANES];
        for (i, next) in next.iter_mut().enumerate() {
            *next = a[i].wrapping_add(d[i]).rotate_left(7).wrapping_add(a[i]);
            let shifted = b[i] << 9;
            c[i] ^= a[i];
            d[i] ^= b[i];
            b[i] ^= c[i];
            a[i] ^= d[i];
            c[i] ^= shifted;
            d[i] = d[i].rotate_left(11);
        }
        self.state = [a, b, c, d];
        next
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
    let tile = view.width.max(view.height).next_power_of_two().min(TILE);
    let grain = grain_tile(tile, pitch, rng);
    let mut lumps = Coarse::new(size, (8.0 / pitch).max(4.0), || rng.random_range(-1.0..1.0));
    let mut clouds = Coarse::new(size, (3.0 / pitch).max(2.0), || rng.random_range(-1.0..1.0));
    let (mut lump, mut cloud) = (vec![0.0; view.width], vec![0.0; view.width]);
    let bones = paths.bone_mm.chunks_exact_mut(view.width);
    let softs = paths.soft_mm.chunks_exact_mut(view.width);
    for (row, (bones, softs)) in bones.zip(softs).enumerate() {
        lumps.read(row, &mut lump);
        clouds.read(row, &mut cloud);
        let grain = &grain[row % tile * tile..][..tile];
        let tiles = bones.chunks_mut(tile).zip(cloud.chunks(tile));
        for (bones, cloud) in tiles {
            for ((bone, cloud), grain) in bones.iter_mut().zip(cloud).zip(grain) {
                let share = 1.0 + 0.07 * grain + 0.10 * cloud;
                *bone *= if share > 0.2 { share } else { 0.2 };
            }
        }
        for ((soft, lump), cloud) in softs.iter_mut().zip(&lump).zip(&cloud) {
            *soft *= 1.0 + 0.012 * lump + 0.006 * cloud;
        }
    }
}

/// Noise between about half a millimetre and two, of standard deviation 1.
fn grain_tile(side: usize, pitch_mm: f32, rng: &mut impl Rng) -> Vec<f32> {
    let size = Size {
        width: side,
        height: side,
    };
    let mut fine = vec![10.0; side * side];
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
    fn the_generators_give_the_numbers_of_the_published_one() {
        // First numbers of the authors' program in C from the state 1, 2, 3, 4.
        let mut generators = Generators {
            state: [[1; LANES], [2; LANES], [3; LANES], [4; LANES]],
        };
        for expected in [641, 1_573_767, 3_222_811_527, 3_517_856_514] {
            assert_eq!(generators.next(), [expected; LANES]);
        }
    }

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
