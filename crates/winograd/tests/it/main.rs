//! The kernels from outside: against plain sums in f64, on every form of this processor.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may stop where it stands, in functions that tests share as well"
)]

mod layout;
mod passes;
mod reference;
mod refusals;
mod same_bits;
