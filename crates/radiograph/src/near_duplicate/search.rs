//! All pairs of alike fingerprints among many.

use rayon::prelude::*;

use super::Fingerprint;
use super::thumbnail::{WHOLE, contrast};
use crate::local_contrast::{mirrored, product};

/// Similarity from which on two pictures count as copies.
const ALIKE: f32 = 0.8;
/// Cells on each side of the fields compared, and to each side of one with which it is compared.
const CELLS: usize = 32;
const REACH: usize = 3;
/// Pairs kept for each picture; a folder of equal pictures would otherwise give their number squared.
const MOST: usize = 64;

/// Two pictures that are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearPair {
    /// Index of one, the smaller.
    pub first: usize,
    /// Index of the other.
    pub second: usize,
    /// Correlation of the two after the best alignment, up to 1.
    pub similarity: f32,
    /// Whether one is the mirror image of the other.
    pub mirrored: bool,
}

/// All alike pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct NearPairs {
    /// Sorted by `first`, then `second`.
    pub pairs: Vec<NearPair>,
    /// Pairs left out because `first` has more than 64 that are more alike.
    pub left_out: usize,
}

/// All pairs that are alike; the same for any number of threads.
pub fn near_pairs(prints: &[Fingerprint]) -> NearPairs {
    let fields: Vec<Vec<f32>> = prints
        .par_iter()
        .map(|print| contrast::<CELLS>(&print.thumbnail, WHOLE, REACH))
        .collect();
    let rows: Vec<(Vec<NearPair>, usize)> = (0..prints.len())
        .into_par_iter()
        .map(|first| partners(&fields, first))
        .collect();
    let left_out = rows.iter().map(|row| row.1).sum();
    let pairs = rows.into_iter().flat_map(|row| row.0).collect();
    NearPairs { pairs, left_out }
}

fn partners(fields: &[Vec<f32>], first: usize) -> (Vec<NearPair>, usize) {
    let mirror = mirrored(&fields[first], CELLS);
    let mut found: Vec<NearPair> = (first + 1..fields.len())
        .filter_map(|second| {
            let same = product(&fields[first], &fields[second]);
            let flipped = product(&mirror, &fields[second]);
            let pair = NearPair {
                first,
                second,
                similarity: same.max(flipped),
                mirrored: flipped > same,
            };
            (pair.similarity >= ALIKE).then_some(pair)
        })
        .collect();
    let left_out = found.len().saturating_sub(MOST);
    if left_out > 0 {
        found.sort_by(|a, b| {
            let by_likeness = b.similarity.total_cmp(&a.similarity);
            by_likeness.then(a.second.cmp(&b.second))
        });
        found.truncate(MOST);
        found.sort_by_key(|pair| pair.second);
    }
    (found, left_out)
}
