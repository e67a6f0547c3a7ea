//! Images to points: the input tiles (Bᵀ d B, 6 × 6 with the border around) and the gradient tiles (A dY Aᵀ, 4 × 4).
//!
//! Vectors run along channels, so nothing is shuffled. Images are not padded: a tile inside the image is read by base
//! and stride, one that reaches over the border, or is spread out from a pooled gradient, by a table of pixels, outside
//! ones pointing to zeros.

use crate::shape::Shape;
use crate::simd::{Kernel, Vector};
use crate::source::{Pixel, Source};
use crate::transform::{self, POINTS, SPAN, TILE, twice};
use std::ops::Range;

/// Input tiles to V, for a range of tiles and of channels.
pub(crate) struct InputTiles<'a> {
    /// `[batch][row][column][channel]` of `shape.inputs` channels.
    pub(crate) image: Source<'a>,
    pub(crate) shape: Shape,
    pub(crate) tiles: Range<usize>,
    pub(crate) channels: Range<usize>,
    /// Zeros, as many as the image has channels, and a register more.
    pub(crate) zeros: *const f32,
    /// V, of the first tile and channel.
    pub(crate) to: *mut f32,
    /// Floats from one point to the next, one tile to the next, one register of channels to the next.
    pub(crate) plane: usize,
    pub(crate) row: usize,
    pub(crate) block: usize,
}

impl Kernel for InputTiles<'_> {
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
            // SAFETY: V has room for every tile and channel at the stated strides (fields).
            let to = unsafe { self.to.add(slot * self.row) };
            if let (Source::Plain(values), true) = (self.image, inside) {
                // SAFETY: all 36 pixels lie in the image, which is one of the batch.
                unsafe {
                    let first = ((image * height + top - 1) * width + left - 1) * inputs;
                    let corner = values.as_ptr().add(first);
                    self.tile::<V, false>(
                        #[inline(always)]
                        |row, column| Pixel::plain(corner.add((row * width + column) * inputs)),
                        to,
                    );
                }
                continue;
            }
            // SAFETY: the image is one of the batch; V as above.
            unsafe {
                if matches!(self.image, Source::Plain(_)) {
                    let size = (height, width, inputs);
                    let table = table::<SPAN>(&self.image, size, [image, top, left], 1, self.zeros);
                    self.tile::<V, false>(
                        #[inline(always)]
                        |row, column| table[row][column],
                        to,
                    );
                } else {
                    let (size, corner) =
                        ((height / 2, width / 2, inputs), [image, top / 2, left / 2]);
                    let table = table::<{ SPAN / 2 + 1 }>(&self.image, size, corner, 1, self.zeros);
                    self.tile::<V, true>(
                        #[inline(always)]
                        |row, column| table[row.div_ceil(2)][column.div_ceil(2)],
                        to,
                    );
                }
            }
        }
    }
}

/// The pixels of a tile that begins `border` rows and columns before its first output.
///
/// # Safety
/// As [`Source::pixel`].
#[inline(always)]
unsafe fn table<const SIDE: usize>(
    source: &Source<'_>,
    size: (usize, usize, usize),
    [image, top, left]: [usize; 3],
    border: usize,
    zeros: *const f32,
) -> [[Pixel; SIDE]; SIDE] {
    let mut table = [[Pixel::plain(zeros); SIDE]; SIDE];
    for (row, pixels) in table.iter_mut().enumerate() {
        for (column, pixel) in pixels.iter_mut().enumerate() {
            let (y, x) = (
                (top + row).wrapping_sub(border),
                (left + column).wrapping_sub(border),
            );
            // SAFETY: the caller's promise.
            *pixel = unsafe { source.pixel(size, [image, y, x], zeros) };
        }
    }
    table
}

