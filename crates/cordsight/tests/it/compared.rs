//! What comparisons with Keras and PyTorch share: numbers from a formula that both sides know, gradients by parameter, and how far
//! two lists of numbers are apart.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor};
use cordsight::network::{Architecture, Network};
use cordsight::prepare::Prepared;
use cordsight::weights::{NamedTensor, Weights};

/// `count` numbers from -1 until 1 in steps of 2^-23, from a hash of the stream's and of their own number.
pub fn signed(stream: u32, count: usize) -> Vec<f32> {
    let hash = |index: u32| {
        let x = index.wrapping_add(stream.wrapping_mul(0x9E37_79B9));
        let x = (x ^ x >> 16).wrapping_mul(0x7FEB_352D);
        let x = (x ^ x >> 15).wrapping_mul(0x846C_A68B);
        x ^ x >> 16
    };
    (0..count as u32)
        .map(|index| ((hash(index) >> 8) as f32 * 2.0 - 16_777_216.0) / 16_777_216.0)
        .collect()
}

/// Weights within ± the He limit, biases within ± 0.1; a parameter's number is its stream.
pub fn weights(architecture: &Architecture) -> Weights {
    let parameters = architecture.parameters().into_iter().enumerate();
    let tensors = parameters.map(|(stream, parameter)| {
        let limit = match parameter.shape.as_slice() {
            [_, inputs, rows, columns] => (6.0 / (inputs * rows * columns) as f64).sqrt(),
            [inputs, _] => (6.0 / *inputs as f64).sqrt(),
            _ => 0.1,
        } as f32;
        let values = signed(stream as u32, parameter.shape.iter().product());
        NamedTensor {
            name: parameter.name,
            shape: parameter.shape,
            values: values.into_iter().map(|value| value * limit).collect(),
        }
    });
    Weights::for_architecture(architecture, tensors.collect()).unwrap()
}

/// `count` planes `[row, column]`: blocks of 8×8 pixels that differ, and noise on them; within ± 1.25.
pub fn planes(count: u32, side: usize, stream: u32) -> Vec<Vec<f32>> {
    let plane = |number: u32| {
        let blocks = signed(stream + 2 * number, 64);
        let noise = signed(stream + 2 * number + 1, side * side);
        let pixel = |(at, noise): (usize, f32)| {
            blocks[at / side / 8 % 8 * 8 + at % side / 8 % 8] + 0.25 * noise
        };
        noise.into_iter().enumerate().map(pixel).collect()
    };
    (0..count).map(plane).collect()
}

/// The pictures of such planes, around a grey of one half.
pub fn pictures(count: u32, side: usize, stream: u32) -> Vec<Prepared> {
    let planes = planes(count, side, stream).into_iter();
    let picture = |plane: Vec<f32>| plane.iter().map(|value| value * 0.25 + 0.5).collect();
    planes.map(|plane| Prepared::of(picture(plane))).collect()
}

/// The largest of some differences; no number where one of them is none, which `f64::max` passes over.
pub fn largest(differences: impl IntoIterator<Item = f64>) -> f64 {
    let larger = |a: f64, b: f64| if b.is_nan() || b > a { b } else { a };
    differences.into_iter().fold(0.0, larger)
}

/// Largest difference, each relative to its expected value.
#[track_caller]
pub fn apart_by_each(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected);
    largest(pairs.map(|(a, b)| (a - b).abs() / b.abs()))
}

/// Largest difference relative to the largest expected value: logits are sums that may cancel.
#[track_caller]
pub fn apart_by_largest(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let scale = largest(expected.iter().map(|b| b.abs()));
    let apart = |(a, b): (&f64, &f64)| (a - b).abs() / scale;
    largest(found.iter().zip(expected).map(apart))
}

#[track_caller]
pub fn assert_within(what: &str, apart: f64, tolerance: f64) {
    println!("{what}: apart by {apart:e}, allowed {tolerance:e}");
    assert!(
        apart <= tolerance,
        "{what}: apart by {apart:e}, allowed {tolerance:e}"
    );
}

pub fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

pub fn host<const D: usize>(tensor: &Tensor<D>) -> Vec<f64> {
    tensor.to_data().iter::<f64>().collect()
}

/// The gradient of each parameter, where it has one.
pub fn gradients_of(network: &Network, gradients: &Gradients) -> Vec<Option<Vec<f64>>> {
    struct Collector<'a>(&'a Gradients, Vec<Option<Vec<f64>>>);

    impl ModuleVisitor for Collector<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let gradient = param.val().grad(self.0);
            self.1.push(gradient.map(|gradient| host(&gradient)));
        }
    }

    let mut collector = Collector(gradients, Vec::new());
    network.visit(&mut collector);
    collector.1
}

/// The gradient of each parameter, all of which must have one.
pub fn every_gradient(network: &Network, gradients: &Gradients) -> Vec<Vec<f64>> {
    let all = gradients_of(network, gradients).into_iter();
    all.map(|gradient| gradient.expect("a gradient")).collect()
}

#[test]
fn a_number_that_is_none_is_apart_from_every_number() {
    for found in [[f64::NAN, 1.0], [1.0, f64::NAN]] {
        assert!(apart_by_each(&found, &[1.0, 1.0]).is_nan());
        assert!(apart_by_largest(&found, &[1.0, 1.0]).is_nan());
    }
    assert_eq!(apart_by_each(&[1.5, 2.0], &[1.0, 4.0]), 0.5);
    assert_eq!(apart_by_largest(&[1.5, 2.0], &[1.0, 4.0]), 0.5);
    assert!(std::panic::catch_unwind(|| assert_within("a number", f64::NAN, 1.0)).is_err());
}
