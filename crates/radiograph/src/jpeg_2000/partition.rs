//! Into how many precincts and code blocks a JPEG 2000 stream divides its picture.
//!
//! In: the code stream. Out: nothing, or the refusal of a division that takes much memory for few bytes: the decoder
//! keeps a record of each part, four pixels may be a precinct, and an empty packet of one byte stands for any
//! number of code blocks.
//!
//! Source: ITU-T T.800 A.4.2 (SOT), A.6.1 (COD), A.6.2 (COC), B.6 and B.7 (precincts, code blocks).

use crate::error::{DecodeError, broken};

/// The largest picture in code blocks of 16 × 16 has two thirds of it.
const MAX_PARTS: u64 = 1 << 19;

/// Checks every coding style, of the picture and of its tiles.
pub(super) fn check_partition(
    stream: &[u8],
    (width, height): (usize, usize),
    tiles: u64,
) -> Result<(), DecodeError> {
    let mut rest = &stream[2..];
    let mut tile_part: Option<&[u8]> = None;
    while let [0xff, marker, after @ ..] = rest {
        if *marker == 0x93 {
            let Some(part) = tile_part.take() else { break };
            // The length of a tile part counts from its first marker; 0 is up to the end.
            let length = part.get(6..10).and_then(|bytes| bytes.first_chunk());
            let length = length.map_or(0, |&four| u32::from_be_bytes(four) as usize);
            if length == 0 {
                break;
            }
            // The marker itself belongs to it: else this would come back to the same place for ever.
            if length < part.len() - rest.len() + 2 {
                return Err(broken(
                    "a JPEG 2000 tile part shorter than its header".into(),
                ));
            }
            rest = part.get(length..).unwrap_or_default();
            continue;
        }
        let Some(&[high, low]) = after.first_chunk() else {
            break;
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let Some(segment) = after.get(2..length) else {
            break;
        };
        let style = match marker {
            0x52 => segment.get(5..),
            0x53 => segment.get(2..),
            _ => None,
        };
        if let Some(style) = style {
            let levels = style.first().map_or(0, |&levels| u64::from(levels));
            let parts = parts(style, width as u64, height as u64)
                .saturating_add(tiles.saturating_mul(levels + 1));
            if parts > MAX_PARTS {
                return Err(broken(format!(
                    "a JPEG 2000 picture in {parts} parts, expected at most {MAX_PARTS}"
                )));
            }
        }
        if *marker == 0x90 {
            tile_part = Some(rest);
        }
        rest = after.get(length..).unwrap_or_default();
    }
    Ok(())
}

/// Precincts and code blocks of one component: levels, exponents of the block's sides less 2, style, transform,
/// and for each resolution the exponents of the precinct's sides, 15 where they are left out.
fn parts(style: &[u8], width: u64, height: u64) -> u64 {
    let &[levels, block_width, block_height, ..] = style else {
        return 0;
    };
    let mut parts = 0_u64;
    for resolution in 0..=levels.min(32) {
        let reduction = u32::from(levels.min(32) - resolution);
        let [columns, rows] = [width, height].map(|side| side.div_ceil(1 << reduction));
        let precinct = style.get(5 + usize::from(resolution));
        let [wide, high] = precinct.map_or([15, 15], |both| [both & 15, both >> 4]);
        let precincts = divided(columns, wide) * divided(rows, high);
        // Above the lowest resolution there are three bands of half the sides, and so of half the precinct.
        let (bands, half) = if resolution == 0 { (1, 0) } else { (3, 1) };
        let across = divided(
            columns.div_ceil(1 << half),
            wide.saturating_sub(half).min((block_width & 15) + 2),
        );
        let down = divided(
            rows.div_ceil(1 << half),
            high.saturating_sub(half).min((block_height & 15) + 2),
        );
        parts = parts.saturating_add(precincts + bands * across * down);
    }
    parts
}

fn divided(side: u64, exponent: u8) -> u64 {
    side.div_ceil(1 << exponent)
}

#[cfg(test)]
mod tests {
    use super::{check_partition, parts};

    #[test]
    fn a_tile_part_that_ends_before_its_data_is_refused() {
        let stream = |length: u8| {
            [
                0xff, 0x4f, 0xff, 0x90, 0, 10, 0, 0, 0, 0, 0, length, 0, 1, 0xff, 0x93,
            ]
        };
        assert!(check_partition(&stream(12), (8, 8), 1).is_err());
        assert!(check_partition(&stream(14), (8, 8), 1).is_ok());
    }

    #[test]
    fn parts_are_precincts_and_code_blocks() {
        // One level: a precinct and a block, and above it a precinct and a block in each of three bands.
        assert_eq!(parts(&[1, 4, 4, 0, 1], 16, 16), (1 + 1) + (1 + 3));
        // No level, blocks of 4 × 4, precincts of 1 × 1.
        assert_eq!(parts(&[0, 0, 0, 0, 1, 0], 16, 8), 16 * 8 + 16 * 8);
        // Five levels, blocks of 64 × 64, one precinct a resolution.
        assert_eq!(parts(&[5, 4, 4, 0, 1], 4096, 4096), 64 * 64 + 6);
    }
}
