//! The markers of a code stream: how its picture is divided, coded and quantised, and where the data of each tile lie.
//!
//! In: the code stream. Out: [`Markers`]. Every table is as long as the bytes that are there; what is declared and cannot
//! be is refused here. Packed packet headers (PPM, PPT) are refused: no encoder of radiographs writes them.
//!
//! Source: ITU-T T.800 A.4 to A.6; T.814 A.3 (HT block coding in SPcod).

use std::collections::BTreeMap;
use std::ops::Range;

use super::damaged;
use crate::error::{DecodeError, truncated};

/// Code-block styles (T.800 table A.19, T.814 table A.5).
pub(super) const BYPASS: u8 = 1;
pub(super) const RESET: u8 = 2;
pub(super) const TERMINATE_ALL: u8 = 4;
pub(super) const CAUSAL: u8 = 8;
pub(super) const SEGMENTATION_SYMBOLS: u8 = 0x20;
pub(super) const HIGH_THROUGHPUT: u8 = 0x40;

/// As many as OpenJPEG takes; each costs time.
const MAX_PROGRESSIONS: usize = 32;

/// Decomposition and block coding of one component (COD, COC).
#[derive(Debug, Clone)]
pub(super) struct Coding {
    pub levels: u8,
    /// Exponents of a code block's width and height.
    pub block: [u8; 2],
    pub style: u8,
    pub is_reversible: bool,
    /// Exponents of a precinct's width and height at each resolution.
    precincts: Vec<[u8; 2]>,
    /// Given for this component alone.
    is_own: bool,
}

impl Coding {
    pub fn precinct(&self, resolution: u8) -> [u8; 2] {
        let own = self.precincts.get(usize::from(resolution));
        own.copied().unwrap_or([15, 15])
    }
}

/// Quantisation of one component (QCD, QCC).
#[derive(Debug, Clone)]
pub(super) struct Quantisation {
    guard_bits: u8,
    /// Exponent and mantissa for each band; one alone stands for all.
    steps: Vec<(u8, u16)>,
    is_derived: bool,
    is_own: bool,
}

impl Quantisation {
    /// Magnitude bits, and the size of a step relative to the sample's range, of a band counted from the lowest.
    pub fn band(&self, index: usize) -> Option<(u8, u16, u8)> {
        let (exponent, mantissa) = if self.is_derived {
            let (exponent, mantissa) = *self.steps.first()?;
            let deeper = index.saturating_sub(1) / 3;
            (exponent.saturating_sub(deeper as u8), mantissa)
        } else {
            *self.steps.get(index)?
        };
        let planes = (self.guard_bits + exponent).saturating_sub(1);
        Some((exponent, mantissa, planes))
    }
}

#[derive(Debug, Clone)]
pub(super) struct Component {
    pub coding: Coding,
    pub quantisation: Quantisation,
    /// Bits that a region of interest is shifted up by (RGN).
    pub region_shift: u8,
}

/// A run of packets (POC), or all (COD).
#[derive(Debug, Clone, Copy)]
pub(super) struct Progression {
    /// LRCP, RLCP, RPCL, PCRL, CPRL.
    pub order: u8,
    pub layers: u16,
    pub resolutions: (u8, u8),
    pub components: (u16, u16),
}

/// How the tiles of a picture, or one of them, are coded.
#[derive(Debug, Clone)]
pub(super) struct Style {
    pub order: u8,
    pub layers: u16,
    pub has_colour_transform: bool,
    /// Packets may start with a marker.
    pub has_packet_marks: bool,
    pub has_header_ends: bool,
    pub components: Vec<Component>,
    pub progressions: Vec<Progression>,
}

/// The data of one tile.
#[derive(Debug, Default)]
pub(super) struct Tile {
    /// Where it differs from the main header.
    pub style: Option<Style>,
    /// Packets, as ranges of the code stream.
    pub parts: Vec<Range<usize>>,
    /// The stream ends before the data do.
    pub is_cut: bool,
}

#[derive(Debug)]
pub(super) struct Markers {
    pub style: Style,
    pub tiles: BTreeMap<u16, Tile>,
}

/// What the main header has said so far.
#[derive(Default, Clone)]
struct Draft {
    order: u8,
    layers: u16,
    has_colour_transform: bool,
    marks: u8,
    coding: Vec<Option<Coding>>,
    quantisation: Vec<Option<Quantisation>>,
    region_shift: Vec<u8>,
    progressions: Vec<Progression>,
}

impl Draft {
    fn new(components: usize) -> Draft {
        Draft {
            coding: vec![None; components],
            quantisation: vec![None; components],
            region_shift: vec![0; components],
            ..Draft::default()
        }
    }

