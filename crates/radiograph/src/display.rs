//! Stored pixel values to displayed grey: modality, VOI and presentation transforms of DICOM.
//!
//! In: the header. Out: a table from every value that the stored bits can take to 0.0 (black) ... 1.0 (white).
//! A table, because at most 65536 values exist: each is computed once, in `f64`, however many pixels the
//! picture has.
//!
//! Order: modality (LUT, else slope and intercept), then VOI (LUT, else the first window, else the full range
//! that the stored bits can take), then inversion for MONOCHROME1. Without any of them the value is `stored /
//! (2^bits - 1)`.
//!
//! Source: DICOM PS3.3 C.11.1, C.11.2.1 (formulas of the three functions), C.7.6.3.1.2 and C.11.6.1.2
//! (inversion). Checked against: pydicom's apply_modality_lut and apply_voi_lut (tools/golden/pydicom_grey.py).

use dicom_dictionary_std::tags;

use crate::dataset::Dataset;
use crate::error::DecodeError;
use crate::header::{Layout, Window, WindowFunction, invalid, rescale, window};
use crate::lut::Lut;

/// The displayed grey of each stored value, `2^bits_stored` entries, indexed by the unsigned stored bits.
pub(crate) fn display_table(data: &Dataset, layout: &Layout) -> Result<Vec<f32>, DecodeError> {
    let modality = modality(data, layout)?;
    let (low, high) = output_range(&modality, layout)?;
    let voi = voi(data, low, high)?;
    let inverted = is_inverted(data, layout);
    let table = (0..1_u32 << layout.bits_stored).map(|bits| {
        let value = apply_modality(&modality, stored_value(bits, layout));
        let shown = apply_voi(&voi, value);
        (if inverted { 1.0 - shown } else { shown }) as f32
    });
    Ok(table.collect())
}

/// The same for samples of more than 16 bits, whose table would be larger than the picture.
pub(crate) fn display_values(
    data: &Dataset,
    layout: &Layout,
    samples: &[u32],
) -> Result<Vec<f32>, DecodeError> {
    let modality = modality(data, layout)?;
    let (low, high) = output_range(&modality, layout)?;
    let voi = voi(data, low, high)?;
    let inverted = is_inverted(data, layout);
    let shown = samples.iter().map(|&bits| {
        let value = apply_modality(&modality, stored_value(bits, layout));
        let shown = apply_voi(&voi, value);
        (if inverted { 1.0 - shown } else { shown }) as f32
    });
    Ok(shown.collect())
}

enum Modality {
    Table(Lut),
    Linear { slope: f64, intercept: f64 },
}

enum Voi {
    Table(Lut),
    Window(Window),
    Range { low: f64, high: f64 },
}

fn modality(data: &Dataset, layout: &Layout) -> Result<Modality, DecodeError> {
    if let Some(item) = data.first_item(tags::MODALITY_LUT_SEQUENCE)? {
        let lut = Lut::read(
            &item,
            "modality LUT",
            tags::LUT_DESCRIPTOR,
            tags::LUT_DATA,
            layout.signed,
        )?;
        return Ok(Modality::Table(lut));
    }
    let (slope, intercept) = rescale(data)?.unwrap_or((1.0, 0.0));
    Ok(Modality::Linear { slope, intercept })
}

fn voi(data: &Dataset, low: f64, high: f64) -> Result<Voi, DecodeError> {
    if let Some(item) = data.first_item(tags::VOILUT_SEQUENCE)? {
        let lut = Lut::read(
            &item,
            "VOI LUT",
            tags::LUT_DESCRIPTOR,
            tags::LUT_DATA,
            low < 0.0,
        )?;
        return Ok(Voi::Table(lut));
    }
    Ok(window(data)?.map_or(Voi::Range { low, high }, Voi::Window))
}

