//! The products: for each of the 36 points a matrix product, in micro-tiles of up to 14 × 2 registers of sums.
//!
//! [`Multiply`] serves the forward pass (sums over channels, rows are tiles), [`Accumulate`] the weight gradient (sums
//! over tiles, rows are channels). Both read one panel of 2 × lanes columns and broadcast the other operand. Rows are
//! cut evenly (49 into 13, 12, 12, 12), so that no micro-tile is left with a few. A sum is one chain in the order of
//! its terms: its bits do not depend on how rows were cut.

use crate::memory::LINE;
use crate::simd::{Kernel, Vector};
use crate::threads::part;
use crate::transform::POINTS;

/// Calls `$tile::<V, R>` for the R that equals `$rows`; arms beyond the form's rows vanish.
macro_rules! with_rows {
    ($rows:expr, $tile:ident, $($argument:expr),*) => {
        match $rows {
            1 => $tile::<V, 1>($($argument),*),
            2 => $tile::<V, 2>($($argument),*),
            3 => $tile::<V, 3>($($argument),*),
            4 => $tile::<V, 4>($($argument),*),
            5 => $tile::<V, 5>($($argument),*),
            6 => $tile::<V, 6>($($argument),*),
            7 if V::ROWS >= 7 => $tile::<V, 7>($($argument),*),
            8 if V::ROWS >= 8 => $tile::<V, 8>($($argument),*),
            9 if V::ROWS >= 9 => $tile::<V, 9>($($argument),*),
            10 if V::ROWS >= 10 => $tile::<V, 10>($($argument),*),
            11 if V::ROWS >= 11 => $tile::<V, 11>($($argument),*),
            12 if V::ROWS >= 12 => $tile::<V, 12>($($argument),*),
            13 if V::ROWS >= 13 => $tile::<V, 13>($($argument),*),
            14 if V::ROWS >= 14 => $tile::<V, 14>($($argument),*),
            _ => {}
        }
    };
}
pub(crate) use with_rows;

/// M = V U for some tiles, all points, and a group of panels.
pub(crate) struct Multiply {
    /// V, `[point][channels / lanes][tiles][lanes]`
    pub(crate) inputs: *const f32,
    /// Floats from one point of V to the next.
    pub(crate) input_plane: usize,
    /// Rows.
    pub(crate) tiles: usize,
    /// Channels to sum over.
    pub(crate) depth: usize,
    /// U of the first panel of the group, `[panel][point][depth][panel's columns]`
    pub(crate) weights: *const f32,
    /// Floats from one point of U to the next; 36 of them make a panel.
    pub(crate) weight_plane: usize,
    /// M, `[panel][point][tiles][panel's columns]`
    pub(crate) products: *mut f32,
    /// Floats from one point of M to the next.
    pub(crate) product_plane: usize,
    /// Panels of the group.
    pub(crate) panels: usize,
}

impl Kernel for Multiply {
    /// Points outermost, so that V of one point stays near while the group's panels pass; the next panel is asked for
    /// while this one is multiplied.
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let cuts = self.tiles.div_ceil(V::ROWS);
        let columns = 2 * V::LANES;
        for point in 0..POINTS {
            // SAFETY: V, U and M hold 36 planes of the stated strides (fields), all indices stay below the stated counts.
            unsafe {
                let inputs = self.inputs.add(point * self.input_plane);
                for panel in 0..self.panels {
                    let plane = panel * POINTS + point;
                    let weights = self.weights.add(plane * self.weight_plane);
                    let products = self.products.add(plane * self.product_plane);
                    let next = if panel + 1 < self.panels {
                        plane + POINTS
                    } else {
                        point + 1
                    };
                    let next = self.weights.wrapping_add(next * self.weight_plane);
                    for cut in 0..cuts {
                        let rows = part(self.tiles, cuts, cut);
                        let tile = Tile {
                            inputs: inputs.add(rows.start * V::LANES),
                            block: self.tiles * V::LANES,
                            depth: self.depth,
                            weights,
                            products: products.add(rows.start * columns),
                            ahead: next.wrapping_add(cut * self.depth * columns / cuts),
                            ahead_step: columns / cuts,
                        };
                        with_rows!(rows.len(), multiply, tile);
                    }
                }
            }
        }
    }
}

/// A micro-tile of [`Multiply`].
struct Tile {
    inputs: *const f32,
    /// Floats from one block of channels to the next.
    block: usize,
    depth: usize,
    weights: *const f32,
    products: *mut f32,
    /// What to prefetch, and how far to go for each channel.
    ahead: *const f32,
    ahead_step: usize,
}

