//! All pairs of alike fingerprints among many.
//!
//! In: fingerprints. Out: pairs with their similarity. Sieves, each finer and dearer than the one before: the sketches of
//! all pairs, and of parts of each picture against all others (a copy may be cut), are alike; their fields correlate
//! about the mean of all; so they do after alignment, coarse, then fine. Nothing depends on the order in which threads
//! finish: each picture's partners are found apart and joined in order.

use rayon::prelude::*;

use super::Fingerprint;
use super::align::Fields;
use super::index::Index;
use super::probe::{CELLS, Probe, probes};
use super::thumbnail::{SIDE, fine_contrast};
use crate::local_contrast::mirrored;

/// Similarity from which on two pictures count as copies.
const ALIKE: f32 = 0.9;
/// Pairs kept for each picture; a folder of equal pictures would otherwise give their number squared.
const MOST: usize = 64;
/// Pairs of each picture that are aligned.
const MOST_ALIGNED: usize = 1024;
/// Steps of the coarse alignment, and of the fine one after it.
const COARSE_STEPS: usize = 4;
const FINE_STEPS: usize = 3;
/// Correlation before alignment, about the mean of all pictures.
const BEFORE: f32 = 0.78;
/// Correlation after the first step of the coarse alignment.
const ONE_STEP: f32 = 0.82;
/// Correlation after coarse alignment.
const COARSE: f32 = 0.86;

/// Two pictures that are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearPair {
    /// Index of one, the smaller.
    pub first: usize,
    /// Index of the other.
    pub second: usize,
    /// Correlation of local contrast after the best alignment, up to 1.
    pub similarity: f32,
    /// Whether one is the mirror image of the other.
    pub mirrored: bool,
}

/// All alike pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct NearPairs {
    /// Sorted by `first`, then `second`.
    pub pairs: Vec<NearPair>,
    /// Pairs that were left out: a picture has at most 64 partners after it, the most alike ones, and at most 1024
    /// candidates of it are aligned.
    pub left_out: usize,
}

/// All pairs that are alike; the same for any number of threads.
pub fn near_pairs(prints: &[Fingerprint]) -> NearPairs {
    let index = Index::new(prints);
    let found: Vec<(Vec<NearPair>, usize)> = (0..prints.len())
        .into_par_iter()
        .map(|picture| {
            pulp::Arch::new().dispatch(Search {
                prints,
                index: &index,
                picture,
            })
        })
        .collect();
    let mut left_out = found.iter().map(|row| row.1).sum();
    let mut pairs: Vec<NearPair> = found.into_iter().flat_map(|row| row.0).collect();
    // A pair is met from either side where one picture is a part of the other.
    pairs.sort_by(|a, b| {
        let by_place = (a.first, a.second).cmp(&(b.first, b.second));
        by_place.then(b.similarity.total_cmp(&a.similarity))
    });
    pairs.dedup_by_key(|pair| (pair.first, pair.second));
    let rows = pairs.chunk_by(|a, b| a.first == b.first);
    let pairs = rows
        .flat_map(|row| most_alike(row, &mut left_out))
        .collect();
    NearPairs { pairs, left_out }
}

fn most_alike(row: &[NearPair], left_out: &mut usize) -> Vec<NearPair> {
    let mut row = row.to_vec();
    if row.len() > MOST {
        *left_out += row.len() - MOST;
        row.sort_by(|a, b| {
            let by_likeness = b.similarity.total_cmp(&a.similarity);
            by_likeness.then(a.second.cmp(&b.second))
        });
        row.truncate(MOST);
        row.sort_by_key(|pair| pair.second);
    }
    row
}

/// A picture that may be a copy of the one looked at.
struct Candidate {
    alike: f32,
    other: usize,
    probe: usize,
}

/// The search for the partners of one picture. What it calls is inlined into it, and so compiled for the vectors that the
/// processor has.
struct Search<'a> {
    prints: &'a [Fingerprint],
    index: &'a Index,
    picture: usize,
}

impl pulp::NullaryFnOnce for Search<'_> {
    type Output = (Vec<NearPair>, usize);

    #[inline(always)]
    fn call(self) -> Self::Output {
        partners(self.prints, self.index, self.picture)
    }
}

/// Pictures alike to one, as pairs, and how many candidates were not looked at.
#[inline(always)]
fn partners(prints: &[Fingerprint], index: &Index, picture: usize) -> (Vec<NearPair>, usize) {
    let probes = probes(&prints[picture].thumbnail);
    let mut candidates = candidates(index, picture, &probes);
    // The best probe of each candidate, then the best candidates first.
    candidates.sort_by(|a, b| {
        let best_first = b.alike.total_cmp(&a.alike).then(a.probe.cmp(&b.probe));
        a.other.cmp(&b.other).then(best_first)
    });
    candidates.dedup_by_key(|candidate| candidate.other);
    candidates.sort_by(|a, b| b.alike.total_cmp(&a.alike).then(a.other.cmp(&b.other)));
    let left_out = candidates.len().saturating_sub(MOST_ALIGNED);
    candidates.truncate(MOST_ALIGNED);
    let mut own = [None, None];
    let mut pairs = Vec::new();
    for candidate in &candidates {
        let probe = &probes[candidate.probe];
        let shown = index.field(candidate.other);
        let coarse = Fields {
            // The first two probes are the picture and its mirror image.
            whole: &probes[usize::from(probe.way.mirrored)].field,
            shown: &shown,
            side: CELLS,
        };
        let Some(map) = coarse.align(&probe.way.map, 1) else {
            continue;
        };
        if coarse.correlation(&map).is_none_or(|v| v < ONE_STEP) {
            continue;
        }
        let Some(map) = coarse.align(&map, COARSE_STEPS - 1) else {
            continue;
        };
        if coarse.correlation(&map).is_none_or(|v| v < COARSE) {
            continue;
        }
        let own = own[usize::from(probe.way.mirrored)].get_or_insert_with(|| {
            let own = fine_contrast(&prints[picture].thumbnail);
            match probe.way.mirrored {
                true => mirrored(&own, SIDE),
                false => own,
            }
        });
        let fine = Fields {
            whole: own,
            shown: &fine_contrast(&prints[candidate.other].thumbnail),
            side: SIDE,
        };
        let Some(map) = fine.align(&map, FINE_STEPS) else {
            continue;
        };
        if let Some(similarity) = fine.correlation(&map).filter(|v| *v >= ALIKE) {
            pairs.push(NearPair {
                first: picture.min(candidate.other),
                second: picture.max(candidate.other),
                similarity,
                mirrored: probe.way.mirrored,
            });
        }
    }
    (pairs, left_out)
}

#[inline(always)]
fn candidates(index: &Index, picture: usize, probes: &[Probe]) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (number, probe) in probes.iter().enumerate() {
        // Whole pictures, probes 0 and 1, are met once, from the one with the smaller index.
        let from = if number < 2 { picture + 1 } else { 0 };
        let alike = index.alike(picture, &probe.field, from, BEFORE).into_iter();
        found.extend(alike.map(|(other, alike)| Candidate {
            alike,
            other,
            probe: number,
        }));
    }
    found
}
