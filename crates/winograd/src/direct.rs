//! The plain method for few inputs, the first layer of a network: forward and weight gradient.
//!
//! Rows of the image are copied into planes, one for each input, with a zero on either side: then nothing is at the
//! border, and the pixels of a micro-tile (14 pixels × 2 registers of outputs) follow each other. Each tap and input is
//! a broadcast and two products.

use crate::finish::{Finish, pool};
use crate::forward::Pass;
use crate::gemm::with_rows;
use crate::memory::{Scratch, Shared, whole_lines};
use crate::shape::Shape;
use crate::simd::{Kernel, Vector};
use crate::source::Source;
use crate::threads::{part, share};
use crate::weights::DIRECT_INPUTS;

/// A forward pass, two rows of an image at a time.
pub(crate) fn forward(pass: &Pass<'_>, memory: usize, threads: usize, scratch: &mut Scratch) {
    let pairs = pass.shape.height.div_ceil(2);
    let (_, workers) = scratch.split(0, memory, threads);
    share(pass.shape.batch * pairs, workers, |item, memory| {
        let rows = Rows {
            pass,
            image: item / pairs,
            top: item % pairs * 2,
            memory,
        };
        // SAFETY: the slices were checked, the cut gave the memory, and each item has its own rows of the output.
        unsafe { pass.ready.run(rows) }
    });
}

/// Two rows of outputs of one image, or the last one.
struct Rows<'a, 'm> {
    pass: &'a Pass<'a>,
    image: usize,
    top: usize,
    memory: &'m mut [f32],
}

impl Kernel for Rows<'_, '_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Self {
            pass,
            image,
            top,
            memory,
        } = self;
        let Shape {
            height,
            width,
            inputs,
            outputs,
            ..
        } = pass.shape;
        let stride = whole_lines(width + 2);
        let (zeros, rest) = pass.zeros_and_rest(memory);
        let (planes, pair) = rest.split_at_mut(4 * inputs * stride);
        let count = 2.min(height - top);
        copy_rows(pass.image, pass.shape, image, top, count + 2, planes);
        let mut taps = [0; 9 * DIRECT_INPUTS];
        for (index, tap) in taps.iter_mut().enumerate() {
            let (input, row, column) = (index / 9, index % 9 / 3, index % 3);
            *tap = (row * inputs + input) * stride + column;
        }
        let bias = pass.bias.unwrap_or(zeros).as_ptr();
        let pooled = match pass.finish {
            Finish::Pool { to, choice } => Some((to, choice)),
            _ => None,
        };
        if pooled.is_some() && count < 2 {
            return;
        }
        for row in 0..count {
            let (finish, first) = match pooled {
                None => (
                    pass.finish,
                    ((image * height + top + row) * width) * outputs,
                ),
                Some(_) => {
                    let to = Shared::new(pair);
                    (Finish::Store { to, relu: false }, row * width * outputs)
                }
            };
            let cuts = width.div_ceil(V::ROWS);
            for cut in 0..cuts {
                let pixels = part(width, cuts, cut);
                for panel in 0..outputs.div_ceil(2 * V::LANES) {
                    // SAFETY: planes have `width + 2` pixels for each row and input; the weights fit the shape; the
                    // outputs from `first` on are a whole row of the tensor, or of the pair.
                    unsafe {
                        let tile = Pixels {
                            planes: planes.as_ptr().add(row * inputs * stride + pixels.start),
                            taps: &taps[..9 * inputs],
                            outputs,
                            weights: pass
                                .weights
                                .values()
                                .as_ptr()
                                .add(panel * 9 * inputs * 2 * V::LANES),
                            channel: panel * 2 * V::LANES,
                            bias,
                            finish,
                            first: first + pixels.start * outputs,
                        };
                        with_rows!(pixels.len(), pixels_of, tile);
                    }
                }
            }
        }
        if let Some((to, choice)) = pooled {
            let first = (image * (height / 2) + top / 2) * (width / 2) * outputs;
            // SAFETY: the pair holds two rows; from `first` on the pooled tensor has one.
            unsafe { pool_pair::<V>(pair, pass.shape, to, choice, first) };
        }
    }
}

/// Two rows to one pooled row.
///
/// # Safety
/// `to`, and `choice` unless null, have a pooled row from `first` on.
#[inline(always)]
unsafe fn pool_pair<V: Vector>(
    pair: &[f32],
    shape: Shape,
    to: Shared<f32>,
    choice: Shared<u8>,
    first: usize,
) {
    let Shape { width, outputs, .. } = shape;
    for column in 0..width / 2 {
        for channel in (0..outputs).step_by(V::LANES) {
            let lanes = V::LANES.min(outputs - channel);
            let at = first + column * outputs + channel;
            // SAFETY: the four pixels lie in the pair, the pooled one in the caller's row.
            unsafe {
                let above = pair.as_ptr().add(2 * column * outputs + channel);
                let below = above.add(width * outputs);
                let from = [above, above.add(outputs), below, below.add(outputs)];
                if lanes == V::LANES {
                    pool::<V, true>(from.map(|from| V::load(from)), to, choice, at, lanes);
                } else {
                    pool::<V, false>(
                        from.map(|from| V::load_part(from, lanes)),
                        to,
                        choice,
                        at,
                        lanes,
                    );
                }
            }
        }
    }
}

