//! Where a pass reads its pixels: a tensor, or a pooled gradient that is spread out while it is read.
//!
//! The gradient before 2 × 2 max-pooling has four times the values of the one after it, three quarters of them 0; it is
//! never stored. A pixel's channels are those of its pooled pixel whose choice names the pixel's place.

use crate::shape::Shape;
use crate::simd::Vector;
use crate::{Error, check_length};

/// Gradient of a convolution's outputs, before any ReLU or pooling.
#[derive(Debug, Clone, Copy)]
pub enum OutputGradient<'a> {
    /// `[batch][row][column][output]`
    Plain(&'a [f32]),
    /// Of pooled outputs, `[batch][row / 2][column / 2][output]`, with the choice that
    /// [`crate::Plan::forward_pooled`] stored.
    Pooled {
        /// The gradient.
        values: &'a [f32],
        /// Where each value came from.
        choice: &'a [u8],
    },
}

impl OutputGradient<'_> {
    /// Whether the lengths are those of the outputs of a shape.
    pub(crate) fn check(&self, shape: Shape) -> Result<(), Error> {
        match self {
            Self::Plain(values) => {
                check_length("output gradient", values.len(), shape.output_len())
            }
            Self::Pooled { values, choice } => {
                check_length("pooled gradient", values.len(), shape.pooled_len())?;
                check_length("choice", choice.len(), shape.pooled_len())
            }
        }
    }
}

/// A tensor whose length fits the shape that it is read with.
pub(crate) type Source<'a> = OutputGradient<'a>;

/// Some channels of one pixel.
#[derive(Clone, Copy)]
pub(crate) struct Pixel {
    values: *const f32,
    /// Null where all values count.
    choice: *const u8,
}

impl Pixel {
    /// A pixel of a tensor.
    #[inline(always)]
    pub(crate) fn plain(values: *const f32) -> Self {
        Self {
            values,
            choice: std::ptr::null(),
        }
    }

    /// The channels from `channel` on; of a pooled pixel, zeros where another place than `place` was chosen.
    ///
    /// # Safety
    /// The pixel has `lanes` channels from there on.
    #[inline(always)]
    pub(crate) unsafe fn read<V: Vector, const POOLED: bool, const FULL: bool>(
        self,
        place: usize,
        channel: usize,
        lanes: usize,
    ) -> V {
        let values = self.values.wrapping_add(channel);
        // SAFETY: the caller's promise; a pooled pixel has as many choices as values.
        unsafe {
            if POOLED {
                V::read_where::<FULL>(
                    values,
                    self.choice.wrapping_add(channel),
                    place as u8,
                    lanes,
                )
            } else {
                V::read::<FULL>(values, lanes)
            }
        }
    }

    /// Asks for the value `offset` further on.
    #[inline(always)]
    pub(crate) fn prefetch<V: Vector>(self, offset: usize) {
        V::prefetch(self.values.wrapping_add(offset));
    }
}

impl Source<'_> {
    /// One value.
    #[inline(always)]
    pub(crate) fn value(
        &self,
        (height, width, channels): (usize, usize, usize),
        [image, y, x, channel]: [usize; 4],
    ) -> f32 {
        match self {
            Self::Plain(values) => values[((image * height + y) * width + x) * channels + channel],
            Self::Pooled { values, choice } => {
                if y / 2 >= height / 2 || x / 2 >= width / 2 {
                    return 0.0;
                }
                let pixel = (image * (height / 2) + y / 2) * (width / 2) + x / 2;
                let at = pixel * channels + channel;
                if usize::from(choice[at]) == y % 2 * 2 + x % 2 {
                    values[at]
                } else {
                    0.0
                }
            }
        }
    }

    /// A pixel of an image, or of a pooled one, whose row and column may have wrapped below 0: zeros outside.
    ///
    /// # Safety
    /// The size is the tensor's, the image one of the batch; `zeros` has as many floats as a pixel has channels.
    #[inline(always)]
    pub(crate) unsafe fn pixel(
        &self,
        (height, width, channels): (usize, usize, usize),
        [image, y, x]: [usize; 3],
        zeros: *const f32,
    ) -> Pixel {
        if y >= height || x >= width {
            return Pixel {
                values: zeros,
                choice: zeros.cast(),
            };
        }
        let at = ((image * height + y) * width + x) * channels;
        // SAFETY: the pixel lies in the image.
        unsafe {
            match self {
                Self::Plain(values) => Pixel::plain(values.as_ptr().add(at)),
                Self::Pooled { values, choice } => Pixel {
                    values: values.as_ptr().add(at),
                    choice: choice.as_ptr().add(at),
                },
            }
        }
    }
}
