//! Pickles as data: a machine that knows the few instructions and names a state dictionary needs.
//!
//! In: bytes. Out: the values they describe, in one list; they refer to each other by position, so that nothing
//! recurses and nothing is copied twice. A name that is not in [`Global::named`] ends the reading with that name in the
//! error: nothing in a pickle is ever called.
//!
//! Source: CPython's `Lib/pickletools.py` for the instructions, PyTorch's `torch/_utils.py` and
//! `torch/serialization.py` for the names. Checked against: files of `torch.save` (tools/golden/torch_weights.py).

use std::collections::BTreeMap;

use super::global::{Global, Storage, View};
use crate::gather::{damaged, quoted, unsupported};
use crate::tensor::{Format, ReadError};

/// What to do about a file that holds more than weights.
pub(super) const REMEDY: &str =
    "save the weights alone, with torch.save(model.state_dict(), \"weights.pth\")";

/// Position in [`Pickle::values`].
pub(super) type Ref = u32;

/// A value that a pickle describes.
#[derive(Debug)]
pub(super) enum Value<'a> {
    None,
    Bool,
    Int(i64),
    /// An integer of more than 8 bytes: only PyTorch's magic number is one.
    Long,
    Float,
    Text(&'a str),
    Tuple(Box<[Ref]>),
    List(Vec<Ref>),
    Dict(Vec<(Ref, Ref)>),
    Global(Global),
    Storage(Box<Storage<'a>>),
    Tensor(Box<View>),
}

/// The outcome: values, and which of them the pickle as a whole is.
#[derive(Debug)]
pub(super) struct Pickle<'a> {
    pub(super) values: Vec<Value<'a>>,
    pub(super) root: Ref,
    /// Bytes of the pickle; the older files put one behind the other.
    pub(super) length: usize,
}

impl<'a> Pickle<'a> {
    /// Reads one pickle from the beginning of `bytes`.
    ///
    /// # Errors
    ///
    /// Anything but the known instructions and names, a cut-off pickle, or more than `values_max` values.
    pub(super) fn read(
        bytes: &'a [u8],
        place: &'a str,
        values_max: usize,
    ) -> Result<Self, ReadError> {
        let mut machine = Machine {
            bytes,
            place,
            at: 0,
            values_left: values_max,
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: BTreeMap::new(),
        };
        let root = machine.run()?;
        Ok(Self {
            values: machine.values,
            root,
            length: machine.at,
        })
    }

    pub(super) fn get(&self, value: Ref) -> &Value<'a> {
        self.values.get(value as usize).unwrap_or(&Value::None)
    }

    pub(super) fn text(&self, value: Ref) -> Option<&'a str> {
        match self.get(value) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

