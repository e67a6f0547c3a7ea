//! DICOM files with a value that can be found again in every place that may hold an identifier: every attribute of
//! PS3.15 Table E.1-1, sequences three levels deep, private attributes, overlays, preamble, file meta group, unused bits and
//! what follows the pixels.

use std::collections::BTreeMap;

/// Rows and columns of the picture.
pub const SIDE: usize = 64;

/// With this every text begins.
pub const PREFIX: &str = "CNRY";

/// How elements are laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Layout {
    Explicit,
    Implicit,
    BigEndian,
}

impl Layout {
    fn uid(self) -> &'static str {
        match self {
            Layout::Explicit => "1.2.840.10008.1.2.1",
            Layout::Implicit => "1.2.840.10008.1.2",
            Layout::BigEndian => "1.2.840.10008.1.2.2",
        }
    }

    fn word(self, number: u16) -> [u8; 2] {
        match self {
            Layout::BigEndian => number.to_be_bytes(),
            _ => number.to_le_bytes(),
        }
    }

    fn long(self, number: u32) -> [u8; 4] {
        match self {
            Layout::BigEndian => number.to_be_bytes(),
            _ => number.to_le_bytes(),
        }
    }

    fn header(self, tag: u32, vr: &str, length: u32) -> Vec<u8> {
        let mut out = self.word((tag >> 16) as u16).to_vec();
        out.extend(self.word(tag as u16));
        let is_long = ["OB", "OW", "SQ", "UC", "UN", "UR", "UT"].contains(&vr);
        if self == Layout::Implicit || vr.is_empty() {
            out.extend(self.long(length));
        } else if is_long {
            out.extend(vr.bytes());
            out.extend([0, 0]);
            out.extend(self.long(length));
        } else {
            out.extend(vr.bytes());
            out.extend(self.word(length as u16));
        }
        out
    }

    pub fn element(self, tag: u32, vr: &str, value: impl AsRef<[u8]>) -> Vec<u8> {
        let mut value = value.as_ref().to_vec();
        if value.len() % 2 == 1 {
            value.push(if vr == "UI" || vr == "OB" { 0 } else { b' ' });
        }
        let mut out = self.header(tag, vr, value.len() as u32);
        out.extend(value);
        out
    }

    fn sequence(self, tag: u32, vr: &str, item: &[u8], has_lengths: bool) -> Vec<u8> {
        let mut content = Vec::new();
        if has_lengths {
            content.extend(self.header(0xfffe_e000, "", item.len() as u32));
            content.extend(item);
            return [self.header(tag, vr, content.len() as u32), content].concat();
        }
        content.extend(self.header(0xfffe_e000, "", u32::MAX));
        content.extend(item);
        content.extend(self.header(0xfffe_e00d, "", 0));
        content.extend(self.header(0xfffe_e0dd, "", 0));
        [self.header(tag, vr, u32::MAX), content].concat()
    }
}

/// Where a value stands, and the bytes to be looked for.
#[derive(Debug, Clone)]
pub struct Canary {
    #[allow(dead_code, reason = "printed where a test fails")]
    pub place: String,
    pub vr: String,
    pub needle: Vec<u8>,
}

/// A row of the golden list: tag, VR (empty where pydicom knows none), what dicom-anonymizer did.
pub fn listed() -> Vec<(u32, String, String)> {
    let text = include_str!("golden/confidentiality.csv");
    let rows = text.lines().skip(2).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        let tag = u32::from_str_radix(cells[0], 16).expect("a tag");
        (tag, cells[1].to_string(), cells[2].to_string())
    });
    rows.collect()
}

/// A file being made.
pub struct Maker {
    pub layout: Layout,
    pub canaries: Vec<Canary>,
    /// Distinguishes files of the same picture.
    pub salt: usize,
}

impl Maker {
    pub fn new(layout: Layout, salt: usize) -> Maker {
        Maker {
            layout,
            canaries: Vec::new(),
            salt,
        }
    }

    fn keep(&mut self, place: &str, vr: &str, needle: impl AsRef<[u8]>) -> Vec<u8> {
        let needle = needle.as_ref().to_vec();
        self.canaries.push(Canary {
            place: place.to_string(),
            vr: vr.to_string(),
            needle: needle.clone(),
        });
        needle
    }

    fn text(&mut self, place: &str) -> Vec<u8> {
        self.keep(place, "LO", format!("{PREFIX}{place}"))
    }