/// Copies rows from `top - 1` on into planes `[row][input][pixel]`, with zeros where the image ends.
#[inline(always)]
pub(crate) fn copy_rows(
    source: Source<'_>,
    shape: Shape,
    image: usize,
    top: usize,
    rows: usize,
    planes: &mut [f32],
) {
    let Shape {
        height,
        width,
        inputs,
        ..
    } = shape;
    let stride = whole_lines(width + 2);
    for (row, planes) in planes
        .chunks_exact_mut(inputs * stride)
        .take(rows)
        .enumerate()
    {
        let y = (top + row).wrapping_sub(1);
        if y >= height {
            planes.fill(0.0);
            continue;
        }
        for (input, plane) in planes.chunks_exact_mut(stride).enumerate() {
            plane[0] = 0.0;
            plane[width + 1..].fill(0.0);
            let plane = &mut plane[1..=width];
            if let Source::Plain(values) = source {
                let pixels = &values[(image * height + y) * width * inputs..][..width * inputs];
                let values = pixels.iter().skip(input).step_by(inputs);
                for (to, &value) in plane.iter_mut().zip(values) {
                    *to = value;
                }
            } else {
                for (x, to) in plane.iter_mut().enumerate() {
                    *to = source.value((height, width, inputs), [image, y, x, input]);
                }
            }
        }
    }
}

/// A micro-tile: some pixels of a row, one panel of outputs.
struct Pixels<'a> {
    /// The planes of the row above, from the pixel to the left on.
    planes: *const f32,
    /// How far from there each input's each tap reads. A table, since a compiler that sees three columns overlap keeps
    /// their values, and then runs out of registers.
    taps: &'a [usize],
    outputs: usize,
    /// `[input][tap][panel's columns]`
    weights: *const f32,
    channel: usize,
    bias: *const f32,
    finish: Finish<'a>,
    /// Where the first pixel's outputs stand.
    first: usize,
}

#[inline(always)]
unsafe fn pixels_of<V: Vector, const R: usize>(tile: Pixels<'_>) {
    // SAFETY: `Rows` gives R pixels and one to either side, in three rows of planes, weights of a panel, and R pixels of outputs.
    unsafe {
        let mut sums = [[V::splat(0.0); 2]; R];
        let mut weights = tile.weights;
        for &tap in tile.taps {
            let (low, high) = (V::load(weights), V::load(weights.add(V::LANES)));
            weights = weights.add(2 * V::LANES);
            let from = tile.planes.add(tap);
            for (pixel, sum) in sums.iter_mut().enumerate() {
                let value = V::splat(*from.add(pixel));
                sum[0] = sum[0].add_product(value, low);
                sum[1] = sum[1].add_product(value, high);
            }
        }
        let lanes = V::LANES.min(tile.outputs - tile.channel);
        let high_lanes = V::LANES.min(tile.outputs - tile.channel - lanes);
        if high_lanes == V::LANES {
            tile.finish::<V, true, R>(sums, lanes, high_lanes);
        } else {
            tile.finish::<V, false, R>(sums, lanes, high_lanes);
        }
    }
}

impl Pixels<'_> {
    /// Adds the bias and finishes the outputs of both registers. Which finish is asked once, not for each pixel.
    #[inline(always)]
    unsafe fn finish<V: Vector, const FULL: bool, const R: usize>(
        &self,
        sums: [[V; 2]; R],
        low_lanes: usize,
        high_lanes: usize,
    ) {
        let lanes = [low_lanes, high_lanes];
        // SAFETY: the caller's promise.
        unsafe {
            match self.finish {
                Finish::Mask { to, by } => {
                    self.put::<V, FULL, R>(sums, lanes, Finish::Mask { to, by });
                }
                Finish::Store { to, relu: true } => {
                    self.put::<V, FULL, R>(sums, lanes, Finish::Store { to, relu: true });
                }
                Finish::Store { to, relu: false } | Finish::Pool { to, .. } => {
                    self.put::<V, FULL, R>(sums, lanes, Finish::Store { to, relu: false });
                }
            }
        }
    }

    /// The same, once the finish is known.
    #[inline(always)]
    unsafe fn put<V: Vector, const FULL: bool, const R: usize>(
        &self,
        sums: [[V; 2]; R],
        lanes: [usize; 2],
        finish: Finish<'_>,
    ) {
        // SAFETY: the outputs of R pixels lie in the tensor, the bias has a value for each; no lane of the second
        // register is touched where none is left.
        unsafe {
            let bias = self.bias.add(self.channel);
            let low_bias = V::read::<FULL>(bias, lanes[0]);
            let high_bias = V::read::<FULL>(bias.wrapping_add(V::LANES), lanes[1]);
            for (pixel, [low, high]) in sums.into_iter().enumerate() {
                let at = self.first + pixel * self.outputs + self.channel;
                finish.pixel::<V, FULL>(low.add(low_bias), at, lanes[0]);
                if FULL || lanes[1] > 0 {
                    finish.pixel::<V, FULL>(high.add(high_bias), at + V::LANES, lanes[1]);
                }
            }
        }
    }
}
