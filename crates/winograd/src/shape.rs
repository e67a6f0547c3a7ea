//! The shape of a convolution, its tensors' lengths, and its cut into tiles of 4 × 4 outputs.

use crate::Error;
use crate::transform::TILE;

/// A 3 × 3 convolution, stride 1, padding 1: `[batch][row][column][input]` to `[batch][row][column][output]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Images, at least 1.
    pub batch: usize,
    /// Rows of an image, at least 1.
    pub height: usize,
    /// Columns of an image, at least 1.
    pub width: usize,
    /// Channels of the input, at least 1.
    pub inputs: usize,
    /// Channels of the output, at least 1.
    pub outputs: usize,
}

impl Shape {
    /// Refuses empty dimensions, and sizes that an address cannot hold with room for the transforms.
    pub(crate) fn check(self) -> Result<(), Error> {
        let dimensions = [
            ("batch", self.batch),
            ("height", self.height),
            ("width", self.width),
            ("inputs", self.inputs),
            ("outputs", self.outputs),
        ];
        for (what, size) in dimensions {
            if size == 0 {
                return Err(Error::Zero { what });
            }
        }
        // Tiles reach over the border and channels are filled up to a panel; 36 points of 4 bytes each. 2⁴ is to spare.
        let product = |sizes: &[usize]| {
            sizes
                .iter()
                .try_fold(1_usize << 16, |product, &size| {
                    product.checked_mul(size.checked_add(64)?)
                })
                .filter(|&bytes| isize::try_from(bytes).is_ok())
        };
        let image = [self.batch, self.height, self.width];
        let each = [
            product(&[image[0], image[1], image[2], self.inputs]),
            product(&[image[0], image[1], image[2], self.outputs]),
            product(&[self.inputs, self.outputs]),
        ];
        if each.contains(&None) {
            return Err(Error::TooLarge);
        }
        Ok(())
    }

    /// Values of the input.
    #[must_use]
    pub fn input_len(&self) -> usize {
        self.pixels() * self.inputs
    }

    /// Values of the output.
    #[must_use]
    pub fn output_len(&self) -> usize {
        self.pixels() * self.outputs
    }

    /// Values of the output after 2 × 2 max-pooling, where an odd last row or column is dropped.
    #[must_use]
    pub fn pooled_len(&self) -> usize {
        self.batch * (self.height / 2) * (self.width / 2) * self.outputs
    }

    /// Values of the weights, `[3][3][input][output]`.
    #[must_use]
    pub fn weight_len(&self) -> usize {
        9 * self.inputs * self.outputs
    }

    /// Floating-point operations of one pass by the plain method, border products counted as well.
    #[must_use]
    pub fn direct_operations(&self) -> f64 {
        18.0 * self.pixels() as f64 * self.inputs as f64 * self.outputs as f64
    }

    /// Pixels of all images.
    pub(crate) fn pixels(&self) -> usize {
        self.batch * self.height * self.width
    }

    /// The convolution that carries gradients back: outputs to inputs.
    pub(crate) fn reversed(self) -> Self {
        Self {
            inputs: self.outputs,
            outputs: self.inputs,
            ..self
        }
    }

    /// Tiles in a row of tiles.
    pub(crate) fn tile_columns(&self) -> usize {
        self.width.div_ceil(TILE)
    }

    /// Tiles of all images.
    pub(crate) fn tiles(&self) -> usize {
        self.batch * self.height.div_ceil(TILE) * self.tile_columns()
    }

    /// Image, first row and first column of a tile's outputs.
    #[inline(always)]
    pub(crate) fn tile(&self, index: usize) -> (usize, usize, usize) {
        let columns = self.tile_columns();
        let rows = self.height.div_ceil(TILE);
        let (row, column) = (index / columns, index % columns);
        (row / rows, row % rows * TILE, column * TILE)
    }
}
