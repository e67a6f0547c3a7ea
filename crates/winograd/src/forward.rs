//! Inputs and weights to outputs; the data gradient is the same pass with turned weights.
//!
//! A worker takes a block of tiles through all three stages in its own memory: threads that shared the transformed
//! tiles were at times half as fast. Only where there are too few tiles for that, V is made in common and the outputs
//! are split.

use crate::finish::{Finish, OutputTiles};
use crate::gemm::Multiply;
use crate::memory::{Scratch, Shared};
use crate::plan::{ForwardCut, Plan, input_plane, product_plane, zeros};
use crate::shape::Shape;
use crate::simd::{Kernel, Ready, Vector};
use crate::source::{OutputGradient, Source};
use crate::threads::{part, share};
use crate::tiles::InputTiles;
use crate::transform::POINTS;
use crate::weights::PreparedWeights;
use crate::{Error, check_length, direct};
use std::ops::Range;

/// What is done to a sum of products and its bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// max(0, x)
    Relu,
}

impl Plan {
    /// Inputs, weights and bias to activated outputs `[batch][row][column][output]`.
    ///
    /// A value that is not finite spoils the 4 × 4 outputs of each tile that reads it.
    ///
    /// # Errors
    /// A slice of another length than the shape asks for, or weights prepared for something else.
    pub fn forward(
        &self,
        input: &[f32],
        weights: &PreparedWeights,
        bias: Option<&[f32]>,
        activation: Activation,
        output: &mut [f32],
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        check_length("output", output.len(), self.shape.output_len())?;
        self.check_forward(input, weights, bias)?;
        let finish = Finish::Store {
            to: Shared::new(output),
            relu: activation == Activation::Relu,
        };
        self.pass(
            self.shape,
            Source::Plain(input),
            weights,
            bias,
            finish,
            scratch,
        );
        Ok(())
    }

    /// Inputs, weights and bias through ReLU and 2 × 2 max-pooling to `[batch][row / 2][column / 2][output]`.
    ///
    /// An odd last row or column is dropped. `choice`, of the same length, remembers where each value came from: 0, 1
    /// above, 2, 3 below, the first of equals, or [`crate::INACTIVE`]; [`OutputGradient::Pooled`] takes it.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn forward_pooled(
        &self,
        input: &[f32],
        weights: &PreparedWeights,
        bias: Option<&[f32]>,
        output: &mut [f32],
        choice: Option<&mut [u8]>,
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        check_length("pooled output", output.len(), self.shape.pooled_len())?;
        if let Some(choice) = &choice {
            check_length("choice", choice.len(), self.shape.pooled_len())?;
        }
        self.check_forward(input, weights, bias)?;
        let finish = Finish::Pool {
            to: Shared::new(output),
            choice: choice.map_or(Shared::none(), Shared::new),
        };
        self.pass(
            self.shape,
            Source::Plain(input),
            weights,
            bias,
            finish,
            scratch,
        );
        Ok(())
    }

    /// Gradient of the outputs to gradient of the inputs; 0 where `mask`, shaped as the inputs, is not above 0.
    ///
    /// With the inputs as mask, which were some ReLU's outputs, the result is the gradient before that ReLU.
    ///
    /// # Errors
    /// As [`Self::forward`]; the weights must have been prepared for the way back.
    pub fn data_gradient(
        &self,
        output_gradient: OutputGradient<'_>,
        weights: &PreparedWeights,
        mask: Option<&[f32]>,
        input_gradient: &mut [f32],
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        let shape = self.shape.reversed();
        output_gradient.check(self.shape)?;
        check_length("input gradient", input_gradient.len(), shape.output_len())?;
        weights.check(shape.inputs, shape.outputs, self.form(), true)?;
        let to = Shared::new(input_gradient);
        let finish = match mask {
            None => Finish::Store { to, relu: false },
            Some(by) => {
                check_length("mask", by.len(), shape.output_len())?;
                Finish::Mask { to, by }
            }
        };
        self.pass(shape, output_gradient, weights, None, finish, scratch);
        Ok(())
    }

    fn check_forward(
        &self,
        input: &[f32],
        weights: &PreparedWeights,
        bias: Option<&[f32]>,
    ) -> Result<(), Error> {
        check_length("input", input.len(), self.shape.input_len())?;
        if let Some(bias) = bias {
            check_length("bias", bias.len(), self.shape.outputs)?;
        }
        weights.check(self.shape.inputs, self.shape.outputs, self.form(), false)
    }

    /// A pass whose slices were checked.
    fn pass(
        &self,
        shape: Shape,
        image: Source<'_>,
        weights: &PreparedWeights,
        bias: Option<&[f32]>,
        finish: Finish<'_>,
        scratch: &mut Scratch,
    ) {
        let pass = Pass {
            shape,
            ready: self.ready,
            image,
            weights,
            bias,
            finish,
        };
        match self.forward_cut(shape) {
            ForwardCut::Direct { memory } => direct::forward(&pass, memory, self.threads, scratch),
            ForwardCut::Private {
                blocks,
                group,
                memory,
            } => {
                let (_, workers) = scratch.split(0, memory, self.threads);
                share(blocks, workers, |item, memory| {
                    let block = Block {
                        pass: &pass,
                        tiles: part(shape.tiles(), blocks, item),
                        group,
                        memory,
                    };
                    // SAFETY: the slices were checked, the cut gave the memory, and each block has its own tiles.
                    unsafe { pass.ready.run(block) }
                });
            }
            ForwardCut::Common { common, memory } => {
                pass.in_common(common, memory, self.threads, scratch)
            }
        }
    }
}

