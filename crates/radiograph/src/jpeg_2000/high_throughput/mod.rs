//! The coefficients of a code block in high throughput coding (HTJ2K).
//!
//! In: the segment of the cleanup pass, which has all planes but at most one, and that of two refining passes. Out:
//! as from `bit_planes`. Quads of 2 × 2 samples are coded in pairs: which samples are significant and how many bits they
//! have at most, by code words; then the bits themselves.
//!
//! Source: ITU-T T.814 clause 7. Names of the standard: rho, u, kappa, U, E, mu.

use super::header::CAUSAL;

mod bits;
mod tables;

use bits::{Backward, Events, Forward};
use tables::{BOTH, BOTH_SMALL, EXCESSES, QUADS, Quad};

/// Memory of one block after another.
#[derive(Default)]
pub(super) struct HighThroughput {
    /// Even: quads are whole.
    pitch: usize,
    width: usize,
    height: usize,
    /// Signs and magnitudes with a fraction bit.
    values: Vec<u32>,
    /// 2 mu - 1 of the lower samples of quads, above and in this row; one before and two behind.
    above: Vec<u32>,
    below: Vec<u32>,
    cleanup: Vec<u8>,
    refinement: Vec<u8>,
}

/// Three kinds of bits of the cleanup pass.
struct Streams<'a> {
    magnitudes: Forward<'a>,
    codes: Backward<'a>,
    events: Events<'a>,
}

impl HighThroughput {
    /// Decodes the chunks; `planes` is the number of magnitude bits down to the lowest that the cleanup pass has, with
    /// `missing` planes above. None where the block is damaged.
    pub fn decode<'a>(
        &mut self,
        (width, height): (usize, usize),
        style: u8,
        (planes, missing): (u32, u32),
        chunks: impl Iterator<Item = (&'a [u8], u32)>,
    ) -> Option<()> {
        (self.width, self.height) = (width, height);
        self.pitch = width.next_multiple_of(2);
        self.values.clear();
        self.values
            .resize(self.pitch * height.next_multiple_of(2), 0);
        self.cleanup.clear();
        self.refinement.clear();
        let mut passes = 0;
        for (bytes, count) in chunks {
            let segment = if passes == 0 {
                &mut self.cleanup
            } else {
                &mut self.refinement
            };
            segment.extend_from_slice(bytes);
            passes += count;
        }
        if passes == 0 || self.cleanup.is_empty() {
            return Some(());
        }
        if passes > 3 || planes == 0 {
            return None;
        }
        let mut cleanup = std::mem::take(&mut self.cleanup);
        let is_sound = self.clean_up(&mut cleanup, planes, missing);
        self.cleanup = cleanup;
        is_sound?;
        // Nothing is below the last plane.
        if planes > 1 && !self.refinement.is_empty() {
            let refinement = std::mem::take(&mut self.refinement);
            if passes == 3 {
                self.refine(&refinement, planes);
            }
            if passes > 1 {
                self.propagate(&refinement, planes, style & CAUSAL != 0);
            }
            self.refinement = refinement;
        }
        Some(())
    }

    fn clean_up(&mut self, segment: &mut [u8], planes: u32, missing: u32) -> Option<()> {
        let length = segment.len();
        let &[.., before, last] = &*segment else {
            return None;
        };
        let suffix = usize::from(last) << 4 | usize::from(before & 15);
        if suffix < 2 || suffix > length || suffix > 4079 {
            return None;
        }
        // The lower half is the suffix's length; for the events it is ones.
        segment[length - 2] |= 15;
        let (magnitudes, rest) = segment.split_at(length - suffix);
        let rest = &rest[..suffix - 1];
        let mut streams = Streams {
            magnitudes: Forward::new(magnitudes, 0xff),
            codes: Backward::after_half(rest),
            events: Events::new(rest),
        };
        let quads = self.pitch / 2;
        for lower in [&mut self.above, &mut self.below] {
            lower.clear();
            lower.resize(2 * quads + 5, 0);
        }
        // E of a sample is at most this.
        let most = missing + 2;
        for y in (0..self.height).step_by(2) {
            if y == 0 {
                self.quad_row::<true>(y, &mut streams, planes, most)?;
            } else {
                self.quad_row::<false>(y, &mut streams, planes, most)?;
            }
            std::mem::swap(&mut self.above, &mut self.below);
        }
        Some(())
    }

