//! How a tile is divided into resolutions, bands, precincts and code blocks.
//!
//! In: its rectangle and coding style. Out: the records that packets fill. The number of parts was bounded before
//! (`partition`), so that records take memory in proportion to it.
//!
//! Source: ITU-T T.800 B.5 to B.7 (division), E.1 (steps). All components have the size of the picture.

use super::damaged;
use super::header::Component;
use super::tag_tree::{Node, node_count};
use crate::error::DecodeError;

/// Not in the list of chunks.
pub(super) const NONE: u32 = u32::MAX;

/// Coordinates of the reference grid or of a band: left, top, right, bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Area {
    pub left: u32,
    pub top: u32,
    pub right: u32,
    pub bottom: u32,
}

impl Area {
    pub fn width(&self) -> usize {
        (self.right - self.left) as usize
    }

    pub fn height(&self) -> usize {
        (self.bottom - self.top) as usize
    }

    fn is_empty(&self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    fn map(self, horizontal: impl Fn(u32) -> u32, vertical: impl Fn(u32) -> u32) -> Area {
        Area {
            left: horizontal(self.left),
            top: vertical(self.top),
            right: horizontal(self.right),
            bottom: vertical(self.bottom),
        }
    }
}

/// What packets have said of one code block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// Its bytes, as a list in [`Chunk`]s.
    pub first_chunk: u32,
    pub last_chunk: u32,
    pub is_included: bool,
    pub zero_planes: u8,
    pub length_bits: u8,
    pub passes: u8,
}

const NEW_BLOCK: Block = Block {
    first_chunk: NONE,
    last_chunk: NONE,
    is_included: false,
    zero_planes: 0,
    length_bits: 3,
    passes: 0,
};

/// Bytes of one segment of a code block, from one packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub start: u32,
    pub length: u32,
    pub next: u32,
    pub passes: u8,
}

#[derive(Debug)]
pub(super) struct Band {
    /// 0 LL, 1 HL, 2 LH, 3 HH.
    pub orientation: usize,
    pub area: Area,
    /// Exponents of a code block's sides.
    pub block: [u32; 2],
    /// Code blocks in a row and in a column of the grid.
    pub columns: usize,
    pub rows: usize,
    pub blocks: Vec<Block>,
    /// Trees of first layers and of missing planes, precinct after precinct.
    pub inclusion: Vec<Node>,
    pub missing: Vec<Node>,
    /// Magnitude bits, Mb.
    pub planes: u8,
    pub step: f32,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Precinct {
    /// Layers read so far.
    pub layers: u16,
    /// First node of its tree in each band.
    pub trees: [u32; 3],
}

/// Columns and rows of code blocks of a band, as a half-open range each.
#[derive(Debug, Clone, Copy)]
pub(super) struct BlockRange {
    pub columns: (usize, usize),
    pub rows: (usize, usize),
}

impl BlockRange {
    pub fn size(&self) -> (usize, usize) {
        let [columns, rows] = [self.columns, self.rows].map(|(first, end)| end - first);
        (columns, rows)
    }
}

#[derive(Debug)]
pub(super) struct Resolution {
    pub area: Area,
    /// Exponents of a precinct's sides.
    pub precinct: [u32; 2],
    /// Precincts in a row.
    pub columns: usize,
    pub bands: Vec<Band>,
    pub precincts: Vec<Precinct>,
}

impl Resolution {
    /// Corner of a precinct in this resolution, before it is cut to the tile.
    pub fn corner(&self, precinct: usize) -> (u64, u64) {
        let [wide, high] = self.precinct;
        let column = u64::from(self.area.left >> wide) + (precinct % self.columns) as u64;
        let row = u64::from(self.area.top >> high) + (precinct / self.columns) as u64;
        (column << wide, row << high)
    }

