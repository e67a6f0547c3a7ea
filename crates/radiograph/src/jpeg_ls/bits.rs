//! The bits of a JPEG-LS scan: after a byte of 0xff the next one has seven.
//!
//! Source: ITU-T T.87 A.1.

/// The bits of a scan; zeros follow its end.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next bits, from the highest down.
    window: u64,
    held: u32,
    padding: u32,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8]) -> Bits<'a> {
        Bits {
            bytes,
            at: 0,
            window: 0,
            held: 0,
            padding: 0,
        }
    }

    /// Whether bits were used that are not there.
    pub fn is_overrun(&self) -> bool {
        self.padding > self.held
    }

    /// How many bytes were taken in, at most up to the next marker.
    pub fn used(&self) -> usize {
        self.at
    }

    /// Afterwards at least 57 bits are held.
    #[inline(always)]
    fn refill(&mut self) {
        let after_ones = self.at > 0 && self.bytes[self.at - 1] == 0xff;
        let next = self
            .bytes
            .get(self.at..)
            .and_then(|rest| rest.first_chunk());
        if let (Some(&eight), false) = (next, after_ones) {
            let word = u64::from_be_bytes(eight);
            // A byte of 0xff is a byte of zero in the complement.
            let ones = (!word).wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080;
            let count = (64 - self.held) / 8;
            if ones == 0 && count > 0 {
                let unused = 64 - 8 * count;
                self.window |= (word >> unused << unused) >> self.held;
                self.held += 8 * count;
                self.at += count as usize;
                return;
            }
        }
        *self = self.refilled();
    }

    /// The same byte by byte. By value, so that a caller can keep the bits in registers.
    fn refilled(mut self) -> Self {
        while self.held <= 56 {
            let after_ones = self.at > 0 && self.bytes[self.at - 1] == 0xff;
            let (byte, bits) = match self.bytes.get(self.at..) {
                Some([byte, ..]) if after_ones && *byte < 0x80 => (byte << 1, 7),
                Some([0xff, next, ..]) if !after_ones && *next < 0x80 => (0xff, 8),
                Some([byte, ..]) if !after_ones && *byte != 0xff => (*byte, 8),
                _ => {
                    self.padding = self.padding.saturating_add(8);
                    self.held += 8;
                    continue;
                }
            };
            self.at += 1;
            self.window |= (u64::from(byte) << 56) >> self.held;
            self.held += bits;
        }
        self
    }

    /// A number of at most 32 bits.
    #[inline]
    pub fn number(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        if self.held < count {
            self.refill();
        }
        let number = (self.window >> (64 - count)) as u32;
        self.window <<= count;
        self.held -= count;
        number
    }

    /// A Golomb code of parameter `k`, at most 16: as many zeros as its high part says, a one, `k` bits; none where there
    /// are `longest` zeros, which stand for another code, or where not all of it is held.
    #[inline(always)]
    pub fn short_golomb(&mut self, k: u32, longest: u32) -> Option<u32> {
        if self.held < 40 {
            self.refill();
        }
        let zeros = self.window.leading_zeros();
        let length = zeros + 1 + k;
        if zeros >= longest || length > self.held {
            return None;
        }
        let rest = self.window << zeros << 1;
        let low = (rest >> 1 >> (63 - k)) as u32;
        self.window = rest << k;
        self.held -= length;
        Some(zeros << k | low)
    }

    /// How many zeros come before the next one, which is taken too; more than `most` where there are more.
    #[inline]
    pub fn zeros(&mut self, most: u32) -> u32 {
        let mut total = 0;
        loop {
            if self.held < 32 {
                self.refill();
            }
            let zeros = self.window.leading_zeros().min(self.held);
            if zeros < self.held {
                self.window <<= zeros;
                self.window <<= 1;
                self.held -= zeros + 1;
                return total + zeros;
            }
            total += zeros;
            (self.window, self.held) = (0, 0);
            if total > most {
                return total;
            }
        }
    }
}
