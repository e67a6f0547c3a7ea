//! Scaling of a grey picture, as Keras's `load_img` does it, whose filters are Pillow's.
//!
//! In: a picture of any size, values 0 to 1, and the name of a filter. Out: values of the wanted rows and columns. All
//! filters but the nearest pixel are as wide as the reduction, so that every pixel of the picture counts.
//!
//! `load_img` takes the nearest pixel unless told otherwise; here the default is bilinear, because a radiograph of 2000
//! rows loses nine rows in ten at 224, and the nearest pixel keeps the noise of the tenth.
//!
//! Source: behaviour of `PIL.Image.resize`; the filters are those of `fast_image_resize`. Checked against: Keras with
//! Pillow (tools/golden/keras_resize.py).

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use radiograph::GreyImage;
use serde::{Deserialize, Serialize};

/// How a picture is scaled; the names are those of `load_img(interpolation=...)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Resize {
    /// The pixel under the middle of the new one, all others are lost: what `load_img` does unless told otherwise.
    Nearest,
    /// Mean weighted by a triangle.
    #[default]
    Bilinear,
    /// Cubic convolution (a = -0.5), sharper.
    Bicubic,
    /// Lanczos's window of three lobes, the sharpest.
    Lanczos,
    /// Mean of the pixels that the new one covers.
    Box,
    /// Mean weighted by Hamming's window.
    Hamming,
}

impl Resize {
    fn filter(self) -> Option<FilterType> {
        match self {
            Resize::Nearest => None,
            Resize::Bilinear => Some(FilterType::Bilinear),
            Resize::Bicubic => Some(FilterType::CatmullRom),
            Resize::Lanczos => Some(FilterType::Lanczos3),
            Resize::Box => Some(FilterType::Box),
            Resize::Hamming => Some(FilterType::Hamming),
        }
    }

    /// The picture at another size, row by row.
    ///
    /// # Errors
    ///
    /// What the library says of sizes that it cannot take.
    pub fn apply(self, image: &GreyImage, columns: usize, rows: usize) -> Result<Vec<f32>, String> {
        let sides = [image.width, image.height];
        match self.filter() {
            None => Ok(nearest(image, columns, rows)),
            // Their weights are below 0 in places. Pillow cuts off what leaves the range of grey after each direction;
            // for some sides it takes the rows first, which is not repeated here.
            Some(filter @ (FilterType::CatmullRom | FilterType::Lanczos3)) => {
                let wide = scaled(&image.pixels, sides, [columns, image.height], filter)?;
                let wide: Vec<f32> = wide.into_iter().map(|v| v.clamp(0.0, 1.0)).collect();
                scaled(&wide, [columns, image.height], [columns, rows], filter)
            }
            Some(filter) => scaled(&image.pixels, sides, [columns, rows], filter),
        }
    }
}

fn nearest(image: &GreyImage, columns: usize, rows: usize) -> Vec<f32> {
    let across = places(image.width, columns);
    let down = places(image.height, rows);
    let row = |row: usize| &image.pixels[row * image.width..(row + 1) * image.width];
    down.into_iter()
        .flat_map(|at| across.iter().map(move |&column| row(at)[column]))
        .collect()
}

/// Pixels under the middles of `count` new ones along a side. Pillow adds the step up, and where a middle falls between
/// two pixels the rounding of that sum decides.
fn places(length: usize, count: usize) -> Vec<usize> {
    let step = length as f64 / count as f64;
    let middles = std::iter::successors(Some(0.5 * step), |middle| Some(middle + step));
    middles
        .take(count)
        .map(|middle| (middle as usize).min(length - 1))
        .collect()
}

/// `[width, height]` to `[width, height]` by a filter.
fn scaled(
    pixels: &[f32],
    from: [usize; 2],
    to: [usize; 2],
    filter: FilterType,
) -> Result<Vec<f32>, String> {
    let bytes: Vec<u8> = pixels.iter().flat_map(|v| v.to_ne_bytes()).collect();
    let [from, to] = [from, to].map(|sides| sides.map(|side| side as u32));
    let source = ImageRef::new(from[0], from[1], &bytes, PixelType::F32)
        .map_err(|error| error.to_string())?;
    let mut target = Image::new(to[0], to[1], PixelType::F32);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    Resizer::new()
        .resize(&source, &mut target, &options)
        .map_err(|error| error.to_string())?;
    let values = target.buffer().chunks_exact(4);
    Ok(values
        .map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]]))
        .collect())
}
