//! Files of Keras and h5py (`golden/keras/`, by tools/golden/keras_weights.py), and ours that Keras loads.

use std::path::PathBuf;

use pretrained::keras::{self, Layer};
use pretrained::{Format, Tensor, WeightFile};
use proptest::prelude::*;

/// Tensors of the small network in the files, in network order.
const SHAPES: [&[usize]; 8] = [
    &[3, 3, 3, 2],
    &[2],
    &[3, 3, 2, 2],
    &[2],
    &[2, 3],
    &[3],
    &[3, 1],
    &[1],
];

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/golden/keras")
        .join(file)
}

pub fn golden(file: &str) -> Vec<u8> {
    std::fs::read(path(file)).unwrap()
}

fn read(file: &str) -> WeightFile {
    keras::read(&golden(file)).unwrap()
}

/// The formula of the golden files, exact in every width.
fn values(tensor: usize, shape: &[usize]) -> Vec<f32> {
    let count = shape.iter().product();
    let sixty_fourths = |i: usize| ((i * 7 + tensor * 13) % 123) as f32 - 61.0;
    (0..count).map(|i| sixty_fourths(i) / 64.0).collect()
}

fn assert_small_network(found: &WeightFile, names: &[&str]) {
    assert_eq!(found.tensors.len(), names.len());
    for (i, (tensor, name)) in found.tensors.iter().zip(names).enumerate() {
        assert_eq!(tensor.name, *name);
        assert_eq!(tensor.shape, SHAPES[i], "{name}");
        assert_eq!(tensor.values, values(i, SHAPES[i]), "{name}");
    }
}

const KERAS_3: [&str; 8] = [
    "layers/conv2d/vars/0",
    "layers/conv2d/vars/1",
    "layers/conv2d_1/vars/0",
    "layers/conv2d_1/vars/1",
    "layers/dense/vars/0",
    "layers/dense/vars/1",
    "layers/dense_1/vars/0",
    "layers/dense_1/vars/1",
];

const LEGACY: [&str; 8] = [
    "block1_conv1/small/block1_conv1/kernel",
    "block1_conv1/small/block1_conv1/bias",
    "block1_conv2/small/block1_conv2/kernel",
    "block1_conv2/small/block1_conv2/bias",
    "dense/small/dense/kernel",
    "dense/small/dense/bias",
    "dense_1/small/dense_1/kernel",
    "dense_1/small/dense_1/bias",
];

#[test]
fn weights_of_keras_3_have_its_values_in_every_width() {
    for file in [
        "keras3.weights.h5",
        "half.weights.h5",
        "bfloat16.weights.h5",
    ] {
        let found = read(file);
        assert_eq!(found.format, Format::KerasWeightsH5);
        assert_small_network(&found, &KERAS_3);
        assert!(found.left_out.is_empty());
    }
}

#[test]
fn keras_archive_gives_the_weights_and_leaves_the_optimiser() {
    let plain = read("plain.keras");
    assert_eq!(plain.format, Format::Keras);
    assert_small_network(&plain, &KERAS_3);
    assert!(plain.left_out.is_empty());
    let compiled = read("compiled.keras");
    assert_small_network(&compiled, &KERAS_3);
    assert_eq!(compiled.left_out, ["\"optimizer\": state of the optimiser"]);
}

#[test]
fn legacy_weights_follow_the_lists_of_names() {
    let weights = read("legacy.h5");
    assert_eq!(weights.format, Format::KerasH5);
    assert_small_network(&weights, &LEGACY);
    let whole = read("whole.h5");
    assert_eq!(whole.format, Format::KerasH5);
    assert_small_network(&whole, &LEGACY);
    let left = ["\"optimizer_weights\": state of the optimiser"];
    assert_eq!(whole.left_out, left);
}

#[test]
fn weights_of_keras_1_have_its_names_also_when_the_list_is_split() {
    let names = [
        "block1_conv1/block1_conv1_W_1:0",
        "block1_conv1/block1_conv1_b_1:0",
        "a_later_layer/a_later_layer_W_1:0",
    ];
    for file in ["keras1.h5", "split_names.h5"] {
        assert_small_network(&read(file), &names);
    }
}

#[test]
fn model_within_a_model_is_read_with_its_path() {
    let found = read("nested.weights.h5");
    let names: Vec<_> = found.tensors.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names[0], "layers/dense/vars/0");
    assert_eq!(found.tensors[0].values, values(8, &[1, 2]));
    assert_eq!(names[2], "layers/sequential/layers/conv2d/vars/0");
    assert_eq!(found.tensors[2].values, values(0, SHAPES[0]));
    assert_eq!(names.len(), 10);
}

