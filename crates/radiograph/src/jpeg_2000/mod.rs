//! A JPEG 2000 or HTJ2K frame of a DICOM file.
//!
//! In: a code stream, bare or in a JP2 box. Out: its samples. Not a library's decoder: the pure Rust ones without `unsafe`
//! are slower than OpenJPEG, differ from it by some levels in lossy pictures, and have no limit on memory. What a stream
//! declares is checked before memory is taken; a sample takes six bytes.
//!
//! `header` reads the markers, `packet` finds the bytes of each code block in the packets of a `tile`, `bit_planes` and
//! `high_throughput` decode the blocks, `wavelet` and `reconstruct` make samples of them.
//!
//! Source: ITU-T T.800 (JPEG 2000 part 1), T.814 (HTJ2K). Checked against: OpenJPEG by pylibjpeg and Pillow, GDCM
//! (docs/dicom.md).

use crate::error::{DecodeError, broken, truncated};
use crate::frame::{Colours, Stream, check_stream};
use crate::header::Layout;

mod bit_planes;
mod decode;
mod header;
mod high_throughput;
mod mq;
mod packet;
mod packet_bits;
mod partition;
mod progression;
mod reconstruct;
mod tag_tree;
mod tile;
mod wavelet;

use decode::decode;
use partition::check_partition;
use tile::Area;

/// Smaller tiles are no radiograph's; each takes memory of its own.
const MAX_TILES: u64 = 4096;

/// A blank picture has about a thousand; more asks for memory that nothing stands for.
const MAX_PIXELS_PER_BYTE: usize = 16_384;

/// All colours together: below the cap.
const MAX_SAMPLES: usize = 72_000_000;

/// What the image and tile size marker says.
struct Size {
    width: usize,
    height: usize,
    components: usize,
    area: Area,
    tile: [u32; 2],
    tile_origin: [u32; 2],
    tile_columns: u32,
    tiles: u64,
    precision: u16,
    signed: bool,
    is_lossy: bool,
}

pub(crate) fn decode_jpeg_2000(bytes: &[u8], layout: &Layout) -> Result<Stream, DecodeError> {
    let start = bytes
        .windows(4)
        .position(|four| four == b"\xff\x4f\xff\x51")
        .ok_or_else(|| broken("no JPEG 2000 code stream".into()))?;
    let stream = &bytes[start..];
    let size = size(stream)?;
    check_stream(size.width, size.height, size.components, layout)?;
    if size.width * size.height > stream.len().saturating_mul(MAX_PIXELS_PER_BYTE) {
        return Err(truncated("part of a JPEG 2000 stream"));
    }
    let samples = size.width * size.height * size.components;
    if samples > MAX_SAMPLES {
        return Err(DecodeError::Samples {
            found: format!(
                "{} million samples in JPEG 2000, more than {}",
                samples / 1_000_000,
                MAX_SAMPLES / 1_000_000
            ),
        });
    }
    check_partition(stream, (size.width, size.height), size.tiles)?;
    // Boxes hold palettes and colour profiles, which DICOM does not use: the bare stream is decoded.
    let samples = decode(stream, &size)?;
    Ok(Stream {
        width: size.width,
        height: size.height,
        components: size.components,
        precision: size.precision,
        signed: size.signed,
        samples,
        // The stream's own colour transform is undone by the decoder.
        colours: Colours::Header,
        is_lossy: size.is_lossy,
    })
}

/// Reads the first marker, and refuses what no library has to see.
fn size(stream: &[u8]) -> Result<Size, DecodeError> {
    let cut = || truncated("part of a JPEG 2000 header");
    let segment = stream.get(4..).ok_or_else(cut)?;
    let length = usize::from(u16::from_be_bytes(*segment.first_chunk().ok_or_else(cut)?));
    let after = segment.get(length..).ok_or_else(cut)?;
    let fields = segment.get(4..36).ok_or_else(cut)?.as_chunks::<4>().0;
    let [
        right,
        bottom,
        left,
        top,
        tile_width,
        tile_height,
        tile_left,
        tile_top,
    ] = [0, 1, 2, 3, 4, 5, 6, 7].map(|index| u32::from_be_bytes(fields[index]));
    let count = usize::from(u16::from_be_bytes(
        *segment[36..].first_chunk().ok_or_else(cut)?,
    ));
    let components = segment.get(38..length).ok_or_else(cut)?.as_chunks::<3>().0;
    if left >= right
        || top >= bottom
        || tile_width == 0
        || tile_height == 0
        || tile_left > left
        || tile_top > top
    {
        return Err(broken("a JPEG 2000 header with impossible sizes".into()));
    }
    let tile_columns = (right - tile_left).div_ceil(tile_width);
    let tile_rows = (bottom - tile_top).div_ceil(tile_height);
    let tiles = u64::from(tile_columns) * u64::from(tile_rows);
    if tiles > MAX_TILES {
        return Err(broken(format!(
            "{tiles} JPEG 2000 tiles, expected at most {MAX_TILES}"
        )));
    }
    let Some(&[depth, ..]) = components.first().filter(|_| components.len() == count) else {
        return Err(cut());
    };
    if components.iter().any(|&one| one != [depth, 1, 1]) {
        return Err(DecodeError::Samples {
            found: "JPEG 2000 components of different depth or size".into(),
        });
    }
    let precision = u16::from(depth & 0x7f) + 1;
    if precision > 16 {
        return Err(DecodeError::Samples {
            found: format!("JPEG 2000 samples of {precision} bits"),
        });
    }
    let is_lossy = is_lossy(after);
    Ok(Size {
        width: (right - left) as usize,
        height: (bottom - top) as usize,
        components: count,
        area: Area {
            left,
            top,
            right,
            bottom,
        },
        tile: [tile_width, tile_height],
        tile_origin: [tile_left, tile_top],
        tile_columns,
        tiles,
        precision,
        signed: depth & 0x80 != 0,
        is_lossy,
    })
}

/// Whether the main header's transform is irreversible.
fn is_lossy(mut header: &[u8]) -> bool {
    while let [0xff, marker, high, low, ..] = header {
        match marker {
            0x52 => return header.get(13) == Some(&0),
            0x90 => break,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        header = header.get(2 + length..).unwrap_or_default();
    }
    false
}

fn damaged(fault: &str) -> DecodeError {
    broken(format!("a JPEG 2000 stream with this fault: {fault}"))
}
