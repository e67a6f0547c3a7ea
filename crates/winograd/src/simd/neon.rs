//! NEON, part of every 64-bit ARM: four lanes in 32 registers, of which a 14 × 2 micro-tile uses 31.

use super::{Arithmetic, Kernel, Vector};
use std::arch::aarch64::{
    float32x4_t, vaddq_f32, vbslq_f32, vcgtq_f32, vdupq_n_f32, vfmaq_f32, vld1q_f32, vmulq_f32,
    vst1q_f32, vsubq_f32,
};

/// Four lanes.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Neon(float32x4_t);

impl Arithmetic for Neon {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: NEON is part of the target.
        Self(unsafe { vaddq_f32(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: NEON is part of the target.
        Self(unsafe { vsubq_f32(self.0, other.0) })
    }
    #[inline(always)]
    fn scale(self, by: f64) -> Self {
        // SAFETY: NEON is part of the target.
        Self(unsafe { vmulq_f32(self.0, vdupq_n_f32(by as f32)) })
    }
    #[inline(always)]
    fn add_scaled(self, other: Self, by: f64) -> Self {
        // SAFETY: NEON is part of the target.
        Self(unsafe { vfmaq_f32(self.0, other.0, vdupq_n_f32(by as f32)) })
    }
}

impl Neon {
    #[inline(always)]
    fn lanes(self) -> [f32; 4] {
        let mut values = [0.0; 4];
        // SAFETY: `values` holds four floats.
        unsafe { vst1q_f32(values.as_mut_ptr(), self.0) };
        values
    }
}

impl Vector for Neon {
    const LANES: usize = 4;
    const ROWS: usize = 14;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: NEON is part of the target.
        Self(unsafe { vdupq_n_f32(value) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller gives an address of four floats.
        Self(unsafe { vld1q_f32(from) })
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, lanes: usize) -> Self {
        let mut values = [0.0; 4];
        // SAFETY: the caller gives an address of `lanes` floats, at most four.
        unsafe {
            std::ptr::copy_nonoverlapping(from, values.as_mut_ptr(), lanes);
            Self::load(values.as_ptr())
        }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller gives an address of four floats.
        unsafe { vst1q_f32(to, self.0) }
    }
    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, lanes: usize) {
        // SAFETY: the caller gives an address of `lanes` floats, at most four.
        unsafe { std::ptr::copy_nonoverlapping(self.lanes().as_ptr(), to, lanes) }
    }
    #[inline(always)]
    unsafe fn stream(self, to: *mut f32) {
        // SAFETY: the caller's promise is more than `store` asks for.
        unsafe { self.store(to) }
    }
    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8, lanes: usize) {
        for (lane, value) in self.lanes().into_iter().enumerate().take(lanes) {
            // SAFETY: the caller gives an address of `lanes` bytes.
            unsafe { *to.add(lane) = value as u8 }
        }
    }
    #[inline(always)]
    fn add_product(self, left: Self, right: Self) -> Self {
        // SAFETY: NEON is part of the target.
        Self(unsafe { vfmaq_f32(self.0, left.0, right.0) })
    }
    #[inline(always)]
    fn or_larger(self, other: Self) -> Self {
        other.where_greater(self, other, self)
    }
    #[inline(always)]
    fn where_greater(self, than: Self, then: Self, otherwise: Self) -> Self {
        // SAFETY: NEON is part of the target.
        Self(unsafe { vbslq_f32(vcgtq_f32(self.0, than.0), then.0, otherwise.0) })
    }
    #[inline(always)]
    unsafe fn enter<K: Kernel>(kernel: K) {
        // SAFETY: NEON is part of the target; the rest is the caller's promise.
        unsafe { with_neon(kernel) }
    }
}

#[target_feature(enable = "neon")]
unsafe fn with_neon<K: Kernel>(kernel: K) {
    // SAFETY: this function carries NEON; the rest is the caller's promise.
    unsafe { kernel.run::<Neon>() }
}
