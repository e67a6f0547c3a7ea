//! Weights made ready: once per model for inference, once per step in training.
//!
//! U = G g Gᵀ for every pair of channels, laid out `[panel][point][input][panel's columns]`; for few inputs, where the
//! direct method is used, `[panel][input][tap][panel's columns]`. Columns past the last output hold 0. A pass back takes the
//! weights turned by half a turn with inputs and outputs exchanged.

use crate::memory::{Buffer, LINE, Shared};
use crate::simd::{Kernel, Ready, Vector};
use crate::threads::share;
use crate::transform::{self, POINTS, SPAN, twice};
use crate::{Error, Form, check_length, shape::Shape};
use std::ops::Range;

/// Up to as many inputs a convolution is computed directly: with so few, the transforms cost more than they save.
pub(crate) const DIRECT_INPUTS: usize = 4;
/// Inputs that one item of the transform takes.
const ITEM_INPUTS: usize = 64;
/// From this size on, bytes, transformed weights are written past the caches, which they would only flush.
const STREAM_BYTES: usize = 9 << 20;

/// Weights of one convolution, ready for a pass.
#[derive(Clone)]
pub struct PreparedWeights {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) ready: Ready,
    reversed: bool,
    values: Buffer,
}

impl PreparedWeights {
    /// Weights `[3][3][input][output]` for the forward pass of any image size, on the fastest form.
    ///
    /// # Errors
    /// A channel count of 0, or a slice that is not `9 * inputs * outputs` long.
    pub fn forward(weights: &[f32], inputs: usize, outputs: usize) -> Result<Self, Error> {
        Self::new(weights, inputs, outputs, Form::detect(), false)
    }

    /// Weights `[3][3][input][output]` for the data gradient of any image size, on the fastest form.
    ///
    /// # Errors
    /// As [`Self::forward`].
    pub fn backward(weights: &[f32], inputs: usize, outputs: usize) -> Result<Self, Error> {
        Self::new(weights, inputs, outputs, Form::detect(), true)
    }

    /// As [`Self::forward`], or [`Self::backward`] if `backward`, for a chosen form.
    ///
    /// # Errors
    /// As [`Self::forward`]; or a form that this processor lacks.
    pub fn new(
        weights: &[f32],
        inputs: usize,
        outputs: usize,
        form: Form,
        backward: bool,
    ) -> Result<Self, Error> {
        let shape = Shape {
            batch: 1,
            height: 1,
            width: 1,
            inputs,
            outputs,
        };
        shape.check()?;
        let core = if backward { shape.reversed() } else { shape };
        let mut prepared = Self {
            inputs: core.inputs,
            outputs: core.outputs,
            ready: Ready::prove(form)?,
            reversed: backward,
            values: Buffer::default(),
        };
        prepared.update(weights)?;
        Ok(prepared)
    }

    /// Takes new weights of the same convolution and reuses the memory.
    ///
    /// # Errors
    /// A slice of another length than before.
    pub fn update(&mut self, weights: &[f32]) -> Result<(), Error> {
        check_length("weights", weights.len(), 9 * self.inputs * self.outputs)?;
        let panels = self.outputs.div_ceil(self.ready.panel());
        let planes = if self.is_direct() {
            self.inputs * 9
        } else {
            POINTS
        };
        let plane = self.plane();
        let stream = !self.is_direct() && panels * planes * plane * 4 > STREAM_BYTES;
        let to = Shared::new(self.values.reserve(panels * planes * plane));
        let chunks = self.inputs.div_ceil(ITEM_INPUTS);
        let prepared = &*self;
        let workers = std::iter::repeat_n((), rayon::current_num_threads());
        share(panels * chunks, workers, |item, ()| {
            let (panel, chunk) = (item / chunks, item % chunks);
            let inputs = chunk * ITEM_INPUTS..prepared.inputs.min((chunk + 1) * ITEM_INPUTS);
            let job = TransformWeights {
                prepared,
                weights: weights.as_ptr(),
                panel,
                inputs,
                to: to.pointer().wrapping_add(panel * planes * plane),
                stream,
            };
            // SAFETY: the lengths were checked; each item writes the rows of its own panel and inputs.
            unsafe { prepared.ready.run(job) }
        });
        Ok(())
    }

