//! Pickles that ask for more than tensors, or lie about them. None is executed, each gives one line.

use pretrained::{ReadError, read};

use crate::golden::bytes;
use crate::hostile::one_line;

/// A stream file with this pickle as its dictionary, and those of the storages a and b, of 4 numbers, that it names.
fn stream(dictionary: &[u8]) -> Vec<u8> {
    let begin = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.";
    let mut file = [begin, dictionary, b"\x80\x02]("].concat();
    let names = |key: &u8| dictionary.windows(3).any(|part| part == [b'U', 1, *key]);
    let keys: Vec<u8> = [b'a', b'b'].into_iter().filter(names).collect();
    file.extend(keys.iter().flat_map(|key| [b'U', 1, *key]));
    file.extend_from_slice(b"e.");
    for (storage, _) in keys.iter().enumerate() {
        file.extend_from_slice(&4_u64.to_le_bytes());
        for number in 0..4 {
            file.extend_from_slice(&((storage * 4 + number) as f32).to_le_bytes());
        }
    }
    file
}

/// The pickle of `{"w": tensor of storage a, "v": tensor of storage b}`, with this offset, shape and strides for w.
fn dictionary(view: &[u8]) -> Vec<u8> {
    let storage = |key: u8| {
        let mut id = b"(U\x07storagectorch\nFloatStorage\nU\x01".to_vec();
        id.extend_from_slice(&[key, b'U', 3, b'c', b'p', b'u', b'K', 4, b'N', b't', b'Q']);
        id
    };
    let mut pickle = b"\x80\x02}(".to_vec();
    for (name, key, view) in [
        (b'w', b'a', view),
        (b'v', b'b', &b"K\0K\x04\x85K\x01\x85"[..]),
    ] {
        pickle.extend_from_slice(&[b'U', 1, name]);
        pickle.extend_from_slice(b"ctorch._utils\n_rebuild_tensor_v2\n(");
        pickle.extend_from_slice(&storage(key));
        pickle.extend_from_slice(view);
        pickle.extend_from_slice(b"\x89}tR");
    }
    pickle.extend_from_slice(b"u.");
    pickle
}

fn error_of_view(view: &[u8]) -> String {
    let error = read(&stream(&dictionary(view))).unwrap_err();
    one_line(&error)
}

#[test]
fn a_view_by_hand_reads_its_storage() {
    let file = read(&stream(&dictionary(b"K\x01K\x02K\x02\x86K\x01K\x01\x86"))).unwrap();
    let values = |i: usize| file.tensors[i].values.as_slice();
    assert_eq!(values(0), [1.0, 2.0, 2.0, 3.0]);
    assert_eq!(values(1), [4.0, 5.0, 6.0, 7.0]);
}

#[test]
fn calls_are_refused_by_their_names_in_every_spelling() {
    let spellings: [&[u8]; 4] = [
        b"\x80\x02cos\nsystem\nU\x02id\x85R.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.",
        b"(U\x02idios\nsystem\n.",
        b"\x80\x02cposix\nsystem\nU\x02id\x85R.",
    ];
    for (spelling, name) in spellings.into_iter().zip(["os", "os", "os", "posix"]) {
        let error = read(&stream(spelling)).unwrap_err();
        assert!(matches!(error, ReadError::Unsupported { .. }), "{error}");
        let line = one_line(&error);
        assert!(line.contains(&format!("found \"{name}.system\"")), "{line}");
        assert!(line.ends_with("torch.save(model.state_dict(), \"weights.pth\")"));
    }
}

#[test]
fn whole_models_and_newer_kinds_of_tensors_are_refused_by_their_names() {
    for name in [
        "torchvision.models.vgg.VGG",
        "torch._utils._rebuild_qtensor",
        "torch._tensor._rebuild_from_type_v2",
        "torch.load",
        "builtins.eval",
        "collections.defaultdict",
    ] {
        let (module, member) = name.rsplit_once('.').unwrap();
        let pickle = format!("c{module}\n{member}\n)R.");
        let line = one_line(&read(&stream(pickle.as_bytes())).unwrap_err());
        assert!(line.contains(&format!("found \"{name}\"")), "{line}");
    }
}

#[test]
fn objects_made_without_a_name_are_refused_by_the_instruction() {
    for (pickle, instruction) in [
        (&b"}\x81."[..], "0x81"),
        (b"\x82\x01.", "0x82"),
        (b"(oK\x01.", "0x6f"),
    ] {
        let line = one_line(&read(&stream(pickle)).unwrap_err());
        assert!(
            line.contains(&format!("pickle instruction {instruction}")),
            "{line}"
        );
    }
}

#[test]
fn views_outside_their_storage_are_refused() {
    let outside =
        "found a shape and strides that lead outside its storage, expected at most 4 numbers";
    for view in [
        &b"K\x01K\x04\x85K\x01\x85"[..],
        b"K\x04K\x01\x85K\x01\x85",
        b"K\0K\x02K\x02\x86K\x03K\x01\x86",
        b"K\0K\x02\x85\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85",
        b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\x02\x85\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f\x85",
    ] {
        let line = error_of_view(view);
        assert!(line.contains(outside) && line.contains("\"w\""), "{line}");
    }
}

