//! How a convolution is cut into items of work; chosen once per shape.
//!
//! Measured on a Zen 5 with 1 MiB of L2 a core and 32 MiB of L3, AVX-512: a block of tiles with its V and M should stay
//! near a core, and should be long enough that the weights, read once for each block, come at the speed of the
//! products. The weight gradient is cut by the problem alone, since its partial sums follow the cut; a forward output is
//! one chain of sums however it is cut, so that the forward cut may look at the number of threads.

use crate::memory::{LINE, Scratch, whole_lines};
use crate::shape::Shape;
use crate::simd::Ready;
use crate::transform::POINTS;
use crate::weights::DIRECT_INPUTS;
use crate::{Error, Form};

/// Tiles of a block of the forward pass.
const BLOCK_TILES: usize = 28;
/// The same where there are few tiles, so that large weights are read less often.
const BLOCK_TILES_MAX: usize = 64;
/// Bytes of M that a group of panels may take.
const GROUP_BYTES: usize = 600 << 10;
/// Tiles of a step of the weight gradient.
const STEP_TILES: usize = 98;
/// Inputs and outputs of a block of the weight gradient.
const BLOCK_INPUTS: usize = 128;
const BLOCK_OUTPUTS: usize = 256;
/// Items that the weight gradient should have, so that a few threads end together; fewer where partial sums are large.
const ITEMS: usize = 16;
const ITEMS_LARGE: usize = 8;
/// Bytes from which on a partial sum is large.
const SUM_BYTES: usize = 4 << 20;
/// Bytes of partial sums of the weight gradient.
const PARTIAL_BYTES: usize = 64 << 20;

/// A convolution of one shape, on one form, by at most so many threads: checked once, run often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub(crate) shape: Shape,
    pub(crate) ready: Ready,
    pub(crate) threads: usize,
}

impl Plan {
    /// The fastest form of this processor, and the threads of the current Rayon pool.
    ///
    /// # Errors
    /// A dimension of 0, or a shape too large to address.
    pub fn new(shape: Shape) -> Result<Self, Error> {
        Self::with(shape, Form::detect(), rayon::current_num_threads())
    }

    /// A chosen form, and at most so many threads of the Rayon pool in which the passes are called.
    ///
    /// # Errors
    /// As [`Self::new`]; a form that this processor lacks; 0 threads.
    pub fn with(shape: Shape, form: Form, threads: usize) -> Result<Self, Error> {
        shape.check()?;
        if threads == 0 {
            return Err(Error::Zero { what: "threads" });
        }
        Ok(Self {
            shape,
            ready: Ready::prove(form)?,
            threads,
        })
    }

    /// The shape that it was made for.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The instruction set that it runs on.
    #[must_use]
    pub fn form(&self) -> Form {
        self.ready.form()
    }

    /// Bytes of [`Scratch`] that the hungriest of its passes takes.
    #[must_use]
    pub fn scratch_bytes(&self) -> usize {
        let forward = self.forward_cut(self.shape).floats(self.threads);
        let backward = self.forward_cut(self.shape.reversed()).floats(self.threads);
        let weights = self.gradient_cut().floats(self.threads);
        forward.max(backward).max(weights) * size_of::<f32>()
    }

    /// The cut of a pass from `shape.inputs` to `shape.outputs`.
    pub(crate) fn forward_cut(&self, shape: Shape) -> ForwardCut {
        ForwardCut::new(shape, self.ready, self.threads)
    }

    /// The cut of the weight gradient.
    pub(crate) fn gradient_cut(&self) -> GradientCut {
        GradientCut::new(self.shape, self.ready)
    }
}

/// The forward pass: blocks of tiles, each with all its channels, or few tiles whose V is shared and outputs split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ForwardCut {
    /// Few inputs: two rows of an image at a time.
    Direct { memory: usize },
    /// `blocks` of tiles, each transformed, multiplied and transformed back by one worker, `group` panels at a time.
    Private {
        blocks: usize,
        group: usize,
        memory: usize,
    },
    /// V of all tiles, then one panel at a time.
    Common { common: usize, memory: usize },
}

impl ForwardCut {
    fn new(shape: Shape, ready: Ready, threads: usize) -> Self {
        let Shape {
            width,
            inputs,
            outputs,
            ..
        } = shape;
        let tiles = shape.tiles();
        let panel = ready.panel();
        let panels = outputs.div_ceil(panel);
        let zeros = zeros(shape);
        if inputs <= DIRECT_INPUTS {
            let rows = 4 * inputs * whole_lines(width + 2);
            return Self::Direct {
                memory: zeros + rows + whole_lines(2 * width * outputs),
            };
        }
        if tiles < threads * BLOCK_TILES / 2 && panels > 1 {
            return Self::Common {
                common: POINTS * input_plane(tiles, inputs, ready),
                memory: zeros + POINTS * product_plane(tiles, panel),
            };
        }
        let blocks = if tiles <= threads * BLOCK_TILES_MAX {
            threads.min(tiles)
        } else {
            tiles
                .div_ceil(BLOCK_TILES)
                .next_multiple_of(threads)
                .min(tiles)
        };
        let block = tiles.div_ceil(blocks);
        let products = POINTS * product_plane(block, panel);
        let group = (GROUP_BYTES / (products * size_of::<f32>())).clamp(1, panels);
        Self::Private {
            blocks,
            group,
            memory: zeros + POINTS * input_plane(block, inputs, ready) + group * products,
        }
    }

