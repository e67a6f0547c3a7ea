//! Known attacks on DICOM readers as files made here: each is refused, or decoded within its bounds, and takes memory
//! only for what is there.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use radiograph::{DecodeError, StoredValues, decode, decode_stored};

/// One explicit element of little endian order.
pub(crate) fn element(group: u16, number: u16, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut bytes = [group.to_le_bytes(), number.to_le_bytes()].concat();
    bytes.extend(vr);
    if [b"OB", b"OW", b"SQ", b"UN"].contains(&vr) {
        bytes.extend([0, 0]);
        bytes.extend((value.len() as u32).to_le_bytes());
    } else {
        bytes.extend((value.len() as u16).to_le_bytes());
    }
    bytes.extend(value);
    bytes
}

fn word(group: u16, number: u16, value: u16) -> Vec<u8> {
    element(group, number, b"US", &value.to_le_bytes())
}

/// Preamble and file meta group.
pub(crate) fn start(syntax: &str) -> Vec<u8> {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    bytes.extend(element(2, 0x10, b"UI", syntax.as_bytes()));
    bytes
}

/// The header of a grey picture, and whatever `more` elements belong before its pixels.
pub(crate) fn header(width: u16, height: u16, photometric: &[u8], more: &[u8]) -> Vec<u8> {
    [
        word(0x28, 2, 1),
        element(0x28, 4, b"CS", photometric),
        word(0x28, 0x10, height),
        word(0x28, 0x11, width),
        word(0x28, 0x100, 8),
        word(0x28, 0x101, 8),
        word(0x28, 0x102, 7),
        word(0x28, 0x103, 0),
        more.to_vec(),
    ]
    .concat()
}

/// Encapsulated pixel data of one fragment.
pub(crate) fn encapsulated(stream: &[u8]) -> Vec<u8> {
    let mut bytes = vec![
        0xe0, 0x7f, 0x10, 0, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0xff,
    ];
    bytes.extend([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0x00, 0xe0]);
    bytes.extend((stream.len() as u32).to_le_bytes());
    bytes.extend(stream);
    bytes.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
    bytes
}

pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `start`, and behind it so many MiB of zeros, deflated. From the second on, each MiB packs to the same bytes.
pub(crate) fn bomb(start: &[u8], mebibytes: usize) -> Vec<u8> {
    let zeros = vec![0; 1 << 20];
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(start).unwrap();
    encoder.flush().unwrap();
    encoder.write_all(&zeros).unwrap();
    encoder.flush().unwrap();
    let second = encoder.get_ref().len();
    encoder.write_all(&zeros).unwrap();
    encoder.flush().unwrap();
    let third = encoder.get_ref().len();
    let end = encoder.finish().unwrap();
    let run = end[second..third].repeat(mebibytes - 1);
    [&end[..second], &run, &end[third..]].concat()
}

/// A ZIP archive of files as name, compression method, packed bytes, and the size and CRC-32 that are told of them.
pub(crate) fn zip(files: &[(&str, u16, &[u8], u32, u32)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for &(name, method, packed, size, crc) in files {
        let offset = bytes.len() as u32;
        let mut fields = [20_u16, 0, method, 0, 0x21].map(u16::to_le_bytes).concat();
        fields.extend(
            [crc, packed.len() as u32, size]
                .map(u32::to_le_bytes)
                .concat(),
        );
        fields.extend([name.len() as u16, 0].map(u16::to_le_bytes).concat());
        bytes.extend([b"PK\x03\x04", fields.as_slice(), name.as_bytes(), packed].concat());
        directory.extend([b"PK\x01\x02\x14\0", fields.as_slice(), &[0; 10]].concat());
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = files.len() as u16;
    let end = [directory.len() as u32, bytes.len() as u32].map(u32::to_le_bytes);
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count, count].map(u16::to_le_bytes).concat());
    bytes.extend(end.concat());
    bytes.extend([0, 0]);
    bytes
}

pub(crate) const EXPLICIT: &str = "1.2.840.10008.1.2.1\0";
pub(crate) const DEFLATED: &str = "1.2.840.10008.1.2.1.99";

#[test]
fn a_meta_header_that_reaches_beyond_the_file_is_refused() {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    bytes.extend(element(2, 0, b"UL", &u32::MAX.to_le_bytes()));
    bytes.extend([2, 0, 1, 0, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0x7f, 0, 1]);
    let line = decode(&bytes).unwrap_err().to_string();
    assert!(line.contains("found 2 of the 2147483647 bytes"), "{line}");
}

#[test]
fn a_deflate_bomb_is_left_after_its_first_part() {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    // A private element of 1 GiB before the picture.
    encoder
        .write_all(&[9, 0, 0x10, 0x10, b'O', b'B', 0, 0, 0, 0, 0, 0x40])
        .unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..64 {
        encoder.write_all(&zeros).unwrap();
    }
    let bytes = [start(DEFLATED), encoder.finish().unwrap()].concat();
    assert!(bytes.len() < 400_000, "{}", bytes.len());
    let line = decode(&bytes).unwrap_err().to_string();
    let expected = "found no pixel data in the first 16 MiB of the inflated data set";
    assert!(line.contains(expected), "{line}");
}

#[test]
fn a_deflated_picture_with_a_bomb_behind_it_inflates_only_its_frame() {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    let pixels = [
        0xe0, 0x7f, 0x10, 0, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0x7f,
    ];
    encoder
        .write_all(&[header(4, 2, b"MONOCHROME2 ", &[]), pixels.to_vec()].concat())
        .unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..64 {
        encoder.write_all(&zeros).unwrap();
    }
    let bytes = [start(DEFLATED), encoder.finish().unwrap()].concat();
    let radiograph = decode(&bytes).unwrap();
    assert_eq!((radiograph.image.width, radiograph.image.height), (4, 2));
}

