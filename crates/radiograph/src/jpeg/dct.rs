//! Sequential DCT of 8 or 12 bits: the baseline and the extended process.
//!
//! In: the markers after the frame header. Out: samples, the colours of a pixel together.
//!
//! Source: ITU-T T.81 annexes A and F. Checked against: dcmtk and pylibjpeg (docs/dicom.md).

use fearless_simd::{Level, Simd, dispatch};

use super::bits::{Bits, Huffman};
use super::inverse::{flat, inverse};
use super::markers::{Component, FrameHeader, Markers, Scan, Segment};
use super::upsample::smooth;
use crate::error::{DecodeError, broken, truncated};

/// The place of the k-th coefficient in a block of rows.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

pub(super) fn decode(markers: &mut Markers, header: &FrameHeader) -> Result<Vec<u16>, DecodeError> {
    let count = header.components.len();
    // Every block of 64 takes at least two bits.
    if header.width * header.height / 64 > markers.rest().len().saturating_mul(4).saturating_mul(16)
    {
        return Err(truncated("part of a JPEG stream"));
    }
    let mut samples = vec![0; header.width * header.height * count];
    let mut decoded = 0;
    while decoded < count {
        match markers.next()? {
            Segment::Scan(scan) => {
                decoded += scan.components.len();
                let planes = planes(markers, header, &scan)?;
                let used = dispatch!(Level::new(), simd =>
                    decode_scan(simd, markers, header, planes, &mut samples))?;
                markers.skip(used);
            }
            Segment::Tables => {}
            Segment::Frame(_) => return Err(broken("a JPEG stream of several frames".into())),
            Segment::End => return Err(truncated("part of a JPEG stream")),
        }
    }
    let (wide, high) = most(header);
    for (colour, one) in header.components.iter().enumerate() {
        let vertical = high == 2 * one.vertical;
        if wide == 2 * one.horizontal && (vertical || high == one.vertical) {
            let shape = (header.width, header.height);
            smooth(&mut samples, shape, (colour, count), vertical);
        }
    }
    Ok(samples)
}

/// The largest horizontal and vertical sampling factors.
fn most(header: &FrameHeader) -> (usize, usize) {
    let most = |of: fn(&Component) -> usize| header.components.iter().map(of).max().unwrap_or(1);
    (most(|one| one.horizontal), most(|one| one.vertical))
}

struct Plane<'a> {
    colour: usize,
    shape: Component,
    dc: &'a Huffman,
    ac: &'a Huffman,
    quantisation: &'a [u16; 64],
    last_dc: i32,
}

#[inline(always)]
fn decode_scan<S: Simd>(
    simd: S,
    markers: &Markers,
    header: &FrameHeader,
    mut planes: Vec<Plane>,
    samples: &mut [u16],
) -> Result<usize, DecodeError> {
    let (wide, high) = most(header);
    // One colour alone comes block by block.
    let alone = planes.len() == 1;
    let (unit_width, unit_height) = match &planes[..] {
        [plane] => (
            8 * wide / plane.shape.horizontal,
            8 * high / plane.shape.vertical,
        ),
        _ => (8 * wide, 8 * high),
    };
    let mut bits = Bits::new(markers.rest());
    let mut until_restart = markers.restart_interval;
    for y in (0..header.height).step_by(unit_height) {
        for x in (0..header.width).step_by(unit_width) {
            if until_restart == 0 && markers.restart_interval > 0 {
                bits.restart()?;
                planes.iter_mut().for_each(|plane| plane.last_dc = 0);
                until_restart = markers.restart_interval;
            }
            until_restart = until_restart.wrapping_sub(1);
            for plane in &mut planes {
                let shape = plane.shape;
                let (across, down) = if alone {
                    (1, 1)
                } else {
                    (shape.horizontal, shape.vertical)
                };
                let (repeat_x, repeat_y) = (wide / shape.horizontal, high / shape.vertical);
                for (row, column) in (0..down).flat_map(|row| (0..across).map(move |at| (row, at)))
                {
                    let place = Place {
                        x: x + column * 8 * repeat_x,
                        y: y + row * 8 * repeat_y,
                        repeat_x,
                        repeat_y,
                        colour: plane.colour,
                    };
                    let pixels = block(simd, &mut bits, plane, header.precision)?;
                    store(&pixels, &place, header, samples);
                }
            }
            if bits.is_overrun() {
                return Err(truncated("part of a JPEG stream"));
            }
        }
    }
    Ok(bits.used())
}

