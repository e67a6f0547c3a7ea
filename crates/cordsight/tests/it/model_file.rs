//! A model file gives the scores it was written with, or none: whatever was changed in it, by hand or by a bad disk,
//! is refused.

use std::path::Path;

use burn::tensor::Device;
use cordsight::block::Conv;
use cordsight::model_file::{Manifest, Model, ModelError};
use cordsight::network::{Architecture, Body, Network};
use cordsight::prepare::{Fit, Grey, Preparation, Prepared};
use cordsight::resize::Resize;
use cordsight::score::{logits, sigmoid};
use cordsight::tensor_file::{decode, encode, group};
use cordsight::weights::{Init, NamedTensor, Weights};
use proptest::prelude::*;
use radiograph::GreyImage;
use serde_json::{Value, json};

use crate::program::{Place, small_architecture, small_model};

fn load(bytes: &[u8]) -> Result<Model, String> {
    let place = Place::new();
    place.write("model.safetensors", bytes);
    let loaded = Model::load(&place.path("model.safetensors"), Conv::Winograd);
    let folder = format!("{}/", place.path("").display()).replace("//", "/");
    loaded.map_err(|error| error.to_string().replace(&folder, ""))
}

/// The picture with a wedge and a disc, so that every filter sees an edge.
fn picture(preparation: &Preparation) -> Prepared {
    let pixel = |at: usize| {
        let (row, column) = ((at / 90) as f32, (at % 90) as f32);
        let disc = (row - 60.0).hypot(column - 40.0) < 20.0;
        0.3 + 0.004 * row + if disc { 0.3 } else { 0.0 }
    };
    let image = GreyImage {
        width: 90,
        height: 120,
        pixels: (0..90 * 120).map(pixel).collect(),
    };
    preparation.prepare(&image).expect("a picture")
}

#[test]
fn a_loaded_model_gives_the_scores_of_the_network_it_was_written_from() {
    let preparation = Preparation::plain(32, Fit::Squash, Grey::Stretch);
    let architecture = small_architecture();
    let weights = Weights::random(&architecture, Init::He, 3);
    let device = Device::flex();
    let network =
        Network::new(&architecture, &weights, Conv::Winograd, &device).expect("a network");
    let prepared = picture(&preparation);
    let one = std::slice::from_ref(&prepared);
    let expected = sigmoid(logits(&network, &preparation, one, &device)[0]);

    let model = load(&small_model()).expect("a model");
    assert_eq!(model.scores(one), [expected]);
    let two = [prepared.clone(), prepared];
    assert_eq!(model.scores(&two), [expected; 2]);
    assert!(model.is_positive(0.5) && !model.is_positive(0.499_999));
}

/// Manifest and tensors of a model, for an edit.
struct Parts {
    manifest: Value,
    network: Vec<NamedTensor>,
    self_test: Vec<NamedTensor>,
}

