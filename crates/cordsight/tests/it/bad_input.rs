//! Whatever is wrong with the input, the program says so in one line that names the place and the remedy, and loses
//! nothing: every file that was there before is there after, byte for byte.

use crate::png::{Colour, png_of_declared_size, png8};
use crate::program::{Outcome, Place, SMALL, small_model};

/// One thing that is wrong.
struct Case {
    name: &'static str,
    /// Spoils a folder in which all is well.
    spoil: fn(&Place),
    arguments: &'static str,
    code: i32,
    /// What stands after `error: `; clap's own errors have further lines.
    error: &'static str,
}

const TRAIN: &str = "train cohort/cohort.csv --out run --overwrite";

/// A cohort of twelve, a model, a picture, and an earlier run that nothing may harm.
fn sound() -> Place {
    let place = Place::new();
    let mut rows = "patient,image,label,age\n".to_string();
    for patient in 1..=12 {
        let pixels: Vec<u8> = (0..96 * 96)
            .map(|at| (at * patient / 40 % 256) as u8)
            .collect();
        let picture = png8(96, Colour::Grey, &pixels);
        place.write(&format!("cohort/images/P{patient:02}.png"), picture);
        rows += &format!(
            "P{patient:02},images/P{patient:02}.png,{},61\n",
            patient % 2
        );
    }
    place.write("cohort/cohort.csv", rows);
    place.write("model.safetensors", small_model());
    place.write("run/config.toml", "network = \"vgg16\"\n");
    place.write("run/predictions.csv", "a day's work\n");
    place
}

fn replace(place: &Place, file: &str, from: &str, to: &str) {
    let text = place.read(file);
    assert!(text.contains(from), "{file} holds no {from:?}");
    place.write(file, text.replacen(from, to, 1));
}

fn row(place: &Place, from: &str, to: &str) {
    replace(place, "cohort/cohort.csv", from, to);
}

fn picture(place: &Place, content: impl AsRef<[u8]>) {
    place.write("cohort/images/P03.png", content);
}

fn run(place: &Place, arguments: &str) -> Outcome {
    let mut arguments: Vec<&str> = arguments.split_whitespace().collect();
    if arguments.first() == Some(&"train") {
        arguments.splice(1..1, SMALL);
    }
    place.run(&arguments)
}

fn check(cases: &[Case]) {
    let mut checked = 0;
    for case in cases {
        let place = sound();
        (case.spoil)(&place);
        let before = place.tree();
        let outcome = run(&place, case.arguments);
        let context = format!("{}: {outcome:?}", case.name);
        assert_eq!(outcome.code, Some(case.code), "{context}");
        assert!(!outcome.stderr.contains("panicked"), "{context}");
        let errors: Vec<&str> = outcome
            .stderr
            .lines()
            .filter_map(|line| line.strip_prefix("error: "))
            .collect();
        assert_eq!(errors, [case.error], "{}", case.name);
        assert!(place.tree() == before, "{}: files changed", case.name);
        checked += 1;
    }
    assert_eq!(checked, cases.len());
}

#[test]
fn a_sound_folder_is_no_error() {
    let place = sound();
    let outcome = run(&place, TRAIN);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        !place.path("run/predictions.csv").is_file()
            || place.read("run/predictions.csv") != "a day's work\n"
    );
}