    /// A value of its own that the VR allows.
    fn value(&mut self, level: usize, index: usize, tag: u32, vr: &str) -> Vec<u8> {
        let number = level * 1000 + index;
        let place = format!("{level}{tag:08X}");
        let day = format!(
            "{:04}{:02}{:02}",
            1100 + number / 336,
            number / 28 % 12 + 1,
            number % 28 + 1
        );
        match vr {
            "DA" => self.keep(&place, vr, day),
            "DT" => self.keep(&place, vr, day + "1111"),
            "TM" => self.keep(&place, vr, format!("010203.{:06}", number + 100_000)),
            "AS" => self.keep(&place, vr, format!("{:03}Y", number % 1000)),
            "DS" => self.keep(&place, vr, format!("73.{:05}", number + 10_000)),
            "IS" => self.keep(&place, vr, format!("{}", 7_350_000 + number)),
            "UI" => self.keep(&place, vr, format!("1.2.826.0.1.3680043.9.{tag}.{level}")),
            // Two bytes are found anywhere: the attribute itself is looked for instead.
            "US" => vec![0xef, 0xbe],
            _ => self.text(&place),
        }
    }

    /// All listed attributes and private ones, as a data set or as the content of an item.
    fn attributes(&mut self, level: usize, layout: Layout) -> BTreeMap<u32, Vec<u8>> {
        let mut elements = BTreeMap::new();
        for (index, (tag, vr, _)) in listed().into_iter().enumerate() {
            let vr = if vr.is_empty() { "LO" } else { &vr };
            let bytes = if vr == "SQ" {
                let name = self.text(&format!("{level}{tag:08X}N"));
                let private = self.text(&format!("{level}{tag:08X}P"));
                let item = [
                    layout.element(0x0010_0010, "PN", name),
                    layout.element(0x0013_1001, "LO", private),
                ];
                layout.sequence(tag, "SQ", &item.concat(), index % 2 == 0)
            } else {
                let value = self.value(level, index, tag, vr);
                layout.element(tag, vr, value)
            };
            elements.insert(tag, bytes);
        }
        for (tag, vr) in [
            (0x0009_0010, "LO"),
            (0x0009_1001, "LO"),
            (0x0009_1003, "UN"),
            (0x0008_9999, "LO"),
        ] {
            let value = self.text(&format!("{level}{tag:08X}"));
            elements.insert(tag, layout.element(tag, vr, value));
        }
        let inner = self.text(&format!("{level}00091002"));
        let item = layout.element(0x0010_0020, "LO", inner);
        elements.insert(
            0x0009_1002,
            layout.sequence(0x0009_1002, "SQ", &item, false),
        );
        elements.insert(
            0x0008_0000,
            layout.element(0x0008_0000, "UL", layout.long(9999)),
        );
        elements
    }

