//! All pairs of alike fingerprints among many.
//!
//! In: fingerprints. Out: pairs with their similarity. Three sieves, each finer and dearer than the one before: the 64-bit codes
//! of all pairs, and of parts of each picture against all others (a copy may be cut), differ in few bits; the amplitudes
//! behind them correlate; the aligned thumbnails are alike. Up to [`FEW`] pictures the first is left out. Nothing depends
//! on the order in which threads finish: each picture's partners are found apart and joined in order.

use rayon::prelude::*;

use super::Fingerprint;
use super::align::aligned_correlation;
use super::code::{Amplitudes, Transform, code, correlation, mean};
use super::thumbnail::{Part, WHOLE, fine_contrast};
use crate::local_contrast::mirrored;

/// Similarity from which on two pictures count as copies.
const ALIKE: f32 = 0.9;
/// Pairs kept for each picture; a folder of equal pictures would otherwise give their number squared.
const MOST: usize = 64;
/// Pairs of each picture that are aligned.
const MOST_ALIGNED: usize = 1024;
/// Up to so many pictures all pairs pass the first sieve: their mean says little, and there is time.
const FEW: usize = 1000;
/// Bits in which the codes of copies may differ.
const BITS: u32 = 14;
/// Correlation of the amplitudes about the mean, or about 0 where there is none.
const AMPLITUDES: f32 = 0.6;
/// Distance from the mean, as a share of a picture's own length, below which its bits say nothing.
const NEAR_MEAN: f32 = 0.3;
/// Cells to each side with which one is compared when thumbnails are aligned.
const REACH: usize = 4;
/// Codes looked at together.
const BLOCK: usize = 64;

/// Parts of a picture that a cut copy may show: cut all round, on two sides that face each other, on one side, at a corner.
const PARTS: [Part; 12] = [
    [0.025, 0.025, 0.975, 0.975],
    [0.05, 0.05, 0.95, 0.95],
    [0.05, 0.0, 0.95, 1.0],
    [0.0, 0.05, 1.0, 0.95],
    [0.075, 0.0, 1.0, 1.0],
    [0.0, 0.0, 0.925, 1.0],
    [0.0, 0.075, 1.0, 1.0],
    [0.0, 0.0, 1.0, 0.925],
    [0.075, 0.075, 1.0, 1.0],
    [0.0, 0.075, 0.925, 1.0],
    [0.075, 0.0, 1.0, 0.925],
    [0.0, 0.0, 0.925, 0.925],
];

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
    /// candidates are looked at.
    pub left_out: usize,
}

/// All pairs that are alike; the same for any number of threads.
pub fn near_pairs(prints: &[Fingerprint]) -> NearPairs {
    let index = Index::new(prints);
    let found: Vec<(Vec<NearPair>, usize)> = (0..prints.len())
        .into_par_iter()
        .map(|picture| index.partners(picture))
        .collect();
    let mut left_out = found.iter().map(|row| row.1).sum();
    let mut pairs: Vec<NearPair> = found.into_iter().flat_map(|row| row.0).collect();
    // A pair is met from either side where one picture is a part of the other.
    pairs.sort_by(|a, b| {
        let by_place = (a.first, a.second).cmp(&(b.first, b.second));
        by_place.then(b.similarity.total_cmp(&a.similarity))
    });
    pairs.dedup_by_key(|pair| (pair.first, pair.second));
    let pairs = pairs
        .chunk_by(|a, b| a.first == b.first)
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

/// What is compared with one picture: the picture, its mirror image, its parts.
struct Probe {
    amplitudes: Amplitudes,
    code: u64,
    part: Part,
    mirrored: bool,
}

struct Index<'a> {
    prints: &'a [Fingerprint],
    transform: Transform,
    amplitudes: Vec<Amplitudes>,
    mean: Amplitudes,
    codes: Vec<u64>,
    /// Pictures whose bits say nothing, in order.
    vague: Vec<u32>,
}

