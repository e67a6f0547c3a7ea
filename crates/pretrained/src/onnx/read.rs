//! The weights of an ONNX graph: its initialisers, and the constants among its nodes.

use super::wire::{Broken, Content, Fields, number};
use crate::gather::{Element, Gather, damaged, quoted, unsupported};
use crate::tensor::{Format, PREPROCESSING, ReadError, WeightFile};

/// `ModelProto.graph`.
const GRAPH: u64 = 7;
/// `ModelProto.opset_import`.
const OPSET: u64 = 8;
/// `ModelProto.metadata_props`.
const PROPERTY: u64 = 14;
/// `TensorProto.DataType` by its number.
const TYPES: [&str; 17] = [
    "undefined",
    "FLOAT",
    "UINT8",
    "INT8",
    "UINT16",
    "INT16",
    "INT32",
    "INT64",
    "STRING",
    "BOOL",
    "FLOAT16",
    "DOUBLE",
    "UINT32",
    "UINT64",
    "COMPLEX64",
    "COMPLEX128",
    "BFLOAT16",
];
/// Dimensions that are kept; one more than any tensor may have, so that the list of tensors complains.
const DIMENSIONS_KEPT: usize = 9;

/// Whether the bytes can be a model: its version first, then known fields up to a graph.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    if bytes.first() != Some(&0x08) {
        return false;
    }
    let mut rest = bytes;
    loop {
        let before = rest;
        let Some(key) = number(&mut rest) else {
            return false;
        };
        if key == GRAPH << 3 | 2 {
            return true;
        }
        let known = matches!(key >> 3, 1..=6 | 8 | 14 | 20 | 25 | 26);
        let mut fields = Fields::of(before);
        if !known || !matches!(fields.next(), Some(Ok(_))) {
            return false;
        }
        rest = fields.rest();
    }
}

/// The floating point initialisers and constants of an ONNX model, in the order of the graph.
///
/// # Errors
///
/// [`ReadError::Damaged`] for a cut-off file and values that do not fill their shape, [`ReadError::Unsupported`] for
/// values in another file beside it and for a model without weights, [`ReadError::Unknown`] for another kind of file.
pub fn read(bytes: &[u8]) -> Result<WeightFile, ReadError> {
    if !is_one(bytes) {
        return Err(ReadError::Unknown);
    }
    let mut gather = Gather::new(Format::Onnx, bytes.len());
    let mut has_opset = false;
    for field in Fields::of(bytes) {
        match field.map_err(|broken| cut("model", broken))? {
            (GRAPH, Content::Bytes(graph)) => read_graph(graph, &mut gather)?,
            (OPSET, _) => has_opset = true,
            (PROPERTY, Content::Bytes(property)) => read_property(property, &mut gather)?,
            _ => {}
        }
    }
    if !has_opset {
        let expected = "one, before or behind the graph";
        return Err(damaged(Format::Onnx, "model", "no operator set", expected));
    }
    gather.finish()
}

/// A property is a key and a value.
fn read_property(property: &[u8], gather: &mut Gather) -> Result<(), ReadError> {
    let (mut key, mut value) = (&[][..], &[][..]);
    for field in Fields::of(property) {
        match field.map_err(|broken| cut("property", broken))? {
            (1, Content::Bytes(bytes)) => key = bytes,
            (2, Content::Bytes(bytes)) => value = bytes,
            _ => {}
        }
    }
    if key == PREPROCESSING.as_bytes()
        && let Ok(value) = std::str::from_utf8(value)
    {
        gather.says(value);
    }
    Ok(())
}

fn read_graph(graph: &[u8], gather: &mut Gather) -> Result<(), ReadError> {
    for field in Fields::of(graph) {
        match field.map_err(|broken| cut("graph", broken))? {
            (1, Content::Bytes(node)) => read_node(node, gather)?,
            (5, Content::Bytes(tensor)) => read_tensor(tensor, None, gather)?,
            (15, Content::Bytes(_)) => gather.leave("sparse initialiser", "is not read")?,
            _ => {}
        }
    }
    Ok(())
}

/// A node counts if it is a `Constant` with a tensor: then its output is the tensor's name.
fn read_node(node: &[u8], gather: &mut Gather) -> Result<(), ReadError> {
    let (mut output, mut is_constant, mut attribute) = (None, false, None);
    for field in Fields::of(node) {
        match field.map_err(|broken| cut("node", broken))? {
            (2, Content::Bytes(name)) => output = Some(name),
            (4, Content::Bytes(kind)) => is_constant = kind == b"Constant",
            (5, Content::Bytes(content)) => attribute = Some(content),
            _ => {}
        }
    }
    let (true, Some(attribute)) = (is_constant, attribute) else {
        return Ok(());
    };
    for field in Fields::of(attribute) {
        if let (5, Content::Bytes(tensor)) = field.map_err(|broken| cut("attribute", broken))? {
            read_tensor(tensor, output, gather)?;
        }
    }
    Ok(())
}