impl InputTiles<'_> {
    /// One tile, all channels.
    #[inline(always)]
    unsafe fn tile<V: Vector, const POOLED: bool>(
        &self,
        at: impl Fn(usize, usize) -> Pixel,
        to: *mut f32,
    ) {
        let mut channel = self.channels.start;
        let mut to = to;
        while channel < self.channels.end {
            let lanes = V::LANES.min(self.channels.end - channel);
            // SAFETY: the caller's pixels have `lanes` channels from here on; V has room for whole registers.
            unsafe {
                if lanes == V::LANES {
                    self.register::<V, POOLED, true>(&at, channel, lanes, to);
                } else {
                    self.register::<V, POOLED, false>(&at, channel, lanes, to);
                }
            }
            channel += V::LANES;
            to = to.wrapping_add(self.block);
        }
    }

    /// One tile, one register of channels.
    #[inline(always)]
    unsafe fn register<V: Vector, const POOLED: bool, const FULL: bool>(
        &self,
        at: &impl Fn(usize, usize) -> Pixel,
        channel: usize,
        lanes: usize,
        to: *mut f32,
    ) {
        let plane = self.plane;
        // The same register of the tile to the right.
        let next = TILE * self.shape.inputs + channel;
        twice::<V, SPAN, SPAN>(
            // SAFETY: the caller's pixels have `lanes` channels from `channel` on.
            #[inline(always)]
            |row, column| unsafe {
                let pixel = at(row, column);
                if column >= SPAN - TILE && !POOLED {
                    pixel.prefetch::<V>(next);
                }
                // A tile begins on an odd row and column.
                let place = (row + 1) % 2 * 2 + (column + 1) % 2;
                pixel.read::<V, POOLED, FULL>(place, channel, lanes)
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
pub(crate) struct GradientTiles<'a> {
    /// `[batch][row][column][channel]` of `shape.outputs` channels.
    pub(crate) gradient: Source<'a>,
    pub(crate) shape: Shape,
    pub(crate) tiles: Range<usize>,
    /// Starts at a multiple of the panel.
    pub(crate) channels: Range<usize>,
    /// Zeros, as many as the gradient has channels, and a register more.
    pub(crate) zeros: *const f32,
    /// Z, `[panel][point][tiles][panel's columns]`, of the first tile and channel.
    pub(crate) to: *mut f32,
    /// Floats from one point to the next; 36 of them make a panel.
    pub(crate) plane: usize,
    /// Where the sums over pixels are added, whole panels; none if null.
    pub(crate) bias: *mut f32,
}

impl Kernel for GradientTiles<'_> {
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
            // SAFETY: Z has room for every tile and channel (fields).
            let to = unsafe { self.to.add(slot * 2 * V::LANES) };
            if let (Source::Plain(values), true) = (self.gradient, inside) {
                // SAFETY: all 16 pixels lie in the image, which is one of the batch.
                unsafe {
                    let first = values
                        .as_ptr()
                        .add(((image * height + top) * width + left) * outputs);
                    self.tile::<V, false>(
                        #[inline(always)]
                        |row, column| Pixel::plain(first.add((row * width + column) * outputs)),
                        to,
                    );
                }
                continue;
            }
            // SAFETY: the image is one of the batch; Z as above.
            unsafe {
                if matches!(self.gradient, Source::Plain(_)) {
                    let size = (height, width, outputs);
                    let table =
                        table::<TILE>(&self.gradient, size, [image, top, left], 0, self.zeros);
                    self.tile::<V, false>(
                        #[inline(always)]
                        |row, column| table[row][column],
                        to,
                    );
                } else {
                    let (size, corner) =
                        ((height / 2, width / 2, outputs), [image, top / 2, left / 2]);
                    let table = table::<{ TILE / 2 }>(&self.gradient, size, corner, 0, self.zeros);
                    self.tile::<V, true>(
                        #[inline(always)]
                        |row, column| table[row / 2][column / 2],
                        to,
                    );
                }
            }
        }
    }
}

impl GradientTiles<'_> {
    /// One tile, all channels; the second register of the last panel is filled even where no channel is left.
    #[inline(always)]
    unsafe fn tile<V: Vector, const POOLED: bool>(
        &self,
        at: impl Fn(usize, usize) -> Pixel,
        to: *mut f32,
    ) {
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
                    self.register::<V, POOLED, true>(&at, channel, lanes, to, bias);
                } else {
                    self.register::<V, POOLED, false>(&at, channel, lanes, to, bias);
                }
            }
        }
    }

    /// One tile, one register of channels.
    #[inline(always)]
    unsafe fn register<V: Vector, const POOLED: bool, const FULL: bool>(
        &self,
        at: &impl Fn(usize, usize) -> Pixel,
        channel: usize,
        lanes: usize,
        to: *mut f32,
        bias: *mut f32,
    ) {
        let plane = self.plane;
        // The same register of the tile to the right.
        let next = TILE * self.shape.outputs + channel;
        // SAFETY: the caller's pixels have `lanes` channels from `channel` on, its sums room for whole registers.
        unsafe {
            let zero = V::splat(0.0);
            let mut values = [[zero; TILE]; TILE];
            for (row, values) in values.iter_mut().enumerate() {
                for (column, value) in values.iter_mut().enumerate() {
                    let pixel = at(row, column);
                    if !POOLED {
                        pixel.prefetch::<V>(next);
                    }
                    let place = row % 2 * 2 + column % 2;
                    *value = pixel.read::<V, POOLED, FULL>(place, channel, lanes);
                }
            }
            if !bias.is_null() {
                let mut sum = V::load(bias);
                for values in values {
                    let left = values[0].add(values[1]);
                    sum = sum.add(left.add(values[2].add(values[3])));
                }
                sum.store(bias);
            }
            twice::<V, TILE, SPAN>(
                #[inline(always)]
                |row, column| values[row][column],
                #[inline(always)]
                |values| transform::output_adjoint(values),
                #[inline(always)]
                |row, column, value: V| value.store(to.add((row * SPAN + column) * plane)),
            );
        }
    }
}