    /// Which blocks of a band a precinct has.
    pub fn blocks(&self, band: usize, precinct: usize) -> BlockRange {
        let band = &self.bands[band];
        let half = u32::from(band.orientation > 0);
        let (x, y) = self.corner(precinct);
        let along = |corner: u64, side: u32, low: u32, high: u32, block: u32| {
            let first = (corner >> half).max(low.into());
            let end = ((corner + (1 << side)) >> half).min(high.into());
            if first >= end {
                return (0, 0);
            }
            let origin = u64::from(low >> block);
            let range = ((first >> block) - origin, end.div_ceil(1 << block) - origin);
            (range.0 as usize, range.1 as usize)
        };
        let area = band.area;
        let columns = along(x, self.precinct[0], area.left, area.right, band.block[0]);
        let rows = along(y, self.precinct[1], area.top, area.bottom, band.block[1]);
        if columns.0 == columns.1 || rows.0 == rows.1 {
            return BlockRange {
                columns: (0, 0),
                rows: (0, 0),
            };
        }
        BlockRange { columns, rows }
    }
}

/// The resolutions of one component of a tile, the lowest first.
pub(super) fn resolutions(
    tile: Area,
    component: &Component,
    precision: u16,
) -> Result<Vec<Resolution>, DecodeError> {
    let levels = u32::from(component.coding.levels);
    (0..=levels)
        .map(|number| resolution(tile, component, precision, number))
        .collect()
}

fn resolution(
    tile: Area,
    component: &Component,
    precision: u16,
    number: u32,
) -> Result<Resolution, DecodeError> {
    let coding = &component.coding;
    let below = u32::from(coding.levels) - number;
    let reduced = |at: u32| u64::from(at).div_ceil(1 << below) as u32;
    let area = tile.map(reduced, reduced);
    let precinct = coding.precinct(number as u8).map(u32::from);
    let counts = [
        (area.left, area.right, precinct[0]),
        (area.top, area.bottom, precinct[1]),
    ]
    .map(|(low, high, side)| {
        if low < high {
            (u64::from(high).div_ceil(1 << side) - u64::from(low >> side)) as usize
        } else {
            0
        }
    });
    let orientations = if number == 0 { 0..1 } else { 1..4 };
    let bands = orientations
        .map(|orientation| band(tile, component, precision, number, orientation))
        .collect::<Result<_, _>>()?;
    let mut resolution = Resolution {
        area,
        precinct,
        columns: counts[0],
        bands,
        precincts: vec![Precinct::default(); counts[0] * counts[1]],
    };
    plant_trees(&mut resolution);
    Ok(resolution)
}

fn band(
    tile: Area,
    component: &Component,
    precision: u16,
    number: u32,
    orientation: usize,
) -> Result<Band, DecodeError> {
    let coding = &component.coding;
    let level = u32::from(coding.levels) - number + u32::from(number > 0);
    let along = |is_high: bool| {
        move |at: u32| {
            let offset = if is_high { 1_u64 << (level - 1) } else { 0 };
            u64::from(at).saturating_sub(offset).div_ceil(1 << level) as u32
        }
    };
    let area = tile.map(along(orientation & 1 != 0), along(orientation & 2 != 0));
    let index = if number == 0 {
        0
    } else {
        3 * (number as usize - 1) + orientation
    };
    let (exponent, mantissa, planes) = component
        .quantisation
        .band(index)
        .ok_or_else(|| damaged("fewer quantisation steps than bands"))?;
    let half = u32::from(number > 0);
    let precinct = coding.precinct(number as u8);
    let block =
        [0, 1].map(|side| u32::from(coding.block[side]).min(u32::from(precinct[side]) - half));
    let count = |low: u32, high: u32, side: u32| {
        (u64::from(high).div_ceil(1 << side) - u64::from(low >> side)) as usize
    };
    let (columns, rows) = if area.is_empty() {
        (0, 0)
    } else {
        (
            count(area.left, area.right, block[0]),
            count(area.top, area.bottom, block[1]),
        )
    };
    // The gain of the high bands is left to the wavelet's scale, as in OpenJPEG.
    let range = i32::from(precision) - i32::from(exponent);
    let step = (1.0 + f64::from(mantissa) / 2048.0) * f64::from(range).exp2();
    Ok(Band {
        orientation,
        area,
        block,
        columns,
        rows,
        blocks: vec![NEW_BLOCK; columns * rows],
        inclusion: Vec::new(),
        missing: Vec::new(),
        planes,
        step: step as f32,
    })
}

/// Sets up the tag trees of all precincts.
fn plant_trees(resolution: &mut Resolution) {
    for band in 0..resolution.bands.len() {
        let mut count = 0;
        for precinct in 0..resolution.precincts.len() {
            resolution.precincts[precinct].trees[band] = count as u32;
            let (columns, rows) = resolution.blocks(band, precinct).size();
            count += node_count(columns, rows);
        }
        let band = &mut resolution.bands[band];
        band.inclusion = vec![Node::default(); count];
        band.missing = vec![Node::default(); count];
    }
}
