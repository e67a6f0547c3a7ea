//! Weights of other programs are imported bit for bit, train with the preprocessing that belongs to them, and what is
//! no such file is refused in one line before anything is written.

use cordsight::network;
use cordsight::preprocessing::Preprocessing;
use cordsight::weights::{Init, Weights};
use cordsight::weights_source::Source;
use phantom::Format;
use pretrained::keras::{Layer, write_h5, write_weights_h5};
use pretrained::vgg::{self, Body, keras3_names, to_keras, to_torchvision, torchvision_names};
use pretrained::{Tensor, safetensors};
use serde_json::Value;

use crate::program::{Place, SMALL, small_architecture, small_model};

/// The narrow network with random weights.
fn body() -> Body {
    let weights = Weights::random(&small_architecture(), Init::He, 5);
    let tensors = weights.tensors().iter().cloned();
    let tensors: Vec<Tensor> = tensors
        .map(|tensor| Tensor {
            name: tensor.name,
            shape: tensor.shape,
            values: tensor.values,
        })
        .collect();
    vgg::find_body(&tensors, pretrained::Format::Safetensors).expect("a body")
}

/// Its layers as Keras has them.
fn layers(body: &Body) -> Vec<Layer> {
    let tensors = to_keras(&body.parameters, &keras3_names(body.depth));
    let pairs = tensors.chunks_exact(2).enumerate();
    pairs
        .map(|(at, pair)| {
            let class = match pair[0].shape.len() {
                4 => "conv2d",
                _ => "dense",
            };
            let weights = pair.iter().zip(["kernel", "bias"]);
            Layer {
                class: class.to_string(),
                name: format!("{class}_{at}"),
                weights: weights
                    .map(|(tensor, name)| Tensor {
                        name: name.to_string(),
                        ..tensor.clone()
                    })
                    .collect(),
            }
        })
        .collect()
}

/// A file of each kind that the writers make, its preprocessing, and its kind in words.
fn files(place: &Place) -> [(&'static str, Preprocessing, &'static str); 3] {
    let body = body();
    let torch = to_torchvision(&body.parameters, &torchvision_names(body.depth));
    place.write("narrow.h5", write_h5(&layers(&body)).expect("HDF5"));
    let keras3 = write_weights_h5(&layers(&body), &[]).expect("HDF5");
    place.write("narrow.weights.h5", keras3);
    let bytes = safetensors::write(&torch, &[("format", "pt")]).expect("safetensors");
    place.write("narrow.safetensors", bytes);
    [
        ("narrow.h5", Preprocessing::KerasCaffe, "Keras HDF5"),
        (
            "narrow.weights.h5",
            Preprocessing::KerasCaffe,
            "Keras 3 weights",
        ),
        (
            "narrow.safetensors",
            Preprocessing::Torchvision,
            "safetensors",
        ),
    ]
}

fn train<'a>(weights: &'a str, out: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec![
        "train",
        "cohort/cohort.csv",
        "--out",
        out,
        "--weights",
        weights,
    ];
    arguments.extend(SMALL);
    arguments.extend(flags);
    arguments
}

fn opened(place: &Place, name: &str) -> Source {
    Source::open(&place.path(name).display().to_string()).expect(name)
}

#[test]
fn every_kind_of_file_is_imported_bit_for_bit_and_trains_with_its_preprocessing() {
    let place = Place::new();
    place.draw_cohort(8, 1, Format::Png);
    let original = body();
    let mut trained = 0;
    for (file, preprocessing, kind) in files(&place) {
        let (imported, run) = (format!("{file}.body.safetensors"), format!("{file}.run"));
        place.output(&["weights", "import", file, "--out", &imported]);
        let source = opened(&place, &imported);
        assert_eq!(source.body.parameters, original.parameters, "{file}");
        assert_eq!(source.preprocessing, preprocessing, "{file}");
        assert_eq!(source.origin.file, file);
        assert_eq!(source.origin.format, kind);
        assert_eq!(source.origin.sha256, opened(&place, file).origin.sha256);

        place.output(&train(&imported, &run, &[]));
        let config = place.read(&format!("{run}/config.toml"));
        let line = format!("preprocessing = \"{preprocessing}\"\n");
        assert!(config.contains(&line), "{config}");
        let facts: Value = serde_json::from_str(&place.read(&format!("{run}/run.json"))).unwrap();
        let expected = format!(
            "body of {file} ({kind}, SHA-256 {}), preprocessing {preprocessing}, head random (Glorot uniform, zero biases)",
            source.origin.sha256
        );
        assert_eq!(facts["initial_weights"], expected);
        let scored = place.output(&["predict", &run, "cohort/images/P001.png", "--json"]);
        assert!(scored.contains("\"score\""), "{scored}");

        place.output(&train(file, &format!("{run}.direct"), &[]));
        let model = |run: &str| std::fs::read(place.path(run).join("model.safetensors")).unwrap();
        assert!(model(&run) == model(&format!("{run}.direct")), "{file}");
        trained += 1;
    }
    assert_eq!(trained, 3);
}

