//! PyTorch: what `torch.save(model.state_dict(), ...)` writes, and checkpoints that hold such a dictionary.
//!
//! In: bytes of a `.pth` or `.pt` file, of either form: the zip archive (`data.pkl`, `data/N`, `byteorder`), or the
//! stream before PyTorch 1.6 (several pickles, then the storages), in which torchvision still publishes VGG.
//! Out: the tensors of the state dictionary in its order, half precision and double as float32.
//! A pickle is a program for Python; here it is data: see [`pickle`].
//!
//! Source: `torch/serialization.py` for both forms. Checked against: `torch.save` of PyTorch (tools/golden/torch_weights.py).

mod global;
mod pickle;
mod stream;
mod zip;

use std::collections::BTreeMap;

use self::global::{StorageType, View};
use self::pickle::{Pickle, REMEDY, Ref, Value};
use crate::archive::Archive;
use crate::gather::{Element, Gather, damaged, quoted, unsupported};
use crate::tensor::{Format, ReadError, WeightFile};

/// Where training scripts put the state dictionary among other things.
const KEYS: [&str; 6] = [
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "weights",
];

/// The pickle of the archive form, in a folder of the file's name.
const PICKLE: &str = "/data.pkl";

/// Whether the bytes begin as the older form does: a pickle of PyTorch's magic number.
pub(crate) fn is_stream(bytes: &[u8]) -> bool {
    stream::is_one(bytes)
}

/// Whether an archive is one of PyTorch's.
pub(crate) fn is_archive(archive: &Archive<'_>) -> bool {
    archive.ending(PICKLE).is_some()
}

/// The tensors of a PyTorch file.
///
/// # Errors
///
/// [`ReadError::Damaged`] for a cut-off or inconsistent file, [`ReadError::Unsupported`] for a pickle that asks for
/// anything but tensors and dictionaries (named in the error), [`ReadError::Unknown`] for another kind of file.
pub fn read(bytes: &[u8]) -> Result<WeightFile, ReadError> {
    if let Some(archive) = Archive::open(bytes, Format::Torch)? {
        return read_archive(&archive, bytes.len());
    }
    if is_stream(bytes) {
        return stream::read(bytes);
    }
    Err(ReadError::Unknown)
}

pub(crate) fn read_archive(archive: &Archive<'_>, bytes: usize) -> Result<WeightFile, ReadError> {
    zip::read(archive, bytes)
}

/// Values that a pickle in a file of so many bytes may have: a tensor needs about 40, and VGG19 has 38 tensors.
fn values_max(bytes: usize) -> usize {
    8_000 + bytes / 64
}

/// The numbers of the storages by key.
struct Storages<'a> {
    by_key: BTreeMap<&'a str, &'a [u8]>,
    big_endian: bool,
}

/// Takes the tensors of the state dictionary out of a pickle.
fn tensors(
    pickle: &Pickle<'_>,
    storages: &Storages<'_>,
    bytes: usize,
) -> Result<WeightFile, ReadError> {
    let mut gather = Gather::new(Format::Torch, bytes);
    let (dictionary, rest) = state_dictionary(pickle)?;
    for key in rest {
        gather.leave(key, "not part of the state dictionary")?;
    }
    for (name, value) in last_of_each(pickle, dictionary) {
        match pickle.get(value) {
            Value::Tensor(view) => take(pickle, storages, name, view, &mut gather)?,
            _ => gather.leave(name, "not a tensor")?,
        }
    }
    gather.finish()
}

/// Keys and values of a dictionary.
type Pairs<'p> = &'p [(Ref, Ref)];

/// The dictionary that holds tensors, and the keys beside it.
fn state_dictionary<'p, 'a>(
    pickle: &'p Pickle<'a>,
) -> Result<(Pairs<'p>, Vec<&'a str>), ReadError> {
    let Value::Dict(root) = pickle.get(pickle.root) else {
        return Err(unsupported(
            Format::Torch,
            "pickle",
            "something else than a dictionary",
            REMEDY,
        ));
    };
    if has_tensor(pickle, root) {
        return Ok((root, Vec::new()));
    }
    for key in KEYS {
        for (name, value) in root {
            if let (Some(name), Value::Dict(inner)) = (pickle.text(*name), pickle.get(*value))
                && name == key
                && has_tensor(pickle, inner)
            {
                let rest = last_of_each(pickle, root).into_iter();
                let rest = rest.map(|(name, _)| name).filter(|name| *name != key);
                return Ok((inner, rest.collect()));
            }
        }
    }
    let keys = root.iter().filter_map(|(name, _)| pickle.text(*name));
    let keys: Vec<String> = keys.take(5).map(quoted).collect();
    Err(unsupported(
        Format::Torch,
        "pickle",
        format!("no tensors, but the keys {}", keys.join(", ")),
        REMEDY,
    ))
}

