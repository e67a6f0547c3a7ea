//! Safetensors: the format of timm and Hugging Face, read and written.
//!
//! In: bytes of a `.safetensors` file. Out: its floating point tensors, in the order of their bytes in the file.
//! Back: float32 tensors under the names that they have, so that PyTorch and timm load them with `load_file`.
//! The crate `safetensors` checks sizes and offsets; a header above 256 KiB is refused first, because its JSON grows in
//! memory (VGG19's has 4 kB).
//!
//! Source: <https://github.com/huggingface/safetensors#format>. Checked against: the Python package, both ways
//! (tools/golden/torch_weights.py).

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::gather::{Element, Gather, damaged, quoted};
use crate::tensor::{Format, PREPROCESSING, ReadError, Tensor, WeightFile, WriteError};

/// Bytes of the longest header that is read.
const HEADER_MAX: u64 = 1 << 18;
/// The key of the metadata in the header.
const METADATA: &str = "__metadata__";

/// Whether the bytes begin as a header does: its length, then a JSON object.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    header_length(bytes).is_some_and(|length| length >= 2) && bytes.get(8) == Some(&b'{')
}

fn header_length(bytes: &[u8]) -> Option<u64> {
    bytes
        .first_chunk()
        .map(|length| u64::from_le_bytes(*length))
}

/// The tensors of a safetensors file.
///
/// # Errors
///
/// [`ReadError::Damaged`] for a cut-off file, a header that is no JSON, and sizes or offsets that do not fit the file;
/// [`ReadError::Unsupported`] if no tensor holds floating point numbers; [`ReadError::Unknown`] for another kind.
pub fn read(bytes: &[u8]) -> Result<WeightFile, ReadError> {
    if !is_one(bytes) {
        return Err(ReadError::Unknown);
    }
    let wrong = |place: &str, found: String, expected: String| {
        damaged(Format::Safetensors, place, found, expected)
    };
    let most = HEADER_MAX.min(bytes.len() as u64 - 8);
    let header = header_length(bytes).unwrap_or_default();
    if header > most {
        let found = format!("{header} bytes");
        return Err(wrong("header", found, format!("at most {most}")));
    }
    let file = SafeTensors::deserialize(bytes).map_err(|error| {
        let expected = "names, shapes and offsets that fill the file".to_string();
        wrong("header", quoted(&error.to_string()), expected)
    })?;
    let said = SafeTensors::read_metadata(bytes)
        .ok()
        .and_then(|(_, header)| {
            let words = header.metadata().as_ref();
            words.and_then(|words| words.get(PREPROCESSING).cloned())
        });
    let mut tensors: Vec<_> = file.iter().collect();
    tensors.sort_by_key(|(name, tensor)| (tensor.data().as_ptr().addr(), *name));
    let mut gather = Gather::new(Format::Safetensors, bytes.len());
    if let Some(said) = said {
        gather.says(&said);
    }
    for (name, tensor) in tensors {
        let element = match tensor.dtype() {
            Dtype::F16 => Element::F16,
            Dtype::BF16 => Element::Bf16,
            Dtype::F32 => Element::F32,
            Dtype::F64 => Element::F64,
            other => {
                gather.leave(name, &format!("holds {other}"))?;
                continue;
            }
        };
        gather.room(name, tensor.shape())?;
        let values = element.decode(tensor.data(), false);
        gather.add(name, tensor.shape().to_vec(), values);
    }
    gather.finish()
}

/// The bytes of a safetensors file with these tensors, float32, sorted by name; the same bytes for the same input.
///
/// The metadata are words for people and programs, such as `("format", "pt")`, which some PyTorch loaders ask for.
///
/// # Errors
///
/// [`WriteError`] for a repeated name, the name `__metadata__`, and values that do not fill their shape.
pub fn write(tensors: &[Tensor], metadata: &[(&str, &str)]) -> Result<Vec<u8>, WriteError> {
    let mut data = BTreeMap::new();
    for tensor in tensors {
        tensor.check()?;
        let bytes: Vec<u8> = tensor.values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let known = data.insert(tensor.name.as_str(), (tensor.shape.clone(), bytes));
        if known.is_some() || tensor.name == METADATA {
            return Err(WriteError::Name {
                name: tensor.name.clone(),
            });
        }
    }
    let wrong = |error: safetensors::SafeTensorError| WriteError::Format(error.to_string());
    let mut views = Vec::new();
    for (name, (shape, bytes)) in &data {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(wrong)?;
        views.push((*name, view));
    }
    let file = safetensors::serialize(views, None).map_err(wrong)?;
    with_metadata(&file, metadata)
}

/// Puts the metadata first in the header, in sorted order: the crate would write them in the order of a hash map.
fn with_metadata(file: &[u8], metadata: &[(&str, &str)]) -> Result<Vec<u8>, WriteError> {
    let wrong = || WriteError::Format("a header that cannot be extended".to_string());
    let metadata: BTreeMap<&str, &str> = metadata.iter().copied().collect();
    let metadata = serde_json::to_string(&metadata).map_err(|_| wrong())?;
    let length = header_length(file).unwrap_or_default();
    let (header, data) = file
        .get(8..)
        .and_then(|rest| rest.split_at_checked(length as usize))
        .ok_or_else(wrong)?;
    let tensors = header.strip_prefix(b"{").ok_or_else(wrong)?;
    let comma = if tensors.starts_with(b"}") { "" } else { "," };
    let mut header = format!("{{\"{METADATA}\":{metadata}{comma}").into_bytes();
    header.extend_from_slice(tensors.trim_ascii_end());
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut whole = (header.len() as u64).to_le_bytes().to_vec();
    whole.extend_from_slice(&header);
    whole.extend_from_slice(data);
    Ok(whole)
}
