//! All tiles of a code stream.
//!
//! In: the stream, whose sizes were checked. Out: samples, the colours of a pixel together. One tile after another; its code
//! blocks and rows on all threads, except where the caller is one of many that decode a file each. The result does not
//! depend on the number of threads.

use rayon::prelude::*;

use super::bit_planes::{BitPlanes, Coded, NEGATIVE};
use super::header::{Component, HIGH_THROUGHPUT, Style, Tile, read_markers};
use super::high_throughput::HighThroughput;
use super::packet::Packets;
use super::reconstruct::{Pyramid, Sample, Target, pieces_at_least, reconstruct};
use super::tile::{Area, Band, Chunk, NONE, Resolution, resolutions};
use super::wavelet::{Level, Plane};
use super::{Size, damaged};
use crate::error::{DecodeError, truncated};

/// Magnitudes with a fraction bit, and a sign.
const MAX_PLANES: i32 = 30;

pub(super) fn decode(stream: &[u8], size: &Size) -> Result<Vec<u16>, DecodeError> {
    let markers = read_markers(stream, size.components, size.tiles)?;
    if markers.tiles.len() as u64 != size.tiles {
        return Err(truncated("part of the JPEG 2000 tiles"));
    }
    let mut samples = vec![0; size.width * size.height * size.components];
    for (&number, tile) in &markers.tiles {
        let area = area(size, u32::from(number));
        let style = tile.style.as_ref().unwrap_or(&markers.style);
        let is_reversible = |component: &Component| component.coding.is_reversible;
        if style.components.iter().all(is_reversible) {
            decode_tile::<i32>(stream, size, area, style, tile, &mut samples)?;
        } else if style.components.iter().any(is_reversible) {
            return Err(damaged(
                "components of different transforms, which are not read",
            ));
        } else {
            decode_tile::<f32>(stream, size, area, style, tile, &mut samples)?;
        }
    }
    Ok(samples)
}

/// B.3: where a tile lies.
fn area(size: &Size, number: u32) -> Area {
    let (column, row) = (number % size.tile_columns, number / size.tile_columns);
    let along = |index: u32, first: u32, side: u32, (low, high): (u32, u32)| {
        let start = u64::from(first) + u64::from(index) * u64::from(side);
        let end = start + u64::from(side);
        (start.max(low.into()) as u32, end.min(high.into()) as u32)
    };
    let picture = size.area;
    let [tile_width, tile_height] = size.tile;
    let [tile_left, tile_top] = size.tile_origin;
    let (left, right) = along(column, tile_left, tile_width, (picture.left, picture.right));
    let (top, bottom) = along(row, tile_top, tile_height, (picture.top, picture.bottom));
    Area {
        left,
        top,
        right,
        bottom,
    }
}

fn decode_tile<T: Sample>(
    stream: &[u8],
    size: &Size,
    area: Area,
    style: &Style,
    tile: &Tile,
    samples: &mut [u16],
) -> Result<(), DecodeError> {
    let mut components: Vec<Vec<Resolution>> = style
        .components
        .iter()
        .map(|component| resolutions(area, component, size.precision))
        .collect::<Result<_, _>>()?;
    let mut packets = Packets::new(stream, style);
    packets.read(tile, area, &mut components)?;
    let coded = Streams {
        stream,
        chunks: &packets.chunks,
    };
    let pyramids = components
        .iter()
        .zip(&style.components)
        .map(|(resolutions, component)| coded.pyramid::<T>(resolutions, component))
        .collect::<Result<_, _>>()?;
    let target = Target {
        width: size.width,
        left: (area.left - size.area.left) as usize,
        top: (area.top - size.area.top) as usize,
        tile_width: area.width(),
        tile_height: area.height(),
        precision: size.precision,
        signed: size.signed,
        has_colour_transform: style.has_colour_transform,
    };
    reconstruct(pyramids, &target, samples);
    Ok(())
}

/// Memory of both kinds of blocks.
#[derive(Default)]
struct Decoders {
    bit_planes: BitPlanes,
    high_throughput: HighThroughput,
}

/// The bytes of all blocks of a tile.
struct Streams<'a> {
    stream: &'a [u8],
    chunks: &'a [Chunk],
}

/// Code blocks of one row of a band's grid, and the coefficients of their rows.
struct Stripe<'a, T> {
    band: &'a Band,
    row: usize,
    values: &'a mut [T],
}

