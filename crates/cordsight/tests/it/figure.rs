//! Figures stay well-formed and finite whatever they are given, and show what they were given.

use cordsight::figure::{
    ClassCount, Confusion, Epoch, Exclusion, Flow, Learning, OperatingPoint, Part, Roc, Scores,
    confusion, flow, learning, roc, scores,
};

const HOSTILE: &str = "<script>\"&'\u{0}\u{1b}]]>\u{ffff}";

/// Parses a figure and checks what holds for each: a name, a size, and no coordinate that is not a number.
fn parsed(svg: &str) -> roxmltree::Document<'_> {
    let document = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error}\n{svg}"));
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "svg");
    assert_eq!(root.attribute("role"), Some("img"));
    assert!(root.attribute("viewBox").is_some());
    let title = root.first_element_child().expect("a first child");
    assert_eq!(title.tag_name().name(), "title");
    let coordinates = [
        "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height",
    ];
    let mut seen = 0;
    for node in document.descendants() {
        for attribute in node
            .attributes()
            .filter(|at| coordinates.contains(&at.name()))
        {
            let value: f64 = attribute.value().parse().expect("a number");
            assert!(
                value.is_finite(),
                "{} = {}",
                attribute.name(),
                attribute.value()
            );
            seen += 1;
        }
    }
    assert!(seen > 2);
    document
}

fn texts(document: &roxmltree::Document) -> String {
    let texts = document
        .descendants()
        .filter(|node| node.has_tag_name("text"));
    texts
        .filter_map(|node| node.text())
        .collect::<Vec<_>>()
        .join("\n")
}

fn count(document: &roxmltree::Document, tag: &str) -> usize {
    let svg = "http://www.w3.org/2000/svg";
    document
        .descendants()
        .filter(|node| node.has_tag_name((svg, tag)))
        .count()
}

fn spread(count: u32) -> Vec<f64> {
    (0..count)
        .map(|index| f64::from(index) / f64::from(count.max(2) - 1))
        .collect()
}

#[test]
fn a_roc_curve_is_well_formed_with_any_number_of_points() {
    let curves = [
        (vec![], 0),
        (vec![(0.0, 0.0)], 0),
        (vec![(f64::NAN, 0.3), (0.0, f64::INFINITY)], 0),
        (vec![(0.0, 0.0), (1.0, 1.0)], 1),
        (
            spread(5000)
                .into_iter()
                .map(|share| (share, share.sqrt()))
                .collect(),
            1,
        ),
    ];
    for (points, drawn) in curves {
        let svg = roc(&Roc {
            points: points.clone(),
            auc: "0.9".to_owned(),
            ..Roc::default()
        });
        let document = parsed(&svg);
        assert_eq!(
            count(&document, "polyline"),
            drawn,
            "{} points",
            points.len()
        );
        assert_eq!(texts(&document).contains("no curve"), drawn == 0);
    }
}

#[test]
fn the_roc_curve_marks_the_operating_point_where_it_lies() {
    let input = Roc {
        points: vec![(0.0, 0.0), (0.0, 0.5), (1.0, 1.0)],
        band: vec![(0.0, 0.0, 0.6), (1.0, 0.8, 1.0)],
        auc: "0.750 (95 % interval 0.6 to 0.9)".to_owned(),
        operating: Some(OperatingPoint {
            sensitivity: 1.0,
            specificity: 1.0,
            threshold: "0.42".to_owned(),
        }),
        best_possible_auc: Some("0.930".to_owned()),
    };
    let svg = roc(&input);
    let document = parsed(&svg);
    // Sensitivity 1 and specificity 1 is the upper left corner of the plot, where the frame begins.
    let dot = document
        .descendants()
        .find(|node| node.attribute("r") == Some("5"))
        .expect("a dot");
    let place = |node: roxmltree::Node, x: &str, y: &str| {
        (
            node.attribute(x).map(str::to_owned),
            node.attribute(y).map(str::to_owned),
        )
    };
    let corner = document
        .descendants()
        .find(|node| node.attribute("class") == Some("line-muted") && node.has_attribute("width"))
        .expect("a frame");
    assert_eq!(place(dot, "cx", "cy"), place(corner, "x", "y"));
    let texts = texts(&document);
    for wanted in [
        "threshold 0.42",
        "sensitivity 100.0 %",
        "AUC 0.750",
        "synthetic cohort: AUC 0.930",
    ] {
        assert!(texts.contains(wanted), "{wanted} is not in\n{texts}");
    }
}