fn has_tensor(pickle: &Pickle<'_>, dictionary: Pairs<'_>) -> bool {
    let mut values = dictionary.iter();
    values.any(|(_, value)| matches!(pickle.get(*value), Value::Tensor(_)))
}

/// Names and values in the dictionary's order; of a repeated key the last value counts, as in Python.
fn last_of_each<'a>(pickle: &Pickle<'a>, dictionary: Pairs<'_>) -> Vec<(&'a str, Ref)> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut list: Vec<(&str, Ref)> = Vec::new();
    for (name, value) in dictionary {
        let Some(name) = pickle.text(*name) else {
            continue;
        };
        let place = *places.entry(name).or_insert(list.len());
        match list.get_mut(place) {
            Some(known) => known.1 = *value,
            None => list.push((name, *value)),
        }
    }
    list
}

/// One tensor, through its offset and strides.
fn take(
    pickle: &Pickle<'_>,
    storages: &Storages<'_>,
    name: &str,
    view: &View,
    gather: &mut Gather,
) -> Result<(), ReadError> {
    let wrong =
        |found: String, expected: String| damaged(Format::Torch, quoted(name), found, expected);
    let Value::Storage(storage) = pickle.get(view.storage) else {
        return Err(wrong("no storage".into(), "a storage".into()));
    };
    let element = match storage.holds {
        StorageType::Weights(element) => element,
        StorageType::Other(other, _) => return gather.leave(name, &format!("holds {other}")),
    };
    let data = storages.by_key.get(storage.key).ok_or_else(|| {
        let found = format!("no storage {}", quoted(storage.key));
        wrong(found, "a storage of every tensor".into())
    })?;
    let count = gather.room(name, &view.shape)?;
    if storage.length.checked_mul(element.width()) != Some(data.len()) {
        let found = format!("{} bytes in storage {}", data.len(), quoted(storage.key));
        let expected = format!("{} numbers of {} bytes", storage.length, element.width());
        return Err(wrong(found, expected));
    }
    if count > 0 && last(view).is_none_or(|last| last >= storage.length) {
        let found = "a shape and strides that lead outside its storage".to_string();
        return Err(wrong(found, format!("at most {} numbers", storage.length)));
    }
    let values = look(view, count, element, data, storages.big_endian);
    gather.add(name, view.shape.clone(), values);
    Ok(())
}

/// The number of the storage that the highest index refers to.
fn last(view: &View) -> Option<usize> {
    let mut sides = view.shape.iter().zip(&view.strides);
    sides.try_fold(view.offset, |last, (side, stride)| {
        side.saturating_sub(1)
            .checked_mul(*stride)?
            .checked_add(last)
    })
}

/// The values in row-major order; the view lies inside the data.
fn look(view: &View, count: usize, element: Element, data: &[u8], big_endian: bool) -> Vec<f32> {
    let mut contiguous = 1;
    let mut is_contiguous = true;
    for (side, stride) in view.shape.iter().zip(&view.strides).rev() {
        is_contiguous &= *side == 1 || *stride == contiguous;
        contiguous = contiguous.saturating_mul(*side);
    }
    let width = element.width();
    if is_contiguous || count == 0 {
        let start = view.offset.saturating_mul(width);
        let run = data.get(start..).and_then(|rest| rest.get(..count * width));
        return element.decode(run.unwrap_or_default(), big_endian);
    }
    let mut values = Vec::with_capacity(count);
    for position in 0..count {
        let mut rest = position;
        let mut at = view.offset;
        for (side, stride) in view.shape.iter().zip(&view.strides).rev() {
            at += rest % side * stride;
            rest /= side;
        }
        let number = data.get(at * width..).unwrap_or_default();
        values.push(element.number(number, big_endian));
    }
    values
}
