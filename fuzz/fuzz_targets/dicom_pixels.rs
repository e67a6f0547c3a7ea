//! A code stream to stored values: the bytes become the pixel data of a small, valid picture.
//!
//! The first byte picks the transfer syntax, the second bits and colours; the rest is one fragment. So fuzzing
//! reaches the decoders of RLE, JPEG, JPEG-LS, JPEG 2000 and HTJ2K at once.

#![no_main]

use libfuzzer_sys::fuzz_target;

const SYNTAXES: [&str; 8] = [
    "1.2.840.10008.1.2.5\0",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.201\0",
];

fuzz_target!(|bytes: &[u8]| {
    let [syntax, shape, stream @ ..] = bytes else {
        return;
    };
    let bits = [8_u16, 12, 16, 10][usize::from(shape & 3)];
    let colours = if shape & 4 == 0 { 1 } else { 3 };
    let (width, height) = (131, 93);
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    element(&mut file, 2, 0x10, b"UI", SYNTAXES[usize::from(syntax & 7)].as_bytes());
    let words = [
        (2, colours),
        (0x10, height),
        (0x11, width),
        (0x100, if bits == 8 { 8 } else { 16 }),
        (0x101, bits),
        (0x102, bits - 1),
        (0x103, u16::from(shape >> 3 & 1)),
    ];
    for (number, value) in words {
        element(&mut file, 0x28, number, b"US", &value.to_le_bytes());
    }
    let photometric: &[u8] = if colours == 1 { b"MONOCHROME2 " } else { b"RGB " };
    element(&mut file, 0x28, 4, b"CS", photometric);
    file.extend([0xe0, 0x7f, 0x10, 0, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0xff]);
    file.extend([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0x00, 0xe0]);
    file.extend((stream.len() as u32).to_le_bytes());
    file.extend(stream);
    file.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
    match radiograph::decode_stored(&file, None) {
        Ok(stored) => {
            let count = usize::from(width) * usize::from(height) * usize::from(colours);
            assert_eq!(stored.values.len(), count);
            let limit = 1_i64 << bits;
            assert!(stored.values.iter().all(|value| -limit < value && value < limit));
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
});

fn element(file: &mut Vec<u8>, group: u16, number: u16, vr: &[u8; 2], value: &[u8]) {
    file.extend(group.to_le_bytes());
    file.extend(number.to_le_bytes());
    file.extend(vr);
    file.extend((value.len() as u16).to_le_bytes());
    file.extend(value);
}