impl<'a> Index<'a> {
    fn new(prints: &'a [Fingerprint]) -> Index<'a> {
        let transform = Transform::new();
        let amplitudes: Vec<Amplitudes> = prints
            .par_iter()
            .map(|print| transform.amplitudes(&print.thumbnail, WHOLE))
            .collect();
        let mean = if prints.len() > FEW {
            mean(&amplitudes)
        } else {
            [0.0; _]
        };
        let is_vague = |own: &Amplitudes| {
            let square = |values: &mut dyn Iterator<Item = f32>| values.map(|v| v * v).sum::<f32>();
            let away = square(&mut own.iter().zip(&mean).map(|(a, b)| a - b));
            away < NEAR_MEAN * NEAR_MEAN * square(&mut own.iter().copied())
        };
        let numbered = amplitudes.iter().enumerate();
        let vague = numbered
            .filter(|(_, own)| is_vague(own))
            .map(|(i, _)| i as u32)
            .collect();
        Index {
            codes: amplitudes.iter().map(|own| code(own, &mean)).collect(),
            prints,
            transform,
            amplitudes,
            mean,
            vague,
        }
    }

    fn probes(&self, picture: usize) -> Vec<Probe> {
        let own = self.amplitudes[picture];
        let probe = |amplitudes: Amplitudes, part, mirrored| Probe {
            code: code(&amplitudes, &self.mean),
            amplitudes,
            part,
            mirrored,
        };
        let thumbnail = &self.prints[picture].thumbnail;
        let mut probes = vec![
            probe(own, WHOLE, false),
            probe(self.transform.mirrored(&own), WHOLE, true),
        ];
        probes.extend(
            PARTS.map(|part| probe(self.transform.amplitudes(thumbnail, part), part, false)),
        );
        probes
    }

    /// Pictures alike to one, as pairs, and how many candidates were not looked at.
    fn partners(&self, picture: usize) -> (Vec<NearPair>, usize) {
        let probes = self.probes(picture);
        let mut candidates = self.candidates(picture, &probes);
        // The best probe of each candidate, the best candidates first.
        candidates.sort_by(|a, b| a.1.cmp(&b.1).then(b.0.total_cmp(&a.0)).then(a.2.cmp(&b.2)));
        candidates.dedup_by_key(|candidate| candidate.1);
        candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let left_out = candidates.len().saturating_sub(MOST_ALIGNED);
        candidates.truncate(MOST_ALIGNED);
        if candidates.is_empty() {
            return (Vec::new(), 0);
        }
        let field = fine_contrast(&self.prints[picture].thumbnail, REACH);
        let mirror = mirrored(&field, super::thumbnail::SIDE);
        let pairs = candidates
            .into_iter()
            .filter_map(|(_, other, probe)| {
                let probe = &probes[probe];
                let own = if probe.mirrored { &mirror } else { &field };
                let shown = fine_contrast(&self.prints[other].thumbnail, REACH);
                let similarity = aligned_correlation(own, &shown, probe.part)?;
                (similarity >= ALIKE).then_some(NearPair {
                    first: picture.min(other),
                    second: picture.max(other),
                    similarity,
                    mirrored: probe.mirrored,
                })
            })
            .collect();
        (pairs, left_out)
    }

    /// Correlation of the amplitudes, other picture, probe.
    fn candidates(&self, picture: usize, probes: &[Probe]) -> Vec<(f32, usize, usize)> {
        let mut found = Vec::new();
        let mut consider = |other: usize, probe: usize| {
            // Whole pictures are met once, from the one with the smaller index.
            if other == picture || (probes[probe].part == WHOLE && other < picture) {
                return;
            }
            let own = &probes[probe].amplitudes;
            let alike = correlation(own, &self.amplitudes[other], &self.mean);
            if alike >= AMPLITUDES {
                found.push((alike, other, probe));
            }
        };
        let count = self.prints.len();
        let is_vague = |picture: usize| self.vague.binary_search(&(picture as u32)).is_ok();
        if count <= FEW || is_vague(picture) {
            for probe in 0..probes.len() {
                (0..count).for_each(|other| consider(other, probe));
            }
            return found;
        }
        for (probe, own) in probes.iter().enumerate() {
            let from = if own.part == WHOLE { picture } else { 0 };
            let near = near_codes(own.code, &self.codes[from..]);
            near.into_iter().for_each(|at| consider(from + at, probe));
            self.vague
                .iter()
                .for_each(|&other| consider(other as usize, probe));
        }
        found
    }
}

/// Places of the codes that differ from `own` in at most [`BITS`] bits.
fn near_codes(own: u64, codes: &[u64]) -> Vec<usize> {
    let mut found = Vec::new();
    pulp::Arch::new().dispatch(|| {
        for (block, codes) in codes.chunks(BLOCK).enumerate() {
            // Without a branch in it, the compiler counts the bits of several codes at once.
            let any = codes
                .iter()
                .fold(false, |any, code| any | is_near(own, *code));
            if any {
                let near = (0..codes.len()).filter(|&i| is_near(own, codes[i]));
                found.extend(near.map(|i| BLOCK * block + i));
            }
        }
    });
    found
}

#[inline(always)]
fn is_near(own: u64, code: u64) -> bool {
    (own ^ code).count_ones() <= BITS
}