#[test]
fn a_cohort_that_is_wrong_is_refused_with_line_and_column() {
    check(&[
        Case {
            name: "no cohort",
            spoil: |_| {},
            arguments: "train nowhere.csv --out run --overwrite",
            code: 1,
            error: "nowhere.csv: no such file or folder; give a CSV with the columns patient, image, label, or a folder with one sub-folder a class",
        },
        Case {
            name: "a path through a file",
            spoil: |_| {},
            arguments: "train model.safetensors/cohort.csv --out run --overwrite",
            code: 1,
            error: "model.safetensors/cohort.csv: not a directory; give a CSV with the columns patient, image, label, or a folder with one sub-folder a class",
        },
        Case {
            name: "an empty cohort",
            spoil: |place| place.write("cohort/cohort.csv", ""),
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv: found an empty file, expected a first line with the columns patient, image, label",
        },
        Case {
            name: "a cohort of a header alone",
            spoil: |place| place.write("cohort/cohort.csv", "patient,image,label\n"),
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv: found no radiograph, expected at least one of each class",
        },
        Case {
            name: "a label in a file that a spreadsheet saved, with an empty line",
            spoil: |place| {
                row(place, "images/P02.png,0,61\n", "images/P02.png,yes,61\n");
                let text = place.read("cohort/cohort.csv").replace('\n', "\r\n");
                place.write("cohort/cohort.csv", text.replacen("\r\n", "\r\n\r\n", 1));
            },
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv, line 4, column \"label\": found \"yes\", expected 0 or 1; correct the cell or delete the row",
        },
        Case {
            name: "no label column",
            spoil: |place| row(place, "label", "csm"),
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv: found no column \"label\" (found \"patient\", \"image\", \"csm\", \"age\"), expected the columns patient, image, label; add it to the first line",
        },
        Case {
            name: "the same column twice",
            spoil: |place| row(place, ",age", ",label"),
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv: found the column \"label\" twice, expected each once; rename one",
        },
        Case {
            name: "one class only",
            spoil: |place| {
                let text = place.read("cohort/cohort.csv").replace(",1,61", ",0,61");
                place.write("cohort/cohort.csv", text);
            },
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv: all 12 patients have label 0, expected patients of both classes; a network cannot learn to tell one class from nothing",
        },
        Case {
            name: "a patient of both classes",
            spoil: |place| row(place, "P04,", "P03,"),
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv, lines 4 and 5: patient \"P03\" has label 1 and label 0, expected one label a patient; correct one of them",
        },
        Case {
            name: "the same row twice",
            spoil: |place| {
                row(place, "P04,images/P04.png,0", "P03,images/P03.png,1");
            },
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv, lines 4 and 5: both name the image \"images/P03.png\", expected it once; delete one row",
        },
        Case {
            name: "NaN in a covariate",
            spoil: |place| row(place, "P05,images/P05.png,1,61", "P05,images/P05.png,1,NaN"),
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv, line 6, column \"age\": found \"NaN\", expected a value, or an empty cell where it is unknown; correct or empty the cell",
        },
        Case {
            name: "a label that is a word",
            spoil: |place| row(place, "P05.png,1", "P05.png,maybe"),
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv, line 6, column \"label\": found \"maybe\", expected 0 or 1; correct the cell or delete the row",
        },
        Case {
            name: "a patient without a name",
            spoil: |place| row(place, "P05,", ","),
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv, line 6, column \"patient\": found \"\", expected a patient's identifier; fill the cell or delete the row",
        },
        Case {
            name: "an image that is not there",
            spoil: |place| row(place, "images/P05.png", "images/P55.png"),
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv, line 6, column \"image\": found \"images/P55.png\", expected a file relative to the CSV, and there is none; correct the path or delete the row",
        },
        Case {
            name: "an image that is a folder",
            spoil: |place| row(place, "images/P05.png", "images"),
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv, line 6, column \"image\": found \"images\", expected a file relative to the CSV, and there is none; correct the path or delete the row",
        },
        Case {
            name: "a row of five cells",
            spoil: |place| row(place, "P05,", "P05,P05,"),
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv: line 6 has 5 cells, expected 4 as in the first line; quote cells that hold a comma",
        },
        Case {
            name: "bytes that are not UTF-8",
            spoil: |place| {
                place.write(
                    "cohort/cohort.csv",
                    b"patient,image,label\nM\xfcller,a.png,1\n",
                )
            },
            arguments: TRAIN,
            code: 1,
            error: "cohort/cohort.csv: found bytes that are not UTF-8, expected a CSV text; save it as \"CSV UTF-8\"",
        },
        Case {
            name: "a folder that is no folder of classes",
            spoil: |_| {},
            arguments: "train cohort --out run --overwrite",
            code: 1,
            error: "cohort: found 1 sub-folders, expected two, one a class; or give a CSV with the columns patient, image, label",
        },
        Case {
            name: "classes whose meaning nobody can guess",
            spoil: |place| {
                place.write("classes/normal/a.png", "");
                place.write("classes/csm/b.png", "");
            },
            arguments: "train classes --out run --overwrite",
            code: 1,
            error: "classes: which of \"csm\" and \"normal\" is the class to detect cannot be told; pass --positive csm or --positive normal",
        },
        Case {
            name: "a notice of a synthetic cohort that is no JSON",
            spoil: |place| place.write("cohort/synthetic.json", "{"),
            arguments: TRAIN,
            code: 1,
            error: "cohort/synthetic.json: EOF while parsing an object at line 1 column 1; draw the cohort again",
        },
    ]);
}

