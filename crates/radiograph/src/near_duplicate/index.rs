//! The fields of all pictures, ready to be compared: in one byte a cell, with their mean taken off.
//!
//! In: fingerprints. Out: codes, and correlations about the mean of all pictures.

use rayon::prelude::*;

use super::Fingerprint;
use super::code::{Amplitudes, Signature, Sketch, Transform, likeness};
use super::probe::{CELLS, whole};
use super::search::FEW;
use crate::local_contrast::product;

const FIELD: usize = CELLS * CELLS;
/// Steps of a stored field in its length: six standard deviations fill a byte.
const STEPS: f32 = 127.0 / 6.0 * CELLS as f32;
/// By how much the lowest frequencies of two pictures may be less alike than the whole fields: signatures are cheap to compare.
const SLACK: f32 = 0.1;
/// Distance from the mean, as a share of a picture's own length, below which its bits say nothing.
const NEAR_MEAN: f32 = 0.3;

pub(super) struct Index {
    fields: Vec<[i8; FIELD]>,
    /// Product of each field with the mean, and length of what is left without it.
    along_mean: Vec<(f32, f32)>,
    mean: Vec<f32>,
    mean_square: f32,
    mean_amplitudes: Amplitudes,
    pub codes: Vec<u64>,
    signatures: Vec<Signature>,
    /// Pictures so near to the mean that their bits say nothing, in order.
    pub vague: Vec<usize>,
}

/// A field that is compared with many.
pub(super) struct Comparison {
    pub sketch: Sketch,
    steps: [i8; FIELD],
    along_mean: (f32, f32),
}

impl Index {
    pub fn new(prints: &[Fingerprint], transform: &Transform) -> Index {
        let fields: Vec<[i8; FIELD]> = prints
            .par_iter()
            .map(|print| in_steps(&whole(&print.thumbnail)))
            .collect();
        let mut mean = vec![0.0_f64; FIELD];
        if prints.len() > FEW {
            for field in &fields {
                for (sum, step) in mean.iter_mut().zip(field) {
                    *sum += f64::from(*step);
                }
            }
        }
        let scale = f64::from(STEPS) * prints.len().max(1) as f64;
        let mean: Vec<f32> = mean.iter().map(|sum| (sum / scale) as f32).collect();
        let mean_square = product(&mean, &mean);
        let mean_amplitudes = transform.amplitudes(&mean);
        let (sketches, along_mean): (Vec<Sketch>, Vec<(f32, f32)>) = fields
            .par_iter()
            .map(|field| {
                let field = in_lengths(field);
                let sketch = Sketch::of(&transform.amplitudes(&field), &mean_amplitudes);
                (sketch, along(&field, &mean, mean_square))
            })
            .unzip();
        let (codes, signatures) = sketches
            .into_iter()
            .map(|of| (of.code, of.signature))
            .unzip();
        let numbered = along_mean.iter().enumerate();
        let vague = numbered.filter(|(_, along)| along.1 < NEAR_MEAN);
        Index {
            vague: vague.map(|(picture, _)| picture).collect(),
            fields,
            along_mean,
            mean,
            mean_square,
            mean_amplitudes,
            codes,
            signatures,
        }
    }

    pub fn is_vague(&self, picture: usize) -> bool {
        self.vague.binary_search(&picture).is_ok()
    }

    pub fn field(&self, picture: usize) -> Vec<f32> {
        in_lengths(&self.fields[picture])
    }

    pub fn comparison(&self, field: &[f32], transform: &Transform) -> Comparison {
        Comparison {
            sketch: Sketch::of(&transform.amplitudes(field), &self.mean_amplitudes),
            steps: in_steps(field),
            along_mean: along(field, &self.mean, self.mean_square),
        }
    }

    /// Those of `others` whose correlation about the mean is at least `least`, with it.
    #[inline(always)]
    pub fn alike(&self, own: &Comparison, others: &[usize], least: f32) -> Vec<(usize, f32)> {
        let mut found = Vec::new();
        for &other in others {
            if likeness(&own.sketch.signature, &self.signatures[other]) < least - SLACK {
                continue;
            }
            let alike = self.correlation(own, other);
            if alike >= least {
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