#[test]
fn a_resumed_run_keeps_the_preprocessing_of_its_weights() {
    let place = Place::new();
    place.draw_cohort(8, 1, Format::Png);
    let [(file, ..), _, _] = files(&place);
    place.output(&train(file, "run", &[]));
    let arguments = "train cohort/cohort.csv --out run --resume --epochs 2";
    place.output(&arguments.split(' ').collect::<Vec<_>>());
    let config = place.read("run/config.toml");
    assert!(
        config.contains("preprocessing = \"keras-caffe\""),
        "{config}"
    );
    assert!(config.contains("epochs = 2"), "{config}");

    place.output(&train("run", "next", &[]));
    let config = place.read("next/config.toml");
    assert!(
        config.contains("preprocessing = \"keras-caffe\""),
        "{config}"
    );
}

#[test]
fn weights_that_cannot_be_used_are_refused_in_one_line_and_nothing_is_written() {
    let place = Place::new();
    place.draw_cohort(8, 1, Format::Png);
    let [_, _, (sound, ..)] = files(&place);
    place.output(&["weights", "import", sound, "--out", "body.safetensors"]);
    let whole = std::fs::read(place.path("narrow.h5")).unwrap();
    place.write("cut.h5", &whole[..whole.len() / 2]);
    let mut pickle =
        b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.".to_vec();
    pickle.extend(b"\x80\x02}.\x80\x02cos\nsystem\nU\x10touch hacked.txt\x85R.");
    place.write("evil.pth", pickle);
    place.write("model.safetensors", small_model());
    let before = place.tree();
    let cases = [
        (
            train(sound, "run", &["--network", "vgg13"]),
            "a vgg11 of width",
        ),
        (
            train("body.safetensors", "run", &["--width", "0.5"]),
            "expected a vgg11 of width 0.5 as --network and --width say; pass --network vgg11 --width",
        ),
        (train("cut.h5", "run", &[]), "cut.h5: Keras HDF5"),
        (train("evil.pth", "run", &[]), "\"os.system\""),
        (
            vec!["weights", "import", "cut.h5", "--out", "b"],
            "cut.h5: Keras HDF5",
        ),
        (vec!["weights", "info", "evil.pth"], "\"os.system\""),
        (
            train("body.safetensors", "run", &["--preprocessing", "unit"]),
            "setting \"preprocessing\": found unit, expected torchvision",
        ),
        (
            train("keras-vgg16", "run", &[]),
            "keras-vgg16: found no such file in the cache; run `cordsight weights fetch keras-vgg16` first",
        ),
        (
            vec!["weights", "import", sound, "--out", "body.safetensors"],
            "body.safetensors: is there already",
        ),
        (
            vec![
                "weights",
                "fetch",
                "keras-vgg16",
                "--offline",
                "--cache",
                "cache",
            ],
            "connections are forbidden",
        ),
    ];
    for (arguments, expected) in cases {
        let mut arguments = arguments;
        // A repeated flag is refused: the last one stands for it.
        for flag in ["--network", "--width"] {
            let places: Vec<usize> = (0..arguments.len())
                .filter(|at| arguments[*at] == flag)
                .collect();
            if let [first, _] = places[..] {
                arguments.drain(first..first + 2);
            }
        }
        let output = place
            .command(&arguments)
            .env("CORDSIGHT_CACHE", place.path("cache"))
            .output()
            .expect("the program");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(place.tree() == before, "{arguments:?} wrote something");
    }
}

