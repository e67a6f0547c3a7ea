//! What the processor can do at most: fused multiply-adds on registers alone, against which the passes are measured.

use crate::simd::{Kernel, Ready, Vector};
use crate::threads::share;
use crate::{Error, Form};
use std::time::Instant;

/// Rounds of one item: some milliseconds, so that the time in which a sleeping thread wakes up does not count.
const ROUNDS: usize = 400_000;
/// Sums that do not wait for each other.
const SUMS: usize = 12;

/// Floating-point operations a second of a form on some threads, two for each multiply-add, the best of several runs.
///
/// # Errors
/// A form that this processor lacks, or 0 threads.
pub fn peak_operations(form: Form, threads: usize) -> Result<f64, Error> {
    let ready = Ready::prove(form)?;
    if threads == 0 {
        return Err(Error::Zero { what: "threads" });
    }
    let items = 16 * threads;
    let operations = (items * ROUNDS * SUMS * ready.lanes() * 2) as f64;
    let mut best = 0.0_f64;
    for _ in 0..10 {
        let start = Instant::now();
        share(items, std::iter::repeat_n((), threads), |item, ()| {
            // SAFETY: the kernel touches no memory.
            unsafe {
                ready.run(Sums {
                    factor: item as f32,
                })
            }
        });
        best = best.max(operations / start.elapsed().as_secs_f64());
    }
    Ok(best)
}

/// Sums of products that stay in registers.
struct Sums {
    factor: f32,
}

impl Kernel for Sums {
    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        // SAFETY: the caller has the form; the array has a place for every lane.
        unsafe {
            let factor = V::splat(std::hint::black_box(self.factor));
            let mut sums = [factor; SUMS];
            for _ in 0..ROUNDS {
                for sum in &mut sums {
                    *sum = sum.add_product(*sum, factor);
                }
            }
            let mut out = [0.0_f32; 16];
            for sum in sums {
                sum.store(out.as_mut_ptr());
                std::hint::black_box(&mut out);
            }
        }
    }
}
