//! Bodies found among the names and shapes that Keras, torchvision and timm write (golden/vgg_names.txt).

use pretrained::vgg::{
    Body, Depth, FULL_CHANNELS, Layout, NotVgg, Order, find_body, hwio_to_oihw, keras_names,
    keras3_names, oihw_to_hwio, to_keras, to_torchvision, torchvision_names, transpose,
};
use pretrained::{ChannelOrder, Format, Preprocessing, Tensor};
use proptest::prelude::*;

const GOLDEN: &str = include_str!("golden/vgg_names.txt");

/// Words of a heading, then names and shapes.
type Case = (Vec<&'static str>, Vec<(String, Vec<usize>)>);

/// The cases of the golden file.
fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in GOLDEN.lines() {
        let mut words = line.split(' ');
        match words.next() {
            Some("@") => cases.push((words.collect(), Vec::new())),
            Some("#" | "=") => {}
            Some(name) => {
                let sides = words.map(|side| side.parse().expect("a side")).collect();
                cases
                    .last_mut()
                    .expect("a case")
                    .1
                    .push((name.to_string(), sides));
            }
            None => {}
        }
    }
    cases
}

fn case(heading: &str) -> Vec<Tensor> {
    let wanted: Vec<&str> = heading.split(' ').collect();
    let (_, rows) = cases()
        .into_iter()
        .find(|(words, _)| *words == wanted)
        .expect("a case");
    numbered(&rows)
}

/// Values of a golden line `= NAME ...`.
fn values(name: &str) -> Vec<f32> {
    let line = GOLDEN
        .lines()
        .find_map(|line| line.strip_prefix(&format!("= {name} ")));
    line.expect("a line")
        .split(' ')
        .map(|value| value.parse().expect("a number"))
        .collect()
}

/// Tensors in which each value tells its tensor and place, few values where the tensor is a large classifier's.
fn numbered(rows: &[(String, Vec<usize>)]) -> Vec<Tensor> {
    let tensor = |(at, (name, shape)): (usize, &(String, Vec<usize>))| {
        let count: usize = shape.iter().product();
        let kept = if count > 3_000_000 { 0 } else { count };
        let values = (0..kept).map(|place| (at * 7919 + place) as f32).collect();
        Tensor {
            name: name.clone(),
            shape: shape.clone(),
            values,
        }
    };
    rows.iter().enumerate().map(tensor).collect()
}

fn depth(name: &str) -> Depth {
    Depth::ALL
        .into_iter()
        .find(|depth| depth.to_string() == name)
        .expect("a depth")
}

fn format(name: &str) -> Format {
    match name {
        "keras.h5" => Format::KerasH5,
        "keras.weights.h5" => Format::KerasWeightsH5,
        "torchvision" => Format::Torch,
        "timm" => Format::Safetensors,
        other => panic!("{other}"),
    }
}

/// Small tensors of a body of these channels, in PyTorch's names and layouts.
fn torch_body(depth: Depth, channels: [usize; 5], head: bool) -> Vec<Tensor> {
    let mut rows = Vec::new();
    let mut names = torchvision_names(depth).into_iter();
    let mut add = |shape: Vec<usize>| {
        let outputs = shape[0];
        rows.push((names.next().expect("a name"), shape));
        rows.push((names.next().expect("a name"), vec![outputs]));
    };
    let mut inputs = 3;
    for (outputs, count) in channels.into_iter().zip(depth.blocks()) {
        for _ in 0..count {
            add(vec![outputs, inputs, 3, 3]);
            inputs = outputs;
        }
    }
    if head {
        add(vec![128, inputs]);
        add(vec![64, 128]);
        add(vec![1, 64]);
    }
    numbered(&rows)
}

