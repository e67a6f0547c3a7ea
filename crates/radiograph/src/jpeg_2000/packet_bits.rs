//! The bits of a packet header, whose bytes after 0xff hold seven.
//!
//! Source: ITU-T T.800 B.10.1.

pub(super) struct PacketBits<'a> {
    bytes: &'a [u8],
    at: usize,
    byte: u8,
    /// Bits of `byte` that are left.
    left: u32,
    is_cut: bool,
}

impl<'a> PacketBits<'a> {
    pub fn new(bytes: &'a [u8]) -> PacketBits<'a> {
        PacketBits {
            bytes,
            at: 0,
            byte: 0,
            left: 0,
            is_cut: false,
        }
    }

    /// Zero behind the end.
    pub fn bit(&mut self) -> u32 {
        if self.left == 0 {
            self.left = if self.byte == 0xff { 7 } else { 8 };
            let next = self.bytes.get(self.at);
            self.is_cut |= next.is_none();
            self.byte = next.copied().unwrap_or(0);
            self.at += 1;
        }
        self.left -= 1;
        u32::from(self.byte >> self.left) & 1
    }

    pub fn number(&mut self, bits: u32) -> u32 {
        (0..bits).fold(0, |number, _| number << 1 | self.bit())
    }

    /// Bytes of the header, with the one that is stuffed behind a last 0xff; none where they are not all there.
    pub fn end(self) -> Option<usize> {
        let end = self.at + usize::from(self.byte == 0xff);
        (!self.is_cut && end <= self.bytes.len()).then_some(end)
    }
}
