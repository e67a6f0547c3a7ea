//! What becomes of a finished output: bias, ReLU, the mask of a ReLU before it, or 2 × 2 max-pooling with its choice.
//!
//! Done while the values are in registers, so that no second pass reads them and a pooled layer's full output is never
//! stored. The choice of a pooled value is the place of the largest of the four (0, 1 above, 2, 3 below; the first of
//! equals), or 4 where ReLU made it 0: then no gradient goes back.

use crate::memory::Shared;
use crate::shape::Shape;
use crate::simd::{Kernel, Vector};
use crate::transform::{self, POINTS, SPAN, TILE, twice};
use std::ops::Range;

/// The choice of a pooled value that ReLU made 0.
pub const INACTIVE: u8 = 4;

/// What follows the sum of products.
#[derive(Clone, Copy)]
pub(crate) enum Finish<'a> {
    /// Stored, after ReLU if so wished.
    Store { to: Shared<f32>, relu: bool },
    /// Stored where a tensor of the same shape is above 0, else 0 is.
    Mask { to: Shared<f32>, by: &'a [f32] },
    /// ReLU, then the largest of each 2 × 2, and where it came from; no choice is kept if null.
    Pool { to: Shared<f32>, choice: Shared<u8> },
}

/// The outputs of one tile, some channels.
#[derive(Clone, Copy)]
struct Place {
    image: usize,
    top: usize,
    left: usize,
    channel: usize,
    lanes: usize,
}

impl Finish<'_> {
    /// Finishes the channels of one pixel, from value `at` of the tensor on; a pooled pixel is stored as it is.
    ///
    /// # Safety
    /// The place lies in the tensors of this finish, and no other thread works on it.
    #[inline(always)]
    pub(crate) unsafe fn pixel<V: Vector, const FULL: bool>(
        self,
        value: V,
        at: usize,
        lanes: usize,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let zero = V::splat(0.0);
            let (to, value) = match self {
                Self::Store { to, relu: true } => (to, value.or_larger(zero)),
                Self::Mask { to, by } => {
                    let mask = V::read::<FULL>(by.as_ptr().add(at), lanes);
                    (to, mask.where_greater(zero, value, zero))
                }
                Self::Store { to, relu: false } | Self::Pool { to, .. } => (to, value),
            };
            value.write::<FULL>(to.pointer().add(at), lanes);
        }
    }

    /// Finishes a tile.
    ///
    /// # Safety
    /// As [`Self::pixel`].
    #[inline(always)]
    unsafe fn tile<V: Vector, const FULL: bool>(
        self,
        values: [[V; TILE]; TILE],
        shape: Shape,
        place: Place,
    ) {
        let Shape {
            height,
            width,
            outputs,
            ..
        } = shape;
        if let Self::Pool { to, choice } = self {
            let (rows, columns) = (height / 2, width / 2);
            for row in 0..TILE / 2 {
                for column in 0..TILE / 2 {
                    let (y, x) = (place.top / 2 + row, place.left / 2 + column);
                    if y < rows && x < columns {
                        let (above, below) = (values[2 * row], values[2 * row + 1]);
                        let four = [
                            above[2 * column],
                            above[2 * column + 1],
                            below[2 * column],
                            below[2 * column + 1],
                        ];
                        let at = ((place.image * rows + y) * columns + x) * outputs + place.channel;
                        // SAFETY: the pooled pixel lies in the pooled image.
                        unsafe { pool::<V, FULL>(four, to, choice, at, place.lanes) };
                    }
                }
            }
            return;
        }
        // SAFETY: the caller's promise. Each arm knows its finish, so that no value asks for it.
        unsafe {
            match self {
                Self::Mask { to, by } => {
                    Self::Mask { to, by }.pixels::<V, FULL>(values, shape, place)
                }
                Self::Store { to, relu: true } => {
                    Self::Store { to, relu: true }.pixels::<V, FULL>(values, shape, place);
                }
                Self::Store { to, .. } | Self::Pool { to, .. } => {
                    Self::Store { to, relu: false }.pixels::<V, FULL>(values, shape, place);
                }
            }
        }
    }

    /// Finishes a tile that is not pooled.
    ///
    /// # Safety
    /// As [`Self::pixel`].
    #[inline(always)]
    unsafe fn pixels<V: Vector, const FULL: bool>(
        self,
        values: [[V; TILE]; TILE],
        shape: Shape,
        place: Place,
    ) {
        let Shape {
            height,
            width,
            outputs,
            ..
        } = shape;
        let rows = TILE.min(height - place.top);
        let columns = TILE.min(width - place.left);
        let first =
            ((place.image * height + place.top) * width + place.left) * outputs + place.channel;
        let inside = rows == TILE && columns == TILE;
        for (row, values) in values.into_iter().enumerate() {
            for (column, value) in values.into_iter().enumerate() {
                if inside || (row < rows && column < columns) {
                    let at = first + (row * width + column) * outputs;
                    if let Self::Mask { by, .. } = self {
                        // The same register of the tile to the right.
                        V::prefetch(by.as_ptr().wrapping_add(at + TILE * outputs));
                    }
                    // SAFETY: rows and columns are cut to the image.
                    unsafe { self.pixel::<V, FULL>(value, at, place.lanes) };
                }
            }
        }
    }
}

