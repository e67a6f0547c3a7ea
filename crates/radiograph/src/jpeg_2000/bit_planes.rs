//! The coefficients of a code block, bit plane by bit plane (JPEG 2000 part 1).
//!
//! In: the block's segments. Out: magnitudes with one fraction bit, half a step above what was decoded, and the sign in the highest bit.
//! Each column of four rows has one word that tells which of its samples and their neighbours are significant, so
//! that a context is one look-up, and a column with nothing to do is passed in one test.
//!
//! Source: ITU-T T.800 annex D.

use super::header::{BYPASS, CAUSAL, RESET, SEGMENTATION_SYMBOLS};
use super::mq::{Arithmetic, Contexts, RUN, Raw, Source, UNIFORM};
use super::packet::passes_left;

/// Bits of a column's word, for its first row; a row further down, three places higher. Bits 0 to 8 are the
/// significance of the nine samples round the first row, from above left to below right.
const SELF: u32 = 1 << 4;
const NEIGHBOURS: u32 = 0x1ef;
/// The sample's sign, whether it was refined, and whether this plane's first pass has had it.
const SIGN: u32 = 1 << 19;
const REFINED: u32 = 1 << 20;
const VISITED: u32 = 1 << 21;
const ALL_VISITED: u32 = VISITED | VISITED << 3 | VISITED << 6 | VISITED << 9;
/// Signs of the samples above and below the column.
const SIGN_ABOVE: u32 = 1 << 18;
const SIGN_BELOW: u32 = 1 << 31;

pub(super) const NEGATIVE: u32 = 1 << 31;

/// Context of significance by the neighbours, for LL and LH, HL, HH (table D.1).
const SIGNIFICANCE: [[u8; 512]; 4] = {
    let mut tables = [[0; 512]; 4];
    let mut at = 0;
    while at < 512 {
        let sides = ((at >> 3) & 1) + ((at >> 5) & 1);
        let ends = ((at >> 1) & 1) + ((at >> 7) & 1);
        let corners = (at & 1) + ((at >> 2) & 1) + ((at >> 6) & 1) + ((at >> 8) & 1);
        tables[0][at] = lines(sides, ends, corners);
        tables[1][at] = lines(ends, sides, corners);
        tables[2][at] = tables[0][at];
        tables[3][at] = diagonal(sides + ends, corners);
        at += 1;
    }
    tables
};

const fn lines(sides: usize, ends: usize, corners: usize) -> u8 {
    match (sides, ends, corners) {
        (2, _, _) => 8,
        (1, 1.., _) => 7,
        (1, 0, 1..) => 6,
        (1, 0, 0) => 5,
        (_, 2, _) => 4,
        (_, 1, _) => 3,
        (_, _, 2..) => 2,
        (_, _, corners) => corners as u8,
    }
}

const fn diagonal(beside: usize, corners: usize) -> u8 {
    match (corners, beside) {
        (3.., _) => 8,
        (2, 1..) => 7,
        (2, 0) => 6,
        (1, 2..) => 5,
        (1, 1) => 4,
        (1, 0) => 3,
        (_, 2..) => 2,
        (_, beside) => beside as u8,
    }
}

/// Twice the sign's context, plus whether its bit is inverted (table D.3). Bits 1, 3, 5, 7 of the index: significance above,
/// left, right, below; bits 0, 2, 4, 6: their signs.
const SIGN_CODING: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let vertical = contribution(at) + contribution(at >> 6);
        let horizontal = contribution(at >> 2) + contribution(at >> 4);
        let vertical = if vertical > 1 {
            1
        } else if vertical < -1 {
            -1
        } else {
            vertical
        };
        let horizontal = if horizontal > 1 {
            1
        } else if horizontal < -1 {
            -1
        } else {
            horizontal
        };
        table[at] = match (horizontal, vertical) {
            (1, 1) => 2 * 13,
            (1, 0) => 2 * 12,
            (1, _) => 2 * 11,
            (0, 1) => 2 * 10,
            (0, 0) => 2 * 9,
            (0, _) => 2 * 10 + 1,
            (_, 1) => 2 * 11 + 1,
            (_, 0) => 2 * 12 + 1,
            (_, _) => 2 * 13 + 1,
        };
        at += 1;
    }
    table
};

const fn contribution(bits: usize) -> i32 {
    match bits & 3 {
        2 => 1,
        3 => -1,
        _ => 0,
    }
}

