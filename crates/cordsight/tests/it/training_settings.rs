//! Settings of training do what they say: frozen layers keep their bytes, and every setting is resumed to the same bits.

use cordsight::config::Settings;
use cordsight::network::{Architecture, Body, Trained};
use cordsight::resize::Resize;
use cordsight::train::checkpoint;
use cordsight::train::rate::Schedule;
use cordsight::train::{Request, train};
use cordsight::weights::{Init, Weights};
use phantom::Format;

use crate::program::{Place, small_settings};
use crate::resume::{
    a_stopped_run_ends_as_if_it_had_not_been, finish, request, resumed, stop, stop_after,
};

/// No augmentation, so that the features of a frozen body stay the same.
fn still(settings: Settings) -> Settings {
    Settings {
        shear_deg: Some(0.0),
        zoom: Some(0.0),
        width_shift: Some(0.0),
        ..settings
    }
}

fn everything() -> Settings {
    Settings {
        schedule: Some(Schedule::Cosine),
        warmup_epochs: Some(1),
        layer_decay: Some(0.7),
        weight_decay: Some(0.05),
        dropout: Some(0.3),
        resize: Some(Resize::Nearest),
        label_smoothing: Some(0.1),
        mixup: Some(0.3),
        validation: Some(0.3),
        ..small_settings(4)
    }
}

/// Parameters that a training of one epoch changes, by name.
fn changed(settings: Settings) -> Vec<String> {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let run = request(&place, "run", settings);
    finish(&run);
    let architecture = Architecture {
        body: Body::Vgg11,
        width: 0.02,
        image_size: 32,
        outputs: 1,
        covariates: 0,
    };
    let start = Weights::random(&architecture, Init::He, 1);
    let file = place.path("run/checkpoints/last.safetensors");
    let end = checkpoint::read(&file, &architecture).expect("a checkpoint");
    let pairs = end.weights.tensors().iter().zip(start.tensors());
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    let changed = pairs.filter(|(end, start)| bits(&end.values) != bits(&start.values));
    changed.map(|(end, _)| end.name.clone()).collect()
}

#[test]
fn layers_that_are_not_trained_keep_their_bytes_and_all_others_change() {
    let all: Vec<String> = Architecture {
        body: Body::Vgg11,
        width: 0.02,
        image_size: 32,
        outputs: 1,
        covariates: 0,
    }
    .parameters()
    .into_iter()
    .map(|parameter| parameter.name)
    .collect();
    let mut tried = 0;
    for (trained, first) in [
        (Trained::All, "block1.conv1.weight"),
        (Trained::Block2, "block2.conv1.weight"),
        (Trained::Block4, "block4.conv1.weight"),
        (Trained::Block5, "block5.conv1.weight"),
        (Trained::Head, "dense1.weight"),
    ] {
        let settings = Settings {
            train: Some(trained),
            weight_decay: Some(0.1),
            ..small_settings(1)
        };
        let from = all.iter().position(|name| name == first).expect("a name");
        assert_eq!(changed(settings), all[from..], "{trained:?}");
        tried += 1;
    }
    assert_eq!(tried, 5);
}

#[test]
fn a_head_trained_on_kept_features_alone_changes_and_nothing_else_does() {
    let names = changed(still(Settings {
        train: Some(Trained::Head),
        ..small_settings(1)
    }));
    assert_eq!(names.len(), 6);
    assert!(
        names.iter().all(|name| name.starts_with("dense")),
        "{names:?}"
    );
}

#[test]
fn a_stopped_run_with_every_setting_ends_with_the_bytes_of_a_run_that_was_not() {
    a_stopped_run_ends_as_if_it_had_not_been(everything());
}

#[test]
fn a_stopped_run_of_the_head_on_kept_features_ends_with_the_bytes_of_a_run_that_was_not() {
    a_stopped_run_ends_as_if_it_had_not_been(still(Settings {
        train: Some(Trained::Head),
        mixup: None,
        ..everything()
    }));
}

#[test]
fn a_stopped_run_from_a_block_on_ends_with_the_bytes_of_a_run_that_was_not() {
    a_stopped_run_ends_as_if_it_had_not_been(Settings {
        train: Some(Trained::Block4),
        ..small_settings(4)
    });
}

#[test]
fn a_stopped_run_with_dropout_alone_ends_with_the_bytes_of_a_run_that_was_not() {
    a_stopped_run_ends_as_if_it_had_not_been(Settings {
        dropout: Some(0.5),
        ..small_settings(4)
    });
}

#[test]
fn dropout_changes_training_and_its_share_matters() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let mut models = Vec::new();
    for (number, share) in [0.0, 0.2, 0.5].into_iter().enumerate() {
        let settings = Settings {
            dropout: Some(share),
            ..small_settings(1)
        };
        let out = format!("run{number}");
        finish(&request(&place, &out, settings));
        let file = place.path(&out).join("model.safetensors");
        models.push(std::fs::read(file).expect("a model"));
    }
    assert!(models[0] != models[1] && models[1] != models[2] && models[0] != models[2]);
}

#[test]
fn a_run_from_before_resize_and_dropout_were_settings_is_resumed() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let run = request(&place, "run", small_settings(2));
    stop(&run, 1);
    let config = place.read("run/config.toml");
    let old: Vec<&str> = config
        .lines()
        .filter(|line| !line.starts_with("resize") && !line.starts_with("dropout"))
        .collect();
    assert_eq!(old.len() + 2, config.lines().count(), "{config}");
    place.write("run/config.toml", old.join("\n"));
    assert_eq!(finish(&resumed(&run)).resumed_after, Some(1));
    assert_eq!(place.read("run/config.toml"), config);
}

#[test]
fn a_run_whose_rate_falls_to_the_last_epoch_is_not_resumed_for_more_epochs() {
    let place = Place::new();
    place.draw_cohort(16, 1, Format::Png);
    let run = request(&place, "run", everything());
    stop(&run, 1);
    let longer = Request {
        settings: Settings {
            epochs: Some(6),
            ..Settings::default()
        },
        ..resumed(&run)
    };
    let Err(error) = train(&longer, &mut stop_after(u32::MAX)) else {
        panic!("the run went on");
    };
    assert!(
        error.to_string().starts_with("setting \"epochs\" differs"),
        "{error}"
    );
}

#[test]
fn each_setting_out_of_range_is_named_with_its_range() {
    let of = |settings: Settings| settings.resolve().expect_err("an error").to_string();
    let one = |toml: &str| of(Settings::parse(toml).expect("settings"));
    let mut tried = 0;
    for (toml, error) in [
        (
            "warmup_epochs = 30",
            "setting \"warmup_epochs\": found 30, expected fewer than \"epochs\"",
        ),
        (
            "layer_decay = 0.0",
            "setting \"layer_decay\": found 0, expected 0.01 to 1",
        ),
        (
            "weight_decay = -1.0",
            "setting \"weight_decay\": found -1, expected 0 to 1",
        ),
        (
            "label_smoothing = 1.0",
            "setting \"label_smoothing\": found 1, expected 0 to 0.9",
        ),
        (
            "dropout = 1.0",
            "setting \"dropout\": found 1, expected 0 to 0.9",
        ),
        (
            "mixup = nan",
            "setting \"mixup\": found NaN, expected 0 to 1",
        ),
    ] {
        assert_eq!(one(toml), error);
        tried += 1;
    }
    assert_eq!(tried, 6);
}
