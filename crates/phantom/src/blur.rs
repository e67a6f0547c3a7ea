//! Gaussian blurs of pictures, narrow ones pixel by pixel and broad ones on a coarse grid.
//!
//! In: a picture row by row. Out: the same, blurred, with its edge repeated outwards. Sums run over whole rows, so that the
//! processor works on several pixels at once.

/// Size of a picture in pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub width: usize,
    pub height: usize,
}

/// Half of a symmetric kernel, the middle first, of sum 1 and standard deviation `sigma` pixels.
fn kernel(sigma: f32) -> Vec<f32> {
    if sigma < 0.8 {
        return narrow_kernel(sigma);
    }
    let reach = (3.0 * sigma).ceil() as usize;
    let half: Vec<f32> = (0..=reach)
        .map(|k| (-0.5 * (k as f32 / sigma).powi(2)).exp())
        .collect();
    let total = 2.0 * half.iter().sum::<f32>() - half[0];
    half.iter().map(|w| w / total).collect()
}

/// Five weights that pass the Gaussian's share of waves of 0.2 and 0.4 cycles a pixel: samples of so narrow a Gaussian
/// would blur less than it.
fn narrow_kernel(sigma: f32) -> Vec<f32> {
    let wave = |cycles: f32| {
        let angle = std::f32::consts::TAU * cycles;
        let lost = 1.0 - (-0.5 * (sigma * angle).powi(2)).exp();
        [
            2.0 * (1.0 - angle.cos()),
            2.0 * (1.0 - (2.0 * angle).cos()),
            lost,
        ]
    };
    let ([a, b, e], [c, d, f]) = (wave(0.2), wave(0.4));
    let determinant = a * d - b * c;
    let (near, far) = ((e * d - b * f) / determinant, (a * f - e * c) / determinant);
    vec![1.0 - 2.0 * (near + far), near, far]
}

/// Blurs with standard deviation `sigma` pixels. Below a hundredth of a pixel nothing is done.
pub(crate) fn gaussian(image: &mut [f32], size: Size, sigma: f32) {
    gaussian_in_part(image, size, sigma, 0.0);
}

/// The same, but a share `sharp` of the picture stays as it is.
///
/// Rows are blurred along themselves once and kept while rows below and above need them: the picture is read and
/// written once, and what is kept fits the processor's cache.
pub(crate) fn gaussian_in_part(image: &mut [f32], size: Size, sigma: f32, sharp: f32) {
    if sigma < 0.01 {
        return;
    }
    let half = kernel(sigma);
    let reach = half.len() - 1;
    let Size { width, height } = size;
    let mut padded = vec![0.0; width + 2 * reach];
    let mut along = |line: &[f32], out: &mut [f32]| {
        padded[..reach].fill(line[0]);
        padded[reach..reach + width].copy_from_slice(line);
        padded[reach + width..].fill(line[width - 1]);
        weigh(&half, out, &padded[reach..], |k| {
            [&padded[reach - k..], &padded[reach + k..]]
        });
    };
    // Row r lies at r % kept.
    let kept = 2 * reach + 1;
    let mut rows = vec![0.0; kept * width];
    for row in 0..reach.min(height) {
        along(
            &image[row * width..][..width],
            &mut rows[row % kept * width..][..width],
        );
    }
    let mut sum = vec![0.0; width];
    for row in 0..height {
        let next = row + reach;
        if next < height {
            along(
                &image[next * width..][..width],
                &mut rows[next % kept * width..][..width],
            );
        }
        let line = |row: usize| &rows[row % kept * width..][..width];
        weigh(&half, &mut sum, line(row), |k| {
            [line(row.saturating_sub(k)), line((row + k).min(height - 1))]
        });
        for (value, blurred) in image[row * width..].iter_mut().zip(&sum) {
            *value = blurred + sharp * (*value - blurred);
        }
    }
}

/// Weighted sums of a row and its neighbours at `k` places before and behind, by half a kernel, the middle first.
fn weigh<'a>(
    half: &[f32],
    out: &mut [f32],
    middle: &[f32],
    neighbours: impl Fn(usize) -> [&'a [f32]; 2],
) {
    const RUN: usize = 32;
    let mut start = 0;
    for out in out.chunks_mut(RUN) {
        let run = start..start + out.len();
        if let Ok(out) = <&mut [f32; RUN]>::try_from(&mut *out) {
            let mut sums = [0.0; RUN];
            for (sum, value) in sums.iter_mut().zip(&middle[run.clone()]) {
                *sum = half[0] * value;
            }
            for (k, weight) in half.iter().enumerate().skip(1) {
                let [before, behind] = neighbours(k).map(|row| &row[run.clone()]);
                for ((sum, a), b) in sums.iter_mut().zip(before).zip(behind) {
                    *sum += weight * (a + b);
                }
            }
            *out = sums;
        } else {
            for (out, i) in out.iter_mut().zip(run) {
                *out = half[0] * middle[i];
                for (k, weight) in half.iter().enumerate().skip(1) {
                    let [before, behind] = neighbours(k);
                    *out += weight * (before[i] + behind[i]);
                }
            }
        }
        start += RUN;
    }
}

