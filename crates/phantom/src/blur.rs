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
    let reach = (3.5 * sigma).ceil() as usize;
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
    if sigma < 0.01 {
        return;
    }
    let half = kernel(sigma);
    let reach = half.len() - 1;
    let Size { width, height } = size;
    let mut padded = vec![0.0; width + 2 * reach];
    for line in image.chunks_exact_mut(width) {
        padded[..reach].fill(line[0]);
        padded[reach..reach + width].copy_from_slice(line);
        padded[reach + width..].fill(line[width - 1]);
        for (out, value) in line.iter_mut().zip(&padded[reach..]) {
            *out = half[0] * value;
        }
        for (k, weight) in half.iter().enumerate().skip(1) {
            let left = &padded[reach - k..];
            let right = &padded[reach + k..];
            for ((out, a), b) in line.iter_mut().zip(left).zip(right) {
                *out += weight * (a + b);
            }
        }
    }
    // The rows still needed, as they were before: row r lies at r % kept.
    let kept = reach + 1;
    let mut before = vec![0.0; kept * width];
    let mut sum = vec![0.0; width];
    for row in 0..height {
        let at = row * width;
        before[row % kept * width..][..width].copy_from_slice(&image[at..at + width]);
        for (out, value) in sum.iter_mut().zip(&image[at..at + width]) {
            *out = half[0] * value;
        }
        for (k, weight) in half.iter().enumerate().skip(1) {
            let up = &before[row.saturating_sub(k) % kept * width..][..width];
            let down = &image[(row + k).min(height - 1) * width..][..width];
            for ((out, a), b) in sum.iter_mut().zip(up).zip(down) {
                *out += weight * (a + b);
            }
        }
        image[at..at + width].copy_from_slice(&sum);
    }
}

/// A smooth picture kept on a grid of knots and read row by row, linear between them: whole pictures cost memory, and
/// memory costs more time than sums.
pub(crate) struct Coarse {
    knots: Vec<f32>,
    columns: usize,
    cell: f32,
    /// Knot to the left of each pixel, and how far on.
    places: Vec<(u32, f32)>,
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
        let places = (0..size.width)
            .map(|column| column as f32 / cell)
            .map(|x| (x as u32, x - (x as u32) as f32))
            .collect();
        Self {
            knots,
            columns,
            cell,
            places,
            line: vec![0.0; columns],
        }
    }

    /// Blur of a picture by `sigma` pixels, for sigmas well above a cell.
    pub fn blurred(image: &[f32], size: Size, sigma: f32, cell: usize) -> Self {
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
                    *sum += value;
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
        for (out, &(i, u)) in out.iter_mut().zip(&self.places) {
            let i = i as usize;
            *out = self.line[i] + u * (self.line[i + 1] - self.line[i]);
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
