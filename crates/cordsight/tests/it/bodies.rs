//! Networks beside the plain VGG: published weights by their names, training that goes on to the same bytes, frozen stages,
//! heatmaps, export; and a normalisation and a convolution alone against Burn's own operations.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use cordsight::block::normalisation::{Statistics, composed};
use cordsight::block::{Conv, Kernels};
use cordsight::config::Settings;
use cordsight::network::{Architecture, Body, Trained};
use cordsight::train::checkpoint;
use cordsight::weights::{Init, Weights};
use cordsight::weights_source::Source;
use phantom::Format;
use pretrained::{Tensor as Stored, safetensors};

use crate::compared::signed;
use crate::program::{Place, small_settings};
use crate::resume::{a_stopped_run_ends_as_if_it_had_not_been, finish, request};

/// Those that are no plain VGG.
fn bodies() -> Vec<Body> {
    let names = ["vgg11", "vgg13", "vgg16", "vgg19"];
    let all = Body::ALL.iter().copied();
    let others: Vec<Body> = all
        .filter(|body| !names.contains(&body.to_string().as_str()))
        .collect();
    assert!(others.len() >= 6);
    others
}

fn architecture(body: Body, width: f64) -> Architecture {
    Architecture {
        body,
        width,
        image_size: 32,
        outputs: 1,
        covariates: 0,
    }
}

#[test]
fn names_and_shapes_of_the_full_bodies_are_those_of_torchvision() {
    #[derive(serde::Deserialize)]
    struct Golden {
        names: BTreeMap<String, Vec<(String, Vec<usize>)>>,
    }
    let golden: Golden = serde_json::from_str(include_str!("golden/torch_bodies.json")).unwrap();
    for body in bodies() {
        let theirs = &golden.names[&body.to_string()];
        let head = body.backbone().published_head();
        let theirs = theirs
            .iter()
            .filter(|(name, _)| !name.ends_with("num_batches_tracked") && !name.starts_with(head));
        let ours = architecture(body, 1.0).convolutions();
        let ours = ours.iter().flat_map(|own| own.parameters());
        let ours: Vec<_> = ours.map(|own| (own.published, own.shape)).collect();
        assert_eq!(ours, theirs.cloned().collect::<Vec<_>>(), "{body}");
    }
}

/// As tools/golden/torch_bodies.py saves them.
fn saved(architecture: &Architecture) -> Vec<Stored> {
    let parameters = architecture.parameters().into_iter().enumerate();
    let body = parameters.filter(|(_, parameter)| parameter.block.is_some());
    let tensors = body.map(|(number, parameter)| {
        let count = parameter.shape.iter().product::<usize>();
        let value = |i: usize| ((i * 7 + number * 13) % 123) as f32 / 64.0 + 1.0;
        Stored {
            name: parameter.name,
            values: (0..count).map(value).collect(),
            shape: parameter.shape,
        }
    });
    tensors.collect()
}

#[test]
fn a_state_dictionary_of_torch_is_imported_to_the_bit_and_trained_from() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    for (file, bytes, body) in [
        (
            "narrow_vgg11_bn.pth",
            &include_bytes!("golden/foreign/narrow_vgg11_bn.pth")[..],
            Body::Vgg11Bn,
        ),
        (
            "narrow_resnet18.pth",
            &include_bytes!("golden/foreign/narrow_resnet18.pth")[..],
            Body::Resnet18,
        ),
    ] {
        place.write(file, bytes);
        let source = Source::open(&place.path(file).display().to_string()).expect("a body");
        assert_eq!(source.network(), body);
        assert_eq!(source.body.width(), Some(0.015625));
        let expected = saved(&architecture(body, 0.015625));
        assert!(source.body.parameters == expected, "{file}");
        let shown = place.output(&["weights", "info", file]);
        assert!(shown.contains(&body.to_string()), "{shown}");
        assert!(shown.contains("missing: 6\n"), "{shown}");

        let (name, run) = (body.to_string(), format!("{file}.run"));
        let start = [
            "train",
            "cohort/cohort.csv",
            "--out",
            &run,
            "--weights",
            file,
        ];
        let small = ["--width", "0.015625", "--image-size", "32", "--epochs", "1"];
        let head = ["--network", &name, "--train", "head"];
        place.output(&[&start[..], &small, &head].concat());
        // A frozen body keeps its running statistics too.
        let model = Source::open(&place.path(&run).display().to_string()).expect("a model");
        assert!(
            model.body.parameters[..expected.len()] == expected,
            "{file}"
        );
        assert!(model.body.has_head());

        let wrong = ["--network", "vgg11", "--overwrite"];
        let outcome = place.run(&[&start[..], &small, &wrong].concat());
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        let expected = format!("found a {body} of width 0.015625, expected a vgg11");
        assert!(outcome.stderr.contains(&expected), "{}", outcome.stderr);
    }
}

