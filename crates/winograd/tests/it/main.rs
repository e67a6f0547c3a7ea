//! The kernels from outside: against plain sums in f64, on every form of this processor.

mod layout;
mod passes;
mod reference;
mod refusals;
mod same_bits;
