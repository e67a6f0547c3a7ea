//! One frame of a DICOM file as stored samples.
//!
//! In: pixel data, its layout and compression. Out: unsigned samples, only the stored bits set (overlay planes in
//! the unused bits are cleared, as PS3.3 C.7.6.3 wants). Memory is taken only after the bytes are known to be
//! there. Not dicom-rs's decoders: they panic on run lengths and JPEG frames that disagree with the header.
//!
//! A code stream knows its own size, depth and colours; it must agree with the header on size and colours, and on
//! depth it wins, as in other readers.
//!
//! Source: DICOM PS3.5 8.1 (native), 8.2 (compressed). Checked against: pydicom (docs/dicom.md).

use dicom_dictionary_std::tags;

use crate::dataset::{Dataset, Value, word};
use crate::error::{DecodeError, broken};
use crate::fragments::frame_bytes;
use crate::header::Layout;
use crate::jpeg::decode_jpeg_frame;
use crate::jpeg_2000::decode_jpeg_2000;
use crate::jpeg_ls::decode_jpeg_ls;
use crate::run_length::run_length;
use crate::samples::Samples;
use crate::syntax::Compression;

/// The samples of a frame.
#[derive(Debug)]
pub(crate) struct Frame {
    /// `height` × `width` × `samples_per_pixel` values.
    pub samples: Samples,
    /// Whole planes of one colour after each other, else the colours of a pixel together.
    pub planar: bool,
    /// What three samples are.
    pub colours: Colours,
}

/// What the three samples of a pixel are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colours {
    /// What Photometric Interpretation says.
    Header,
    /// Red, green and blue: the decoder has converted them.
    Rgb,
}

/// A decoded code stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub width: usize,
    pub height: usize,
    pub components: usize,
    /// Bits of a sample.
    pub precision: u16,
    /// Samples are two's complement.
    pub signed: bool,
    /// The colours of a pixel together.
    pub samples: Vec<u16>,
    pub colours: Colours,
    /// Samples are near those that were coded.
    pub is_lossy: bool,
}

/// Frame `frame`, counted from 0, of `frames`.
pub(crate) fn read_frame(
    data: &Dataset,
    layout: &Layout,
    compression: Compression,
    (frame, frames): (u64, u64),
) -> Result<Frame, DecodeError> {
    let missing = DecodeError::Missing {
        attribute: "Pixel Data",
        tag: tags::PIXEL_DATA,
    };
    let element = data.get(tags::PIXEL_DATA).ok_or(missing)?;
    let (offsets, fragments) = match (&element.value, compression) {
        (Value::Bytes(bytes), Compression::None) => {
            let swapped =
                data.encoding.big_endian && element.vr == *b"OW" && layout.bits_allocated <= 8;
            return native(bytes, layout, data.encoding.big_endian, swapped, frame);
        }
        (Value::Fragments { offsets, fragments }, _) => (offsets, fragments),
        (Value::Bytes(_), _) => {
            let found = "uncompressed pixel data, expected what the transfer syntax says";
            return Err(broken(found.into()));
        }
    };
    let bytes = frame_bytes(data, offsets, fragments, frame, frames)?;
    let stream = match compression {
        // Encapsulated though uncompressed.
        Compression::None => return native(&bytes, layout, false, false, 0),
        Compression::RunLength => {
            let mut samples = run_length(&bytes, layout)?;
            samples.keep(layout.high_bit, layout.bits_stored);
            return Ok(Frame {
                samples,
                planar: true,
                colours: Colours::Header,
            });
        }
        Compression::Jpeg => decode_jpeg_frame(&bytes, layout)?,
        Compression::JpegLs => decode_jpeg_ls(&bytes, layout)?,
        Compression::Jpeg2000 => decode_jpeg_2000(&bytes, layout)?,
    };
    from_stream(stream, layout)
}

fn from_stream(stream: Stream, layout: &Layout) -> Result<Frame, DecodeError> {
    check_stream(stream.width, stream.height, stream.components, layout)?;
    let mut samples = stream.samples;
    if stream.signed && stream.precision < 16 {
        let shift = 16 - stream.precision;
        let extended = |sample: u16| (((sample << shift) as i16) >> shift) as u16;
        samples
            .iter_mut()
            .for_each(|sample| *sample = extended(*sample));
    }
    if stream.is_lossy && layout.bits_stored < 16 {
        saturate(&mut samples, layout, stream.signed);
    }
    let mut samples = Samples::Words(samples);
    samples.keep(layout.bits_stored - 1, layout.bits_stored);
    Ok(Frame {
        samples,
        planar: false,
        colours: stream.colours,
    })
}