#[test]
fn info_says_what_was_taken_left_out_and_missing() {
    let place = Place::new();
    let body = body();
    let mut tensors = to_torchvision(&body.parameters, &torchvision_names(body.depth));
    tensors.truncate(16);
    tensors.push(Tensor {
        name: "classifier.0.weight".to_string(),
        shape: vec![7, 10],
        values: vec![0.0; 70],
    });
    let bytes = safetensors::write(&tensors, &[]).expect("safetensors");
    place.write("narrow.safetensors", bytes);
    let text = place.output(&["weights", "info", "narrow.safetensors"]);
    for expected in ["taken: 16\n", "left out: 1\n", "missing: 6\n", "guessed"] {
        assert!(text.contains(expected), "{text}");
    }
    let json = place.output(&["weights", "info", "narrow.safetensors", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["network"], "vgg11");
    assert_eq!(json["head"], false);
    assert_eq!(json["preprocessing"], "torchvision");
    assert_eq!(json["preprocessing_known"], false);
    assert_eq!(json["taken"][0]["file"], "features.0.weight");
    assert_eq!(json["taken"][0]["name"], "block1.conv1.weight");
    assert_eq!(json["missing"].as_array().map(Vec::len), Some(6));
}

#[test]
fn import_export_and_import_give_the_same_network_bits_and_preprocessing() {
    let place = Place::new();
    let original = body();
    let mut rounds = 0;
    let [(one, ..), (two, ..), (three, ..)] = files(&place);
    for (file, preprocessing) in [
        (one, Preprocessing::KerasCaffe),
        (two, Preprocessing::Symmetric),
        (three, Preprocessing::Plain),
    ] {
        let first = format!("{file}.first.safetensors");
        let name = preprocessing.to_string();
        let import = ["weights", "import", file, "--out", &first];
        place.output(&[&import[..], &["--preprocessing", &name]].concat());
        for ending in ["safetensors", "weights.h5"] {
            let (exported, again) = (
                format!("{file}.x.{ending}"),
                format!("{file}.again.{ending}"),
            );
            place.output(&["export", &first, "--to", &exported]);
            place.output(&["weights", "import", &exported, "--out", &again]);
            let source = opened(&place, &again);
            assert_eq!(source.body.parameters, original.parameters, "{exported}");
            assert_eq!(source.network(), network::Body::Vgg11);
            assert_eq!(source.body.width(), original.width(), "{exported}");
            assert_eq!(source.preprocessing, preprocessing, "{exported}");
            assert_eq!(source.reason, "the file itself names it");
            rounds += 1;
        }
    }
    assert_eq!(rounds, 6);
}

#[test]
fn an_exported_onnx_model_holds_the_weights_and_says_what_it_is_for() {
    let place = Place::new();
    place.write("model.safetensors", small_model());
    place.output(&["export", "model.safetensors", "--to", "model.onnx"]);
    let source = opened(&place, "model.onnx");
    let original = opened(&place, "model.safetensors");
    assert_eq!(source.body.parameters, original.body.parameters);
    assert_eq!(source.origin.format, "ONNX");
    assert_eq!(source.preprocessing, Preprocessing::Plain);
    assert!(source.certain);
    let bytes = std::fs::read(place.path("model.onnx")).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    for expected in [
        "Research use only, not a medical device",
        "threshold",
        "non-CSM,CSM",
        "\"resize\":\"bilinear\"",
    ] {
        assert!(text.contains(expected), "{expected}");
    }
}

#[test]
fn a_run_from_an_exported_file_of_any_kind_has_its_preprocessing_and_refuses_another() {
    let place = Place::new();
    place.draw_cohort(8, 1, Format::Png);
    place.write("model.safetensors", small_model());
    let mut tried = 0;
    for ending in ["onnx", "safetensors", "weights.h5"] {
        let (exported, run) = (format!("exported.{ending}"), format!("run.{ending}"));
        place.output(&["export", "model.safetensors", "--to", &exported]);
        place.output(&train(&exported, &run, &[]));
        let config = place.read(&format!("{run}/config.toml"));
        assert!(config.contains("preprocessing = \"plain\"\n"), "{config}");
        let other = train(&exported, "other", &["--preprocessing", "unit"]);
        let refused = place.run(&other);
        let expected = "setting \"preprocessing\": found unit, expected plain";
        assert!(refused.stderr.contains(expected), "{refused:?}");
        tried += 1;
    }
    assert_eq!(tried, 3);
}

#[test]
fn what_other_files_say_of_their_preprocessing_counts_only_if_it_is_one_of_the_names() {
    let place = Place::new();
    let body = body();
    let tensors = to_torchvision(&body.parameters, &torchvision_names(body.depth));
    let long = "unit".repeat(100);
    let mut tried = 0;
    for (said, expected) in [
        ("symmetric", Some(Preprocessing::Symmetric)),
        ("imagenet", None),
        ("Unit", None),
        (long.as_str(), None),
        ("", None),
    ] {
        let metadata = [("preprocessing", said)];
        let bytes = safetensors::write(&tensors, &metadata).expect("safetensors");
        place.write("said.safetensors", bytes);
        place.write(
            "said.weights.h5",
            write_weights_h5(&layers(&body), &metadata).expect("HDF5"),
        );
        for (file, guess) in [
            ("said.safetensors", Preprocessing::Torchvision),
            ("said.weights.h5", Preprocessing::KerasCaffe),
        ] {
            let source = opened(&place, file);
            assert_eq!(source.preprocessing, expected.unwrap_or(guess), "{said}");
            assert_eq!(source.certain, expected.is_some(), "{said}");
            tried += 1;
        }
    }
    assert_eq!(tried, 10);
}

#[test]
fn what_cannot_be_exported_is_refused_in_one_line() {
    let place = Place::new();
    place.write("model.safetensors", small_model());
    place.output(&[
        "weights",
        "import",
        "model.safetensors",
        "--out",
        "body.safetensors",
    ]);
    let before = place.tree();
    let cases = [
        (
            "export body.safetensors --to model.onnx",
            1,
            "body.safetensors: ",
        ),
        (
            "export model.safetensors --to body.safetensors",
            1,
            "is there already",
        ),
        (
            "export model.safetensors --to model.xyz",
            2,
            "--to: found \"model.xyz\"",
        ),
        (
            "export nowhere --to model.onnx",
            1,
            "nowhere: no such file or folder",
        ),
    ];
    for (arguments, code, expected) in cases {
        let outcome = place.run(&arguments.split(' ').collect::<Vec<_>>());
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        assert!(outcome.stderr.contains(expected), "{outcome:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
        assert!(place.tree() == before, "{arguments}");
    }
}
