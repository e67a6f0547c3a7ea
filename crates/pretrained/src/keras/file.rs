//! An open HDF5 file: groups, string attributes and datasets of numbers, with errors in this crate's terms.
//!
//! In: bytes. Out: what the readers of the two Keras layouts ask for. The crate `hdf5-reader` decodes the format
//! (superblocks 0 to 3, both kinds of groups, contiguous, compact and chunked data, gzip, shuffle, Fletcher-32); it
//! finds cycles itself, and the limits set here bound its memory: at VGG16's size 2.2 times a plain file, 3.2 times one
//! of float16 and 3.4 times one under gzip; files of nothing but tables take up to 10 times, some kilobytes for each
//! layer, and a damaged one some megabytes. Links to other files are refused: a weights file never opens another one.
//!
//! Source: HDF5 File Format Specification 3.0. Checked against: h5py (tools/golden/keras_weights.py).

use std::sync::Arc;

use hdf5_reader::error::Error;
use hdf5_reader::group::Group;
use hdf5_reader::{ByteOrder, Dataset, Datatype, StringSize, VarLenKind};
use hdf5_reader::{ExternalLinkResolver, Hdf5File, OpenOptions};

use super::storage::BoundedBytes;
use crate::gather::{Element, Gather, damaged, quoted, unsupported};
use crate::tensor::{Format, ReadError};

/// Object headers above this are refused; Keras keeps its own attributes below 64 kB each.
const HEADER_BYTES_MAX: usize = 1 << 20;
/// Decoded bytes for each byte of the file, in one dataset and in all names together.
const GROWTH_MAX: usize = 3;
/// The first bytes of an HDF5 file.
pub(super) const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

pub(super) struct File {
    pub(super) format: Format,
    root: Group,
    names_left: usize,
}

struct NoOtherFile;

impl ExternalLinkResolver for NoOtherFile {
    fn resolve_external_link(&self, _: &str) -> Result<Option<Hdf5File>, Error> {
        Err(Error::UnsupportedLinkType(EXTERNAL_LINK))
    }
}

/// The number of this kind of link in the format.
const EXTERNAL_LINK: u8 = 64;

impl File {
    pub(super) fn open(bytes: &[u8], format: Format) -> Result<Self, ReadError> {
        let most = bytes.len().saturating_mul(GROWTH_MAX);
        let options = OpenOptions {
            chunk_cache_bytes: 0,
            external_link_resolver: Some(Arc::new(NoOtherFile)),
            max_chunk_bytes: most,
            max_read_bytes: most,
            max_object_header_bytes: HEADER_BYTES_MAX,
            ..OpenOptions::default()
        };
        let storage = Arc::new(BoundedBytes::new(bytes));
        let file = Hdf5File::from_storage_with_options(storage, options)
            .map_err(|error| wrong(format, "file", &error))?;
        let end = file.superblock().eof_address;
        if end > bytes.len() as u64 {
            let found = format!("{} bytes", bytes.len());
            return Err(damaged(format, "file", found, format!("{end}")));
        }
        let root = file
            .root_group()
            .map_err(|error| wrong(format, "file", &error))?;
        Ok(Self {
            format,
            root,
            names_left: most,
        })
    }

    pub(super) fn root(&self) -> &Group {
        &self.root
    }

