//! Subsampled colours made smooth, as other readers show them: each sample takes a quarter from its nearest
//! neighbour instead of repeating.
//!
//! In: a picture whose subsampled colours are repeated over 2 × 1 or 2 × 2 pixels. Out: the same with the triangle filter of
//! the Independent JPEG Group's decoder, alternating its rounding so that no bias is left.
//!
//! Checked against: dcmtk, GDCM and Pillow (docs/dicom.md).

/// Smooths colour `colour` of `count`; `vertical` where rows are repeated too.
pub(super) fn smooth(
    samples: &mut [u16],
    (width, height): (usize, usize),
    (colour, count): (usize, usize),
    vertical: bool,
) {
    let row_step = if vertical { 2 } else { 1 };
    let (columns, rows) = (width.div_ceil(2), height.div_ceil(row_step));
    let small: Vec<i32> = (0..rows * columns)
        .map(|index| {
            let (x, y) = (index % columns * 2, index / columns * row_step);
            samples[(y * width + x) * count + colour].into()
        })
        .collect();
    let row_of = |y: usize| &small[y * columns..][..columns];
    for y in 0..height {
        let near = row_of(y / row_step);
        // The neighbouring row on the side of this pixel.
        let far = match (vertical, y % 2) {
            (false, _) => near,
            (true, 0) => row_of((y / 2).saturating_sub(1)),
            (true, _) => row_of((y / 2 + 1).min(rows - 1)),
        };
        let sum = |x: usize| {
            if vertical {
                3 * near[x] + far[x]
            } else {
                near[x]
            }
        };
        for x in 0..width {
            let (own, is_left) = (x / 2, x % 2 == 0);
            let neighbour = if is_left {
                own.saturating_sub(1)
            } else {
                (own + 1).min(columns - 1)
            };
            let value = match (vertical, is_left) {
                (true, true) => (3 * sum(own) + sum(neighbour) + 8) >> 4,
                (true, false) => (3 * sum(own) + sum(neighbour) + 7) >> 4,
                (false, true) => (3 * sum(own) + sum(neighbour) + 1) >> 2,
                (false, false) => (3 * sum(own) + sum(neighbour) + 2) >> 2,
            };
            samples[(y * width + x) * count + colour] = value as u16;
        }
    }
}
