//! Files that are cut off, that lie about sizes, and archives that would grow.

use pretrained::{ReadError, read};
use proptest::prelude::*;

use crate::golden::bytes;

const SOUND: [&str; 8] = [
    "plain_zip.pth",
    "odd_zip.pth",
    "odd_stream.pth",
    "python2_stream.pth",
    "checkpoint_zip.pth",
    "odd.safetensors",
    "odd.onnx",
    "exported.onnx",
];

/// The error as the user sees it, which must be one line of moderate length.
pub fn one_line(error: &ReadError) -> String {
    let line = error.to_string();
    assert!(!line.contains(['\n', '\r', '\0', '\x1b']), "{line:?}");
    assert!(line.chars().count() < 600, "{line}");
    line
}

/// A zip archive of stored parts, and the place of its table.
fn archive(parts: &[(&str, &[u8])]) -> (Vec<u8>, usize) {
    let mut file = Vec::new();
    let mut table = Vec::new();
    for (name, data) in parts {
        let offset = file.len() as u32;
        let mut entry = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        entry.extend_from_slice(&crc32(data).to_le_bytes());
        entry.extend_from_slice(&(data.len() as u32).to_le_bytes().repeat(2));
        entry.extend_from_slice(&(name.len() as u32).to_le_bytes());
        file.extend_from_slice(b"PK\x03\x04");
        file.extend_from_slice(&entry);
        file.extend_from_slice(name.as_bytes());
        file.extend_from_slice(data);
        table.extend_from_slice(b"PK\x01\x02\x14\0");
        table.extend_from_slice(&entry);
        table.extend_from_slice(&[0; 10]);
        table.extend_from_slice(&offset.to_le_bytes());
        table.extend_from_slice(name.as_bytes());
    }
    let at = file.len();
    let count = (parts.len() as u16).to_le_bytes().repeat(2);
    let sizes = [table.len() as u32, at as u32]
        .map(u32::to_le_bytes)
        .concat();
    file.extend_from_slice(&table);
    file.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    file.extend_from_slice(&[count, sizes, vec![0, 0]].concat());
    (file, at)
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// `{"w": 4 numbers of storage 0}` as an archive, of machines with the lowest byte first.
fn small(storage: &[u8]) -> (Vec<u8>, usize) {
    small_of(storage, b"little")
}

fn small_of(storage: &[u8], byteorder: &[u8]) -> (Vec<u8>, usize) {
    let pickle = b"\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storage\
        ctorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x04tQK\0K\x04\x85K\x01\x85\x89}tRs.";
    archive(&[
        ("x/data.pkl", pickle),
        ("x/data/0", storage),
        ("x/byteorder", byteorder),
    ])
}

fn error_of(file: &[u8]) -> String {
    one_line(&read(file).unwrap_err())
}

#[test]
fn a_small_archive_by_hand_is_sound() {
    let (file, _) = small(&[0; 16]);
    assert_eq!(read(&file).unwrap().tensors[0].values, [0.0; 4]);
}

#[test]
fn the_order_of_bytes_is_the_one_that_the_archive_names() {
    let numbers = [1.5_f32, -2.0, 0.0, 1e9];
    let (file, _) = small_of(&numbers.map(f32::to_be_bytes).concat(), b"big");
    assert_eq!(read(&file).unwrap().tensors[0].values, numbers);
    let (file, _) = small_of(&[0; 16], b"middle\n");
    assert!(error_of(&file).contains("byteorder: found \"middle\\n\", expected little or big"));
}

#[test]
fn a_file_cut_off_anywhere_is_refused_in_one_line() {
    let mut cuts = 0;
    for name in SOUND {
        let whole = bytes(name);
        for length in 0..whole.len() {
            match read(&whole[..length]) {
                // The words behind an ONNX graph may be lost: nothing says how many there were.
                Ok(file) => assert_eq!((file, "exported.onnx"), (read(&whole).unwrap(), name)),
                Err(error) => drop(one_line(&error)),
            }
            cuts += 1;
        }
    }
    assert!(cuts > 20_000);
}

#[test]
fn compressed_parts_are_refused_so_that_nothing_can_grow() {
    let (mut file, table) = small(&[0; 16]);
    for at in [8, table + 10] {
        file[at] = 8;
    }
    assert_eq!(
        error_of(&file),
        "PyTorch state dictionary: \"x/data.pkl\": found compression 8 (DEFLATE), which is not supported; \
         unpack the archive and pack it again without compression (zip -0)"
    );
}

#[test]
fn sizes_that_lie_are_refused() {
    let (file, table) = small(&[0; 16]);
    let pickle = table + 46 + "x/data.pkl".len();
    for size in [0_u32, 15, 17, 1 << 30, u32::MAX - 1] {
        for fields in [&[20][..], &[24], &[20, 24]] {
            let mut file = file.clone();
            for field in fields {
                file[pickle + field..pickle + field + 4].copy_from_slice(&size.to_le_bytes());
            }
            assert!(error_of(&file).contains("damaged or cut off"), "{size}");
        }
    }
}

#[test]
fn a_storage_of_another_length_is_refused() {
    let (file, _) = small(&[0; 12]);
    assert!(
        error_of(&file).contains("found 12 bytes in storage \"0\", expected 4 numbers of 4 bytes")
    );
}

#[test]
fn a_flipped_bit_in_a_storage_is_found() {
    let mut file = bytes("plain_zip.pth");
    let at = file
        .windows(4)
        .position(|w| w == b"FBFB" || w == b"ZZZZ")
        .unwrap()
        + 64;
    let mut found = 0;
    for bit in 0..8 {
        file[at] ^= 1 << bit;
        found += usize::from(read(&file).is_err_and(|e| one_line(&e).contains("CRC-32")));
        file[at] ^= 1 << bit;
    }
    assert_eq!(found, 8);
}

#[test]
fn a_part_named_twice_is_refused() {
    let (file, _) = archive(&[("x/data.pkl", b"a"), ("x/data.pkl", b"b")]);
    assert!(error_of(&file).contains("found \"x/data.pkl\" twice"));
}

#[test]
fn names_of_a_file_cannot_break_the_line_of_an_error() {
    let name = format!("x/\n\x1b[31m{}/data.pkl", "y".repeat(5000));
    let (mut file, table) = archive(&[(&name, b"a")]);
    file[table + 16] ^= 1;
    assert!(error_of(&file).contains("CRC-32"));
}

#[test]
fn safetensors_headers_that_lie_are_refused() {
    let file = |header: &str, data: usize| {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend_from_slice(header.as_bytes());
        file.resize(file.len() + data, 0);
        file
    };
    for header in [
        r#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,12]}}"#,
        r#"{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]}}"#,
        r#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[4,20]}}"#,
        r#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}"#,
        r#"{"w":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}}"#,
        r#"{"w":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,4],"data_offsets":[0,16]}}"#,
        r#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"v":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#,
        r#"{"w":[[[["#,
    ] {
        let line = error_of(&file(header, 16));
        assert!(line.contains("damaged or cut off"), "{line}");
    }
    let mut huge = file("{}", 0);
    for length in [3, 1 << 20, 100_000_000, 1 << 62, u64::MAX] {
        huge[..8].copy_from_slice(&length.to_le_bytes());
        assert!(error_of(&huge).contains(&format!("header: found {length} bytes")));
    }
    let long = file(&format!("{{\"w\":\"{}\"}}", "x".repeat(1 << 20)), 0);
    assert!(error_of(&long).contains("expected at most 98305"));
}

/// A model with one initialiser of these fields.
fn model(tensor: &[u8]) -> Vec<u8> {
    let field =
        |number: u8, content: &[u8]| [&[number << 3 | 2, content.len() as u8], content].concat();
    [
        &[0x08, 7, 0x42, 2, 0x10, 13],
        field(7, &field(5, tensor)).as_slice(),
    ]
    .concat()
}

#[test]
fn onnx_tensors_that_lie_are_refused() {
    let sound = [&b"\x08\x01\x10\x01\x42\x01w\x4a\x04"[..], &[0; 4]].concat();
    assert_eq!(read(&model(&sound)).unwrap().tensors[0].shape, [1]);
    for (tensor, words) in [
        (
            &b"\x08\x02\x10\x01\x42\x01w\x4a\x04\0\0\0\0"[..],
            "found 4 bytes, expected 2 values",
        ),
        (
            b"\x08\x01\x10\x01\x42\x01w\x4a\x03\0\0\0",
            "found 3 bytes, expected 1 values",
        ),
        (
            b"\x08\x01\x10\x01\x42\x01w",
            "found 0 values, expected 1 values",
        ),
        (
            b"\x08\x01\x10\x0a\x42\x01w\x2a\x02\0\0",
            "found 2 values, expected 1 values",
        ),
        (
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x10\x01\x42\x01w",
            "fit into the file",
        ),
        (
            b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x10\x01\x42\x01w",
            "fit into the file",
        ),
        (
            b"\x0a\x0a\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x10\x01\x42\x01w",
            "at most 8 sides",
        ),
        (
            b"\x08\x01\x10\x01\x42\x01w\x4a\x7f\0\0\0\0",
            "expected a whole field",
        ),
        (
            b"\x08\x01\x10\x01\x42\x01w\x4a\x04\0\0\0\0\x22\x04\0\0\0\0",
            "found values twice",
        ),
        (
            b"\x08\x01\x10\x01\x42\x01w\x70\x01",
            "found values in another file",
        ),
    ] {
        let line = error_of(&model(tensor));
        assert!(line.contains(words), "{line}");
    }
}

#[test]
fn more_entries_than_any_network_has_are_refused() {
    let tensor = b"\x2a\x02\x10\x07".repeat(70_000);
    let mut file = vec![0x08, 7, 0x3a];
    let mut length = tensor.len();
    while length >= 0x80 {
        file.push(length as u8 | 0x80);
        length >>= 7;
    }
    file.push(length as u8);
    file.extend_from_slice(&tensor);
    let line = error_of(&file);
    assert!(
        line.contains("entries, expected the tensors of one network"),
        "{line}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn changed_bytes_give_tensors_or_one_line(
        name in prop::sample::select(&SOUND[..]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut file = bytes(name);
        for (place, byte) in changes {
            let at = place.index(file.len());
            file[at] = byte;
        }
        match read(&file) {
            Ok(read) => {
                let values: usize = read.tensors.iter().map(|tensor| tensor.values.len()).sum();
                prop_assert!(values * 4 <= 3 * file.len());
            }
            Err(error) => drop(one_line(&error)),
        }
    }
}
