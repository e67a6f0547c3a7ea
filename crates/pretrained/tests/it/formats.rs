//! Reading what PyTorch, safetensors and ONNX wrote.

use pretrained::{Format, ReadError, read};

use crate::golden::{assert_same, bytes, described};

#[test]
fn every_file_gives_the_values_that_its_maker_reads_bit_for_bit() {
    let mut formats = Vec::new();
    for (name, mut expected) in described() {
        let file = read(&bytes(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut found = file.tensors;
        if file.format == Format::Safetensors {
            found.sort_by(|a, b| a.name.cmp(&b.name));
            expected.sort_by(|a, b| a.name.cmp(&b.name));
        }
        assert_same(&found, &expected, &name);
        formats.push(file.format);
    }
    let count = |format| formats.iter().filter(|found| **found == format).count();
    let counts = [Format::Torch, Format::Safetensors, Format::Onnx].map(count);
    assert_eq!(counts, [9, 1, 2]);
}

#[test]
fn what_is_no_weight_is_named_with_its_reason() {
    let left_out = |name: &str| read(&bytes(name)).unwrap().left_out;
    assert_eq!(
        left_out("odd_stream.pth"),
        [
            "\"steps\": holds 64-bit integers",
            "\"flags\": holds truth values"
        ]
    );
    assert_eq!(
        left_out("checkpoint_zip.pth"),
        [
            "\"epoch\": not part of the state dictionary",
            "\"loss\": not part of the state dictionary",
            "\"optimizer\": not part of the state dictionary",
            "\"1.num_batches_tracked\": holds 64-bit integers"
        ]
    );
    assert_eq!(left_out("odd.onnx"), ["\"steps\": holds INT64"]);
    assert_eq!(
        left_out("odd.safetensors"),
        ["\"steps\": holds I64", "\"flags\": holds BOOL"]
    );
}

#[test]
fn values_in_another_file_are_refused_with_the_way_out() {
    let error = read(&bytes("external.onnx")).unwrap_err().to_string();
    let expected = "ONNX: \"raw\": found values in another file, which is not supported; \
        save the model in one file (onnx.save_model with save_as_external_data=False)";
    assert_eq!(error, expected);
}

#[test]
fn a_reader_does_not_claim_the_files_of_another() {
    let files = [
        "plain_zip.pth",
        "odd_stream.pth",
        "odd.safetensors",
        "odd.onnx",
    ];
    let readers = [
        pretrained::torch::read,
        pretrained::safetensors::read,
        pretrained::onnx::read,
    ];
    let mut claims = 0;
    for file in files {
        let outcomes = readers.map(|read| read(&bytes(file)));
        let unknown = outcomes.iter().filter(|o| **o == Err(ReadError::Unknown));
        assert_eq!(unknown.count(), 2, "{file}");
        claims += outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    }
    assert_eq!(claims, files.len());
}

#[test]
fn other_files_are_unknown() {
    for other in [
        &b""[..],
        b"\x08",
        b"\x08\x07",
        b"\x89PNG\r\n\x1a\n",
        b"{\"weights\": []}",
        b"\x80\x02}q\x00.",
        b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ] {
        assert_eq!(read(other), Err(ReadError::Unknown), "{other:?}");
    }
}
