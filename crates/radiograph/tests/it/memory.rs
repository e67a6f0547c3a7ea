//! How much memory a hostile file takes: each is read by a process of its own, whose peak resident size Linux tells.
//! `cargo test -p radiograph hostile_file -- --nocapture` prints a table with times.

#![cfg(target_os = "linux")]

use std::process::Command;
use std::time::Instant;

use radiograph::{MAX_FILE_BYTES, MAX_PIXELS, read};

use crate::attack::{
    DEFLATED, EXPLICIT, bomb, deflated, element, encapsulated, header, start, zip,
};

const FILE: &str = "RADIOGRAPH_HOSTILE_FILE";

#[test]
#[ignore = "started by the test below, for one file"]
fn child_reads_one_file() {
    let Some(path) = std::env::var_os(FILE) else {
        return;
    };
    let started = Instant::now();
    let outcome = match read(path.as_ref()) {
        Ok(radiograph) => format!("read {} pixels", radiograph.image.pixels.len()),
        Err(error) => error.to_string(),
    };
    let milliseconds = started.elapsed().as_secs_f64() * 1e3;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = peak.unwrap().trim().trim_end_matches(" kB");
    println!("\n@\t{kibibytes}\t{milliseconds:.1}\t{outcome}");
}

/// Peak resident bytes, milliseconds, and what came of reading the bytes in a process of its own.
fn in_a_child(bytes: &[u8]) -> (u64, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile");
    std::fs::write(&path, bytes).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "memory::child_reads_one_file",
            "--ignored",
            "--nocapture",
        ])
        .env(FILE, &path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("@\t"));
    let line = line.unwrap_or_else(|| panic!("{text} {:?}", output.status));
    let cells: Vec<&str> = line.splitn(3, '\t').collect();
    let peak = cells[0].parse::<u64>().unwrap() << 10;
    (peak, cells[1].into(), cells[2].into())
}

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
fn code_streams(side: u16, more: usize) -> Vec<(&'static str, Vec<u8>)> {
    let two = side.to_be_bytes();
    let jpeg = |marker: u8, scan: &[u8]| {
        let frame = [
            0xff, 0xd8, 0xff, marker, 0, 11, 8, two[0], two[1], two[0], two[1], 1, 1, 0x11, 0,
        ];
        [&frame, scan, &vec![0; more]].concat()
    };
    let scan = [0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0];
    vec![
        ("1.2.840.10008.1.2.4.50", jpeg(0xc0, &scan)),
        ("1.2.840.10008.1.2.4.51", jpeg(0xc1, &scan)),
        ("1.2.840.10008.1.2.4.70", jpeg(0xc3, &scan)),
        ("1.2.840.10008.1.2.4.80", jpeg(0xf7, &scan)),
        (J2K, jpeg_2000(side, 1, &SMALL_PRECINCTS, more)),
        (
            HTJ2K,
            jpeg_2000(side, 1, &[CAPABILITIES, &SMALL_PRECINCTS].concat(), more),
        ),
    ]
}

