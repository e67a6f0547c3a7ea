//! The archive form: `NAME/data.pkl`, `NAME/data/KEY` for each storage, `NAME/byteorder`.

use std::collections::BTreeMap;

use super::global::Storage;
use super::pickle::{Pickle, Value};
use super::{PICKLE, Storages, tensors, values_max};
use crate::archive::Archive;
use crate::gather::{damaged, quoted};
use crate::tensor::{Format, ReadError, WeightFile};

/// Tensors of an archive whose length is `bytes`.
pub(super) fn read(archive: &Archive<'_>, bytes: usize) -> Result<WeightFile, ReadError> {
    let name = archive.ending(PICKLE).ok_or(ReadError::Unknown)?;
    let folder = name.strip_suffix(PICKLE).unwrap_or_default();
    let data = archive.part(name, Format::Torch)?.unwrap_or_default();
    let pickle = Pickle::read(data, "data.pkl", values_max(bytes))?;
    let storages = Storages {
        by_key: storages(archive, folder, &pickle)?,
        big_endian: big_endian(archive, folder)?,
    };
    tensors(&pickle, &storages, bytes)
}

/// Files without the part come from before it was introduced, and from machines of this order.
fn big_endian(archive: &Archive<'_>, folder: &str) -> Result<bool, ReadError> {
    match archive.part(&format!("{folder}/byteorder"), Format::Torch)? {
        None | Some(b"little") => Ok(false),
        Some(b"big") => Ok(true),
        Some(other) => Err(damaged(
            Format::Torch,
            "byteorder",
            quoted(&String::from_utf8_lossy(other)),
            "little or big",
        )),
    }
}

fn storages<'a>(
    archive: &Archive<'a>,
    folder: &str,
    pickle: &Pickle<'a>,
) -> Result<BTreeMap<&'a str, &'a [u8]>, ReadError> {
    let mut by_key = BTreeMap::new();
    for value in &pickle.values {
        let Value::Storage(storage) = value else {
            continue;
        };
        let Storage { key, .. } = **storage;
        if by_key.contains_key(key) {
            continue;
        }
        let data = archive.part(&format!("{folder}/data/{key}"), Format::Torch)?;
        let data = data.ok_or_else(|| {
            let found = format!("no part {}", quoted(&format!("data/{key}")));
            damaged(Format::Torch, "archive", found, "a part for every storage")
        })?;
        by_key.insert(key, data);
    }
    Ok(by_key)
}