/// Memory of one block after another.
#[derive(Default)]
pub(super) struct BitPlanes {
    width: usize,
    height: usize,
    /// Columns of four rows; a frame of one column and one row of columns round them.
    words: Vec<u32>,
    /// Magnitudes of each column, signs in the highest bit.
    columns: Vec<[u32; 4]>,
    /// A segment with its end.
    segment: Vec<u8>,
}

/// What a block's packets say of it.
pub(super) struct Coded {
    pub style: u8,
    pub orientation: usize,
    /// Magnitude bits that are coded, a region's shift among them.
    pub planes: u32,
}

impl BitPlanes {
    /// Decodes the segments, each with the number of its passes. More passes than planes have are ignored.
    pub fn decode<'a>(
        &mut self,
        (width, height): (usize, usize),
        coded: &Coded,
        mut chunks: impl Iterator<Item = (&'a [u8], u32)>,
    ) {
        let stripes = height.div_ceil(4);
        (self.width, self.height) = (width, height);
        self.words.clear();
        self.words.resize((width + 2) * (stripes + 2), 0);
        self.columns.clear();
        self.columns.resize(width * stripes, [0; 4]);
        let mut contexts = Contexts::new();
        let mut passed = 0;
        let mut next = chunks.next();
        let mut segment = std::mem::take(&mut self.segment);
        while let Some((bytes, count)) = next {
            let end = passed + passes_left(coded.style, passed).min(u32::MAX - passed);
            segment.clear();
            segment.extend_from_slice(bytes);
            let mut passes = count;
            next = chunks.next();
            while let Some((bytes, count)) = next.filter(|_| passed + passes < end) {
                segment.extend_from_slice(bytes);
                passes += count;
                next = chunks.next();
            }
            segment.extend([0xff, 0xff]);
            self.segment_passes(coded, &segment, passed, passes, &mut contexts);
            passed += passes;
        }
        self.segment = segment;
    }

    fn segment_passes(
        &mut self,
        coded: &Coded,
        segment: &[u8],
        first: u32,
        count: u32,
        contexts: &mut Contexts,
    ) {
        let is_raw = coded.style & BYPASS != 0 && first >= 10 && !first.is_multiple_of(3);
        let mut raw = Raw::new(segment);
        let mut arithmetic = Arithmetic::new(segment, *contexts);
        for pass in first..first + count {
            // The first pass of all is the last of its plane.
            let Some(plane) = coded
                .planes
                .checked_sub(pass.div_ceil(3))
                .filter(|&left| left > 0)
            else {
                break;
            };
            match (pass % 3, is_raw) {
                (1, false) => self.significance(&mut arithmetic, coded, plane),
                (1, true) => self.significance(&mut raw, coded, plane),
                (2, false) => self.refinement(&mut arithmetic, plane),
                (2, true) => self.refinement(&mut raw, plane),
                _ => self.cleanup(&mut arithmetic, coded, plane),
            }
            if coded.style & RESET != 0 {
                arithmetic.contexts = Contexts::new();
            }
        }
        *contexts = arithmetic.contexts;
    }

    /// Rows of a stripe, and where its words start.
    fn stripe(&self, stripe: usize) -> (usize, usize) {
        let rows = (self.height - 4 * stripe).min(4);
        (rows, (stripe + 1) * (self.width + 2) + 1)
    }

    fn significance<S: Source>(&mut self, source: &mut S, coded: &Coded, plane: u32) {
        let table = &SIGNIFICANCE[coded.orientation & 3];
        let is_causal = coded.style & CAUSAL != 0;
        let value = 3 << (plane - 1);
        for stripe in 0..self.height.div_ceil(4) {
            let (rows, first) = self.stripe(stripe);
            for x in 0..self.width {
                let at = first + x;
                let mut word = self.words[at];
                if word == 0 {
                    continue;
                }
                for row in 0..rows {
                    let seen = word >> (3 * row);
                    if seen & NEIGHBOURS == 0 || seen & SELF != 0 {
                        continue;
                    }
                    word |= VISITED << (3 * row);
                    let context = table[(seen & NEIGHBOURS) as usize];
                    if source.bit(context.into()) == 1 {
                        let sign = self.sign(source, word, at, row);
                        word = self.set(word, at, row, sign, is_causal);
                        self.columns[stripe * self.width + x][row] = value | sign << 31;
                    }
                }
                self.words[at] = word;
            }
        }
    }

