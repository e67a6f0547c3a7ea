//! The pictures that a DICOMDIR lists.
//!
//! In: the bytes of a DICOMDIR, the index of a CD or of an export of a PACS. Out: where in its folder each picture lies.
//! What it says of patients, studies and series is left: the files say it too. A listed name is another program's
//! word, so one that could lead out of the folder is refused, and a found file has to lie in it, links followed.
//!
//! Source: DICOM PS3.3 F.3 (records), PS3.10 8.2 (names). Checked against: pydicom and dcmtk
//! (tools/golden/dicom_directory.py).

use std::path::{Path, PathBuf};

use dicom_dictionary_std::tags;

use crate::dataset::Dataset;
use crate::decode::dicom_start;
use crate::dicom::names_directory;
use crate::error::{DecodeError, broken};
use crate::facts::Format;
use crate::syntax::transfer_syntax;

/// PS3.10 has at most eight; more come from software that does not count.
const MAX_COMPONENTS: usize = 32;

/// A picture that a DICOMDIR lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFile {
    /// Folders, and the file's name last; none of them leads upwards or holds a separator.
    pub components: Vec<String>,
}

impl ListedFile {
    /// The file in the folder of the DICOMDIR. Letters may differ in case, since file systems of discs change it; a
    /// name as written goes first. None where no such file is there, or where it lies outside of the folder.
    pub fn find(&self, folder: &Path) -> Option<PathBuf> {
        let mut path = folder.to_path_buf();
        for name in &self.components {
            path = same_name(&path, name)?;
        }
        let root = folder.canonicalize().ok()?;
        let is_inside = path.canonicalize().ok()?.starts_with(root);
        (is_inside && path.is_file()).then_some(path)
    }
}

fn same_name(folder: &Path, name: &str) -> Option<PathBuf> {
    let exact = folder.join(name);
    if exact.exists() {
        return Some(exact);
    }
    let mut alike: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(Result::ok)
        .filter(|entry| {
            entry
                .file_name()
                .to_str()
                .is_some_and(|found| found.eq_ignore_ascii_case(name))
        })
        .map(|entry| entry.path())
        .collect();
    // The order of a folder is not that of another machine.
    alike.sort();
    alike.into_iter().next()
}

/// The pictures that a DICOMDIR lists, in its order. Records that are marked as not in use, or that stand for reports,
/// presentation states and the like, are left out.
///
/// # Errors
/// A file that is no DICOMDIR, is damaged, or names a file outside of its folder.
pub fn list_directory(bytes: &[u8]) -> Result<Vec<ListedFile>, DecodeError> {
    let no_directory = || DecodeError::Format {
        found: "a file that is no DICOMDIR".into(),
    };
    let start = dicom_start(bytes).ok_or_else(no_directory)?;
    let (meta, meta_length) = Dataset::parse_meta(&bytes[start..])?;
    if !names_directory(&meta) {
        return Err(no_directory());
    }
    let body = &bytes[start + meta_length..];
    let uid = meta.text(tags::TRANSFER_SYNTAX_UID);
    let syntax = transfer_syntax(uid.as_deref(), body)?;
    if syntax.deflated {
        return Err(broken(
            "a deflated DICOMDIR, which the standard has not".into(),
        ));
    }
    let data = Dataset::parse(body, syntax.encoding)?;
    let mut files = Vec::new();
    data.each_item(tags::DIRECTORY_RECORD_SEQUENCE, |record| {
        let in_use = record.words(tags::RECORD_IN_USE_FLAG);
        let is_used = in_use.and_then(|mut words| words.next()) != Some(0);
        let kind = record.text(tags::DIRECTORY_RECORD_TYPE);
        if let (Some("IMAGE"), true) = (kind.as_deref(), is_used)
            && let Some(name) = record.text(tags::REFERENCED_FILE_ID)
        {
            files.push(listed(&name)?);
        }
        Ok(())
    })?;
    Ok(files)
}

fn listed(name: &str) -> Result<ListedFile, DecodeError> {
    let components: Vec<String> = name.split('\\').map(|part| part.trim().into()).collect();
    let leads_out = |part: &String| {
        let forbidden = |letter: char| letter.is_control() || matches!(letter, '/' | ':');
        part.is_empty() || part.chars().all(|letter| letter == '.') || part.contains(forbidden)
    };
    if components.len() > MAX_COMPONENTS || components.iter().any(leads_out) {
        let name: String = name.escape_default().take(64).collect();
        return Err(DecodeError::Broken {
            format: Format::Dicom,
            reason: format!("a DICOMDIR that lists \"{name}\", expected names within its folder"),
        });
    }
    Ok(ListedFile { components })
}
