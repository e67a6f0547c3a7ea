//! PNG, JPEG and TIFF to a radiograph.
//!
//! In: the bytes of one picture. Out: grey pixels, `value / 255` or `value / 65535`. The declared size is
//! checked before memory is taken. An Exif orientation is applied, because every viewer applies it. An alpha
//! channel is ignored where it is fully opaque; elsewhere what lies behind it is unknown. A TIFF with several
//! pages is refused, save reduced copies.
//!
//! Source: PNG (ISO/IEC 15948), JPEG (ITU-T T.81, annex B: markers), TIFF 6.0. Checked against: Pillow.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use crate::decode::{Radiograph, check_size};
use crate::error::DecodeError;
use crate::facts::{Facts, Format};
use crate::grey::GreyImage;
use crate::tiff_pages::count_tiff_pages;

pub(crate) fn decode_raster(bytes: &[u8], format: ImageFormat) -> Result<Radiograph, DecodeError> {
    if format == ImageFormat::Tiff {
        let pages = count_tiff_pages(bytes);
        if pages > 1 {
            return Err(DecodeError::Pages { found: pages });
        }
    }
    let (picture, bits) = open(bytes, format)?;
    Ok(Radiograph {
        image: grey(picture)?,
        spacing: None,
        facts: Facts::plain(name(format), bits),
    })
}

/// The picture of a JPEG stream, 8 bits, grey or RGB.
pub(crate) fn decode_jpeg(bytes: &[u8]) -> Result<DynamicImage, DecodeError> {
    open(bytes, ImageFormat::Jpeg).map(|(picture, _)| picture)
}

fn open(bytes: &[u8], format: ImageFormat) -> Result<(DynamicImage, u16), DecodeError> {
    if format == ImageFormat::Jpeg && !has_jpeg_end(bytes) {
        return Err(DecodeError::Truncated {
            format: Format::Jpeg,
            place: "no end-of-image marker".into(),
        });
    }
    let broken = |error| from_image_error(error, format);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(1 << 30);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    check_size(width as usize, height as usize)?;
    let colour = decoder.original_color_type();
    let bits = colour.bits_per_pixel() / u16::from(colour.channel_count());
    let orientation = decoder.orientation().map_err(broken)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    picture.apply_orientation(orientation);
    Ok((picture, bits))
}

fn name(format: ImageFormat) -> Format {
    match format {
        ImageFormat::Png => Format::Png,
        ImageFormat::Tiff => Format::Tiff,
        _ => Format::Jpeg,
    }
}

fn from_image_error(error: ImageError, format: ImageFormat) -> DecodeError {
    let format = name(format);
    let mut reason = error.to_string().replace(['\n', '\r'], " ");
    reason.truncate(
        reason
            .char_indices()
            .nth(200)
            .map_or(reason.len(), |(at, _)| at),
    );
    let ended = matches!(&error, ImageError::IoError(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof)
        || reason.to_lowercase().contains("unexpected end");
    match error {
        _ if ended => DecodeError::Truncated {
            format,
            place: "only the start of the picture".into(),
        },
        ImageError::Unsupported(_) => DecodeError::Samples {
            found: format!("{format} features: {reason}"),
        },
        _ => DecodeError::Broken { format, reason },
    }
}

fn grey(picture: DynamicImage) -> Result<GreyImage, DecodeError> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let grey = |maximum, samples: &mut dyn Iterator<Item = u16>| {
        Ok(GreyImage::from_grey(width, height, maximum, samples))
    };
    match picture {
        DynamicImage::ImageLuma8(p) => grey(255, &mut p.iter().map(|&v| v.into())),
        DynamicImage::ImageLuma16(p) => grey(65535, &mut p.iter().copied()),
        DynamicImage::ImageLumaA8(p) => {
            check_opaque(p.pixels().map(|pixel| pixel[1] == 255))?;
            grey(255, &mut p.pixels().map(|pixel| pixel[0].into()))
        }
        DynamicImage::ImageLumaA16(p) => {
            check_opaque(p.pixels().map(|pixel| pixel[1] == 65535))?;
            grey(65535, &mut p.pixels().map(|pixel| pixel[0]))
        }
        DynamicImage::ImageRgb8(p) => GreyImage::from_rgb(
            width,
            height,
            255,
            p.pixels().map(|pixel| pixel.0.map(u16::from)),
        ),
        DynamicImage::ImageRgb16(p) => {
            GreyImage::from_rgb(width, height, 65535, p.pixels().map(|pixel| pixel.0))
        }
        DynamicImage::ImageRgba8(p) => {
            check_opaque(p.pixels().map(|pixel| pixel[3] == 255))?;
            let rgb = p
                .pixels()
                .map(|pixel| [pixel[0], pixel[1], pixel[2]].map(u16::from));
            GreyImage::from_rgb(width, height, 255, rgb)
        }
        DynamicImage::ImageRgba16(p) => {
            check_opaque(p.pixels().map(|pixel| pixel[3] == 65535))?;
            let rgb = p.pixels().map(|pixel| [pixel[0], pixel[1], pixel[2]]);
            GreyImage::from_rgb(width, height, 65535, rgb)
        }
        other => Err(DecodeError::Samples {
            found: format!("samples of type {:?}", other.color()),
        }),
    }
}

fn check_opaque(opaque: impl ExactSizeIterator<Item = bool>) -> Result<(), DecodeError> {
    let total = opaque.len();
    let transparent = opaque.filter(|&opaque| !opaque).count();
    if transparent > 0 {
        return Err(DecodeError::Transparent {
            percent: 100.0 * transparent as f64 / total as f64,
        });
    }
    Ok(())
}

/// Whether an end-of-image marker follows the first scan. Decoders fill what is missing with grey and do not
/// complain.
fn has_jpeg_end(bytes: &[u8]) -> bool {
    let mut rest = &bytes[2.min(bytes.len())..];
    while let [0xff, marker, length @ ..] = rest {
        match (marker, length) {
            (0xda, _) => return rest.windows(2).any(|pair| pair == [0xff, 0xd9]),
            (0xff, _) => rest = &rest[1..],
            (0x01 | 0xd0..=0xd8, _) => rest = length,
            (_, &[high, low, ..]) => {
                let segment = usize::from(u16::from_be_bytes([high, low]));
                rest = length.get(segment..).unwrap_or_default();
            }
            _ => return false,
        }
    }
    false
}