#[test]
fn shapes_larger_than_the_file_are_refused_even_with_strides_of_zero() {
    for view in [
        &b"K\0J\xff\xff\xff\x7f\x85K\0\x85"[..],
        b"K\0(J\xff\xff\xff\x7fJ\xff\xff\xff\x7fJ\xff\xff\xff\x7ft(K\0K\0K\0t",
        b"K\0M\xff\xff\x85K\0\x85",
    ] {
        let line = error_of_view(view);
        assert!(
            line.contains("expected values that fit into the file"),
            "{line}"
        );
    }
    let many = [
        b"K\0(".as_slice(),
        &b"K\x01".repeat(40),
        b"t(",
        &b"K\x01".repeat(40),
        b"t",
    ];
    let line = error_of_view(&many.concat());
    assert!(line.contains("expected at most 8 sides"), "{line}");
}

#[test]
fn many_tensors_of_one_storage_may_not_outgrow_the_file() {
    let mut pickle = b"\x80\x02}(U\x01w".to_vec();
    let one = dictionary(b"K\0K\x04\x85K\x01\x85");
    let place = |part: &[u8]| one.windows(part.len()).position(|w| w == part).unwrap();
    pickle.extend_from_slice(&one[place(b"ctorch._utils")..place(b"tR") + 2]);
    pickle.extend_from_slice(b"q\x01");
    for name in 0..2000_u16 {
        let name = format!("{name:04}");
        pickle.extend_from_slice(&[b'U', 4]);
        pickle.extend_from_slice(name.as_bytes());
        pickle.extend_from_slice(b"h\x01");
    }
    pickle.extend_from_slice(b"u.");
    // 9 bytes of the file for each tensor of 16 bytes: allowed, and no more than that.
    let file = stream(&pickle);
    let values: usize = read(&file)
        .unwrap()
        .tensors
        .iter()
        .map(|t| t.values.len())
        .sum();
    assert!(values > 8_000 && values * 4 < 3 * file.len());
}

#[test]
fn negative_and_missing_numbers_are_refused() {
    for view in [
        &b"J\xff\xff\xff\xffK\x04\x85K\x01\x85"[..],
        b"K\0J\xff\xff\xff\xff\x85K\x01\x85",
        b"K\0K\x04\x85J\xff\xff\xff\xff\x85",
        b"K\0K\x04\x85K\x01K\x01\x86",
        b"NK\x04\x85K\x01\x85",
    ] {
        let line = error_of_view(view);
        assert!(line.contains("found a tensor of other parts"), "{line}");
    }
}

#[test]
fn a_pickle_of_values_without_end_is_refused() {
    for instruction in [&b"N"[..], b"(", b"]", b")", b"NN\x86"] {
        let pickle = [b"\x80\x02".as_slice(), &instruction.repeat(400_000), b"."].concat();
        let line = one_line(&read(&stream(&pickle)).unwrap_err());
        assert!(line.contains("found too many values"), "{line}");
    }
    let again = [b"Nq\x01".as_slice(), &b"h\x01".repeat(400_000), b"."].concat();
    let line = one_line(&read(&stream(&again)).unwrap_err());
    assert!(line.contains("found too many values"), "{line}");
    let list = [b"](".as_slice(), &b"NN\x86".repeat(20_000), b"eq\x01"].concat();
    let copies = b"ccollections\nOrderedDict\nh\x01\x85R".repeat(100);
    let line = one_line(&read(&stream(&[list, copies, b".".to_vec()].concat())).unwrap_err());
    assert!(line.contains("found too many values"), "{line}");
}

#[test]
fn deep_nesting_does_not_recurse() {
    let pickle = [b"N".as_slice(), &b"\x85".repeat(90_000), b"."].concat();
    let mut file = stream(&pickle);
    // A short file may not have so many values.
    file.resize(6 << 20, 0);
    let line = one_line(&read(&file).unwrap_err());
    assert!(
        line.contains("found something else than a dictionary"),
        "{line}"
    );
}

#[test]
fn a_dictionary_that_holds_itself_is_read_like_any_other() {
    let line = one_line(&read(&stream(b"}q\x01U\x05modelh\x01s.")).unwrap_err());
    assert!(
        line.contains("found no tensors, but the keys \"model\""),
        "{line}"
    );
}

#[test]
fn a_storage_shorter_than_its_tensor_says_is_refused() {
    let mut file = stream(&dictionary(b"K\0K\x04\x85K\x01\x85"));
    let at = file.len() - 24;
    for length in [3_u64, 5, 1 << 40, u64::MAX] {
        file[at..at + 8].copy_from_slice(&length.to_le_bytes());
        let line = one_line(&read(&file).unwrap_err());
        assert!(line.contains("the file is damaged or cut off"), "{line}");
    }
    let sound = bytes("odd_stream.pth");
    assert!(read(&sound).is_ok());
}
