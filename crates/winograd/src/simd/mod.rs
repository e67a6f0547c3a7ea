//! The instruction sets: one small vector type for each, one body of code for all, one detection at run time.
//!
//! A [`Kernel`] is written once over [`Vector`]. [`Ready::run`] compiles it into a function that carries the
//! instruction set (`#[target_feature]`), so that a build for plain x86-64 still runs AVX-512 where the processor has
//! it. The kernels and all that they call must be `#[inline(always)]`: only then do they take on the set of that function.
//!
//! A value of a vector type exists only where its form was found, since every constructor is `unsafe`; that is why its
//! arithmetic is safe.

mod portable;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;

use crate::Error;

/// What the transforms need; also carried out by `f64` in their tests.
pub(crate) trait Arithmetic: Copy {
    /// `self + other`
    fn add(self, other: Self) -> Self;
    /// `self - other`
    fn sub(self, other: Self) -> Self;
    /// `self * by`
    fn scale(self, by: f64) -> Self;
    /// `self + other * by`
    fn add_scaled(self, other: Self, by: f64) -> Self;
}

/// A register of float32 lanes.
///
/// # Safety
/// Constructors and memory operations need the form's instructions and valid addresses for the lanes that they touch.
pub(crate) trait Vector: Arithmetic {
    /// Lanes of a register.
    const LANES: usize;
    /// Rows of the product's micro-tile: `2 * ROWS` sums, two operands and one broadcast fit the registers.
    const ROWS: usize;

    /// Every lane `value`.
    unsafe fn splat(value: f32) -> Self;
    /// The lanes from an address of any alignment.
    unsafe fn load(from: *const f32) -> Self;
    /// The first `lanes` lanes, the others 0.
    unsafe fn load_part(from: *const f32, lanes: usize) -> Self;
    /// The lanes to an address of any alignment.
    unsafe fn store(self, to: *mut f32);
    /// The first `lanes` lanes.
    unsafe fn store_part(self, to: *mut f32, lanes: usize);
    /// The lanes past the caches, to an address on a multiple of the register's size; others see them after
    /// [`Vector::settle`].
    unsafe fn stream(self, to: *mut f32);
    /// The first `lanes` lanes, whole numbers below 128, as bytes.
    unsafe fn store_bytes(self, to: *mut u8, lanes: usize);

    /// `self + left * right`
    fn add_product(self, left: Self, right: Self) -> Self;
    /// The larger of both; `self` where it is not a number.
    fn or_larger(self, other: Self) -> Self;
    /// `then` where `self > than`, else `otherwise`.
    fn where_greater(self, than: Self, then: Self, otherwise: Self) -> Self;

    /// Asks for a cache line that will be used at once; any address will do.
    #[inline(always)]
    fn prefetch(_at: *const f32) {}

    /// Asks for a cache line that will be used in a while.
    #[inline(always)]
    fn prefetch_far(_at: *const f32) {}

    /// Ends a run of [`Vector::stream`].
    #[inline(always)]
    fn settle() {}

    /// Runs a kernel inside a function that carries the form's instructions.
    unsafe fn enter<K: Kernel>(kernel: K);

    /// All lanes, or the first `lanes`.
    #[inline(always)]
    unsafe fn read<const FULL: bool>(from: *const f32, lanes: usize) -> Self {
        // SAFETY: the caller's promise is that of both.
        unsafe {
            if FULL {
                Self::load(from)
            } else {
                Self::load_part(from, lanes)
            }
        }
    }

    /// All lanes, or the first `lanes`, where their code is `code`; 0 elsewhere.
    #[inline(always)]
    unsafe fn read_where<const FULL: bool>(
        from: *const f32,
        codes: *const u8,
        code: u8,
        lanes: usize,
    ) -> Self {
        let mut values = [0.0; 16];
        for (lane, value) in values.iter_mut().enumerate().take(lanes) {
            // SAFETY: the caller gives addresses of `lanes` floats and codes, at most 16.
            unsafe {
                if *codes.add(lane) == code {
                    *value = *from.add(lane);
                }
            }
        }
        // SAFETY: no register has more than 16 lanes.
        unsafe { Self::load(values.as_ptr()) }
    }