    fn quad_row<const IS_FIRST: bool>(
        &mut self,
        y: usize,
        streams: &mut Streams,
        planes: u32,
        most: u32,
    ) -> Option<()> {
        let quads = self.pitch / 2;
        let (upper, lower) = self.values[y * self.pitch..].split_at_mut(self.pitch);
        let (upper, lower) = (upper.as_chunks_mut::<2>().0, lower.as_chunks_mut::<2>().0);
        let table = &QUADS[usize::from(!IS_FIRST)];
        let above = &self.above[..2 * quads + 5];
        let below = &mut self.below[1..][..2 * quads];
        let below = below.as_chunks_mut::<2>().0;
        // rho of the quad to the left.
        let mut left = 0;
        for first in (0..quads).step_by(2) {
            let mut pair = [Quad::EMPTY; 2];
            for (n, quad) in pair.iter_mut().enumerate().take(quads - first) {
                let at = 2 * (first + n);
                let context = if IS_FIRST {
                    left >> 1 | left & 1
                } else {
                    let &[nw, n, ne, nf] = above[at..].first_chunk()?;
                    u32::from(nw | n != 0)
                        | (left >> 1 | left >> 2) & 2
                        | u32::from(ne | nf != 0) << 2
                };
                if context != 0 || streams.events.next() == 1 {
                    let word = streams.codes.peek() & 127;
                    *quad = table[(context << 7 | word) as usize & 1023];
                    streams.codes.skip(quad.length());
                }
                left = quad.significant();
            }
            let excesses = excesses::<IS_FIRST>(pair, streams);
            for (n, quad) in pair.into_iter().enumerate().take(quads - first) {
                let at = first + n;
                let significant = quad.significant();
                if significant == 0 {
                    below[at] = [0; 2];
                    continue;
                }
                let kappa = if IS_FIRST || significant.is_power_of_two() {
                    1
                } else {
                    let &[nw, n, ne, nf] = above[2 * at..].first_chunk()?;
                    (nw | n | ne | nf | 2).ilog2()
                };
                let bits = excesses[n] + kappa;
                if bits > most {
                    return None;
                }
                let samples = [0, 1, 2, 3].map(|n| {
                    if significant >> n & 1 == 0 {
                        return (0, 0);
                    }
                    let (is_known, known) = quad.known(n);
                    sample(&mut streams.magnitudes, bits - is_known, known, planes)
                });
                upper[at] = [samples[0].1, samples[2].1];
                lower[at] = [samples[1].1, samples[3].1];
                below[at] = [samples[1].0, samples[3].0];
            }
        }
        Some(())
    }

    /// The next bit of samples that the cleanup pass has found.
    fn refine(&mut self, segment: &[u8], planes: u32) {
        let mut bits = Backward::new(segment);
        for top in (0..self.height).step_by(4) {
            for x in 0..self.width {
                for y in top..self.height.min(top + 4) {
                    let value = &mut self.values[y * self.pitch + x];
                    if *value != 0 {
                        *value ^= (bits.bit() ^ 1) << (planes - 1);
                        *value |= 1 << (planes - 2);
                    }
                }
            }
        }
    }

    /// Samples beside significant ones that have only this plane's bit; signs follow four columns of four.
    fn propagate(&mut self, segment: &[u8], planes: u32, is_causal: bool) {
        let mut bits = Forward::new(segment, 0);
        for top in (0..self.height).step_by(4) {
            let end = self.height.min(top + 4);
            for left in (0..self.width).step_by(4) {
                let mut found = [0; 16];
                let mut count = 0;
                for x in left..self.width.min(left + 4) {
                    for y in top..end {
                        let at = y * self.pitch + x;
                        let last = if is_causal { end } else { self.height };
                        if self.values[at] == 0 && self.has_neighbour(x, y, last) && bits.bit() == 1
                        {
                            self.values[at] = 3 << (planes - 2);
                            found[count] = at;
                            count += 1;
                        }
                    }
                }
                for &at in &found[..count] {
                    self.values[at] |= bits.bit() << 31;
                }
            }
        }
    }

    /// Whether one of the eight samples around is significant; rows from `end` on do not count.
    fn has_neighbour(&self, x: usize, y: usize, end: usize) -> bool {
        let columns = x.saturating_sub(1)..(x + 2).min(self.width);
        (y.saturating_sub(1)..(y + 2).min(end)).any(|y| {
            let row = &self.values[y * self.pitch..][columns.clone()];
            row.iter().any(|&value| value != 0)
        })
    }

    /// Row `y` of the block: magnitudes with their signs.
    pub fn row(&self, y: usize) -> &[u32] {
        &self.values[y * self.pitch..][..self.width]
    }
}

/// u of both quads.
#[inline(always)]
fn excesses<const IS_FIRST: bool>(pair: [Quad; 2], streams: &mut Streams) -> [u32; 2] {
    let mut kind = pair[0].has_excess() + 2 * pair[1].has_excess();
    if kind == 0 {
        return [0; 2];
    }
    if kind == BOTH_SMALL {
        kind = if IS_FIRST {
            BOTH_SMALL + streams.events.next()
        } else {
            BOTH
        };
    }
    let bits = streams.codes.peek();
    let excess = &EXCESSES[kind][(bits & 63) as usize];
    let [first, second] = excess.suffixes.map(u32::from);
    let bits = bits >> excess.length;
    let suffixes = [
        bits & !(u32::MAX << first),
        bits >> first & !(u32::MAX << second),
    ];
    streams
        .codes
        .skip(u32::from(excess.length) + first + second);
    [
        u32::from(excess.bases[0]) + suffixes[0],
        u32::from(excess.bases[1]) + suffixes[1],
    ]
}

/// 2 mu - 1 of a significant sample, and its value.
#[inline(always)]
fn sample(magnitudes: &mut Forward, bits: u32, known: u32, planes: u32) -> (u32, u32) {
    let coded = magnitudes.peek();
    magnitudes.skip(bits);
    let magnitude = coded & !(u32::MAX << bits) | known << bits | 1;
    (magnitude, coded << 31 | (magnitude + 2) << (planes - 1))
}
