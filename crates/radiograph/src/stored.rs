//! The pixels of a DICOM file as they are stored, before any display transform.
//!
//! In: the bytes and a frame. Out: whole numbers with their sign; colours as red, green and blue. For duplicates,
//! clipping and exposure, which ask what the detector wrote, and for comparison with other readers.
//!
//! Checked against: pydicom, pylibjpeg, GDCM and dcmtk (docs/dicom.md).

use crate::error::DecodeError;
use crate::frame::Frame;
use crate::header::Layout;
use crate::picture::rgb_pixels;

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
    pub values: Vec<i64>,
}

pub(crate) fn stored_frame(layout: &Layout, frame: &Frame) -> Result<StoredFrame, DecodeError> {
    let bits = u32::from(layout.bits_stored);
    let value = |sample: u32| {
        let negative = layout.signed && sample >> (bits - 1) == 1;
        i64::from(sample) - if negative { 1_i64 << bits } else { 0 }
    };
    let values = if layout.samples_per_pixel == 1 {
        (0..frame.samples.len())
            .map(|index| value(frame.samples.at(index)))
            .collect()
    } else {
        rgb_pixels(layout, frame)?.flatten().map(value).collect()
    };
    Ok(StoredFrame {
        width: layout.width,
        height: layout.height,
        samples_per_pixel: layout.samples_per_pixel,
        bits_stored: layout.bits_stored,
        values,
    })
}