#[test]
fn a_file_that_lacks_a_part_of_a_body_is_refused_in_one_line() {
    let place = Place::new();
    let whole = saved(&architecture(Body::Vgg11Bn, 0.015625));
    let convolutions = architecture(Body::Vgg11Bn, 0.015625).convolutions();
    let names = convolutions.iter().flat_map(|own| own.parameters());
    let mut published: Vec<Stored> = names
        .zip(whole)
        .map(|(own, tensor)| Stored {
            name: own.published,
            ..tensor
        })
        .collect();
    published[2].shape = vec![1, 1];
    let bytes = safetensors::write(&published, &[]).expect("safetensors");
    place.write("shape.safetensors", bytes);
    published.remove(3);
    let bytes = safetensors::write(&published, &[]).expect("safetensors");
    place.write("lacks.safetensors", bytes);
    for (file, expected) in [
        (
            "shape.safetensors",
            "\"features.1.weight\" has shape [1, 1], expected [1]",
        ),
        ("lacks.safetensors", "found batch normalisation"),
    ] {
        let outcome = place.run(&["weights", "info", file]);
        assert_eq!(outcome.code, Some(1));
        assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    }
}

fn settings(body: Body, epochs: u32) -> Settings {
    Settings {
        network: Some(body),
        ..small_settings(epochs)
    }
}

#[test]
fn a_stopped_run_with_normalisations_ends_with_the_bytes_of_a_run_that_was_not() {
    for body in [Body::Vgg11Bn, Body::Resnet18] {
        a_stopped_run_ends_as_if_it_had_not_been(Settings {
            validation: Some(0.3),
            ..settings(body, 4)
        });
    }
}

#[test]
fn frozen_stages_keep_their_running_statistics_and_the_others_follow() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let mut tried = 0;
    for (body, trained, blocks) in [
        (Body::Vgg11Bn, Trained::All, 0),
        (Body::Vgg11Bn, Trained::Block4, 3),
        (Body::Resnet18, Trained::Block3, 2),
        (Body::Resnet18, Trained::Head, 5),
    ] {
        let run = request(
            &place,
            &format!("{body}-{blocks}"),
            Settings {
                train: Some(trained),
                ..settings(body, 1)
            },
        );
        finish(&run);
        let architecture = architecture(body, 0.02);
        let start = Weights::random(&architecture, Init::He, 1);
        let file = run.out.join("checkpoints/last.safetensors");
        let end = checkpoint::read(&file, &architecture).expect("a checkpoint");
        let pairs = end.weights.tensors().iter().zip(start.tensors());
        for ((end, start), parameter) in pairs.zip(architecture.parameters()) {
            let is_frozen = parameter.block.is_some_and(|block| block < blocks);
            // A bias before a normalisation has no gradient but rounding.
            if is_frozen || !parameter.name.contains("conv") {
                assert_eq!(end == start, is_frozen, "{body} {trained:?}: {}", end.name);
            }
        }
        tried += 1;
    }
    assert_eq!(tried, 4);
}

