//! No file makes a reader take more than four times its bytes and 1 MiB, the file itself not counted.
//!
//! A binary of its own, because it counts every allocation of the process; one test, because tests run side by side.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that panics fails, which is what it is for"
)]

use peak_alloc::PeakAlloc;
use pretrained::keras::{Layer, write_h5, write_weights_h5};
use pretrained::{ReadError, Tensor, WeightFile, read, safetensors};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MEMORY_MIN: usize = 1 << 20;

type Reader = fn(&[u8]) -> Result<WeightFile, ReadError>;

/// Layers of four numbers each: next to nothing but tables.
fn small_layers(count: usize) -> Vec<Layer> {
    let weight = |name: &str| Tensor {
        name: name.to_string(),
        shape: vec![2],
        values: vec![0.5; 2],
    };
    let layer = |at| Layer {
        class: "dense".to_string(),
        name: format!("dense_{at}"),
        weights: vec![weight("kernel"), weight("bias")],
    };
    (0..count).map(layer).collect()
}

fn header(text: &str, data: usize) -> Vec<u8> {
    let mut file = (text.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(text.as_bytes());
    file.resize(file.len() + data, 0);
    file
}

/// A safetensors file of so many tensors of one number.
fn many_tensors(count: usize) -> Vec<u8> {
    let entry = |at| {
        let end = 4 * at + 4;
        format!(
            r#""{at}":{{"dtype":"F32","shape":[1],"data_offsets":[{},{end}]}}"#,
            4 * at
        )
    };
    let entries: Vec<String> = (0..count).map(entry).collect();
    header(&format!("{{{}}}", entries.join(",")), 4 * count)
}

/// A PyTorch stream whose dictionary is this pickle.
fn stream(pickle: &[u8]) -> Vec<u8> {
    let begin = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02";
    [begin, pickle, b"."].concat()
}

/// An archive of nothing but its table: so many parts without a byte.
fn many_parts(count: usize) -> Vec<u8> {
    let mut file = [&b"PK\x03\x04"[..], &[0; 26]].concat();
    let start = file.len() as u32;
    for at in 0..count {
        let name = format!("{at:x}");
        file.extend_from_slice(b"PK\x01\x02");
        file.extend_from_slice(&[0; 24]);
        file.extend_from_slice(&(name.len() as u16).to_le_bytes());
        file.extend_from_slice(&[0; 16]);
        file.extend_from_slice(name.as_bytes());
    }
    let length = file.len() as u32 - start;
    file.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    file.extend_from_slice(&(count as u16).to_le_bytes().repeat(2));
    file.extend_from_slice(&[length.to_le_bytes(), start.to_le_bytes()].concat());
    file.extend_from_slice(&[0; 2]);
    file
}

/// A graph with this initialiser so many times.
fn graph(initialiser: &[u8], count: usize) -> Vec<u8> {
    let tensor = [&[0x2a, initialiser.len() as u8], initialiser]
        .concat()
        .repeat(count);
    let mut file = vec![0x08, 7, 0x42, 2, 0x10, 13, 0x3a];
    let mut length = tensor.len();
    while length >= 0x80 {
        file.push(length as u8 | 0x80);
        length >>= 7;
    }
    file.push(length as u8);
    file.extend_from_slice(&tensor);
    file
}

#[test]
fn no_reader_takes_more_than_four_times_the_file() {
    let wide = |bytes: &[u8]| Tensor {
        name: "w".to_string(),
        shape: vec![bytes.len() / 4],
        values: vec![1.0; bytes.len() / 4],
    };
    let plain = safetensors::write(&[wide(&[0; 8 << 20])], &[]).unwrap();
    let shape = "0,".repeat(16_000);
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        (
            "Keras 2, small layers",
            write_h5(&small_layers(1500)).unwrap(),
        ),
        (
            "Keras 3, small layers",
            write_weights_h5(&small_layers(1500), &[]).unwrap(),
        ),
        ("safetensors, one tensor", plain),
        ("safetensors, small tensors", many_tensors(480)),
        (
            "safetensors, long shape",
            header(
                &format!(r#"{{"w":{{"dtype":"F32","shape":[{shape}0],"data_offsets":[0,0]}}}}"#),
                0,
            ),
        ),
        (
            "safetensors, words",
            header(
                &format!(
                    r#"{{"__metadata__":{{{}"z":""}}}}"#,
                    (0..3300)
                        .map(|i| format!(r#""{i:x}":"","#))
                        .collect::<String>()
                ),
                0,
            ),
        ),
        ("archive, parts", many_parts(65_000)),
        ("ONNX, integers", graph(b"\x10\x07", 1 << 19)),
        ("ONNX, empty tensors", graph(b"\x08\0\x10\x01", 1 << 19)),
        (
            "ONNX, single numbers",
            graph(b"\x10\x01\x42\x01w\x4a\x04\0\0\0\0", 1 << 18),
        ),
    ];
    for count in [1 << 12, 1 << 14, 1 << 20] {
        for (name, pickle) in [
            ("pickle, nothings", &b"N"[..]),
            ("pickle, tuples", b")\x85"),
            ("pickle, lists", b"]"),
            ("pickle, marks", b"("),
            ("pickle, names", b"X\0\0\0\0\x94"),
        ] {
            files.push((name, stream(&pickle.repeat(count))));
        }
    }
    let reader: Reader = read;
    let mut measured = 0;
    for (name, bytes) in &files {
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let outcome = reader(bytes);
        let taken = MEMORY.peak_usage() - before;
        let times = taken as f64 / bytes.len() as f64;
        let what = match &outcome {
            Ok(file) => format!("{} tensors", file.tensors.len()),
            Err(error) => error.to_string(),
        };
        println!(
            "{name}: {} bytes, {taken} of memory ({times:.2} times): {what}",
            bytes.len()
        );
        drop(outcome);
        let most = 4 * bytes.len() + MEMORY_MIN;
        assert!(
            taken <= most,
            "{name}: {taken} bytes of memory for {} of file",
            bytes.len()
        );
        measured += 1;
    }
    assert_eq!(measured, files.len());
}
