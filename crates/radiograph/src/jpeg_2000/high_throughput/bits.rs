//! The bit streams of HT blocks: forwards, backwards, and runs of events.
//!
//! A byte after 0xff has seven bits, and backwards one of 0x7f (whatever its highest bit) after one above 0x8f.
//!
//! Source: ITU-T T.814 7.1 (bit streams), 7.3.3 (MEL).

/// Bits from the start on, the lowest of a byte first.
pub(super) struct Forward<'a> {
    bytes: &'a [u8],
    /// What follows the end.
    filler: u8,
    buffer: u64,
    count: u32,
    is_after_ones: bool,
}

impl<'a> Forward<'a> {
    pub fn new(bytes: &'a [u8], filler: u8) -> Forward<'a> {
        Forward {
            bytes,
            filler,
            buffer: 0,
            count: 0,
            is_after_ones: false,
        }
    }

    /// At least 32 bits.
    #[inline(always)]
    pub fn peek(&mut self) -> u32 {
        if self.count < 32 {
            self.fill();
        }
        self.buffer as u32
    }

    #[inline(always)]
    pub fn skip(&mut self, bits: u32) {
        self.buffer >>= bits;
        self.count -= bits;
    }

    pub fn bit(&mut self) -> u32 {
        let bit = self.peek() & 1;
        self.skip(1);
        bit
    }

    #[inline(always)]
    fn fill(&mut self) {
        if let Some((four, rest)) = self.bytes.split_first_chunk::<4>() {
            let word = u32::from_le_bytes(*four);
            let has_ones = (!word).wrapping_sub(0x0101_0101) & word & 0x8080_8080 != 0;
            if !has_ones && !self.is_after_ones {
                self.buffer |= u64::from(word) << self.count;
                self.count += 32;
                self.bytes = rest;
                return;
            }
        }
        self.fill_slowly();
    }

    #[inline(never)]
    fn fill_slowly(&mut self) {
        while self.count < 32 {
            let byte = match self.bytes.split_first() {
                Some((&byte, rest)) => {
                    self.bytes = rest;
                    byte
                }
                None => self.filler,
            };
            let (bits, mask) = if self.is_after_ones {
                (7, 0x7f)
            } else {
                (8, 0xff)
            };
            self.buffer |= u64::from(byte & mask) << self.count;
            self.count += bits;
            self.is_after_ones = byte == 0xff;
        }
    }
}

/// Bits from the end on, the lowest of a byte first; zeros behind the start.
pub(super) struct Backward<'a> {
    bytes: &'a [u8],
    buffer: u64,
    count: u32,
    /// The byte before was above 0x8f.
    is_after_high: bool,
}

impl<'a> Backward<'a> {
    /// The bits of refinements.
    pub fn new(bytes: &'a [u8]) -> Backward<'a> {
        Backward {
            bytes,
            buffer: 0,
            count: 0,
            is_after_high: true,
        }
    }

    /// The bits of code words, which start in the upper half of the last byte.
    pub fn after_half(bytes: &'a [u8]) -> Backward<'a> {
        let (last, bytes) = bytes
            .split_last()
            .map_or((0, bytes), |(&last, rest)| (last, rest));
        let half = last >> 4;
        Backward {
            bytes,
            buffer: half.into(),
            count: if half & 7 == 7 { 3 } else { 4 },
            is_after_high: last | 15 > 0x8f,
        }
    }

    /// At least 32 bits.
    #[inline(always)]
    pub fn peek(&mut self) -> u32 {
        if self.count < 32 {
            self.fill();
        }
        self.buffer as u32
    }

    #[inline(always)]
    pub fn skip(&mut self, bits: u32) {
        self.buffer >>= bits;
        self.count -= bits;
    }

    pub fn bit(&mut self) -> u32 {
        let bit = self.peek() & 1;
        self.skip(1);
        bit
    }

    #[inline(never)]
    fn fill(&mut self) {
        while self.count < 32 {
            let (byte, rest) = self
                .bytes
                .split_last()
                .map_or((0, self.bytes), |(&byte, rest)| (byte, rest));
            self.bytes = rest;
            let is_stuffed = self.is_after_high && byte & 0x7f == 0x7f;
            self.buffer |= u64::from(byte) << self.count;
            self.count += if is_stuffed { 7 } else { 8 };
            // The highest bit of a stuffed byte is none of the stream's.
            self.buffer &= (1 << self.count) - 1;
            self.is_after_high = byte > 0x8f;
        }
    }
}

/// Exponents of the lengths of runs.
const RUNS: [u32; 13] = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5];

/// Events that are mostly 0, as runs.
pub(super) struct Events<'a> {
    bytes: &'a [u8],
    byte: u8,
    left: u32,
    state: usize,
    zeros: u32,
    has_one: bool,
}

impl<'a> Events<'a> {
    pub fn new(bytes: &'a [u8]) -> Events<'a> {
        Events {
            bytes,
            byte: 0,
            left: 0,
            state: 0,
            zeros: 0,
            has_one: false,
        }
    }

    /// Here the highest bit of a byte comes first.
    fn bit(&mut self) -> u32 {
        if self.left == 0 {
            self.left = if self.byte == 0xff { 7 } else { 8 };
            (self.byte, self.bytes) = self
                .bytes
                .split_first()
                .map_or((0xff, self.bytes), |(&byte, rest)| (byte, rest));
        }
        self.left -= 1;
        u32::from(self.byte >> self.left) & 1
    }

    pub fn next(&mut self) -> usize {
        if self.zeros == 0 && !self.has_one {
            let exponent = RUNS[self.state];
            if self.bit() == 1 {
                self.zeros = 1 << exponent;
                self.state = (self.state + 1).min(12);
            } else {
                self.zeros = (0..exponent).fold(0, |zeros, _| zeros << 1 | self.bit());
                self.has_one = true;
                self.state = self.state.saturating_sub(1);
            }
        }
        if self.zeros > 0 {
            self.zeros -= 1;
            return 0;
        }
        self.has_one = false;
        1
    }
}