    /// The group at a path, below another group.
    pub(super) fn group(&self, parent: &Group, path: &str) -> Result<Group, ReadError> {
        let mut group = parent.clone();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            group = group
                .group(part)
                .map_err(|error| wrong(self.format, &quoted(path), &error))?;
        }
        Ok(group)
    }

    /// The names in a group: groups, then datasets.
    pub(super) fn members(
        &self,
        group: &Group,
        path: &str,
    ) -> Result<(Vec<Group>, Vec<Dataset>), ReadError> {
        group
            .members()
            .map_err(|error| wrong(self.format, &quoted(path), &error))
    }

    /// The dataset at a path, below a group.
    pub(super) fn dataset(&self, parent: &Group, path: &str) -> Result<Dataset, ReadError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.group(parent, folder)?
            .dataset(name)
            .map_err(|error| wrong(self.format, &quoted(path), &error))
    }

    /// A list of strings. Keras spreads what is longer than 64 kB over `name0`, `name1`, ...; nothing if there is none.
    pub(super) fn strings(
        &mut self,
        group: &Group,
        name: &str,
    ) -> Result<Option<Vec<String>>, ReadError> {
        let attributes = group
            .raw_attributes()
            .map_err(|error| wrong(self.format, &quoted(name), &error))?;
        let find = |name: &str| attributes.iter().find(|attribute| attribute.name() == name);
        if let Some(attribute) = find(name) {
            return self.decode_strings(group, attribute.message()).map(Some);
        }
        let mut all = None;
        for part in 0..attributes.len() {
            let Some(attribute) = find(&format!("{name}{part}")) else {
                break;
            };
            let strings = self.decode_strings(group, attribute.message())?;
            all.get_or_insert_with(Vec::new).extend(strings);
        }
        Ok(all)
    }

    fn decode_strings(
        &mut self,
        group: &Group,
        attribute: &hdf5_reader::messages::attribute::AttributeMessage,
    ) -> Result<Vec<String>, ReadError> {
        let place = quoted(&attribute.name);
        let declared = attribute.dataspace.num_elements().unwrap_or(u64::MAX);
        if declared == 0 {
            return Ok(Vec::new());
        }
        let (width, in_heap) = match &attribute.datatype {
            Datatype::String {
                size: StringSize::Fixed(width),
                ..
            } => (*width as usize, false),
            Datatype::String {
                size: StringSize::Variable,
                ..
            }
            | Datatype::VarLen {
                kind: VarLenKind::String,
                ..
            } => (4 + usize::from(group.offset_size()) + 4, true),
            other => {
                let found = quoted(&format!("{other:?}"));
                return Err(damaged(self.format, place, found, "strings"));
            }
        };
        let cells = attribute.raw_data.chunks_exact(width.max(1));
        if cells.len() as u64 != declared {
            let found = format!("{} strings", cells.len());
            return Err(damaged(self.format, place, found, format!("{declared}")));
        }
        let mut strings = Vec::new();
        for cell in cells {
            let text = if in_heap {
                let length = cell.first_chunk().map_or(0, |b| u32::from_le_bytes(*b));
                self.take_names(length as usize, &place)?;
                group
                    .resolve_vlen_reference_bytes(cell, 1)
                    .map_err(|error| wrong(self.format, &place, &error))?
            } else {
                self.take_names(cell.len(), &place)?;
                cell.to_vec()
            };
            let end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
            strings.push(String::from_utf8_lossy(&text[..end]).into_owned());
        }
        Ok(strings)
    }

    fn take_names(&mut self, length: usize, place: &str) -> Result<(), ReadError> {
        self.names_left = self.names_left.checked_sub(length).ok_or_else(|| {
            let found = "strings longer than the file".to_string();
            damaged(self.format, place, found, "names of layers and weights")
        })?;
        Ok(())
    }

    /// Reads a dataset into the list, or notes that it holds no floating point numbers.
    pub(super) fn gather(
        &self,
        dataset: &Dataset,
        name: &str,
        into: &mut Gather,
    ) -> Result<(), ReadError> {
        let Some((element, big_endian)) = element(dataset) else {
            return into.leave(name, "no floating point numbers");
        };
        let shape: Vec<usize> = dataset
            .shape()
            .iter()
            .map(|side| usize::try_from(*side).unwrap_or(usize::MAX))
            .collect();
        let count = into.room(name, &shape)?;
        let bytes = dataset
            .read_raw_bytes()
            .map_err(|error| wrong(self.format, &quoted(name), &error))?;
        let values = element.decode(&bytes, big_endian);
        if values.len() != count {
            let found = format!("{} values", values.len());
            return Err(damaged(
                self.format,
                quoted(name),
                found,
                format!("{count}"),
            ));
        }
        into.add(name, shape, values);
        Ok(())
    }
}

/// What the numbers of a dataset are. Keras stores bfloat16 as opaque pairs of bytes under an attribute that says so.
fn element(dataset: &Dataset) -> Option<(Element, bool)> {
    match dataset.dtype() {
        Datatype::FloatingPoint { size, byte_order } => {
            let element = match size {
                2 => Element::F16,
                4 => Element::F32,
                8 => Element::F64,
                _ => return None,
            };
            Some((element, *byte_order == ByteOrder::BigEndian))
        }
        Datatype::Opaque { size: 2, .. } => Some((Element::Bf16, false)),
        _ => None,
    }
}

/// The crate's error under the place where it came up.
fn wrong(format: Format, place: &str, error: &Error) -> ReadError {
    let mut cause = error;
    while let Error::Context { source, .. } = cause {
        cause = source;
    }
    let text = quoted(&cause.to_string());
    match cause {
        Error::UnsupportedLinkType(EXTERNAL_LINK) => unsupported(
            format,
            place,
            "a link to another file",
            "copy its target into this file (h5repack does)",
        ),
        Error::UnsupportedFilter(_) => unsupported(
            format,
            place,
            text,
            "store the data with gzip or without a filter (h5repack -f GZIP=4)",
        ),
        _ => damaged(format, place, text, "sound HDF5"),
    }
}
