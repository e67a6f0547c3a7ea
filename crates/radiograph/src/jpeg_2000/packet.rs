//! The packets of a tile: which code blocks they carry bytes of.
//!
//! In: the tile's parts and its order of packets. Out: the chunks of every block. A stream may end between two packets;
//! what is missing then only makes the picture coarser. One that ends within a packet, or is cut, is refused.
//!
//! Source: ITU-T T.800 B.9, B.10; segments of a block: D.4.2 (termination), D.6 (bypass); T.814 B.1 (HT).

use super::damaged;
use super::header::{BYPASS, HIGH_THROUGHPUT, Style, TERMINATE_ALL, Tile};
use super::packet_bits::PacketBits;
use super::progression::{Place, Rounds, order, progressions};
use super::tag_tree::is_below;
use super::tile::{Area, Band, Chunk, NONE, Resolution};
use crate::error::{DecodeError, truncated};

/// More than the largest picture has in twenty layers.
const MAX_CHUNKS: usize = 1 << 21;

/// Magnitudes have 31 bits, and a region's shift as many more.
const MAX_ZERO_PLANES: u16 = 80;

/// How many passes after `passes` lie in the same segment.
pub(super) fn passes_left(style: u8, passes: u32) -> u32 {
    if style & TERMINATE_ALL != 0 {
        return 1;
    }
    if style & HIGH_THROUGHPUT != 0 {
        return if passes % 3 == 1 { 2 } else { 1 };
    }
    if style & BYPASS == 0 {
        return u32::MAX;
    }
    match passes {
        0..10 => 10 - passes,
        _ if passes % 3 == 1 => 2,
        _ => 1,
    }
}

pub(super) struct Packets<'a> {
    stream: &'a [u8],
    style: &'a Style,
    /// Where the tile's parts have been read up to.
    part: usize,
    at: usize,
    pub chunks: Vec<Chunk>,
}

