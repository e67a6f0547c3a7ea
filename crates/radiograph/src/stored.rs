//! The pixels of a DICOM file as they are stored, before any display transform.
//!
//! In: the bytes and a frame. Out: whole numbers with their sign, as wide as the file has them; colours as red, green
//! and blue. For duplicates, clipping and exposure, which ask what the detector wrote, and for comparison with other
//! readers.
//!
//! Checked against: pydicom, pylibjpeg, GDCM and dcmtk (docs/dicom.md).

use crate::error::DecodeError;
use crate::frame::Frame;
use crate::header::Layout;
use crate::picture::rgb_pixels;
use crate::samples::Samples;

/// One frame as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFrame {
    /// Columns, at least 1.
    pub width: usize,
    /// Rows, at least 1.
    pub height: usize,
    /// 1 (grey, or the index into a palette) or 3 (red, green, blue of a pixel together).
    pub samples_per_pixel: usize,
    /// Bits that carry one sample, 1 to 32.
    pub bits_stored: u16,
    /// `height` × `width` × `samples_per_pixel` values, row by row.
    pub values: StoredValues,
}

/// Values of the narrowest of these types that holds all that the header allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredValues {
    /// Up to 16 bits without sign.
    U16(Vec<u16>),
    /// Up to 16 bits with sign.
    I16(Vec<i16>),
    /// Up to 32 bits without sign.
    U32(Vec<u32>),
    /// Up to 32 bits with sign.
    I32(Vec<i32>),
}

impl StoredValues {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            StoredValues::U16(values) => values.len(),
            StoredValues::I16(values) => values.len(),
            StoredValues::U32(values) => values.len(),
            StoredValues::I32(values) => values.len(),
        }
    }

    /// Whether there are none; a decoded frame has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `index`, which is below [`StoredValues::len`].
    pub fn at(&self, index: usize) -> i64 {
        match self {
            StoredValues::U16(values) => values[index].into(),
            StoredValues::I16(values) => values[index].into(),
            StoredValues::U32(values) => values[index].into(),
            StoredValues::I32(values) => values[index].into(),
        }
    }

    /// All values, row by row.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = i64> + '_ {
        (0..self.len()).map(|index| self.at(index))
    }
}

pub(crate) fn stored_frame(layout: &Layout, frame: Frame) -> Result<StoredFrame, DecodeError> {
    let samples = if layout.samples_per_pixel == 1 {
        frame.samples
    } else {
        let rgb = rgb_pixels(layout, &frame)?.flatten();
        match frame.samples {
            Samples::Words(_) => Samples::Words(rgb.map(|sample| sample as u16).collect()),
            Samples::Longs(_) => Samples::Longs(rgb.collect()),
        }
    };
    Ok(StoredFrame {
        width: layout.width,
        height: layout.height,
        samples_per_pixel: layout.samples_per_pixel,
        bits_stored: layout.bits_stored,
        values: values(samples, layout),
    })
}

fn values(samples: Samples, layout: &Layout) -> StoredValues {
    match (samples, layout.signed) {
        (Samples::Words(words), false) => StoredValues::U16(words),
        (Samples::Longs(longs), false) => StoredValues::U32(longs),
        // What is above the stored bits takes the sign. These collect in place.
        (Samples::Words(words), true) => {
            let unused = 16 - layout.bits_stored.min(16);
            let value = |word: u16| ((word << unused) as i16) >> unused;
            StoredValues::I16(words.into_iter().map(value).collect())
        }
        (Samples::Longs(longs), true) => {
            let unused = 32 - layout.bits_stored;
            let value = |long: u32| ((long << unused) as i32) >> unused;
            StoredValues::I32(longs.into_iter().map(value).collect())
        }
    }
}
