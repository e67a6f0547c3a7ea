//! A JPEG frame of a DICOM file: baseline, extended with 8 or 12 bits, progressive, lossless with any predictor.
//!
//! In: one code stream. Out: its samples. Progressive streams go to the `image` crate; the others are
//! decoded here: no kept Rust crate does lossless and 12-bit ones, and their 8-bit values differ from those of other
//! readers by a level. Arithmetic coding and hierarchical
//! streams are refused by name: no DICOM transfer syntax in use has them.
//!
//! Source: ITU-T T.81 (markers: annex B; lossless: annex H; sequential DCT: annex F). Checked against: pylibjpeg,
//! GDCM and dcmtk (docs/dicom.md).

mod bits;
mod dct;
mod inverse;
mod lossless;
mod markers;
mod upsample;

use image::DynamicImage;

use crate::error::{DecodeError, broken, truncated};
use crate::frame::{Colours, Stream, check_stream};
use crate::header::Layout;
use crate::raster::decode_jpeg;
use markers::{Coding, FrameHeader, Markers, Segment};

/// Decodes the stream; its size and number of components have to be those of the header.
pub(crate) fn decode_jpeg_frame(bytes: &[u8], layout: &Layout) -> Result<Stream, DecodeError> {
    let mut markers = Markers::new(bytes)?;
    let header = loop {
        match markers.next()? {
            Segment::Frame(header) => break header,
            Segment::Scan(_) => return Err(broken("a JPEG scan before its frame header".into())),
            Segment::Tables => {}
            Segment::End => return Err(truncated("a JPEG stream without a frame")),
        }
    };
    check_stream(header.width, header.height, header.components.len(), layout)?;
    match (header.coding, header.precision) {
        (Coding::Progressive, 8) => progressive(bytes, &header),
        (Coding::Sequential, 8 | 12) => {
            let samples = dct::decode(&mut markers, &header)?;
            Ok(stream(&header, samples, markers.is_ybr(&header, layout)))
        }
        (Coding::Lossless, 2..=16) => {
            let samples = lossless::decode(&mut markers, &header)?;
            Ok(stream(&header, samples, false))
        }
        (coding, precision) => Err(DecodeError::Samples {
            found: format!("a {coding:?} JPEG stream of {precision} bits"),
        }),
    }
}

fn stream(header: &FrameHeader, mut samples: Vec<u16>, is_ybr: bool) -> Stream {
    if is_ybr {
        let maximum = u16::MAX >> (16 - header.precision);
        for pixel in samples.as_chunks_mut::<3>().0 {
            *pixel = crate::picture::rgb_from_ybr(*pixel, maximum);
        }
    }
    Stream {
        width: header.width,
        height: header.height,
        components: header.components.len(),
        precision: header.precision,
        signed: false,
        samples,
        colours: if is_ybr {
            Colours::Rgb
        } else {
            Colours::Header
        },
        is_lossy: header.coding != Coding::Lossless,
    }
}

fn progressive(bytes: &[u8], header: &FrameHeader) -> Result<Stream, DecodeError> {
    let picture = decode_jpeg(bytes)?;
    let samples: Vec<u16> = match &picture {
        DynamicImage::ImageLuma8(grey) => grey.iter().map(|&byte| byte.into()).collect(),
        DynamicImage::ImageRgb8(rgb) => rgb.iter().map(|&byte| byte.into()).collect(),
        other => {
            return Err(DecodeError::Samples {
                found: format!("JPEG samples of type {:?}", other.color()),
            });
        }
    };
    if samples.len() != header.width * header.height * header.components.len() {
        return Err(broken("a JPEG stream of another size than it says".into()));
    }
    Ok(Stream {
        colours: Colours::Rgb,
        ..stream(header, samples, false)
    })
}
