//! What a label might be told from without looking at the spine: header facts, size, grey values, border and markers.
//!
//! In: a decoded radiograph. Out: [`Traits`], small enough to keep for every file of a cohort.
//! Border and markers are measured as a network sees them by default, stretched between the picture's own percentiles;
//! brightness as it is displayed, since some preparations keep it.

use radiograph::{Facts, GreyImage, Radiograph, Spacing};

/// Columns and rows of the fine map.
const FINE: usize = 64;
/// Columns and rows of the thumbnail.
pub const THUMBNAIL: usize = 16;
/// Fine cells on a side of a marker tile; 8 × 8 tiles cover the picture.
const TILE: usize = 8;
const TILES: usize = FINE / TILE;
/// Share of the darkest and of the brightest fine cells that the stretch ignores.
const TAIL: f64 = 0.005;

/// What is kept of a picture and its header.
#[derive(Clone, Debug, PartialEq)]
pub struct Traits {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Pixel spacing, where the header states it.
    pub spacing: Option<Spacing>,
    /// What the header says.
    pub facts: Facts,
    /// Brightness and contrast as displayed.
    pub grey: Grey,
    /// [`THUMBNAIL`]² means, row by row, stretched to 0..1.
    pub thumbnail: Vec<f32>,
    /// For each tile along the edge, in reading order, by how much its brightest spot exceeds its median, 0..1.
    pub markers: Vec<f32>,
}

/// Grey values of a whole picture, 0 black to 1 white.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Grey {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub contrast: f64,
    /// Share of pixels that are black (below 0.004).
    pub black: f64,
    /// Share of pixels that are white (above 0.996).
    pub white: f64,
}

impl Traits {
    /// Measures a radiograph.
    pub fn of(radiograph: &Radiograph) -> Self {
        let Radiograph {
            image,
            spacing,
            facts,
        } = radiograph;
        let fine = stretched(fine_map(image));
        Traits {
            width: image.width,
            height: image.height,
            spacing: *spacing,
            facts: facts.clone(),
            grey: grey(image),
            thumbnail: thumbnail(&fine),
            markers: markers(&fine),
        }
    }

    /// The outer ring of the thumbnail, in reading order.
    pub fn border(&self) -> impl Iterator<Item = f64> + '_ {
        ring(THUMBNAIL).filter_map(|(row, column)| {
            let value = self.thumbnail.get(row * THUMBNAIL + column)?;
            Some(f64::from(*value))
        })
    }
}

/// Row and column of the cells along the edge of a square.
pub(super) fn ring(side: usize) -> impl Iterator<Item = (usize, usize)> {
    let cells = (0..side).flat_map(move |row| (0..side).map(move |column| (row, column)));
    cells.filter(move |&(row, column)| {
        row == 0 || column == 0 || row == side - 1 || column == side - 1
    })
}

/// Row and column of the tiles that [`Traits::markers`] has.
pub(super) fn marker_tiles() -> impl Iterator<Item = (usize, usize)> {
    ring(TILES)
}

fn grey(image: &GreyImage) -> Grey {
    let count = image.pixels.len().max(1) as f64;
    let (mut sum, mut square, mut black, mut white) = (0.0, 0.0, 0_u64, 0_u64);
    for row in image.pixels.chunks(image.width.max(1)) {
        // Sums of one row in f32 keep this at the speed of memory.
        let (mut of_row, mut squares) = (0.0_f32, 0.0_f32);
        for &value in row {
            of_row += value;
            squares += value * value;
            black += u64::from(value < 0.004);
            white += u64::from(value > 0.996);
        }
        sum += f64::from(of_row);
        square += f64::from(squares);
    }
    let mean = sum / count;
    Grey {
        mean,
        contrast: (square / count - mean * mean).max(0.0).sqrt(),
        black: black as f64 / count,
        white: white as f64 / count,
    }
}

/// [`FINE`]² means; in a picture with fewer pixels than cells, cells share pixels.
fn fine_map(image: &GreyImage) -> Vec<f32> {
    let edge = |cell: usize, size: usize| {
        let start = (cell * size / FINE).min(size.saturating_sub(1));
        start..((cell + 1) * size / FINE).max(start + 1)
    };
    let columns: Vec<_> = (0..FINE).map(|cell| edge(cell, image.width)).collect();
    let mut map = Vec::with_capacity(FINE * FINE);
    let mut sums = vec![0.0_f32; FINE];
    for cell in 0..FINE {
        let rows = edge(cell, image.height);
        let height = rows.len();
        sums.fill(0.0);
        for row in rows {
            let line = &image.pixels[row * image.width..(row + 1) * image.width];
            for (sum, columns) in sums.iter_mut().zip(&columns) {
                *sum += line[columns.clone()].iter().sum::<f32>();
            }
        }
        let means = sums.iter().zip(&columns);
        map.extend(means.map(|(sum, columns)| sum / (height * columns.len()) as f32));
    }
    map
}

