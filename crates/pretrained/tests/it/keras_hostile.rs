//! Files that are cut off, lie, or point elsewhere: one line each, and no panic.

use pretrained::ReadError;
use pretrained::keras;

use crate::keras::golden;

fn line(file: &str) -> String {
    let line = keras::read(&golden(file)).unwrap_err().to_string();
    assert!(!line.contains('\n'));
    line
}

#[test]
fn links_and_data_in_other_files_are_refused() {
    let link = line("external_link.h5");
    assert!(link.contains("a link to another file"), "{link}");
    let data = line("external_data.h5");
    assert!(data.contains("\"conv/w\""), "{data}");
}

#[test]
fn circles_of_links_and_groups_are_refused() {
    let soft = line("soft_loop.h5");
    assert!(soft.contains("\"w\""), "{soft}");
    let groups = line("group_loop.weights.h5");
    assert!(groups.contains("a group within itself"), "{groups}");
}

#[test]
fn sizes_beyond_the_file_are_refused_before_anything_is_allocated() {
    for file in ["huge.h5", "bomb.h5"] {
        let line = line(file);
        assert!(line.contains("values that fit into the file"), "{line}");
    }
}

#[test]
fn hdf5_of_others_and_other_files_are_told_apart() {
    let line = line("other.h5");
    assert!(
        line.contains("neither layer_names nor a group layers"),
        "{line}"
    );
    assert_eq!(keras::read(b"no weights"), Err(ReadError::Unknown));
    assert_eq!(keras::read(b""), Err(ReadError::Unknown));
}

#[test]
fn every_cut_off_file_is_an_error_in_one_line() {
    let mut cuts = 0;
    for file in [
        "keras3.weights.h5",
        "keras1.h5",
        "encodings_latest.h5",
        "plain.keras",
    ] {
        let whole = golden(file);
        for length in (0..whole.len()).step_by(97) {
            let error = keras::read(&whole[..length]).unwrap_err().to_string();
            assert!(!error.contains('\n') && error.len() < 400, "{error}");
            cuts += 1;
        }
    }
    assert!(cuts > 500);
}

#[test]
fn damaged_bytes_give_an_error_or_tensors_that_fill_their_shapes() {
    let (mut errors, mut read) = (0, 0);
    for file in ["keras3.weights.h5", "split_names.h5", "encodings_latest.h5"] {
        let whole = golden(file);
        for at in (0..whole.len()).step_by(31) {
            let mut bytes = whole.clone();
            bytes[at] = !bytes[at];
            match keras::read(&bytes) {
                Err(_) => errors += 1,
                Ok(file) => {
                    read += 1;
                    for tensor in &file.tensors {
                        let count: usize = tensor.shape.iter().product();
                        assert_eq!(tensor.values.len(), count);
                    }
                }
            }
        }
    }
    assert!(errors > 100 && read > 100, "{errors} {read}");
}