    fn refinement<S: Source>(&mut self, source: &mut S, plane: u32) {
        let (bit, half) = (1 << plane, 1 << (plane - 1));
        for stripe in 0..self.height.div_ceil(4) {
            let (rows, first) = self.stripe(stripe);
            let columns = &mut self.columns[stripe * self.width..][..self.width];
            let words = &mut self.words[first..][..self.width];
            for (word, column) in words.iter_mut().zip(columns) {
                let mut now = *word;
                if now & (SELF | SELF << 3 | SELF << 6 | SELF << 9) == 0 {
                    continue;
                }
                for (row, value) in column.iter_mut().enumerate().take(rows) {
                    let seen = now >> (3 * row);
                    if seen & (SELF | VISITED) != SELF {
                        continue;
                    }
                    let context = if seen & REFINED != 0 {
                        16
                    } else {
                        14 + usize::from(seen & NEIGHBOURS != 0)
                    };
                    let decided = source.bit(context);
                    // The half that stood for this plane gives way to its bit and the next half.
                    *value = (*value ^ ((decided ^ 1) * bit)) | half;
                    now |= REFINED << (3 * row);
                }
                *word = now;
            }
        }
    }

    fn cleanup(&mut self, source: &mut Arithmetic, coded: &Coded, plane: u32) {
        let table = &SIGNIFICANCE[coded.orientation & 3];
        let is_causal = coded.style & CAUSAL != 0;
        let value = 3 << (plane - 1);
        for stripe in 0..self.height.div_ceil(4) {
            let (rows, first) = self.stripe(stripe);
            for x in 0..self.width {
                let at = first + x;
                let mut word = self.words[at];
                let mut start = 0;
                let mut is_found = false;
                if word == 0 && rows == 4 {
                    if source.bit(RUN) == 0 {
                        continue;
                    }
                    start = (source.bit(UNIFORM) << 1 | source.bit(UNIFORM)) as usize;
                    is_found = true;
                }
                for row in start..rows {
                    let seen = word >> (3 * row);
                    if seen & (SELF | VISITED) != 0 {
                        continue;
                    }
                    let context = table[(seen & NEIGHBOURS) as usize];
                    if is_found || source.bit(context.into()) == 1 {
                        is_found = false;
                        let sign = self.sign(source, word, at, row);
                        word = self.set(word, at, row, sign, is_causal);
                        self.columns[stripe * self.width + x][row] = value | sign << 31;
                    }
                }
                self.words[at] = word & !ALL_VISITED;
            }
        }
        if coded.style & SEGMENTATION_SYMBOLS != 0 {
            (0..4).for_each(|_| {
                source.bit(UNIFORM);
            });
        }
    }

    /// 1 for a negative sample.
    #[inline(always)]
    fn sign<S: Source>(&self, source: &mut S, word: u32, at: usize, row: usize) -> u32 {
        if S::IS_RAW {
            return source.bit(0);
        }
        let seen = word >> (3 * row);
        let above = match row {
            0 => u32::from(word & SIGN_ABOVE != 0),
            _ => (seen >> 16) & 1,
        };
        let beside = |word: u32| (word >> (3 * row + 19)) & 1;
        let left = beside(self.words[at - 1]);
        let right = beside(self.words[at + 1]);
        let below = (seen >> 22) & 1;
        let index = (seen & 0xaa) | above | left << 2 | right << 4 | below << 6;
        let coding = SIGN_CODING[(index & 255) as usize];
        source.bit(usize::from(coding >> 1)) ^ u32::from(coding & 1)
    }

    /// Tells the neighbours that a sample is significant, and returns the word of its own column.
    #[inline(always)]
    fn set(&mut self, word: u32, at: usize, row: usize, sign: u32, is_causal: bool) -> u32 {
        let (shift, pitch) = (3 * row, self.width + 2);
        self.words[at - 1] |= (SELF << 1) << shift;
        self.words[at + 1] |= (SELF >> 1) << shift;
        if row == 0 && !is_causal {
            let above = &mut self.words[at - pitch - 1..][..3];
            above[0] |= 1 << 17;
            above[1] |= (1 << 16) | (sign * SIGN_BELOW);
            above[2] |= 1 << 15;
        }
        if row == 3 {
            let below = &mut self.words[at + pitch - 1..][..3];
            below[0] |= 1 << 2;
            below[1] |= (1 << 1) | (sign * SIGN_ABOVE);
            below[2] |= 1;
        }
        word | (SELF | (sign * SIGN)) << shift
    }

    /// Row `y` of the block: magnitudes with their signs.
    pub fn row(&self, y: usize) -> impl Iterator<Item = u32> {
        let columns = &self.columns[y / 4 * self.width..][..self.width];
        columns.iter().map(move |column| column[y % 4])
    }
}
