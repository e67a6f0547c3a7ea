//! The names that a pickled state dictionary may use, and what each of them makes.
//!
//! In: arguments on the machine's stack. Out: dictionaries, storages and views of them; never a call.
//!
//! Source: PyTorch's `torch/_utils.py` (`_rebuild_tensor`, `_rebuild_tensor_v2`, `_rebuild_parameter`) and
//! `torch/serialization.py` (the persistent identifier of a storage).

use super::pickle::{Machine, REMEDY, Ref, Value};
use crate::gather::{Element, unsupported};
use crate::tensor::{Format, ReadError};

/// Sides that are kept of a shape; one more than any tensor may have, so that the reader of tensors complains.
const SIDES_KEPT: usize = 9;

/// A name that is allowed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Global {
    OrderedDict,
    /// `_rebuild_tensor` and `_rebuild_tensor_v2`, which begin with the same four arguments.
    RebuildTensor,
    RebuildParameter,
    Size,
    Storage(StorageType),
}

/// What a storage holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum StorageType {
    Weights(Element),
    /// Numbers that no weights are stored in: what they are, and the bytes of one.
    Other(&'static str, usize),
}

impl StorageType {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "HalfStorage" => Self::Weights(Element::F16),
            "BFloat16Storage" => Self::Weights(Element::Bf16),
            "FloatStorage" => Self::Weights(Element::F32),
            "DoubleStorage" => Self::Weights(Element::F64),
            "ByteStorage" => Self::Other("8-bit integers", 1),
            "CharStorage" => Self::Other("signed 8-bit integers", 1),
            "ShortStorage" => Self::Other("16-bit integers", 2),
            "IntStorage" => Self::Other("32-bit integers", 4),
            "LongStorage" => Self::Other("64-bit integers", 8),
            "BoolStorage" => Self::Other("truth values", 1),
            "ComplexFloatStorage" => Self::Other("complex numbers", 8),
            "ComplexDoubleStorage" => Self::Other("complex numbers", 16),
            _ => return None,
        })
    }

    /// Bytes of one number.
    pub(super) fn width(self) -> usize {
        match self {
            Self::Weights(element) => element.width(),
            Self::Other(_, width) => width,
        }
    }
}

impl Global {
    /// The allowed names.
    pub(super) fn named(module: &str, name: &str) -> Option<Self> {
        match (module, name) {
            ("collections", "OrderedDict") => Some(Global::OrderedDict),
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => {
                Some(Global::RebuildTensor)
            }
            ("torch._utils", "_rebuild_parameter") => Some(Global::RebuildParameter),
            ("torch", "Size") => Some(Global::Size),
            ("torch", name) => StorageType::named(name).map(Global::Storage),
            _ => None,
        }
    }
}

/// A run of numbers somewhere else in the file, which tensors look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storage<'a> {
    pub(super) holds: StorageType,
    pub(super) key: &'a str,
    /// Numbers, not bytes.
    pub(super) length: usize,
}

impl<'a> Storage<'a> {
    /// From `("storage", TYPE, KEY, LOCATION, LENGTH)`; the older files add `None`.
    pub(super) fn from_id(machine: &Machine<'a>, id: Ref) -> Result<Self, ReadError> {
        let items = machine.items(id).unwrap_or_default();
        let item = |i: usize| items.get(i).map(|item| machine.get(*item));
        match (item(0), item(1), item(2), item(4), item(5)) {
            (
                Some(Value::Text("storage")),
                Some(Value::Global(Global::Storage(holds))),
                Some(Value::Text(key)),
                Some(Value::Int(length)),
                None | Some(Value::None),
            ) if *length >= 0 => Ok(Self {
                holds: *holds,
                key,
                length: *length as usize,
            }),
            (Some(Value::Text("storage")), .., Some(Value::Tuple(_))) => Err(unsupported(
                Format::Torch,
                "a storage",
                "a view of another storage",
                "load the file in PyTorch and save it again",
            )),
            _ => Err(machine.wrong("another value", "the identifier of a storage")),
        }
    }
}

/// How a tensor looks at its storage.
#[derive(Debug)]
pub(super) struct View {
    pub(super) storage: Ref,
    /// First number of the storage.
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    /// Numbers of the storage from one index to the next, for each side.
    pub(super) strides: Vec<usize>,
}

impl<'a> Machine<'a> {
    /// `REDUCE`: a name and its arguments become a value.
    pub(super) fn reduce(&mut self) -> Result<(), ReadError> {
        let (arguments, callee) = (self.pop()?, self.pop()?);
        let Value::Global(global) = *self.get(callee) else {
            return Err(self.wrong("another value", "a name to apply"));
        };
        let Value::Tuple(_) = self.get(arguments) else {
            return Err(self.wrong("another value", "arguments"));
        };
        match (global, self.items(arguments).unwrap_or_default()) {
            (Global::OrderedDict, []) => self.push(Value::Dict(Vec::new())),
            (Global::OrderedDict, &[pairs]) => {
                let pairs = self.pairs(pairs)?;
                self.push(Value::Dict(pairs))
            }
            (Global::RebuildTensor, &[storage, offset, shape, strides, ..]) => {
                self.spend(SIDES_KEPT)?;
                let view = self.view(storage, offset, shape, strides)?;
                self.push(Value::Tensor(Box::new(view)))
            }
            (Global::RebuildParameter, &[tensor, ..]) => {
                self.push_again(tensor);
                Ok(())
            }
            (Global::Size, &[sides]) if self.items(sides).is_some() => {
                self.push_again(sides);
                Ok(())
            }
            (Global::Storage(_), _) => Err(unsupported(
                Format::Torch,
                "pickle",
                "a storage made on the spot",
                REMEDY,
            )),
            _ => Err(self.wrong("other arguments", "those of a tensor or a dictionary")),
        }
    }

    /// The dictionary that Python 2 pickled as a list of pairs.
    fn pairs(&mut self, list: Ref) -> Result<Vec<(Ref, Ref)>, ReadError> {
        self.spend(self.items(list).unwrap_or_default().len())?;
        let pairs = self.items(list).unwrap_or_default().iter();
        pairs
            .map(|pair| match self.items(*pair) {
                Some(&[key, value]) => Ok((key, value)),
                _ => Err(self.wrong("another value", "a key and its value")),
            })
            .collect()
    }

    fn view(&self, storage: Ref, offset: Ref, shape: Ref, strides: Ref) -> Result<View, ReadError> {
        let count = |value: Ref| match self.get(value) {
            Value::Int(number) => usize::try_from(*number).ok(),
            _ => None,
        };
        let counts = |value: Ref| -> Option<Vec<usize>> {
            let items = self.items(value)?.iter().take(SIDES_KEPT);
            items.map(|item| count(*item)).collect()
        };
        let is_storage = matches!(self.get(storage), Value::Storage(_));
        match (is_storage, count(offset), counts(shape), counts(strides)) {
            (true, Some(offset), Some(shape), Some(strides)) if shape.len() == strides.len() => {
                Ok(View {
                    storage,
                    offset,
                    shape,
                    strides,
                })
            }
            _ => Err(self.wrong(
                "a tensor of other parts",
                "a storage, an offset, a shape and a stride for each side, none negative",
            )),
        }
    }
}
