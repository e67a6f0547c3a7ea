//! The adaptive coder of JPEG-LS: contexts, prediction, runs.
//!
//! In: bits, and the row above. Out: the next row. Every number that a broken stream could drive up is bounded, so
//! that plain 32-bit arithmetic holds.
//!
//! Source: ITU-T T.87 A.2 to A.7, C.2.4.1.1 (default thresholds); names of variables in comments are the standard's.

use fearless_simd::{Level, dispatch};

use super::bits::Bits;
use crate::error::{DecodeError, broken};

/// Bits that a run's length is coded with, by run index (J).
const RUN_BITS: [u32; 32] = [
    0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13,
    14, 15,
];

/// Preset parameters of the stream; 0 stands for the default.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Presets {
    pub maximum: i32,
    pub thresholds: [i32; 3],
    pub reset: i32,
}

/// One context: A, B, C and N of the standard.
#[derive(Clone, Copy)]
struct Context {
    magnitude: i32,
    bias: i32,
    correction: i32,
    count: i32,
}

/// A context of the sample that ends a run: A, N and Nn.
#[derive(Clone, Copy)]
struct RunContext {
    magnitude: i32,
    count: i32,
    negative: i32,
}

pub(super) struct Coder<'a> {
    pub bits: Bits<'a>,
    near: i32,
    /// 2 × NEAR + 1.
    quantum: i32,
    maximum: i32,
    range: i32,
    /// qbpp.
    range_bits: u32,
    limit: u32,
    /// So many zeros of a regular sample's code stand for a number that follows.
    longest: u32,
    /// Of a code that maps errors of both signs to numbers.
    most_mapped: u32,
    reset: i32,
    /// The quantised level of each gradient from -`maximum` to `maximum`.
    levels: Vec<i8>,
    contexts: [Context; 365],
    run_contexts: [RunContext; 2],
}