fn stored_value(bits: u32, layout: &Layout) -> f64 {
    let negative = layout.signed && bits >> (layout.bits_stored - 1) == 1;
    f64::from(bits)
        - if negative {
            (1_u64 << layout.bits_stored) as f64
        } else {
            0.0
        }
}

fn apply_modality(modality: &Modality, stored: f64) -> f64 {
    match modality {
        Modality::Table(lut) => lut.at(stored).into(),
        Modality::Linear { slope, intercept } => slope * stored + intercept,
    }
}

/// Smallest and largest value after the modality transform that the stored bits allow.
fn output_range(modality: &Modality, layout: &Layout) -> Result<(f64, f64), DecodeError> {
    let slope = match modality {
        Modality::Table(lut) => return Ok((0.0, lut.maximum().into())),
        Modality::Linear { slope, .. } => slope,
    };
    let half = 1_u32 << (layout.bits_stored - 1);
    let (first, last) = if layout.signed {
        (half, half - 1)
    } else {
        (0, half + (half - 1))
    };
    let ends = [first, last].map(|bits| apply_modality(modality, stored_value(bits, layout)));
    let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
    if !(high - low).is_normal() {
        let expected = "one that gives a finite range of values";
        return Err(invalid(
            "Rescale Slope",
            tags::RESCALE_SLOPE,
            slope,
            expected,
        ));
    }
    Ok((low, high))
}

fn apply_voi(voi: &Voi, value: f64) -> f64 {
    match voi {
        Voi::Table(lut) => f64::from(lut.at(value)) / f64::from(lut.maximum()),
        Voi::Range { low, high } => (value - low) / (high - low),
        Voi::Window(window) => apply_window(window, value),
    }
}

fn apply_window(window: &Window, value: f64) -> f64 {
    let Window {
        center,
        width,
        function,
    } = *window;
    match function {
        WindowFunction::Linear => {
            let half = (width - 1.0) / 2.0;
            let distance = value - (center - 0.5);
            if distance <= -half {
                0.0
            } else if distance > half {
                1.0
            } else {
                distance / (width - 1.0) + 0.5
            }
        }
        WindowFunction::LinearExact => ((value - center) / width + 0.5).clamp(0.0, 1.0),
        WindowFunction::Sigmoid => 1.0 / (1.0 + (-4.0 * (value - center) / width).exp()),
    }
}

fn is_inverted(data: &Dataset, layout: &Layout) -> bool {
    let shape = data.text(tags::PRESENTATION_LUT_SHAPE);
    layout.photometric == "MONOCHROME1" || shape.as_deref() == Some("INVERSE")
}

#[cfg(test)]
mod tests {
    use super::*;

    // Worked examples of PS3.3 C.11.2.1.2.1 (c = 2048, w = 4096; c = 0, w = 1) and C.11.2.1.3.2.
    #[test]
    fn windows_follow_the_worked_examples_of_the_standard() {
        let window = |center, width, function| Window {
            center,
            width,
            function,
        };
        let linear = window(2048.0, 4096.0, WindowFunction::Linear);
        assert_eq!(apply_window(&linear, 0.0), 0.0);
        assert_eq!(apply_window(&linear, 4095.0), 1.0);
        assert_eq!(apply_window(&linear, 2047.5), 0.5);
        let step = window(0.0, 1.0, WindowFunction::Linear);
        assert_eq!(apply_window(&step, -0.5), 0.0);
        assert_eq!(apply_window(&step, 0.0), 1.0);
        let exact = window(2048.0, 4096.0, WindowFunction::LinearExact);
        assert_eq!(apply_window(&exact, 0.0), 0.0);
        assert_eq!(apply_window(&exact, 4096.0), 1.0);
        let sigmoid = window(100.0, 40.0, WindowFunction::Sigmoid);
        assert_eq!(apply_window(&sigmoid, 100.0), 0.5);
        assert!((apply_window(&sigmoid, 110.0) - 1.0 / (1.0 + (-1.0_f64).exp())).abs() < 1e-15);
    }
}