/// The fields of a `TensorProto` that are used; the values may come in one piece only.
#[derive(Default)]
struct Proto<'a> {
    shape: Vec<u64>,
    kind: u64,
    name: &'a [u8],
    data: Option<Data<'a>>,
    elsewhere: bool,
}

/// Where the values are.
enum Data<'a> {
    /// As they are in memory, lowest byte first: `raw_data`, `float_data`, `double_data`.
    Plain(&'a [u8]),
    /// `int32_data`: half precision, a number of variable length for each.
    Varints(&'a [u8]),
}

fn read_tensor(tensor: &[u8], name: Option<&[u8]>, gather: &mut Gather) -> Result<(), ReadError> {
    let proto = Proto::read(tensor)?;
    let name = String::from_utf8_lossy(name.unwrap_or(proto.name));
    let element = match proto.kind {
        1 => Element::F32,
        10 => Element::F16,
        11 => Element::F64,
        16 => Element::Bf16,
        other => {
            let kind = TYPES.get(other as usize).unwrap_or(&"an unknown type");
            return gather.leave(&name, &format!("holds {kind}"));
        }
    };
    if proto.elsewhere {
        return Err(unsupported(
            Format::Onnx,
            quoted(&name),
            "values in another file",
            "save the model in one file (onnx.save_model with save_as_external_data=False)",
        ));
    }
    let shape: Result<Vec<usize>, _> = proto.shape.iter().map(|n| usize::try_from(*n)).collect();
    let shape = shape.unwrap_or_else(|_| vec![usize::MAX]);
    let count = gather.room(&name, &shape)?;
    let values = match proto.data {
        None => Vec::new(),
        Some(Data::Plain(data)) if count.checked_mul(element.width()) != Some(data.len()) => {
            return Err(wrong_count(&name, format!("{} bytes", data.len()), count));
        }
        Some(Data::Plain(data)) => element.decode(data, false),
        Some(Data::Varints(data)) => halves(data, element, count),
    };
    if values.len() != count {
        return Err(wrong_count(
            &name,
            format!("{} values", values.len()),
            count,
        ));
    }
    gather.add(&name, shape, values);
    Ok(())
}

/// Half-precision numbers, each as the 16 bits of an integer; at most one more than are wanted.
fn halves(mut data: &[u8], element: Element, count: usize) -> Vec<f32> {
    let mut values = Vec::new();
    while values.len() <= count
        && let Some(bits) = number(&mut data)
    {
        values.push(element.number(&bits.to_le_bytes(), false));
    }
    values
}

impl<'a> Proto<'a> {
    fn read(tensor: &'a [u8]) -> Result<Self, ReadError> {
        let mut proto = Proto::default();
        for field in Fields::of(tensor) {
            match field.map_err(|broken| cut("tensor", broken))? {
                (1, Content::Number(side)) => proto.side(side),
                (1, Content::Bytes(mut sides)) => {
                    while let Some(side) = number(&mut sides) {
                        proto.side(side);
                    }
                }
                (2, Content::Number(kind)) => proto.kind = kind,
                (8, Content::Bytes(name)) => proto.name = name,
                (4 | 9 | 10, Content::Bytes(data)) => proto.data(Data::Plain(data))?,
                (5, Content::Bytes(data)) => proto.data(Data::Varints(data))?,
                (13, _) => proto.elsewhere = true,
                (14, Content::Number(place)) => proto.elsewhere |= place == 1,
                _ => {}
            }
        }
        Ok(proto)
    }

    fn side(&mut self, side: u64) {
        if self.shape.len() < DIMENSIONS_KEPT {
            self.shape.push(side);
        }
    }

    fn data(&mut self, data: Data<'a>) -> Result<(), ReadError> {
        if self.data.replace(data).is_some() {
            let name = quoted(&String::from_utf8_lossy(self.name));
            return Err(damaged(Format::Onnx, name, "values twice", "once"));
        }
        Ok(())
    }
}

fn wrong_count(name: &str, found: String, count: usize) -> ReadError {
    let expected = format!("{count} values, those of its shape");
    damaged(Format::Onnx, quoted(name), found, expected)
}

fn cut(place: &str, broken: Broken) -> ReadError {
    let found = format!("{} bytes", broken.left);
    damaged(Format::Onnx, place, found, "a whole field")
}
