//! The adaptive coder of JPEG-LS: contexts, prediction, runs.
//!
//! In: bits, and the row above. Out: the next row. Every number that a broken stream could drive up is bounded, so
//! that plain 32-bit arithmetic holds.
//!
//! Source: ITU-T T.87 A.2 to A.7, C.2.4.1.1 (default thresholds); names of variables in comments are the standard's.

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
    reset: i32,
    thresholds: [i32; 3],
    contexts: Vec<Context>,
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
        let magnitude = ((range + 32) / 64).max(2);
        Ok(Coder {
            bits: Bits::new(bytes),
            near,
            quantum,
            maximum,
            range,
            range_bits: bits_of(range),
            limit: 2 * (sample_bits + sample_bits.max(8)),
            reset,
            thresholds,
            contexts: vec![
                Context {
                    magnitude,
                    bias: 0,
                    correction: 0,
                    count: 1
                };
                365
            ],
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
        let width = row.len() - 2;
        let mut at = 1;
        while at <= width {
            let context = self.context(above, row, at);
            if context != 0 {
                row[at] = self.regular(above, row, at, context)?;
                at += 1;
                continue;
            }
            let length = self.run_length(width + 1 - at, run_index);
            let value = row[at - 1];
            row[at..at + length].fill(value);
            at += length;
            if at <= width {
                row[at] = self.run_end(value, above[at], *run_index)?;
                *run_index = run_index.saturating_sub(1);
                at += 1;
            }
        }
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
                .all(|(above, row)| self.context(above, row, at) == 0);
            if !is_run {
                for (above, row) in rows.iter_mut() {
                    let context = self.context(above, row, at);
                    row[at] = self.regular(above, row, at, context)?;
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

    /// The three quantised gradients as one number, 0 for a flat neighbourhood, negative where signs are turned.
    #[inline]
    fn context(&self, above: &[u16], row: &[u16], at: usize) -> i32 {
        let [a, b, c, d] = [row[at - 1], above[at], above[at - 1], above[at + 1]].map(i32::from);
        81 * self.quantise(d - b) + 9 * self.quantise(b - c) + self.quantise(c - a)
    }

    #[inline]
    fn quantise(&self, gradient: i32) -> i32 {
        let size = gradient.abs();
        let [first, second, third] = self.thresholds;
        let level = i32::from(size > self.near)
            + i32::from(size >= first)
            + i32::from(size >= second)
            + i32::from(size >= third);
        if gradient < 0 { -level } else { level }
    }

    #[inline]
    fn regular(
        &mut self,
        above: &[u16],
        row: &[u16],
        at: usize,
        context: i32,
    ) -> Result<u16, DecodeError> {
        let [a, b, c] = [row[at - 1], above[at], above[at - 1]].map(i32::from);
        let predicted = if c >= a.max(b) {
            a.min(b)
        } else if c <= a.min(b) {
            a.max(b)
        } else {
            a + b - c
        };
        let sign = if context < 0 { -1 } else { 1 };
        let state = self.contexts[context.unsigned_abs() as usize];
        let predicted = (predicted + sign * state.correction).clamp(0, self.maximum);
        let k = parameter(state.count, state.magnitude)?;
        let mapped = self.golomb(k, self.limit)?;
        let turned = self.near == 0 && k == 0 && 2 * state.bias <= -state.count;
        let half = (mapped >> 1) as i32;
        let error = match (mapped & 1 == 1, turned) {
            (false, false) | (true, true) => half,
            _ => -half - 1,
        };
        self.update(context.unsigned_abs() as usize, error);
        Ok(self.reconstruct(predicted, sign * error))
    }

    #[inline]
    fn update(&mut self, index: usize, error: i32) {
        let state = &mut self.contexts[index];
        state.bias += error * self.quantum;
        state.magnitude = (state.magnitude + error.abs()).min(1 << 30);
        if state.count == self.reset {
            state.magnitude >>= 1;
            state.bias >>= 1;
            state.count >>= 1;
        }
        state.count += 1;
        if state.bias <= -state.count {
            state.bias = (state.bias + state.count).max(1 - state.count);
            state.correction = (state.correction - 1).max(-128);
        } else if state.bias > 0 {
            state.bias = (state.bias - state.count).min(0);
            state.correction = (state.correction + 1).min(127);
        }
    }

    /// The sample at this distance from its prediction, modulo the range.
    #[inline]
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
        let mapped = self.golomb(k, self.limit - RUN_BITS[run_index] - 1)? as i32;
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

    /// A Golomb code of parameter k whose unary part has at most `limit` bits.
    #[inline]
    fn golomb(&mut self, k: u32, limit: u32) -> Result<u32, DecodeError> {
        let longest = limit.saturating_sub(self.range_bits + 1);
        let zeros = self.bits.zeros(longest);
        let mapped = if zeros < longest {
            (zeros << k) | self.bits.number(k)
        } else {
            self.bits.number(self.range_bits) + 1
        };
        // An error is smaller than the range.
        if mapped > 2 * self.range as u32 + 1 {
            return Err(broken("a JPEG-LS code outside of its range".into()));
        }
        Ok(mapped)
    }
}

/// The smallest k with `count << k >= magnitude`.
#[inline]
fn parameter(count: i32, magnitude: i32) -> Result<u32, DecodeError> {
    let mut k = 0;
    while (count << k) < magnitude {
        k += 1;
        if k > 16 {
            return Err(broken("a JPEG-LS context out of bounds".into()));
        }
    }
    Ok(k)
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
