//! Zip archives as PyTorch and Keras write them: every part stored, none compressed.
//!
//! In: the bytes of the archive. Out: the bytes of a part by its name, borrowed and with their CRC-32 checked.
//! Compressed parts are refused, because neither writer makes them: no archive can hold more than its own length.

use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipSliceArchive};

use crate::gather::{damaged, quoted, unsupported};
use crate::tensor::{Format, ReadError};

/// The first bytes of every archive that has parts.
const SIGNATURE: &[u8] = b"PK\x03\x04";

/// Bytes of an entry in the table of parts before its name.
const ENTRY: usize = 46;

/// The parts of an archive, sorted by name.
pub(crate) struct Archive<'a> {
    bytes: &'a [u8],
    zip: ZipSliceArchive<&'a [u8]>,
    parts: Vec<Part<'a>>,
}

/// Whose archive it is by the name of its first part: what can still be told when the table at the end is lost.
pub(crate) fn written_by(bytes: &[u8]) -> Format {
    let first = bytes.get(30..).unwrap_or_default();
    let keras: [&[u8]; 3] = [b"metadata.json", b"config.json", b"model.weights.h5"];
    match keras.iter().any(|name| first.starts_with(name)) {
        true => Format::Keras,
        false => Format::Torch,
    }
}

struct Part<'a> {
    name: &'a [u8],
    place: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
    crc: u32,
}

impl<'a> Archive<'a> {
    /// The archive's table of parts, or nothing if the bytes are not an archive.
    ///
    /// # Errors
    ///
    /// [`ReadError::Damaged`], under the name of `format`: begins as an archive, but its table is missing or wrong.
    pub(crate) fn open(bytes: &'a [u8], format: Format) -> Result<Option<Self>, ReadError> {
        if !bytes.starts_with(SIGNATURE) {
            return Ok(None);
        }
        let wrong = |error: rawzip::Error| {
            damaged(format, "archive", error.to_string(), "a whole zip archive")
        };
        let zip = ZipArchive::from_slice(bytes).map_err(wrong)?;
        // Room for all at once: a list that grows takes three times its memory for a moment.
        let most = bytes.len() / ENTRY;
        let declared = usize::try_from(zip.entries_hint()).unwrap_or(most);
        let mut parts = Vec::with_capacity(declared.min(most));
        for entry in zip.entries() {
            let entry = entry.map_err(wrong)?;
            let start = usize::try_from(entry.central_directory_offset()).unwrap_or(usize::MAX);
            let name = bytes.get(start.saturating_add(ENTRY)..).unwrap_or_default();
            parts.push(Part {
                name: name
                    .get(..entry.file_path().as_bytes().len())
                    .unwrap_or_default(),
                place: entry.wayfinder(),
                method: entry.compression_method(),
                crc: entry.crc32(),
            });
        }
        parts.sort_unstable_by_key(|part| part.name);
        if let Some([part, _]) = parts.array_windows().find(|[a, b]| a.name == b.name) {
            let found = format!("{} twice", quoted(&String::from_utf8_lossy(part.name)));
            return Err(damaged(format, "archive", found, "every name once"));
        }
        Ok(Some(Self { bytes, zip, parts }))
    }

    /// The first name that ends like this, for writers that put all parts in a folder of the model's name.
    pub(crate) fn ending(&self, end: &str) -> Option<&'a str> {
        let mut names = self.parts.iter().map(|part| part.name);
        let name = names.find(|name| name.ends_with(end.as_bytes()))?;
        std::str::from_utf8(name).ok()
    }

    /// One part's bytes, or nothing if there is no such part.
    ///
    /// # Errors
    ///
    /// A part that is compressed, that lies outside the archive, or whose CRC-32 differs.
    pub(crate) fn part(&self, name: &str, format: Format) -> Result<Option<&'a [u8]>, ReadError> {
        let found = self
            .parts
            .binary_search_by_key(&name.as_bytes(), |part| part.name);
        let Some(part) = found.ok().and_then(|place| self.parts.get(place)) else {
            return Ok(None);
        };
        let place = || quoted(name);
        if part.method != CompressionMethod::STORE {
            return Err(unsupported(
                format,
                place(),
                format!("compression {}", part.method),
                "unpack the archive and pack it again without compression (zip -0)",
            ));
        }
        let entry = self
            .zip
            .get_entry(part.place)
            .map_err(|error| damaged(format, place(), error.to_string(), "a part that is there"))?;
        let (start, end) = entry.compressed_data_range();
        let data = usize::try_from(start)
            .ok()
            .zip(usize::try_from(end).ok())
            .and_then(|(start, end)| self.bytes.get(start..end))
            .unwrap_or_default();
        let declared = part.place.uncompressed_size_hint();
        if declared != data.len() as u64 {
            let found = format!("{} bytes", data.len());
            return Err(damaged(format, place(), found, format!("{declared}")));
        }
        let crc = rawzip::crc32(data);
        // No fuzzer finds the right sum by itself.
        if crc != part.crc && !cfg!(fuzzing) {
            let expected = format!("{:08x}", part.crc);
            return Err(damaged(
                format,
                place(),
                format!("CRC-32 {crc:08x}"),
                expected,
            ));
        }
        Ok(Some(data))
    }
}
