//! Pixel data: the same picture, without what can hide beside it, and with areas blanked where that is asked for.
//!
//! In: the pixel data of a file. Out: uncompressed bytes, exactly as many as the frames need, with the bits that are not
//! stored cleared, since overlays were once kept there; or one code stream a frame without text ([`super::stream`]). To
//! blank an area of compressed grey pixels they are decompressed: the file grows, no other pixel changes.
//!
//! Source: DICOM PS3.3 C.7.6.3, PS3.5 8 and A.4.

use std::borrow::Cow;

use dicom_dictionary_std::tags;
use sha2::{Digest, Sha256};

use super::Area;
use super::error::DeidentifyError;
use super::stream::{jpeg_2000_without_text, jpeg_without_text};
use crate::dataset::{Dataset, Value};
use crate::decode::{MAX_FILE_BYTES, check_size};
use crate::error::{DecodeError, broken};
use crate::fragments::frame_bytes;
use crate::frame::read_frame;
use crate::header::{Layout, frames, layout};
use crate::run_length::run_length_alone;
use crate::samples::Samples;
use crate::syntax::{Compression, Syntax};

/// More compressed frames are no radiograph's.
const FRAMES_MAX: u64 = 10_000;

/// Pixel data to be written.
pub(super) struct Pixels<'a> {
    pub vr: [u8; 2],
    pub data: Data<'a>,
    /// The transfer syntax has to become explicit little endian.
    pub is_decompressed: bool,
    /// At least one area lay in the picture.
    pub is_blanked: bool,
    /// Samples that had bits set beside those that are stored.
    pub cleared: u64,
}

pub(super) enum Data<'a> {
    Native(Cow<'a, [u8]>),
    /// One code stream a frame.
    Frames(Vec<Vec<u8>>),
}

impl Data<'_> {
    /// Stands for the picture where it has no identifier of its own.
    pub fn digest(&self) -> [u8; 32] {
        let hash = match self {
            Data::Native(bytes) => Sha256::new().chain_update(bytes),
            Data::Frames(frames) => frames.iter().fold(Sha256::new(), Sha256::chain_update),
        };
        hash.finalize().into()
    }
}

pub(super) fn pixels<'a>(
    data: &Dataset<'a>,
    syntax: Syntax,
    areas: &[Area],
) -> Result<Pixels<'a>, DeidentifyError> {
    let layout = layout(data)?;
    check_size(layout.width, layout.height)?;
    let frames = frames(data)?;
    if frames == 0 {
        return Err(broken("no frames".into()).into());
    }
    let element = data
        .get(tags::PIXEL_DATA)
        .ok_or(DeidentifyError::NoPicture)?;
    let (offsets, fragments) = match (&element.value, syntax.compression) {
        (Value::Bytes(bytes), Compression::None) => {
            let swapped =
                syntax.encoding.big_endian && element.vr == *b"OW" && layout.bits_allocated <= 8;
            let order = Order {
                big_endian: syntax.encoding.big_endian,
                swapped,
            };
            let vr = if element.vr == *b"OB" { *b"OB" } else { *b"OW" };
            return native(Cow::Borrowed(bytes), vr, &layout, frames, order, areas);
        }
        (Value::Bytes(_), _) => {
            let found = "uncompressed pixel data, expected what the transfer syntax says";
            return Err(broken(found.into()).into());
        }
        (Value::Fragments { offsets, fragments }, _) => (offsets, fragments),
    };
    if frames > FRAMES_MAX {
        return Err(broken(format!(
            "{frames} compressed frames, expected at most {FRAMES_MAX}"
        ))
        .into());
    }
    if has_overlay_in_pixels(data) {
        return Err(DeidentifyError::Overlay);
    }
    if syntax.compression == Compression::None || !areas.is_empty() {
        return decompressed(data, &layout, syntax.compression, frames, areas);
    }
    let stream = |frame| {
        let bytes = frame_bytes(data, offsets, fragments, frame, frames)?;
        match syntax.compression {
            Compression::Jpeg | Compression::JpegLs => jpeg_without_text(&bytes),
            Compression::Jpeg2000 => jpeg_2000_without_text(&bytes),
            Compression::RunLength => Ok(run_length_alone(&bytes, &layout)?),
            Compression::None => Ok(bytes.into_owned()),
        }
    };
    Ok(Pixels {
        vr: *b"OB",
        data: Data::Frames((0..frames).map(stream).collect::<Result<_, _>>()?),
        is_decompressed: false,
        is_blanked: false,
        cleared: 0,
    })
}

