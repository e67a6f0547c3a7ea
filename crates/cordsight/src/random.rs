//! Seeded random numbers, one independent stream for each purpose and index.
//!
//! In: the run's seed, what the numbers are for, and an index (an epoch, a parameter, a class). Out: a generator.
//! A draw depends on these three alone: nothing has to be saved to resume a run, and no thread can disturb another.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What random numbers are for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// Start values of parameter `index`.
    Weights = 1,
    /// Parts of the patients with label `index`.
    Split = 2,
    /// Order of the pictures in epoch `index`.
    Order = 3,
    /// Augmentation of one picture; the index holds epoch and place.
    Augmentation = 4,
    /// Mixing of one batch; the index holds epoch and first place.
    Mixup = 5,
    /// What the head leaves out for one batch; the index holds epoch and first place.
    Dropout = 6,
    /// Random maps and orders in the checks of a heatmap, resampling of their figures.
    Explanation = 7,
    /// Folds of the patients of one label in one repeat; the index holds both.
    Folds = 8,
    /// Patients of one label set aside within the training part; the index holds repeat and label.
    InnerSplits = 21,
    /// Settings of trial `index`, from 0.
    Tuning = 22,
    /// Noise of test picture `index` in the analysis of robustness.
    Robustness = 20,
}

/// The generator of one purpose and index.
pub fn generator(seed: u64, purpose: Purpose, index: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8] = purpose as u8;
    let mut generator = ChaCha8Rng::from_seed(key);
    generator.set_stream(index);
    generator
}
