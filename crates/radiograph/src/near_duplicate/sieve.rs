//! The sieve through which nearly no pair of different pictures passes: codes of 64 bits, then signatures of 64 bytes.
//!
//! In: the amplitudes of all pictures, then one field at a time. Out: the pictures that may be copies of it. Pictures so near to the
//! mean that a sketch of them says nothing always pass.

use super::code::{Amplitudes, Signature, Transform, Whitening, likeness};
use rayon::prelude::*;

/// Bits in which the codes of copies may differ.
const BITS: u32 = 17;
/// Correlation of the signatures of copies.
const LIKE: f32 = 0.71;
/// Codes looked at together.
const BLOCK: usize = 64;

pub(super) struct Sieve {
    transform: Transform,
    whitening: Whitening,
    codes: Vec<u64>,
    signatures: Vec<Signature>,
    /// In order.
    vague: Vec<usize>,
}

impl Sieve {
    pub fn new(transform: Transform, amplitudes: &[Amplitudes], vague: Vec<usize>) -> Sieve {
        let whitening = Whitening::fitted(amplitudes);
        let (codes, signatures) = amplitudes
            .par_iter()
            .map(|amplitudes| {
                let sketch = whitening.sketch(amplitudes);
                (sketch.code, sketch.signature)
            })
            .unzip();
        Sieve {
            transform,
            whitening,
            codes,
            signatures,
            vague,
        }
    }

    pub fn is_vague(&self, picture: usize) -> bool {
        self.vague.binary_search(&picture).is_ok()
    }

    /// Pictures from `from` on that may be copies of a field, in order.
    #[inline(always)]
    pub fn near(&self, field: &[f32], from: usize) -> Vec<usize> {
        let own = self.whitening.sketch(&self.transform.amplitudes(field));
        let mut near = Vec::new();
        for other in near_codes(own.code, &self.codes, from) {
            if likeness(&own.signature, &self.signatures[other]) >= LIKE {
                near.push(other);
            }
        }
        near.extend(self.vague.iter().filter(|other| **other >= from));
        near.sort_unstable();
        near.dedup();
        near
    }
}

/// Places from `from` on of the codes that differ from `own` in at most [`BITS`] bits.
#[inline(always)]
fn near_codes(own: u64, codes: &[u64], from: usize) -> Vec<usize> {
    let mut found = Vec::with_capacity(codes.len() / 256);
    for (block, codes) in codes[from..].chunks(BLOCK).enumerate() {
        // Without a branch in it, the compiler counts the bits of several codes at once.
        let any = codes
            .iter()
            .fold(false, |any, code| any | is_near(own, *code));
        if any {
            for (i, code) in codes.iter().enumerate() {
                if is_near(own, *code) {
                    found.push(from + BLOCK * block + i);
                }
            }
        }
    }
    found
}

#[inline(always)]
fn is_near(own: u64, code: u64) -> bool {
    (own ^ code).count_ones() <= BITS
}
