//! From the bands of a tile to its samples.
//!
//! In: the resolutions of each component, with the coefficients of their bands. Out: the tile's part of the picture. All
//! levels but the last are transformed as a whole; the last, which has three quarters of all coefficients, in runs of rows,
//! whose colours are mixed and which are rounded while they are in the cache.
//!
//! Source: ITU-T T.800 annex G (colours, level shift). Rounding to the nearest even number is OpenJPEG's.

use std::ops::Range;

use fearless_simd::{Level as Simd, dispatch};
use rayon::prelude::*;

use super::wavelet::{Coefficient, Level, Lines, Plane};

/// How many pieces of work a thread takes at least: all of them where the caller is itself one of many threads that
/// decode a file each, since a thread that waits for its pieces would begin with the next file, and hold both.
pub(super) fn pieces_at_least() -> usize {
    rayon::current_thread_index().map_or(1, |_| usize::MAX)
}

/// Rows of a run: few enough for the cache, many beside those that are computed twice.
const ROWS: usize = 64;

/// All coefficients of one component.
pub(super) struct Pyramid<T> {
    pub lowest: Plane<T>,
    /// The lowest first; the first band of each is empty until it is known.
    pub levels: Vec<Level<T>>,
}

/// The last level, or a picture without any.
enum Last<T> {
    Level(Level<T>),
    Plane(Plane<T>),
}

impl<T: Coefficient> Pyramid<T> {
    fn collapse(self) -> Last<T> {
        let mut plane = self.lowest;
        let count = self.levels.len();
        for (number, mut level) in self.levels.into_iter().enumerate() {
            level.bands[0] = plane;
            if number + 1 == count {
                return Last::Level(level);
            }
            plane = whole(&level);
        }
        Last::Plane(plane)
    }
}

fn whole<T: Coefficient>(level: &Level<T>) -> Plane<T> {
    let mut values = vec![T::default(); level.width * level.height];
    if !values.is_empty() {
        let runs = values.par_chunks_mut(ROWS * level.width).enumerate();
        let runs = runs.with_min_len(pieces_at_least());
        runs.for_each_init(Lines::default, |lines, (run, out)| {
            let first = run * ROWS;
            let wanted = first..first + out.len() / level.width;
            synthesise(level, wanted, lines, out);
        });
    }
    Plane {
        width: level.width,
        values,
    }
}

fn synthesise<T: Coefficient>(
    level: &Level<T>,
    wanted: Range<usize>,
    lines: &mut Lines<T>,
    out: &mut [T],
) {
    let simd = Simd::new();
    dispatch!(simd, _simd => level.synthesise(wanted, lines, out));
}

/// A value that the transforms end with.
pub(super) trait Sample: Coefficient {
    /// Undoes the colour transform of three rows.
    fn mix(colours: &mut [Vec<Self>]);
    /// The nearest whole number, raised by `shift`, within limits.
    fn rounded(self, shift: i32, limits: (i32, i32)) -> i32;
}

impl Sample for i32 {
    #[inline(always)]
    fn mix(colours: &mut [Vec<i32>]) {
        if let [first, second, third, ..] = colours {
            for ((y, u), v) in first.iter_mut().zip(second).zip(third) {
                let green = y.wrapping_sub(u.wrapping_add(*v) >> 2);
                (*y, *u, *v) = (v.wrapping_add(green), green, u.wrapping_add(green));
            }
        }
    }

    #[inline(always)]
    fn rounded(self, shift: i32, (least, most): (i32, i32)) -> i32 {
        self.wrapping_add(shift).clamp(least, most)
    }
}

impl Sample for f32 {
    #[inline(always)]
    fn mix(colours: &mut [Vec<f32>]) {
        if let [first, second, third, ..] = colours {
            for ((y, u), v) in first.iter_mut().zip(second).zip(third) {
                let red = *y + *v * 1.402;
                let green = *y - *u * 0.34413 - *v * 0.71414;
                let blue = *y + *u * 1.772;
                (*y, *u, *v) = (red, green, blue);
            }
        }
    }

    #[inline(always)]
    fn rounded(self, shift: i32, (least, most): (i32, i32)) -> i32 {
        // Adding 1.5 × 2^23 leaves no fraction bits, and rounds as the processor does.
        const MAGIC: f32 = 12_582_912.0;
        let rounded = self.clamp(-1e6, 1e6) + MAGIC;
        let whole = (rounded.to_bits() as i32).wrapping_sub(MAGIC.to_bits() as i32);
        whole.wrapping_add(shift).clamp(least, most)
    }
}

/// Where a tile lies in the picture, and how its samples are stored.
pub(super) struct Target {
    /// Of the picture, in samples of one colour.
    pub width: usize,
    pub left: usize,
    pub top: usize,
    pub tile_width: usize,
    pub tile_height: usize,
    pub precision: u16,
    pub signed: bool,
    pub has_colour_transform: bool,
}

pub(super) fn reconstruct<T: Sample>(
    components: Vec<Pyramid<T>>,
    target: &Target,
    samples: &mut [u16],
) {
    let count = components.len();
    let lasts: Vec<Last<T>> = components.into_iter().map(Pyramid::collapse).collect();
    let pitch = target.width * count;
    let rows = &mut samples[target.top * pitch..][..target.tile_height * pitch];
    let runs = rows.par_chunks_mut(ROWS * pitch).enumerate();
    runs.with_min_len(pieces_at_least()).for_each_init(
        || (Lines::default(), vec![Vec::new(); count]),
        |(lines, colours), (run, out)| {
            let first = run * ROWS;
            let wanted = first..first + out.len() / pitch;
            for (last, values) in lasts.iter().zip(colours.iter_mut()) {
                values.resize(wanted.len() * target.tile_width, T::default());
                match last {
                    Last::Level(level) => synthesise(level, wanted.clone(), lines, values),
                    Last::Plane(plane) => {
                        let part = &plane.values[first * plane.width..];
                        values.copy_from_slice(&part[..wanted.len() * plane.width]);
                    }
                }
            }
            let simd = Simd::new();
            dispatch!(simd, _simd => write(colours, target, out));
        },
    );
}

/// Mixes the colours of some rows, and stores them.
#[inline(always)]
fn write<T: Sample>(colours: &mut [Vec<T>], target: &Target, out: &mut [u16]) {
    if target.has_colour_transform {
        T::mix(colours);
    }
    let count = colours.len();
    let half = 1 << (target.precision - 1);
    let (shift, limits) = if target.signed {
        (0, (-half, half - 1))
    } else {
        (half, (0, 2 * half - 1))
    };
    let mask = (2 * half - 1) as u16;
    let stored = |value: T| value.rounded(shift, limits) as u16 & mask;
    for (colour, values) in colours.iter().enumerate() {
        let rows = out.chunks_exact_mut(target.width * count);
        for (row, values) in rows.zip(values.chunks_exact(target.tile_width)) {
            let row = &mut row[target.left * count..][..target.tile_width * count];
            if count == 1 {
                let pairs = row.iter_mut().zip(values);
                pairs.for_each(|(out, &value)| *out = stored(value));
            } else {
                let pairs = row[colour..].iter_mut().step_by(count).zip(values);
                pairs.for_each(|(out, &value)| *out = stored(value));
            }
        }
    }
}