    /// A tile's header counts before the main header, whichever of its markers is for one component alone.
    fn for_tile(&self) -> Draft {
        let mut draft = self.clone();
        let codings = draft.coding.iter_mut().flatten();
        codings.for_each(|coding| coding.is_own = false);
        let quantisations = draft.quantisation.iter_mut().flatten();
        quantisations.for_each(|quantisation| quantisation.is_own = false);
        draft.progressions.clear();
        draft
    }

    /// Whether the marker says anything of the coding.
    fn read(&mut self, marker: u8, segment: &[u8]) -> Result<bool, DecodeError> {
        let cut = || truncated("part of a JPEG 2000 header");
        match marker {
            0x52 => {
                let (head, style) = segment.split_at_checked(5).ok_or_else(cut)?;
                self.marks = head[0];
                self.order = head[1];
                self.layers = u16::from_be_bytes([head[2], head[3]]);
                self.has_colour_transform = head[4] == 1;
                if self.order > 4 || self.layers == 0 || head[4] > 1 {
                    return Err(damaged("a coding style that is not defined"));
                }
                let coding = coding(style, head[0] & 1 != 0, false)?;
                let codings = self.coding.iter_mut();
                codings
                    .filter(|old| !old.as_ref().is_some_and(|old| old.is_own))
                    .for_each(|old| *old = Some(coding.clone()));
            }
            0x53 => {
                let (component, rest) = self.component(segment).ok_or_else(cut)?;
                let (&own, style) = rest.split_first().ok_or_else(cut)?;
                let coding = coding(style, own & 1 != 0, true)?;
                self.coding[component] = Some(coding);
            }
            0x5c => {
                let quantisation = quantisation(segment, false)?;
                let quantisations = self.quantisation.iter_mut();
                quantisations
                    .filter(|old| !old.as_ref().is_some_and(|old| old.is_own))
                    .for_each(|old| *old = Some(quantisation.clone()));
            }
            0x5d => {
                let (component, rest) = self.component(segment).ok_or_else(cut)?;
                self.quantisation[component] = Some(quantisation(rest, true)?);
            }
            0x5e => {
                let (component, rest) = self.component(segment).ok_or_else(cut)?;
                let &[style, shift] = rest.first_chunk().ok_or_else(cut)?;
                if style != 0 {
                    return Err(damaged("a region of interest of a style not defined"));
                }
                self.region_shift[component] = shift;
            }
            0x5f => {
                self.read_progressions(segment).ok_or_else(cut)?;
                if self.progressions.len() > MAX_PROGRESSIONS {
                    return Err(damaged(
                        "more changes of progression than any encoder makes",
                    ));
                }
            }
            0x60 | 0x61 => return Err(damaged("packed packet headers, which are not read")),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The index that a segment starts with, and what follows.
    fn component<'a>(&self, segment: &'a [u8]) -> Option<(usize, &'a [u8])> {
        let (index, rest) = if self.coding.len() < 257 {
            (usize::from(*segment.first()?), segment.get(1..)?)
        } else {
            let &two = segment.first_chunk()?;
            (usize::from(u16::from_be_bytes(two)), segment.get(2..)?)
        };
        (index < self.coding.len()).then_some((index, rest))
    }

    fn read_progressions(&mut self, segment: &[u8]) -> Option<()> {
        let wide = usize::from(self.coding.len() >= 257);
        for entry in segment.chunks(7 + 2 * wide) {
            let index = |at: usize| {
                let byte = |at: usize| entry.get(at).map(|&byte| u16::from(byte));
                match wide {
                    0 => byte(at),
                    _ => Some(byte(at)? << 8 | byte(at + 1)?),
                }
            };
            let last = index(5 + wide)?;
            self.progressions.push(Progression {
                resolutions: (entry[0], *entry.get(4 + wide)?),
                layers: u16::from_be_bytes([*entry.get(2 + wide)?, *entry.get(3 + wide)?]),
                components: (index(1)?, if last == 0 { u16::MAX } else { last }),
                order: *entry.get(6 + 2 * wide)?,
            });
        }
        Some(())
    }

    fn finish(&self) -> Result<Style, DecodeError> {
        let missing = || damaged("no coding style or no quantisation");
        let each = self.coding.iter().zip(&self.quantisation);
        let components = each.zip(&self.region_shift);
        let components: Vec<Component> = components
            .map(|((coding, quantisation), &region_shift)| {
                Ok(Component {
                    coding: coding.clone().ok_or_else(missing)?,
                    quantisation: quantisation.clone().ok_or_else(missing)?,
                    region_shift,
                })
            })
            .collect::<Result<_, DecodeError>>()?;
        Ok(Style {
            order: self.order,
            layers: self.layers,
            has_colour_transform: self.has_colour_transform,
            has_packet_marks: self.marks & 2 != 0,
            has_header_ends: self.marks & 4 != 0,
            components,
            progressions: self.progressions.clone(),
        })
    }
}

fn coding(style: &[u8], has_precincts: bool, is_own: bool) -> Result<Coding, DecodeError> {
    let &[
        levels,
        width,
        height,
        style_bits,
        transform,
        ref precincts @ ..,
    ] = style
    else {
        return Err(truncated("part of a JPEG 2000 header"));
    };
    let count = if has_precincts {
        usize::from(levels) + 1
    } else {
        0
    };
    let precincts = precincts
        .get(..count)
        .ok_or_else(|| truncated("part of a JPEG 2000 header"))?;
    let precincts: Vec<[u8; 2]> = precincts
        .iter()
        .map(|both| [both & 15, both >> 4])
        .collect();
    let block = [(width & 15) + 2, (height & 15) + 2];
    let is_narrow = |both: &[u8; 2]| both.contains(&0);
    if levels > 32
        || block.iter().any(|&exponent| exponent > 10)
        || block[0] + block[1] > 12
        || transform > 1
        || precincts.iter().skip(1).any(is_narrow)
        || style_bits & 0x80 != 0
    {
        return Err(damaged("a coding style that is not defined"));
    }
    Ok(Coding {
        levels,
        block,
        style: style_bits,
        is_reversible: transform == 1,
        precincts,
        is_own,
    })
}

fn quantisation(segment: &[u8], is_own: bool) -> Result<Quantisation, DecodeError> {
    let (&style, steps) = segment
        .split_first()
        .ok_or_else(|| truncated("part of a JPEG 2000 header"))?;
    let kind = style & 31;
    let steps = match kind {
        0 => steps.iter().map(|&byte| (byte >> 3, 0)).collect(),
        1 | 2 => {
            let pairs = steps.as_chunks::<2>().0.iter();
            pairs
                .map(|&[high, low]| (high >> 3, u16::from(high & 7) << 8 | u16::from(low)))
                .collect()
        }
        _ => return Err(damaged("a quantisation that is not defined")),
    };
    Ok(Quantisation {
        guard_bits: style >> 5,
        steps,
        is_derived: kind == 1,
        is_own,
    })
}

/// Reads all markers of a stream of `tiles` tiles.
pub(super) fn read_markers(
    stream: &[u8],
    components: usize,
    tiles: u64,
) -> Result<Markers, DecodeError> {
    let mut draft = Draft::new(components);
    let mut at = 2;
    let mut found: BTreeMap<u16, Tile> = BTreeMap::new();
    let mut drafts: BTreeMap<u16, Draft> = BTreeMap::new();
    // The main header ends with the first tile part.
    while let Some((marker, segment)) = segment(stream, at)? {
        if marker == 0x90 {
            break;
        }
        draft.read(marker, segment)?;
        at += 4 + segment.len();
    }
    let style = draft.finish()?;
    while let Some((0x90, start)) = segment(stream, at)? {
        let &[high, low, a, b, c, d, ..] = start else {
            return Err(truncated("part of a JPEG 2000 header"));
        };
        let number = u16::from_be_bytes([high, low]);
        if u64::from(number) >= tiles {
            return Err(damaged("a tile beyond the picture"));
        }
        let tile = found.entry(number).or_default();
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let end = if length == 0 {
            let has_end = stream.ends_with(&[0xff, 0xd9]);
            stream.len() - if has_end { 2 } else { 0 }
        } else {
            at + length
        };
        at += 4 + start.len();
        while let Some((marker, segment)) = segment(stream, at)? {
            if marker == 0x93 {
                break;
            }
            let own = drafts.entry(number).or_insert_with(|| draft.for_tile());
            if own.read(marker, segment)? {
                tile.style = Some(own.finish()?);
            }
            at += 4 + segment.len();
        }
        at += 2;
        if at > end {
            return Err(damaged("a tile part shorter than its header"));
        }
        let there = end.min(stream.len());
        tile.is_cut |= there < end;
        tile.parts.push(at.min(there)..there);
        at = end;
    }
    Ok(Markers {
        style,
        tiles: found,
    })
}

/// The marker at a place and its segment, without the length; none behind the last. That of the data has no segment.
fn segment(stream: &[u8], at: usize) -> Result<Option<(u8, &[u8])>, DecodeError> {
    let (marker, rest) = match stream.get(at..) {
        Some([0xff, marker, rest @ ..]) => (*marker, rest),
        _ => return Ok(None),
    };
    if marker == 0xd9 {
        return Ok(None);
    }
    if marker == 0x93 {
        return Ok(Some((marker, &[])));
    }
    let cut = || truncated("part of a JPEG 2000 header");
    let length = u16::from_be_bytes(*rest.first_chunk().ok_or_else(cut)?);
    let segment = rest.get(2..usize::from(length)).ok_or_else(cut)?;
    Ok(Some((marker, segment)))
}