/// Name, bytes, and what the outcome says.
fn files() -> Vec<(String, Vec<u8>, &'static str)> {
    let private = [9, 0, 0x10, 0x10, b'O', b'B', 0, 0, 0, 0, 0, 0x7f];
    let tiny = [
        header(4, 2, b"MONOCHROME2 ", &[]),
        bytes_of_pixels(0x7fff_ffff, &[]),
    ]
    .concat();
    let large = [
        header(65535, 65535, b"MONOCHROME2 ", &[]),
        bytes_of_pixels(0x7fff_ffff, &[]),
    ]
    .concat();
    let deflate = |body: &[u8]| [start(DEFLATED), bomb(body, 2048)].concat();
    let zeros = bomb(&[], 2048);
    let dicom = picture(EXPLICIT, 8000, &bytes_of_pixels(64_000_000, &[]));
    let dicom = bomb(&dicom, 2048);
    let mut files: Vec<(String, Vec<u8>, &str)> = [
        (
            "deflate, 2 GiB before the picture",
            deflate(&private),
            "no pixel data in the first 16 MiB",
        ),
        (
            "deflate, 2 GiB behind the picture",
            deflate(&tiny),
            "read 8 pixels",
        ),
        (
            "deflate, a picture of 4 gigapixels",
            deflate(&large),
            "65535 × 65535",
        ),
        (
            "65535 × 65535 in 900 bytes",
            picture(EXPLICIT, 65535, &bytes_of_pixels(650, &[0; 650])),
            "65535 × 65535",
        ),
        (
            "pixels beyond the file",
            picture(EXPLICIT, 8000, &bytes_of_pixels(64_000_000, &[1, 2])),
            "found 2 bytes of pixel data",
        ),
        (
            "an element beyond the file",
            [
                start(EXPLICIT),
                vec![8, 0, 0x70, 0, b'U', b'T', 0, 0, 0xfe, 0xff, 0xff, 0xff],
            ]
            .concat(),
            "found 0 of the 4294967294 bytes",
        ),
        ("sides as long words", long_words(), "32768 × 32768"),
        ("palette index out of range", palette(), "read 2 pixels"),
        ("VOI table index out of range", voi_table(), "read 2 pixels"),
        (
            "zip, 2 GiB told",
            zip(&[("a", 8, &dicom, 1 << 31, 0)]),
            "found 2048 MiB",
        ),
        (
            "zip, 2 GiB told as 1000 bytes",
            zip(&[("a", 8, &dicom, 1000, 0)]),
            "a file of more bytes",
        ),
        (
            "zip, 2 GiB told as 500 MiB",
            zip(&[("a", 8, &dicom, 500 << 20, 0)]),
            "that packs 500 MiB into",
        ),
        (
            "zip, 2 GiB told as 32 MiB",
            zip(&[("a", 8, &dicom, 32 << 20, 0)]),
            "a file of more bytes",
        ),
        (
            "zip, 100 bytes told as 500 MiB",
            zip(&[("a", 8, &deflated(&picture(EXPLICIT, 8, &[])), 500 << 20, 0)]),
            "that packs 500 MiB into 0 KiB",
        ),
        (
            "zip, 2 GiB of zeros",
            zip(&[("a", 8, &zeros, 1 << 31, 0)]),
            "without a radiograph",
        ),
    ]
    .map(|(name, bytes, outcome)| (name.to_string(), bytes, outcome))
    .into();
    for (side, sides, more, outcome) in [
        (65535, 65535, 0, "65535 × 65535"),
        (8, 65535, 0, "expected 8 × 8"),
        (8000, 8000, 0, "found"),
        (8000, 8000, 20_000, "found"),
    ] {
        for (syntax, stream) in code_streams(sides, more) {
            let name = format!("{side} in the header, {sides} in {syntax}, {more} bytes");
            files.push((name, picture(syntax, side, &encapsulated(&stream)), outcome));
        }
    }
    for (syntax, coding) in [(J2K, SMALL_BLOCKS), (HTJ2K, SMALL_BLOCKS_HT)] {
        let grey = jpeg_2000(8000, 1, coding, 20_000);
        let name = format!("a blank picture of 8000 × 8000 in {syntax}");
        files.push((
            name,
            picture(syntax, 8000, &encapsulated(&grey)),
            "read 64000000 pixels",
        ));
        let colour = jpeg_2000(8000, 3, coding, 20_000);
        let more = element(0x28, 2, b"US", &[3, 0]);
        let head = [start(syntax), header(8000, 8000, b"RGB ", &more)].concat();
        let name = format!("the same in colour, {syntax}");
        files.push((
            name,
            [head, encapsulated(&colour)].concat(),
            "192 million samples",
        ));
    }
    files
}

#[test]
fn every_hostile_file_takes_less_than_an_eighth_of_the_cap_and_the_largest_picture_twice() {
    let files = files();
    assert!(files.len() > 30, "{}", files.len());
    for (name, bytes, expected) in files {
        let (peak, milliseconds, outcome) = in_a_child(&bytes);
        let (length, mebibytes) = (bytes.len(), peak >> 20);
        println!("{name}: {length} bytes, {mebibytes} MiB, {milliseconds} ms: {outcome}");
        assert!(outcome.contains(expected), "{name}: {outcome}");
        let is_large = outcome == format!("read {MAX_PIXELS} pixels");
        let most = if is_large {
            2 * MAX_FILE_BYTES
        } else {
            MAX_FILE_BYTES / 8
        };
        assert!(peak < most, "{name}: {mebibytes} MiB");
    }
}
