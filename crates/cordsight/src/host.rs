//! A tensor's values on the host, in the order of its shape.
//!
//! In: a float tensor on any device. Out: its values, row-major. Once an epoch all parameters and both moments come this
//! way; the kernels keep weights in another memory order, and Burn's own copy of that kind takes one core and an element
//! at a time.

use burn::backend::Flex;
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::block::on_processor;

/// Rows that one task copies: their elements are neighbours in memory where the kernels put them.
const ROWS: usize = 16;

/// Values of a tensor in row-major order.
pub(crate) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let tensor = if tensor.is_autodiff() {
        tensor.inner()
    } else {
        tensor
    };
    let primitive = on_processor(&tensor.device()).then(|| tensor.clone());
    let Some(Ok(primitive)) = primitive.map(|tensor| tensor.try_into_primitive::<Flex>()) else {
        return tensor.into_data().iter::<f32>().collect();
    };
    let layout = primitive.layout();
    let whole = primitive.bytes().len() == size_of::<f32>() * layout.num_elements();
    let strides: Option<Vec<usize>> = layout
        .strides()
        .iter()
        .map(|&stride| usize::try_from(stride).ok())
        .collect();
    match (whole && !primitive.is_contiguous(), strides) {
        (true, Some(strides)) => gathered(primitive.storage::<f32>(), layout.shape(), &strides),
        _ => tensor.into_data().iter::<f32>().collect(),
    }
}

/// Rows of numbers as a tensor `[row, number]`; nothing where they have none.
pub(crate) fn rows<'a>(
    rows: impl Iterator<Item = &'a [f32]>,
    device: &Device,
) -> Option<Tensor<2>> {
    let (mut values, mut count) = (Vec::new(), 0);
    for row in rows {
        values.extend_from_slice(row);
        count += 1;
    }
    if values.is_empty() {
        return None;
    }
    let shape = [count, values.len() / count];
    Some(Tensor::from_data(TensorData::new(values, shape), device))
}

/// Elements of a dense array with other strides, in row-major order.
fn gathered(elements: &[f32], shape: &[usize], strides: &[usize]) -> Vec<f32> {
    let within = shape[1..].iter().zip(&strides[1..]);
    let offsets = within.fold(vec![0], |offsets, (&side, &stride)| {
        let at = |offset: usize| (0..side).map(move |index| offset + index * stride);
        offsets.into_iter().flat_map(at).collect()
    });
    let mut values = vec![0.0; elements.len()];
    let tasks = values.par_chunks_mut(ROWS * offsets.len()).enumerate();
    tasks.for_each(|(task, rows)| {
        for (place, offset) in offsets.iter().enumerate() {
            for (row, to) in rows
                .iter_mut()
                .skip(place)
                .step_by(offsets.len())
                .enumerate()
            {
                *to = elements[offset + (task * ROWS + row) * strides[0]];
            }
        }
    });
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permuted_tensor_gives_its_values_in_the_order_of_its_shape() {
        let shape = [3, 2, 5, 37];
        let count = shape.iter().product::<usize>();
        let numbers: Vec<f32> = (0..count).map(|number| number as f32).collect();
        let plain: Tensor<4> = Tensor::from_data(TensorData::new(numbers, shape), &Device::flex());
        let mut tried = 0;
        for axes in [[0, 1, 2, 3], [3, 2, 0, 1], [3, 0, 1, 2], [1, 3, 2, 0]] {
            let permuted = plain.clone().permute(axes);
            let expected: Vec<f32> = permuted.clone().into_data().iter().collect();
            assert_eq!(values(permuted.clone()), expected);
            assert_eq!(
                values(permuted.narrow(0, 0, 1)),
                expected[..expected.len() / shape[axes[0] as usize]]
            );
            tried += 1;
        }
        assert_eq!(tried, 4);
    }
}
