//! The order of convolutions in the network: by the numbers in their names, by the file, or by their shapes alone.

use std::cmp::Ordering;

use super::{Depth, NotVgg, Order};

/// A convolution's name and channels.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a> {
    pub(super) name: &'a str,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
}

/// Places of the convolutions in forward order, and what told it.
pub(super) fn forward(
    convolutions: &[Shape<'_>],
    depth: Depth,
) -> Result<(Vec<usize>, Order), NotVgg> {
    let file: Vec<usize> = (0..convolutions.len()).collect();
    let mut tried = Vec::new();
    let numbered = |shape: &Shape<'_>| shape.name.bytes().any(|byte| byte.is_ascii_digit());
    if convolutions.iter().all(numbered) {
        let mut named = file.clone();
        named.sort_by(|a, b| by_number(convolutions[*a].name, convolutions[*b].name));
        tried.push((named, Order::Names));
    }
    tried.push((file, Order::File));
    let mut reason = None;
    for (places, order) in tried {
        let error = match chain(convolutions, &places, depth) {
            Ok(()) => return Ok((places, order)),
            Err(error) => error,
        };
        reason.get_or_insert(error);
    }
    let mut places = Vec::new();
    if search(convolutions, depth, &mut places) {
        return Ok((places, Order::Shapes));
    }
    Err(reason.unwrap_or(NotVgg::Count {
        found: convolutions.len(),
    }))
}

/// Text compared with its numbers as numbers: `conv2d`, `conv2d_2`, `conv2d_10`.
pub(super) fn by_number(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    loop {
        let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        match (digits(left), digits(right)) {
            (0, _) | (_, 0) => match (left.split_first(), right.split_first()) {
                (Some((a, rest_a)), Some((b, rest_b))) if a == b => {
                    (left, right) = (rest_a, rest_b)
                }
                _ => return left.cmp(right),
            },
            (a, b) => {
                let (number_a, rest_a) = left.split_at(a);
                let (number_b, rest_b) = right.split_at(b);
                let value = |digits: &[u8]| {
                    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
                    digits[zeros..].to_vec()
                };
                let (value_a, value_b) = (value(number_a), value(number_b));
                let order = value_a
                    .len()
                    .cmp(&value_b.len())
                    .then(value_a.cmp(&value_b));
                if order != Ordering::Equal {
                    return order;
                }
                (left, right) = (rest_a, rest_b);
            }
        }
    }
}

/// Checks that each convolution takes what the one before gives, with one number of channels a block.
fn chain(convolutions: &[Shape<'_>], places: &[usize], depth: Depth) -> Result<(), NotVgg> {
    let mut before = 3;
    for (place, (block, within)) in places.iter().zip(depth.places()) {
        let shape = convolutions[*place];
        let follows = shape.inputs == before && (within == 0 || shape.outputs == before);
        if !follows || shape.outputs == 0 {
            let expected = match within {
                0 => format!("{before} inputs for block{}.conv1 of {depth}", block + 1),
                _ => format!(
                    "{before} of both for block{}.conv{} of {depth}",
                    block + 1,
                    within + 1
                ),
            };
            return Err(NotVgg::Channels {
                name: shape.name.to_string(),
                inputs: shape.inputs,
                outputs: shape.outputs,
                expected,
            });
        }
        before = shape.outputs;
    }
    Ok(())
}

/// Extends `places` to a whole chain, in the file's order among equals; false where there is none.
fn search(convolutions: &[Shape<'_>], depth: Depth, places: &mut Vec<usize>) -> bool {
    let Some((_, within)) = depth.places().nth(places.len()) else {
        return true;
    };
    let before = places
        .last()
        .map_or(3, |place| convolutions[*place].outputs);
    let mut outputs_tried = Vec::new();
    for place in 0..convolutions.len() {
        let shape = convolutions[place];
        let follows = shape.inputs == before && (within == 0 || shape.outputs == before);
        if !follows || places.contains(&place) || outputs_tried.contains(&shape.outputs) {
            continue;
        }
        outputs_tried.push(shape.outputs);
        places.push(place);
        if search(convolutions, depth, places) {
            return true;
        }
        places.pop();
    }
    false
}
