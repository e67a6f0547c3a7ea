//! The fields of all pictures, ready to be compared: in one byte a cell, with their mean taken off.
//!
//! In: fingerprints. Out: correlations about the mean of all pictures, and the [`Sieve`] that goes before them.

use rayon::prelude::*;

use super::Fingerprint;
use super::code::Transform;
use super::probe::{CELLS, whole};
use super::sieve::Sieve;
use crate::local_contrast::product;

const FIELD: usize = CELLS * CELLS;
/// Steps of a stored field in its length: six standard deviations fill a byte.
const STEPS: f32 = 127.0 / 6.0 * CELLS as f32;
/// Distance from the mean, as a share of a picture's own length, below which a sketch says nothing.
const NEAR_MEAN: f32 = 0.3;
/// Up to so many pictures all pairs pass the sieve, and correlations are about nothing: their mean says little, and there is time.
const FEW: usize = 1000;

pub(super) struct Index {
    fields: Vec<[i8; FIELD]>,
    /// Product of each field with the mean, and length of what is left without it.
    along_mean: Vec<(f32, f32)>,
    mean: Vec<f32>,
    mean_square: f32,
    sieve: Option<Sieve>,
}

/// A field that is compared with many.
struct Comparison {
    steps: [i8; FIELD],
    along_mean: (f32, f32),
}

impl Index {
    pub fn new(prints: &[Fingerprint]) -> Index {
        let fields: Vec<[i8; FIELD]> = prints
            .par_iter()
            .map(|print| in_steps(&whole(&print.thumbnail)))
            .collect();
        let are_many = prints.len() > FEW;
        let mut mean = vec![0.0_f64; FIELD];
        if are_many {
            for field in &fields {
                for (sum, step) in mean.iter_mut().zip(field) {
                    *sum += f64::from(*step);
                }
            }
        }
        let scale = f64::from(STEPS) * prints.len().max(1) as f64;
        let mean: Vec<f32> = mean.iter().map(|sum| (sum / scale) as f32).collect();
        let mean_square = product(&mean, &mean);
        let along_mean: Vec<(f32, f32)> = fields
            .par_iter()
            .map(|field| along(&in_lengths(field), &mean, mean_square))
            .collect();
        let sieve = are_many.then(|| {
            let transform = Transform::new();
            let amplitudes: Vec<_> = fields
                .par_iter()
                .map(|field| transform.amplitudes(&in_lengths(field)))
                .collect();
            let numbered = along_mean.iter().enumerate();
            let vague = numbered.filter(|(_, along)| along.1 < NEAR_MEAN);
            let vague = vague.map(|(picture, _)| picture).collect();
            Sieve::new(transform, &amplitudes, vague)
        });
        Index {
            fields,
            along_mean,
            mean,
            mean_square,
            sieve,
        }
    }

    pub fn field(&self, picture: usize) -> Vec<f32> {
        in_lengths(&self.fields[picture])
    }

    /// Pictures from `from` on whose correlation with a field of `picture` about the mean is at least `least`, with it.
    #[inline(always)]
    pub fn alike(
        &self,
        picture: usize,
        field: &[f32],
        from: usize,
        least: f32,
    ) -> Vec<(usize, f32)> {
        let near = match &self.sieve {
            Some(sieve) if !sieve.is_vague(picture) => sieve.near(field, from),
            _ => (from..self.fields.len()).collect(),
        };
        let own = Comparison {
            steps: in_steps(field),
            along_mean: along(field, &self.mean, self.mean_square),
        };
        let mut found = Vec::new();
        for other in near {
            let alike = self.correlation(&own, other);
            if alike >= least && other != picture {
                found.push((other, alike));
            }
        }
        found
    }

    #[inline(always)]
    fn correlation(&self, own: &Comparison, other: usize) -> f32 {
        let pairs = own.steps.iter().zip(&self.fields[other]);
        let steps: i32 = pairs
            .map(|(a, b)| i32::from(i16::from(*a) * i16::from(*b)))
            .sum();
        let (along, length) = self.along_mean[other];
        let (own_along, own_length) = own.along_mean;
        let both = steps as f32 / (STEPS * STEPS) - along - own_along + self.mean_square;
        let lengths = length * own_length;
        if lengths > 1e-6 { both / lengths } else { 0.0 }
    }
}

fn along(field: &[f32], mean: &[f32], mean_square: f32) -> (f32, f32) {
    let along = product(field, mean);
    let left = product(field, field) - 2.0 * along + mean_square;
    (along, left.max(0.0).sqrt())
}

fn in_steps(field: &[f32]) -> [i8; FIELD] {
    std::array::from_fn(|i| (STEPS * field[i]).round() as i8)
}

fn in_lengths(steps: &[i8; FIELD]) -> Vec<f32> {
    steps.iter().map(|step| f32::from(*step) / STEPS).collect()
}
