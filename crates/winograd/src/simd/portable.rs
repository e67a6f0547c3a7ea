//! Plain Rust: four lanes that the compiler turns into whatever the target has.
//!
//! The product is not fused: a fused one without the instruction is a slow library call.

use super::{Arithmetic, Kernel, Vector};

/// Four lanes.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub(crate) struct Portable([f32; 4]);

#[inline(always)]
fn lanes(value: impl Fn(usize) -> f32) -> Portable {
    Portable([value(0), value(1), value(2), value(3)])
}

impl Arithmetic for Portable {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        lanes(|i| self.0[i] + other.0[i])
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        lanes(|i| self.0[i] - other.0[i])
    }
    #[inline(always)]
    fn scale(self, by: f64) -> Self {
        lanes(|i| self.0[i] * by as f32)
    }
    #[inline(always)]
    fn add_scaled(self, other: Self, by: f64) -> Self {
        lanes(|i| self.0[i] + other.0[i] * by as f32)
    }
}

impl Vector for Portable {
    const LANES: usize = 4;
    const ROWS: usize = 6;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Self([value; 4])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller gives an address of four floats; an array of floats has a float's alignment.
        Self(unsafe { *from.cast::<[f32; 4]>() })
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, lanes: usize) -> Self {
        let mut values = [0.0; 4];
        for (lane, value) in values.iter_mut().enumerate().take(lanes) {
            // SAFETY: the caller gives an address of `lanes` floats.
            *value = unsafe { *from.add(lane) };
        }
        Self(values)
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller gives an address of four floats.
        unsafe { *to.cast::<[f32; 4]>() = self.0 }
    }
    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, lanes: usize) {
        for (lane, value) in self.0.into_iter().enumerate().take(lanes) {
            // SAFETY: the caller gives an address of `lanes` floats.
            unsafe { *to.add(lane) = value }
        }
    }
    #[inline(always)]
    unsafe fn stream(self, to: *mut f32) {
        // SAFETY: the caller's promise is more than `store` asks for.
        unsafe { self.store(to) }
    }
    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8, lanes: usize) {
        for (lane, value) in self.0.into_iter().enumerate().take(lanes) {
            // SAFETY: the caller gives an address of `lanes` bytes.
            unsafe { *to.add(lane) = value as u8 }
        }
    }
    #[inline(always)]
    fn add_product(self, left: Self, right: Self) -> Self {
        lanes(|i| self.0[i] + left.0[i] * right.0[i])
    }
    #[inline(always)]
    fn or_larger(self, other: Self) -> Self {
        lanes(|i| {
            if other.0[i] > self.0[i] {
                other.0[i]
            } else {
                self.0[i]
            }
        })
    }
    #[inline(always)]
    fn where_greater(self, than: Self, then: Self, otherwise: Self) -> Self {
        lanes(|i| {
            if self.0[i] > than.0[i] {
                then.0[i]
            } else {
                otherwise.0[i]
            }
        })
    }
    unsafe fn enter<K: Kernel>(kernel: K) {
        // SAFETY: the caller's promise.
        unsafe { kernel.run::<Self>() }
    }
}