#[test]
fn every_file_of_keras_torchvision_and_timm_gives_its_body() {
    let mut seen = 0;
    for (words, rows) in cases() {
        let [library, name, kind] = words[..] else {
            panic!("{words:?}")
        };
        if kind == "normalised" {
            continue;
        }
        let tensors = numbered(&rows);
        let body =
            find_body(&tensors, format(library)).unwrap_or_else(|e| panic!("{words:?}: {e}"));
        assert_eq!(body.depth, depth(name));
        let width = if kind == "head" { 16 } else { 1 };
        assert_eq!(
            body.channels,
            FULL_CHANNELS.map(|full| full / width),
            "{words:?}"
        );
        assert_eq!(body.width(), Some(1.0 / width as f64));
        assert_eq!(body.report.order, Order::Names, "{words:?}");
        let keras = library.starts_with("keras");
        let layout = if keras { Layout::Hwio } else { Layout::Oihw };
        assert_eq!(body.report.layout, layout, "{words:?}");
        assert_eq!(body.has_head(), kind == "head", "{words:?}");
        assert_eq!(body.report.left_out.is_empty(), kind != "top", "{words:?}");
        if kind == "top" {
            assert!(
                body.report
                    .left_out
                    .iter()
                    .all(|(_, why)| why.contains("1000 classes"))
            );
            assert_eq!(body.report.left_out.len(), 6);
        }
        let taken: Vec<String> = body
            .report
            .taken
            .iter()
            .map(|(from, _)| from.clone())
            .collect();
        let names = match library {
            "torchvision" | "timm" => Some(torchvision_names(body.depth)),
            "keras.weights.h5" => Some(keras3_names(body.depth)),
            // The names within the group differ among versions of Keras.
            _ => None,
        };
        match names {
            Some(names) => assert_eq!(taken, names[..taken.len()], "{words:?}"),
            None => assert_groups(&taken, &keras_names(body.depth)),
        }
        assert_eq!(
            body.report.taken.len() + body.report.left_out.len(),
            tensors.len()
        );
        seen += 1;
    }
    assert_eq!(seen, 21);
}

/// The layers' groups agree, in order, and each kernel stands before its bias.
fn assert_groups(taken: &[String], names: &[String]) {
    for (found, name) in taken.iter().zip(names) {
        let group = |path: &str| path.split('/').next().map(str::to_string);
        assert_eq!(group(found), group(name));
        assert_eq!(found.contains("bias"), name.contains("bias"));
    }
}

#[test]
fn names_of_keras_before_two_pair_kernel_and_bias() {
    // As in the files of 2016, which sort W before b in each group; here the layers stand in reverse.
    let mut rows = Vec::new();
    let mut inputs = 3;
    for (block, (outputs, count)) in [2, 4, 6, 8, 8].into_iter().zip([2, 2, 3, 3, 3]).enumerate() {
        for place in 1..=count {
            let layer = format!("block{}_conv{place}", block + 1);
            rows.push((
                format!("{layer}/{layer}_W_1:0"),
                vec![3, 3, inputs, outputs],
            ));
            rows.push((format!("{layer}/{layer}_b_1:0"), vec![outputs]));
            inputs = outputs;
        }
    }
    let expected: Vec<String> = rows.iter().map(|(name, _)| name.clone()).collect();
    rows.reverse();
    let body = find_body(&numbered(&rows), Format::KerasH5).expect("a body");
    let taken: Vec<String> = body
        .report
        .taken
        .into_iter()
        .map(|(from, _)| from)
        .collect();
    assert_eq!(taken, expected);
}

#[test]
fn normalisation_in_somebody_elses_head_is_left_out() {
    let mut tensors = torch_body(Depth::Vgg16, [4, 8, 16, 32, 32], false);
    for layer in ["batch_normalization", "batch_normalization_1"] {
        for part in ["sub", "mul"] {
            tensors.push(Tensor {
                name: format!("{layer}/batchnorm/{part}:0"),
                shape: vec![64],
                values: vec![0.0; 64],
            });
        }
    }
    let body = find_body(&tensors, Format::Torch).expect("a body");
    assert_eq!(body.report.left_out.len(), 4);
}

#[test]
fn normalised_networks_are_refused_by_one_line_with_names_or_without() {
    for heading in [
        "torchvision vgg16 normalised",
        "keras.weights.h5 vgg11 normalised",
    ] {
        let error = find_body(&case(heading), Format::Torch).expect_err("normalised");
        assert!(
            matches!(error, NotVgg::BatchNormalisation { .. }),
            "{error}"
        );
        assert!(!error.to_string().contains('\n'));
    }
    let mut unnamed = torch_body(Depth::Vgg11, [4, 8, 16, 32, 32], false);
    for at in 0..8 {
        for _ in 0..4 {
            let outputs = unnamed[2 * at].shape[0];
            unnamed.push(Tensor {
                name: String::new(),
                shape: vec![outputs],
                values: vec![0.0; outputs],
            });
        }
    }
    for (at, tensor) in unnamed.iter_mut().enumerate() {
        tensor.name = format!("w{at}");
    }
    let error = find_body(&unnamed, Format::Onnx).expect_err("normalised");
    assert!(
        matches!(error, NotVgg::BatchNormalisation { .. }),
        "{error}"
    );
}

