//! Known attacks on DICOM readers: each is refused, or decoded within its bounds. What they take, memory.rs measures.

use radiograph::{DecodeError, StoredValues, decode, decode_stored};

use crate::attack_files::{Attack, EXPLICIT, attacks, element, encapsulated, header, start};

#[test]
fn every_attack_is_refused_or_read_within_its_bounds() {
    for Attack {
        name,
        bytes,
        outcome,
    } in attacks()
    {
        // A picture of the largest size takes seconds; memory.rs reads it.
        if name.contains("blank_of_8000.") {
            continue;
        }
        let found = match decode(&bytes) {
            Ok(radiograph) => format!("read {} pixels", radiograph.image.pixels.len()),
            Err(error) => error.to_string(),
        };
        assert!(found.contains(outcome), "{name}: {found}");
        assert!(!found.contains('\n'), "{name}: {found}");
    }
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