/// Stretched so that the percentiles become 0 and 1; a blank picture becomes 0.
fn stretched(mut map: Vec<f32>) -> Vec<f32> {
    let mut sorted = map.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let tail = (TAIL * sorted.len() as f64) as usize;
    let (black, white) = (sorted[tail], sorted[sorted.len() - 1 - tail]);
    let range = if white > black { white - black } else { 1.0 };
    for value in &mut map {
        *value = ((*value - black) / range).clamp(0.0, 1.0);
    }
    map
}

fn thumbnail(fine: &[f32]) -> Vec<f32> {
    let block = FINE / THUMBNAIL;
    let mean = |row: usize, column: usize| {
        let cells = (0..block * block)
            .map(|at| fine[(row * block + at / block) * FINE + column * block + at % block]);
        cells.sum::<f32>() / (block * block) as f32
    };
    let cells = (0..THUMBNAIL).flat_map(|row| (0..THUMBNAIL).map(move |column| (row, column)));
    cells.map(|(row, column)| mean(row, column)).collect()
}

fn markers(fine: &[f32]) -> Vec<f32> {
    let tile = |(row, column): (usize, usize)| {
        let mut cells: Vec<f32> = (0..TILE * TILE)
            .map(|at| fine[(row * TILE + at / TILE) * FINE + column * TILE + at % TILE])
            .collect();
        cells.sort_unstable_by(f32::total_cmp);
        cells[cells.len() - 1] - cells[cells.len() / 2]
    };
    marker_tiles().map(tile).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize, value: impl Fn(usize, usize) -> f32) -> GreyImage {
        GreyImage {
            width,
            height,
            pixels: (0..width * height)
                .map(|at| value(at % width, at / width))
                .collect(),
        }
    }

    #[test]
    fn every_pixel_counts_once_in_the_fine_map() {
        for (width, height) in [(64, 64), (130, 200), (1000, 65)] {
            let image = picture(width, height, |x, y| ((7 * x + 13 * y) % 17) as f32 / 16.0);
            let map = fine_map(&image);
            let mut weighted = 0.0;
            for (cell, value) in map.iter().enumerate() {
                let share = |cell: usize, size: usize| {
                    ((cell + 1) * size / FINE - cell * size / FINE) as f32 / size as f32
                };
                weighted += value * share(cell / FINE, height) * share(cell % FINE, width);
            }
            let mean = image.pixels.iter().sum::<f32>() / image.pixels.len() as f32;
            assert!(
                (weighted - mean).abs() < 1e-4,
                "{width} x {height}: {weighted} {mean}"
            );
        }
        assert_eq!(fine_map(&picture(3, 1, |x, _| x as f32)).len(), FINE * FINE);
    }

    #[test]
    fn a_bright_spot_shows_in_the_tile_where_it_lies_and_in_no_other() {
        let spot = |x: usize, y: usize| (600..640).contains(&x) && (20..60).contains(&y);
        let image = picture(640, 960, |x, y| {
            if spot(x, y) {
                1.0
            } else {
                (640 - x) as f32 / 2000.0
            }
        });
        let found = markers(&stretched(fine_map(&image)));
        let places: Vec<_> = marker_tiles()
            .zip(&found)
            .filter(|(_, value)| **value > 0.5)
            .map(|(place, _)| place)
            .collect();
        assert_eq!(places, [(0, 7)]);
        assert_eq!(found.len(), 28);
    }

    #[test]
    fn grey_figures_are_those_of_the_pixels() {
        let found = grey(&picture(
            4,
            2,
            |x, y| if y == 0 { 0.0 } else { x as f32 / 3.0 },
        ));
        assert!((found.mean - 0.25).abs() < 1e-7);
        assert!((found.contrast - (14.0_f64 / 72.0 - 0.0625).sqrt()).abs() < 1e-7);
        assert_eq!((found.black, found.white), (5.0 / 8.0, 1.0 / 8.0));
    }
}
