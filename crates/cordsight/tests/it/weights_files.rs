//! Weights files through the program: those that PyTorch, Keras and ONNX wrote are imported to the bit, and hostile ones
//! end in one line each, fast, with nothing written.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cordsight::weights_source::Source;
use pretrained::Tensor;
use serde_json::Value;

use crate::program::{Outcome, Place};

/// What the program may take to refuse a file.
const REFUSED_WITHIN: Duration = Duration::from_millis(200);
/// Tries to meet that on a machine that is busy with other things.
const TRIES: usize = 20;
/// Channels of the network in `golden/foreign/` (tools/golden/foreign_weights.py), in forward order.
const CHANNELS: [usize; 8] = [1, 2, 4, 4, 8, 8, 8, 8];

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it")
}

fn foreign(name: &str) -> Vec<u8> {
    std::fs::read(tests().join("golden/foreign").join(name)).expect("a golden file")
}

/// A small file of the crate that reads weights.
fn small(name: &str) -> Vec<u8> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pretrained/tests/it/golden");
    std::fs::read(golden.join(name)).expect("a golden file")
}

/// The formula of the golden files: sixty-fourths, another order for each tensor.
fn values(tensor: usize, count: usize) -> Vec<f32> {
    let sixty_fourths = |at: usize| ((at * 7 + tensor * 13) % 123) as f32 - 61.0;
    (0..count).map(|at| sixty_fourths(at) / 64.0).collect()
}

/// The golden files' network under our names.
fn network() -> Vec<Tensor> {
    let names = [
        "1.conv1", "2.conv1", "3.conv1", "3.conv2", "4.conv1", "4.conv2", "5.conv1", "5.conv2",
    ];
    let mut inputs = 3;
    let mut tensors = Vec::new();
    for (at, (name, outputs)) in names.into_iter().zip(CHANNELS).enumerate() {
        for (part, shape) in [
            ("weight", vec![outputs, inputs, 3, 3]),
            ("bias", vec![outputs]),
        ] {
            let place = tensors.len() - 2 * at;
            tensors.push(Tensor {
                name: format!("block{name}.{part}"),
                values: values(2 * at + place, shape.iter().product()),
                shape,
            });
        }
        inputs = outputs;
    }
    tensors
}

#[test]
fn files_of_pytorch_keras_and_onnx_are_shown_and_imported_to_the_bit() {
    let place = Place::new();
    let expected = network();
    let mut imported = 0;
    for (file, format, preprocessing, first) in [
        (
            "narrow.pth",
            "PyTorch state dictionary",
            "torchvision",
            "features.0.weight",
        ),
        (
            "narrow.keras",
            "Keras 3 archive",
            "keras-caffe",
            "stem (layers/conv2d/vars/0)",
        ),
        ("narrow.onnx", "ONNX", "unit", "k0"),
    ] {
        place.write(file, foreign(file));
        let json = place.output(&["weights", "info", file, "--json"]);
        let about: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(about["source"]["format"], format);
        assert_eq!(about["network"], "vgg11", "{file}");
        assert_eq!(about["width"], 0.015625, "{file}");
        assert_eq!(about["preprocessing"], preprocessing, "{file}");
        assert_eq!(about["order"], "the numbers in the names", "{file}");
        assert_eq!(about["taken"].as_array().map(Vec::len), Some(16), "{file}");
        assert_eq!(about["taken"][0]["file"], first);
        assert_eq!(about["taken"][0]["name"], "block1.conv1.weight");
        let shown = place.output(&["weights", "info", file]);
        assert!(
            shown.contains(first) && shown.contains("taken: 16\n"),
            "{shown}"
        );

        let body = format!("{file}.safetensors");
        let said = place.output(&["weights", "import", file, "--out", &body]);
        assert!(said.contains("vgg11 of width 0.015625"), "{said}");
        let source = Source::open(&place.path(&body).display().to_string()).expect("a body");
        assert_eq!(source.body.parameters, expected, "{file}");
        assert_eq!(source.origin.file, file);
        assert_eq!(source.origin.format, format);
        imported += 1;
    }
    assert_eq!(imported, 3);
}

#[test]
fn layers_of_a_keras_archive_have_the_users_names() {
    let place = Place::new();
    place.write("narrow.keras", foreign("narrow.keras"));
    let json = place.output(&["weights", "info", "narrow.keras", "--json"]);
    let about: Value = serde_json::from_str(&json).expect("JSON");
    let taken = about["taken"].as_array().expect("a list").iter();
    let names: Vec<&str> = taken
        .step_by(2)
        .filter_map(|pair| pair["file"].as_str())
        .collect();
    let layers: Vec<&str> = names
        .iter()
        .filter_map(|name| name.split(" (").next())
        .collect();
    let users = [
        "stem", "zeta", "alpha", "mid_b", "mid_a", "deep_2", "deep_1", "last",
    ];
    assert_eq!(layers, users, "{names:?}");
}

/// The first half of a file.
fn half(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() / 2].to_vec()
}

/// A safetensors file with this header and so many bytes of values.
fn header(text: &str, values: usize) -> Vec<u8> {
    let mut file = (text.len() as u64).to_le_bytes().to_vec();
    file.extend(text.as_bytes());
    file.resize(file.len() + values, 0);
    file
}