impl Streams<'_> {
    fn pyramid<T: Sample>(
        &self,
        resolutions: &[Resolution],
        component: &Component,
    ) -> Result<Pyramid<T>, DecodeError> {
        let plane = |band: &Band| Plane {
            width: band.area.width(),
            values: vec![T::default(); band.area.width() * band.area.height()],
        };
        let empty = || Plane {
            width: 0,
            values: Vec::new(),
        };
        let bands = resolutions.iter().flat_map(|resolution| &resolution.bands);
        let mut planes: Vec<Plane<T>> = bands.clone().map(plane).collect();
        let stripes: Vec<Stripe<T>> = bands
            .zip(&mut planes)
            .flat_map(|(band, plane)| stripes(band, plane))
            .collect();
        let decode =
            |decoders: &mut Decoders, stripe: Stripe<T>| self.stripe(decoders, stripe, component);
        stripes
            .into_par_iter()
            .with_min_len(pieces_at_least())
            .try_for_each_init(Decoders::default, decode)?;
        let mut planes = planes.into_iter();
        let mut next = || planes.next().unwrap_or_else(empty);
        let lowest = next();
        let levels = resolutions[1..]
            .iter()
            .map(|resolution| Level {
                width: resolution.area.width(),
                height: resolution.area.height(),
                starts_high: [resolution.area.left, resolution.area.top].map(|at| at % 2 == 1),
                bands: [empty(), next(), next(), next()],
            })
            .collect();
        Ok(Pyramid { lowest, levels })
    }

    fn stripe<T: Sample>(
        &self,
        decoders: &mut Decoders,
        stripe: Stripe<T>,
        component: &Component,
    ) -> Result<(), DecodeError> {
        let Stripe { band, row, values } = stripe;
        let width = band.area.width();
        let rows = values.len() / width;
        let blocks = &band.blocks[row * band.columns..][..band.columns];
        let origin = band.area.left >> band.block[0];
        for (block, column) in blocks.iter().zip(origin..) {
            if block.passes == 0 {
                continue;
            }
            let left = (column << band.block[0]).max(band.area.left) - band.area.left;
            let right = ((column + 1) << band.block[0]).min(band.area.right) - band.area.left;
            let (left, right) = (left as usize, right as usize);
            let shift = component.region_shift;
            let count = i32::from(band.planes) + i32::from(shift) - i32::from(block.zero_planes);
            if !(0..=MAX_PLANES).contains(&count) {
                return Err(damaged("a code block of more bit planes than its band"));
            }
            let coded = Coded {
                style: component.coding.style,
                orientation: band.orientation,
                planes: count as u32,
            };
            let dequantised = |value: u32| {
                let value = if shift > 0 {
                    unshifted(value, shift)
                } else {
                    value
                };
                T::dequantised(value, 0.5 * band.step)
            };
            let chunks = self.chunks(block.first_chunk);
            let sides = (right - left, rows);
            let out = values
                .chunks_exact_mut(width)
                .map(|row| &mut row[left..right]);
            if coded.style & HIGH_THROUGHPUT != 0 {
                let planes = (coded.planes, block.zero_planes.into());
                let decoder = &mut decoders.high_throughput;
                decoder
                    .decode(sides, coded.style, planes, chunks)
                    .ok_or_else(|| damaged("a code block that does not decode"))?;
                for (y, out) in out.enumerate() {
                    let pairs = out.iter_mut().zip(decoder.row(y));
                    pairs.for_each(|(out, &value)| *out = dequantised(value));
                }
            } else {
                let decoder = &mut decoders.bit_planes;
                decoder.decode(sides, &coded, chunks);
                for (y, out) in out.enumerate() {
                    let pairs = out.iter_mut().zip(decoder.row(y));
                    pairs.for_each(|(out, value)| *out = dequantised(value));
                }
            }
        }
        Ok(())
    }

    fn chunks(&self, first: u32) -> impl Iterator<Item = (&[u8], u32)> {
        let mut next = first;
        std::iter::from_fn(move || {
            if next == NONE {
                return None;
            }
            let chunk = self.chunks.get(next as usize)?;
            next = chunk.next;
            let bytes = &self.stream[chunk.start as usize..][..chunk.length as usize];
            Some((bytes, u32::from(chunk.passes)))
        })
    }
}

fn stripes<'a, T>(band: &'a Band, plane: &'a mut Plane<T>) -> Vec<Stripe<'a, T>> {
    let (width, area) = (plane.width, band.area);
    let mut rest = &mut plane.values[..];
    let origin = area.top >> band.block[1];
    (0..band.rows)
        .map(|row| {
            let index = origin + row as u32;
            let top = (index << band.block[1]).max(area.top);
            let bottom = ((index + 1) << band.block[1]).min(area.bottom);
            let values = rest
                .split_off_mut(..(bottom - top) as usize * width)
                .unwrap_or_default();
            Stripe { band, row, values }
        })
        .collect()
}

/// H.1: what lies above the shift belongs to the region of interest.
fn unshifted(coded: u32, shift: u8) -> u32 {
    let magnitude = coded & !NEGATIVE;
    if shift > 30 {
        return 0;
    }
    if magnitude >> shift == 0 {
        return coded;
    }
    coded & NEGATIVE | magnitude >> shift
}