/// Points to finished outputs, Aᵀ M A, for a range of tiles and a group of panels.
pub(crate) struct OutputTiles<'a> {
    /// M, `[panel][point][tiles][panel's columns]`
    pub(crate) products: *const f32,
    /// Floats from one point to the next; 36 of them make a panel.
    pub(crate) plane: usize,
    pub(crate) shape: Shape,
    pub(crate) tiles: Range<usize>,
    /// First channel of the group, a multiple of the panel.
    pub(crate) channel: usize,
    pub(crate) panels: usize,
    /// A bias for every channel of the tensor, or as many zeros.
    pub(crate) bias: *const f32,
    pub(crate) finish: Finish<'a>,
}

impl Kernel for OutputTiles<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        for (slot, tile) in self.tiles.clone().enumerate() {
            let (image, top, left) = self.shape.tile(tile);
            for register in 0..2 * self.panels {
                let channel = self.channel + register * V::LANES;
                if channel >= self.shape.outputs {
                    break;
                }
                let place = Place {
                    image,
                    top,
                    left,
                    channel,
                    lanes: V::LANES.min(self.shape.outputs - channel),
                };
                // SAFETY: M has a register for each tile and channel at each point (fields).
                unsafe {
                    let from = self.products.add(
                        register / 2 * POINTS * self.plane + (2 * slot + register % 2) * V::LANES,
                    );
                    if place.lanes == V::LANES {
                        self.register::<V, true>(from, place);
                    } else {
                        self.register::<V, false>(from, place);
                    }
                }
            }
        }
    }
}

impl OutputTiles<'_> {
    /// One tile, one register of channels.
    #[inline(always)]
    unsafe fn register<V: Vector, const FULL: bool>(&self, from: *const f32, place: Place) {
        let plane = self.plane;
        // SAFETY: the bias has `lanes` channels from this one on; M has 36 planes of the stated stride.
        unsafe {
            let bias = V::read::<FULL>(self.bias.add(place.channel), place.lanes);
            let mut values = [[bias; TILE]; TILE];
            twice::<V, SPAN, TILE>(
                #[inline(always)]
                |row, column| V::load(from.add((row * SPAN + column) * plane)),
                #[inline(always)]
                |values| transform::output(values),
                #[inline(always)]
                |row, column, value: V| values[row][column] = value.add(bias),
            );
            self.finish.tile::<V, FULL>(values, self.shape, place);
        }
    }
}

/// The largest of four and 0, and where it came from.
///
/// # Safety
/// `to` has room for `lanes` floats from `at` on, and `choice` for as many bytes unless it is null.
#[inline(always)]
pub(crate) unsafe fn pool<V: Vector, const FULL: bool>(
    four: [V; 4],
    to: Shared<f32>,
    choice: Shared<u8>,
    at: usize,
    lanes: usize,
) {
    let choice = choice.pointer();
    // SAFETY: the caller's promise.
    unsafe {
        let to = to.pointer().add(at);
        let zero = V::splat(0.0);
        if choice.is_null() {
            let largest = four[0]
                .or_larger(four[1])
                .or_larger(four[2].or_larger(four[3]));
            largest.or_larger(zero).write::<FULL>(to, lanes);
            return;
        }
        let mut largest = four[0];
        let mut place = zero;
        for (index, &value) in four.iter().enumerate().skip(1) {
            place = value.where_greater(largest, V::splat(index as f32), place);
            largest = largest.or_larger(value);
        }
        place = largest.where_greater(zero, place, V::splat(f32::from(INACTIVE)));
        largest.or_larger(zero).write::<FULL>(to, lanes);
        place.store_bytes(choice.add(at), lanes);
    }
}
