//! The files in `golden/` and the values that their makers read from them (tools/golden/torch_weights.py).

use pretrained::Tensor;
use serde_json::Value;

/// A golden file's bytes.
pub fn bytes(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/golden");
    std::fs::read(format!("{folder}/{name}")).unwrap()
}

/// The files that `weights.json` describes.
pub fn described() -> Vec<(String, Vec<Tensor>)> {
    let all: Value = serde_json::from_slice(&bytes("weights.json")).unwrap();
    let files = all["files"].as_object().unwrap();
    let tensors = |list: &Value| list.as_array().unwrap().iter().map(tensor).collect();
    files
        .iter()
        .map(|(name, list)| (name.clone(), tensors(list)))
        .collect()
}

/// JSON has no infinity: the only `null` stands for it.
fn tensor(entry: &Value) -> Tensor {
    let shape = entry["shape"].as_array().unwrap().iter();
    let values = entry["values"].as_array().unwrap().iter();
    Tensor {
        name: entry["name"].as_str().unwrap().to_string(),
        shape: shape.map(|side| side.as_u64().unwrap() as usize).collect(),
        values: values
            .map(|value| value.as_f64().map_or(f32::INFINITY, |value| value as f32))
            .collect(),
    }
}

/// Names, shapes and every bit of the values.
pub fn assert_same(found: &[Tensor], expected: &[Tensor], file: &str) {
    let names = |tensors: &[Tensor]| -> Vec<String> {
        tensors.iter().map(|tensor| tensor.name.clone()).collect()
    };
    assert_eq!(names(found), names(expected), "{file}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.shape, expected.shape, "{file}: {}", found.name);
        let bits = |tensor: &Tensor| -> Vec<u32> {
            tensor.values.iter().map(|value| value.to_bits()).collect()
        };
        assert_eq!(bits(found), bits(expected), "{file}: {}", found.name);
    }
}
