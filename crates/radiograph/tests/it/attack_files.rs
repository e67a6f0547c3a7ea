//! The known attacks on DICOM readers as named files; `examples/attack_files.rs` writes them to a folder, so that other
//! programs can be tried on them.
//!
//! Sources: advisories on Orthanc (nine classes, CERT/CC 2026), GDCM (CVE-2026-3650), fo-dicom (deflate), and what
//! fuzzing of dicom-rs and of ours has found.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// One attack.
pub struct Attack {
    /// A file name.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// What `radiograph` says of it: part of its refusal, or `read` and the number of pixels.
    pub outcome: &'static str,
}

/// One explicit element of little endian order.
pub fn element(group: u16, number: u16, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
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
pub fn start(syntax: &str) -> Vec<u8> {
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    bytes.extend(element(2, 0x10, b"UI", syntax.as_bytes()));
    bytes
}

/// The header of a grey picture, and whatever `more` elements belong before its pixels.
pub fn header(width: u16, height: u16, photometric: &[u8], more: &[u8]) -> Vec<u8> {
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
pub fn encapsulated(stream: &[u8]) -> Vec<u8> {
    let mut bytes = vec![
        0xe0, 0x7f, 0x10, 0, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0xff,
    ];
    bytes.extend([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0x00, 0xe0]);
    bytes.extend((stream.len() as u32).to_le_bytes());
    bytes.extend(stream);
    bytes.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
    bytes
}

pub fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `start`, and behind it so many MiB of zeros, deflated. From the second on, each MiB packs to the same bytes.
pub fn bomb(start: &[u8], mebibytes: usize) -> Vec<u8> {
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
pub fn zip(files: &[(&str, u16, &[u8], u32, u32)]) -> Vec<u8> {
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

pub const EXPLICIT: &str = "1.2.840.10008.1.2.1\0";
pub const DEFLATED: &str = "1.2.840.10008.1.2.1.99";

/// A picture of `side` × `side` in the header, and this behind it.
fn picture(syntax: &str, side: u16, pixels: &[u8]) -> Vec<u8> {
    [
        start(syntax),
        header(side, side, b"MONOCHROME2 ", &[]),
        pixels.to_vec(),
    ]
    .concat()
}

fn bytes_of_pixels(declared: u32, there: &[u8]) -> Vec<u8> {
    let head = [0xe0, 0x7f, 0x10, 0, b'O', b'B', 0, 0];
    [&head, declared.to_le_bytes().as_slice(), there].concat()
}

/// Rows and columns as long words: a product of 2⁶² as such, of 2³⁰ in their low halves.
fn long_words() -> Vec<u8> {
    let long = |number| element(0x28, number, b"UL", &0x8000_8000_u32.to_le_bytes());
    [
        start(EXPLICIT),
        header(1, 1, b"MONOCHROME2 ", &[]),
        long(0x10),
        long(0x11),
        bytes_of_pixels(650, &[0; 650]),
    ]
    .concat()
}

/// An 8-bit picture with a VOI table of four entries for 0 to 3, and a pixel of 255.
fn voi_table() -> Vec<u8> {
    let descriptor = [4_u16, 0, 16].map(u16::to_le_bytes).concat();
    let entries = [0_u16, 100, 200, 65535].map(u16::to_le_bytes).concat();
    let item = [
        element(0x28, 0x3002, b"US", &descriptor),
        element(0x28, 0x3006, b"OW", &entries),
    ]
    .concat();
    let length = (item.len() as u32).to_le_bytes();
    let sequence = [&[0xfe, 0xff, 0x00, 0xe0], length.as_slice(), &item].concat();
    let more = element(0x28, 0x3010, b"SQ", &sequence);
    [
        start(EXPLICIT),
        header(2, 1, b"MONOCHROME2 ", &more),
        bytes_of_pixels(2, &[1, 255]),
    ]
    .concat()
}

fn palette() -> Vec<u8> {
    let descriptor = [4_u16, 0, 16].map(u16::to_le_bytes).concat();
    let entries = [0_u16, 100, 200, 65535].map(u16::to_le_bytes).concat();
    let tables = [1, 2, 3].map(|colour| {
        let descriptor = element(0x28, 0x1100 + colour, b"US", &descriptor);
        [descriptor, element(0x28, 0x1200 + colour, b"OW", &entries)].concat()
    });
    [
        start(EXPLICIT),
        header(2, 1, b"PALETTE COLOR ", &tables.concat()),
        bytes_of_pixels(2, &[1, 255]),
    ]
    .concat()
}

const J2K: &str = "1.2.840.10008.1.2.4.90";
const HTJ2K: &str = "1.2.840.10008.1.2.4.201";
const CAPABILITIES: &[u8] = &[0xff, 0x50, 0, 8, 0, 2, 0, 0, 0, 0];
/// Coding style with five levels and blocks of 16 × 16, which take more memory than larger ones.
const SMALL_BLOCKS: &[u8] = &[0xff, 0x52, 0, 12, 0, 0, 0, 1, 0, 5, 2, 2, 0, 1];
/// And with capabilities and the block coding of HTJ2K.
const SMALL_BLOCKS_HT: &[u8] = &[
    0xff, 0x50, 0, 8, 0, 2, 0, 0, 0, 0, 0xff, 0x52, 0, 12, 0, 0, 0, 1, 0, 5, 2, 2, 0x40, 1,
];
/// The same with blocks and precincts as small as can be.
const SMALL_PRECINCTS: [u8; 20] = [
    0xff, 0x52, 0, 18, 1, 0, 0, 1, 0, 5, 0, 0, 0, 1, 0, 0x11, 0x11, 0x11, 0x11, 0x11,
];

/// A JPEG 2000 stream of empty packets, six for each component, with a comment of so many bytes.
fn jpeg_2000(side: u16, components: u8, coding: &[u8], comment: usize) -> Vec<u8> {
    let four = u32::from(side).to_be_bytes();
    let mut stream = vec![0xff, 0x4f, 0xff, 0x51, 0, 38 + 3 * components, 0, 0];
    stream.extend([four, four, [0; 4], [0; 4], four, four, [0; 4], [0; 4]].concat());
    stream.extend([0, components]);
    stream.extend([7, 1, 1].repeat(components.into()));
    stream.extend(coding);
    stream.extend([0xff, 0x5c, 0, 19, 0x40]);
    stream.extend([0x40; 16]);
    stream.extend([0xff, 0x64]);
    stream.extend((comment as u16 + 4).to_be_bytes());
    stream.extend(vec![0; comment + 2]);
    let tile_part = 14 + 6 * components;
    stream.extend([
        0xff, 0x90, 0, 10, 0, 0, 0, 0, 0, tile_part, 0, 1, 0xff, 0x93,
    ]);
    stream.extend(vec![0; 6 * usize::from(components)]);
    stream.extend([0xff, 0xd9]);
    stream
}

/// Headers of code streams of `side` × `side` pixels, then `more` zeros.
fn code_streams(side: u16, more: usize) -> [(&'static str, &'static str, Vec<u8>); 6] {
    let two = side.to_be_bytes();
    let jpeg = |marker: u8, scan: &[u8]| {
        let frame = [
            0xff, 0xd8, 0xff, marker, 0, 11, 8, two[0], two[1], two[0], two[1], 1, 1, 0x11, 0,
        ];
        [&frame, scan, &vec![0; more]].concat()
    };
    let scan = [0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0];
    [
        ("jpeg_baseline", "1.2.840.10008.1.2.4.50", jpeg(0xc0, &scan)),
        ("jpeg_extended", "1.2.840.10008.1.2.4.51", jpeg(0xc1, &scan)),
        ("jpeg_lossless", "1.2.840.10008.1.2.4.70", jpeg(0xc3, &scan)),
        ("jpeg_ls", "1.2.840.10008.1.2.4.80", jpeg(0xf7, &scan)),
        ("jpeg_2000", J2K, jpeg_2000(side, 1, &SMALL_PRECINCTS, more)),
        (
            "htj2k",
            HTJ2K,
            jpeg_2000(side, 1, &[CAPABILITIES, &SMALL_PRECINCTS].concat(), more),
        ),
    ]
}

/// All attacks.
pub fn attacks() -> Vec<Attack> {
    let attack = |(name, bytes, outcome): (&str, Vec<u8>, &'static str)| Attack {
        name: name.into(),
        bytes,
        outcome,
    };
    let mut all: Vec<Attack> = native().into_iter().map(attack).collect();
    all.extend(deflate_bombs().into_iter().map(attack));
    all.extend(archives().into_iter().map(attack));
    all.extend(lying_streams());
    all.extend(blank_streams());
    all
}

type Named = (&'static str, Vec<u8>, &'static str);

fn native() -> [Named; 7] {
    [
        (
            "meta_header_beyond_the_file.dcm",
            [
                &[0; 128],
                b"DICM".as_slice(),
                &element(2, 0, b"UL", &u32::MAX.to_le_bytes()),
                &[2, 0, 1, 0, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0x7f, 0, 1],
            ]
            .concat(),
            "found 2 of the 2147483647 bytes",
        ),
        (
            "sides_of_65535_in_900_bytes.dcm",
            picture(EXPLICIT, 65535, &bytes_of_pixels(650, &[0; 650])),
            "65535 × 65535",
        ),
        (
            "pixels_beyond_the_file.dcm",
            picture(EXPLICIT, 8000, &bytes_of_pixels(64_000_000, &[1, 2])),
            "found 2 bytes of pixel data",
        ),
        (
            "element_beyond_the_file.dcm",
            [
                start(EXPLICIT),
                vec![8, 0, 0x70, 0, b'U', b'T', 0, 0, 0xfe, 0xff, 0xff, 0xff],
            ]
            .concat(),
            "found 0 of the 4294967294 bytes",
        ),
        (
            "sides_as_long_words_that_overflow.dcm",
            long_words(),
            "32768 × 32768",
        ),
        ("palette_index_out_of_range.dcm", palette(), "read 2 pixels"),
        (
            "voi_lut_index_out_of_range.dcm",
            voi_table(),
            "read 2 pixels",
        ),
    ]
}

fn deflate_bombs() -> [Named; 3] {
    let private = [9, 0, 0x10, 0x10, b'O', b'B', 0, 0, 0, 0, 0, 0x7f];
    let of = |side| {
        let pixels = bytes_of_pixels(0x7fff_ffff, &[]);
        [header(side, side, b"MONOCHROME2 ", &[]), pixels].concat()
    };
    let deflate = |body: &[u8]| [start(DEFLATED), bomb(body, 2048)].concat();
    [
        (
            "deflate_2_gib_before_the_picture.dcm",
            deflate(&private),
            "no pixel data in the first 16 MiB",
        ),
        (
            "deflate_2_gib_behind_the_picture.dcm",
            deflate(&of(4)),
            "read 16 pixels",
        ),
        (
            "deflate_sides_of_65535.dcm",
            deflate(&of(65535)),
            "65535 × 65535",
        ),
    ]
}

fn archives() -> [Named; 6] {
    let dicom = picture(EXPLICIT, 8000, &bytes_of_pixels(64_000_000, &[]));
    let (dicom, zeros) = (bomb(&dicom, 2048), bomb(&[], 2048));
    let one = |packed: &[u8], told: u32| zip(&[("a", 8, packed, told, 0)]);
    [
        ("zip_2_gib_told.zip", one(&dicom, 1 << 31), "found 2048 MiB"),
        (
            "zip_2_gib_told_as_1000_bytes.zip",
            one(&dicom, 1000),
            "a file of more bytes",
        ),
        (
            "zip_2_gib_told_as_500_mib.zip",
            one(&dicom, 500 << 20),
            "that packs 500 MiB into",
        ),
        (
            "zip_2_gib_told_as_32_mib.zip",
            one(&dicom, 32 << 20),
            "a file of more bytes",
        ),
        (
            "zip_100_bytes_told_as_500_mib.zip",
            one(&deflated(&picture(EXPLICIT, 8, &[])), 500 << 20),
            "that packs 500 MiB into 0 KiB",
        ),
        (
            "zip_2_gib_of_zeros.zip",
            one(&zeros, 1 << 31),
            "without a radiograph",
        ),
    ]
}

/// Streams that declare more than they hold, or another size than the header.
fn lying_streams() -> Vec<Attack> {
    let mut all = Vec::new();
    for (side, sides, more, outcome) in [
        (65535, 65535, 0, "65535 × 65535"),
        (8, 65535, 0, "expected 8 × 8"),
        (8000, 8000, 0, "found"),
        (8000, 8000, 20_000, "found"),
    ] {
        for (coding, syntax, stream) in code_streams(sides, more) {
            all.push(Attack {
                name: format!("{coding}_of_{sides}_in_a_header_of_{side}_{more}_bytes.dcm"),
                bytes: picture(syntax, side, &encapsulated(&stream)),
                outcome,
            });
        }
    }
    all
}

/// Sound streams of few bytes for pictures of the largest size; grey ones are read.
fn blank_streams() -> Vec<Attack> {
    let mut all = Vec::new();
    for (coding, syntax, style) in [
        ("jpeg_2000", J2K, SMALL_BLOCKS),
        ("htj2k", HTJ2K, SMALL_BLOCKS_HT),
    ] {
        let grey = encapsulated(&jpeg_2000(8000, 1, style, 20_000));
        let colour = encapsulated(&jpeg_2000(8000, 3, style, 20_000));
        let three = element(0x28, 2, b"US", &[3, 0]);
        let head = [start(syntax), header(8000, 8000, b"RGB ", &three)].concat();
        all.push(Attack {
            name: format!("{coding}_blank_of_8000.dcm"),
            bytes: picture(syntax, 8000, &grey),
            outcome: "read 64000000 pixels",
        });
        all.push(Attack {
            name: format!("{coding}_blank_of_8000_in_colour.dcm"),
            bytes: [head, colour].concat(),
            outcome: "192 million samples",
        });
    }
    all
}
