//! The marker segments of a JPEG stream: frame header, scan headers, tables.
//!
//! In: the bytes. Out: one segment at a time; tables are kept as they come, since a scan uses those before it.
//! Nothing is allocated here beyond tables of fixed size.
//!
//! Source: ITU-T T.81 annex B.

use super::bits::Huffman;
use crate::error::{DecodeError, broken, truncated};
use crate::header::Layout;

/// How samples become bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Sequential,
    Progressive,
    Lossless,
    Hierarchical,
    Arithmetic,
}

/// One colour of the frame.
#[derive(Debug, Clone, Copy)]
pub(super) struct Component {
    pub id: u8,
    /// 1 to 4.
    pub horizontal: usize,
    /// 1 to 4.
    pub vertical: usize,
    /// 0 to 3.
    pub quantisation: usize,
}

#[derive(Debug)]
pub(super) struct FrameHeader {
    pub coding: Coding,
    /// 2 to 16.
    pub precision: u16,
    pub width: usize,
    pub height: usize,
    /// 1 to 4.
    pub components: Vec<Component>,
}

/// One scan.
#[derive(Debug)]
pub(super) struct Scan {
    /// Index into the frame's components by identifier, DC table, AC table.
    pub components: Vec<(u8, usize, usize)>,
    /// Start of the spectral selection, or the predictor.
    pub start: u8,
    /// The point transform, or the low bit of the approximation.
    pub low: u8,
}

pub(super) enum Segment {
    Frame(FrameHeader),
    /// Entropy-coded data follows.
    Scan(Scan),
    Tables,
    End,
}

/// The stream, and the tables seen so far.
pub(super) struct Markers<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Natural order is not restored: the k-th entry belongs to the k-th coefficient in zigzag order.
    pub quantisation: [[u16; 64]; 4],
    pub dc: [Option<Huffman>; 4],
    pub ac: [Option<Huffman>; 4],
    /// In minimum coded units, 0 without restarts.
    pub restart_interval: usize,
    adobe_transform: Option<u8>,
    is_jfif: bool,
}

