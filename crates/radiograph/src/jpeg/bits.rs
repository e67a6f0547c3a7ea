//! Entropy-coded bits of a JPEG scan, and Huffman codes.
//!
//! In: bytes with a zero stuffed after each 0xff. Out: numbers. At a marker, or at the end, zeros follow; a
//! decoder asks [`Bits::is_overrun`] once a row, which is cheaper than a check a bit.
//!
//! Source: ITU-T T.81 F.2.2 (decoding), annex C (codes), F.1.2.1 (signs).

use crate::error::{DecodeError, broken};

/// A code of at most this length is found in one step.
const SHORT: u32 = 9;

/// A canonical Huffman code.
#[derive(Debug, Clone)]
pub(super) struct Huffman {
    /// For every start of [`SHORT`] bits the length (0: longer) and the value.
    short: Box<[(u8, u8); 1 << SHORT]>,
    /// By length: one above the largest code, aligned to 16 bits; 0 where there is none.
    limits: [u32; 17],
    /// By length: what added to a code gives the index of its value.
    offsets: [i32; 17],
    values: Vec<u8>,
}

impl Huffman {
    pub fn new(counts: &[u8; 16], values: &[u8]) -> Result<Huffman, DecodeError> {
        let mut short = Box::new([(0, 0); 1 << SHORT]);
        let (mut limits, mut offsets) = ([0; 17], [0; 17]);
        let (mut code, mut index) = (0_u32, 0_usize);
        for length in 1..=16_u32 {
            let count = u32::from(counts[length as usize - 1]);
            offsets[length as usize] = index as i32 - code as i32;
            for _ in 0..count {
                if code >> length != 0 {
                    return Err(broken("a Huffman table with more codes than bits".into()));
                }
                if length <= SHORT {
                    let first = (code << (SHORT - length)) as usize;
                    let entry = (length as u8, values[index]);
                    short[first..first + (1 << (SHORT - length))].fill(entry);
                }
                code += 1;
                index += 1;
            }
            limits[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Ok(Huffman {
            short,
            limits,
            offsets,
            values: values.to_vec(),
        })
    }
}

/// The bits of a scan.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next bits, from the highest down.
    window: u64,
    held: u32,
    /// Zeros among the held and the used bits that no byte stands for.
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

    /// How many bytes were taken in; at most up to the next marker.
    pub fn used(&self) -> usize {
        self.at
    }

    /// Goes past the restart marker that has to come next.
    pub fn restart(&mut self) -> Result<(), DecodeError> {
        let marker = |pair: &[u8]| pair[0] == 0xff && (0xd0..=0xd7).contains(&pair[1]);
        let next = self.bytes[self.at..].windows(2).position(marker);
        // Only the padding of the last byte may come before it.
        match next {
            Some(0) => {
                *self = Bits {
                    at: self.at + 2,
                    ..Bits::new(self.bytes)
                };
                Ok(())
            }
            _ => Err(broken(
                "a JPEG scan without the restart marker that is due".into(),
            )),
        }
    }

    #[inline]
    fn refill(&mut self) {
        // Four bytes at once where none of them is 0xff.
        if self.held <= 32
            && let Some(&four) = self
                .bytes
                .get(self.at..)
                .and_then(|rest| rest.first_chunk())
        {
            let word = u32::from_be_bytes(four);
            // A byte of 0xff is a byte of zero in the complement.
            let inverse = !word;
            if inverse.wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
                self.window |= u64::from(word) << (32 - self.held);
                self.held += 32;
                self.at += 4;
                return;
            }
        }
        while self.held <= 48 {
            let byte = match self.bytes.get(self.at..) {
                Some([0xff, 0, ..]) => {
                    self.at += 2;
                    0xff
                }
                Some([byte, ..]) if *byte != 0xff => {
                    self.at += 1;
                    *byte
                }
                _ => {
                    self.padding = self.padding.saturating_add(8);
                    0
                }
            };
            self.window |= u64::from(byte) << (56 - self.held);
            self.held += 8;
        }
    }

    #[inline]
    fn skip(&mut self, count: u32) {
        self.window <<= count;
        self.held -= count;
    }

    /// The next value of the code.
    #[inline]
    pub fn value(&mut self, code: &Huffman) -> Result<u8, DecodeError> {
        if self.held < 32 {
            self.refill();
        }
        let (length, value) = code.short[(self.window >> (64 - SHORT)) as usize];
        if length > 0 {
            self.skip(length.into());
            return Ok(value);
        }
        self.long_value(code)
    }

    fn long_value(&mut self, code: &Huffman) -> Result<u8, DecodeError> {
        let next = (self.window >> 48) as u32;
        let length = (SHORT as usize + 1..=16)
            .find(|&length| next < code.limits[length])
            .ok_or_else(|| broken("a bit pattern that is no Huffman code".into()))?;
        let index = (next >> (16 - length)) as i32 + code.offsets[length];
        let value = code
            .values
            .get(index as usize)
            .ok_or_else(|| broken("a bit pattern that is no Huffman code".into()))?;
        self.skip(length as u32);
        Ok(*value)
    }

    /// A number of `size` bits, at most 16, whose first bit tells the sign.
    #[inline]
    pub fn signed(&mut self, size: u32) -> i32 {
        if size == 0 {
            return 0;
        }
        // value() left at least 16 bits.
        let bits = (self.window >> (64 - size)) as i32;
        self.skip(size);
        if bits >> (size - 1) == 0 {
            bits - (1 << size) + 1
        } else {
            bits
        }
    }
}