impl<'a> Coder<'a> {
    pub fn new(
        bytes: &'a [u8],
        precision: u16,
        near: i32,
        presets: &Presets,
    ) -> Result<Coder<'a>, DecodeError> {
        let impossible = || broken("JPEG-LS parameters that cannot be".into());
        let highest = (1 << precision) - 1;
        let or = |value: i32, default: i32| if value == 0 { default } else { value };
        let maximum = or(presets.maximum, highest);
        if maximum > highest || near > 255.min(maximum / 2) {
            return Err(impossible());
        }
        let defaults = default_thresholds(maximum, near);
        let thresholds = [0, 1, 2].map(|index| or(presets.thresholds[index], defaults[index]));
        let reset = or(presets.reset, 64);
        let rises = near < thresholds[0] && thresholds.is_sorted() && thresholds[2] <= maximum;
        if !rises || !(3..=maximum.max(255)).contains(&reset) {
            return Err(impossible());
        }
        let quantum = 2 * near + 1;
        let range = (maximum + 2 * near) / quantum + 1;
        let bits_of = |values: i32| (values as u32 - 1).checked_ilog2().map_or(0, |log| log + 1);
        let sample_bits = bits_of(maximum + 1).max(2);
        let limit = 2 * (sample_bits + sample_bits.max(8));
        let range_bits = bits_of(range);
        let magnitude = ((range + 32) / 64).max(2);
        Ok(Coder {
            bits: Bits::new(bytes),
            near,
            quantum,
            maximum,
            range,
            range_bits,
            limit,
            longest: limit.saturating_sub(range_bits + 1),
            most_mapped: 2 * range as u32 + 1,
            reset,
            levels: (-maximum..=maximum)
                .map(|gradient| level(gradient, near, thresholds))
                .collect(),
            contexts: [Context {
                magnitude,
                bias: 0,
                correction: 0,
                count: 1,
            }; 365],
            run_contexts: [RunContext {
                magnitude,
                count: 1,
                negative: 0,
            }; 2],
        })
    }

    /// Decodes `row[1..=width]`; both rows have a column at each end.
    pub fn row(
        &mut self,
        above: &[u16],
        row: &mut [u16],
        run_index: &mut usize,
    ) -> Result<(), DecodeError> {
        if self.near == 0 {
            dispatch!(Level::new(), _ => self.row_of::<true>(above, row, run_index))
        } else {
            dispatch!(Level::new(), _ => self.row_of::<false>(above, row, run_index))
        }
    }

    #[inline(always)]
    fn row_of<const LOSSLESS: bool>(
        &mut self,
        above: &[u16],
        row: &mut [u16],
        run_index: &mut usize,
    ) -> Result<(), DecodeError> {
        let width = row.len() - 2;
        // Apart from the rest, so that they stay in registers.
        let mut bits = self.bits;
        let mut at = 1;
        while at <= width {
            let (Some(&[c, b, d]), a) = (above[at - 1..].first_chunk(), row[at - 1]) else {
                break;
            };
            let [a, b, c, d] = [a, b, c, d].map(i32::from);
            let context = self.context(a, b, c, d);
            if context != 0 {
                row[at] = self.regular::<LOSSLESS>(&mut bits, [a, b, c], context)?;
                at += 1;
                continue;
            }
            self.bits = bits;
            let length = self.run_length(width + 1 - at, run_index);
            let value = row[at - 1];
            row[at..at + length].fill(value);
            at += length;
            if at <= width {
                row[at] = self.run_end(value, above[at], *run_index)?;
                *run_index = run_index.saturating_sub(1);
                at += 1;
            }
            bits = self.bits;
        }
        self.bits = bits;
        Ok(())
    }

    /// The same with the colours of a pixel together: runs are those of all colours.
    pub fn pixel_row(
        &mut self,
        rows: &mut [(Vec<u16>, Vec<u16>)],
        run_index: &mut usize,
    ) -> Result<(), DecodeError> {
        let width = rows.first().map_or(0, |(_, row)| row.len() - 2);
        let mut at = 1;
        while at <= width {
            let is_run = rows
                .iter()
                .all(|(above, row)| self.context_at(above, row, at) == 0);
            if !is_run {
                for (above, row) in rows.iter_mut() {
                    let context = self.context_at(above, row, at);
                    let neighbours = [row[at - 1], above[at], above[at - 1]].map(i32::from);
                    let mut bits = self.bits;
                    row[at] = self.regular::<false>(&mut bits, neighbours, context)?;
                    self.bits = bits;
                }
                at += 1;
                continue;
            }
            let length = self.run_length(width + 1 - at, run_index);
            for (_, row) in rows.iter_mut() {
                let value = row[at - 1];
                row[at..at + length].fill(value);
            }
            at += length;
            if at <= width {
                for (above, row) in rows.iter_mut() {
                    let (left, up) = (i32::from(row[at - 1]), i32::from(above[at]));
                    let error = self.run_error(0, *run_index)?;
                    row[at] = self.reconstruct(up, if left > up { -error } else { error });
                }
                *run_index = run_index.saturating_sub(1);
                at += 1;
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn context_at(&self, above: &[u16], row: &[u16], at: usize) -> i32 {
        let [a, b, c, d] = [row[at - 1], above[at], above[at - 1], above[at + 1]].map(i32::from);
        self.context(a, b, c, d)
    }

    /// The three quantised gradients as one number, 0 for a flat neighbourhood, negative where signs are turned.
    #[inline(always)]
    fn context(&self, a: i32, b: i32, c: i32, d: i32) -> i32 {
        let level = |gradient: i32| i32::from(self.levels[(gradient + self.maximum) as usize]);
        81 * level(d - b) + 9 * level(b - c) + level(c - a)
    }

    /// A sample from its neighbours to the left, above, and above left.
    #[inline(always)]
    fn regular<const LOSSLESS: bool>(
        &mut self,
        bits: &mut Bits,
        [a, b, c]: [i32; 3],
        context: i32,
    ) -> Result<u16, DecodeError> {
        // The median of the two neighbours and the plane through all three.
        let predicted = (a + b - c).clamp(a.min(b), a.max(b));
        // 0, or -1 where signs are turned.
        let sign = context >> 31;
        let state = &mut self.contexts[((context ^ sign) - sign) as usize];
        let predicted = predicted + ((state.correction ^ sign) - sign);
        let predicted = predicted.clamp(0, self.maximum);
        let k = parameter(state.count, state.magnitude)?;
        let mapped = match bits.short_golomb(k, self.longest) {
            Some(mapped) => mapped,
            None => golomb(bits, k, self.longest, self.range_bits),
        };
        // An error is smaller than the range.
        if mapped > self.most_mapped {
            return Err(broken("a JPEG-LS code outside of its range".into()));
        }
        let is_turned = (LOSSLESS || self.near == 0) && k == 0 && 2 * state.bias <= -state.count;
        let error = (mapped >> 1) as i32 ^ -((mapped & 1) as i32) ^ -i32::from(is_turned);
        let quantum = if LOSSLESS { 1 } else { self.quantum };
        state.update(error, quantum, self.reset);
        Ok(self.reconstruct(predicted, (error ^ sign) - sign))
    }

    /// The sample at this distance from its prediction, modulo the range.
    #[inline(always)]
    fn reconstruct(&self, predicted: i32, error: i32) -> u16 {
        let mut value = predicted + error * self.quantum;
        if value < -self.near {
            value += self.range * self.quantum;
        } else if value > self.maximum + self.near {
            value -= self.range * self.quantum;
        }
        value.clamp(0, self.maximum) as u16
    }

    /// How many samples, at most `left`, repeat their left neighbour.
    fn run_length(&mut self, left: usize, run_index: &mut usize) -> usize {
        let mut length = 0;
        while self.bits.number(1) == 1 {
            let step = 1 << RUN_BITS[*run_index];
            if step > left - length {
                return left;
            }
            length += step;
            *run_index = (*run_index + 1).min(31);
            if length == left {
                return left;
            }
        }
        let rest = self.bits.number(RUN_BITS[*run_index]) as usize;
        (length + rest).min(left)
    }

    fn run_end(&mut self, left: u16, up: u16, run_index: usize) -> Result<u16, DecodeError> {
        let (left, up) = (i32::from(left), i32::from(up));
        if (left - up).abs() <= self.near {
            let error = self.run_error(1, run_index)?;
            return Ok(self.reconstruct(left, error));
        }
        let error = self.run_error(0, run_index)?;
        Ok(self.reconstruct(up, if left > up { -error } else { error }))
    }

    /// The error of a sample that ends a run; `kind` is 1 where left and upper neighbour are alike (RItype).
    fn run_error(&mut self, kind: usize, run_index: usize) -> Result<i32, DecodeError> {
        let state = self.run_contexts[kind];
        let magnitude = state.magnitude + if kind == 1 { state.count >> 1 } else { 0 };
        let k = parameter(state.count, magnitude)?;
        let longest = (self.limit - RUN_BITS[run_index] - 1).saturating_sub(self.range_bits + 1);
        let mapped = golomb(&mut self.bits, k, longest, self.range_bits);
        if mapped > self.most_mapped {
            return Err(broken("a JPEG-LS code outside of its range".into()));
        }
        let mapped = mapped as i32;
        let shifted = mapped + kind as i32;
        let is_odd = shifted & 1 == 1;
        let size = (shifted + 1) >> 1;
        let odd_is_negative = k != 0 || 2 * state.negative >= state.count;
        let error = if is_odd == odd_is_negative {
            -size
        } else {
            size
        };

        let state = &mut self.run_contexts[kind];
        state.negative += i32::from(error < 0);
        state.magnitude = (state.magnitude + ((mapped + 1 - kind as i32) >> 1)).min(1 << 30);
        if state.count == self.reset {
            state.magnitude >>= 1;
            state.count >>= 1;
            state.negative >>= 1;
        }
        state.count += 1;
        Ok(error)
    }
}

impl Context {
    #[inline(always)]
    fn update(&mut self, error: i32, quantum: i32, reset: i32) {
        let (mut bias, mut count) = (self.bias + error * quantum, self.count);
        let mut magnitude = (self.magnitude + error.abs()).min(1 << 30);
        if count == reset {
            magnitude >>= 1;
            bias >>= 1;
            count >>= 1;
        }
        count += 1;
        let (is_low, is_high) = (bias <= -count, bias > 0);
        let correction = self.correction - i32::from(is_low) + i32::from(is_high);
        let low = (bias + count).max(1 - count);
        let high = (bias - count).min(0);
        *self = Context {
            magnitude,
            bias: if is_low {
                low
            } else if is_high {
                high
            } else {
                bias
            },
            correction: correction.clamp(-128, 127),
            count,
        };
    }
}

/// A Golomb code of parameter k; after `longest` zeros the number itself, in `range_bits`, follows.
#[cold]
fn golomb(bits: &mut Bits, k: u32, longest: u32, range_bits: u32) -> u32 {
    let zeros = bits.zeros(longest);
    if zeros < longest {
        (zeros << k) | bits.number(k)
    } else {
        bits.number(range_bits) + 1
    }
}

/// The smallest k with `count << k >= magnitude`; `count` is at least 1.
#[inline(always)]
fn parameter(count: i32, magnitude: i32) -> Result<u32, DecodeError> {
    let log = |number: i32| 31 - (number as u32 | 1).leading_zeros();
    // In the octave of the magnitude, or above it.
    let least = log(magnitude).saturating_sub(log(count));
    let k = least + u32::from(count << least < magnitude);
    if k > 16 {
        return Err(broken("a JPEG-LS context out of bounds".into()));
    }
    Ok(k)
}

/// The level that stands for a gradient, -4 to 4.
fn level(gradient: i32, near: i32, [first, second, third]: [i32; 3]) -> i8 {
    let size = gradient.abs();
    let level = i8::from(size > near)
        + i8::from(size >= first)
        + i8::from(size >= second)
        + i8::from(size >= third);
    if gradient < 0 { -level } else { level }
}

fn default_thresholds(maximum: i32, near: i32) -> [i32; 3] {
    let bounded = |value: i32, low: i32| {
        if value > maximum || value < low {
            low
        } else {
            value
        }
    };
    let (values, low) = if maximum >= 128 {
        let factor = (maximum.min(4095) + 128) / 256;
        ([factor + 2, 4 * factor + 3, 17 * factor + 4], [0, 0, 0])
    } else {
        let factor = 256 / (maximum + 1);
        ([3 / factor, 7 / factor, 21 / factor], [2, 3, 4])
    };
    let first = bounded((values[0] + 3 * near).max(low[0]), near + 1);
    let second = bounded((values[1] + 5 * near).max(low[1]), first);
    let third = bounded((values[2] + 7 * near).max(low[2]), second);
    [first, second, third]
}
