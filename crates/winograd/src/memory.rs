//! Memory of the kernels: buffers that start on a cache line, scratch that is reused, pointers that threads share.
//!
//! A vector that straddles two cache lines costs two reads; a `Vec<f32>` starts wherever the allocator likes.

/// Floats in a cache line; every region of scratch is a multiple of it.
pub(crate) const LINE: usize = 16;

/// One cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

/// Floats that start on a cache line.
#[derive(Clone, Default)]
pub(crate) struct Buffer {
    lines: Vec<Line>,
}

impl Buffer {
    /// At least `floats` floats; what a buffer held before stays or is lost, so nobody may rely on it.
    pub(crate) fn reserve(&mut self, floats: usize) -> &mut [f32] {
        let lines = floats.div_ceil(LINE);
        if self.lines.len() < lines {
            self.lines = vec![Line([0.0; LINE]); lines];
        }
        &mut self.as_mut_slice()[..floats]
    }

    /// All floats of the buffer.
    pub(crate) fn as_slice(&self) -> &[f32] {
        // SAFETY: `Line` is 16 floats without padding (repr C, 64 bytes), so the lines are as many floats in a row.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.lines.len() * LINE) }
    }

    /// All floats of the buffer.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [f32] {
        let floats = self.lines.len() * LINE;
        // SAFETY: as in `as_slice`; `self` is borrowed mutably for as long as the slice lives.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), floats) }
    }
}

/// Working memory of the passes: grows to the largest need and is reused from call to call.
///
/// One scratch serves every plan, one call at a time. [`crate::Plan::scratch_bytes`] says how much a plan needs.
#[derive(Default)]
pub struct Scratch {
    buffer: Buffer,
}

impl Scratch {
    /// Empty scratch; the first call makes it grow.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes that it holds now.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(self.buffer.as_slice())
    }

    /// Overwrites all that it holds, so that a test can prove that no pass reads what an earlier one left.
    pub fn fill(&mut self, value: f32) {
        self.buffer.as_mut_slice().fill(value);
    }

    /// `floats` floats with unknown contents.
    pub(crate) fn take(&mut self, floats: usize) -> &mut [f32] {
        self.buffer.reserve(floats)
    }
}

/// A place that several threads write to, each an own part of it.
pub(crate) struct Shared<T>(*mut T);

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shared<T> {}

// SAFETY: the pointer alone can do nothing; who reads or writes through it must show that no other thread writes there.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    /// The start of a slice.
    pub(crate) fn new(slice: &mut [T]) -> Self {
        Self(slice.as_mut_ptr())
    }

    /// No place at all.
    pub(crate) fn none() -> Self {
        Self(std::ptr::null_mut())
    }

    /// The address of the first value.
    #[inline(always)]
    pub(crate) fn pointer(self) -> *mut T {
        self.0
    }
}

/// The next multiple of a cache line.
pub(crate) const fn whole_lines(floats: usize) -> usize {
    floats.next_multiple_of(LINE)
}
