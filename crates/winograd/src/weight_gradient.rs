//! Inputs and gradient of the outputs to gradient of the weights and of the bias.
//!
//! dU sums V Z over tiles for each pair of channels and each point, dW = Gᵀ dU G once at the end. An item is a slice of
//! the tiles, a block of inputs and a block of outputs; it transforms its tiles step by step and keeps dU in its own
//! memory. Slices are cut by the problem and summed in their order, so that results do not depend on threads; shorter
//! chains of sums also err less.

use crate::direct_gradient;
use crate::gemm::Accumulate;
use crate::memory::{Scratch, Shared, whole_lines};
use crate::plan::{GradientCut, Plan, product_plane, zeros};
use crate::shape::Shape;
use crate::simd::{Kernel, Ready, Vector};
use crate::source::{OutputGradient, Source};
use crate::threads::{part, share};
use crate::tiles::{GradientTiles, InputTiles};
use crate::transform::{self, POINTS, SPAN, twice};
use crate::weights::DIRECT_INPUTS;
use crate::{Error, check_length};
use std::ops::Range;

/// Values that one item of the last sum takes.
const SUM_VALUES: usize = 1 << 14;

impl Plan {
    /// Inputs and gradient of the outputs to gradient of the weights `[3][3][input][output]` and of the bias.
    ///
    /// Where ReLU alone followed, the gradient must be that before it: see [`Plan::data_gradient`].
    ///
    /// # Errors
    /// A slice of another length than the shape asks for.
    pub fn weight_gradient(
        &self,
        input: &[f32],
        output_gradient: OutputGradient<'_>,
        weight_gradient: &mut [f32],
        bias_gradient: Option<&mut [f32]>,
        scratch: &mut Scratch,
    ) -> Result<(), Error> {
        let shape = self.shape;
        check_length("input", input.len(), shape.input_len())?;
        output_gradient.check(shape)?;
        check_length("weight gradient", weight_gradient.len(), shape.weight_len())?;
        if let Some(bias) = &bias_gradient {
            check_length("bias gradient", bias.len(), shape.outputs)?;
        }
        let cut = self.gradient_cut();
        let (partials, workers) = scratch.split(cut.slices * cut.partial, cut.memory, self.threads);
        let pass = GradientPass {
            shape,
            ready: self.ready,
            cut,
            input,
            output_gradient,
        };
        if cut.slices == 1 {
            let bias = bias_gradient.map_or(Shared::none(), Shared::new);
            pass.run(Shared::new(weight_gradient), bias, workers);
            return Ok(());
        }
        pass.run(Shared::new(partials), Shared::none(), workers);
        let bias_at = whole_lines(shape.weight_len());
        sum(partials, cut.partial, 0, weight_gradient, self.threads);
        if let Some(bias) = bias_gradient {
            sum(partials, cut.partial, bias_at, bias, self.threads);
        }
        Ok(())
    }
}

/// Sums the partial sums, each `partial` long, from their value `first` on.
fn sum(partials: &[f32], partial: usize, first: usize, to: &mut [f32], threads: usize) {
    let len = to.len();
    let output = Shared::new(to);
    share(
        len.div_ceil(SUM_VALUES),
        std::iter::repeat_n((), threads),
        |item, ()| {
            let range = item * SUM_VALUES..len.min((item + 1) * SUM_VALUES);
            // SAFETY: each item has its own range of the output.
            let to = unsafe {
                std::slice::from_raw_parts_mut(output.pointer().add(range.start), range.len())
            };
            to.fill(0.0);
            for partial in partials.chunks_exact(partial) {
                let values = &partial[first + range.start..first + range.end];
                for (to, &value) in to.iter_mut().zip(values) {
                    *to += value;
                }
            }
        },
    );
}

/// A weight gradient whose slices fit its shape.
pub(crate) struct GradientPass<'a> {
    pub(crate) shape: Shape,
    pub(crate) ready: Ready,
    pub(crate) cut: GradientCut,
    pub(crate) input: &'a [f32],
    pub(crate) output_gradient: Source<'a>,
}

impl GradientPass<'_> {
    /// All items: to the partial sums, or to the gradients themselves where there is one slice.
    fn run<'m>(
        &self,
        weights: Shared<f32>,
        bias: Shared<f32>,
        workers: impl Iterator<Item = &'m mut [f32]>,
    ) {
        let Self { shape, cut, .. } = *self;
        let blocks = (
            shape.inputs.div_ceil(cut.inputs),
            shape.outputs.div_ceil(cut.outputs),
        );
        share(cut.slices * blocks.0 * blocks.1, workers, |item, memory| {
            let (slice, block) = (item / (blocks.0 * blocks.1), item % (blocks.0 * blocks.1));
            let weights = weights.pointer().wrapping_add(slice * cut.partial);
            let bias = if cut.slices > 1 {
                weights.wrapping_add(whole_lines(shape.weight_len()))
            } else {
                bias.pointer()
            };
            let item = Item {
                pass: self,
                slice,
                inputs: range(block / blocks.1, cut.inputs, shape.inputs),
                outputs: range(block % blocks.1, cut.outputs, shape.outputs),
                weights,
                bias,
                memory,
            };
            // SAFETY: the slices were checked, the cut gave memory and partial sums, and each item writes its own block of them.
            unsafe {
                if shape.inputs <= DIRECT_INPUTS {
                    self.ready.run(direct_gradient::Rows(item));
                } else {
                    self.ready.run(item);
                }
            }
        });
    }
}

