//! The proof that a model gives its own answer: a small picture in the file, and its logit.
//!
//! In: a manifest and its network. Out: the logit of the picture after preparation and network, to be compared with the one
//! in the file.

use burn::tensor::Device;
use radiograph::GreyImage;

use super::Manifest;
use crate::network::Network;
use crate::prepare::Source;
use crate::score::outputs;
use crate::weights::NamedTensor;

/// Rows and columns of the self-test picture.
const SELF_TEST_SIDES: [usize; 2] = [96, 80];

/// A picture with edges in all directions, a gradient and both extremes: it exercises stretch, scaling and filters.
pub(super) fn self_test_picture() -> NamedTensor {
    let [rows, columns] = SELF_TEST_SIDES;
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

pub(super) fn self_test(
    manifest: &Manifest,
    network: &Network,
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
    let logits = outputs(network, &manifest.preparation, &[prepared], device);
    // Of several outputs a sum in which none can stand for another; of one, the logit itself.
    let weighed = (1..).zip(logits.first()?);
    weighed
        .map(|(number, logit)| f64::from(number) * logit)
        .reduce(|sum, part| sum + part)
}