/// How the bytes of native samples lie.
#[derive(Clone, Copy)]
struct Order {
    big_endian: bool,
    /// Bytes in words whose halves change places.
    swapped: bool,
}

fn native<'a>(
    bytes: Cow<'a, [u8]>,
    vr: [u8; 2],
    layout: &Layout,
    frames: u64,
    order: Order,
    areas: &[Area],
) -> Result<Pixels<'a>, DeidentifyError> {
    let subsampled = layout.photometric == "YBR_FULL_422" && layout.samples_per_pixel == 3;
    let per_pixel = if subsampled {
        2
    } else {
        layout.samples_per_pixel
    };
    let samples = (layout.width * layout.height * per_pixel) as u64;
    let bits = samples
        .saturating_mul(layout.bits_allocated.into())
        .saturating_mul(frames);
    let expected = usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX);
    // Bytes in words: the last word is whole.
    let whole = if order.swapped {
        expected.saturating_add(expected % 2)
    } else {
        expected
    };
    if bytes.len() < whole {
        return Err(DecodeError::PixelBytes {
            found: bytes.len(),
            expected: whole,
            width: layout.width,
            height: layout.height,
            bits: layout.bits_allocated,
        }
        .into());
    }
    let mut bytes = match bytes {
        Cow::Borrowed(all) => Cow::Borrowed(&all[..whole]),
        Cow::Owned(mut all) => {
            all.truncate(whole);
            Cow::Owned(all)
        }
    };
    let cleared = clear_unused(&mut bytes, layout, order.big_endian);
    let is_blanked = blank(&mut bytes, layout, frames, order, areas)?;
    Ok(Pixels {
        vr,
        data: Data::Native(bytes),
        is_decompressed: false,
        is_blanked,
        cleared,
    })
}

/// Clears the bits beside the stored ones, or gives them the sign; the number of samples that this changed.
fn clear_unused(bytes: &mut Cow<[u8]>, layout: &Layout, big_endian: bool) -> u64 {
    if layout.bits_allocated == 1 || layout.bits_stored == layout.bits_allocated {
        return 0;
    }
    let size = usize::from(layout.bits_allocated / 8);
    let shift = layout.high_bit + 1 - layout.bits_stored;
    let extends = layout.signed && shift == 0;
    let clean = |sample: u32| {
        let kept = (sample >> shift) & (u32::MAX >> (32 - layout.bits_stored));
        if extends && kept >> (layout.bits_stored - 1) == 1 {
            kept | (u32::MAX << layout.bits_stored)
        } else {
            kept << shift
        }
    };
    let mut cleared = 0;
    for at in (0..bytes.len() / size).map(|index| index * size) {
        let sample = number(&bytes[at..at + size], big_endian);
        let kept = clean(sample) & (u32::MAX >> (32 - layout.bits_allocated));
        if kept != sample {
            cleared += 1;
            set_number(&mut bytes.to_mut()[at..at + size], kept, big_endian);
        }
    }
    cleared
}

fn number(bytes: &[u8], big_endian: bool) -> u32 {
    let add = |all: u32, &byte: &u8| all << 8 | u32::from(byte);
    if big_endian {
        bytes.iter().fold(0, add)
    } else {
        bytes.iter().rev().fold(0, add)
    }
}

fn set_number(bytes: &mut [u8], mut value: u32, big_endian: bool) {
    let set = |byte: &mut u8| {
        *byte = value as u8;
        value >>= 8;
    };
    if big_endian {
        bytes.iter_mut().rev().for_each(set)
    } else {
        bytes.iter_mut().for_each(set)
    }
}

