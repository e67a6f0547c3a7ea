//! A smaller copy by means over whole blocks: what all coarse measures are taken on.

use crate::grey::GreyImage;

/// A part of a picture: half-open ranges of columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// First column.
    pub left: usize,
    /// First row.
    pub top: usize,
    /// Column after the last.
    pub right: usize,
    /// Row after the last.
    pub bottom: usize,
}

impl Area {
    pub(crate) fn whole(image: &GreyImage) -> Area {
        Area {
            left: 0,
            top: 0,
            right: image.width,
            bottom: image.height,
        }
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.right - self.left
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.bottom - self.top
    }
}

/// An area drawn to `width` x `height` cells by the mean of the pixels in each; where there are fewer pixels than cells, the
/// nearest one.
pub(crate) fn resized(image: &GreyImage, area: Area, width: usize, height: usize) -> GreyImage {
    let edges = |from: usize, size: usize, cells: usize| -> Vec<(usize, usize)> {
        (0..cells)
            .map(|cell| {
                let first = from + cell * size / cells;
                let last = from + (cell + 1) * size / cells;
                (first, last.max(first + 1))
            })
            .collect()
    };
    let columns = edges(area.left, area.width(), width);
    let rows = edges(area.top, area.height(), height);
    let mut pixels = Vec::with_capacity(width * height);
    let mut sums = vec![0.0_f32; width];
    for (first, last) in rows {
        sums.fill(0.0);
        for row in first..last {
            let line = &image.pixels[row * image.width..][..image.width];
            for (sum, &(from, to)) in sums.iter_mut().zip(&columns) {
                *sum += line[from..to].iter().sum::<f32>();
            }
        }
        for (sum, (from, to)) in sums.iter().zip(&columns) {
            pixels.push(sum / ((last - first) * (to - from)) as f32);
        }
    }
    GreyImage {
        width,
        height,
        pixels,
    }
}

/// The same with the longer side at most `longest`, and the sides in proportion.
pub(crate) fn reduced(image: &GreyImage, area: Area, longest: usize) -> GreyImage {
    let side = area.width().max(area.height());
    if side <= longest {
        return resized(image, area, area.width(), area.height());
    }
    let scaled = |size: usize| (size * longest / side).max(1);
    resized(image, area, scaled(area.width()), scaled(area.height()))
}
