//! Datasets: shape, kind of number, and values from where the layout says that they are.

use super::chunk::Chunks;
use super::cursor::Cursor;
use super::header::Object;
use super::{Fault, File, Result, unsupported, wrong};
use crate::gather::Element;

/// Sides that a shape may have in the format.
const RANK_MAX: usize = 32;
pub(super) const REPACK: &str = "write the file again with h5repack -l CONTI";

/// The sides of a dataset or attribute.
pub(super) struct Space {
    pub(super) shape: Vec<u64>,
    /// How far the sides may grow; `u64::MAX` without end.
    pub(super) most: Vec<u64>,
}

/// An open dataset.
pub(crate) struct Dataset<'a> {
    /// Sides, slowest first.
    pub(crate) shape: Vec<u64>,
    /// What the numbers are, and whether the highest byte is first; nothing if they are no floating point numbers.
    pub(crate) element: Option<(Element, bool)>,
    most: Vec<u64>,
    layout: &'a [u8],
    filters: Option<&'a [u8]>,
}

/// Where the values are.
enum Layout<'a> {
    /// As they are in memory.
    Plain(&'a [u8]),
    Chunked(Chunks<'a>),
}

impl<'a> File<'a> {
    /// Opens an object of the kind [`Dataset`](super::Kind::Dataset).
    ///
    /// # Errors
    ///
    /// Damaged messages, values in another file.
    pub(crate) fn dataset(&self, object: &Object<'a>) -> Result<Dataset<'a>> {
        let missing = || wrong("a dataset without shape, type or layout", "all three");
        if object.elsewhere {
            let remedy = "copy them into this file (h5repack does)";
            return Err(unsupported("values in another file", remedy));
        }
        if object.shared {
            return Err(unsupported(
                "a shared datatype",
                "save the weights again with Keras",
            ));
        }
        let Space { shape, most } = space(object.space.ok_or_else(missing)?, self.length)?;
        Ok(Dataset {
            shape,
            most,
            element: element(object.datatype.ok_or_else(missing)?)?,
            layout: object.layout.ok_or_else(missing)?,
            filters: object.filters,
        })
    }

    /// The values of a dataset of `count` floating point numbers.
    ///
    /// # Errors
    ///
    /// Values that are not there, that do not fill the shape, or that come in chunks of more than `chunk_max` bytes.
    pub(crate) fn values(
        &self,
        dataset: &Dataset<'a>,
        count: usize,
        chunk_max: usize,
    ) -> Result<Vec<f32>> {
        let Some(number @ (element, big_endian)) = dataset.element else {
            return Err(wrong("no floating point numbers", "weights"));
        };
        match self.layout(dataset, number)? {
            Layout::Plain(data) if data.len() == count.saturating_mul(element.width()) => {
                Ok(element.decode(data, big_endian))
            }
            Layout::Plain(data) => {
                let found = format!("{} bytes of values", data.len());
                let expected = format!("{count} values of {} bytes", element.width());
                Err(wrong(found, expected))
            }
            Layout::Chunked(chunks) => self.chunked(&chunks, count, chunk_max),
        }
    }

    fn layout(&self, dataset: &Dataset<'a>, number: (Element, bool)) -> Result<Layout<'a>> {
        let mut layout = Cursor::new(dataset.layout, "layout");
        let (version, class) = (layout.u8()?, layout.u8()?);
        match (version, class) {
            (3..=5, 0) => {
                let length = layout.u16()?;
                layout.take_declared(length.into()).map(Layout::Plain)
            }
            (3..=5, 1) => {
                let (address, length) = (self.address(&mut layout)?, layout.uint(self.length)?);
                match address {
                    Some(address) => {
                        let data = self.from(address, "values")?.take_declared(length)?;
                        Ok(Layout::Plain(data))
                    }
                    None if dataset.shape.contains(&0) => Ok(Layout::Plain(&[])),
                    None => Err(never_written()),
                }
            }
            (3..=5, 2) => {
                let sides = (dataset.shape.as_slice(), dataset.most.as_slice());
                Chunks::read(self, layout, version, sides, dataset.filters, number)
                    .map(Layout::Chunked)
            }
            _ => Err(unsupported(
                format!("layout {class} of version {version}"),
                REPACK,
            )),
        }
    }
}

/// Values that the file has room for and nothing in it: a file that was not written to its end.
pub(super) fn never_written() -> Fault {
    wrong("values that were never written", "all values")
}

/// Shape and growth of a dataspace message.
pub(super) fn space(body: &[u8], length: usize) -> Result<Space> {
    let mut body = Cursor::new(body, "dataspace");
    let (version, rank, flags) = (body.u8()?, usize::from(body.u8()?), body.u8()?);
    let kind = body.u8()?;
    body.skip(if version == 1 { 4 } else { 0 })?;
    if !(1..=2).contains(&version) || rank > RANK_MAX {
        let found = format!("dataspace version {version} of {rank} sides");
        return Err(wrong(found, "1 or 2, and at most 32"));
    }
    // Of version 2: no values at all, as in an empty attribute.
    if version == 2 && kind == 2 {
        let none = || vec![0];
        return Ok(Space {
            shape: none(),
            most: none(),
        });
    }
    let mut sides = || -> Result<Vec<u64>> { (0..rank).map(|_| body.uint(length)).collect() };
    let shape = sides()?;
    let most = match flags & 1 {
        0 => shape.clone(),
        _ => sides()?,
    };
    let endless = u64::MAX >> (64 - 8 * length);
    let most = most
        .into_iter()
        .map(|side| if side == endless { u64::MAX } else { side });
    Ok(Space {
        shape,
        most: most.collect(),
    })
}

/// What the numbers are. Keras stores bfloat16 as opaque pairs of bytes under an attribute that says so.
fn element(body: &[u8]) -> Result<Option<(Element, bool)>> {
    let mut body = Cursor::new(body, "datatype");
    let (class, order) = (body.u8()? & 0xf, body.u8()?);
    body.skip(2)?;
    let size = body.u32()?;
    if class == 5 && size == 2 {
        return Ok(Some((Element::Bf16, false)));
    }
    if class != 1 {
        return Ok(None);
    }
    body.skip(5)?;
    let exponent_bits = body.u8()?;
    let element = match (size, exponent_bits) {
        (2, 5) => Element::F16,
        (2, 8) => Element::Bf16,
        (4, 8) => Element::F32,
        (8, 11) => Element::F64,
        _ => return Ok(None),
    };
    Ok(match order & 0x41 {
        0 => Some((element, false)),
        1 => Some((element, true)),
        _ => None,
    })
}
