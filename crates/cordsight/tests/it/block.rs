//! A block by Winograd's method is the block composed from Burn's operations, whatever its shape, in output and every
//! gradient; and the same bits whatever the threads and whatever earlier passes left in memory.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use cordsight::block::{Conv, Kernels, composed};
use cordsight::network::{Architecture, Body, Network};
use cordsight::weights::{Init, NamedTensor, Weights};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Relative L2 of the output, the limit of the kernels' own tests.
const FORWARD: f64 = 4e-6;
/// Relative L2 of a gradient where both ways agree on every ReLU and every maximum; they were apart by up to 4e-6.
const BACKWARD: f64 = 2e-5;

/// A block's shape: `[batch, channels, rows, columns]` and the outputs of each convolution.
struct Case {
    pictures: [usize; 4],
    outputs: Vec<usize>,
    seed: u64,
}

/// Output, then gradients: pictures, then weight and bias of each convolution.
type Values = Vec<Vec<f32>>;

impl Case {
    fn random(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let pictures = [
            rng.random_range(1..5),
            rng.random_range(1..70),
            rng.random_range(2..22),
            rng.random_range(2..22),
        ];
        let convolutions = rng.random_range(1..5);
        let outputs = (0..convolutions).map(|_| rng.random_range(1..70));
        Case {
            pictures,
            outputs: outputs.collect(),
            seed,
        }
    }

    fn run(&self, kernels: Option<&Kernels>) -> Values {
        let device = Device::flex().autodiff();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut numbers = |count: usize, limit: f32| -> Vec<f32> {
            (0..count)
                .map(|_| rng.random_range(-limit..limit))
                .collect()
        };
        let pictures = numbers(self.pictures.iter().product(), 1.0);
        let pictures = Tensor::<4>::from_data(TensorData::new(pictures, self.pictures), &device);
        let pictures = pictures.require_grad();
        let mut inputs = self.pictures[1];
        let mut parameters = Vec::new();
        for &outputs in &self.outputs {
            let limit = (6.0 / (9.0 * inputs as f32)).sqrt();
            let weight = numbers(outputs * inputs * 9, limit);
            let weight = TensorData::new(weight, [outputs, inputs, 3, 3]);
            let mut weight = Tensor::<4>::from_data(weight, &device.clone().inner());
            if let Some(kernels) = kernels {
                weight = kernels.arrange(weight);
            }
            let weight = Tensor::from_inner(weight).require_grad();
            let bias = TensorData::new(numbers(outputs, 0.1), [outputs]);
            let bias = Tensor::<1>::from_data(bias, &device).require_grad();
            parameters.push((weight, bias));
            inputs = outputs;
        }
        let output = match kernels {
            Some(kernels) => {
                kernels.block(pictures.clone(), parameters.clone(), &Default::default())
            }
            None => composed(pictures.clone(), parameters.clone()),
        };
        let factors = numbers(output.dims().iter().product(), 1.0);
        let factors = Tensor::from_data(TensorData::new(factors, output.dims()), &device);
        let gradients = (output.clone() * factors).sum().backward();
        let mut values = vec![host(&output), gradient(&pictures, &gradients)];
        for (weight, bias) in &parameters {
            values.push(gradient(weight, &gradients));
            values.push(gradient(bias, &gradients));
        }
        values
    }
}

fn host<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.to_data().iter().collect()
}

fn gradient<const D: usize>(tensor: &Tensor<D>, gradients: &Gradients) -> Vec<f32> {
    host(&tensor.grad(gradients).expect("a gradient"))
}

fn kernels() -> Kernels {
    let kernels = Kernels::choose(Conv::Winograd, &Device::flex().autodiff());
    assert!(kernels.name().starts_with("winograd ("), "{kernels:?}");
    kernels
}

/// L2 of the difference by L2 of the expected values.
fn apart(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let square = |value: f64| value * value;
    let pairs = found.iter().zip(expected);
    let difference: f64 = pairs
        .map(|(a, b)| square(f64::from(*a) - f64::from(*b)))
        .sum();
    let scale: f64 = expected.iter().map(|b| square(f64::from(*b))).sum();
    if difference == 0.0 {
        0.0
    } else {
        (difference / scale).sqrt()
    }
}

#[test]
fn output_and_every_gradient_of_a_block_are_those_of_the_composed_one() {
    let kernels = kernels();
    let (mut largest, mut beyond, mut tried) = ([0.0_f64; 2], 0, 0);
    for seed in 0..60 {
        let case = Case::random(seed);
        let (found, expected) = (case.run(Some(&kernels)), case.run(None));
        assert_eq!(found.len(), 2 + 2 * case.outputs.len());
        let output = apart(&found[0], &expected[0]);
        assert!(output <= FORWARD, "seed {seed}: output apart by {output:e}");
        largest[0] = largest[0].max(output);
        let gradients = found[1..].iter().zip(&expected[1..]);
        let gradients = gradients.map(|(found, expected)| apart(found, expected));
        let worst = crate::compared::largest(gradients);
        // A sum within rounding of 0, or of the largest of four, may switch a ReLU or a maximum, and so one value.
        assert!(worst < 0.3, "seed {seed}: gradient apart by {worst:e}");
        if worst > BACKWARD {
            beyond += 1;
        } else {
            largest[1] = largest[1].max(worst);
        }
        tried += 1;
    }
    println!("apart by {largest:?} at most, {beyond} of {tried} switched");
    assert_eq!(tried, 60);
    assert!(
        beyond <= 4,
        "{beyond} of {tried} cases are beyond {BACKWARD:e}"
    );
}