    /// The bytes of the file; its picture depends on the salt.
    pub fn file(&mut self) -> Vec<u8> {
        let layout = self.layout;
        let mut elements = self.attributes(0, layout);
        // Three levels in sequences that the table does not list; the innermost as UN, which holds implicit elements.
        let is_little = layout != Layout::BigEndian;
        let innermost = if is_little { Layout::Implicit } else { layout };
        let third = self
            .attributes(3, innermost)
            .into_values()
            .collect::<Vec<_>>()
            .concat();
        let third = if is_little {
            let content = innermost.sequence(0x0054_0220, "", &third, false);
            // Its own header is explicit where the file is.
            [
                layout.header(0x0054_0220, "UN", u32::MAX),
                content[8..].to_vec(),
            ]
            .concat()
        } else {
            layout.sequence(0x0054_0220, "SQ", &third, false)
        };
        let mut second = self.attributes(2, layout);
        second.insert(0x0054_0220, third);
        let second = second.into_values().collect::<Vec<_>>().concat();
        let mut first = self.attributes(1, layout);
        first.insert(
            0x0008_2220,
            layout.sequence(0x0008_2220, "SQ", &second, false),
        );
        let first = first.into_values().collect::<Vec<_>>().concat();
        elements.insert(
            0x0008_2218,
            layout.sequence(0x0008_2218, "SQ", &first, true),
        );

        for (tag, vr) in [
            (0x5000_3000, "OW"),
            (0x6000_0022, "LO"),
            (0x6000_3000, "OW"),
            (0x6002_4000, "LT"),
        ] {
            let value = self.text(&format!("0{tag:08X}"));
            elements.insert(tag, layout.element(tag, vr, value));
        }
        let name = format!("{PREFIX}000100010");
        for (tag, vr, value) in [
            (0x0008_0005, "CS", "ISO_IR 100"),
            (0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.1.1"),
            (0x0008_0060, "CS", "DX"),
            (0x0008_0070, "LO", "ACME Imaging"),
            (0x0018_0015, "CS", "CSPINE"),
            (
                0x0018_1020,
                "LO",
                &*format!("adapted for {}", name.to_lowercase()),
            ),
            (0x0018_1164, "DS", "0.15\\0.15"),
            (0x0028_0004, "CS", "MONOCHROME2"),
            (0x0028_0301, "CS", "YES"),
            (0x0028_1050, "DS", "2048"),
            (0x0028_1051, "DS", "4096"),
        ] {
            elements.insert(tag, layout.element(tag, vr, value));
        }
        let side = SIDE as u16;
        for (tag, number) in [
            (0x0028_0002, 1),
            (0x0028_0010, side),
            (0x0028_0011, side),
            (0x0028_0100, 16),
            (0x0028_0101, 12),
            (0x0028_0102, 11),
            (0x0028_0103, 0),
        ] {
            elements.insert(tag, layout.element(tag, "US", layout.word(number)));
        }
        // Each letter of the last canary in the unused bits of two pixels, and one more behind the last pixel.
        let hidden = format!("{PREFIX}BITS");
        let mut pixels = Vec::new();
        for (index, pixel) in picture(self.salt).into_iter().enumerate() {
            let letter = hidden.as_bytes().get(index / 2).copied().unwrap_or(0);
            let half = if index % 2 == 0 {
                letter >> 4
            } else {
                letter & 15
            };
            pixels.extend(layout.word(pixel | u16::from(half) << 12));
        }
        pixels.extend(self.text("BEHIND_PIXELS"));
        elements.insert(0x7fe0_0010, layout.element(0x7fe0_0010, "OW", pixels));

        let mut out = self.head();
        out.extend(elements.into_values().flatten());
        out.extend(self.text("AFTER"));
        out
    }

    /// Preamble and file meta group.
    fn head(&mut self) -> Vec<u8> {
        let mut preamble = self.text("PREAMBLE");
        preamble.resize(128, 0);
        let mut meta = Vec::new();
        for (tag, vr) in [
            (0x0002_0002, "1.2.840.10008.5.1.4.1.1.1.1"),
            (0x0002_0010, self.layout.uid()),
        ] {
            meta.push((tag, Layout::Explicit.element(tag, "UI", vr)));
        }
        for (tag, vr) in [
            (0x0002_0003, "UI"),
            (0x0002_0012, "UI"),
            (0x0002_0100, "UI"),
        ] {
            let value = self.value(9, 0, tag, vr);
            meta.push((tag, Layout::Explicit.element(tag, vr, value)));
        }
        for (tag, vr) in [
            (0x0002_0013, "SH"),
            (0x0002_0016, "AE"),
            (0x0002_0017, "AE"),
            (0x0002_0018, "AE"),
            (0x0002_0102, "OB"),
            (0x0002_4242, "LO"),
        ] {
            let value = self.text(&format!("9{tag:08X}"));
            meta.push((tag, Layout::Explicit.element(tag, vr, value)));
        }
        meta.sort();
        let meta: Vec<u8> = meta.into_iter().flat_map(|(_, bytes)| bytes).collect();
        let length = Layout::Explicit.element(0x0002_0000, "UL", (meta.len() as u32).to_le_bytes());
        [preamble, b"DICM".to_vec(), length, meta].concat()
    }
}

/// The stored values: 12 bits, no byte of them a letter of a canary.
pub fn picture(salt: usize) -> Vec<u16> {
    (0..SIDE * SIDE)
        .map(|index| ((index * 7 + salt * 613) % 0x0ff0) as u16)
        .collect()
}

/// Whether the bytes hold the needle, in any case of its letters, as 8-bit or 16-bit characters.
pub struct Haystack(String);

impl Haystack {
    pub fn new(bytes: &[u8]) -> Haystack {
        Haystack(
            bytes
                .iter()
                .map(|&byte| char::from(byte.to_ascii_lowercase()))
                .collect(),
        )
    }

    pub fn holds(&self, needle: &[u8]) -> bool {
        let letters = |apart: &str| -> String {
            let letters = needle
                .iter()
                .map(|&byte| char::from(byte.to_ascii_lowercase()).to_string());
            letters.collect::<Vec<_>>().join(apart)
        };
        self.0.contains(&letters("")) || self.0.contains(&letters("\0"))
    }
}

/// The elements of a data set in explicit little endian without undefined lengths, by tag: VR and value.
pub fn top_level(file: &[u8]) -> BTreeMap<u32, (String, Vec<u8>)> {
    let mut elements = BTreeMap::new();
    let mut rest = &file[132..];
    while rest.len() >= 8 {
        let word = |at: usize| u32::from(u16::from_le_bytes([rest[at], rest[at + 1]]));
        let tag = word(0) << 16 | word(2);
        let vr = String::from_utf8_lossy(&rest[4..6]).into_owned();
        let is_long = ["OB", "OW", "SQ", "UC", "UN", "UR", "UT"].contains(&&*vr);
        let (start, length) = match is_long {
            true => (12, (word(8) | word(10) << 16) as usize),
            false => (8, word(6) as usize),
        };
        elements.insert(tag, (vr, rest[start..start + length].to_vec()));
        rest = &rest[start + length..];
    }
    assert!(rest.is_empty());
    elements
}