#[test]
fn every_encoding_of_h5py_gives_the_same_values() {
    for file in ["encodings.h5", "encodings_v108.h5", "encodings_latest.h5"] {
        let found = read(file);
        assert_eq!(found.tensors.len(), 13, "{file}");
        for (i, tensor) in found.tensors.iter().enumerate() {
            let name = &tensor.name;
            assert_eq!(tensor.shape, SHAPES[0], "{file} {name}");
            assert_eq!(tensor.values, values(i, SHAPES[0]), "{file} {name}");
        }
    }
}

#[test]
fn tenth_layer_comes_after_the_ninth_and_integers_are_left_out() {
    let found = read("latest.weights.h5");
    assert_eq!(found.tensors.len(), 12);
    for (i, tensor) in found.tensors.iter().enumerate() {
        assert_eq!(tensor.values, values(i, &[2]), "{}", tensor.name);
    }
    let seed = "\"layers/seed_generator/vars/0\": no floating point numbers";
    assert_eq!(found.left_out, [seed]);
}

fn layer(class: &str, name: &str, at: usize, kernel: &[usize]) -> Layer {
    let bias = &kernel[kernel.len() - 1..];
    let weight = |name: &str, at, shape: &[usize]| Tensor {
        name: name.to_string(),
        shape: shape.to_vec(),
        values: values(at, shape),
    };
    Layer {
        class: class.to_string(),
        name: name.to_string(),
        weights: vec![weight("kernel", at, kernel), weight("bias", at + 1, bias)],
    }
}

/// VGG16's body with two channels and three dense layers, as the script builds it in Keras.
fn narrow_vgg16() -> Vec<Layer> {
    let mut layers = Vec::new();
    for (block, convolutions) in [2, 2, 3, 3, 3].into_iter().enumerate() {
        for convolution in 1..=convolutions {
            let channels = if layers.is_empty() { 3 } else { 2 };
            let name = format!("block{}_conv{convolution}", block + 1);
            layers.push(layer(
                "conv2d",
                &name,
                2 * layers.len(),
                &[3, 3, channels, 2],
            ));
        }
    }
    for (i, kernel) in [[2, 3], [3, 2], [2, 1]].iter().enumerate() {
        let name = format!("head{}", i + 1);
        layers.push(layer("dense", &name, 2 * layers.len(), kernel));
    }
    layers
}

/// `CORDSIGHT_UPDATE=1` writes both files anew, for tools/golden/keras_weights.py to load into Keras.
#[test]
fn writers_give_the_bytes_that_keras_loaded() {
    let layers = narrow_vgg16();
    for (name, written) in [
        ("ours.h5", keras::write_h5(&layers)),
        ("ours.weights.h5", keras::write_weights_h5(&layers, &[])),
    ] {
        let written = written.unwrap();
        if std::env::var_os("CORDSIGHT_UPDATE").is_some() {
            std::fs::write(path(name), &written).unwrap();
        }
        assert!(written == golden(name), "{name}");
    }
}

fn bits(file: &WeightFile) -> Vec<(&[usize], Vec<u32>)> {
    let tensors = file.tensors.iter();
    tensors
        .map(|t| (&t.shape[..], t.values.iter().map(|v| v.to_bits()).collect()))
        .collect()
}

proptest! {
    #[test]
    fn what_is_written_is_read_to_the_bit(
        patterns in prop::collection::vec(any::<u32>(), 1..40),
        layers in 1_usize..15,
    ) {
        let weights = |i: usize| vec![Tensor {
            name: "kernel".to_string(),
            shape: vec![1, patterns.len()],
            values: patterns.iter().map(|b| f32::from_bits(b.rotate_left(i as u32))).collect(),
        }];
        let layers: Vec<_> = (0..layers)
            .map(|i| Layer { class: "conv2d".to_string(), name: format!("c{i}"), weights: weights(i) })
            .collect();
        let legacy = keras::read(&keras::write_h5(&layers).unwrap()).unwrap();
        let keras_3 = keras::read(&keras::write_weights_h5(&layers, &[]).unwrap()).unwrap();
        prop_assert_eq!(legacy.tensors.len(), layers.len());
        for (i, layer) in layers.iter().enumerate() {
            let wanted: Vec<u32> = layer.weights[0].values.iter().map(|v| v.to_bits()).collect();
            prop_assert_eq!(&bits(&legacy)[i].1, &wanted);
            prop_assert_eq!(&bits(&keras_3)[i].1, &wanted);
        }
    }
}

#[test]
fn rewritten_file_of_keras_is_read_to_the_same_bits() {
    let first = read("keras3.weights.h5");
    let classes = ["conv2d", "conv2d", "dense", "dense"];
    let layers: Vec<_> = first
        .tensors
        .chunks(2)
        .zip(classes)
        .map(|(weights, class)| Layer {
            class: class.to_string(),
            name: String::from("any"),
            weights: weights.to_vec(),
        })
        .collect();
    assert_eq!(layers.len(), 4);
    let again = keras::read(&keras::write_weights_h5(&layers, &[]).unwrap()).unwrap();
    assert_eq!(again, first);
}
