//! A network's parameters as named host tensors: how they start, and how they leave and enter a [`Network`].
//!
//! In: a seed, or tensors read from a file. Out: [`Weights`], in the order of the forward pass, with every shape
//! checked. Files, checkpoints and the optimiser all speak of parameters by these names.
//!
//! Source of the start values: see [`Init`]; biases start at zero, as in Keras.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use rand::RngExt;

use crate::host;
use crate::network::{Architecture, Network, Role};
use crate::random::{Purpose, generator};

/// How random weights are drawn: uniformly within ± a limit that depends on a layer's inputs and outputs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// Glorot and Bengio 2010, √(6 / (in + out)): Keras's default.
    Glorot,
    /// He et al. 2015, √(6 / in): keeps the signal's size through many ReLU layers, so a deep network without
    /// pre-trained weights starts to learn sooner.
    He,
}

impl Init {
    fn limit(self, fan_in: usize, fan_out: usize) -> f64 {
        match self {
            Init::Glorot => (6.0 / (fan_in + fan_out) as f64).sqrt(),
            Init::He => (6.0 / fan_in as f64).sqrt(),
        }
    }
}

impl std::fmt::Display for Init {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Init::Glorot => "Glorot uniform",
            Init::He => "He uniform",
        })
    }
}

/// One parameter: name, shape and values in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// For example `block3.conv2.weight`.
    pub name: String,
    /// Convolutions `[out, in, 3, 3]`, fully connected `[in, out]`, biases `[out]`.
    pub shape: Vec<usize>,
    /// As many values as the shape holds.
    pub values: Vec<f32>,
}

/// Weights that do not fit a network.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum WeightsError {
    /// A parameter of the network is not there.
    #[error("\"{name}\" is missing, expected a tensor of shape {expected:?}")]
    Missing {
        /// The parameter's name.
        name: String,
        /// Shape that the network asks for.
        expected: Vec<usize>,
    },
    /// A parameter has another shape.
    #[error(
        "\"{name}\" has shape {found:?}, expected {expected:?}; the weights are for another network"
    )]
    Shape {
        /// The parameter's name.
        name: String,
        /// Shape found.
        found: Vec<usize>,
        /// Shape that the network asks for.
        expected: Vec<usize>,
    },
    /// A value is infinite or not a number.
    #[error(
        "\"{name}\" holds a value that is not finite; the weights are damaged or training diverged"
    )]
    NotFinite {
        /// The parameter's name.
        name: String,
    },
    /// A variance is below 0.
    #[error("\"{name}\" holds a variance below 0; the weights are damaged")]
    Variance {
        /// The parameter's name.
        name: String,
    },
}

/// All parameters of one network, in the order of its forward pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights(Vec<NamedTensor>);

impl Weights {
    /// Random weights, zero biases, and normalisations that change nothing yet, drawn from `seed` with a stream of its own for each parameter.
    pub fn random(architecture: &Architecture, init: Init, seed: u64) -> Self {
        let values = architecture
            .parameters()
            .into_iter()
            .enumerate()
            .map(|(index, parameter)| {
                let length = parameter.shape.iter().product();
                if let Role::Factor | Role::RunningVariance = parameter.role {
                    return vec![1.0; length];
                }
                let (fan_in, fan_out) = match parameter.shape.as_slice() {
                    [outputs, inputs, rows, columns] => {
                        (inputs * rows * columns, outputs * rows * columns)
                    }
                    [inputs, outputs] => (*inputs, *outputs),
                    _ => return vec![0.0; length],
                };
                let limit = init.limit(fan_in, fan_out) as f32;
                let mut generator = generator(seed, Purpose::Weights, index as u64);
                (0..length)
                    .map(|_| generator.random_range(-limit..limit))
                    .collect()
            });
        Weights::in_order(architecture, values)
    }

    /// All zeros, as an optimiser's moments begin.
    pub fn zeros(architecture: &Architecture) -> Self {
        let zeros = architecture
            .parameters()
            .into_iter()
            .map(|p| vec![0.0; p.shape.iter().product()]);
        Weights::in_order(architecture, zeros)
    }

    /// Puts tensors into the network's order; further tensors are left out.
    ///
    /// # Errors
    ///
    /// A parameter that is missing, has another shape, or holds a value that is not finite.
    pub fn for_architecture(
        architecture: &Architecture,
        mut tensors: Vec<NamedTensor>,
    ) -> Result<Self, WeightsError> {
        let ordered = architecture.parameters().into_iter().map(|parameter| {
            match tensors
                .iter()
                .position(|tensor| tensor.name == parameter.name)
            {
                Some(at) => Ok(tensors.swap_remove(at)),
                None => Err(WeightsError::Missing {
                    name: parameter.name,
                    expected: parameter.shape,
                }),
            }
        });
        let weights = Weights(ordered.collect::<Result<_, _>>()?);
        weights.check(architecture)?;
        Ok(weights)
    }

