//! The picture that every model file holds, and the logit that the model must give it.
//!
//! In: a manifest, networks, the picture of the file. Out: the mean of the networks' logits.

use burn::tensor::Device;
use radiograph::GreyImage;

use super::Manifest;
use crate::network::Network;
use crate::prepare::Source;
use crate::score::outputs;
use crate::weights::NamedTensor;

/// Rows and columns of the picture.
const SIDES: [usize; 2] = [96, 80];

/// A picture with edges in all directions, a gradient and both extremes: it exercises stretch, scaling and filters.
pub(super) fn picture() -> NamedTensor {
    let [rows, columns] = SIDES;
    let value = |pixel: usize| {
        let (row, column) = (pixel / columns, pixel % columns);
        let checks = if (row / 12 + column / 10) % 2 == 0 {
            64
        } else {
            0
        };
        (row * 191 / (rows - 1) + checks).wrapping_sub(column * 32 / columns) as u8
    };
    let values = (0..rows * columns)
        .map(|pixel| f32::from(value(pixel)) / 255.0)
        .collect();
    NamedTensor {
        name: "picture".to_string(),
        shape: vec![rows, columns],
        values,
    }
}

/// Mean of the networks' logits of the picture; none where it is no picture.
pub(super) fn logit(
    manifest: &Manifest,
    networks: &[Network],
    picture: &NamedTensor,
    device: &Device,
) -> Option<f64> {
    let [rows, columns] = picture.shape.as_slice() else {
        return None;
    };
    let image = GreyImage {
        width: *columns,
        height: *rows,
        pixels: picture.values.clone(),
    };
    // The picture has no size in space: at any fixed scale it fills the square.
    let spacing = manifest.preparation.mm_per_pixel * manifest.preparation.image_size as f64
        / (*rows).max(*columns) as f64;
    let source = Source {
        spacing_mm: Some([spacing, spacing]),
        ..Source::from(&image)
    };
    let (prepared, _) = manifest.preparation.prepare_from(source).ok()?;
    let pictures = [prepared];
    // Of several outputs a sum in which none can stand for another; of one, the logit itself.
    let weighed = |logits: Vec<f64>| {
        let each = (1..).zip(logits).map(|(n, logit)| f64::from(n) * logit);
        each.reduce(|sum, part| sum + part)
    };
    let own = |network| outputs(network, &manifest.preparation, &pictures, device);
    let all: Vec<f64> = networks.iter().flat_map(own).filter_map(weighed).collect();
    Some(all.iter().sum::<f64>() / all.len() as f64)
}
