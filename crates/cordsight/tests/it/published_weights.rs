//! A published VGG16 file gives what ONNX Runtime makes of it. The file is large and not ours: see
//! `tools/golden/published_vgg16.py`.

use std::path::PathBuf;

use burn::tensor::{Device, Tensor, TensorData};
use cordsight::block::Conv;
use cordsight::network::{Architecture, Network};
use cordsight::weights::Weights;
use cordsight::weights_source::Source;

/// Block1_conv1[0, 0, 0, 0] of VGG16 for ImageNet, as Keras publishes it.
const FIRST: f32 = 0.42947057;

#[test]
#[ignore = "slow, and needs CORDSIGHT_PUBLISHED_WEIGHTS, the folder that tools/golden/published_vgg16.py writes"]
fn a_published_body_gives_the_outputs_of_onnx_runtime_block_by_block() {
    let folder = std::env::var_os("CORDSIGHT_PUBLISHED_WEIGHTS").map(PathBuf::from);
    let folder = folder.expect("CORDSIGHT_PUBLISHED_WEIGHTS names a folder");
    let body = folder.join("body.onnx");
    let source = Source::open(body.to_str().expect("a path in UTF-8")).expect("a VGG body");
    let architecture = Architecture {
        body: source.network(),
        width: source.width().expect("a width"),
        image_size: 240,
        outputs: 1,
        covariates: 0,
    };
    assert_eq!(
        (architecture.body.to_string().as_str(), architecture.width),
        ("vgg16", 1.0)
    );
    assert!((source.named()[0].values[0] - FIRST).abs() < 1e-7);
    let weights = Weights::zeros(&architecture)
        .with_body(&source.named())
        .expect("a body that fits");

    let bytes = std::fs::read(folder.join("outputs.safetensors")).expect("outputs of ONNX Runtime");
    let golden = pretrained::read(&bytes).expect("safetensors").tensors;
    let tensor = |name: &str| {
        let tensor = golden
            .iter()
            .find(|tensor| tensor.name == name)
            .expect(name);
        (tensor.values.clone(), tensor.shape.clone())
    };
    let device = Device::flex();
    for conv in [Conv::Winograd, Conv::Direct] {
        let network = Network::new(&architecture, &weights, conv, &device).expect("a network");
        let (values, shape) = tensor("pictures");
        let pictures = Tensor::<4>::from_data(TensorData::new(values, shape), &device);
        let outputs = network.block_outputs(pictures);
        assert_eq!(outputs.len(), 5);
        for (at, output) in outputs.into_iter().enumerate() {
            let name = format!("block{}", at + 1);
            let (expected, shape) = tensor(&name);
            assert_eq!(output.dims().to_vec(), shape, "{name}");
            let found: Vec<f32> = output.to_data().iter::<f32>().collect();
            let apart = found
                .iter()
                .zip(&expected)
                .map(|(a, b)| f64::from((a - b).abs()));
            let largest = crate::compared::largest(apart);
            println!("{conv:?} {name}: largest difference {largest:.1e}");
            assert!(largest < 1e-3, "{conv:?} {name}: {largest}");
        }
    }
}
