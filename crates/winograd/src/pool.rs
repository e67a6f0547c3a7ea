//! The gradient of 2 × 2 max-pooling and of the ReLU before it, by the stored choice, spread out.
//!
//! The passes need it not, they spread out [`crate::OutputGradient::Pooled`] while they read it; it serves whatever else
//! comes after a pooled convolution, and checks them.

use crate::memory::Shared;
use crate::shape::Shape;
use crate::simd::{Kernel, Ready, Vector};
use crate::threads::share;
use crate::{Error, Form, check_length};

/// Gradient of the pooled outputs to gradient of the convolution's outputs, before ReLU and pooling.
///
/// Each value goes to the place that `choice` names, all else is 0; where the choice is [`crate::INACTIVE`], or the row or
/// column was an odd last one, nothing arrives.
///
/// # Errors
/// A dimension of 0, or a slice of another length than the shape asks for.
pub fn pool_backward(
    shape: Shape,
    pooled_gradient: &[f32],
    choice: &[u8],
    output_gradient: &mut [f32],
) -> Result<(), Error> {
    shape.check()?;
    check_length("pooled gradient", pooled_gradient.len(), shape.pooled_len())?;
    check_length("choice", choice.len(), shape.pooled_len())?;
    check_length("output gradient", output_gradient.len(), shape.output_len())?;
    let ready = Ready::prove(Form::detect())?;
    let pairs = shape.height.div_ceil(2);
    let output = Shared::new(output_gradient);
    let workers = std::iter::repeat_n((), rayon::current_num_threads());
    share(shape.batch * pairs, workers, |item, ()| {
        let (image, top) = (item / pairs, item % pairs * 2);
        let rows = 2.min(shape.height - top);
        let values = shape.width * shape.outputs;
        let first = (image * shape.height + top) * values;
        // SAFETY: the rows lie in the gradient, whose length was checked; each item has its own.
        let output =
            unsafe { std::slice::from_raw_parts_mut(output.pointer().add(first), rows * values) };
        let pooled = shape.width / 2 * shape.outputs;
        let from = (image * (shape.height / 2) + top / 2) * pooled;
        let pooled = if rows == 2 { from..from + pooled } else { 0..0 };
        let job = Spread {
            shape,
            gradient: &pooled_gradient[pooled.clone()],
            choice: &choice[pooled],
            output,
        };
        // SAFETY: the job holds slices only.
        unsafe { ready.run(job) }
    });
    Ok(())
}

/// One pooled row to two rows.
struct Spread<'a> {
    shape: Shape,
    gradient: &'a [f32],
    choice: &'a [u8],
    output: &'a mut [f32],
}

impl Kernel for Spread<'_> {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Shape { width, outputs, .. } = self.shape;
        let (above, below) = self.output.split_at_mut(width * outputs);
        if below.is_empty() {
            above.fill(0.0);
            return;
        }
        let paired = width / 2 * 2 * outputs;
        above[paired..].fill(0.0);
        below[paired..].fill(0.0);
        let pixels = self
            .gradient
            .chunks_exact(outputs)
            .zip(self.choice.chunks_exact(outputs));
        let pairs = above
            .chunks_exact_mut(2 * outputs)
            .zip(below.chunks_exact_mut(2 * outputs));
        for ((gradient, choice), (above, below)) in pixels.zip(pairs) {
            let (first, second) = above.split_at_mut(outputs);
            let (third, fourth) = below.split_at_mut(outputs);
            for (place, to) in [first, second, third, fourth].into_iter().enumerate() {
                for ((to, &gradient), &choice) in to.iter_mut().zip(gradient).zip(choice) {
                    *to = if usize::from(choice) == place {
                        gradient
                    } else {
                        0.0
                    };
                }
            }
        }
    }
}