impl Parts {
    fn of_small_model() -> Self {
        let (manifest, tensors) = decode::<Value>(&small_model()).expect("a model file");
        Parts {
            manifest,
            network: group(&tensors, "network"),
            self_test: group(&tensors, "self_test"),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let groups = [
            ("network", self.network.as_slice()),
            ("self_test", self.self_test.as_slice()),
        ];
        encode(&self.manifest, &groups).expect("a model file")
    }

    fn tensor(&mut self, name: &str) -> &mut NamedTensor {
        let found = self.network.iter_mut().find(|tensor| tensor.name == name);
        found.expect(name)
    }
}

#[test]
fn a_model_that_was_taken_apart_and_put_together_unchanged_loads() {
    assert!(load(&Parts::of_small_model().bytes()).is_ok());
}

#[test]
fn a_model_that_was_edited_is_refused() {
    type Edit = fn(&mut Parts);
    const SELF_TEST: &str = "model.safetensors: the self-test gave a logit of ";
    let edits: [(&str, Edit, &str); 21] = [
        (
            "another mean",
            |parts| parts.manifest["preparation"]["mean"] = json!([0.0, 0.5, 0.5]),
            SELF_TEST,
        ),
        (
            "another deviation",
            |parts| parts.manifest["preparation"]["std"] = json!([0.5, 0.5, 0.5]),
            SELF_TEST,
        ),
        (
            "a deviation of zero",
            |parts| parts.manifest["preparation"]["std"] = json!([0.0, 0.0, 0.0]),
            SELF_TEST,
        ),
        (
            "grey values as stored",
            |parts| parts.manifest["preparation"]["grey"] = json!("stored"),
            SELF_TEST,
        ),
        (
            "padded instead of squashed",
            |parts| parts.manifest["preparation"]["fit"] = json!("pad"),
            SELF_TEST,
        ),
        (
            "another filter for scaling",
            |parts| parts.manifest["preparation"]["resize"] = json!("nearest"),
            SELF_TEST,
        ),
        (
            "another size of input",
            |parts| parts.manifest["preparation"]["image_size"] = json!(64),
            "model.safetensors: ",
        ),
        (
            "another logit",
            |parts| parts.manifest["self_test_logit"] = json!(0.25),
            SELF_TEST,
        ),
        (
            "no logit",
            |parts| parts.manifest["self_test_logit"] = Value::Null,
            "model.safetensors: its description cannot be understood (",
        ),
        (
            "a wider network",
            |parts| parts.manifest["architecture"]["width"] = json!(0.1),
            "model.safetensors: \"block1.conv1.weight\" has shape [1, 3, 3, 3], expected [6, 3, 3, 3]; the weights are for another network",
        ),
        (
            "a deeper network",
            |parts| parts.manifest["architecture"]["body"] = json!("vgg16"),
            "model.safetensors: \"block1.conv2.weight\" is missing, expected a tensor of shape [1, 1, 3, 3]",
        ),
        (
            "a network of endless width",
            |parts| parts.manifest["architecture"]["width"] = json!(1e300),
            "model.safetensors: \"block1.conv1.weight\" has shape ",
        ),
        (
            "a later layout",
            |parts| parts.manifest["format"] = json!(3),
            "model.safetensors: found layout version 3, expected at most 2; use a newer cordsight",
        ),
        (
            "a manifest without classes",
            |parts| {
                let manifest = parts.manifest.as_object_mut().expect("an object");
                manifest.remove("classes");
            },
            "model.safetensors: its description cannot be understood (missing field `classes`",
        ),
        (
            "one other weight",
            |parts| parts.tensor("dense3.bias").values[0] += 0.01,
            SELF_TEST,
        ),
        (
            "one other filter",
            |parts| parts.tensor("block1.conv1.weight").values[4] *= -1.0,
            SELF_TEST,
        ),
        (
            "a weight that is not a number",
            |parts| parts.tensor("block3.conv2.weight").values[7] = f32::NAN,
            "model.safetensors: \"block3.conv2.weight\" holds a value that is not finite; the weights are damaged or training diverged",
        ),
        (
            "a weight without end",
            |parts| parts.tensor("dense1.bias").values[0] = f32::INFINITY,
            "model.safetensors: \"dense1.bias\" holds a value that is not finite; the weights are damaged or training diverged",
        ),
        (
            "a layer lost",
            |parts| parts.network.retain(|tensor| tensor.name != "dense2.bias"),
            "model.safetensors: \"dense2.bias\" is missing, expected a tensor of shape [64]",
        ),
        (
            "a layer of another shape",
            |parts| parts.tensor("dense3.weight").shape = vec![1, 64],
            "model.safetensors: \"dense3.weight\" has shape [1, 64], expected [64, 1]; the weights are for another network",
        ),
        (
            "no picture for the self-test",
            |parts| parts.self_test.clear(),
            SELF_TEST,
        ),
    ];
    let mut refused = 0;
    for (name, edit, expected) in edits {
        let mut parts = Parts::of_small_model();
        edit(&mut parts);
        match load(&parts.bytes()) {
            Ok(_) => panic!("{name}: the model was accepted"),
            Err(message) => assert!(message.starts_with(expected), "{name}: {message}"),
        }
        refused += 1;
    }
    assert_eq!(refused, 21);
}

#[test]
fn a_model_from_before_the_filter_was_a_setting_loads_with_the_one_of_then() {
    let mut parts = Parts::of_small_model();
    let preparation = parts.manifest["preparation"].as_object_mut();
    let removed = preparation.expect("an object").remove("resize");
    assert_eq!(removed, Some(json!("bilinear")));
    let model = load(&parts.bytes()).expect("a model");
    assert_eq!(model.manifest.preparation.resize, Resize::Bilinear);
}

#[test]
fn a_model_file_that_was_cut_off_is_refused_at_every_length() {
    let bytes = small_model();
    let mut refused = 0;
    let dense = (0..64).chain((64..bytes.len()).step_by(bytes.len() / 150));
    for length in dense.chain([bytes.len() - 1]) {
        let message = load(&bytes[..length]).err().expect("a refusal");
        let expected = "model.safetensors: not a whole safetensors file (";
        assert!(message.starts_with(expected), "{length}: {message}");
        refused += 1;
    }
    assert!(refused > 200);
}

#[test]
fn an_input_of_impossible_size_is_refused_before_memory_is_taken() {
    let mut refused = 0;
    for size in [0, 1, 31, 33, 1025, 10_000_000, u64::MAX] {
        for network in [32, size] {
            let mut parts = Parts::of_small_model();
            parts.manifest["preparation"]["image_size"] = json!(size);
            parts.manifest["architecture"]["image_size"] = json!(network);
            if size == 33 && network == 33 {
                continue;
            }
            let message = load(&parts.bytes()).err().expect("a refusal");
            assert_eq!(
                message,
                format!(
                    "model.safetensors: found an input of {size} pixels a side for a network of {network}, expected the same twice, 32 to 1024; the file was changed"
                )
            );
            refused += 1;
        }
    }
    assert_eq!(refused, 13);
}

#[test]
fn members_and_head_covariates_that_cannot_be_are_refused() {
    for members in [0, 21, u64::MAX] {
        let mut parts = Parts::of_small_model();
        parts.manifest["members"] = json!(members);
        let message = load(&parts.bytes()).err().expect("a refusal");
        let expected = format!(
            "model.safetensors: found {members} members, expected 1 to 20; the file was changed"
        );
        assert_eq!(message, expected);
    }
    let mut refused = 0;
    for (deviation, inputs, expected) in [
        (
            0.0,
            2,
            "head covariate \"age\": found a deviation of 0, expected more than 0; the file was changed",
        ),
        (
            -1.0,
            2,
            "head covariate \"age\": found a deviation of -1, expected more than 0; the file was changed",
        ),
        (
            1.0,
            4_000_000_000_u64,
            "found a head with 4000000000 inputs beside the picture for 1 columns, expected two for each; the file was changed",
        ),
    ] {
        let mut parts = Parts::of_small_model();
        let age = json!({"name": "age", "mean": 60.0, "deviation": deviation, "missing": 0});
        parts.manifest["head_covariates"] = json!([age]);
        parts.manifest["architecture"]["covariates"] = json!(inputs);
        let message = load(&parts.bytes()).err().expect("a refusal");
        assert_eq!(message, format!("model.safetensors: {expected}"));
        refused += 1;
    }
    assert_eq!(refused, 3);
}

#[test]
fn a_threshold_that_is_no_score_is_refused() {
    let mut parts = Parts::of_small_model();
    parts.manifest["threshold"]["value"] = json!(7.0);
    let message = load(&parts.bytes()).err().expect("a refusal");
    assert_eq!(
        message,
        "model.safetensors: found a threshold of 7, expected 0 to 1; the file was changed"
    );
}

#[test]
fn a_manifest_survives_the_file() {
    let (manifest, _) = decode::<Manifest>(&small_model()).expect("a model file");
    let model = load(&small_model()).expect("a model");
    assert_eq!(model.manifest, manifest);
    assert_eq!(manifest.classes, ["non-CSM", "CSM"]);
    assert_eq!(manifest.architecture.body, Body::Vgg11);
    assert_eq!(
        manifest.intended_use,
        "Research use only, not a medical device"
    );
}

#[test]
fn weights_of_another_network_are_no_start() {
    let wide = Architecture {
        width: 0.1,
        ..small_architecture()
    };
    let others = Weights::random(&small_architecture(), Init::He, 3);
    let error = Weights::random(&wide, Init::He, 1)
        .with_body(others.tensors())
        .expect_err("a refusal");
    assert_eq!(
        error.to_string(),
        "\"block1.conv1.weight\" has shape [1, 3, 3, 3], expected [6, 3, 3, 3]; the weights are for another network"
    );
    let missing = Model::load(Path::new("nowhere"), Conv::Winograd);
    assert!(matches!(missing, Err(ModelError::Unreadable { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// The first bytes hold the header: lengths, names, shapes and the manifest.
    #[test]
    fn a_changed_byte_in_the_header_never_panics(at in 0_usize..4000, byte: u8) {
        let mut bytes = small_model();
        prop_assert!(bytes.len() > 4000);
        bytes[at] = byte;
        if let Ok(model) = load(&bytes) {
            let scores = model.scores(&[picture(&model.manifest.preparation)]);
            prop_assert!((0.0..=1.0).contains(&scores[0]));
        }
    }
}
