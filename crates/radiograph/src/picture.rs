//! Stored samples to the grey picture that a viewer shows.
//!
//! In: a frame, its layout and header. Out: grey from 0.0 to 1.0, or the refusal of a truly coloured picture.
//!
//! Source: DICOM PS3.3 C.7.6.3.1.2 (photometric interpretations), C.7.6.3.1.5 (palettes). Checked against: pydicom.

use dicom_dictionary_std::tags;

use crate::dataset::Dataset;
use crate::display::{display_table, display_values};
use crate::error::DecodeError;
use crate::frame::{Colours, Frame};
use crate::grey::GreyImage;
use crate::header::Layout;
use crate::lut::Lut;
use crate::samples::Samples;

pub(crate) fn picture(
    data: &Dataset,
    layout: &Layout,
    frame: &Frame,
) -> Result<GreyImage, DecodeError> {
    let (width, height) = (layout.width, layout.height);
    let image = |pixels| GreyImage {
        width,
        height,
        pixels,
    };
    match (layout.photometric.as_str(), &frame.samples) {
        ("MONOCHROME1" | "MONOCHROME2", Samples::Words(words)) if layout.samples_per_pixel == 1 => {
            let table = display_table(data, layout)?;
            let shown = words.iter().map(|&word| table[usize::from(word)]);
            Ok(image(shown.collect()))
        }
        ("MONOCHROME1" | "MONOCHROME2", Samples::Longs(longs)) if layout.samples_per_pixel == 1 => {
            Ok(image(display_values(data, layout, longs)?))
        }
        ("PALETTE COLOR", Samples::Words(words)) if layout.samples_per_pixel == 1 => {
            let [red, green, blue] = palette(data)?;
            let colour = |&sample: &u16| {
                let index = f64::from(sample);
                [red.at(index), green.at(index), blue.at(index)]
            };
            let maximum = red.maximum().max(green.maximum()).max(blue.maximum());
            GreyImage::from_rgb(width, height, maximum, words.iter().map(colour))
        }
        _ => {
            let maximum = u16::MAX >> (16 - layout.bits_stored.min(16));
            let shift = layout.bits_stored.saturating_sub(16);
            let rgb =
                rgb_pixels(layout, frame)?.map(|rgb| rgb.map(|sample| (sample >> shift) as u16));
            GreyImage::from_rgb(width, height, maximum, rgb)
        }
    }
}

/// Red, green and blue of each pixel of a picture with three samples a pixel.
pub(crate) fn rgb_pixels<'a>(
    layout: &Layout,
    frame: &'a Frame,
) -> Result<impl Iterator<Item = [u32; 3]> + 'a, DecodeError> {
    let converts = match (layout.photometric.as_str(), frame.colours) {
        _ if layout.samples_per_pixel != 3 => None,
        (_, Colours::Rgb) | ("RGB" | "YBR_ICT" | "YBR_RCT", _) => Some(false),
        ("YBR_FULL" | "YBR_FULL_422", _) if layout.bits_stored <= 16 => Some(true),
        _ => None,
    };
    let Some(converts) = converts else {
        let photometric: String = layout.photometric.chars().take(64).collect();
        let (samples, bits) = (layout.samples_per_pixel, layout.bits_allocated);
        let found = format!(
            "photometric interpretation {photometric:?} with {samples} samples of {bits} bits a pixel"
        );
        return Err(DecodeError::Samples { found });
    };
    let maximum = u16::MAX >> (16 - layout.bits_stored.min(16));
    let pixels = layout.width * layout.height;
    let (pixel_step, colour_step) = if frame.planar { (1, pixels) } else { (3, 1) };
    Ok((0..pixels).map(move |pixel| {
        let first = pixel * pixel_step;
        let samples = [0, 1, 2].map(|colour| frame.samples.at(first + colour * colour_step));
        if converts {
            rgb_from_ybr(samples.map(|sample| sample as u16), maximum).map(u32::from)
        } else {
            samples
        }
    }))
}

/// ITU-R BT.601 at full range, as in JPEG.
pub(crate) fn rgb_from_ybr(ybr: [u16; 3], maximum: u16) -> [u16; 3] {
    let middle = f64::from(maximum / 2 + 1);
    let [y, blue, red] = [
        f64::from(ybr[0]),
        f64::from(ybr[1]) - middle,
        f64::from(ybr[2]) - middle,
    ];
    [
        y + 1.402 * red,
        y - 0.344_136 * blue - 0.714_136 * red,
        y + 1.772 * blue,
    ]
    .map(|value| value.round().clamp(0.0, maximum.into()) as u16)
}

fn palette(data: &Dataset) -> Result<[Lut; 3], DecodeError> {
    let red = (
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    );
    let green = (
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    );
    let blue = (
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    );
    let read = |(descriptor, entries)| Lut::read(data, "palette", descriptor, entries, false);
    Ok([read(red)?, read(green)?, read(blue)?])
}