pub(super) struct Machine<'a> {
    bytes: &'a [u8],
    place: &'a str,
    at: usize,
    values_left: usize,
    values: Vec<Value<'a>>,
    stack: Vec<Ref>,
    marks: Vec<usize>,
    memo: BTreeMap<u32, Ref>,
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Ref, ReadError> {
        loop {
            let start = self.at;
            match self.byte()? {
                b'.' => return self.pop(),
                0x80 => drop(self.take(1)?),
                0x95 => drop(self.take(8)?),
                b'(' => {
                    self.spend(1)?;
                    self.marks.push(self.stack.len());
                }
                b'0' => drop(self.pop()?),
                b'N' => self.push(Value::None)?,
                0x88 | 0x89 => self.push(Value::Bool)?,
                b'G' => {
                    self.take(8)?;
                    self.push(Value::Float)?;
                }
                b'K' => self.integer(1)?,
                b'M' => self.integer(2)?,
                b'J' => self.signed()?,
                0x8a => {
                    let length = self.length(1)?;
                    let digits = self.take(length)?;
                    self.push(long(digits))?;
                }
                0x8c | b'U' => self.text(1)?,
                b'X' | b'T' => self.text(4)?,
                0x8d => self.text(8)?,
                b')' => self.push(Value::Tuple(Box::default()))?,
                0x85 => self.tuple(1)?,
                0x86 => self.tuple(2)?,
                0x87 => self.tuple(3)?,
                b't' => {
                    let items = self.since_mark()?;
                    self.push(Value::Tuple(items.into()))?;
                }
                b']' => self.push(Value::List(Vec::new()))?,
                b'}' => self.push(Value::Dict(Vec::new()))?,
                b'a' => {
                    let item = self.pop()?;
                    self.append(&[item])?;
                }
                b'e' => {
                    let items = self.since_mark()?;
                    self.append(&items)?;
                }
                b's' => {
                    let value = self.pop()?;
                    let key = self.pop()?;
                    self.set(&[key, value])?;
                }
                b'u' => {
                    let items = self.since_mark()?;
                    self.set(&items)?;
                }
                b'q' => self.memorise(1)?,
                b'r' => self.memorise(4)?,
                0x94 => {
                    let index = self.memo.len() as u32;
                    self.memorise_at(index)?;
                }
                b'h' => self.recall(1)?,
                b'j' => self.recall(4)?,
                b'c' => {
                    let global = self.global_line()?;
                    self.push(Value::Global(global))?;
                }
                b'i' => drop(self.global_line()?),
                0x93 => self.global_from_stack()?,
                b'Q' => {
                    let id = self.pop()?;
                    let storage = Storage::from_id(self, id)?;
                    self.push(Value::Storage(Box::new(storage)))?;
                }
                b'R' => self.reduce()?,
                b'b' => self.build()?,
                other => {
                    return Err(unsupported(
                        Format::Torch,
                        format!("{}, byte {start}", self.place),
                        format!("pickle instruction 0x{other:02x}"),
                        REMEDY,
                    ));
                }
            }
        }
    }

    /// A value of the wrong kind, or none, at the present byte.
    pub(super) fn wrong(&self, found: impl Into<String>, expected: impl Into<String>) -> ReadError {
        let place = format!("{}, byte {}", self.place, self.at);
        damaged(Format::Torch, place, found, expected)
    }

    pub(super) fn get(&self, value: Ref) -> &Value<'a> {
        self.values.get(value as usize).unwrap_or(&Value::None)
    }

    /// The items of a tuple or list.
    pub(super) fn items(&self, value: Ref) -> Option<&[Ref]> {
        match self.get(value) {
            Value::Tuple(items) => Some(items),
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn push(&mut self, value: Value<'a>) -> Result<(), ReadError> {
        self.spend(1)?;
        self.stack.push(self.values.len() as Ref);
        self.values.push(value);
        Ok(())
    }

    pub(super) fn push_again(&mut self, value: Ref) {
        self.stack.push(value);
    }

    pub(super) fn pop(&mut self) -> Result<Ref, ReadError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(self.wrong("an empty stack", "a value"));
        }
        self.stack
            .pop()
            .ok_or_else(|| self.wrong("an empty stack", "a value"))
    }

    fn top(&self) -> Result<Ref, ReadError> {
        self.stack
            .last()
            .copied()
            .ok_or_else(|| self.wrong("an empty stack", "a value"))
    }

    /// Counts what takes memory, for a few bytes of a pickle can name a value again and again.
    pub(super) fn spend(&mut self, values: usize) -> Result<(), ReadError> {
        match self.values_left.checked_sub(values) {
            Some(left) => self.values_left = left,
            None => return Err(self.wrong("too many values", "those of one state dictionary")),
        }
        Ok(())
    }

    fn since_mark(&mut self) -> Result<Vec<Ref>, ReadError> {
        match self.marks.pop() {
            Some(mark) if mark <= self.stack.len() => Ok(self.stack.split_off(mark)),
            _ => Err(self.wrong("no mark", "a mark on the stack")),
        }
    }

    fn tuple(&mut self, count: usize) -> Result<(), ReadError> {
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(self.pop()?);
        }
        items.reverse();
        self.push(Value::Tuple(items.into()))
    }

    fn append(&mut self, items: &[Ref]) -> Result<(), ReadError> {
        let list = self.top()?;
        match self.values.get_mut(list as usize) {
            Some(Value::List(list)) => list.extend_from_slice(items),
            _ => return Err(self.wrong("another value", "a list to append to")),
        }
        Ok(())
    }

    fn set(&mut self, items: &[Ref]) -> Result<(), ReadError> {
        let dictionary = self.top()?;
        let (pairs, rest) = items.as_chunks::<2>();
        match self.values.get_mut(dictionary as usize) {
            Some(Value::Dict(dictionary)) if rest.is_empty() => {
                dictionary.extend(pairs.iter().map(|[key, value]| (*key, *value)));
            }
            _ => return Err(self.wrong("another value", "a dictionary, keys and values")),
        }
        Ok(())
    }

    fn memorise(&mut self, width: usize) -> Result<(), ReadError> {
        let index = self.length(width)? as u32;
        self.memorise_at(index)
    }

    fn memorise_at(&mut self, index: u32) -> Result<(), ReadError> {
        self.spend(1)?;
        let value = self.top()?;
        self.memo.insert(index, value);
        Ok(())
    }

    fn recall(&mut self, width: usize) -> Result<(), ReadError> {
        self.spend(1)?;
        let index = self.length(width)? as u32;
        match self.memo.get(&index) {
            Some(value) => self.stack.push(*value),
            None => {
                let found = format!("a reference to value {index}");
                return Err(self.wrong(found, "a value that came before"));
            }
        }
        Ok(())
    }

    /// `BUILD`: an ordered dictionary's own attributes (`_metadata` of a state dictionary) are dropped.
    fn build(&mut self) -> Result<(), ReadError> {
        self.pop()?;
        match self.get(self.top()?) {
            Value::Dict(_) => Ok(()),
            _ => Err(self.wrong("a state for another value", "a state for a dictionary")),
        }
    }

    fn global_line(&mut self) -> Result<Global, ReadError> {
        let start = self.at;
        let module = self.line()?;
        let name = self.line()?;
        self.global(start, module, name)
    }

    fn global_from_stack(&mut self) -> Result<(), ReadError> {
        let (name, module) = (self.pop()?, self.pop()?);
        match (self.get(module), self.get(name)) {
            (Value::Text(module), Value::Text(name)) => {
                let global = self.global(self.at, module, name)?;
                self.push(Value::Global(global))
            }
            _ => Err(self.wrong("another value", "the name of a module and a name in it")),
        }
    }

    fn global(&self, at: usize, module: &str, name: &str) -> Result<Global, ReadError> {
        Global::named(module, name).ok_or_else(|| {
            unsupported(
                Format::Torch,
                format!("{}, byte {at}", self.place),
                quoted(&format!("{module}.{name}")),
                REMEDY,
            )
        })
    }

    fn line(&mut self) -> Result<&'a str, ReadError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = end
            .and_then(|end| rest.get(..end))
            .and_then(|line| std::str::from_utf8(line).ok())
            .ok_or_else(|| self.wrong("no name", "a name and a line end"))?;
        self.at += line.len() + 1;
        Ok(line)
    }

    fn text(&mut self, width: usize) -> Result<(), ReadError> {
        let length = self.length(width)?;
        let text = self.take(length)?;
        match std::str::from_utf8(text) {
            Ok(text) => self.push(Value::Text(text)),
            Err(_) => Err(self.wrong("a text that is not UTF-8", "UTF-8")),
        }
    }

    fn integer(&mut self, width: usize) -> Result<(), ReadError> {
        let number = self.length(width)?;
        self.push(Value::Int(number as i64))
    }

    fn signed(&mut self) -> Result<(), ReadError> {
        let number = self.length(4)? as u32 as i32;
        self.push(Value::Int(i64::from(number)))
    }

    /// An unsigned number of 1 to 8 bytes, lowest first.
    fn length(&mut self, width: usize) -> Result<usize, ReadError> {
        let digits = self.take(width)?;
        let number = digits
            .iter()
            .rev()
            .fold(0_u64, |number, digit| (number << 8) | u64::from(*digit));
        usize::try_from(number).map_err(|_| self.wrong(format!("length {number}"), "a length"))
    }

    fn byte(&mut self) -> Result<u8, ReadError> {
        Ok(self.take(1)?.first().copied().unwrap_or(0))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], ReadError> {
        let left = self.bytes.len() - self.at;
        let taken = self
            .bytes
            .get(self.at..)
            .and_then(|rest| rest.get(..length));
        let taken = taken
            .ok_or_else(|| self.wrong(format!("{left} bytes"), format!("{length} more bytes")))?;
        self.at += length;
        Ok(taken)
    }
}

/// A number of any length in two's complement, lowest byte first.
fn long(digits: &[u8]) -> Value<'static> {
    if digits.len() > 8 {
        return Value::Long;
    }
    let negative = digits.last().is_some_and(|digit| *digit >= 0x80);
    let start = if negative { -1_i64 } else { 0 };
    let number = digits
        .iter()
        .rev()
        .fold(start, |number, digit| (number << 8) | i64::from(*digit));
    Value::Int(number)
}