#[test]
fn four_gigapixels_in_900_bytes_are_refused() {
    let mut bytes = start(EXPLICIT);
    bytes.extend(header(65535, 65535, b"MONOCHROME2 ", &[]));
    bytes.extend(element(0x7fe0, 0x10, b"OB", &[0; 650]));
    assert!(bytes.len() < 1000);
    let error = decode(&bytes).unwrap_err();
    assert!(matches!(error, DecodeError::Size { .. }), "{error}");
}

#[test]
fn a_picture_larger_than_its_pixel_data_is_refused() {
    let mut bytes = start(EXPLICIT);
    bytes.extend(header(8000, 8000, b"MONOCHROME2 ", &[]));
    bytes.extend([
        0xe0, 0x7f, 0x10, 0, b'O', b'B', 0, 0, 0, 0x90, 0xd0, 3, 1, 2,
    ]);
    let line = decode(&bytes).unwrap_err().to_string();
    assert!(
        line.starts_with("found 2 bytes of pixel data, expected 64000000"),
        "{line}"
    );
}

#[test]
fn dimensions_as_long_words_do_not_overflow() {
    // Rows and columns of 0x0001_0001 as UL: their low words count, and the picture is one pixel.
    let mut bytes = start(EXPLICIT);
    let long = |number| element(0x28, number, b"UL", &0x1_0001_u32.to_le_bytes());
    let small = header(1, 1, b"MONOCHROME2 ", &[]);
    bytes.extend(small);
    bytes.extend([long(0x10), long(0x11)].concat());
    bytes.extend(element(0x7fe0, 0x10, b"OB", &[7, 0]));
    let line = decode(&bytes).map(|radiograph| radiograph.image.pixels.len());
    assert!(matches!(line, Ok(1)), "{line:?}");
}

#[test]
fn an_index_outside_of_a_palette_takes_its_last_entry() {
    let table = |number, data| {
        let descriptor = [4_u16, 0, 16].map(u16::to_le_bytes).concat();
        let entries = [0_u16, 100, 200, 65535].map(u16::to_le_bytes).concat();
        [
            element(0x28, number, b"US", &descriptor),
            element(0x28, data, b"OW", &entries),
        ]
    };
    let more: Vec<u8> = [(0x1101, 0x1201), (0x1102, 0x1202), (0x1103, 0x1203)]
        .iter()
        .flat_map(|&(number, data)| table(number, data))
        .flatten()
        .collect();
    let mut bytes = start(EXPLICIT);
    bytes.extend(header(2, 1, b"PALETTE COLOR ", &more));
    bytes.extend(element(0x7fe0, 0x10, b"OB", &[1, 255]));
    let radiograph = decode(&bytes).unwrap();
    assert_eq!(radiograph.image.pixels[1], 1.0);
    let stored = decode_stored(&bytes, None).unwrap();
    assert_eq!(stored.values, StoredValues::U16(vec![1, 255]));
}

#[test]
fn a_voi_table_that_is_shorter_than_it_says_is_refused() {
    let descriptor = [4096_u16, 0, 16].map(u16::to_le_bytes).concat();
    let item = [
        element(0x28, 0x3002, b"US", &descriptor),
        element(0x28, 0x3006, b"OW", &[1, 0]),
    ]
    .concat();
    let mut sequence = vec![0xfe, 0xff, 0x00, 0xe0];
    sequence.extend((item.len() as u32).to_le_bytes());
    sequence.extend(item);
    let mut bytes = start(EXPLICIT);
    let more = element(0x28, 0x3010, b"SQ", &sequence);
    bytes.extend(header(2, 1, b"MONOCHROME2 ", &more));
    bytes.extend(element(0x7fe0, 0x10, b"OB", &[1, 255]));
    let line = decode(&bytes).unwrap_err().to_string();
    assert!(
        line.contains("a table of 1 entries, expected 4096"),
        "{line}"
    );
}

#[test]
fn code_streams_that_declare_more_than_they_hold_are_refused() {
    let frames: [(&str, &[u8]); 3] = [
        // Lossless JPEG, JPEG-LS and JPEG 2000 headers of 8000 × 8000 pixels, and nothing after them.
        ("1.2.840.10008.1.2.4.70", b"\xff\xd8\xff\xc3\0\x0b\x08\x1f\x40\x1f\x40\x01\x01\x11\0"),
        ("1.2.840.10008.1.2.4.80", b"\xff\xd8\xff\xf7\0\x0b\x08\x1f\x40\x1f\x40\x01\x01\x11\0"),
        (
            "1.2.840.10008.1.2.4.90",
            b"\xff\x4f\xff\x51\0\x29\0\0\0\0\x1f\x40\0\0\x1f\x40\0\0\0\0\0\0\0\0\0\0\x1f\x40\0\0\x1f\x40\0\0\0\0\0\0\0\0\0\x01\x07\x01\x01\0",
        ),
    ];
    for (syntax, stream) in frames {
        let mut bytes = start(syntax);
        bytes.extend(header(8000, 8000, b"MONOCHROME2 ", &[]));
        bytes.extend(encapsulated(stream));
        let error = decode(&bytes).unwrap_err();
        assert!(
            matches!(error, DecodeError::Truncated { .. }),
            "{syntax}: {error}"
        );
    }
}