#[test]
fn a_picture_that_is_no_radiograph_stops_the_training_before_it_starts() {
    check(&[
        Case {
            name: "a truncated PNG",
            spoil: |place| {
                let bytes = std::fs::read(place.path("cohort/images/P03.png")).expect("a file");
                picture(place, &bytes[..bytes.len() / 2]);
            },
            arguments: TRAIN,
            code: 1,
            error: "images/P03.png: the PNG file is cut off: found only the start of the picture; copy or export it again; correct or remove these rows, or leave them out with --skip-unreadable",
        },
        Case {
            name: "a text that calls itself DICOM",
            spoil: |place| {
                row(place, "images/P03.png", "images/P03.dcm");
                place.write("cohort/images/P03.dcm", "Dear colleague");
            },
            arguments: TRAIN,
            code: 1,
            error: "images/P03.dcm: found a text file that starts with \"Dear colleague\", expected a PNG, JPEG, TIFF or DICOM picture; correct or remove these rows, or leave them out with --skip-unreadable",
        },
        Case {
            name: "one pixel",
            spoil: |place| picture(place, png8(1, Colour::Grey, &[7])),
            arguments: TRAIN,
            code: 1,
            error: "images/P03.png: found 1×1 pixels, expected at least 64×64; use the original picture, not a thumbnail; correct or remove these rows, or leave them out with --skip-unreadable",
        },
        Case {
            name: "a header of 400 megapixels",
            spoil: |place| picture(place, png_of_declared_size(20_000, 20_000)),
            arguments: TRAIN,
            code: 1,
            error: "images/P03.png: found a picture of 20000 × 20000 pixels (400 megapixels), expected at most 64; scale it down first; correct or remove these rows, or leave them out with --skip-unreadable",
        },
        Case {
            name: "a colour photograph",
            spoil: |place| picture(place, photograph()),
            arguments: TRAIN,
            code: 1,
            error: "images/P03.png: found a colour picture (100 % of its pixels are coloured), expected a grey radiograph; correct or remove these rows, or leave them out with --skip-unreadable",
        },
        Case {
            name: "an empty picture",
            spoil: |place| picture(place, ""),
            arguments: TRAIN,
            code: 1,
            error: "images/P03.png: found an empty file, expected a PNG, JPEG, TIFF or DICOM picture; correct or remove these rows, or leave them out with --skip-unreadable",
        },
        Case {
            name: "a blank picture",
            spoil: |place| picture(place, png8(96, Colour::Grey, &[9; 96 * 96])),
            arguments: TRAIN,
            code: 1,
            error: "images/P03.png: found one grey value in nearly all of the picture, expected a radiograph; the file is blank; correct or remove these rows, or leave them out with --skip-unreadable",
        },
    ]);
}

/// Sky above grass.
fn photograph() -> Vec<u8> {
    let pixel = |at: usize| match at / 96 {
        0..48 => [90, 140, 230],
        _ => [60, (at % 96 + 80) as u8, 30],
    };
    let pixels: Vec<u8> = (0..96 * 96).flat_map(pixel).collect();
    png8(96, Colour::Rgb, &pixels)
}

#[test]
fn several_bad_pictures_are_all_named_under_one_error() {
    let place = sound();
    picture(&place, "");
    place.write("cohort/images/P04.png", photograph());
    let before = place.tree();
    let outcome = run(&place, TRAIN);
    assert_eq!(outcome.code, Some(1));
    assert_eq!(
        outcome.stderr,
        "read 12 radiographs\n\
         error: images/P03.png: found an empty file, expected a PNG, JPEG, TIFF or DICOM picture\n\
         images/P04.png: found a colour picture (100 % of its pixels are coloured), expected a grey radiograph\n\
         2 radiographs cannot be used; correct or remove these rows, or leave them out with --skip-unreadable\n"
    );
    assert!(place.tree() == before);
}