    /// Reads a network's parameters back from its device.
    pub fn from_network(architecture: &Architecture, network: &Network) -> Self {
        struct Collector(Vec<Vec<f32>>);
        impl ModuleVisitor for Collector {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                self.0.push(host::values(param.val()));
            }
        }
        let mut collector = Collector(Vec::new());
        network.visit(&mut collector);
        Weights::in_order(architecture, collector.0.into_iter())
    }

    /// Reads the parameters from number `from` on back from a network; those before stay as they are.
    pub fn refresh(&mut self, network: &Network, from: usize) {
        struct Refresh<'a> {
            weights: &'a mut Weights,
            at: usize,
            from: usize,
        }
        impl ModuleVisitor for Refresh<'_> {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                if self.at >= self.from {
                    let values = host::values(param.val());
                    self.weights.replace(self.at, |_| values);
                }
                self.at += 1;
            }
        }
        network.visit(&mut Refresh {
            weights: self,
            at: 0,
            from,
        });
    }

    /// Other values for parameter number `at`, of the shape that `values` is given.
    pub(crate) fn replace(&mut self, at: usize, values: impl FnOnce(&[usize]) -> Vec<f32>) {
        if let Some(tensor) = self.0.get_mut(at) {
            tensor.values = values(&tensor.shape);
        }
    }

    /// Values in the network's order, with the names and shapes of its parameters.
    pub(crate) fn in_order(
        architecture: &Architecture,
        values: impl Iterator<Item = Vec<f32>>,
    ) -> Self {
        let parameters = architecture.parameters().into_iter();
        let named = parameters.zip(values).map(|(p, values)| NamedTensor {
            name: p.name,
            shape: p.shape,
            values,
        });
        Weights(named.collect())
    }

    /// These weights with the convolutional body of others.
    ///
    /// # Errors
    ///
    /// A body parameter that `others` lack or that has another shape.
    pub fn with_body(mut self, others: &[NamedTensor]) -> Result<Self, WeightsError> {
        for own in self
            .0
            .iter_mut()
            .filter(|tensor| tensor.name.starts_with("block"))
        {
            let expected = own.shape.clone();
            let other = others.iter().find(|tensor| tensor.name == own.name);
            let other = other.ok_or_else(|| WeightsError::Missing {
                name: own.name.clone(),
                expected: expected.clone(),
            })?;
            if other.shape != expected {
                return Err(WeightsError::Shape {
                    name: own.name.clone(),
                    found: other.shape.clone(),
                    expected,
                });
            }
            own.values.clone_from(&other.values);
        }
        Ok(self)
    }

    /// The weights of one output of the last layer, for the same network with that output only.
    pub(crate) fn of_output(&self, single: &Architecture, place: usize) -> Self {
        let own = self.0.iter().zip(single.parameters());
        let values = own.map(|(tensor, wanted)| {
            if tensor.shape == wanted.shape {
                return tensor.values.clone();
            }
            let outputs = tensor.shape.last().copied().unwrap_or(1).max(1);
            let of_place = tensor.values.iter().skip(place).step_by(outputs);
            of_place.copied().collect()
        });
        Weights::in_order(single, values.collect::<Vec<_>>().into_iter())
    }

    /// The tensors, in the order of the forward pass.
    pub fn tensors(&self) -> &[NamedTensor] {
        &self.0
    }

    /// Asserts that the weights fit a network.
    ///
    /// # Errors
    ///
    /// The first parameter that does not fit.
    pub fn check(&self, architecture: &Architecture) -> Result<(), WeightsError> {
        let mut found = self.0.iter();
        for expected in architecture.parameters() {
            let tensor = found
                .next()
                .filter(|tensor| tensor.name == expected.name)
                .ok_or_else(|| WeightsError::Missing {
                    name: expected.name.clone(),
                    expected: expected.shape.clone(),
                })?;
            if tensor.shape != expected.shape
                || tensor.values.len() != expected.shape.iter().product::<usize>()
            {
                return Err(WeightsError::Shape {
                    name: expected.name,
                    found: tensor.shape.clone(),
                    expected: expected.shape,
                });
            }
            if !tensor.values.iter().all(|value| value.is_finite()) {
                return Err(WeightsError::NotFinite {
                    name: expected.name,
                });
            }
            let is_variance = expected.role == Role::RunningVariance;
            if is_variance && tensor.values.iter().any(|value| *value < 0.0) {
                return Err(WeightsError::Variance {
                    name: expected.name,
                });
            }
        }
        Ok(())
    }
}
