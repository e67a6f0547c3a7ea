//! One getter per DICOM attribute that the picture depends on; errors name the attribute and its tag.
//!
//! In: a parsed data set. Out: checked numbers. Everything that a later step divides, shifts or multiplies by
//! is bounded here, so that the arithmetic needs no second check.
//!
//! Source: DICOM PS3.3 C.7.6.3 (image pixel), C.11.1 and C.11.2 (modality and VOI LUT).

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::dataset::Dataset;
use crate::error::DecodeError;

/// Shape and sample format of the pixel data.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub width: usize,
    pub height: usize,
    /// 1 or 3.
    pub samples_per_pixel: usize,
    /// 1, 8, 16 or 32.
    pub bits_allocated: u16,
    /// 1 to `bits_allocated`.
    pub bits_stored: u16,
    /// `bits_stored - 1` to `bits_allocated - 1`.
    pub high_bit: u16,
    pub signed: bool,
    /// Whole planes of one colour after each other.
    pub planar: bool,
    pub photometric: String,
}

/// The shape of the VOI curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WindowFunction {
    Linear,
    LinearExact,
    Sigmoid,
}

/// The first window of the header.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Window {
    pub center: f64,
    /// At least 1 for LINEAR, above 0 for the others.
    pub width: f64,
    pub function: WindowFunction,
}

pub(crate) fn layout(data: &Dataset) -> Result<Layout, DecodeError> {
    let samples_per_pixel = optional_word(data, tags::SAMPLES_PER_PIXEL).unwrap_or(1);
    if !matches!(samples_per_pixel, 1 | 3) {
        return Err(invalid(
            "Samples per Pixel",
            tags::SAMPLES_PER_PIXEL,
            samples_per_pixel,
            "1 or 3",
        ));
    }
    let bits_allocated = word(data, "Bits Allocated", tags::BITS_ALLOCATED)?;
    if !matches!(bits_allocated, 1 | 8 | 16 | 32) {
        return Err(invalid(
            "Bits Allocated",
            tags::BITS_ALLOCATED,
            bits_allocated,
            "1, 8, 16 or 32",
        ));
    }
    let bits_stored = optional_word(data, tags::BITS_STORED).unwrap_or(bits_allocated);
    if bits_stored == 0 || bits_stored > bits_allocated {
        let expected = format!("1 to {bits_allocated}");
        return Err(invalid(
            "Bits Stored",
            tags::BITS_STORED,
            bits_stored,
            &expected,
        ));
    }
    let high_bit = optional_word(data, tags::HIGH_BIT).unwrap_or(bits_stored - 1);
    if high_bit < bits_stored - 1 || high_bit >= bits_allocated {
        let expected = format!("{} to {}", bits_stored - 1, bits_allocated - 1);
        return Err(invalid("High Bit", tags::HIGH_BIT, high_bit, &expected));
    }
    Ok(Layout {
        width: word(data, "Columns", tags::COLUMNS)?.into(),
        height: word(data, "Rows", tags::ROWS)?.into(),
        samples_per_pixel: samples_per_pixel.into(),
        bits_allocated,
        bits_stored,
        high_bit,
        signed: optional_word(data, tags::PIXEL_REPRESENTATION) == Some(1),
        planar: optional_word(data, tags::PLANAR_CONFIGURATION) == Some(1),
        photometric: data
            .text(tags::PHOTOMETRIC_INTERPRETATION)
            .ok_or(DecodeError::Missing {
                attribute: "Photometric Interpretation",
                tag: tags::PHOTOMETRIC_INTERPRETATION,
            })?,
    })
}

/// Number of Frames, 1 where the header does not say.
pub(crate) fn frames(data: &Dataset) -> Result<u64, DecodeError> {
    let tag = tags::NUMBER_OF_FRAMES;
    let Some(text) = data.text(tag) else {
        return Ok(1);
    };
    text.parse()
        .map_err(|_| invalid("Number of Frames", tag, text, "a whole number"))
}

/// Rescale Slope and Rescale Intercept, where both are given.
pub(crate) fn rescale(data: &Dataset) -> Result<Option<(f64, f64)>, DecodeError> {
    let slope = decimal(data, "Rescale Slope", tags::RESCALE_SLOPE)?;
    let intercept = decimal(data, "Rescale Intercept", tags::RESCALE_INTERCEPT)?;
    if slope == Some(0.0) {
        return Err(invalid(
            "Rescale Slope",
            tags::RESCALE_SLOPE,
            0,
            "a number other than 0",
        ));
    }
    Ok(slope.zip(intercept))
}

/// The first window, where both center and width are given.
pub(crate) fn window(data: &Dataset) -> Result<Option<Window>, DecodeError> {
    let center = decimal(data, "Window Center", tags::WINDOW_CENTER)?;
    let width = decimal(data, "Window Width", tags::WINDOW_WIDTH)?;
    let Some((center, width)) = center.zip(width) else {
        return Ok(None);
    };
    let name = data.text(tags::VOILUT_FUNCTION);
    let function = match name.as_deref() {
        None | Some("LINEAR") => WindowFunction::Linear,
        Some("LINEAR_EXACT") => WindowFunction::LinearExact,
        Some("SIGMOID") => WindowFunction::Sigmoid,
        Some(other) => {
            let expected = "LINEAR, LINEAR_EXACT or SIGMOID";
            return Err(invalid(
                "VOI LUT Function",
                tags::VOILUT_FUNCTION,
                other,
                expected,
            ));
        }
    };
    if function == WindowFunction::Linear && width < 1.0 {
        return Err(invalid(
            "Window Width",
            tags::WINDOW_WIDTH,
            width,
            "at least 1",
        ));
    }
    if width <= 0.0 {
        return Err(invalid(
            "Window Width",
            tags::WINDOW_WIDTH,
            width,
            "a number above 0",
        ));
    }
    Ok(Some(Window {
        center,
        width,
        function,
    }))
}

/// A text for people and tables: at most 64 characters, none of them a control character.
pub(crate) fn short_text(data: &Dataset, tag: Tag) -> Option<String> {
    let shown = |letter: char| if letter.is_control() { '?' } else { letter };
    data.text(tag)
        .map(|text| text.chars().take(64).map(shown).collect())
}

/// The error of an attribute that cannot be what it is.
pub(crate) fn invalid(
    attribute: &'static str,
    tag: Tag,
    found: impl std::fmt::Debug,
    expected: &str,
) -> DecodeError {
    let found = format!("{found:?}").chars().take(64).collect();
    DecodeError::Invalid {
        attribute,
        tag,
        found,
        expected: expected.into(),
    }
}

fn optional_word(data: &Dataset, tag: Tag) -> Option<u16> {
    data.words(tag)?.next()
}

fn word(data: &Dataset, attribute: &'static str, tag: Tag) -> Result<u16, DecodeError> {
    optional_word(data, tag).ok_or(DecodeError::Missing { attribute, tag })
}

/// The first number of a decimal string.
fn decimal(data: &Dataset, attribute: &'static str, tag: Tag) -> Result<Option<f64>, DecodeError> {
    let Some(text) = data.text(tag) else {
        return Ok(None);
    };
    let first = text.split('\\').next().unwrap_or_default().trim();
    match first.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Some(number)),
        _ => Err(invalid(attribute, tag, text, "a number")),
    }
}
