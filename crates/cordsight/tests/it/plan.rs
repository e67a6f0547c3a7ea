//! `cordsight plan` gives patients, power and the interval to expect, or one line that says why not.

use crate::program::Place;

fn printed(arguments: &[&str]) -> String {
    Place::new().output(arguments)
}

#[test]
fn the_papers_design_shows_the_interval_to_expect() {
    let text = printed(&[
        "plan",
        "auc",
        "--auc",
        "0.864",
        "--positives",
        "29",
        "--negatives",
        "33",
    ]);
    assert!(
        text.contains("29 with the disorder and 33 without, 62 in all"),
        "{text}"
    );
    assert!(text.contains("to expect  95 % CI 0.7"), "{text}");
    assert!(text.contains("DeLong on the logit"), "{text}");
}

#[test]
fn the_size_for_a_power_has_that_power_and_one_patient_fewer_does_not() {
    let plan = |more: &[&str]| -> serde_json::Value {
        let wish = ["plan", "auc", "--auc", "0.85", "--null", "0.75", "--json"];
        serde_json::from_str(&printed(&[&wish, more].concat())).expect("JSON")
    };
    let planned = plan(&[]);
    let positives = planned["sizes"]["positives"].as_u64().expect("a size");
    assert!(
        planned["power"].as_f64().expect("a power") >= 0.8,
        "{planned}"
    );
    let fewer = (positives - 1).to_string();
    let fewer = plan(&["--positives", &fewer, "--negatives", &fewer]);
    assert!(fewer["power"].as_f64().expect("a power") < 0.8, "{fewer}");
}

#[test]
fn two_models_on_the_same_patients_need_fewer_the_more_they_agree() {
    let patients = |correlation| {
        let text = printed(&[
            "plan",
            "difference",
            "--auc",
            "0.8",
            "0.9",
            "--correlation",
            correlation,
            "--json",
        ]);
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        json["sizes"]["positives"].as_u64().expect("a size")
    };
    assert!(patients("0.8") < patients("0.2"));
}

#[test]
fn a_sensitivity_has_the_width_that_was_wanted() {
    let text = printed(&[
        "plan",
        "proportion",
        "--expect",
        "0.9",
        "--width",
        "0.2",
        "--json",
    ]);
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let limit = |name: &str| json["interval"][name].as_f64().expect("a limit");
    let width = limit("high") - limit("low");
    assert!(width <= 0.2 && width > 0.19, "{json}");
}

#[test]
fn a_wish_out_of_range_is_wrong_use_and_one_that_nothing_fulfils_fails() {
    for (arguments, code, line) in [
        (
            &["plan", "auc", "--auc", "86.4", "--width", "0.1"][..],
            2,
            "error: the area is 86.4, expected a number above 0 and below 1\n",
        ),
        (
            &["plan", "difference", "--auc", "0.8", "0.8"][..],
            1,
            "error: no number of patients is enough: the areas are equal, and there is no difference to find\n",
        ),
    ] {
        let outcome = Place::new().run(arguments);
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (Some(code), line),
            "{outcome:?}"
        );
    }
}

#[test]
fn nothing_wanted_is_wrong_use() {
    let outcome = Place::new().run(&["plan", "auc", "--auc", "0.86"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("--width"), "{outcome:?}");
}
