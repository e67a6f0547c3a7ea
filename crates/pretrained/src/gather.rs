//! What all readers share: widths of floating point numbers, the limits of a file, and its errors.
//!
//! In: tensors as a reader finds them. Out: a [`WeightFile`] that is never much larger than the file: the float32
//! values take at most three times its bytes (half precision needs two), and there are at most 65,536 tensors.

use std::fmt::Write;

use half::{bf16, f16};

use crate::tensor::{Format, ReadError, Tensor, WeightFile};

/// Tensors and left-out lines of one file; VGG19 has 38, the largest published networks some thousands.
const ENTRIES_MAX: usize = 1 << 16;
/// Sides of a tensor; a convolution has 4.
const RANK_MAX: usize = 8;
/// Bytes of all values for each byte of the file.
const GROWTH_MAX: usize = 3;
/// Bytes of the longest name of a preprocessing.
const WORD_MAX: usize = 64;
/// Characters of a file's own words that an error repeats.
const QUOTE_MAX: usize = 80;

/// The floating point numbers that weights are stored in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    F16,
    Bf16,
    F32,
    F64,
}

impl Element {
    /// Bytes of one number.
    pub(crate) fn width(self) -> usize {
        match self {
            Element::F16 | Element::Bf16 => 2,
            Element::F32 => 4,
            Element::F64 => 8,
        }
    }

    /// All numbers in the bytes as float32; what does not fill a number at the end is not read.
    pub(crate) fn decode(self, bytes: &[u8], big_endian: bool) -> Vec<f32> {
        let numbers = bytes.chunks_exact(self.width());
        numbers.map(|b| self.number(b, big_endian)).collect()
    }

    /// One number, from [`width`](Self::width) bytes.
    pub(crate) fn number(self, bytes: &[u8], big_endian: bool) -> f32 {
        let mut bits = [0; 8];
        for (i, bit) in bits.iter_mut().enumerate().take(self.width()) {
            let at = if big_endian { self.width() - 1 - i } else { i };
            *bit = bytes.get(at).copied().unwrap_or(0);
        }
        let bits = u64::from_le_bytes(bits);
        match self {
            Element::F16 => f16::from_bits(bits as u16).to_f32(),
            Element::Bf16 => bf16::from_bits(bits as u16).to_f32(),
            Element::F32 => f32::from_bits(bits as u32),
            Element::F64 => f64::from_bits(bits) as f32,
        }
    }
}

/// The tensors of a file while it is read.
pub(crate) struct Gather {
    file: WeightFile,
    values_left: usize,
}

impl Gather {
    /// An empty list for a file of so many bytes.
    pub(crate) fn new(format: Format, bytes: usize) -> Self {
        Self {
            file: WeightFile {
                format,
                tensors: Vec::new(),
                left_out: Vec::new(),
                preprocessing: None,
            },
            values_left: bytes.saturating_mul(GROWTH_MAX) / size_of::<f32>(),
        }
    }

    /// Asks for room for a tensor before its values are made, and gives their number.
    ///
    /// # Errors
    ///
    /// More sides, more values or more tensors than any sound file of this length has.
    pub(crate) fn room(&mut self, name: &str, shape: &[usize]) -> Result<usize, ReadError> {
        self.one_more()?;
        let format = self.file.format;
        let found = || {
            let sides: Vec<String> = shape.iter().take(RANK_MAX).map(usize::to_string).collect();
            let more = if shape.len() > RANK_MAX { ", ..." } else { "" };
            format!("shape [{}{more}]", sides.join(", "))
        };
        if shape.len() > RANK_MAX {
            let expected = format!("at most {RANK_MAX} sides");
            return Err(damaged(format, quoted(name), found(), expected));
        }
        shape
            .iter()
            .try_fold(1_usize, |product, side| product.checked_mul(*side))
            .filter(|count| *count <= self.values_left)
            .inspect(|count| self.values_left -= count)
            .ok_or_else(|| {
                let expected = "values that fit into the file";
                damaged(format, quoted(name), found(), expected)
            })
    }

    /// Adds a tensor that had [`room`](Self::room).
    pub(crate) fn add(&mut self, name: &str, shape: Vec<usize>, values: Vec<f32>) {
        self.file.tensors.push(Tensor {
            name: name.to_string(),
            shape,
            values,
        });
    }

    /// Notes what was found and not taken.
    ///
    /// # Errors
    ///
    /// More of it than any sound file has.
    pub(crate) fn leave(&mut self, name: &str, why: &str) -> Result<(), ReadError> {
        self.one_more()?;
        self.file.left_out.push(format!("{}: {why}", quoted(name)));
        Ok(())
    }

    /// Notes what the metadata say of the preprocessing, unless it is longer than any name.
    pub(crate) fn says(&mut self, preprocessing: &str) {
        if preprocessing.len() <= WORD_MAX {
            self.file.preprocessing = Some(preprocessing.to_string());
        }
    }

    /// The file, if it holds any tensor.
    ///
    /// # Errors
    ///
    /// No float tensor.
    pub(crate) fn finish(self) -> Result<WeightFile, ReadError> {
        if self.file.tensors.is_empty() {
            return Err(unsupported(
                self.file.format,
                "file",
                "no tensor of floating point numbers",
                "take a file that holds weights",
            ));
        }
        Ok(self.file)
    }

    fn one_more(&self) -> Result<(), ReadError> {
        if self.file.tensors.len() + self.file.left_out.len() < ENTRIES_MAX {
            return Ok(());
        }
        Err(damaged(
            self.file.format,
            "file",
            format!("more than {ENTRIES_MAX} entries"),
            "the tensors of one network",
        ))
    }
}

/// A file's own words in an error: one line, not long.
pub(crate) fn quoted(words: &str) -> String {
    let mut line = String::from("\"");
    for (i, character) in words.chars().enumerate() {
        if i == QUOTE_MAX {
            line.push_str("...");
            break;
        }
        // Writing to a string cannot fail.
        let _ = write!(line, "{}", character.escape_debug());
    }
    line.push('"');
    line
}

/// [`ReadError::Damaged`].
pub(crate) fn damaged(
    format: Format,
    place: impl Into<String>,
    found: impl Into<String>,
    expected: impl Into<String>,
) -> ReadError {
    ReadError::Damaged {
        format,
        place: place.into(),
        found: found.into(),
        expected: expected.into(),
    }
}

/// [`ReadError::Unsupported`].
pub(crate) fn unsupported(
    format: Format,
    place: impl Into<String>,
    found: impl Into<String>,
    remedy: impl Into<String>,
) -> ReadError {
    ReadError::Unsupported {
        format,
        place: place.into(),
        found: found.into(),
        remedy: remedy.into(),
    }
}