#[test]
fn an_output_folder_is_never_lost() {
    check(&[
        Case {
            name: "a folder that is there",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out run",
            code: 1,
            error: "run: is there already; choose another --out, go on with --resume, or replace it with --overwrite",
        },
        Case {
            name: "--overwrite of a folder that is no run",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out cohort --overwrite",
            code: 1,
            error: "cohort: holds files but no config.toml, so it is not a run, and --overwrite will not delete it; choose another --out",
        },
        Case {
            name: "--overwrite of a file",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out model.safetensors --overwrite",
            code: 1,
            error: "model.safetensors: holds files but no config.toml, so it is not a run, and --overwrite will not delete it; choose another --out",
        },
        Case {
            name: "a folder below a file",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out model.safetensors/run",
            code: 1,
            error: "model.safetensors/run: not a directory",
        },
        Case {
            name: "--overwrite with start weights that are not there",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out run --overwrite --weights nowhere.safetensors",
            code: 1,
            error: "nowhere.safetensors: no such file or folder; give a cordsight model or run, a weights file, or a name that `cordsight weights list` shows",
        },
        Case {
            name: "--overwrite with start weights that are none",
            spoil: |place| place.write("model.safetensors", "weights\n"),
            arguments: "train cohort/cohort.csv --out run --overwrite --weights model.safetensors",
            code: 1,
            error: "model.safetensors: found none of the known weights formats, expected Keras .h5, .weights.h5 or .keras, PyTorch .pth, .safetensors or .onnx; name another file, or copy this one again",
        },
        Case {
            name: "a split that is there",
            spoil: |_| {},
            arguments: "split cohort/cohort.csv --out run/predictions.csv",
            code: 1,
            error: "run/predictions.csv: is there already; choose another --out, or pass --overwrite",
        },
        Case {
            name: "a split in a folder that is not there",
            spoil: |_| {},
            arguments: "split cohort/cohort.csv --out nowhere/split.csv",
            code: 1,
            error: "nowhere/split.csv: no such file or folder",
        },
        Case {
            name: "a phantom cohort over another",
            spoil: |_| {},
            arguments: "phantom cohort --patients 4",
            code: 1,
            error: "cohort: found a folder with files in it, expected none; empty it or name another",
        },
        Case {
            name: "a demo over something else",
            spoil: |_| {},
            arguments: "demo --out cohort --overwrite",
            code: 1,
            error: "cohort: is there already; choose another --out",
        },
        Case {
            name: "a run that never began",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out nowhere --resume",
            code: 2,
            error: "nowhere: holds no run that could go on (config.toml: no such file or folder); start it without --resume",
        },
    ]);
}