/// Sets the areas to black in every frame; whether any lay in the picture.
fn blank(
    bytes: &mut Cow<[u8]>,
    layout: &Layout,
    frames: u64,
    order: Order,
    areas: &[Area],
) -> Result<bool, DeidentifyError> {
    if areas.is_empty() {
        return Ok(false);
    }
    let colours = layout.samples_per_pixel;
    let is_known = matches!(
        (&*layout.photometric, colours),
        ("MONOCHROME1" | "MONOCHROME2", 1) | ("RGB", 3)
    );
    if !is_known || !matches!(layout.bits_allocated, 8 | 16) {
        return Err(DeidentifyError::Blank {
            found: "other pixels",
        });
    }
    let size = usize::from(layout.bits_allocated / 8);
    let black = black(layout);
    let (plane, bytes) = (layout.width * layout.height, bytes.to_mut());
    let mut is_blanked = false;
    for frame in 0..frames as usize {
        for area in areas {
            for (x, y) in area.pixels(layout.width, layout.height) {
                is_blanked = true;
                for colour in 0..colours {
                    let inside = if layout.planar && colours == 3 {
                        colour * plane + y * layout.width + x
                    } else {
                        (y * layout.width + x) * colours + colour
                    };
                    let at = (frame * plane * colours + inside) * size;
                    let at = if order.swapped { at ^ 1 } else { at };
                    if let Some(sample) = bytes.get_mut(at..at + size) {
                        set_number(sample, black, order.big_endian);
                    }
                }
            }
        }
    }
    Ok(is_blanked)
}

/// The sample that is shown as black.
fn black(layout: &Layout) -> u32 {
    let inverse = layout.photometric == "MONOCHROME1";
    let (bits, shift) = (layout.bits_stored, layout.high_bit + 1 - layout.bits_stored);
    let all = u32::MAX >> (32 - bits);
    match (layout.signed, inverse) {
        (false, false) => 0,
        (false, true) => all << shift,
        (true, true) => (all >> 1) << shift,
        // The sign goes through to the top, as in the samples round it.
        (true, false) if shift == 0 => u32::MAX << (bits - 1),
        (true, false) => 1 << (bits - 1 + shift),
    }
}

fn decompressed<'a>(
    data: &Dataset<'a>,
    layout: &Layout,
    compression: Compression,
    frames: u64,
    areas: &[Area],
) -> Result<Pixels<'a>, DeidentifyError> {
    if layout.samples_per_pixel != 1 || layout.high_bit + 1 != layout.bits_stored {
        return Err(DeidentifyError::Blank {
            found: "compressed colours",
        });
    }
    if !matches!(layout.bits_allocated, 8 | 16) {
        return Err(DeidentifyError::Blank {
            found: "compressed pixels of another depth",
        });
    }
    let size = usize::from(layout.bits_allocated / 8);
    let frame_bytes = (layout.width * layout.height * size) as u64;
    if frame_bytes.saturating_mul(frames) > MAX_FILE_BYTES {
        return Err(DecodeError::FileSize {
            found: frame_bytes.saturating_mul(frames),
        }
        .into());
    }
    let mut bytes = Vec::new();
    for frame in 0..frames {
        let Samples::Words(words) = read_frame(data, layout, compression, (frame, frames))?.samples
        else {
            return Err(DeidentifyError::Blank {
                found: "pixels of more than 16 bits",
            });
        };
        bytes.extend(
            words
                .iter()
                .flat_map(|word| word.to_le_bytes().into_iter().take(size)),
        );
    }
    let order = Order {
        big_endian: false,
        swapped: false,
    };
    let pixels = native(Cow::Owned(bytes), *b"OW", layout, frames, order, areas)?;
    // The decoder leaves the sign to be extended, so what was cleared is no finding.
    Ok(Pixels {
        is_decompressed: true,
        cleared: 0,
        ..pixels
    })
}

/// Whether an overlay says that it lies in bits of the pixel data.
fn has_overlay_in_pixels(data: &Dataset) -> bool {
    let position = |tag: dicom_core::Tag| data.words(tag).and_then(|mut words| words.next());
    let planes = (0x6000..=0x60ff).step_by(2);
    planes
        .map(|group| dicom_core::Tag(group, 0x0102))
        .any(|tag| position(tag).is_some_and(|bit| bit != 0))
}
