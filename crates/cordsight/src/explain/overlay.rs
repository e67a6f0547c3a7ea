//! A heatmap over the original radiograph, as PNG with a colour bar, or small as JPEG.
//!
//! In: the radiograph, what preparation did to it, a map over the network's square. Out: bytes. The radiograph keeps its own
//! pixels and shape; the map comes back to it through the recorded preparation. Colour covers the picture as far as there
//! is heat, at most [`COVER`], so that a cold place looks as it does without the map, and the bar is drawn over grey in the
//! same way. Both pictures carry what the product is for.

use radiograph::GreyImage;

use super::colour::{self, COLOURS};
use crate::figure::{PngError, escape, pixels};
use crate::model_file::INTENDED_USE;
use crate::prepare::{Geometry, percentiles};
use crate::resize::Resize;

/// Largest share that colour has of a pixel, from half of the most heat on.
const COVER: f32 = 0.6;
/// The picture is no narrower than this, so that the lines below it can be read.
const WIDTH_MIN: usize = 480;
/// Lines of text below a picture are a share of its width.
const LINES: f64 = 0.028;
/// Longer side of a small picture.
pub const SMALL: usize = 400;
/// Quality of a small picture, of 100.
const QUALITY: u8 = 82;

/// A picture that cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum OverlayError {
    /// The map does not belong to the picture.
    #[error("found a map of {found} values for a square of {side} a side")]
    Map {
        /// Values found.
        found: usize,
        /// Side expected.
        side: usize,
    },
    /// Text or file could not be made.
    #[error(transparent)]
    Png(#[from] PngError),
    /// The small picture could not be made.
    #[error("{0}")]
    Small(String),
}

/// The radiograph at its own size, heat over it, and a colour bar with `lines` of text below.
///
/// # Errors
///
/// A map of another size than the square of `geometry`.
pub fn large(
    image: &GreyImage,
    geometry: &Geometry,
    shown: &[f32],
    lines: &[String],
) -> Result<Vec<u8>, OverlayError> {
    let heat = on(geometry, shown, [image.width, image.height])?;
    let picture = blend(image, &heat);
    let width = image.width.max(WIDTH_MIN);
    let mut rows = Vec::with_capacity(width * (image.height + image.width) * 3);
    for line in picture.chunks_exact(3 * image.width) {
        rows.extend_from_slice(line);
        rows.resize(rows.len() + 3 * (width - image.width), 0);
    }
    rows.extend(bar(width));
    let text = text(width, lines);
    rows.extend(pixels(&text, width as u32)?.1);
    let height = rows.len() / (3 * width);
    Ok(png(width, height, &rows)?)
}

/// The same, [`SMALL`] on its longer side and without bar and text, as JPEG.
///
/// # Errors
///
/// As [`large`], and a picture that cannot be scaled.
pub fn small(
    image: &GreyImage,
    geometry: &Geometry,
    shown: &[f32],
) -> Result<Vec<u8>, OverlayError> {
    let scale = (SMALL as f64 / image.width.max(image.height) as f64).min(1.0);
    let scaled = |length: usize| ((length as f64 * scale).round() as usize).max(1);
    let (width, height) = (scaled(image.width), scaled(image.height));
    let pixels = Resize::default().apply(image, width, height);
    let image = GreyImage {
        width,
        height,
        pixels: pixels.map_err(OverlayError::Small)?,
    };
    let heat = on(geometry, shown, [width, height])?;
    radiograph::encode_jpeg_colour(width, height, &blend(&image, &heat), QUALITY)
        .map_err(|error| OverlayError::Small(error.to_string()))
}

fn on(geometry: &Geometry, shown: &[f32], size: [usize; 2]) -> Result<Vec<f32>, OverlayError> {
    geometry.heatmap_on(shown, size).ok_or(OverlayError::Map {
        found: shown.len(),
        side: geometry.side,
    })
}

/// Colour over the picture's own grey, stretched as preparation does; red, green and blue of every pixel.
fn blend(image: &GreyImage, heat: &[f32]) -> Vec<u8> {
    let (black, white) = percentiles(&image.pixels).unwrap_or((0.0, 1.0));
    let colours = colour::heat();
    let grey = |value: f32| ((value - black) / (white - black)).clamp(0.0, 1.0);
    let values = image.pixels.iter().zip(heat);
    values
        .flat_map(|(value, heat)| mixed(&colours, grey(*value), *heat))
        .collect()
}

fn mixed(colours: &[[u8; 3]], grey: f32, heat: f32) -> [u8; 3] {
    let heat = heat.clamp(0.0, 1.0);
    let colour = colours[(heat * (COLOURS - 1) as f32).round() as usize];
    let cover = COVER * (2.0 * heat).min(1.0);
    colour.map(|part| (255.0 * (1.0 - cover) * grey + cover * f32::from(part)).round() as u8)
}

/// The colour bar: no heat on the left, the most in this picture on the right, over middle grey.
fn bar(width: usize) -> Vec<u8> {
    let colours = colour::heat();
    let height = (width / 40).max(8);
    let line: Vec<u8> = (0..width)
        .flat_map(|column| mixed(&colours, 0.5, column as f32 / (width - 1) as f32))
        .collect();
    line.repeat(height)
}

/// The text below the bar, as SVG in pixels.
fn text(width: usize, lines: &[String]) -> String {
    let size = LINES * width as f64;
    let (step, margin) = (1.4 * size, 0.5 * size);
    let ends = [
        (margin, "start", "no heat"),
        (width as f64 - margin, "end", "most heat in this picture"),
    ];
    let mut body = String::new();
    for (x, anchor, words) in ends {
        let y = step;
        body.push_str(&format!(
            r##"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" fill="#b8b8b8">{words}</text>"##
        ));
    }
    let lines = lines.iter().map(String::as_str).chain([INTENDED_USE]);
    let mut y = step;
    for line in lines {
        y += step;
        let line = escape(line);
        body.push_str(&format!(
            r##"<text x="{margin:.1}" y="{y:.1}" fill="#ffffff">{line}</text>"##
        ));
    }
    let height = (y + 0.6 * size).ceil();
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="Noto Sans" font-size="{size:.1}"><rect width="{width}" height="{height}" fill="#101010"/>{body}</svg>"##
    )
}

fn png(width: usize, height: usize, pixels: &[u8]) -> Result<Vec<u8>, PngError> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(::png::ColorType::Rgb);
    encoder.set_depth(::png::BitDepth::Eight);
    encoder.set_compression(::png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}
