//! Samples as a frame stores them.
//!
//! In: what a decoder found. Out: one unsigned number a sample. Sixteen bits, because all radiographs fit into them
//! and a picture then takes half of the memory; 32 only where the file allocates more.

/// `height` × `width` × `samples_per_pixel` values.
#[derive(Debug)]
pub(crate) enum Samples {
    /// At most 16 bits.
    Words(Vec<u16>),
    /// 17 to 32 bits.
    Longs(Vec<u32>),
}

impl Samples {
    pub fn at(&self, index: usize) -> u32 {
        match self {
            Samples::Words(words) => words[index].into(),
            Samples::Longs(longs) => longs[index],
        }
    }

    /// Keeps `bits` bits of each sample, counted down from `high_bit`.
    pub fn keep(&mut self, high_bit: u16, bits: u16) {
        let shift = high_bit + 1 - bits;
        match self {
            Samples::Words(_) if shift == 0 && bits == 16 => {}
            Samples::Words(words) => {
                let mask = u16::MAX >> (16 - bits.min(16));
                words
                    .iter_mut()
                    .for_each(|word| *word = (*word >> shift) & mask);
            }
            Samples::Longs(longs) => {
                let mask = u32::MAX >> (32 - bits);
                longs
                    .iter_mut()
                    .for_each(|long| *long = (*long >> shift) & mask);
            }
        }
    }
}
