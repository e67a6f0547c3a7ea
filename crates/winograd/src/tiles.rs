//! Images to points: the input tiles (Bᵀ d B, 6 × 6 with the border around) and the gradient tiles (A dY Aᵀ, 4 × 4).
//!
//! Vectors run along channels, so nothing is shuffled. Images are not padded: a tile inside the image is read by base
//! and stride, one that reaches over the border by a table of addresses, outside ones pointing to zeros.

use crate::shape::Shape;
use crate::simd::{Kernel, Vector};
use crate::transform::{self, POINTS, SPAN, TILE, twice};
use std::ops::Range;

/// Input tiles to V, for a range of tiles and of channels.
pub(crate) struct InputTiles {
    /// The image tensor, `[batch][row][column][channel]` of `shape.inputs` channels.
    pub(crate) image: *const f32,
    pub(crate) shape: Shape,
    pub(crate) tiles: Range<usize>,
    pub(crate) channels: Range<usize>,
    /// Zeros, as many as the tensor has channels, and a register more.
    pub(crate) zeros: *const f32,
    /// V, of the first tile and channel.
    pub(crate) to: *mut f32,
    /// Floats from one point to the next, one tile to the next, one register of channels to the next.
    pub(crate) plane: usize,
    pub(crate) row: usize,
    pub(crate) block: usize,
}

impl Kernel for InputTiles {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Shape {
            height,
            width,
            inputs,
            ..
        } = self.shape;
        for (slot, tile) in self.tiles.clone().enumerate() {
            let (image, top, left) = self.shape.tile(tile);
            let inside =
                top > 0 && left > 0 && top + SPAN - 1 <= height && left + SPAN - 1 <= width;
            // SAFETY: `image` is one of the batch, so its first pixel is in the tensor.
            let first = unsafe { self.image.add(image * height * width * inputs) };
            // SAFETY: V has room for every tile and channel at the stated strides (fields).
            let to = unsafe { self.to.add(slot * self.row) };
            if inside {
                // SAFETY: the tile's first row and column are at least 0.
                let corner = unsafe { first.add(((top - 1) * width + left - 1) * inputs) };
                // SAFETY: all 36 pixels lie in the image.
                unsafe {
                    self.tile::<V>(
                        #[inline(always)]
                        |row, column| corner.add((row * width + column) * inputs),
                        to,
                    );
                }
            } else {
                let mut table = [[self.zeros; SPAN]; SPAN];
                for (row, pixels) in table.iter_mut().enumerate() {
                    for (column, pixel) in pixels.iter_mut().enumerate() {
                        let (y, x) = ((top + row).wrapping_sub(1), (left + column).wrapping_sub(1));
                        if y < height && x < width {
                            // SAFETY: the pixel lies in the image.
                            *pixel = unsafe { first.add((y * width + x) * inputs) };
                        }
                    }
                }
                // SAFETY: the table holds pixels of the tensor, or as many zeros.
                unsafe {
                    self.tile::<V>(
                        #[inline(always)]
                        |row, column| table[row][column],
                        to,
                    );
                }
            }
        }
    }
}

impl InputTiles {
    /// One tile, all channels.
    #[inline(always)]
    unsafe fn tile<V: Vector>(&self, at: impl Fn(usize, usize) -> *const f32, to: *mut f32) {
        let mut channel = self.channels.start;
        let mut to = to;
        while channel < self.channels.end {
            let lanes = V::LANES.min(self.channels.end - channel);
            // SAFETY: the caller's pixels have `lanes` channels from here on; V has room for whole registers.
            unsafe {
                if lanes == V::LANES {
                    self.register::<V, true>(&at, channel, lanes, to);
                } else {
                    self.register::<V, false>(&at, channel, lanes, to);
                }
            }
            channel += V::LANES;
            to = to.wrapping_add(self.block);
        }
    }

    /// One tile, one register of channels.
    #[inline(always)]
    unsafe fn register<V: Vector, const FULL: bool>(
        &self,
        at: &impl Fn(usize, usize) -> *const f32,
        channel: usize,
        lanes: usize,
        to: *mut f32,
    ) {
        let plane = self.plane;
        // The same register of the tile to the right.
        let next = TILE * self.shape.inputs;
        twice::<V, SPAN, SPAN>(
            // SAFETY: the caller's pixels have `lanes` channels from `channel` on.
            #[inline(always)]
            |row, column| unsafe {
                let pixel = at(row, column).add(channel);
                if column >= SPAN - TILE {
                    V::prefetch(pixel.wrapping_add(next));
                }
                V::read::<FULL>(pixel, lanes)
            },
            #[inline(always)]
            |values| transform::input(values),
            // SAFETY: V has 36 planes of the stated stride.
            #[inline(always)]
            |row, column, value: V| unsafe { value.store(to.add((row * SPAN + column) * plane)) },
        );
    }
}