impl<'a> Markers<'a> {
    pub fn new(bytes: &'a [u8]) -> Result<Markers<'a>, DecodeError> {
        if !bytes.starts_with(&[0xff, 0xd8]) {
            return Err(broken(
                "a JPEG frame without a start-of-image marker".into(),
            ));
        }
        Ok(Markers {
            bytes,
            at: 2,
            quantisation: [[1; 64]; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart_interval: 0,
            adobe_transform: None,
            is_jfif: false,
        })
    }

    /// What is left: after a scan header its entropy-coded data.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Skips bytes that a scan has used.
    pub fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Whether three components are luminance and chroma: Adobe's marker says so, JFIF implies it; without either
    /// the header says it, and components called R, G and B say it is not so.
    pub fn is_ybr(&self, header: &FrameHeader, layout: &Layout) -> bool {
        let ids: Vec<u8> = header.components.iter().map(|one| one.id).collect();
        let by_header = ids != *b"RGB" && layout.photometric != "RGB";
        let otherwise = self.is_jfif || by_header;
        header.components.len() == 3
            && self
                .adobe_transform
                .map_or(otherwise, |transform| transform == 1)
    }

    pub fn next(&mut self) -> Result<Segment, DecodeError> {
        let marker = loop {
            match self.rest() {
                [0xff, 0xff, ..] => self.at += 1,
                [0xff, 0x00 | 0x01 | 0xd0..=0xd8, ..] => self.at += 2,
                [0xff, marker, ..] => {
                    self.at += 2;
                    break *marker;
                }
                // Padding or garbage between segments.
                [_, ..] => self.at += 1,
                [] => return Ok(Segment::End),
            }
        };
        if marker == 0xd9 {
            return Ok(Segment::End);
        }
        let segment = self.segment()?;
        match marker {
            0xc4 => self.huffman(segment)?,
            0xdb => self.quantisation(segment)?,
            0xdd => {
                let &[high, low, ..] = segment else {
                    return Err(truncated("part of a JPEG restart interval"));
                };
                self.restart_interval = u16::from_be_bytes([high, low]).into();
            }
            0xe0 if segment.starts_with(b"JFIF") => self.is_jfif = true,
            0xee if segment.starts_with(b"Adobe") => {
                self.adobe_transform = segment.get(11).copied()
            }
            0xda => return scan(segment).map(Segment::Scan),
            0xc0 | 0xc1 => return frame(segment, Coding::Sequential).map(Segment::Frame),
            0xc2 => return frame(segment, Coding::Progressive).map(Segment::Frame),
            0xc3 => return frame(segment, Coding::Lossless).map(Segment::Frame),
            0xc5..=0xc7 => return frame(segment, Coding::Hierarchical).map(Segment::Frame),
            0xc9..=0xcb | 0xcd..=0xcf => {
                return frame(segment, Coding::Arithmetic).map(Segment::Frame);
            }
            _ => {}
        }
        Ok(Segment::Tables)
    }

    fn segment(&mut self) -> Result<&'a [u8], DecodeError> {
        let rest = self.rest();
        let length = rest
            .first_chunk()
            .map(|&b| usize::from(u16::from_be_bytes(b)))
            .ok_or_else(|| truncated("part of a JPEG segment"))?;
        let segment = rest
            .get(2..length)
            .ok_or_else(|| truncated("part of a JPEG segment"))?;
        self.at += length;
        Ok(segment)
    }

    fn huffman(&mut self, mut segment: &[u8]) -> Result<(), DecodeError> {
        while let [place, rest @ ..] = segment {
            let (class, index) = (place >> 4, usize::from(place & 15));
            let counts: &[u8; 16] = rest
                .first_chunk()
                .ok_or_else(|| truncated("part of a Huffman table"))?;
            let total: usize = counts.iter().map(|&count| usize::from(count)).sum();
            let values = rest
                .get(16..16 + total)
                .ok_or_else(|| truncated("part of a Huffman table"))?;
            let tables = if class == 0 {
                &mut self.dc
            } else {
                &mut self.ac
            };
            let table = tables
                .get_mut(index)
                .ok_or_else(|| broken(format!("Huffman table {index}, expected 0 to 3")))?;
            *table = Some(Huffman::new(counts, values)?);
            segment = &rest[16 + total..];
        }
        Ok(())
    }

    fn quantisation(&mut self, mut segment: &[u8]) -> Result<(), DecodeError> {
        while let [place, rest @ ..] = segment {
            let (wide, index) = (place >> 4 != 0, usize::from(place & 15));
            let length = if wide { 128 } else { 64 };
            let entries = rest
                .get(..length)
                .ok_or_else(|| truncated("part of a quantisation table"))?;
            let table = self
                .quantisation
                .get_mut(index)
                .ok_or_else(|| broken(format!("quantisation table {index}, expected 0 to 3")))?;
            for (entry, value) in table.iter_mut().zip(entries.chunks_exact(length / 64)) {
                *entry = value
                    .iter()
                    .fold(0, |all, &byte| all << 8 | u16::from(byte));
            }
            segment = &rest[length..];
        }
        Ok(())
    }
}

fn frame(segment: &[u8], coding: Coding) -> Result<FrameHeader, DecodeError> {
    let [precision, a, b, c, d, count, rest @ ..] = segment else {
        return Err(truncated("part of a JPEG frame header"));
    };
    let entries = rest.as_chunks::<3>().0;
    let count = usize::from(*count);
    if !(1..=4).contains(&count) || entries.len() < count {
        return Err(broken(format!(
            "a JPEG frame of {count} components, expected 1 to 4"
        )));
    }
    let component = |&[id, sampling, table]: &[u8; 3]| Component {
        id,
        horizontal: usize::from(sampling >> 4),
        vertical: usize::from(sampling & 15),
        quantisation: table.into(),
    };
    let components: Vec<Component> = entries[..count].iter().map(component).collect();
    let fits = |one: &Component| {
        (1..=4).contains(&one.horizontal) && (1..=4).contains(&one.vertical) && one.quantisation < 4
    };
    if !components.iter().all(fits) || !(2..=16).contains(precision) {
        return Err(broken("a JPEG frame header with impossible values".into()));
    }
    Ok(FrameHeader {
        coding,
        precision: (*precision).into(),
        width: u16::from_be_bytes([*c, *d]).into(),
        height: u16::from_be_bytes([*a, *b]).into(),
        components,
    })
}

fn scan(segment: &[u8]) -> Result<Scan, DecodeError> {
    let [count, rest @ ..] = segment else {
        return Err(truncated("part of a JPEG scan header"));
    };
    let count = usize::from(*count);
    let (entries, last) = rest
        .split_at_checked(2 * count)
        .filter(|(entries, last)| !entries.is_empty() && last.len() >= 3)
        .ok_or_else(|| truncated("part of a JPEG scan header"))?;
    let component =
        |&[id, tables]: &[u8; 2]| (id, usize::from(tables >> 4), usize::from(tables & 15));
    Ok(Scan {
        components: entries.as_chunks::<2>().0.iter().map(component).collect(),
        start: last[0],
        low: last[2] & 15,
    })
}
