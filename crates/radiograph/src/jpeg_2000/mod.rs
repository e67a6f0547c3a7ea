//! A JPEG 2000 or HTJ2K frame of a DICOM file.
//!
//! In: a code stream, bare or in a JP2 box. Out: its samples. JPEG 2000 by hayro-jpeg2000 (no `unsafe`, kept, exact
//! to 16 bits in the reversible path), HTJ2K by dicom-toolkit-jpeg2000, the one pure Rust library
//! that has it without `unsafe`. Both treat all samples as unsigned: the level shift of signed ones is taken back here. What a
//! stream declares is checked here first, since neither library has a limit on memory.
//!
//! Source: ITU-T T.800 annex A (markers SIZ, COD, CAP). Checked against: OpenJPEG by pylibjpeg and Pillow, GDCM
//! (docs/dicom.md).

use crate::error::{DecodeError, broken, truncated};
use crate::frame::{Colours, Stream, check_stream};
use crate::header::Layout;

mod partition;

use partition::check_partition;

/// Smaller tiles are no radiograph's; each takes memory of its own.
const MAX_TILES: u64 = 4096;

/// A blank picture has about a thousand; more asks for memory that nothing stands for.
const MAX_PIXELS_PER_BYTE: usize = 16_384;

/// All colours together. The libraries take up to 16 bytes a sample, whatever the stream holds: this keeps a small file
/// below twice the cap.
const MAX_SAMPLES: usize = 72_000_000;

/// What the image and tile size marker says.
struct Size {
    width: usize,
    height: usize,
    components: usize,
    tiles: u64,
    precision: u16,
    signed: bool,
    is_high_throughput: bool,
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
    let samples = if size.is_high_throughput {
        high_throughput(stream, &size)?
    } else {
        part_one(stream, &size)?
    };
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
    ] = [0, 1, 2, 3, 4, 5, 6, 7].map(|index| u64::from(u32::from_be_bytes(fields[index])));
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
    let tiles =
        (right - tile_left).div_ceil(tile_width) * (bottom - tile_top).div_ceil(tile_height);
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
    let (is_high_throughput, is_lossy) = coding(after);
    Ok(Size {
        width: (right - left) as usize,
        height: (bottom - top) as usize,
        components: count,
        tiles,
        precision,
        signed: depth & 0x80 != 0,
        is_high_throughput,
        is_lossy,
    })
}

/// Whether the main header has the marker of extended capabilities, and whether its transform is irreversible.
fn coding(mut header: &[u8]) -> (bool, bool) {
    let (mut is_high_throughput, mut is_lossy) = (false, false);
    while let [0xff, marker, high, low, ..] = header {
        match marker {
            0x50 => is_high_throughput = true,
            0x52 => is_lossy = header.get(13) == Some(&0),
            0x90 => break,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        header = header.get(2 + length..).unwrap_or_default();
    }
    (is_high_throughput, is_lossy)
}

fn part_one(stream: &[u8], size: &Size) -> Result<Vec<u16>, DecodeError> {
    use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};
    let damaged = |error: hayro_jpeg2000::DecodeError| {
        broken(format!("a JPEG 2000 stream with this fault: {error}"))
    };
    let settings = DecodeSettings {
        resolve_palette_indices: false,
        strict: false,
        target_resolution: None,
    };
    let image = Image::new(stream, &settings).map_err(damaged)?;
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(damaged)?;
    let planes = decoded.components();
    let count = size.width * size.height;
    if planes.len() != size.components || planes.iter().any(|plane| plane.samples().len() != count)
    {
        return Err(broken(
            "a JPEG 2000 stream of another size than it says".into(),
        ));
    }
    let mut samples = vec![0; count * size.components];
    for (colour, plane) in planes.iter().enumerate() {
        let out = samples[colour..].iter_mut().step_by(size.components);
        out.zip(plane.samples())
            .for_each(|(out, &value)| *out = stored(value, size));
    }
    Ok(samples)
}

fn high_throughput(stream: &[u8], size: &Size) -> Result<Vec<u16>, DecodeError> {
    use dicom_toolkit_jpeg2000::{DecodeSettings, Image};
    let damaged = |error: dicom_toolkit_jpeg2000::DecodeError| {
        broken(format!("an HTJ2K stream with this fault: {error}"))
    };
    let settings = DecodeSettings {
        resolve_palette_indices: false,
        strict: true,
        target_resolution: None,
    };
    let image = Image::new(stream, &settings).map_err(damaged)?;
    let decoded = image.decode_native().map_err(damaged)?;
    let samples: Vec<u16> = if decoded.bytes_per_sample == 1 {
        let bytes = decoded.data.iter();
        bytes.map(|&byte| signed_again(byte.into(), size)).collect()
    } else {
        let pairs = decoded.data.as_chunks::<2>().0.iter();
        pairs
            .map(|&pair| signed_again(u16::from_le_bytes(pair), size))
            .collect()
    };
    if samples.len() != size.width * size.height * size.components {
        return Err(broken(
            "an HTJ2K stream of another size than it says".into(),
        ));
    }
    Ok(samples)
}

/// The nearest whole number to a sample, as the bits that stand for it.
fn stored(value: f32, size: &Size) -> u16 {
    let maximum = u16::MAX >> (16 - size.precision);
    let value = value.clamp(0.0, maximum.into());
    let below = value as u16;
    signed_again(below + u16::from(value - f32::from(below) >= 0.5), size)
}

/// A sample shifted up by half of the range to the bits that stand for it.
fn signed_again(unsigned: u16, size: &Size) -> u16 {
    let maximum = u16::MAX >> (16 - size.precision);
    let half = if size.signed {
        1 << (size.precision - 1)
    } else {
        0
    };
    unsigned.min(maximum) ^ half
}
