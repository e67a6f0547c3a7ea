//! A ZIP archive that holds one radiograph, as portals for patients and exports of a PACS give them.
//!
//! In: the bytes of the archive. Out: the bytes of the one radiograph in it. What a file is, its first bytes say, not
//! its name; where there are DICOM files, pictures beside them are a viewer's icons, and a DICOMDIR is no picture.
//! Nothing that the archive says of sizes is believed: a file is inflated up to the size that it declares and one byte
//! more, and that size is capped as that of a file on disk.
//!
//! Source: APPNOTE.TXT of PKWARE. Checked against: archives of Python's zipfile and of Info-ZIP (tests/it/archive.rs).

use std::borrow::Cow;
use std::io::Read;

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};

use crate::decode::{Content, MAX_FILE_BYTES, content};
use crate::dicom::is_directory;
use crate::error::DecodeError;

/// Enough of a file to tell what it is.
const HEAD_BYTES: u64 = 4096;

/// More files are refused before any is looked at.
const MAX_FILES: usize = 10_000;

/// Above so many bytes, files that pack better than any radiograph are refused without inflating them.
const TRUSTED_BYTES: u64 = 32 << 20;
const MAX_RATIO: u64 = 128;

pub(crate) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// The one radiograph in the archive.
pub(crate) fn only_radiograph(bytes: &[u8]) -> Result<Cow<'_, [u8]>, DecodeError> {
    let zip = ZipArchive::from_slice(bytes).map_err(damaged)?;
    let mut files = Vec::new();
    for entry in zip.entries() {
        let entry = entry.map_err(damaged)?;
        if entry.is_dir() {
            continue;
        }
        if files.len() == MAX_FILES {
            return Err(unusable(format!("of more than {MAX_FILES} files")));
        }
        files.push(entry);
    }
    let (mut dicom, mut other) = (Vec::new(), Vec::new());
    for file in &files {
        let mut head = Vec::new();
        // A damaged file is told of where it is the one to read; here it may be another's.
        let _ = data(bytes, &zip, file)?
            .take(HEAD_BYTES)
            .read_to_end(&mut head);
        match content(&head) {
            Some(Content::Dicom(start)) if !is_directory(&head[start..]) => dicom.push(file),
            Some(Content::Raster(_)) => other.push(file),
            _ => {}
        }
    }
    let found = if dicom.is_empty() { other } else { dicom };
    match found[..] {
        [] => Err(unusable(format!(
            "without a radiograph (files: {})",
            files.len()
        ))),
        [file] => whole(bytes, &zip, file),
        _ => Err(unusable(format!("with {} radiographs", found.len()))),
    }
}

/// The bytes of a file as they come out of its compression.
fn data<'a>(
    bytes: &'a [u8],
    zip: &ZipSliceArchive<&'a [u8]>,
    file: &ZipFileHeaderRecord,
) -> Result<Box<dyn Read + 'a>, DecodeError> {
    let packed = packed(bytes, zip, file)?;
    match file.compression_method() {
        _ if file.flags().is_encrypted() => Err(unusable("with encrypted files".into())),
        CompressionMethod::STORE => Ok(Box::new(packed)),
        CompressionMethod::DEFLATE => Ok(Box::new(DeflateDecoder::new(packed))),
        method => Err(unusable(format!("with files of compression {method}"))),
    }
}

fn packed<'a>(
    bytes: &'a [u8],
    zip: &ZipSliceArchive<&'a [u8]>,
    file: &ZipFileHeaderRecord,
) -> Result<&'a [u8], DecodeError> {
    let entry = zip.get_entry(file.wayfinder()).map_err(damaged)?;
    let (start, end) = entry.compressed_data_range();
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let packed = range.and_then(|(start, end)| bytes.get(start..end));
    packed.ok_or_else(|| damaged("a file beyond its end"))
}

/// A whole file, its size and checksum proved.
fn whole<'a>(
    bytes: &'a [u8],
    zip: &ZipSliceArchive<&'a [u8]>,
    file: &ZipFileHeaderRecord,
) -> Result<Cow<'a, [u8]>, DecodeError> {
    let declared = file.uncompressed_size_hint();
    if declared > MAX_FILE_BYTES {
        return Err(DecodeError::FileSize { found: declared });
    }
    let packed = packed(bytes, zip, file)?;
    let unpacked = if file.compression_method() == CompressionMethod::STORE {
        Cow::Borrowed(packed)
    } else {
        if declared > TRUSTED_BYTES && declared / MAX_RATIO > packed.len() as u64 {
            let (whole, packed) = (declared >> 20, packed.len() >> 10);
            return Err(unusable(format!(
                "that packs {whole} MiB into {packed} KiB"
            )));
        }
        let mut unpacked = Vec::new();
        data(bytes, zip, file)?
            .take(declared + 1)
            .read_to_end(&mut unpacked)
            .map_err(|_| damaged("a file that does not inflate"))?;
        Cow::Owned(unpacked)
    };
    if unpacked.len() as u64 != declared {
        let is_more = unpacked.len() as u64 > declared;
        let found = if is_more {
            "more".into()
        } else {
            unpacked.len().to_string()
        };
        return Err(damaged(format!(
            "a file of {found} bytes that declares {declared}"
        )));
    }
    let checksum = rawzip::crc32(&unpacked);
    // No fuzzer finds the right sum by itself.
    if checksum != file.crc32() && !cfg!(fuzzing) {
        let expected = file.crc32();
        return Err(damaged(format!(
            "CRC-32 {checksum:08x}, expected {expected:08x}"
        )));
    }
    Ok(unpacked)
}

fn unusable(found: String) -> DecodeError {
    DecodeError::Archive { found }
}

fn damaged(reason: impl std::fmt::Display) -> DecodeError {
    DecodeError::BrokenArchive {
        reason: reason.to_string().replace(['\n', '\r'], " "),
    }
}
