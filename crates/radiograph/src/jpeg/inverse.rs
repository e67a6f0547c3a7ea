//! The inverse cosine transform of a block, all eight columns at once.
//!
//! In: 64 dequantised coefficients. Out: 64 samples. The integer arithmetic is that of the Independent JPEG Group's
//! accurate transform, which dcmtk and GDCM use, so that values agree to the level. What a broken stream drives past 32
//! bits wraps.
//!
//! Source: Loeffler, Ligtenberg, Moschytz 1989, ICASSP, 988. Checked against: dcmtk and pylibjpeg (docs/dicom.md).

use fearless_simd::{Simd, SimdBase, i32x8};

/// Fraction bits of the constants.
const CONSTANT_BITS: u32 = 13;

const fn fixed(constant: f64) -> i32 {
    let scaled = constant * (1 << CONSTANT_BITS) as f64;
    (scaled + if scaled < 0.0 { -0.5 } else { 0.5 }) as i32
}

/// The samples of a block in rows, of 8 or 12 bits.
#[inline(always)]
pub(super) fn inverse<S: Simd>(simd: S, block: &[i32; 64], precision: u16) -> [[u16; 8]; 8] {
    // Fraction bits of what the columns hand to the rows.
    let between = if precision > 8 { 1 } else { 2 };
    let rows = block.as_chunks::<8>().0;
    let rows = [0, 1, 2, 3, 4, 5, 6, 7].map(|y| i32x8::from_slice(simd, &rows[y]));
    let columns = line(rows).map(|value| rounded(value, CONSTANT_BITS - between));
    let columns = line(transposed(columns));
    let (middle, maximum) = (1_i32 << (precision - 1), (1_i32 << precision) - 1);
    let columns = columns.map(|value| rounded(value, CONSTANT_BITS + between + 3) + middle);
    transposed(columns).map(|row| {
        let mut values = [0; 8];
        row.store_slice(&mut values);
        values.map(|value: i32| value.clamp(0, maximum) as u16)
    })
}

/// The one sample that a block without any other coefficient has.
#[inline(always)]
pub(super) fn flat(mean: i32, precision: u16) -> u16 {
    let (middle, maximum) = (1_i32 << (precision - 1), (1_i32 << precision) - 1);
    (mean.wrapping_add(4) >> 3)
        .wrapping_add(middle)
        .clamp(0, maximum) as u16
}

#[inline(always)]
fn rounded<S: Simd>(value: i32x8<S>, bits: u32) -> i32x8<S> {
    (value + (1 << (bits - 1))) >> bits
}

/// Eight vectors of one row each become eight of one column each.
#[inline(always)]
fn transposed<S: Simd>(mut v: [i32x8<S>; 8]) -> [i32x8<S>; 8] {
    // Shuffling rows n and n + 4 together three times moves each index bit to its place.
    for _ in 0..3 {
        v = [
            v[0].zip_low(v[4]),
            v[0].zip_high(v[4]),
            v[1].zip_low(v[5]),
            v[1].zip_high(v[5]),
            v[2].zip_low(v[6]),
            v[2].zip_high(v[6]),
            v[3].zip_low(v[7]),
            v[3].zip_high(v[7]),
        ];
    }
    v
}

/// Eight coefficients to eight values with [`CONSTANT_BITS`] more fraction bits.
#[inline(always)]
fn line<S: Simd>(c: [i32x8<S>; 8]) -> [i32x8<S>; 8] {
    let turned = (c[2] + c[6]) * fixed(0.541_196_100);
    let low = turned + c[2] * fixed(0.765_366_865);
    let high = turned - c[6] * fixed(1.847_759_065);
    let sum = (c[0] + c[4]) << CONSTANT_BITS;
    let gap = (c[0] - c[4]) << CONSTANT_BITS;
    let even = [sum + low, gap + high, gap - high, sum - low];

    let (outer, inner) = (c[7] + c[1], c[5] + c[3]);
    let (first, second) = (c[7] + c[3], c[5] + c[1]);
    let common = (first + second) * fixed(1.175_875_602);
    let outer = outer * fixed(-0.899_976_223);
    let inner = inner * fixed(-2.562_915_447);
    let first = common + first * fixed(-1.961_570_560);
    let second = common + second * fixed(-0.390_180_644);
    let odd = [
        c[1] * fixed(1.501_321_110) + outer + second,
        c[3] * fixed(3.072_711_026) + inner + first,
        c[5] * fixed(2.053_119_869) + inner + second,
        c[7] * fixed(0.298_631_336) + outer + first,
    ];
    [
        even[0] + odd[0],
        even[1] + odd[1],
        even[2] + odd[2],
        even[3] + odd[3],
        even[3] - odd[3],
        even[2] - odd[2],
        even[1] - odd[1],
        even[0] - odd[0],
    ]
}