/// An ONNX model with one initialiser of these fields.
fn model(tensor: &[u8]) -> Vec<u8> {
    let field =
        |number: u8, content: &[u8]| [&[number << 3 | 2, content.len() as u8], content].concat();
    [
        &[0x08, 7, 0x42, 2, 0x10, 13],
        &field(7, &field(5, tensor))[..],
    ]
    .concat()
}

/// A PyTorch stream whose dictionary is this pickle.
fn pickled(dictionary: &[u8]) -> Vec<u8> {
    let begin = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.";
    [begin, dictionary].concat()
}

/// Files that no one can start from, named by what is wrong with them.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let eight = |last: &str| {
        let shape = |at: usize| match at {
            7 => last.to_string(),
            _ => "[3,3,3,3]".to_string(),
        };
        let entry = |at: usize| {
            let (start, end) = (at * 324, at * 324 + 324);
            format!(
                r#""c{at}":{{"dtype":"F32","shape":{},"data_offsets":[{start},{end}]}}"#,
                shape(at)
            )
        };
        let entries: Vec<String> = (0..8).map(entry).collect();
        header(&format!("{{{}}}", entries.join(",")), 8 * 324)
    };
    vec![
        ("cut.pth", half(&foreign("narrow.pth"))),
        ("cut.keras", half(&foreign("narrow.keras"))),
        ("cut.onnx", half(&foreign("narrow.onnx"))),
        ("cut.h5", half(&small("keras/legacy.h5"))),
        ("cut.weights.h5", half(&small("keras/keras3.weights.h5"))),
        ("cut.safetensors", half(&small("network.safetensors"))),
        ("cut_stream.pth", half(&small("plain_stream.pth"))),
        ("huge.h5", small("keras/huge.h5")),
        ("bomb.h5", small("keras/bomb.h5")),
        (
            "huge.onnx",
            model(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x10\x01\x42\x01w"),
        ),
        (
            "huge_header.safetensors",
            [&u64::MAX.to_le_bytes()[..], b"{"].concat(),
        ),
        (
            "huge_shape.safetensors",
            header(
                r#"{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,16]}}"#,
                16,
            ),
        ),
        (
            "system.pth",
            pickled(b"\x80\x02cos\nsystem\nU\x10touch hacked.txt\x85R."),
        ),
        (
            "eval.pth",
            pickled(b"\x80\x02cbuiltins\neval\nU\x041+1+\x85R."),
        ),
        (
            "endless.pth",
            pickled(&[&b"\x80\x02"[..], &b"]".repeat(1 << 20)].concat()),
        ),
        (
            "group_loop.weights.h5",
            small("keras/group_loop.weights.h5"),
        ),
        ("soft_loop.h5", small("keras/soft_loop.h5")),
        ("other_file.h5", small("keras/external_link.h5")),
        ("other_data.h5", small("keras/external_data.h5")),
        ("other_data.onnx", small("external.onnx")),
        ("no_weights.h5", small("keras/other.h5")),
        ("other_network.pth", small("plain_zip.pth")),
        ("no_convolution.safetensors", small("odd.safetensors")),
        ("channels.safetensors", eight("[9,1,3,3]")),
        ("no_bias.safetensors", eight("[3,3,3,3]")),
        ("lying_shape.safetensors", eight("[3,3,3,4]")),
        ("empty.pth", Vec::new()),
        ("notes.txt", b"weights are in the other folder\n".to_vec()),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
        ("zeros.h5", vec![0; 4096]),
    ]
}

/// Runs the program until it was fast once.
fn fast(place: &Place, arguments: &[&str]) -> Outcome {
    for _ in 0..TRIES {
        let start = Instant::now();
        let outcome = place.run(arguments);
        if start.elapsed() < REFUSED_WITHIN {
            return outcome;
        }
    }
    panic!("{arguments:?} took more than {REFUSED_WITHIN:?} each of {TRIES} times");
}

/// `CORDSIGHT_UPDATE=1` writes the lines anew, for a person to read.
#[test]
fn hostile_files_end_in_one_line_each_and_nothing_is_written() {
    let place = Place::new();
    let mut names = vec!["folder", "missing.h5"];
    place.write("folder/notes.txt", "nothing");
    let files = hostile();
    for (name, bytes) in &files {
        place.write(name, bytes);
        names.push(*name);
    }
    let before = place.tree();
    let mut lines = String::new();
    for name in names.iter().copied() {
        let shown = fast(&place, &["weights", "info", name]);
        let imported = fast(
            &place,
            &["weights", "import", name, "--out", "body.safetensors"],
        );
        for outcome in [&shown, &imported] {
            assert_eq!(outcome.code, Some(1), "{name}: {outcome:?}");
            assert_eq!(outcome.stdout, "", "{name}");
            assert_eq!(outcome.stderr.lines().count(), 1, "{name}: {outcome:?}");
        }
        assert!(
            shown.stderr.starts_with(&format!("error: {name}")),
            "{shown:?}"
        );
        assert_eq!(shown.stderr, imported.stderr, "{name}");
        assert!(place.tree() == before, "{name} wrote something");
        lines += &shown.stderr;
    }
    let path = tests().join("snapshots/refused_weights.txt");
    if std::env::var_os("CORDSIGHT_UPDATE").is_some() {
        std::fs::write(&path, &lines).expect("a file");
    }
    let expected = std::fs::read_to_string(&path).expect("the lines");
    assert_eq!(expected.lines().count(), names.len());
    for (found, expected) in lines.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
}