#[inline(always)]
unsafe fn multiply<V: Vector, const R: usize>(tile: Tile) {
    let columns = 2 * V::LANES;
    // SAFETY: `Multiply` gives R rows of `depth` channels, `depth` rows of a panel and R rows of products.
    unsafe {
        let mut sums = [[V::splat(0.0); 2]; R];
        let (mut inputs, mut weights, mut ahead) = (tile.inputs, tile.weights, tile.ahead);
        let mut left = tile.depth;
        while left > 0 {
            let lanes = left.min(V::LANES);
            for lane in 0..lanes {
                V::prefetch_far(ahead);
                V::prefetch_far(ahead.wrapping_add(tile.ahead_step / 2));
                ahead = ahead.wrapping_add(tile.ahead_step);
                let (low, high) = (V::load(weights), V::load(weights.add(V::LANES)));
                weights = weights.add(columns);
                for (row, sum) in sums.iter_mut().enumerate() {
                    let input = V::splat(*inputs.add(row * V::LANES + lane));
                    sum[0] = sum[0].add_product(input, low);
                    sum[1] = sum[1].add_product(input, high);
                }
            }
            inputs = inputs.add(tile.block);
            left -= lanes;
        }
        for (row, sum) in sums.into_iter().enumerate() {
            sum[0].store(tile.products.add(row * columns));
            sum[1].store(tile.products.add(row * columns + V::LANES));
        }
    }
}

/// dU += Vᵀ Z for some tiles, all points, a block of channels and a group of panels.
pub(crate) struct Accumulate {
    /// V, `[point][tiles][channels]`
    pub(crate) inputs: *const f32,
    /// Floats from one point of V to the next.
    pub(crate) input_plane: usize,
    /// Floats from one tile of V to the next.
    pub(crate) input_row: usize,
    /// Channels, the rows.
    pub(crate) channels: usize,
    /// Tiles to sum over.
    pub(crate) tiles: usize,
    /// Z, `[panel][point][tiles][panel's columns]`
    pub(crate) gradients: *const f32,
    /// Floats from one point of Z to the next; 36 of them make a panel.
    pub(crate) gradient_plane: usize,
    /// dU, `[point][panel][channels][panel's columns]`
    pub(crate) sums: *mut f32,
    /// Floats from one point of dU to the next.
    pub(crate) sum_plane: usize,
    /// Panels of the group.
    pub(crate) panels: usize,
    /// Whether dU holds nothing yet.
    pub(crate) fresh: bool,
}

impl Kernel for Accumulate {
    /// As [`Multiply`]; asked for ahead are the next panel's gradients and the next sums.
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let cuts = self.channels.div_ceil(V::ROWS);
        let columns = 2 * V::LANES;
        for point in 0..POINTS {
            // SAFETY: V, Z and dU hold 36 planes of the stated strides (fields), all indices stay below the stated counts.
            unsafe {
                let inputs = self.inputs.add(point * self.input_plane);
                let sums = self.sums.add(point * self.sum_plane);
                for panel in 0..self.panels {
                    let plane = (panel * POINTS + point) * self.gradient_plane;
                    let next = if panel + 1 < self.panels {
                        plane + POINTS * self.gradient_plane
                    } else {
                        (point + 1) * self.gradient_plane
                    };
                    let next = self.gradients.wrapping_add(next);
                    let sums = sums.add(panel * self.channels * columns);
                    for cut in 0..cuts {
                        let rows = part(self.channels, cuts, cut);
                        let tile = Sum {
                            inputs: inputs.add(rows.start),
                            input_row: self.input_row,
                            tiles: self.tiles,
                            gradients: self.gradients.add(plane),
                            sums: sums.add(rows.start * columns),
                            fresh: self.fresh,
                            ahead: next.wrapping_add(cut * self.tiles * columns / cuts),
                            ahead_step: columns / cuts,
                        };
                        with_rows!(rows.len(), accumulate, tile);
                    }
                }
            }
        }
    }
}

/// A micro-tile of [`Accumulate`].
struct Sum {
    inputs: *const f32,
    input_row: usize,
    tiles: usize,
    gradients: *const f32,
    sums: *mut f32,
    fresh: bool,
    /// What to prefetch, and how far to go for each tile.
    ahead: *const f32,
    ahead_step: usize,
}

#[inline(always)]
unsafe fn accumulate<V: Vector, const R: usize>(tile: Sum) {
    let columns = 2 * V::LANES;
    // SAFETY: `Accumulate` gives `tiles` rows of R channels and of a panel, and R rows of sums.
    unsafe {
        let mut sums = [[V::splat(0.0); 2]; R];
        if !tile.fresh {
            for (row, sum) in sums.iter_mut().enumerate() {
                sum[0] = V::load(tile.sums.add(row * columns));
                sum[1] = V::load(tile.sums.add(row * columns + V::LANES));
            }
        }
        let (mut inputs, mut gradients, mut ahead) = (tile.inputs, tile.gradients, tile.ahead);
        // The next micro-tile's sums follow this one's.
        let mut next_sums = tile.sums.wrapping_add(R * columns).cast_const();
        for _ in 0..tile.tiles {
            V::prefetch_far(next_sums);
            V::prefetch_far(ahead);
            next_sums = next_sums.wrapping_add(LINE);
            ahead = ahead.wrapping_add(tile.ahead_step);
            let (low, high) = (V::load(gradients), V::load(gradients.add(V::LANES)));
            for (row, sum) in sums.iter_mut().enumerate() {
                let input = V::splat(*inputs.add(row));
                sum[0] = sum[0].add_product(input, low);
                sum[1] = sum[1].add_product(input, high);
            }
            gradients = gradients.add(columns);
            inputs = inputs.add(tile.input_row);
        }
        for (row, sum) in sums.into_iter().enumerate() {
            sum[0].store(tile.sums.add(row * columns));
            sum[1].store(tile.sums.add(row * columns + V::LANES));
        }
    }
}
