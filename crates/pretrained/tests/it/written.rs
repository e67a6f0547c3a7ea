//! Safetensors written and read again.

use pretrained::{Tensor, WriteError, read, safetensors};
use proptest::prelude::*;

use crate::golden::assert_same;

fn tensors() -> impl Strategy<Value = Vec<Tensor>> {
    let tensor = prop::collection::vec(0_usize..4, 0..5).prop_flat_map(|shape| {
        let count = shape.iter().product::<usize>();
        prop::collection::vec(any::<u32>().prop_map(f32::from_bits), count)
            .prop_map(move |values| (shape.clone(), values))
    });
    prop::collection::btree_map("\\PC{1,12}", tensor, 1..6).prop_map(|map| {
        let tensors = map.into_iter();
        tensors
            .map(|(name, (shape, values))| Tensor {
                name,
                shape,
                values,
            })
            .collect()
    })
}

fn one(name: &str, shape: &[usize], values: &[f32]) -> Tensor {
    Tensor {
        name: name.to_string(),
        shape: shape.to_vec(),
        values: values.to_vec(),
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again_bit_for_bit(tensors in tensors(), key in "\\PC{0,9}") {
        let bytes = safetensors::write(&tensors, &[(&key, "a \"word\"\n")]).unwrap();
        let mut found = read(&bytes).unwrap().tensors;
        found.sort_by(|a, b| a.name.cmp(&b.name));
        assert_same(&found, &tensors, "written");
        let again = safetensors::write(&found, &[(&key, "a \"word\"\n")]).unwrap();
        prop_assert_eq!(bytes, again);
    }
}

#[test]
fn the_header_has_the_metadata_in_sorted_order() {
    let weight = one("w", &[2], &[1.0, 2.0]);
    let bytes = safetensors::write(&[weight], &[("use", "research"), ("format", "pt")]).unwrap();
    let header = "{\"__metadata__\":{\"format\":\"pt\",\"use\":\"research\"},\
        \"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
    assert!(bytes[8..].starts_with(header.as_bytes()));
    assert_eq!(bytes.len() % 8, 0);
}

#[test]
fn tensors_that_cannot_be_written_are_named() {
    let short = safetensors::write(&[one("w", &[3], &[1.0])], &[]);
    assert_eq!(
        short.unwrap_err().to_string(),
        "\"w\": found 1 values, expected 3, those of its shape [3]"
    );
    let twice = [one("w", &[1], &[1.0]), one("w", &[1], &[2.0])];
    let name = |name: &str| WriteError::Name { name: name.into() };
    assert_eq!(safetensors::write(&twice, &[]), Err(name("w")));
    let reserved = [one("__metadata__", &[1], &[1.0])];
    assert_eq!(
        safetensors::write(&reserved, &[]),
        Err(name("__metadata__"))
    );
}