#[test]
fn a_model_predicts_explains_and_is_exported_and_keras_is_refused_in_one_line() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let picture = std::fs::read_dir(place.path("cohort/images")).expect("a folder");
    let picture = picture.flatten().next().expect("a picture").path();
    let picture = picture.display().to_string();
    for (body, layer, lacks) in [
        (Body::Vgg16Bn, "block5.conv3", "block5.conv4"),
        (Body::Resnet18, "block5.residual2", "block5.conv1"),
    ] {
        let run = request(&place, &body.to_string(), settings(body, 1));
        finish(&run);
        let name = body.to_string();
        place.output(&["predict", &name, &picture, "--json"]);
        for layer in [layer, "block2"] {
            let out = format!("{name}.png");
            let explain = ["explain", &name, &picture, "--layer", layer, "--out", &out];
            place.output(&explain);
        }
        let explain = [
            "explain", &name, &picture, "--layer", lacks, "--out", "no.png",
        ];
        let outcome = place.run(&explain);
        assert!(outcome.stderr.contains(layer), "{}", outcome.stderr);

        let (onnx, torch) = (format!("{name}.onnx"), format!("{name}.safetensors"));
        place.output(&["export", &name, "--to", &onnx]);
        let text = std::fs::read(place.path(&onnx)).expect("a file");
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(text.contains("BatchNormalization"), "{name}");
        assert_eq!(
            text.contains("block2.residual1.sum"),
            body == Body::Resnet18
        );

        place.output(&["export", &name, "--to", &torch]);
        let [model, exported] = [name.clone(), torch]
            .map(|file| Source::open(&place.path(&file).display().to_string()).expect("a body"));
        assert_eq!(exported.network(), body);
        assert!(exported.body.has_head() && exported.body.parameters == model.body.parameters);

        let outcome = place.run(&["export", &name, "--to", "model.weights.h5"]);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        let expected = format!("found a {body}, expected a VGG without batch normalisation");
        assert!(outcome.stderr.contains(&expected), "{}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    }
}

/// Relative L2 of a difference.
fn apart(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let sum = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
    let pairs = found.iter().zip(expected);
    let difference = sum(&mut pairs.map(|(a, b)| f64::from(a - b)));
    (difference / sum(&mut expected.iter().map(|v| f64::from(*v)))).sqrt()
}

#[test]
fn a_fused_normalisation_and_a_convolution_alone_are_those_of_burn_in_every_gradient() {
    let device = Device::flex().autodiff();
    let tensor = |stream: u32, shape: &[usize]| {
        let values = signed(stream, shape.iter().product());
        TensorData::new(values, shape.to_vec())
    };
    let values = |tensor: Tensor<4>| tensor.into_data().iter::<f32>().collect::<Vec<f32>>();
    let mut tried = 0;
    for (shape, outputs, relu, has_bias) in [
        ([3, 5, 7, 9], 4, true, true),
        ([2, 16, 13, 6], 33, false, false),
        ([1, 3, 4, 4], 1, true, false),
        ([8, 40, 12, 12], 24, false, true),
    ] {
        let run = |kernels: Option<&Kernels>| {
            let x = Tensor::<4>::from_data(tensor(1, &shape), &device).require_grad();
            let weight = tensor(2, &[outputs, shape[1], 3, 3]);
            let weight = Tensor::<4>::from_data(weight, &device).require_grad();
            let vector =
                |stream| Tensor::<1>::from_data(tensor(stream, &[outputs]), &device).require_grad();
            let [bias, summand] = [3, 4].map(vector);
            let factors: Vec<f32> = signed(5, outputs).iter().map(|v| 1.0 + v / 2.0).collect();
            let factor = Tensor::<1>::from_data(TensorData::new(factors, [outputs]), &device);
            let factor = factor.require_grad();
            let used = has_bias.then(|| bias.clone());
            let direct = Kernels::direct();
            let own = kernels.unwrap_or(&direct);
            let prepared = Default::default();
            let made = own.convolution(x.clone(), weight.clone(), used, 1, false, &prepared);
            let (output, statistics) = match kernels {
                Some(own) => own.normalise(made, factor.clone(), summand.clone(), relu),
                None => composed(made, factor.clone(), summand.clone(), relu),
            };
            let by = Tensor::<4>::from_data(tensor(6, &output.dims()), &device);
            let gradients = (output.clone() * by).sum().backward();
            let of_vector = |vector: &Tensor<1>| {
                let gradient = vector.grad(&gradients).expect("a gradient");
                gradient.into_data().iter::<f32>().collect::<Vec<f32>>()
            };
            let Statistics { mean, variance } = statistics;
            vec![
                values(output),
                mean,
                variance,
                values(x.grad(&gradients).expect("a gradient")),
                values(weight.grad(&gradients).expect("a gradient")),
                of_vector(&factor),
                of_vector(&summand),
            ]
        };
        let expected = run(None);
        let kernels = Kernels::choose(Conv::Winograd, &device);
        assert!(kernels.name().starts_with("winograd ("), "{kernels:?}");
        let found = run(Some(&kernels));
        for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let apart = apart(found, expected);
            assert!(apart < 2e-5, "{shape:?}, value {at}: {apart:e}");
        }
        let bits = |values: Vec<Vec<f32>>| -> Vec<u32> {
            values
                .concat()
                .iter()
                .map(|value| value.to_bits())
                .collect()
        };
        let again = run(Some(&kernels.on_one_thread()));
        let found = bits(found);
        assert!(bits(again) == found, "{shape:?}: other bits");
        // Had they fallen back to Burn's operations, each would have been compared with itself.
        assert!(found != bits(expected), "{shape:?}: the same bits");
        tried += 1;
    }
    assert_eq!(tried, 4);
}
