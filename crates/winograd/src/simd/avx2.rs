//! AVX2 with fused multiply-add: eight lanes in 16 registers, of which a 6 × 2 micro-tile uses 15.

use super::{Arithmetic, Kernel, Vector};
use std::arch::x86_64::{
    __m256, __m256i, _CMP_GT_OQ, _MM_HINT_T0, _MM_HINT_T1, _mm_loadl_epi64, _mm_packs_epi32,
    _mm_packus_epi16, _mm_prefetch, _mm_sfence, _mm_storel_epi64, _mm256_add_ps, _mm256_and_si256,
    _mm256_blendv_ps, _mm256_castsi256_si128, _mm256_cmp_ps, _mm256_cmpeq_epi32,
    _mm256_cvtepu8_epi32, _mm256_cvtps_epi32, _mm256_extracti128_si256, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_maskload_ps, _mm256_maskstore_ps, _mm256_max_ps,
    _mm256_mul_ps, _mm256_set1_epi32, _mm256_set1_ps, _mm256_storeu_ps, _mm256_stream_ps,
    _mm256_sub_ps,
};

/// Eight lanes; a value exists only where AVX2 and FMA were found.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Avx2(__m256);

/// Eight lanes read from `8 - lanes` on are -1 in the first `lanes`.
static MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// The first `lanes` of eight.
///
/// # Safety
/// AVX is available and `lanes` is at most 8.
#[inline(always)]
unsafe fn mask(lanes: usize) -> __m256i {
    // SAFETY: the caller's `lanes` is at most 8, so eight of the sixteen numbers follow.
    unsafe { _mm256_loadu_si256(MASKS.as_ptr().add(8 - lanes).cast()) }
}

impl Arithmetic for Avx2 {
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: `self` proves AVX2.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: `self` proves AVX2.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }
    #[inline(always)]
    fn scale(self, by: f64) -> Self {
        // SAFETY: `self` proves AVX2.
        Self(unsafe { _mm256_mul_ps(self.0, _mm256_set1_ps(by as f32)) })
    }
    #[inline(always)]
    fn add_scaled(self, other: Self, by: f64) -> Self {
        // SAFETY: `self` proves AVX2 and FMA.
        Self(unsafe { _mm256_fmadd_ps(other.0, _mm256_set1_ps(by as f32), self.0) })
    }
}

impl Vector for Avx2 {
    const LANES: usize = 8;
    const ROWS: usize = 6;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller has AVX2.
        Self(unsafe { _mm256_set1_ps(value) })
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller has AVX2 and gives an address of 8 floats.
        Self(unsafe { _mm256_loadu_ps(from) })
    }
    #[inline(always)]
    unsafe fn load_part(from: *const f32, lanes: usize) -> Self {
        // SAFETY: the caller has AVX2 and gives an address of `lanes` floats; lanes off the mask are not touched.
        Self(unsafe { _mm256_maskload_ps(from, mask(lanes)) })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: `self` proves AVX2; the caller gives an address of 8 floats.
        unsafe { _mm256_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn store_part(self, to: *mut f32, lanes: usize) {
        // SAFETY: `self` proves AVX2; the caller gives an address of `lanes` floats, others are not touched.
        unsafe { _mm256_maskstore_ps(to, mask(lanes), self.0) }
    }
    #[inline(always)]
    unsafe fn stream(self, to: *mut f32) {
        // SAFETY: `self` proves AVX2; the caller gives an aligned address of 8 floats.
        unsafe { _mm256_stream_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8, lanes: usize) {
        let mut bytes = [0_u8; 8];
        // SAFETY: `self` proves AVX2; `bytes` holds eight bytes, and the caller's address `lanes` of them.
        unsafe {
            let numbers = _mm256_cvtps_epi32(self.0);
            let words = _mm_packs_epi32(
                _mm256_castsi256_si128(numbers),
                _mm256_extracti128_si256::<1>(numbers),
            );
            _mm_storel_epi64(bytes.as_mut_ptr().cast(), _mm_packus_epi16(words, words));
            if lanes == 8 {
                *to.cast::<[u8; 8]>() = bytes;
            } else {
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, lanes);
            }
        }
    }
    #[inline(always)]
    unsafe fn read_where<const FULL: bool>(
        from: *const f32,
        codes: *const u8,
        code: u8,
        lanes: usize,
    ) -> Self {
        let mut bytes = [0_u8; 8];
        // SAFETY: the caller has AVX2 and gives addresses of `lanes` floats and codes, at most 8; lanes off the mask are
        // not touched.
        unsafe {
            std::ptr::copy_nonoverlapping(codes, bytes.as_mut_ptr(), if FULL { 8 } else { lanes });
            let codes = _mm256_cvtepu8_epi32(_mm_loadl_epi64(bytes.as_ptr().cast()));
            let chosen = _mm256_cmpeq_epi32(codes, _mm256_set1_epi32(i32::from(code)));
            Self(_mm256_maskload_ps(
                from,
                _mm256_and_si256(chosen, mask(lanes)),
            ))
        }
    }
    #[inline(always)]
    fn add_product(self, left: Self, right: Self) -> Self {
        // SAFETY: `self` proves AVX2 and FMA.
        Self(unsafe { _mm256_fmadd_ps(left.0, right.0, self.0) })
    }
    #[inline(always)]
    fn or_larger(self, other: Self) -> Self {
        // SAFETY: `self` proves AVX2. The instruction gives its second operand where one is not a number.
        Self(unsafe { _mm256_max_ps(other.0, self.0) })
    }
    #[inline(always)]
    fn where_greater(self, than: Self, then: Self, otherwise: Self) -> Self {
        // SAFETY: `self` proves AVX2.
        Self(unsafe {
            _mm256_blendv_ps(
                otherwise.0,
                then.0,
                _mm256_cmp_ps::<_CMP_GT_OQ>(self.0, than.0),
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
        // SAFETY: the caller has AVX2 and FMA, and makes the kernel's promise.
        unsafe { with_avx2(kernel) }
    }
}

#[target_feature(enable = "avx2,fma")]
unsafe fn with_avx2<K: Kernel>(kernel: K) {
    // SAFETY: this function carries AVX2 and FMA; the rest is the caller's promise.
    unsafe { kernel.run::<Avx2>() }
}