#[test]
fn a_file_without_telling_names_is_read_by_order_and_one_without_order_by_shapes() {
    let channels = [2, 4, 6, 8, 10];
    let right =
        find_body(&torch_body(Depth::Vgg16, channels, true), Format::Torch).expect("a body");
    let mut tensors = torch_body(Depth::Vgg16, channels, true);
    for (at, tensor) in tensors.iter_mut().enumerate() {
        tensor.name = ["x", "y", "z"][at % 3].repeat(at / 3 + 1);
    }
    let by_file = find_body(&tensors, Format::Onnx).expect("a body");
    assert_eq!(by_file.report.order, Order::File);
    assert_eq!(by_file.parameters, right.parameters);
    // Blocks in reverse, their convolutions in order.
    tensors.sort_by_key(|tensor| std::cmp::Reverse((tensor.shape[0], tensor.shape.len() < 4)));
    let by_shape = find_body(&tensors, Format::Onnx).expect("a body");
    assert_eq!(by_shape.report.order, Order::Shapes);
    let shapes = |body: &Body| {
        body.parameters
            .iter()
            .map(|p| p.shape.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(shapes(&by_shape), shapes(&right));
}

#[test]
fn three_channels_everywhere_are_told_apart_by_the_format() {
    let tensors = torch_body(Depth::Vgg11, [3; 5], false);
    let torch = find_body(&tensors, Format::Torch).expect("a body");
    assert_eq!(torch.report.layout, Layout::Oihw);
    assert_eq!(torch.parameters[0].values, tensors[0].values);
    let keras = find_body(&tensors, Format::KerasH5).expect("a body");
    assert_eq!(keras.report.layout, Layout::Hwio);
    assert_eq!(
        keras.parameters[0].values,
        hwio_to_oihw(&tensors[0].values, 3, 3)
    );
    // One kernel that fits one layout only decides for all.
    let tensors = torch_body(Depth::Vgg11, [3, 3, 3, 3, 4], false);
    let kept = find_body(&tensors, Format::KerasH5).expect("a body");
    assert_eq!(kept.report.layout, Layout::Oihw);
}

#[test]
fn what_is_missing_has_its_expected_shape() {
    let body = find_body(
        &torch_body(Depth::Vgg13, [1, 2, 4, 8, 8], false),
        Format::Torch,
    )
    .expect("a body");
    let missing: Vec<(&str, &[usize])> = body
        .report
        .missing
        .iter()
        .map(|(name, shape)| (name.as_str(), &shape[..]))
        .collect();
    let expected: [(&str, &[usize]); 6] = [
        ("dense1.weight", &[8, 128]),
        ("dense1.bias", &[128]),
        ("dense2.weight", &[128, 64]),
        ("dense2.bias", &[64]),
        ("dense3.weight", &[64, 1]),
        ("dense3.bias", &[1]),
    ];
    assert_eq!(missing, expected);
    assert_eq!(body.parameters.len(), 20);
}

#[test]
fn other_networks_are_refused_each_by_one_line() {
    let good = || torch_body(Depth::Vgg11, [2, 4, 8, 16, 16], false);
    let refused = |tensors: &[Tensor]| {
        let error = find_body(tensors, Format::Torch).expect_err("refused");
        assert!(!error.to_string().contains('\n') && !error.to_string().ends_with('.'));
        error
    };
    assert_eq!(refused(&[]), NotVgg::Count { found: 0 });
    assert_eq!(refused(&good()[2..]), NotVgg::Count { found: 7 });
    let mut grey = good();
    grey[0].shape[1] = 1;
    assert!(matches!(refused(&grey), NotVgg::Channels { inputs: 1, .. }));
    let mut uneven = good();
    uneven[6].shape = vec![9, 8, 3, 3];
    assert!(matches!(
        refused(&uneven),
        NotVgg::Channels { outputs: 9, .. }
    ));
    let mut bare = good();
    bare.remove(1);
    assert_eq!(
        refused(&bare),
        NotVgg::Bias {
            name: "features.0.weight".into(),
            outputs: 2
        }
    );
    let mut short = good();
    short[2].values.pop();
    assert!(matches!(
        refused(&short),
        NotVgg::Values {
            found: 71,
            expected: 72,
            ..
        }
    ));
}

#[test]
fn layouts_turn_as_in_numpy() {
    let kernel: Vec<f32> = (0..72).map(|value| value as f32).collect();
    assert_eq!(hwio_to_oihw(&kernel, 2, 4), values("hwio_3_3_2_4_as_oihw"));
    assert_eq!(oihw_to_hwio(&values("hwio_3_3_2_4_as_oihw"), 2, 4), kernel);
    assert_eq!(
        transpose(&kernel[..6], 2, 3),
        values("matrix_2_3_transposed")
    );
}

#[test]
fn a_pixel_is_prepared_as_keras_and_torchvision_do_it() {
    let pixel = [0.125, 0.5, 0.875];
    for (name, ours) in [
        ("preprocess_caffe", Preprocessing::KERAS_CAFFE),
        ("preprocess_tf", Preprocessing::SYMMETRIC),
        ("preprocess_torch", Preprocessing::TORCHVISION),
        ("preprocess_torchvision", Preprocessing::TORCHVISION),
    ] {
        for (found, expected) in ours.apply(pixel).into_iter().zip(values(name)) {
            assert!(
                (found - expected).abs() <= 1e-6 * expected.abs().max(1.0),
                "{name}: {found} {expected}"
            );
        }
    }
    assert_eq!(Preprocessing::UNIT.apply(pixel), pixel);
}

fn bodies() -> impl Strategy<Value = (Depth, [usize; 5], bool)> {
    let depth = prop::sample::select(Depth::ALL.to_vec());
    (depth, prop::array::uniform5(1usize..7), any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_body_goes_to_keras_and_to_torchvision_and_back_with_the_same_bits(
        (depth, channels, head) in bodies(), bits in any::<u32>(),
    ) {
        let mut tensors = torch_body(depth, channels, head);
        for (at, value) in tensors.iter_mut().flat_map(|t| &mut t.values).enumerate() {
            *value = f32::from_bits(bits.wrapping_mul(at as u32 | 1) & !0x0040_0000 & 0xff7f_ffff);
        }
        let bits = |body: &Body| -> Vec<(String, Vec<usize>, Vec<u32>)> {
            let bits = |t: &Tensor| t.values.iter().map(|value| value.to_bits()).collect();
            body.parameters.iter().map(|t| (t.name.clone(), t.shape.clone(), bits(t))).collect()
        };
        let first = find_body(&tensors, Format::Torch).expect("a body");
        prop_assert_eq!(to_torchvision(&first.parameters, &torchvision_names(depth)), tensors);
        for (format, names) in [
            (Format::KerasH5, keras_names(depth)),
            (Format::KerasWeightsH5, keras3_names(depth)),
        ] {
            let keras = to_keras(&first.parameters, &names);
            let second = find_body(&keras, format).expect("a body");
            prop_assert_eq!(second.report.order, Order::Names);
            prop_assert_eq!(bits(&second), bits(&first));
        }
    }

    #[test]
    fn folding_blue_first_into_the_kernel_changes_no_product(
        kernel in prop::collection::vec(-8i8..8, 2 * 27), pixel in prop::array::uniform3(0u8..=255),
    ) {
        let bgr = Preprocessing { scale: [255.0, 2.0, 4.0], offset: [-1.0, -2.0, -3.0], ..Preprocessing::KERAS_CAFFE };
        let kernel: Vec<f32> = kernel.into_iter().map(f32::from).collect();
        let rgb = pixel.map(|value| f32::from(value) / 256.0);
        // Exact in float32: small integers times multiples of 1/256.
        let product = |kernel: &[f32], seen: [f32; 3]| -> Vec<f32> {
            kernel.chunks(27).map(|k| (0..27).map(|i| k[i] * seen[i / 9]).sum()).collect()
        };
        let before = product(&kernel, bgr.apply(rgb));
        let mut folded = kernel.clone();
        let ours = bgr.to_rgb(&mut folded, 2);
        prop_assert_eq!(ours.channel_order, ChannelOrder::Rgb);
        prop_assert_eq!(product(&folded, ours.apply(rgb)), before);
        prop_assert_eq!(ours.to_rgb(&mut folded.clone(), 2), ours);
    }

    #[test]
    fn width_is_found_again(step in 1usize..64) {
        let width = step as f64 / 48.0;
        let channels = FULL_CHANNELS.map(|full| ((full as f64 * width).round() as usize).max(1));
        let body = find_body(&torch_body(Depth::Vgg11, channels.map(|c| c.min(40)), false), Format::Torch);
        let mut body = body.expect("a body");
        body.channels = channels;
        let found = body.width().expect("a width");
        let again = FULL_CHANNELS.map(|full| ((full as f64 * found).round() as usize).max(1));
        prop_assert_eq!(again, channels);
    }
}
