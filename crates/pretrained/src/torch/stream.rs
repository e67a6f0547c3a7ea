//! The form before PyTorch 1.6: magic number, version, the machine's properties, the dictionary and the keys of its
//! storages, each a pickle of its own, then each storage as its length (8 bytes) and its numbers, lowest byte first on
//! every machine.

use std::collections::BTreeMap;

use super::pickle::{Pickle, Value};
use super::{Storages, tensors, values_max};
use crate::gather::{damaged, quoted, unsupported};
use crate::tensor::{Format, ReadError, WeightFile};

/// The pickled magic number 0x1950a86a20f9469cfc6c, of protocol 2 and above.
const MAGIC: [u8; 13] = [
    0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, b'.',
];
/// The only version there was.
const VERSION: i64 = 1001;

/// Whether the bytes begin with a pickle of the magic number.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    match bytes {
        [0x80, 2 | 3, rest @ ..] => rest.starts_with(&MAGIC),
        [0x80, 4 | 5, 0x95, _, _, _, _, _, _, _, _, rest @ ..] => rest.starts_with(&MAGIC),
        _ => false,
    }
}

/// The tensors of a whole file.
pub(super) fn read(bytes: &[u8]) -> Result<WeightFile, ReadError> {
    let values_max = values_max(bytes.len());
    let mut rest = bytes;
    let mut next = |place| {
        let pickle = Pickle::read(rest, place, values_max)?;
        rest = rest.get(pickle.length..).unwrap_or_default();
        Ok(pickle)
    };
    next("magic number")?;
    let version = next("version")?;
    next("machine")?;
    let dictionary = next("dictionary")?;
    let keys = next("storage keys")?;
    if !matches!(version.get(version.root), Value::Int(VERSION)) {
        return Err(unsupported(
            Format::Torch,
            "version",
            format!("another than {VERSION}"),
            "load the file in PyTorch and save it again",
        ));
    }
    let storages = Storages {
        by_key: storages(&dictionary, &keys, rest)?,
        big_endian: false,
    };
    tensors(&dictionary, &storages, bytes.len())
}

fn storages<'a>(
    dictionary: &Pickle<'a>,
    keys: &Pickle<'a>,
    mut rest: &'a [u8],
) -> Result<BTreeMap<&'a str, &'a [u8]>, ReadError> {
    let wrong = |found: String, expected: &str| damaged(Format::Torch, "storages", found, expected);
    let mut widths: BTreeMap<&str, usize> = BTreeMap::new();
    for value in &dictionary.values {
        if let Value::Storage(storage) = value {
            widths.insert(storage.key, storage.holds.width());
        }
    }
    let Value::List(keys_in_order) = keys.get(keys.root) else {
        return Err(wrong("another value".into(), "a list of keys"));
    };
    let mut by_key = BTreeMap::new();
    for key in keys_in_order {
        let key = keys.text(*key).unwrap_or_default();
        let width = *widths
            .get(key)
            .ok_or_else(|| wrong(quoted(key), "the key of a storage"))?;
        let (length, after) = rest
            .split_first_chunk::<8>()
            .ok_or_else(|| wrong(format!("{} bytes", rest.len()), "8 bytes of a length"))?;
        let length = u64::from_le_bytes(*length);
        let data = usize::try_from(length)
            .ok()
            .and_then(|length| length.checked_mul(width))
            .and_then(|bytes| after.split_at_checked(bytes));
        let Some((data, after)) = data else {
            let expected = format!(
                "{length} numbers of {width} bytes for storage {}",
                quoted(key)
            );
            return Err(wrong(format!("{} bytes", after.len()), &expected));
        };
        by_key.insert(key, data);
        rest = after;
    }
    Ok(by_key)
}
