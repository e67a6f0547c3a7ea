//! Sequential DCT of 8 or 12 bits: the baseline and the extended process.
//!
//! In: the markers after the frame header. Out: samples, the colours of a pixel together. The inverse transform has
//! the integer arithmetic of the Independent JPEG Group's accurate one, which dcmtk and GDCM use, so that values agree to the
//! level.
//!
//! Source: ITU-T T.81 annexes A and F; Loeffler, Ligtenberg, Moschytz 1989, ICASSP, 988. Checked against: dcmtk and
//! pylibjpeg (docs/dicom.md).

use super::bits::{Bits, Huffman};
use super::markers::{Component, FrameHeader, Markers, Scan, Segment};
use super::upsample::smooth;
use crate::error::{DecodeError, broken, truncated};

/// The place of the k-th coefficient in a block of rows.
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Fraction bits of the constants.
const CONSTANT_BITS: u32 = 13;

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
                let used = decode_scan(markers, header, &scan, &mut samples)?;
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

fn decode_scan(
    markers: &Markers,
    header: &FrameHeader,
    scan: &Scan,
    samples: &mut [u16],
) -> Result<usize, DecodeError> {
    let mut planes = planes(markers, header, scan)?;
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
    let units_across = header.width.div_ceil(unit_width);
    let mut bits = Bits::new(markers.rest());
    for unit in 0..units_across * header.height.div_ceil(unit_height) {
        if markers.restart_interval > 0 && unit > 0 && unit % markers.restart_interval == 0 {
            bits.restart()?;
            planes.iter_mut().for_each(|plane| plane.last_dc = 0);
        }
        let (x, y) = (
            unit % units_across * unit_width,
            unit / units_across * unit_height,
        );
        for plane in &mut planes {
            let shape = plane.shape;
            let (across, down) = if alone {
                (1, 1)
            } else {
                (shape.horizontal, shape.vertical)
            };
            let (repeat_x, repeat_y) = (wide / shape.horizontal, high / shape.vertical);
            for block in 0..across * down {
                let coefficients = block_of(&mut bits, plane)?;
                let pixels = inverse(&coefficients, header.precision);
                let place = Place {
                    x: x + block % across * 8 * repeat_x,
                    y: y + block / across * 8 * repeat_y,
                    repeat_x,
                    repeat_y,
                    colour: plane.colour,
                };
                store(&pixels, &place, header, samples);
            }
        }
        if bits.is_overrun() {
            return Err(truncated("part of a JPEG stream"));
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

/// The dequantised coefficients of the next block, in rows.
fn block_of(bits: &mut Bits, plane: &mut Plane) -> Result<[i64; 64], DecodeError> {
    let mut block = [0; 64];
    let size = bits.value(plane.dc)?;
    if size > 16 {
        return Err(broken(format!("a JPEG difference of {size} bits")));
    }
    plane.last_dc = plane.last_dc.wrapping_add(bits.signed(size.into()));
    block[0] = i64::from(plane.last_dc) * i64::from(plane.quantisation[0]);
    let mut index = 1;
    while index < 64 {
        let code = bits.value(plane.ac)?;
        let (run, size) = (usize::from(code >> 4), u32::from(code & 15));
        match (run, size) {
            (15, 0) => index += 16,
            (_, 0) => break,
            _ => {
                index += run;
                let Some(&at) = ZIGZAG.get(index) else {
                    return Err(broken("a JPEG block of more than 64 coefficients".into()));
                };
                let value = i64::from(bits.signed(size));
                block[usize::from(at)] = value * i64::from(plane.quantisation[index]);
                index += 1;
            }
        }
    }
    Ok(block)
}

struct Place {
    x: usize,
    y: usize,
    repeat_x: usize,
    repeat_y: usize,
    colour: usize,
}

fn store(pixels: &[u16; 64], place: &Place, header: &FrameHeader, samples: &mut [u16]) {
    let count = header.components.len();
    let rows = place.y..header.height.min(place.y + 8 * place.repeat_y);
    for y in rows {
        let row = (y - place.y) / place.repeat_y * 8;
        for x in place.x..header.width.min(place.x + 8 * place.repeat_x) {
            let sample = pixels[row + (x - place.x) / place.repeat_x];
            samples[(y * header.width + x) * count + place.colour] = sample;
        }
    }
}

/// The samples of a block.
fn inverse(block: &[i64; 64], precision: u16) -> [u16; 64] {
    // Fraction bits of what the columns hand to the rows.
    let between = if precision > 8 { 1 } else { 2 };
    let mut columns = [0; 64];
    for x in 0..8 {
        let line = [0, 1, 2, 3, 4, 5, 6, 7].map(|y| block[8 * y + x]);
        for (y, value) in inverse_line(line).into_iter().enumerate() {
            columns[8 * y + x] = rounded(value, CONSTANT_BITS - between);
        }
    }
    let mut samples = [0; 64];
    let (middle, maximum) = (1_i64 << (precision - 1), (1_i64 << precision) - 1);
    for (line, out) in columns
        .as_chunks::<8>()
        .0
        .iter()
        .zip(samples.as_chunks_mut::<8>().0)
    {
        *out = inverse_line(*line).map(|value| {
            let value = rounded(value, CONSTANT_BITS + between + 3) + middle;
            value.clamp(0, maximum) as u16
        });
    }
    samples
}

fn rounded(value: i64, bits: u32) -> i64 {
    (value + (1 << (bits - 1))) >> bits
}

/// Eight coefficients to eight values with [`CONSTANT_BITS`] more fraction bits.
fn inverse_line(c: [i64; 8]) -> [i64; 8] {
    let times = |value: i64, constant: f64| {
        value.wrapping_mul((constant * f64::from(1 << CONSTANT_BITS)).round() as i64)
    };
    let turned = times(c[2] + c[6], 0.541_196_100);
    let (low, high) = (
        turned + times(c[2], 0.765_366_865),
        turned - times(c[6], 1.847_759_065),
    );
    let (sum, gap) = (
        (c[0] + c[4]) << CONSTANT_BITS,
        (c[0] - c[4]) << CONSTANT_BITS,
    );
    let even = [sum + low, gap + high, gap - high, sum - low];

    let common = times(c[7] + c[3] + c[5] + c[1], 1.175_875_602);
    let (outer, inner) = (
        times(c[7] + c[1], -0.899_976_223),
        times(c[5] + c[3], -2.562_915_447),
    );
    let (first, second) = (
        common + times(c[7] + c[3], -1.961_570_560),
        common + times(c[5] + c[1], -0.390_180_644),
    );
    let odd = [
        times(c[1], 1.501_321_110) + outer + second,
        times(c[3], 3.072_711_026) + inner + first,
        times(c[5], 2.053_119_869) + inner + second,
        times(c[7], 0.298_631_336) + outer + first,
    ];
    [
        even[0] + odd[0],
        even[1] + odd[1],
        even[2] + odd[2],
        even[3] + odd[3],
        even[3] - odd[3],
        even[2] - odd[2],
        even[1] - odd[1],
        even[0] - odd[0],
    ]
}