/// Lossy coding overshoots: what does not fit the stored bits becomes the nearest that does, since without its high bits
/// it would turn from white to black.
fn saturate(samples: &mut [u16], layout: &Layout, signed: bool) {
    let maximum = u16::MAX >> (16 - layout.bits_stored);
    if signed {
        let (low, high) = (-i32::from(maximum / 2) - 1, i32::from(maximum / 2));
        for sample in samples {
            *sample = i32::from(*sample as i16).clamp(low, high) as u16;
        }
    } else {
        samples
            .iter_mut()
            .for_each(|sample| *sample = (*sample).min(maximum));
    }
}

/// Refuses a code stream whose size or colours are not those of the header; call it before taking memory.
pub(crate) fn check_stream(
    width: usize,
    height: usize,
    components: usize,
    layout: &Layout,
) -> Result<(), DecodeError> {
    if (width, height) != (layout.width, layout.height) {
        let expected = format!("{} × {}", layout.width, layout.height);
        return Err(broken(format!(
            "a code stream of {width} × {height} pixels, expected {expected}"
        )));
    }
    if components != layout.samples_per_pixel {
        let expected = layout.samples_per_pixel;
        return Err(broken(format!(
            "a code stream of {components} components, expected {expected}"
        )));
    }
    Ok(())
}

fn native(
    bytes: &[u8],
    layout: &Layout,
    big_endian: bool,
    swapped: bool,
    frame: u64,
) -> Result<Frame, DecodeError> {
    let pixels = layout.width * layout.height;
    let subsampled = layout.photometric == "YBR_FULL_422" && layout.samples_per_pixel == 3;
    let count = if subsampled {
        pixels * 2
    } else {
        pixels * layout.samples_per_pixel
    };
    let bits = count as u64 * u64::from(layout.bits_allocated);
    let first_bit = bits.saturating_mul(frame);
    let end = first_bit.saturating_add(bits).div_ceil(8);
    let whole = bytes;
    let Some(bytes) = usize::try_from(end).ok().and_then(|end| bytes.get(..end)) else {
        return Err(DecodeError::PixelBytes {
            found: bytes.len(),
            expected: usize::try_from(end).unwrap_or(usize::MAX),
            width: layout.width,
            height: layout.height,
            bits: layout.bits_allocated,
        });
    };
    let first = (first_bit / 8) as usize;
    let mut samples = match layout.bits_allocated {
        1 => {
            let bit = |index: u64| (bytes[(index / 8) as usize] >> (index % 8)) & 1;
            Samples::Words(
                (first_bit..first_bit + bits)
                    .map(|index| bit(index).into())
                    .collect(),
            )
        }
        8 if swapped => {
            let at = |index: usize| whole.get(index ^ 1).copied().unwrap_or(0);
            Samples::Words((first..bytes.len()).map(|index| at(index).into()).collect())
        }
        8 => Samples::Words(bytes[first..].iter().map(|&byte| byte.into()).collect()),
        16 => {
            let pairs = bytes[first..].as_chunks::<2>().0;
            Samples::Words(pairs.iter().map(|&pair| word(pair, big_endian)).collect())
        }
        _ => {
            let quads = bytes[first..].as_chunks::<4>().0.iter();
            Samples::Longs(if big_endian {
                quads.map(|&quad| u32::from_be_bytes(quad)).collect()
            } else {
                quads.map(|&quad| u32::from_le_bytes(quad)).collect()
            })
        }
    };
    if let (true, Samples::Words(words)) = (subsampled, &mut samples) {
        *words = full_chroma(words);
    }
    samples.keep(layout.high_bit, layout.bits_stored);
    Ok(Frame {
        samples,
        planar: layout.planar && !subsampled,
        colours: Colours::Header,
    })
}

/// Two luminances and one pair of chroma for two pixels (PS3.3 C.7.6.3.1.2) become three samples a pixel.
fn full_chroma(words: &[u16]) -> Vec<u16> {
    let pairs = words.as_chunks::<4>().0.iter();
    pairs
        .flat_map(|&[first, second, blue, red]| [first, blue, red, second, blue, red])
        .collect()
}