impl<'a> Packets<'a> {
    pub fn new(stream: &'a [u8], style: &'a Style) -> Packets<'a> {
        Packets {
            stream,
            style,
            part: 0,
            at: 0,
            chunks: Vec::new(),
        }
    }

    /// Reads all packets.
    pub fn read(
        &mut self,
        tile: &Tile,
        area: Area,
        components: &mut [Vec<Resolution>],
    ) -> Result<(), DecodeError> {
        self.at = tile.parts.first().map_or(0, |part| part.start);
        let mut is_done = true;
        for progression in progressions(self.style) {
            let order = order(area, components, &progression);
            let layers = progression.layers.min(self.style.layers);
            is_done &= match order.rounds {
                Rounds::Picture => self.rounds(tile, &order.places, layers, components)?,
                Rounds::Resolution => {
                    let same = |a: &Place, b: &Place| a.resolution == b.resolution;
                    self.all(tile, order.places.chunk_by(same), layers, components)?
                }
                Rounds::Place => self.all(tile, order.places.chunks(1), layers, components)?,
            };
        }
        if !is_done && tile.is_cut {
            return Err(truncated("part of a JPEG 2000 stream"));
        }
        Ok(())
    }

    fn all<'b>(
        &mut self,
        tile: &Tile,
        mut groups: impl Iterator<Item = &'b [Place]>,
        layers: u16,
        components: &mut [Vec<Resolution>],
    ) -> Result<bool, DecodeError> {
        groups.try_fold(true, |is_done, places| {
            // Nothing is left to be read once a group was not complete.
            Ok(is_done && self.rounds(tile, places, layers, components)?)
        })
    }

    /// Layer after layer of some places; false where the data end before.
    fn rounds(
        &mut self,
        tile: &Tile,
        places: &[Place],
        layers: u16,
        components: &mut [Vec<Resolution>],
    ) -> Result<bool, DecodeError> {
        let first = places.iter().map(|place| {
            let resolutions = &components[usize::from(place.component)];
            resolutions[usize::from(place.resolution)].precincts[place.precinct as usize].layers
        });
        for layer in first.min().unwrap_or(layers)..layers {
            for place in places {
                let component = usize::from(place.component);
                let resolution = &mut components[component][usize::from(place.resolution)];
                let precinct = &mut resolution.precincts[place.precinct as usize];
                if precinct.layers != layer {
                    continue;
                }
                while tile
                    .parts
                    .get(self.part)
                    .is_some_and(|part| self.at >= part.end)
                {
                    self.part += 1;
                    self.at = tile.parts.get(self.part).map_or(0, |part| part.start);
                }
                let Some(part) = tile.parts.get(self.part) else {
                    return Ok(false);
                };
                precinct.layers += 1;
                let style = self.style.components[component].coding.style;
                self.packet(part.end, layer, style, resolution, place.precinct as usize)?;
            }
        }
        Ok(true)
    }

    fn packet(
        &mut self,
        end: usize,
        layer: u16,
        style: u8,
        resolution: &mut Resolution,
        precinct: usize,
    ) -> Result<(), DecodeError> {
        let data = &self.stream[..end];
        if self.style.has_packet_marks && data[self.at..].starts_with(&[0xff, 0x91]) {
            self.at += 6;
        }
        let cut = || truncated("part of a JPEG 2000 packet");
        let mut bits = PacketBits::new(data.get(self.at..).ok_or_else(cut)?);
        let first = self.chunks.len();
        if bits.bit() == 1 {
            for band in 0..resolution.bands.len() {
                let range = resolution.blocks(band, precinct);
                let tree = resolution.precincts[precinct].trees[band] as usize;
                let (columns, rows) = range.size();
                let band = &mut resolution.bands[band];
                for y in 0..rows {
                    for x in 0..columns {
                        let index = (range.rows.0 + y) * band.columns + range.columns.0 + x;
                        let leaf = (tree, (columns, rows), (x, y));
                        self.block(band, index, leaf, (layer, style), &mut bits)?;
                    }
                }
            }
        }
        self.at += bits.end().ok_or_else(cut)?;
        if self.style.has_header_ends && data[self.at..].starts_with(&[0xff, 0x92]) {
            self.at += 2;
        }
        for chunk in &mut self.chunks[first..] {
            chunk.start = u32::try_from(self.at).map_err(|_| cut())?;
            self.at += chunk.length as usize;
            if self.at > end {
                return Err(cut());
            }
        }
        Ok(())
    }

    /// What a packet's header says of one block.
    fn block(
        &mut self,
        band: &mut Band,
        index: usize,
        (tree, size, leaf): (usize, (usize, usize), (usize, usize)),
        (layer, style): (u16, u8),
        bits: &mut PacketBits,
    ) -> Result<(), DecodeError> {
        let block = &mut band.blocks[index];
        if block.is_included {
            if bits.bit() == 0 {
                return Ok(());
            }
        } else {
            if !is_below(&mut band.inclusion[tree..], size, leaf, layer + 1, bits) {
                return Ok(());
            }
            let mut planes = 1;
            while !is_below(&mut band.missing[tree..], size, leaf, planes, bits) {
                planes += 1;
                if planes > MAX_ZERO_PLANES {
                    return Err(damaged("more missing bit planes than there are"));
                }
            }
            block.zero_planes = (planes - 1) as u8;
            block.is_included = true;
        }
        let mut passes = pass_count(bits);
        while bits.bit() == 1 {
            block.length_bits += 1;
            if block.length_bits > 32 {
                return Err(damaged("a code block of more than 4 GB"));
            }
        }
        while passes > 0 {
            let before = u32::from(block.passes);
            let now = passes.min(passes_left(style, before));
            let length = bits.number((u32::from(block.length_bits) + now.ilog2()).min(32));
            block.passes = u8::try_from(before + now)
                .map_err(|_| damaged("more coding passes than there are"))?;
            let number = self.chunks.len() as u32;
            if self.chunks.len() == MAX_CHUNKS {
                return Err(damaged("more than two million parts of code blocks"));
            }
            self.chunks.push(Chunk {
                start: 0,
                length,
                next: NONE,
                passes: now as u8,
            });
            match block.last_chunk {
                NONE => block.first_chunk = number,
                last => self.chunks[last as usize].next = number,
            }
            block.last_chunk = number;
            passes -= now;
        }
        Ok(())
    }
}

/// Table B.4.
fn pass_count(bits: &mut PacketBits) -> u32 {
    if bits.bit() == 0 {
        return 1;
    }
    if bits.bit() == 0 {
        return 2;
    }
    match bits.number(2) {
        3 => {}
        more => return 3 + more,
    }
    match bits.number(5) {
        31 => 37 + bits.number(7),
        more => 6 + more,
    }
}
