//! VGG networks written as ONNX. ONNX Runtime and PyTorch agreed on the golden models (tools/golden/onnx_network.py).

use std::path::Path;

use pretrained::onnx::{Convolution, Dense, ImageNetwork, Link, PixelRange, Unit};
use pretrained::{Format, Tensor, WriteError, read};

use crate::golden::{assert_same, bytes};

/// The narrow network whose random weights PyTorch drew.
fn narrow(pixels: PixelRange) -> ImageNetwork {
    let file = read(&bytes("network.safetensors")).unwrap();
    let find = |name: String| {
        let mut tensors = file.tensors.iter();
        tensors.find(|tensor| tensor.name == name).unwrap().clone()
    };
    let pair = |name: String| (find(format!("{name}.weight")), find(format!("{name}.bias")));
    let convolution = |b: usize, c: usize| {
        let name = format!("block{b}.conv{c}");
        let (weight, bias) = pair(name.clone());
        Unit::Convolution(Convolution::plain(name, weight, bias))
    };
    let pool = |b: usize| Unit::MaxPool {
        name: format!("block{b}.pool"),
        kernel: 2,
        stride: 2,
        padding: 0,
    };
    let dense = |d: usize| {
        let (weight, bias) = pair(format!("dense{d}"));
        Dense { weight, bias }
    };
    ImageNetwork {
        name: "vgg".to_string(),
        body: vec![
            convolution(1, 1),
            convolution(1, 2),
            pool(1),
            convolution(2, 1),
            pool(2),
            convolution(3, 1),
            convolution(3, 2),
            pool(3),
        ],
        head: vec![dense(1), dense(2), dense(3)],
        scores: 1,
        link: Link::Sigmoid,
        image_size: [20, 17],
        pixels,
        scale: [4.4, 4.5, 4.3],
        offset: [-2.1, -2.0, -1.8],
        metadata: vec![(
            "intended use".to_string(),
            "Research use only, not a medical device".to_string(),
        )],
    }
}

const MODELS: [(&str, PixelRange); 2] = [
    ("network_unit.onnx", PixelRange::Unit),
    ("network_byte.onnx", PixelRange::Byte),
];

#[test]
fn models_are_the_ones_that_onnx_runtime_checked() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden");
    for (name, pixels) in MODELS {
        let model = narrow(pixels).encode().unwrap();
        if std::env::var_os("CORDSIGHT_UPDATE").is_some() {
            std::fs::write(golden.join(name), &model).unwrap();
        }
        assert!(
            model == bytes(name),
            "{name}: write and check it again, see tools/golden/README.md"
        );
    }
}

#[test]
fn weights_of_a_written_model_are_read_again_bit_for_bit() {
    let network = narrow(PixelRange::Byte);
    let file = read(&network.encode().unwrap()).unwrap();
    assert_eq!(file.format, Format::Onnx);
    let convolutions = network.body.into_iter().filter_map(|unit| match unit {
        Unit::Convolution(own) => Some([own.weight, own.bias.unwrap()]),
        _ => None,
    });
    let head = network
        .head
        .into_iter()
        .map(|layer| [layer.weight, layer.bias]);
    let expected: Vec<Tensor> = convolutions.chain(head).flatten().collect();
    assert_same(&file.tensors[2..], &expected, "written model");
}

#[test]
fn layers_that_do_not_follow_are_named() {
    let wrong = |change: fn(&mut ImageNetwork)| {
        let mut network = narrow(PixelRange::Unit);
        change(&mut network);
        network.encode().unwrap_err().to_string()
    };
    assert_eq!(
        wrong(|network| drop(network.body.remove(3))),
        "\"block3.conv1.weight\": found shape [5, 4, 3, 3], expected outputs, then [3, 3, 3]"
    );
    assert_eq!(
        wrong(|network| network.head[0].bias.shape = vec![1, 6]),
        "\"dense1.bias\": found shape [1, 6], expected [6]"
    );
    assert_eq!(
        wrong(|network| drop(network.head.pop())),
        "\"head\": found shape [4], expected one output"
    );
    assert_eq!(
        wrong(|network| network.head[2].bias.values.clear()),
        "\"dense3.bias\": found 0 values, expected 1, those of its shape [1]"
    );
    let mut network = narrow(PixelRange::Unit);
    if let Some(Unit::Convolution(Convolution {
        bias: Some(bias), ..
    })) = network.body.first_mut()
    {
        bias.name = "pixels".to_string();
    }
    let name = "pixels".to_string();
    assert_eq!(network.encode(), Err(WriteError::Name { name }));
}
