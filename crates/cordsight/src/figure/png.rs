//! A figure as PNG: one column of a journal wide, at 300 dots an inch.
//!
//! In: the SVG of a figure. Out: bytes of a PNG that says its resolution. The text is set in Noto Sans, which is built
//! in, so that the same figure has the same pixels on a machine without fonts; a character that this font lacks (such as
//! a Chinese name of a subgroup) prints as a box, and the SVG is then the file to use.

use std::sync::Arc;

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// Width of a PNG in pixels: 85 mm at 300 dots an inch.
pub const PNG_WIDTH: u32 = 1004;
/// 300 dots an inch.
const PIXELS_PER_METRE: u32 = 11_811;

/// Why a figure could not be drawn as pixels: a fault of this program, since it made the SVG.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// The SVG is not understood.
    #[error("figure: cannot be drawn as PNG: {0}; use the SVG, and report this")]
    Svg(#[from] resvg::usvg::Error),
    /// No memory for the pixels, or a height of nothing.
    #[error("figure: found {width} × {height} pixels, which cannot be drawn; use the SVG")]
    Size {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The pixels cannot be written.
    #[error("figure: cannot be written as PNG: {0}")]
    Encoding(#[from] ::png::EncodingError),
}

/// Draws a figure of this module, [`PNG_WIDTH`] pixels wide.
///
/// # Errors
/// [`PngError`], none of which a figure of this module leads to.
pub fn png(svg: &str) -> Result<Vec<u8>, PngError> {
    let (height, opaque) = pixels(svg, PNG_WIDTH)?;
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, PNG_WIDTH, height);
    encoder.set_color(::png::ColorType::Rgb);
    encoder.set_depth(::png::BitDepth::Eight);
    encoder.set_pixel_dims(Some(::png::PixelDimensions {
        xppu: PIXELS_PER_METRE,
        yppu: PIXELS_PER_METRE,
        unit: ::png::Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&opaque)?;
    writer.finish()?;
    Ok(bytes)
}

/// Rows, and red, green and blue of every pixel, of an SVG drawn `width` pixels wide on white.
pub(crate) fn pixels(svg: &str, width: u32) -> Result<(u32, Vec<u8>), PngError> {
    let tree = Tree::from_str(svg, &options())?;
    let scale = width as f32 / tree.size().width();
    let height = (tree.size().height() * scale).round() as u32;
    let mut pixels = Pixmap::new(width, height).ok_or(PngError::Size { width, height })?;
    pixels.fill(Color::WHITE);
    let transform = Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    // Painted on white, so no pixel is transparent and alpha can go.
    let opaque = pixels.data().chunks_exact(4);
    let opaque = opaque.flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]);
    Ok((height, opaque.collect()))
}

/// The built-in font for every family that a figure asks for.
fn options() -> Options<'static> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(notosans::REGULAR_TTF.to_vec());
    fonts.load_font_data(notosans::BOLD_TTF.to_vec());
    fonts.set_sans_serif_family("Noto Sans");
    Options {
        fontdb: Arc::new(fonts),
        ..Options::default()
    }
}
