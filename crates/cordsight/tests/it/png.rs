//! PNG files made by hand: 8-bit ones, which the library does not write, and ones that lie about their size.
//!
//! In: a header and raw rows. Out: the bytes of the file, the pixels stored without compression.
//!
//! Source: PNG (ISO/IEC 15948), chunks and CRC-32; RFC 1950 and 1951, stored blocks and Adler-32.

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// How many channels of 8 bits.
#[derive(Clone, Copy)]
pub enum Colour {
    Grey = 0,
    Rgb = 2,
}

/// A picture of `width` columns; `pixels` holds the rows, channel by channel.
pub fn png8(width: usize, colour: Colour, pixels: &[u8]) -> Vec<u8> {
    let stride = match colour {
        Colour::Grey => width,
        Colour::Rgb => 3 * width,
    };
    let mut rows = Vec::new();
    for row in pixels.chunks_exact(stride) {
        rows.push(0);
        rows.extend_from_slice(row);
    }
    file(width, pixels.len() / stride, colour, &zlib(&rows))
}

/// A picture whose header declares a size that no pixels follow.
pub fn png_of_declared_size(width: usize, height: usize) -> Vec<u8> {
    file(width, height, Colour::Grey, &zlib(&[0; 64]))
}

fn file(width: usize, height: usize, colour: Colour, data: &[u8]) -> Vec<u8> {
    let mut header = Vec::new();
    for side in [width, height] {
        header.extend(u32::try_from(side).expect("a side").to_be_bytes());
    }
    header.extend([8, colour as u8, 0, 0, 0]);
    let mut bytes = SIGNATURE.to_vec();
    for (name, content) in [
        (b"IHDR", header.as_slice()),
        (b"IDAT", data),
        (b"IEND", &[]),
    ] {
        let start = bytes.len() + 4;
        bytes.extend((content.len() as u32).to_be_bytes());
        bytes.extend(name);
        bytes.extend(content);
        let sum = crc32(&bytes[start..]);
        bytes.extend(sum.to_be_bytes());
    }
    bytes
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x78, 0x01];
    let mut blocks = content.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        bytes.push(u8::from(blocks.peek().is_none()));
        bytes.extend(length.to_le_bytes());
        bytes.extend((!length).to_le_bytes());
        bytes.extend(block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in content {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    bytes.extend((b << 16 | a).to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = sum >> 1 ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 };
        }
    }
    !sum
}

#[test]
fn a_picture_made_by_hand_is_read_back() {
    let pixels: Vec<u8> = (0..=255).cycle().take(300 * 400).collect();
    let read = radiograph::decode(&png8(300, Colour::Grey, &pixels)).expect("a PNG");
    assert_eq!((read.image.width, read.image.height), (300, 400));
    let expected: Vec<f32> = pixels
        .iter()
        .map(|&value| f32::from(value) / 255.0)
        .collect();
    assert_eq!(read.image.pixels, expected);
}