#[test]
fn a_run_may_start_from_the_weights_that_it_replaces() {
    let place = sound();
    place.write("run/model.safetensors", small_model());
    let arguments = format!("{TRAIN} --weights run/model.safetensors");
    let outcome = run(&place, &arguments);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_made_is_named() {
    check(&[Case {
        name: "no place for folders",
        spoil: |_| {},
        arguments: "train cohort/cohort.csv --out /proc/cordsight-x",
        code: 1,
        error: "/proc/cordsight-x: no such file or folder",
    }]);
}

#[test]
fn a_command_line_or_setting_that_makes_no_sense_ends_with_code_2() {
    check(&[
        Case {
            name: "an unknown flag",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out run --overwrite --epoch 3",
            code: 2,
            error: "unexpected argument '--epoch' found",
        },
        Case {
            name: "an unknown body",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out run --overwrite --init zero",
            code: 2,
            error: "invalid value 'zero' for '--init <INIT>'",
        },
        Case {
            name: "a rate of nothing",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out run --overwrite --learning-rate 0",
            code: 2,
            error: "setting \"learning_rate\": found 0, expected a number above 0, at most 1",
        },
        Case {
            name: "a threshold that is no number",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out run --overwrite --threshold NaN",
            code: 2,
            error: "setting \"threshold\": found NaN, expected a number between 0 and 1, or youden",
        },
        Case {
            name: "a seed that TOML cannot hold",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out run --overwrite --seed 9223372036854775808",
            code: 2,
            error: "setting \"seed\": found 9223372036854775808, expected 0 to 9223372036854775807",
        },
        Case {
            name: "patience without a validation part",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out run --overwrite --patience 3",
            code: 2,
            error: "setting \"patience\": found 3, expected 0, or a validation part to watch; add --validation 0.2",
        },
        Case {
            name: "one class name",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out run --overwrite --classes CSM",
            code: 2,
            error: "--classes: found \"CSM\", expected two names, such as non-CSM,CSM",
        },
        Case {
            name: "a test part of nearly all",
            spoil: |_| {},
            arguments: "split cohort/cohort.csv --out split.csv --test 0.99",
            code: 2,
            error: "--test: found 0.99, expected 0.05 to 0.95",
        },
        Case {
            name: "an unknown key in the settings file",
            spoil: |place| place.write("study.toml", "seed = 4\nlearnrate = 0.1\n"),
            arguments: "train cohort/cohort.csv --out run --overwrite --config study.toml",
            code: 1,
            error: "study.toml: line 2: unknown field `learnrate`, expected one of `network`, `width`, `image_size`, `fit`, `resize`, `grey`, `facing`, `crop`, `mm_per_pixel`, `clahe`, `weights`, `preprocessing`, `init`, `train`, `epochs`, `batch_size`, `learning_rate`, `schedule`, `warmup_epochs`, `layer_decay`, `weight_decay`, `dropout`, `label_smoothing`, `mixup`, `shear_deg`, `zoom`, `width_shift`, `class_weights`, `test`, `validation`, `patience`, `threshold`, `calibration`, `coverage`, `members`, `views`, `pool`, `seed`, `conv`, `findings`, `classes`, `class_column`, `head_covariates`, `study`",
        },
        Case {
            name: "a word for a number in the settings file",
            spoil: |place| place.write("study.toml", "zoom = \"much\"\n"),
            arguments: "train cohort/cohort.csv --out run --overwrite --config study.toml",
            code: 1,
            error: "study.toml: line 1: invalid type: string \"much\", expected f64",
        },
        Case {
            name: "a settings file that is not there",
            spoil: |_| {},
            arguments: "train cohort/cohort.csv --out run --overwrite --config nowhere.toml",
            code: 1,
            error: "nowhere.toml: no such file or folder",
        },
    ]);
}

#[test]
fn a_split_that_does_not_fit_the_cohort_is_refused() {
    const WITH_SPLIT: &str = "train cohort/cohort.csv --out run --overwrite --split split.csv";
    fn split(place: &Place) -> String {
        place.output(&["split", "cohort/cohort.csv", "--out", "split.csv"]);
        place.read("split.csv")
    }
    check(&[
        Case {
            name: "a patient is missing",
            spoil: |place| {
                let text = split(place);
                let kept: Vec<&str> = text.lines().filter(|l| !l.starts_with("P07")).collect();
                place.write("split.csv", kept.join("\n"));
            },
            arguments: WITH_SPLIT,
            code: 1,
            error: "split.csv: patient \"P07\" of the cohort is not in it; draw a new split",
        },
        Case {
            name: "a stranger",
            spoil: |place| {
                let text = split(place) + "P99,1,train\n";
                place.write("split.csv", text);
            },
            arguments: WITH_SPLIT,
            code: 1,
            error: "split.csv: patient \"P99\" is not in the cohort; draw a new split",
        },
        Case {
            name: "another label",
            spoil: |place| {
                let text = split(place).replace("P07,1", "P07,0");
                place.write("split.csv", text);
            },
            arguments: WITH_SPLIT,
            code: 1,
            error: "split.csv: patient \"P07\" has label 0 in it and label 1 in the cohort; draw a new split",
        },
        Case {
            name: "a patient twice",
            spoil: |place| {
                let text = split(place) + "P07,1,test\n";
                place.write("split.csv", text);
            },
            arguments: WITH_SPLIT,
            code: 1,
            error: "split.csv: patient \"P07\" stands there twice, expected once; delete one row",
        },
        Case {
            name: "an unknown part",
            spoil: |place| {
                split(place);
                replace(place, "split.csv", "test", "tset");
            },
            arguments: WITH_SPLIT,
            code: 1,
            error: "split.csv: CSV deserialize error: record 3 (line: 4, byte: 44): unknown variant `tset`, expected one of `train`, `validation`, `test`; expected the columns patient, label (0 or 1), split (train, validation or test)",
        },
        Case {
            name: "no split",
            spoil: |_| {},
            arguments: WITH_SPLIT,
            code: 1,
            error: "split.csv: no such file or folder",
        },
        Case {
            name: "too few patients for a test part",
            spoil: |place| {
                let text = place.read("cohort/cohort.csv");
                let few: Vec<&str> = text.lines().take(3).collect();
                place.write("cohort/cohort.csv", few.join("\n"));
            },
            arguments: TRAIN,
            code: 1,
            error: "the test part has no patient with label 0 (1 patients have it in all), expected at least one; use more patients or another fraction",
        },
    ]);
}

#[test]
fn a_model_file_that_is_none_is_refused() {
    const PREDICT: &str = "predict model.safetensors cohort/images/P01.png";
    check(&[
        Case {
            name: "no model",
            spoil: |_| {},
            arguments: "predict nowhere.safetensors cohort/images/P01.png",
            code: 1,
            error: "nowhere.safetensors: no such file or folder; give a model.safetensors, or the folder of a finished run",
        },
        Case {
            name: "a run without a model",
            spoil: |_| {},
            arguments: "predict run cohort/images/P01.png",
            code: 1,
            error: "run/model.safetensors: no such file or folder; give a model.safetensors, or the folder of a finished run",
        },
        Case {
            name: "a text",
            spoil: |place| place.write("model.safetensors", "weights\n"),
            arguments: PREDICT,
            code: 1,
            error: "model.safetensors: not a whole safetensors file (header too large); copy it again",
        },
        Case {
            name: "half a model",
            spoil: |place| {
                let bytes = small_model();
                place.write("model.safetensors", &bytes[..bytes.len() / 2]);
            },
            arguments: PREDICT,
            code: 1,
            error: "model.safetensors: not a whole safetensors file (incomplete metadata, file not fully covered); copy it again",
        },
        Case {
            name: "a safetensors file of another program",
            spoil: |place| {
                let header = br#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  "#;
                let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
                bytes.extend(header);
                bytes.extend(1.0_f32.to_le_bytes());
                place.write("model.safetensors", bytes);
            },
            arguments: PREDICT,
            code: 1,
            error: "model.safetensors: a safetensors file without the metadata key \"cordsight\", expected one that cordsight wrote",
        },
        Case {
            name: "one bad picture",
            spoil: |_| {},
            arguments: "predict model.safetensors cohort/cohort.csv",
            code: 1,
            error: "cohort/cohort.csv: found a text file that starts with \"patient,image,label,\", expected a PNG, JPEG, TIFF or DICOM picture",
        },
        Case {
            name: "a folder for a picture",
            spoil: |_| {},
            arguments: "predict model.safetensors cohort",
            code: 1,
            error: "cohort: found a folder, expected one PNG, JPEG, TIFF or DICOM file",
        },
        Case {
            name: "no picture",
            spoil: |_| {},
            arguments: "predict model.safetensors",
            code: 2,
            error: "the following required arguments were not provided:",
        },
    ]);
}

#[test]
fn predict_goes_on_past_a_bad_file() {
    let place = sound();
    let outcome = place.run(&[
        "predict",
        "model.safetensors",
        "--csv",
        "cohort/images/P01.png",
        "cohort/cohort.csv",
        "cohort/images/P02.png",
        "nowhere.dcm",
    ]);
    assert_eq!(outcome.code, Some(1));
    assert_eq!(
        outcome.stderr,
        "error: cohort/cohort.csv: found a text file that starts with \"patient,image,label,\", expected a PNG, JPEG, TIFF or DICOM picture\n\
         error: nowhere.dcm: found no file of this name\n"
    );
    let mut rows = csv::Reader::from_reader(outcome.stdout.as_bytes());
    let scored: Vec<(String, bool, bool)> = rows
        .records()
        .map(|row| {
            let row = row.expect("a row");
            (row[0].to_string(), !row[1].is_empty(), !row[4].is_empty())
        })
        .collect();
    let expected = [
        ("cohort/images/P01.png", true, false),
        ("cohort/cohort.csv", false, true),
        ("cohort/images/P02.png", true, false),
        ("nowhere.dcm", false, true),
    ];
    assert_eq!(
        scored,
        expected.map(|(file, score, error)| (file.to_string(), score, error))
    );
}

#[test]
fn predictions_and_runs_that_cannot_be_judged_are_refused() {
    const JUDGE: &str = "evaluate --predictions scores.csv";
    check(&[
        Case {
            name: "no predictions",
            spoil: |_| {},
            arguments: JUDGE,
            code: 1,
            error: "scores.csv: no such file or folder",
        },
        Case {
            name: "an empty table",
            spoil: |place| place.write("scores.csv", ""),
            arguments: JUDGE,
            code: 1,
            error: "scores.csv: found an empty file, expected a first line with the columns patient, label, score",
        },
        Case {
            name: "a header alone",
            spoil: |place| place.write("scores.csv", "patient,image,label,score\n"),
            arguments: JUDGE,
            code: 1,
            error: "scores.csv: found no row, expected at least one",
        },
        Case {
            name: "a score above 1",
            spoil: |place| place.write("scores.csv", "patient,image,label,score\na,a.png,1,1.5\n"),
            arguments: JUDGE,
            code: 1,
            error: "scores.csv, line 2, column \"score\": found \"1.5\", expected a number from 0 to 1; correct the cell or delete the row",
        },
        Case {
            name: "a score that is no number",
            spoil: |place| place.write("scores.csv", "patient,image,label,score\na,a.png,1,NaN\n"),
            arguments: JUDGE,
            code: 1,
            error: "scores.csv, line 2, column \"score\": found \"NaN\", expected a number from 0 to 1; correct the cell or delete the row",
        },
        Case {
            name: "a label of 2",
            spoil: |place| place.write("scores.csv", "patient,image,label,score\na,a.png,2,0.5\n"),
            arguments: JUDGE,
            code: 1,
            error: "scores.csv, line 2, column \"label\": found \"2\", expected 0 or 1; correct the cell or delete the row",
        },
        Case {
            name: "a word for a score",
            spoil: |place| place.write("scores.csv", "patient,image,label,score\na,a.png,1,high\n"),
            arguments: JUDGE,
            code: 1,
            error: "scores.csv, line 2, column \"score\": found \"high\", expected a number from 0 to 1; correct the cell or delete the row",
        },
        Case {
            name: "a patient with two labels",
            spoil: |place| {
                place.write(
                    "scores.csv",
                    "patient,image,label,score\na,1.png,1,0.5\na,2.png,0,0.5\n",
                );
            },
            arguments: JUDGE,
            code: 1,
            error: "scores.csv, lines 2 and 3: patient \"a\" has label 1 and label 0, expected one label a patient; correct one of them",
        },
        Case {
            name: "an image twice",
            spoil: |place| {
                place.write(
                    "scores.csv",
                    "patient,image,label,score\na,1.png,1,0.5\na,1.png,1,0.5\n",
                );
            },
            arguments: JUDGE,
            code: 1,
            error: "scores.csv, lines 2 and 3: both name the image \"1.png\" of patient \"a\", expected it once; delete one row",
        },
        Case {
            name: "a threshold for predictions that is no number",
            spoil: |place| place.write("scores.csv", "patient,image,label,score\na,1.png,1,0.5\n"),
            arguments: "evaluate --predictions scores.csv --threshold NaN",
            code: 1,
            error: "threshold: threshold is NaN, expected a number",
        },
        Case {
            name: "a column of subgroups that is not there",
            spoil: |place| place.write("scores.csv", "patient,label,score,sex\na,1,0.5,f\n"),
            arguments: "evaluate --predictions scores.csv --by site",
            code: 1,
            error: "scores.csv: found no column \"site\" beside patient, label, score (found \"sex\"); add it or name another",
        },
        Case {
            name: "a prevalence in percent",
            spoil: |place| place.write("scores.csv", "patient,label,score\na,1,0.5\n"),
            arguments: "evaluate --predictions scores.csv --prevalence 10",
            code: 1,
            error: "prevalence is 10, expected a number above 0 and below 1, such as 0.05",
        },
        Case {
            name: "a folder for the results that holds other work",
            spoil: |place| place.write("scores.csv", "patient,label,score\na,1,0.5\n"),
            arguments: "evaluate --predictions scores.csv --out cohort",
            code: 1,
            error: "cohort: holds files already; choose another --out, or replace them with --overwrite",
        },
        Case {
            name: "a folder for the results of a run",
            spoil: |_| {},
            arguments: "evaluate run --out results",
            code: 2,
            error: "found --out with a run, whose results stand in the run; give --out with --predictions or --model",
        },
        Case {
            name: "a folder that is no run",
            spoil: |_| {},
            arguments: "evaluate cohort",
            code: 1,
            error: "cohort/run.json: no such file or folder; give the folder of a run",
        },
        Case {
            name: "nothing to judge",
            spoil: |_| {},
            arguments: "evaluate",
            code: 2,
            error: "the following required arguments were not provided:",
        },
    ]);
}