#[test]
fn a_block_gives_the_same_bits_on_any_number_of_threads_and_after_any_other_pass() {
    let case = Case {
        pictures: [3, 40, 37, 29],
        outputs: vec![48, 33],
        seed: 1,
    };
    let first = case.run(Some(&kernels()));
    assert!(
        first
            .iter()
            .all(|values| values.iter().any(|value| *value != 0.0))
    );
    assert!(first.iter().flatten().all(|value| value.is_finite()));
    let mut tried = 0;
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().expect("a pool");
        let (kernels, larger) = (kernels(), Case::random(2));
        for _ in 0..2 {
            assert!(
                pool.install(|| case.run(Some(&kernels))) == first,
                "{threads}"
            );
            pool.install(|| larger.run(Some(&kernels)));
            tried += 1;
        }
        assert!(case.run(Some(&kernels.on_one_thread())) == first);
    }
    assert_eq!(tried, 6);
}

#[test]
fn one_channel_stands_for_three_that_are_the_same() {
    let architecture = small();
    let weights = Weights::random(&architecture, Init::He, 5);
    let grey: Vec<f32> = (0..32 * 32)
        .map(|at| (at * 31 % 97) as f32 / 97.0 - 0.5)
        .collect();
    let mut tried = 0;
    for device in [Device::flex(), Device::flex().autodiff()] {
        let tensor = |values: Vec<f32>, channels| {
            Tensor::from_data(TensorData::new(values, [1, channels, 32, 32]), &device)
        };
        for (conv, limit) in [(Conv::Direct, 0.0), (Conv::Winograd, 1e-5)] {
            let network = Network::new(&architecture, &weights, conv, &device).expect("a network");
            let one = host(&network.forward(tensor(grey.clone(), 1)));
            let three = host(&network.forward(tensor(grey.repeat(3), 3)));
            let apart = apart(&one, &three);
            assert!(apart <= limit, "{conv}: apart by {apart:e}");
            tried += 1;
        }
    }
    assert_eq!(tried, 4);
}

#[test]
fn what_the_kernels_do_not_compute_is_left_to_burn() {
    let flex = Device::flex();
    let name = |conv, device: &Device| Kernels::choose(conv, device).name();
    assert!(name(Conv::Winograd, &flex).starts_with("winograd ("));
    assert!(name(Conv::Winograd, &flex.clone().autodiff()).starts_with("winograd ("));
    assert_eq!(name(Conv::Direct, &flex), "direct");
    let recomputing = flex.autodiff().gradient_checkpointing();
    assert_eq!(name(Conv::Winograd, &recomputing), "direct");
}

fn small() -> Architecture {
    Architecture {
        body: Body::Vgg11,
        width: 0.1,
        image_size: 32,
        outputs: 1,
        covariates: 0,
    }
}

struct Collector<'a>(&'a Gradients, Vec<Vec<f32>>);

impl ModuleVisitor for Collector<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.1.push(gradient(&param.val(), self.0));
    }
}

#[test]
fn the_gradient_of_a_whole_network_is_the_slope_of_its_output() {
    let architecture = small();
    let device = Device::flex().autodiff();
    let weights = Weights::random(&architecture, Init::He, 7);
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let pictures: Vec<f32> = (0..2 * 3 * 32 * 32)
        .map(|_| rng.random_range(-1.0..1.0))
        .collect();
    let pictures = TensorData::new(pictures, [2, 3, 32, 32]);
    let output = |weights: &Weights| {
        let network = Network::new(&architecture, weights, Conv::Winograd, &device);
        let network = network.expect("a network");
        let pictures = Tensor::from_data(pictures.clone(), &device);
        (network.forward(pictures).sum(), network)
    };
    let (sum, network) = output(&weights);
    let gradients = sum.backward();
    let mut collector = Collector(&gradients, Vec::new());
    network.visit(&mut collector);

    let mut tried = 0;
    for (at, gradient) in collector.1.iter().enumerate() {
        let norm: f64 = gradient
            .iter()
            .map(|g| f64::from(*g).powi(2))
            .sum::<f64>()
            .sqrt();
        let step = (0.01 / norm) as f32;
        let moved = |sign: f32| {
            let mut tensors: Vec<NamedTensor> = weights.tensors().to_vec();
            for (value, gradient) in tensors[at].values.iter_mut().zip(gradient) {
                *value += sign * step * gradient / norm as f32;
            }
            let moved = Weights::for_architecture(&architecture, tensors).expect("weights");
            f64::from(output(&moved).0.into_scalar::<f32>())
        };
        let slope = (moved(1.0) - moved(-1.0)) / (2.0 * f64::from(step));
        let apart = (slope / norm - 1.0).abs();
        let name = &weights.tensors()[at].name;
        assert!(apart < 0.02, "{name}: slope {slope}, gradient {norm}");
        tried += 1;
    }
    assert_eq!(tried, architecture.parameters().len());
}
