//! TFRecord: the frames in which TensorBoard's event files hold their events.
//!
//! In: the bytes of an event. Out: its frame: length, masked CRC-32C of the length, the bytes, their masked CRC-32C, numbers in
//! little-endian order. And back: the whole frames at the beginning of a file; where a program was killed while it wrote,
//! the last one is not whole and is left out, as TensorBoard leaves it out until the rest comes.
//!
//! Source: TensorFlow, tensorflow/core/lib/io/record_writer.h. Checked against: frames that tensorboard's own writer made
//! (tools/golden/tensorboard_reads.py).

/// Added to the turned checksum, so that a checksum of bytes that hold checksums stays a good one.
const MASK: u32 = 0xa282_ead8;
/// Bytes of the length and its checksum.
const HEAD: usize = 12;
/// Bytes of the checksum at the end.
const TAIL: usize = 4;

/// One frame.
pub fn frame(event: &[u8]) -> Vec<u8> {
    let length = (event.len() as u64).to_le_bytes();
    let mut frame = Vec::with_capacity(HEAD + event.len() + TAIL);
    frame.extend(length);
    frame.extend(masked(&length).to_le_bytes());
    frame.extend(event);
    frame.extend(masked(event).to_le_bytes());
    frame
}

/// The events of the whole, undamaged frames at the beginning.
pub fn events(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut events = Vec::new();
    while let Some((event, rest)) = first(bytes) {
        events.push(event);
        bytes = rest;
    }
    events
}

fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*sum) != masked(length) {
        return None;
    }
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let event = rest.get(..length)?;
    let (sum, rest) = rest[length..].split_first_chunk::<TAIL>()?;
    (u32::from_le_bytes(*sum) == masked(event)).then_some((event, rest))
}

fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(MASK)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{events, frame};

    proptest! {
        #[test]
        fn whole_frames_come_back_and_a_torn_or_damaged_one_ends_the_file(
            all in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 1..5),
            cut in 1_usize..16,
            flipped in any::<prop::sample::Index>(),
        ) {
            let frames: Vec<Vec<u8>> = all.iter().map(|event| frame(event)).collect();
            let file = frames.concat();
            prop_assert_eq!(&events(&file), &all);
            let last = all.len() - 1;
            prop_assert_eq!(&events(&file[..file.len() - cut]), &all[..last]);
            let before = file.len() - frames[last].len();
            let mut damaged = file.clone();
            let at = before + flipped.index(frames[last].len());
            damaged[at] ^= 0x10;
            prop_assert_eq!(&events(&damaged), &all[..last]);
        }
    }
}
