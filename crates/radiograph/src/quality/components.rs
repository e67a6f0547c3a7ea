//! Connected shapes of a mask, with the box and the number of pixels of each.

/// A connected shape, neighbours by side or corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub left: usize,
    pub top: usize,
    /// Column after the last.
    pub right: usize,
    /// Row after the last.
    pub bottom: usize,
    /// Pixels.
    pub area: usize,
}

impl Shape {
    pub fn width(&self) -> usize {
        self.right - self.left
    }

    pub fn height(&self) -> usize {
        self.bottom - self.top
    }
}

/// The shapes of a mask of `width` columns, in the order of their first pixels.
pub(crate) fn shapes(mask: &[bool], width: usize) -> Vec<Shape> {
    let height = mask.len() / width;
    let mut left = mask.to_vec();
    let mut found = Vec::new();
    let mut open = Vec::new();
    for start in 0..left.len() {
        if !left[start] {
            continue;
        }
        left[start] = false;
        open.push(start);
        let (x, y) = (start % width, start / width);
        let mut shape = Shape {
            left: x,
            top: y,
            right: x + 1,
            bottom: y + 1,
            area: 0,
        };
        while let Some(at) = open.pop() {
            let (x, y) = (at % width, at / width);
            shape.area += 1;
            shape.left = shape.left.min(x);
            shape.top = shape.top.min(y);
            shape.right = shape.right.max(x + 1);
            shape.bottom = shape.bottom.max(y + 1);
            for row in y.saturating_sub(1)..(y + 2).min(height) {
                for column in x.saturating_sub(1)..(x + 2).min(width) {
                    let next = row * width + column;
                    if left[next] {
                        left[next] = false;
                        open.push(next);
                    }
                }
            }
        }
        found.push(shape);
    }
    found
}