#[test]
fn the_notes_of_a_roc_curve_below_the_diagonal_stand_above_it() {
    let baseline_of_auc = |points: Vec<(f64, f64)>| {
        let svg = roc(&Roc {
            points,
            auc: "as given".to_owned(),
            ..Roc::default()
        });
        let document = parsed(&svg);
        let mut texts = document
            .descendants()
            .filter(|node| node.has_tag_name("text"));
        let note = texts
            .find(|node| node.text() == Some("AUC as given"))
            .expect("a note");
        note.attribute("y")
            .and_then(|y| y.parse::<f64>().ok())
            .expect("a position")
    };
    let below = baseline_of_auc(vec![(0.0, 0.0), (0.5, 0.1), (1.0, 1.0)]);
    let above = baseline_of_auc(vec![(0.0, 0.0), (0.1, 0.5), (1.0, 1.0)]);
    assert!(below < above, "{below} {above}");
}

#[test]
fn a_two_by_two_table_without_patients_of_a_class_has_no_percentage_in_that_row() {
    let one_class = Confusion {
        true_positive: 5,
        false_negative: 3,
        ..Confusion::default()
    };
    for (input, percentages) in [(one_class, 2), (Confusion::default(), 0)] {
        let svg = confusion(&input);
        assert_eq!(texts(&parsed(&svg)).matches('%').count(), percentages);
    }
}

#[test]
fn scores_are_one_mark_a_patient_until_stacks_grow_too_tall() {
    let cohorts = [(0, 0, 0), (1, 0, 1), (29, 33, 62), (5000, 1, 0)];
    for (positives, negatives, marks) in cohorts {
        let svg = scores(&Scores {
            positive: "CSM".to_owned(),
            negative: "non-CSM".to_owned(),
            positive_scores: spread(positives),
            negative_scores: spread(negatives),
            threshold: 0.417,
        });
        let document = parsed(&svg);
        assert_eq!(
            count(&document, "circle"),
            marks,
            "{positives} and {negatives}"
        );
        assert!(texts(&document).contains(&format!("of {positives} on the wrong side")));
    }
}

#[test]
fn scores_on_the_wrong_side_are_counted_with_the_threshold_itself_called_positive() {
    let input = Scores {
        positive_scores: vec![0.1, 0.3, 0.9],
        negative_scores: vec![0.3, f64::NAN, 0.299_999_999],
        threshold: 0.3,
        ..Scores::default()
    };
    let svg = scores(&input);
    let texts = texts(&parsed(&svg));
    assert!(texts.contains("1 of 3 on the wrong side"), "{texts}");
    assert!(texts.contains("1 of 2 on the wrong side"), "{texts}");
}

#[test]
fn learning_curves_show_only_what_was_measured() {
    let epoch = |number: u32, validation: bool, auc: bool| Epoch {
        number,
        training_loss: Some(1.0 / f64::from(number)),
        validation_loss: validation.then_some(f64::from(number)),
        training_auc: auc.then_some(0.4),
        validation_auc: None,
    };
    let run = |epochs: u32, validation: bool, auc: bool| Learning {
        epochs: (1..=epochs)
            .map(|number| epoch(number, validation, auc))
            .collect(),
        best_epoch: Some(1),
    };
    let runs = [
        (run(0, true, true), 0, false),
        (run(1, true, true), 0, true),
        (run(20, false, false), 1, false),
        (run(20, true, true), 3, true),
        (run(5000, true, true), 3, true),
    ];
    for (input, curves, validation) in runs {
        let svg = learning(&input);
        let document = parsed(&svg);
        assert_eq!(
            count(&document, "polyline"),
            curves,
            "{} epochs",
            input.epochs.len()
        );
        assert_eq!(texts(&document).contains("validation"), validation);
    }
}