fn planes<'a>(
    markers: &'a Markers,
    header: &FrameHeader,
    scan: &Scan,
) -> Result<Vec<Plane<'a>>, DecodeError> {
    let table = |tables: &'a [Option<Huffman>; 4], index: usize| {
        let table = tables.get(index).and_then(Option::as_ref);
        table.ok_or_else(|| broken("a JPEG scan without its Huffman table".into()))
    };
    let plane = |&(id, dc, ac): &(u8, usize, usize)| {
        let colour = header
            .components
            .iter()
            .position(|one| one.id == id)
            .ok_or_else(|| broken("a JPEG scan of a component that is not there".into()))?;
        let shape = header.components[colour];
        Ok(Plane {
            colour,
            shape,
            dc: table(&markers.dc, dc)?,
            ac: table(&markers.ac, ac)?,
            quantisation: &markers.quantisation[shape.quantisation],
            last_dc: 0,
        })
    };
    scan.components.iter().map(plane).collect()
}

/// The samples of the next block.
#[inline(always)]
fn block<S: Simd>(
    simd: S,
    bits: &mut Bits,
    plane: &mut Plane,
    precision: u16,
) -> Result<[[u16; 8]; 8], DecodeError> {
    let (0, difference) = bits.run_and_number(plane.dc)? else {
        return Err(broken("a JPEG difference of more than 15 bits".into()));
    };
    plane.last_dc = plane.last_dc.wrapping_add(difference);
    let mut block = [0; 64];
    block[0] = plane.last_dc.wrapping_mul(i32::from(plane.quantisation[0]));
    let mut index = 1;
    while index < 64 {
        let (run, value) = bits.run_and_number(plane.ac)?;
        index += usize::from(run);
        if value == 0 {
            if run < 15 {
                break;
            }
            index += 1;
            continue;
        }
        let Some(&at) = ZIGZAG.get(index) else {
            return Err(broken("a JPEG block of more than 64 coefficients".into()));
        };
        block[usize::from(at & 63)] = value.wrapping_mul(plane.quantisation[index].into());
        index += 1;
    }
    if block[1..] == [0; 63] {
        return Ok([[flat(block[0], precision); 8]; 8]);
    }
    Ok(inverse(simd, &block, precision))
}

struct Place {
    x: usize,
    y: usize,
    repeat_x: usize,
    repeat_y: usize,
    colour: usize,
}

#[inline(always)]
fn store(pixels: &[[u16; 8]; 8], place: &Place, header: &FrameHeader, samples: &mut [u16]) {
    let (count, width) = (header.components.len(), header.width);
    let is_plain = (place.repeat_x, place.repeat_y, count) == (1, 1, 1);
    if is_plain && place.x + 8 <= width && place.y + 8 <= header.height {
        let rows = samples[place.y * width..].chunks_mut(width);
        for (out, row) in rows.zip(pixels) {
            out[place.x..][..8].copy_from_slice(row);
        }
        return;
    }
    for y in place.y..header.height.min(place.y + 8 * place.repeat_y) {
        let row = &pixels[(y - place.y) / place.repeat_y];
        for x in place.x..width.min(place.x + 8 * place.repeat_x) {
            let sample = row[(x - place.x) / place.repeat_x];
            samples[(y * width + x) * count + place.colour] = sample;
        }
    }
}
