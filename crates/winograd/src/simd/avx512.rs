//! AVX-512: sixteen lanes in 32 registers, of which a 14 × 2 micro-tile uses 31.

use super::{Arithmetic, Kernel, Vector};
use std::arch::x86_64::{
    __m512, _CMP_GT_OQ, _MM_HINT_T0, _MM_HINT_T1, _mm_loadu_si128, _mm_prefetch, _mm_sfence,
    _mm512_add_ps, _mm512_cmp_ps_mask, _mm512_cmpeq_epi32_mask, _mm512_cvtepu8_epi32,
    _mm512_cvtps_epi32, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mask_blend_ps,
    _mm512_mask_cvtepi32_storeu_epi8, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_max_ps,
    _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_storeu_ps, _mm512_stream_ps,
    _mm512_sub_ps,
};

/// Sixteen lanes; a value exists only where AVX-512 was found.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Avx512(__m512);

/// The first `lanes` of sixteen.
#[inline(always)]
fn mask(lanes: usize) -> u16 {
    ((1_u32 << lanes) - 1) as u16
}

impl Arithmetic for Avx512 {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: `self` proves AVX-512.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: `self` proves AVX-512.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn scale(self, by: f64) -> Self {
        // SAFETY: `self` proves AVX-512.
        Self(unsafe { _mm512_mul_ps(self.0, _mm512_set1_ps(by as f32)) })
    }
    #[inline(always)]
    fn add_scaled(self, other: Self, by: f64) -> Self {
        // SAFETY: `self` proves AVX-512.
        Self(unsafe { _mm512_fmadd_ps(other.0, _mm512_set1_ps(by as f32), self.0) })
    }
}

impl Vector for Avx512 {
    const LANES: usize = 16;
    const ROWS: usize = 14;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller has AVX-512.
        Self(unsafe { _mm512_set1_ps(value) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller has AVX-512 and gives an address of 16 floats.
        Self(unsafe { _mm512_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, lanes: usize) -> Self {
        // SAFETY: the caller has AVX-512 and gives an address of `lanes` floats; lanes off the mask are not touched.
        Self(unsafe { _mm512_maskz_loadu_ps(mask(lanes), from) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: `self` proves AVX-512; the caller gives an address of 16 floats.
        unsafe { _mm512_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, lanes: usize) {
        // SAFETY: `self` proves AVX-512; the caller gives an address of `lanes` floats, others are not touched.
        unsafe { _mm512_mask_storeu_ps(to, mask(lanes), self.0) }
    }
    #[inline(always)]
    unsafe fn stream(self, to: *mut f32) {
        // SAFETY: `self` proves AVX-512; the caller gives an aligned address of 16 floats.
        unsafe { _mm512_stream_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8, lanes: usize) {
        // SAFETY: `self` proves AVX-512; the caller gives an address of `lanes` bytes, others are not touched.
        unsafe {
            _mm512_mask_cvtepi32_storeu_epi8(to.cast(), mask(lanes), _mm512_cvtps_epi32(self.0))
        }
    }
    #[inline(always)]
    unsafe fn read_where<const FULL: bool>(
        from: *const f32,
        codes: *const u8,
        code: u8,
        lanes: usize,
    ) -> Self {
        let mut bytes = [0_u8; 16];
        // SAFETY: the caller has AVX-512 and gives addresses of `lanes` floats and codes, at most 16; lanes off the mask
        // are not touched.
        unsafe {
            let codes = if FULL {
                _mm_loadu_si128(codes.cast())
            } else {
                std::ptr::copy_nonoverlapping(codes, bytes.as_mut_ptr(), lanes);
                _mm_loadu_si128(bytes.as_ptr().cast())
            };
            let code = _mm512_set1_epi32(i32::from(code));
            let chosen = _mm512_cmpeq_epi32_mask(_mm512_cvtepu8_epi32(codes), code);
            Self(_mm512_maskz_loadu_ps(chosen & mask(lanes), from))
        }
    }
    #[inline(always)]
    fn add_product(self, left: Self, right: Self) -> Self {
        // SAFETY: `self` proves AVX-512.
        Self(unsafe { _mm512_fmadd_ps(left.0, right.0, self.0) })
    }
    #[inline(always)]
    fn or_larger(self, other: Self) -> Self {
        // SAFETY: `self` proves AVX-512. The instruction gives its second operand where one is not a number.
        Self(unsafe { _mm512_max_ps(other.0, self.0) })
    }
    #[inline(always)]
    fn where_greater(self, than: Self, then: Self, otherwise: Self) -> Self {
        // SAFETY: `self` proves AVX-512.
        Self(unsafe {
            _mm512_mask_blend_ps(
                _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, than.0),
                otherwise.0,
                then.0,
            )
        })
    }
    #[inline(always)]
    fn prefetch(at: *const f32) {
        // SAFETY: a prefetch never faults, whatever the address; SSE is part of x86-64.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }
    #[inline(always)]
    fn prefetch_far(at: *const f32) {
        // SAFETY: as above.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(at.cast()) }
    }
    #[inline(always)]
    fn settle() {
        // SAFETY: a fence touches nothing; SSE is part of x86-64.
        unsafe { _mm_sfence() }
    }
    #[inline(always)]
    unsafe fn enter<K: Kernel>(kernel: K) {
        // SAFETY: the caller has AVX-512, and makes the kernel's promise.
        unsafe { with_avx512(kernel) }
    }
}

#[target_feature(enable = "avx512f,avx2,fma")]
unsafe fn with_avx512<K: Kernel>(kernel: K) {
    // SAFETY: this function carries AVX-512; the rest is the caller's promise.
    unsafe { kernel.run::<Avx512>() }
}