    /// Floats of scratch.
    fn floats(self, threads: usize) -> usize {
        match self {
            Self::Direct { memory } | Self::Private { memory, .. } => threads * memory,
            Self::Common { common, memory } => common + threads * memory,
        }
    }
}

/// The weight gradient: slices of tiles, blocks of inputs, blocks of outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GradientCut {
    /// Slices of the tiles, or of pairs of rows where the direct method is used; each has a partial sum.
    pub(crate) slices: usize,
    /// Tiles of a step.
    pub(crate) step: usize,
    /// Inputs and outputs of a block; whole registers and whole panels.
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// Floats of a worker.
    pub(crate) memory: usize,
    /// Floats of one slice's partial sum, weights and bias; 0 if there is one slice.
    pub(crate) partial: usize,
}

impl GradientCut {
    fn new(shape: Shape, ready: Ready) -> Self {
        let panel = ready.panel();
        let sum = whole_lines(shape.weight_len()) + whole_lines(shape.outputs);
        let slices_max = (PARTIAL_BYTES / (sum * size_of::<f32>())).max(1);
        if shape.inputs <= DIRECT_INPUTS {
            let slices = (shape.batch * shape.height.div_ceil(16)).min(slices_max);
            return Self {
                slices,
                step: 0,
                inputs: shape.inputs,
                outputs: shape.outputs,
                memory: zeros(shape)
                    + 3 * shape.inputs * whole_lines(shape.width + 2)
                    + whole_lines(shape.width * shape.outputs),
                partial: if slices > 1 { sum } else { 0 },
            };
        }
        let tiles = shape.tiles();
        let inputs = even_blocks(shape.inputs, BLOCK_INPUTS, ready.lanes());
        let outputs = even_blocks(shape.outputs, BLOCK_OUTPUTS, panel);
        let blocks = shape.inputs.div_ceil(inputs) * shape.outputs.div_ceil(outputs);
        let steps = tiles.div_ceil(STEP_TILES);
        let items = if sum * size_of::<f32>() < SUM_BYTES {
            ITEMS
        } else {
            ITEMS_LARGE
        };
        let slices = items
            .div_ceil(blocks)
            .min(steps.div_ceil(2))
            .min(slices_max);
        let step = tiles.div_ceil(steps);
        let cut = Self {
            slices,
            step,
            inputs,
            outputs,
            memory: 0,
            partial: if slices > 1 { sum } else { 0 },
        };
        let memory = zeros(shape)
            + POINTS * cut.input_plane()
            + outputs / panel * POINTS * product_plane(step, panel)
            + POINTS * cut.sum_plane()
            + whole_lines(outputs);
        Self { memory, ..cut }
    }

    /// Floats from one tile of V to the next: an odd number of cache lines, so that tiles spread over the cache.
    pub(crate) fn input_row(&self) -> usize {
        let lines = self.inputs.div_ceil(LINE);
        (lines + (lines + 1) % 2) * LINE
    }

    /// Floats from one point of V to the next.
    pub(crate) fn input_plane(&self) -> usize {
        self.step * self.input_row() + LINE
    }

    /// Floats from one point of dU to the next.
    pub(crate) fn sum_plane(&self) -> usize {
        whole_lines(self.inputs * self.outputs) + LINE
    }

    /// Floats of scratch.
    pub(crate) fn floats(&self, threads: usize) -> usize {
        self.slices * self.partial + threads * self.memory
    }
}

/// Zeros that stand for pixels outside of the image and for a bias that is not there.
pub(crate) fn zeros(shape: Shape) -> usize {
    whole_lines(shape.inputs.max(shape.outputs)) + LINE
}

/// Floats from one point of V to the next; the extra line spreads the 36 points over the cache.
pub(crate) fn input_plane(tiles: usize, inputs: usize, ready: Ready) -> usize {
    whole_lines(inputs.div_ceil(ready.lanes()) * tiles * ready.lanes()) + LINE
}

/// Floats from one point of M or Z to the next.
pub(crate) fn product_plane(tiles: usize, panel: usize) -> usize {
    whole_lines(tiles * panel) + LINE
}

/// The size of nearly equal blocks of at most `most`, in multiples of `unit`.
fn even_blocks(count: usize, most: usize, unit: usize) -> usize {
    count.div_ceil(count.div_ceil(most)).next_multiple_of(unit)
}

impl Scratch {
    /// The common part, and the memories of as many workers as the plan has threads.
    pub(crate) fn split(
        &mut self,
        common: usize,
        memory: usize,
        threads: usize,
    ) -> (&mut [f32], std::slice::ChunksExactMut<'_, f32>) {
        let (common, workers) = self.take(common + threads * memory).split_at_mut(common);
        (common, workers.chunks_exact_mut(memory))
    }
}
