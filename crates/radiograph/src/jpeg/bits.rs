//! Entropy-coded bits of a JPEG scan, and Huffman codes.
//!
//! In: bytes with a zero stuffed after each 0xff. Out: numbers. At a marker, or at the end, zeros follow; a
//! decoder asks [`Bits::is_overrun`] once a row, which is cheaper than a check a bit.
//!
//! Source: ITU-T T.81 F.2.2 (decoding), annex C (codes), F.1.2.1 (signs).

use crate::error::{DecodeError, broken};

/// A code of at most this length is found in one step.
const SHORT: u32 = 9;

/// A code and the number after it that take together at most this many bits are found in one step.
const WHOLE: u32 = 11;

/// A code with the number that follows it.
#[derive(Debug, Clone, Copy, Default)]
struct Whole {
    number: i16,
    /// What the high four bits of the code's value say.
    run: u8,
    /// Bits of both; 0 where they take more than [`WHOLE`].
    length: u8,
}

/// A canonical Huffman code.
#[derive(Debug, Clone)]
pub(super) struct Huffman {
    /// For every start of [`SHORT`] bits the length (0: longer) and the value.
    short: Box<[(u8, u8); 1 << SHORT]>,
    whole: Box<[Whole; 1 << WHOLE]>,
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
            whole: Box::new(std::array::from_fn(|start| whole(start as u32, &short))),
            short,
            limits,
            offsets,
            values: values.to_vec(),
        })
    }
}

fn whole(start: u32, short: &[(u8, u8); 1 << SHORT]) -> Whole {
    let (length, value) = short[(start >> (WHOLE - SHORT)) as usize];
    let (length, size) = (u32::from(length), u32::from(value & 15));
    if length == 0 || length + size > WHOLE {
        return Whole::default();
    }
    let bits = (start >> (WHOLE - length - size)) & ((1 << size) - 1);
    Whole {
        number: extended(bits, size) as i16,
        run: value >> 4,
        length: (length + size) as u8,
    }
}

/// The number that `size` bits, at most 16, stand for: the first one tells the sign.
#[inline(always)]
fn extended(bits: u32, size: u32) -> i32 {
    let is_negative = (bits << 1) >> size == 0;
    bits as i32 - if is_negative { (1 << size) - 1 } else { 0 }
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

    /// The next code and the number after it: the high four bits of the code's value, and the number of as many bits
    /// as the low four say.
    #[inline(always)]
    pub fn run_and_number(&mut self, code: &Huffman) -> Result<(u8, i32), DecodeError> {
        if self.held < 32 {
            self.refill();
        }
        let whole = code.whole[(self.window >> (64 - WHOLE)) as usize];
        if whole.length > 0 {
            self.skip(whole.length.into());
            return Ok((whole.run, whole.number.into()));
        }
        let value = self.value(code)?;
        Ok((value >> 4, self.signed((value & 15).into())))
    }

    /// A number of `size` bits, at most 16, whose first bit tells the sign.
    #[inline]
    pub fn signed(&mut self, size: u32) -> i32 {
        // value() left at least 16 bits.
        let bits = (self.window >> 32 >> (32 - size)) as u32;
        self.skip(size);
        extended(bits, size)
    }
}