/// The `index`-th block of `size` of `0..count`.
fn range(index: usize, size: usize, count: usize) -> Range<usize> {
    index * size..count.min((index + 1) * size)
}

/// A slice of tiles, a block of inputs, a block of outputs.
pub(crate) struct Item<'a, 'm> {
    pub(crate) pass: &'a GradientPass<'a>,
    pub(crate) slice: usize,
    pub(crate) inputs: Range<usize>,
    pub(crate) outputs: Range<usize>,
    /// Where all weights' gradients of the slice go, `[3][3][input][output]`.
    pub(crate) weights: *mut f32,
    /// Where all biases' gradients of the slice go; nowhere if null.
    pub(crate) bias: *mut f32,
    pub(crate) memory: &'m mut [f32],
}

impl Kernel for Item<'_, '_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let GradientPass {
            shape, ready, cut, ..
        } = *self.pass;
        let panel = ready.panel();
        let panels = self.outputs.len().div_ceil(panel);
        let z_plane = product_plane(cut.step, panel);
        let (zeros, rest) = self.memory.split_at_mut(zeros(shape));
        let (inputs, rest) = rest.split_at_mut(POINTS * cut.input_plane());
        let (gradients, rest) = rest.split_at_mut(cut.outputs / panel * POINTS * z_plane);
        let (sums, bias) = rest.split_at_mut(POINTS * cut.sum_plane());
        zeros.fill(0.0);
        bias.fill(0.0);
        let steps = shape.tiles().div_ceil(cut.step);
        let steps = part(steps, cut.slices, self.slice);
        let wants_bias = self.inputs.start == 0 && !self.bias.is_null();
        for step in steps.clone() {
            let tiles = range(step, cut.step, shape.tiles());
            // SAFETY: image and gradient fit the shape; the memory was cut for a whole step and block.
            unsafe {
                V::enter(InputTiles {
                    image: Source::Plain(self.pass.input),
                    shape,
                    tiles: tiles.clone(),
                    channels: self.inputs.clone(),
                    zeros: zeros.as_ptr(),
                    to: inputs.as_mut_ptr(),
                    plane: cut.input_plane(),
                    row: cut.input_row(),
                    block: V::LANES,
                });
                V::enter(GradientTiles {
                    gradient: self.pass.output_gradient,
                    shape,
                    tiles: tiles.clone(),
                    channels: self.outputs.clone(),
                    zeros: zeros.as_ptr(),
                    to: gradients.as_mut_ptr(),
                    plane: z_plane,
                    bias: if wants_bias {
                        bias.as_mut_ptr()
                    } else {
                        std::ptr::null_mut()
                    },
                });
                V::enter(Accumulate {
                    inputs: inputs.as_ptr(),
                    input_plane: cut.input_plane(),
                    input_row: cut.input_row(),
                    channels: self.inputs.len(),
                    tiles: tiles.len(),
                    gradients: gradients.as_ptr(),
                    gradient_plane: z_plane,
                    sums: sums.as_mut_ptr(),
                    sum_plane: cut.sum_plane(),
                    panels,
                    fresh: step == steps.start,
                });
            }
        }
        // SAFETY: dU is complete; the block lies in the gradients of the slice.
        unsafe {
            V::enter(Collect {
                shape,
                sums: sums.as_ptr(),
                plane: cut.sum_plane(),
                inputs: self.inputs,
                outputs: self.outputs.clone(),
                to: self.weights,
            });
            if wants_bias {
                let to = self.bias.add(self.outputs.start);
                std::ptr::copy_nonoverlapping(bias.as_ptr(), to, self.outputs.len());
            }
        }
    }
}

/// dU of a block to the gradient of its weights, Gᵀ dU G.
struct Collect {
    shape: Shape,
    /// `[point][panel][input][panel's columns]`
    sums: *const f32,
    plane: usize,
    inputs: Range<usize>,
    outputs: Range<usize>,
    /// All weights of the slice.
    to: *mut f32,
}

impl Kernel for Collect {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let rows = self.inputs.len();
        for register in 0..self.outputs.len().div_ceil(V::LANES) {
            let output = self.outputs.start + register * V::LANES;
            let lanes = V::LANES.min(self.outputs.end - output);
            for row in 0..rows {
                // SAFETY: dU has a row of whole panels for each input of the block, the weights `lanes` outputs from here on.
                unsafe {
                    let from = self
                        .sums
                        .add(((register / 2 * rows + row) * 2 + register % 2) * V::LANES);
                    let to = self
                        .to
                        .add((self.inputs.start + row) * self.shape.outputs + output);
                    if lanes == V::LANES {
                        self.weights::<V, true>(from, to, lanes);
                    } else {
                        self.weights::<V, false>(from, to, lanes);
                    }
                }
            }
        }
    }
}

impl Collect {
    /// One input, one register of outputs.
    #[inline(always)]
    unsafe fn weights<V: Vector, const FULL: bool>(
        &self,
        from: *const f32,
        to: *mut f32,
        lanes: usize,
    ) {
        let plane = self.plane;
        let tap = self.shape.inputs * self.shape.outputs;
        twice::<V, SPAN, 3>(
            // SAFETY: dU has 36 planes of the stated stride.
            #[inline(always)]
            |row, column| unsafe { V::load(from.add((row * SPAN + column) * plane)) },
            #[inline(always)]
            |values| transform::weight_adjoint(values),
            // SAFETY: the weights have nine taps.
            #[inline(always)]
            |row, column, value: V| unsafe {
                value.write::<FULL>(to.add((row * 3 + column) * tap), lanes)
            },
        );
    }
}