#[test]
fn a_loss_that_is_not_finite_leaves_the_figure_finite() {
    let epoch = |number, loss| Epoch {
        number,
        training_loss: Some(loss),
        ..Epoch::default()
    };
    let losses = [0.7, f64::NAN, f64::INFINITY, 0.5];
    let epochs = (1..)
        .zip(losses)
        .map(|(number, loss)| epoch(number, loss))
        .collect();
    parsed(&learning(&Learning {
        epochs,
        best_epoch: Some(99),
    }));
}

#[test]
fn the_cohort_flow_counts_each_part_and_gives_each_reason() {
    let class = |name: &str, patients| ClassCount {
        name: name.to_owned(),
        patients,
        images: 2 * patients,
    };
    let part = |name: &str, positives, negatives| Part {
        name: name.to_owned(),
        classes: vec![class("CSM", positives), class("non-CSM", negatives)],
    };
    let input = Flow {
        found_patients: 210,
        found_images: 420,
        left_out: vec![Exclusion {
            reason: "no label".to_owned(),
            patients: 3,
            images: 6,
        }],
        parts: vec![part("Training", 67, 78), part("Test", 29, 33)],
    };
    let svg = flow(&input);
    let texts = texts(&parsed(&svg));
    for wanted in [
        "210 patients",
        "3 patients (6 images): no",
        "207 patients",
        "145 patients",
        "62 patients",
        "29 CSM",
    ] {
        assert!(texts.contains(wanted), "{wanted} is not in\n{texts}");
    }
    let svg = flow(&Flow::default());
    assert!(self::texts(&parsed(&svg)).contains("Left out: none"));
}

#[test]
fn hostile_names_do_not_break_the_xml() {
    let name = HOSTILE.to_owned();
    let classes = vec![ClassCount {
        name: name.clone(),
        patients: 1,
        images: 1,
    }];
    let figures = [
        roc(&Roc {
            auc: name.clone(),
            best_possible_auc: Some(name.clone()),
            ..Roc::default()
        }),
        confusion(&Confusion {
            positive: name.clone(),
            negative: name.clone(),
            ..Confusion::default()
        }),
        scores(&Scores {
            positive: name.clone(),
            negative: name.clone(),
            ..Scores::default()
        }),
        flow(&Flow {
            left_out: vec![Exclusion {
                reason: name.clone(),
                patients: 1,
                images: 1,
            }],
            parts: vec![Part { name, classes }],
            ..Flow::default()
        }),
    ];
    for svg in figures {
        assert!(texts(&parsed(&svg)).contains("<script>"), "{svg}");
        assert!(!svg.contains("<script"));
    }
}

#[test]
fn a_name_that_is_very_long_stays_inside_the_figure() {
    let long = "spondylotic".repeat(9);
    let input = Confusion {
        positive: long.clone(),
        negative: long,
        ..Confusion::default()
    };
    let svg = confusion(&input);
    let longest = texts(&parsed(&svg)).lines().map(str::len).max();
    assert!(longest.is_some_and(|length| length < 24), "{longest:?}");
}

#[test]
fn a_two_by_two_table_looks_as_it_did() {
    let input = Confusion {
        positive: "CSM".to_owned(),
        negative: "non-CSM".to_owned(),
        true_positive: 22,
        false_negative: 7,
        false_positive: 1,
        true_negative: 32,
    };
    insta::assert_snapshot!(confusion(&input));
}