    /// All lanes, or the first `lanes`.
    #[inline(always)]
    unsafe fn write<const FULL: bool>(self, to: *mut f32, lanes: usize) {
        // SAFETY: the caller's promise is that of both.
        unsafe {
            if FULL {
                self.store(to);
            } else {
                self.store_part(to, lanes);
            }
        }
    }
}

/// A piece of work over any vector type.
pub(crate) trait Kernel {
    /// # Safety
    /// The form's instructions are available, and what the fields point to is as their comments say.
    unsafe fn run<V: Vector>(self);
}

/// An instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// Plain Rust, on every processor.
    Portable,
    /// NEON of 64-bit ARM: 4 lanes.
    Neon,
    /// AVX2 with fused multiply-add of x86-64: 8 lanes.
    Avx2,
    /// AVX-512 of x86-64: 16 lanes.
    Avx512,
}

impl Form {
    /// All forms, slowest first.
    pub const ALL: [Self; 4] = [Self::Portable, Self::Neon, Self::Avx2, Self::Avx512];

    /// The fastest form of this processor.
    #[must_use]
    pub fn detect() -> Self {
        let mut best = Self::Portable;
        for form in Self::ALL {
            if form.is_available() {
                best = form;
            }
        }
        best
    }

    /// Whether this processor can run it.
    #[must_use]
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            Self::Neon => cfg!(target_arch = "aarch64"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => is_x86_feature_detected!("avx512f"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx2 | Self::Avx512 => false,
        }
    }

    /// The name, as [`std::fmt::Display`] gives it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Neon => "neon",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

impl std::fmt::Display for Form {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.name())
    }
}

/// A form that this processor was found to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ready(Form);

impl Ready {
    /// Proves a form, or says that the processor lacks it.
    pub(crate) fn prove(form: Form) -> Result<Self, Error> {
        if form.is_available() {
            Ok(Self(form))
        } else {
            Err(Error::Unavailable { form })
        }
    }

    pub(crate) fn form(self) -> Form {
        self.0
    }

    /// Lanes of its register.
    pub(crate) fn lanes(self) -> usize {
        match self.0 {
            Form::Portable => portable::Portable::LANES,
            Form::Neon => 4,
            Form::Avx2 => 8,
            Form::Avx512 => 16,
        }
    }

    /// Outputs of a panel: two registers.
    pub(crate) fn panel(self) -> usize {
        2 * self.lanes()
    }

    /// Runs a kernel with this form's instructions.
    ///
    /// # Safety
    /// What the kernel's fields point to is as their comments say.
    pub(crate) unsafe fn run<K: Kernel>(self, kernel: K) {
        // SAFETY: the form was proved when `self` was made; the rest is the caller's promise.
        unsafe {
            match self.0 {
                #[cfg(target_arch = "x86_64")]
                Form::Avx512 => avx512::Avx512::enter(kernel),
                #[cfg(target_arch = "x86_64")]
                Form::Avx2 => avx2::Avx2::enter(kernel),
                #[cfg(target_arch = "aarch64")]
                Form::Neon => neon::Neon::enter(kernel),
                _ => portable::Portable::enter(kernel),
            }
        }
    }
}

#[cfg(test)]
impl Arithmetic for f64 {
    fn add(self, other: Self) -> Self {
        self + other
    }
    fn sub(self, other: Self) -> Self {
        self - other
    }
    fn scale(self, by: f64) -> Self {
        self * by
    }
    fn add_scaled(self, other: Self, by: f64) -> Self {
        self + other * by
    }
}

#[cfg(test)]
mod tests;
