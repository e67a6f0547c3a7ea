//! The plain weight gradient for few inputs: nine taps of one input × 2 registers of outputs, summed over pixels.

use crate::direct::copy_rows;
use crate::memory::whole_lines;
use crate::plan::zeros;
use crate::shape::Shape;
use crate::simd::{Kernel, Vector};
use crate::source::Source;
use crate::threads::part;
use crate::weight_gradient::{GradientPass, Item};

/// Pixels whose gradients stay near while the inputs pass.
const PIXELS: usize = 64;

/// A slice of the rows of all images.
pub(crate) struct Rows<'a, 'm>(pub(crate) Item<'a, 'm>);

impl Kernel for Rows<'_, '_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Item {
            pass,
            slice,
            weights,
            bias,
            memory,
            ..
        } = self.0;
        let GradientPass {
            shape,
            ref cut,
            input,
            output_gradient,
            ..
        } = *pass;
        let Shape {
            batch,
            height,
            width,
            inputs,
            outputs,
        } = shape;
        let stride = whole_lines(width + 2);
        let (_, rest) = memory.split_at_mut(zeros(shape));
        let (planes, spread) = rest.split_at_mut(3 * inputs * stride);
        let mut fresh = true;
        for row in part(batch * height, cut.slices, slice) {
            let (image, y) = (row / height, row % height);
            copy_rows(Source::Plain(input), shape, image, y, 3, planes);
            let gradients = match output_gradient {
                Source::Plain(values) => &values[row * width * outputs..][..width * outputs],
                Source::Pooled { .. } => {
                    let spread = &mut spread[..width * outputs];
                    for (index, to) in spread.iter_mut().enumerate() {
                        let at = [image, y, index / outputs, index % outputs];
                        *to = output_gradient.value((height, width, outputs), at);
                    }
                    &*spread
                }
            };
            for cut in 0..width.div_ceil(PIXELS) {
                let pixels = part(width, width.div_ceil(PIXELS), cut);
                for output in (0..outputs).step_by(2 * V::LANES) {
                    for input in 0..inputs {
                        // SAFETY: the planes have `width + 2` pixels for each row and input; the gradient has `width`
                        // pixels from the row on; the weights have nine taps of this input and output.
                        unsafe {
                            let taps = Taps {
                                planes: planes.as_ptr().add(input * stride + pixels.start),
                                row: inputs * stride,
                                width: pixels.len(),
                                gradients: gradients.as_ptr().add(pixels.start * outputs + output),
                                outputs,
                                lanes: (2 * V::LANES).min(outputs - output),
                                weights: weights.add(input * outputs + output),
                                tap: inputs * outputs,
                                bias: if input > 0 || bias.is_null() {
                                    std::ptr::null_mut()
                                } else {
                                    bias.add(output)
                                },
                                fresh,
                            };
                            if taps.lanes == 2 * V::LANES {
                                taps.sum::<V, true>();
                            } else {
                                taps.sum::<V, false>();
                            }
                        }
                    }
                }
                fresh = false;
            }
        }
    }
}

/// Some pixels of a row, one input, one panel of outputs.
struct Taps {
    /// The pixel to the left of the first, in the row above.
    planes: *const f32,
    /// Floats from one row to the next.
    row: usize,
    width: usize,
    gradients: *const f32,
    outputs: usize,
    /// Outputs of the panel.
    lanes: usize,
    weights: *mut f32,
    /// Floats from one tap to the next.
    tap: usize,
    bias: *mut f32,
    fresh: bool,
}

impl Taps {
    /// Adds the pixels' products to the weights' gradient.
    #[inline(always)]
    unsafe fn sum<V: Vector, const FULL: bool>(&self) {
        // SAFETY: three rows of `width + 2` pixels, `width` pixels of gradients, nine taps (fields).
        unsafe {
            let zero = [V::splat(0.0); 2];
            let mut sums = [[zero; 3]; 3];
            let mut bias = zero;
            for x in 0..self.width {
                let [low, high] = self.read::<V, FULL>(self.gradients.add(x * self.outputs));
                bias = [bias[0].add(low), bias[1].add(high)];
                for (row, sums) in sums.iter_mut().enumerate() {
                    for (column, sum) in sums.iter_mut().enumerate() {
                        let value = V::splat(*self.planes.add(row * self.row + x + column));
                        sum[0] = sum[0].add_product(value, low);
                        sum[1] = sum[1].add_product(value, high);
                    }
                }
            }
            for (row, sums) in sums.into_iter().enumerate() {
                for (column, sum) in sums.into_iter().enumerate() {
                    self.add::<V, FULL>(sum, self.weights.add((row * 3 + column) * self.tap));
                }
            }
            if !self.bias.is_null() {
                self.add::<V, FULL>(bias, self.bias);
            }
        }
    }

    /// The panel's lanes from an address that has them.
    #[inline(always)]
    unsafe fn read<V: Vector, const FULL: bool>(&self, from: *const f32) -> [V; 2] {
        let lanes = self.lanes.min(V::LANES);
        // SAFETY: the caller's promise; nothing is read from the second address if no lane is left for it.
        unsafe {
            [
                V::read::<FULL>(from, lanes),
                V::read::<FULL>(from.wrapping_add(V::LANES), self.lanes - lanes),
            ]
        }
    }

    /// Adds to the panel's lanes at an address that has them, or sets them if these are the first pixels.
    #[inline(always)]
    unsafe fn add<V: Vector, const FULL: bool>(&self, sum: [V; 2], to: *mut f32) {
        let lanes = self.lanes.min(V::LANES);
        // SAFETY: as `read`.
        unsafe {
            let before = if self.fresh {
                [V::splat(0.0); 2]
            } else {
                self.read::<V, FULL>(to)
            };
            before[0].add(sum[0]).write::<FULL>(to, lanes);
            before[1]
                .add(sum[1])
                .write::<FULL>(to.wrapping_add(V::LANES), self.lanes - lanes);
        }
    }
}
