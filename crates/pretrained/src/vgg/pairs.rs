//! Which bias belongs to which kernel: by names where they tell, else by order among those of the right length.

use super::order::by_number;
use crate::tensor::Tensor;

/// For each kernel (name, outputs), the place of its bias among `tensors`. `by_name` sorts by number before pairing by
/// order.
pub(super) fn biases(
    kernels: &[(&str, usize)],
    tensors: &[Tensor],
    by_name: bool,
) -> Vec<Option<usize>> {
    let mut vectors: Vec<usize> = (0..tensors.len())
        .filter(|place| tensors[*place].shape.len() == 1)
        .collect();
    if let Some(pairs) = named(kernels, tensors, &vectors) {
        return pairs;
    }
    if by_name {
        vectors.sort_by(|a, b| by_number(&tensors[*a].name, &tensors[*b].name));
    }
    kernels
        .iter()
        .map(|(_, outputs)| {
            let found = vectors
                .iter()
                .position(|place| tensors[*place].shape[0] == *outputs)?;
            Some(vectors.remove(found))
        })
        .collect()
}

/// The vector whose name agrees longest with the kernel's, if that is one alone, of the right length, for every
/// kernel, and another one for each.
fn named(
    kernels: &[(&str, usize)],
    tensors: &[Tensor],
    vectors: &[usize],
) -> Option<Vec<Option<usize>>> {
    let mut pairs = Vec::with_capacity(kernels.len());
    for (name, outputs) in kernels {
        let agreement = |place: &usize| agreement(name, &tensors[*place].name);
        let longest = vectors
            .iter()
            .map(agreement)
            .max()
            .filter(|length| *length > 0)?;
        let mut best = vectors.iter().filter(|place| agreement(place) == longest);
        let place = *best.next()?;
        let alone = best.next().is_none() && !pairs.contains(&Some(place));
        if !alone || tensors[place].shape[0] != *outputs {
            return None;
        }
        pairs.push(Some(place));
    }
    Some(pairs)
}

fn agreement(left: &str, right: &str) -> usize {
    let pairs = left.bytes().zip(right.bytes());
    pairs.take_while(|(a, b)| a == b).count()
}
