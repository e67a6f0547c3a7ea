//! Lossless JPEG: each sample is predicted from its neighbours, the difference is Huffman coded.
//!
//! In: the markers after the frame header. Out: samples, the colours of a pixel together. All seven predictors,
//! point transform, restarts at the start of a row, one scan for all colours or one each.
//!
//! Source: ITU-T T.81 annex H. Checked against: pylibjpeg, GDCM and dcmtk (docs/dicom.md).

use super::bits::{Bits, Huffman};
use super::markers::{FrameHeader, Markers, Scan, Segment};
use crate::error::{DecodeError, broken, truncated};

pub(super) fn decode(markers: &mut Markers, header: &FrameHeader) -> Result<Vec<u16>, DecodeError> {
    let count = header.components.len();
    if header
        .components
        .iter()
        .any(|one| (one.horizontal, one.vertical) != (1, 1))
        && count > 1
    {
        return Err(DecodeError::Samples {
            found: "subsampled colours in a lossless JPEG stream".into(),
        });
    }
    // Every sample takes at least one bit.
    if header.width * header.height * count > markers.rest().len().saturating_mul(8) {
        return Err(truncated("part of a lossless JPEG stream"));
    }
    let mut samples = vec![0; header.width * header.height * count];
    let mut decoded = vec![false; count];
    while decoded.contains(&false) {
        match markers.next()? {
            Segment::Scan(scan) => {
                let colours = colours(&scan, header, &mut decoded)?;
                let used = decode_scan(markers, header, &scan, &colours, &mut samples)?;
                markers.skip(used);
            }
            Segment::Tables => {}
            Segment::Frame(_) => return Err(broken("a JPEG stream of several frames".into())),
            Segment::End => return Err(truncated("part of a lossless JPEG stream")),
        }
    }
    Ok(samples)
}

/// The indices of a scan's colours, each of which may come once.
fn colours(
    scan: &Scan,
    header: &FrameHeader,
    decoded: &mut [bool],
) -> Result<Vec<usize>, DecodeError> {
    let mut colours = Vec::with_capacity(scan.components.len());
    for &(id, ..) in &scan.components {
        let index = header.components.iter().position(|one| one.id == id);
        match index {
            Some(index) if !decoded[index] => {
                decoded[index] = true;
                colours.push(index);
            }
            _ => return Err(broken("a JPEG scan of a component that is not due".into())),
        }
    }
    Ok(colours)
}

fn decode_scan(
    markers: &Markers,
    header: &FrameHeader,
    scan: &Scan,
    colours: &[usize],
    samples: &mut [u16],
) -> Result<usize, DecodeError> {
    let tables = scan.components.iter().map(|&(_, dc, _)| {
        let table = markers.dc.get(dc).and_then(Option::as_ref);
        table.ok_or_else(|| broken("a JPEG scan without its Huffman table".into()))
    });
    let tables: Vec<&Huffman> = tables.collect::<Result<_, _>>()?;
    let coder = Coder {
        tables,
        colours,
        step: header.components.len(),
        middle: 1_i32
            .checked_shl(u32::from(header.precision) - 1)
            .map_or(0, |middle| middle >> scan.low),
    };
    let mut bits = Bits::new(markers.rest());
    let rows_per_restart = match markers.restart_interval {
        0 => header.height,
        interval if interval % header.width == 0 => interval / header.width,
        interval => {
            return Err(broken(format!(
                "a restart after {interval} samples, amid a row of {}",
                header.width
            )));
        }
    };
    let row_length = header.width * coder.step;
    let (mut above, mut row) = (vec![0_u16; row_length], vec![0_u16; row_length]);
    for (index, out) in samples.chunks_exact_mut(row_length).enumerate() {
        if index > 0 && index % rows_per_restart == 0 {
            bits.restart()?;
        }
        if index % rows_per_restart == 0 {
            coder.first_row(&mut bits, &mut row)?;
        } else {
            match scan.start {
                1 => coder.row(&mut bits, &above, &mut row, |a, _, _| a)?,
                2 => coder.row(&mut bits, &above, &mut row, |_, b, _| b)?,
                3 => coder.row(&mut bits, &above, &mut row, |_, _, c| c)?,
                4 => coder.row(&mut bits, &above, &mut row, |a, b, c| a + b - c)?,
                5 => coder.row(&mut bits, &above, &mut row, |a, b, c| a + ((b - c) >> 1))?,
                6 => coder.row(&mut bits, &above, &mut row, |a, b, c| b + ((a - c) >> 1))?,
                7 => coder.row(&mut bits, &above, &mut row, |a, b, _| (a + b) >> 1)?,
                other => return Err(broken(format!("JPEG predictor {other}, expected 1 to 7"))),
            }
        }
        if bits.is_overrun() {
            return Err(truncated("part of a lossless JPEG stream"));
        }
        for &colour in colours {
            for at in (colour..row_length).step_by(coder.step) {
                out[at] = row[at] << scan.low;
            }
        }
        std::mem::swap(&mut above, &mut row);
    }
    Ok(bits.used())
}

struct Coder<'a> {
    /// One for each of the colours.
    tables: Vec<&'a Huffman>,
    colours: &'a [usize],
    /// Samples a pixel.
    step: usize,
    /// Predicts the very first sample.
    middle: i32,
}

impl Coder<'_> {
    /// The left neighbour predicts.
    fn first_row(&self, bits: &mut Bits, row: &mut [u16]) -> Result<(), DecodeError> {
        for at in (0..row.len()).step_by(self.step) {
            for (&colour, table) in self.colours.iter().zip(&self.tables) {
                let at = at + colour;
                let predicted = match at.checked_sub(self.step) {
                    Some(left) => row[left].into(),
                    None => self.middle,
                };
                row[at] = sample(bits, table, predicted)?;
            }
        }
        Ok(())
    }

    /// Predicts from left, above and above left; at the start of the row from above.
    #[inline]
    fn row(
        &self,
        bits: &mut Bits,
        above: &[u16],
        row: &mut [u16],
        predict: impl Fn(i32, i32, i32) -> i32,
    ) -> Result<(), DecodeError> {
        if let ([table], 1) = (&self.tables[..], self.step) {
            let mut left = sample(bits, table, above[0].into())?;
            row[0] = left;
            for (out, pair) in row[1..].iter_mut().zip(above.windows(2)) {
                let predicted = predict(left.into(), pair[1].into(), pair[0].into());
                left = sample(bits, table, predicted)?;
                *out = left;
            }
            return Ok(());
        }
        for first in (0..row.len()).step_by(self.step) {
            for (&colour, table) in self.colours.iter().zip(&self.tables) {
                let at = first + colour;
                let predicted = match at.checked_sub(self.step) {
                    Some(left) => predict(row[left].into(), above[at].into(), above[left].into()),
                    None => above[at].into(),
                };
                row[at] = sample(bits, table, predicted)?;
            }
        }
        Ok(())
    }
}

#[inline(always)]
fn sample(bits: &mut Bits, table: &Huffman, predicted: i32) -> Result<u16, DecodeError> {
    let difference = match bits.run_and_number(table)? {
        (0, difference) => difference,
        (1, 0) => 1 << 15,
        (high, _) => {
            return Err(broken(format!(
                "a JPEG difference of more than {} bits",
                16 * high
            )));
        }
    };
    // Modulo 65536, as the standard has it.
    Ok((predicted + difference) as u16)
}