    /// Bytes that the prepared weights hold.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(self.values.as_slice())
    }

    /// Whether these weights are for the plain method.
    pub(crate) fn is_direct(&self) -> bool {
        self.inputs <= DIRECT_INPUTS
    }

    /// Floats from one point, or one tap of one input, to the next.
    pub(crate) fn plane(&self) -> usize {
        if self.is_direct() {
            self.ready.panel()
        } else {
            self.inputs * self.ready.panel() + LINE
        }
    }

    pub(crate) fn values(&self) -> &[f32] {
        self.values.as_slice()
    }

    /// Whether the weights fit a pass from `inputs` to `outputs` channels on a form.
    pub(crate) fn check(
        &self,
        inputs: usize,
        outputs: usize,
        form: Form,
        backward: bool,
    ) -> Result<(), Error> {
        let same = (self.inputs, self.outputs, self.reversed) == (inputs, outputs, backward);
        if same && self.ready.form() == form {
            return Ok(());
        }
        Err(Error::OtherWeights {
            found_inputs: self.inputs,
            found_outputs: self.outputs,
            found_form: self.ready.form(),
            inputs,
            outputs,
            form,
        })
    }
}

/// One panel of weights, some inputs.
struct TransformWeights<'a> {
    prepared: &'a PreparedWeights,
    weights: *const f32,
    panel: usize,
    inputs: Range<usize>,
    /// The panel.
    to: *mut f32,
    stream: bool,
}

impl Kernel for TransformWeights<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let columns = 2 * V::LANES;
        // One block: `[tap][input][column]`, as many inputs as a register has lanes.
        let mut block = [0.0_f32; 9 * 16 * 32];
        let mut input = self.inputs.start;
        while input < self.inputs.end {
            let rows = V::LANES.min(self.inputs.end - input);
            // SAFETY: the block holds 9 × lanes × 2 lanes floats; the panel has a row for every input.
            unsafe {
                self.gather::<V>(input, rows, block.as_mut_ptr());
                for row in 0..rows {
                    for half in 0..2 {
                        let from = block.as_ptr().add(row * columns + half * V::LANES);
                        let to = self.to.add(half * V::LANES);
                        if self.prepared.is_direct() {
                            for tap in 0..9 {
                                let value = V::load(from.add(tap * V::LANES * columns));
                                value.store(to.add(((input + row) * 9 + tap) * columns));
                            }
                        } else {
                            self.transform::<V>(from, to.add((input + row) * columns));
                        }
                    }
                }
            }
            input += rows;
        }
        V::settle();
    }
}

impl TransformWeights<'_> {
    /// The weights of `rows` inputs and one panel, turned and exchanged where the pass goes back.
    #[inline(always)]
    unsafe fn gather<V: Vector>(&self, input: usize, rows: usize, block: *mut f32) {
        let PreparedWeights {
            inputs,
            outputs,
            reversed,
            ..
        } = *self.prepared;
        let columns = 2 * V::LANES;
        let first = self.panel * columns;
        let known = columns.min(outputs - first);
        for tap in 0..9 {
            // SAFETY: taps, inputs and outputs stay below the counts of the tensor, rows and columns below the block's.
            unsafe {
                let block = block.add(tap * V::LANES * columns);
                if reversed {
                    let from = self.weights.add((8 - tap) * inputs * outputs + input);
                    for column in 0..known {
                        let from = from.add((first + column) * inputs);
                        for row in 0..rows {
                            *block.add(row * columns + column) = *from.add(row);
                        }
                    }
                } else {
                    let from = self.weights.add((tap * inputs + input) * outputs + first);
                    for row in 0..rows {
                        std::ptr::copy_nonoverlapping(
                            from.add(row * outputs),
                            block.add(row * columns),
                            known,
                        );
                    }
                }
            }
        }
    }

    /// Nine weights to 36 points.
    #[inline(always)]
    unsafe fn transform<V: Vector>(&self, from: *const f32, to: *mut f32) {
        let tap = V::LANES * 2 * V::LANES;
        let plane = self.prepared.plane();
        let stream = self.stream;
        twice::<V, 3, SPAN>(
            // SAFETY: the block holds nine taps.
            #[inline(always)]
            |row, column| unsafe { V::load(from.add((row * 3 + column) * tap)) },
            #[inline(always)]
            |values| transform::weight(values),
            // SAFETY: the panel has 36 planes; planes, rows and registers start on multiples of a register.
            #[inline(always)]
            |row, column, value: V| unsafe {
                let to = to.add((row * SPAN + column) * plane);
                if stream {
                    value.stream(to);
                } else {
                    value.store(to);
                }
            },
        );
    }
}
