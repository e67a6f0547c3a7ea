//! Attributes that hold lists of strings: names of layers and weights.
//!
//! Strings of fixed length stand in the attribute; those of any length in heaps, of which it holds the places.

use std::collections::BTreeMap;

use super::cursor::Cursor;
use super::dataset::space;
use super::header::message;
use super::{File, Result, unsupported, wrong};

/// Bytes that every string of variable length takes beside an address: its length and its number in the heap.
const REFERENCE: usize = 8;

/// A list of strings.
#[derive(Clone, Copy)]
pub(crate) struct Strings<'a> {
    data: &'a [u8],
    /// Bytes of an element.
    width: usize,
    in_heap: bool,
}

struct Attribute<'a> {
    name: &'a [u8],
    datatype: &'a [u8],
    space: &'a [u8],
    data: &'a [u8],
    shared: bool,
}

impl<'a> File<'a> {
    /// The lists under a name, or, where that has been split up, under `name0`, `name1` and so on; empty if there is none.
    ///
    /// # Errors
    ///
    /// Damaged tables, or another value than strings.
    pub(crate) fn strings(&self, object: u64, name: &str) -> Result<Vec<Strings<'a>>> {
        let mut parts = BTreeMap::new();
        let mut take = |attribute: Attribute<'a>| {
            let end = attribute.name.strip_prefix(name.as_bytes());
            let number = end.and_then(|end| std::str::from_utf8(end).ok());
            let number = number.and_then(|end| {
                if end.is_empty() {
                    Some(0)
                } else {
                    end.parse::<u16>().ok()
                }
            });
            if let Some(number) = number {
                parts.insert(
                    (attribute.name.len() > name.len(), number),
                    self.list_of(&attribute)?,
                );
            }
            Ok(())
        };
        self.messages(object, &mut |message| match message.kind {
            message::ATTRIBUTE if message.shared => Ok(()),
            message::ATTRIBUTE => take(attribute(message.body)?),
            message::ATTRIBUTE_INFO => {
                let mut info = Cursor::new(message.body, "attribute info");
                info.skip(1)?;
                let numbered = info.u8()? & 1 != 0;
                info.skip(if numbered { 2 } else { 0 })?;
                self.dense(&mut info, &mut |body| take(attribute(body)?))
            }
            _ => Ok(()),
        })?;
        if let Some(whole) = parts.get(&(false, 0)) {
            return Ok(vec![*whole]);
        }
        let in_order = parts.values().zip(0..).zip(parts.keys());
        let in_order = in_order.take_while(|((_, at), (_, number))| at == number);
        Ok(in_order.map(|((part, _), _)| *part).collect())
    }

    fn list_of(&self, attribute: &Attribute<'a>) -> Result<Strings<'a>> {
        if attribute.shared {
            return Err(unsupported(
                "a shared datatype",
                "save the weights again with Keras",
            ));
        }
        let shape = space(attribute.space, self.length)?.shape;
        let count = shape
            .iter()
            .try_fold(1_u64, |product, side| product.checked_mul(*side));
        // An empty list has lost what it would be a list of.
        if count == Some(0) {
            return Ok(Strings {
                data: &[],
                width: 1,
                in_heap: false,
            });
        }
        let mut datatype = Cursor::new(attribute.datatype, "datatype");
        let (class, detail) = (datatype.u8()? & 0xf, datatype.u8()? & 0xf);
        datatype.skip(2)?;
        let width = datatype.u32()? as usize;
        let in_heap = match (class, detail) {
            (3, _) => false,
            (9, 1) if width == self.offset + REFERENCE => true,
            _ => return Err(wrong(format!("numbers of class {class}"), "strings")),
        };
        let count = count.and_then(|count| usize::try_from(count).ok());
        let length = count.and_then(|count| count.checked_mul(width.max(1)));
        let data = length.and_then(|length| attribute.data.get(..length));
        let Some(data) = data else {
            let found = format!("{} bytes of strings", attribute.data.len());
            return Err(wrong(found, "as many as the shape says"));
        };
        Ok(Strings {
            data,
            width: width.max(1),
            in_heap,
        })
    }

    /// The strings of a list, each up to its first zero.
    pub(crate) fn each(&self, strings: Strings<'a>) -> impl Iterator<Item = Result<&'a [u8]>> {
        strings.data.chunks_exact(strings.width).map(move |cell| {
            let text = if strings.in_heap {
                self.in_global_heap(cell)?
            } else {
                cell
            };
            self.spend(cell.len() + text.len())?;
            Ok(text.split(|byte| *byte == 0).next().unwrap_or_default())
        })
    }

    fn in_global_heap(&self, cell: &'a [u8]) -> Result<&'a [u8]> {
        let mut cell = Cursor::new(cell, "string");
        let (length, heap, number) = (cell.u32()?, cell.uint(self.offset)?, cell.u32()?);
        if number == 0 || length == 0 {
            return Ok(&[]);
        }
        let mut head = self.from(heap, "heap of strings")?;
        head.expect(b"GCOL")?;
        head.skip(4)?;
        let total = head.uint(self.length)?;
        let rest = total.saturating_sub(8 + self.length as u64);
        let mut heap = Cursor::new(head.take_declared(rest)?, "heap of strings");
        while heap.left() > 8 + self.length {
            self.spend(8 + self.length)?;
            let found = u32::from(heap.u16()?);
            heap.skip(6)?;
            let size = heap.uint(self.length)?;
            if found == 0 {
                break;
            }
            let data = heap.take_declared(size)?;
            if found == number {
                let text = data.get(..length as usize);
                return text.ok_or_else(|| wrong("a string longer than its place", "a string"));
            }
            heap.skip((data.len().next_multiple_of(8) - data.len()).min(heap.left()))?;
        }
        Err(wrong("a string that is not in its heap", "a string"))
    }
}

/// An attribute in a message or a heap.
fn attribute(body: &[u8]) -> Result<Attribute<'_>> {
    let mut cursor = Cursor::new(body, "attribute");
    let (version, flags) = (cursor.u8()?, cursor.u8()?);
    let sizes = [cursor.u16()?, cursor.u16()?, cursor.u16()?].map(usize::from);
    cursor.skip(usize::from(version == 3))?;
    let [name, datatype, space] = match version {
        1 => sizes.map(|size| (size, size.next_multiple_of(8))),
        2 | 3 => sizes.map(|size| (size, size)),
        _ => return Err(wrong(format!("attribute version {version}"), "1 to 3")),
    };
    let mut part = |(size, padded)| Ok(cursor.take(padded)?.get(..size).unwrap_or_default());
    let (name, datatype, space) = (part(name)?, part(datatype)?, part(space)?);
    Ok(Attribute {
        name: name.split(|byte| *byte == 0).next().unwrap_or_default(),
        datatype,
        space,
        data: cursor.take(cursor.left())?,
        shared: version > 1 && flags & 3 != 0,
    })
}