/// A pass whose slices fit its shape.
pub(crate) struct Pass<'a> {
    pub(crate) shape: Shape,
    pub(crate) ready: Ready,
    pub(crate) image: Source<'a>,
    pub(crate) weights: &'a PreparedWeights,
    pub(crate) bias: Option<&'a [f32]>,
    pub(crate) finish: Finish<'a>,
}

impl Pass<'_> {
    /// Zeroes the start of a worker's memory: there stand the zeros, and a bias that is not there.
    pub(crate) fn zeros_and_rest<'m>(&self, memory: &'m mut [f32]) -> (&'m [f32], &'m mut [f32]) {
        let (zeros, rest) = memory.split_at_mut(zeros(self.shape));
        zeros.fill(0.0);
        (zeros, rest)
    }

    fn bias(&self, zeros: &[f32]) -> *const f32 {
        self.bias.unwrap_or(zeros).as_ptr()
    }

    /// Few tiles: a register of channels of all tiles at a time to V, then a panel of outputs at a time.
    fn in_common(&self, common: usize, memory: usize, threads: usize, scratch: &mut Scratch) {
        let shape = self.shape;
        let lanes = self.ready.lanes();
        let tiles = shape.tiles();
        let plane = input_plane(tiles, shape.inputs, self.ready);
        let (common, workers) = scratch.split(common, memory, threads);
        let transformed = Shared::new(common);
        let mut workers: Vec<&mut [f32]> = workers.collect();
        share(
            shape.inputs.div_ceil(lanes),
            workers.iter_mut(),
            |item, memory| {
                let (zeros, _) = self.zeros_and_rest(memory);
                let job = InputTiles {
                    image: self.image,
                    shape,
                    tiles: 0..tiles,
                    channels: item * lanes..shape.inputs.min((item + 1) * lanes),
                    zeros: zeros.as_ptr(),
                    to: transformed.pointer().wrapping_add(item * tiles * lanes),
                    plane,
                    row: lanes,
                    block: tiles * lanes,
                };
                // SAFETY: the image was checked, V has room for all tiles and channels, each item writes its own channels.
                unsafe { self.ready.run(job) }
            },
        );
        let panels = shape.outputs.div_ceil(self.ready.panel());
        share(panels, workers.iter_mut(), |panel, memory| {
            let job = Panel {
                pass: self,
                inputs: transformed.pointer(),
                panel,
                memory,
            };
            // SAFETY: V is complete, the cut gave the memory, and each item has its own panel of outputs.
            unsafe { self.ready.run(job) }
        });
    }
}

/// A block of tiles through all stages.
struct Block<'a, 'm> {
    pass: &'a Pass<'a>,
    tiles: Range<usize>,
    group: usize,
    memory: &'m mut [f32],
}

impl Kernel for Block<'_, '_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Pass {
            shape,
            ready,
            weights,
            finish,
            ..
        } = *self.pass;
        let tiles = self.tiles.len();
        let (zeros, rest) = self.pass.zeros_and_rest(self.memory);
        let plane = input_plane(tiles, shape.inputs, ready);
        let (inputs, products) = rest.split_at_mut(POINTS * plane);
        let product_plane = product_plane(tiles, ready.panel());
        let panels = shape.outputs.div_ceil(ready.panel());
        // SAFETY: image, weights and outputs fit the shape; the memory was cut for the largest block and a group.
        unsafe {
            V::enter(InputTiles {
                image: self.pass.image,
                shape,
                tiles: self.tiles.clone(),
                channels: 0..shape.inputs,
                zeros: zeros.as_ptr(),
                to: inputs.as_mut_ptr(),
                plane,
                row: V::LANES,
                block: tiles * V::LANES,
            });
            for first in (0..panels).step_by(self.group) {
                let group = self.group.min(panels - first);
                V::enter(Multiply {
                    inputs: inputs.as_ptr(),
                    input_plane: plane,
                    tiles,
                    depth: shape.inputs,
                    weights: weights
                        .values()
                        .as_ptr()
                        .add(first * POINTS * weights.plane()),
                    weight_plane: weights.plane(),
                    products: products.as_mut_ptr(),
                    product_plane,
                    panels: group,
                });
                V::enter(OutputTiles {
                    products: products.as_ptr(),
                    plane: product_plane,
                    shape,
                    tiles: self.tiles.clone(),
                    channel: first * ready.panel(),
                    panels: group,
                    bias: self.pass.bias(zeros),
                    finish,
                });
            }
        }
    }
}

/// A panel of outputs of all tiles.
struct Panel<'a, 'm> {
    pass: &'a Pass<'a>,
    inputs: *const f32,
    panel: usize,
    memory: &'m mut [f32],
}

impl Kernel for Panel<'_, '_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Pass {
            shape,
            ready,
            weights,
            finish,
            ..
        } = *self.pass;
        let tiles = shape.tiles();
        let (zeros, products) = self.pass.zeros_and_rest(self.memory);
        let product_plane = product_plane(tiles, ready.panel());
        // SAFETY: V, weights and outputs fit the shape; the memory was cut for one panel of all tiles.
        unsafe {
            V::enter(Multiply {
                inputs: self.inputs,
                input_plane: input_plane(tiles, shape.inputs, ready),
                tiles,
                depth: shape.inputs,
                weights: weights
                    .values()
                    .as_ptr()
                    .add(self.panel * POINTS * weights.plane()),
                weight_plane: weights.plane(),
                products: products.as_mut_ptr(),
                product_plane,
                panels: 1,
            });
            V::enter(OutputTiles {
                products: products.as_ptr(),
                plane: product_plane,
                shape,
                tiles: 0..tiles,
                channel: self.panel * ready.panel(),
                panels: 1,
                bias: self.pass.bias(zeros),
                finish,
            });
        }
    }
}
