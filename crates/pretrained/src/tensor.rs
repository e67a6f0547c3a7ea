//! What every reader gives: tensors by name.

use std::fmt;

/// A parameter as a file holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// The file's own name, groups separated by `/` (HDF5) or as written (`features.0.weight`).
    pub name: String,
    /// Sides, slowest first; empty for a single number.
    pub shape: Vec<usize>,
    /// Values in row-major order, as many as the shape holds.
    pub values: Vec<f32>,
}

/// The kind of a weights file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Keras before 3: HDF5 with a group for each layer (`model.save_weights("x.h5")`, `..._notop.h5`).
    KerasH5,
    /// Keras 3: HDF5 with `layers/NAME/vars/N` (`.weights.h5`).
    KerasWeightsH5,
    /// Keras 3: a zip archive with `config.json` and `model.weights.h5` (`.keras`).
    Keras,
    /// PyTorch: a zip archive (or the older plain stream) with a pickled state dictionary (`.pth`, `.pt`).
    Torch,
    /// Safetensors (timm, Hugging Face).
    Safetensors,
    /// ONNX: the initialisers of a graph.
    Onnx,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::KerasH5 => "Keras HDF5",
            Format::KerasWeightsH5 => "Keras 3 weights",
            Format::Keras => "Keras 3 archive",
            Format::Torch => "PyTorch state dictionary",
            Format::Safetensors => "safetensors",
            Format::Onnx => "ONNX",
        })
    }
}

/// The key under which a file's metadata may say what belongs before its first layer: in `__metadata__` of safetensors,
/// among the properties of an ONNX model, as an attribute of the root of a `.weights.h5`.
pub const PREPROCESSING: &str = "preprocessing";

/// The tensors of one file, in the file's order.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightFile {
    /// What the file is.
    pub format: Format,
    /// All float tensors of any width, as float32.
    pub tensors: Vec<Tensor>,
    /// What was there but is not given, a line each: name, and why (integer tensors, optimiser state).
    pub left_out: Vec<String>,
    /// What the metadata say under [`PREPROCESSING`], in the words of whoever wrote the file; a word, not a text.
    pub preprocessing: Option<String>,
}

/// A file that cannot be read as weights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The first bytes belong to no known format.
    #[error(
        "found none of the known weights formats, expected Keras .h5, .weights.h5 or .keras, PyTorch .pth, .safetensors or .onnx"
    )]
    Unknown,
    /// The file ends, points or counts where it cannot.
    #[error(
        "{format}: {place}: found {found}, expected {expected}; the file is damaged or cut off"
    )]
    Damaged {
        /// What the file began as.
        format: Format,
        /// Which part of it.
        place: String,
        /// What stands there.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// The file is sound as far as can be told, but uses something that is not read here.
    #[error("{format}: {place}: found {found}, which is not supported; {remedy}")]
    Unsupported {
        /// What the file is.
        format: Format,
        /// Which part of it.
        place: String,
        /// What stands there.
        found: String,
        /// What the user can do.
        remedy: String,
    },
}

/// Tensors that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The number of values is not that of the shape.
    #[error("\"{name}\": found {found} values, expected {expected}, those of its shape {shape:?}")]
    Values {
        /// The tensor.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
        /// Values that are there.
        found: usize,
        /// Values that the shape holds.
        expected: usize,
    },
    /// A name that is there twice, or that the format keeps for itself.
    #[error("\"{name}\": found a repeated or reserved name, expected every name once")]
    Name {
        /// The name.
        name: String,
    },
    /// A layer that does not follow from the one before.
    #[error("\"{name}\": found shape {found:?}, expected {expected}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// What would fit.
        expected: String,
    },
    /// Another reason, in the words of the library that writes the format.
    #[error("the tensors cannot be written: {0}")]
    Format(String),
}

impl Tensor {
    /// Whether the values fill the shape.
    pub(crate) fn check(&self) -> Result<(), WriteError> {
        let expected = self.shape.iter().product();
        if self.values.len() == expected {
            return Ok(());
        }
        Err(WriteError::Values {
            name: self.name.clone(),
            shape: self.shape.clone(),
            found: self.values.len(),
            expected,
        })
    }
}