/// Gradient tiles to Z, for a range of tiles and of channels, and the sum of the gradient over their pixels.
pub(crate) struct GradientTiles {
    /// The gradient, `[batch][row][column][channel]` of `shape.outputs` channels.
    pub(crate) gradient: *const f32,
    pub(crate) shape: Shape,
    pub(crate) tiles: Range<usize>,
    /// Starts at a multiple of the panel.
    pub(crate) channels: Range<usize>,
    /// Zeros, as many as the tensor has channels, and a register more.
    pub(crate) zeros: *const f32,
    /// Z, `[panel][point][tiles][panel's columns]`, of the first tile and channel.
    pub(crate) to: *mut f32,
    /// Floats from one point to the next; 36 of them make a panel.
    pub(crate) plane: usize,
    /// Where the sums over pixels are added, whole panels; none if null.
    pub(crate) bias: *mut f32,
}

impl Kernel for GradientTiles {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Shape {
            height,
            width,
            outputs,
            ..
        } = self.shape;
        for (slot, tile) in self.tiles.clone().enumerate() {
            let (image, top, left) = self.shape.tile(tile);
            let inside = top + TILE <= height && left + TILE <= width;
            // SAFETY: the tile's first pixel is in the tensor.
            let first = unsafe {
                self.gradient
                    .add(((image * height + top) * width + left) * outputs)
            };
            // SAFETY: Z has room for every tile and channel (fields).
            let to = unsafe { self.to.add(slot * 2 * V::LANES) };
            if inside {
                // SAFETY: all 16 pixels lie in the image.
                unsafe {
                    self.tile::<V>(
                        #[inline(always)]
                        |row, column| first.add((row * width + column) * outputs),
                        to,
                    );
                }
            } else {
                let mut table = [[self.zeros; TILE]; TILE];
                for (row, pixels) in table.iter_mut().enumerate() {
                    for (column, pixel) in pixels.iter_mut().enumerate() {
                        if top + row < height && left + column < width {
                            // SAFETY: the pixel lies in the image.
                            *pixel = unsafe { first.add((row * width + column) * outputs) };
                        }
                    }
                }
                // SAFETY: the table holds pixels of the tensor, or as many zeros.
                unsafe {
                    self.tile::<V>(
                        #[inline(always)]
                        |row, column| table[row][column],
                        to,
                    );
                }
            }
        }
    }
}

impl GradientTiles {
    /// One tile, all channels; the second register of the last panel is filled even where no channel is left.
    #[inline(always)]
    unsafe fn tile<V: Vector>(&self, at: impl Fn(usize, usize) -> *const f32, to: *mut f32) {
        let columns = 2 * V::LANES;
        for register in 0..self.channels.len().div_ceil(columns) * 2 {
            let offset = register * V::LANES;
            let channel = self.channels.start + offset;
            let lanes = V::LANES.min(self.channels.end.saturating_sub(channel));
            let panel = register / 2 * POINTS * self.plane;
            // SAFETY: the caller's pixels have `lanes` channels from here on; Z and the sums have whole panels.
            unsafe {
                let to = to.add(panel + register % 2 * V::LANES);
                let bias = if self.bias.is_null() {
                    self.bias
                } else {
                    self.bias.add(offset)
                };
                if lanes == V::LANES {
                    self.register::<V, true>(&at, channel, lanes, to, bias);
                } else {
                    self.register::<V, false>(&at, channel, lanes, to, bias);
                }
            }
        }
    }

    /// One tile, one register of channels.
    #[inline(always)]
    unsafe fn register<V: Vector, const FULL: bool>(
        &self,
        at: &impl Fn(usize, usize) -> *const f32,
        channel: usize,
        lanes: usize,
        to: *mut f32,
        bias: *mut f32,
    ) {
        let plane = self.plane;
        if !bias.is_null() {
            // SAFETY: the caller's sums have room for whole registers.
            unsafe {
                let mut sum = V::splat(0.0);
                for row in 0..TILE {
                    let mut line = V::read::<FULL>(at(row, 0).wrapping_add(channel), lanes);
                    for column in 1..TILE {
                        line = line.add(V::read::<FULL>(
                            at(row, column).wrapping_add(channel),
                            lanes,
                        ));
                    }
                    sum = sum.add(line);
                }
                V::load(bias).add(sum).store(bias);
            }
        }
        // The same register of the tile to the right.
        let next = TILE * self.shape.outputs;
        twice::<V, TILE, SPAN>(
            // SAFETY: the caller's pixels have `lanes` channels from `channel` on, which lies past the last if there are none.
            #[inline(always)]
            |row, column| unsafe {
                let pixel = at(row, column).wrapping_add(channel);
                V::prefetch(pixel.wrapping_add(next));
                V::read::<FULL>(pixel, lanes)
            },
            #[inline(always)]
            |values| transform::output_adjoint(values),
            // SAFETY: Z has 36 planes of the stated stride.
            #[inline(always)]
            |row, column, value: V| unsafe { value.store(to.add((row * SPAN + column) * plane)) },
        );
    }
}