/// A smooth picture kept on a grid of knots and read row by row, linear between them: whole pictures cost memory, and
/// memory costs more time than sums.
pub(crate) struct Coarse {
    knots: Vec<f32>,
    columns: usize,
    cell: f32,
    /// First pixel of each knot, and how far from its knot to the next each pixel lies.
    starts: Vec<usize>,
    places: Vec<f32>,
    line: Vec<f32>,
}

impl Coarse {
    /// Knots `cell` pixels apart from a function that gives one after the other, row by row.
    pub fn new(size: Size, cell: f32, mut knot: impl FnMut() -> f32) -> Self {
        let columns = (size.width as f32 / cell) as usize + 3;
        let rows = (size.height as f32 / cell) as usize + 3;
        Self::over(
            size,
            cell,
            columns,
            (0..columns * rows).map(|_| knot()).collect(),
        )
    }

    fn over(size: Size, cell: f32, columns: usize, knots: Vec<f32>) -> Self {
        let knot = |column: usize| (column as f32 / cell) as usize;
        let mut starts: Vec<usize> = (0..size.width)
            .filter(|&column| column == 0 || knot(column) > knot(column - 1))
            .collect();
        starts.push(size.width);
        Self {
            knots,
            columns,
            cell,
            starts,
            places: (0..size.width)
                .map(|column| column as f32 / cell - knot(column) as f32)
                .collect(),
            line: vec![0.0; columns],
        }
    }

    /// Blur of a picture by `sigma` pixels, for sigmas well above a cell.
    pub fn blurred(image: &[f32], size: Size, sigma: f32, cell: usize) -> Self {
        Self::blurred_of(image, size, sigma, cell, |value| value)
    }

    /// Blur of a function of a picture, likewise.
    pub fn blurred_of(
        image: &[f32],
        size: Size,
        sigma: f32,
        cell: usize,
        of: impl Fn(f32) -> f32,
    ) -> Self {
        let coarse_size = Size {
            width: size.width / cell + 3,
            height: size.height / cell + 3,
        };
        let mut coarse = Vec::with_capacity(coarse_size.width * coarse_size.height);
        let window = |k: usize, length: usize| {
            let middle = (k * cell).min(length - 1);
            middle.saturating_sub(cell / 2)..(middle + cell.div_ceil(2)).min(length)
        };
        let mut sums = vec![0.0f32; size.width];
        for j in 0..coarse_size.height {
            let down = window(j, size.height);
            sums.fill(0.0);
            for row in down.clone() {
                for (sum, value) in sums.iter_mut().zip(&image[row * size.width..]) {
                    *sum += of(*value);
                }
            }
            for i in 0..coarse_size.width {
                let across = window(i, size.width);
                let count = (across.len() * down.len()) as f32;
                coarse.push(sums[across].iter().sum::<f32>() / count);
            }
        }
        gaussian(&mut coarse, coarse_size, sigma / cell as f32);
        Self::over(size, cell as f32, coarse_size.width, coarse)
    }

    /// Reads a row.
    pub fn read(&mut self, row: usize, out: &mut [f32]) {
        let y = row as f32 / self.cell;
        let v = y - (y as usize) as f32;
        let (upper, lower) = self.knots[y as usize * self.columns..].split_at(self.columns);
        for ((line, a), b) in self.line.iter_mut().zip(upper).zip(lower) {
            *line = a + v * (b - a);
        }
        for (run, knots) in self.starts.windows(2).zip(self.line.windows(2)) {
            let more = knots[1] - knots[0];
            let run = run[0]..run[1];
            for (out, u) in out[run.clone()].iter_mut().zip(&self.places[run]) {
                *out = knots[0] + u * more;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(image: &[f32], size: Size) -> (f32, f32) {
        let (mut sum, mut square) = (0.0, 0.0);
        for (i, value) in image.iter().enumerate() {
            let down = (i / size.width) as f32 - 40.0;
            sum += value;
            square += value * down * down;
        }
        (sum, (square / sum).sqrt())
    }

    #[test]
    fn a_point_spreads_to_the_asked_width_and_keeps_its_sum() {
        let size = Size {
            width: 81,
            height: 81,
        };
        let mut checked = 0;
        for sigma in [0.3, 0.8, 2.0, 6.0] {
            let mut image = vec![0.0; 81 * 81];
            image[40 * 81 + 40] = 1.0;
            gaussian(&mut image, size, sigma);
            let (sum, width) = spread(&image, size);
            assert!((sum - 1.0).abs() < 1e-4, "{sum}");
            // Five weights cannot have the transfer of so narrow a Gaussian and its width as well.
            let tolerance = if sigma < 0.5 { 0.1 } else { 0.02 };
            let error = (width / sigma - 1.0).abs();
            assert!(error < tolerance, "{width} for {sigma}");
            checked += 1;
        }
        assert_eq!(checked, 4);
    }

    #[test]
    fn an_even_picture_stays_even_up_to_its_edges() {
        let size = Size {
            width: 50,
            height: 37,
        };
        let mut image = vec![3.0; 50 * 37];
        gaussian(&mut image, size, 4.0);
        assert!(image.iter().all(|v| (v - 3.0).abs() < 1e-5));
        let mut wide = Coarse::blurred(&image, size, 20.0, 8);
        let mut line = vec![0.0; 50];
        for row in 0..37 {
            wide.read(row, &mut line);
            assert!(line.iter().all(|v| (v - 3.0).abs() < 1e-4), "row {row}");
        }
    }
}
