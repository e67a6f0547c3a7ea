//! Figures of statistics: well-formed whatever they are given, no text outside or over another text, and as PNG one
//! journal column wide at 300 dots an inch.

use std::sync::Arc;

use cordsight::figure::{
    BlandAltman, Calibration, Decision, Forest, ForestGroup, ForestRow, NamedCurve, OperatingPoint,
    PNG_WIDTH, PairedScore, PrecisionRecall, RecallPoint, ReliabilityGroup, Roc, RocComparison,
    bland_altman, calibration, decision, forest, png, precision_recall, roc, roc_comparison,
};
use resvg::usvg::{Group, Node, Options, Rect, Tree, fontdb};

const LONG: &str = "a model whose name is longer than any figure has room for";

fn share(index: u32, of: u32) -> f64 {
    f64::from(index) / f64::from(of)
}

/// A smooth curve from (0, 0) to (1, 1) above the diagonal.
fn curve(bend: f64) -> Vec<(f64, f64)> {
    (0..=60)
        .map(|at| (share(at, 60), share(at, 60).powf(bend)))
        .collect()
}

fn scores(count: u32, centre: f64) -> Vec<f64> {
    (0..count)
        .map(|at| (centre + 0.9 * (share(at, count) - 0.5)).clamp(0.0, 1.0))
        .collect()
}

fn roc_input() -> Roc {
    Roc {
        points: curve(0.3),
        band: curve(0.3)
            .into_iter()
            .map(|(x, y)| (x, (y - 0.12).max(0.0), (y + 0.09).min(1.0)))
            .collect(),
        auc: "1.000 (no interval: the scores separate the classes completely, DeLong's variance is 0 and an \
              interval from 1 to 1 would mislead)"
            .to_owned(),
        operating: Some(OperatingPoint {
            sensitivity: 0.76,
            specificity: 0.97,
            threshold: "0.5".to_owned(),
        }),
        best_possible_auc: None,
    }
}

fn comparison_input() -> RocComparison {
    let named = |(name, bend): (&str, f64)| NamedCurve {
        name: name.to_owned(),
        points: curve(bend),
        auc: "0.868 (0.783 to 0.954)".to_owned(),
    };
    RocComparison {
        curves: [
            ("VGG16", 0.2),
            ("VGG11", 0.35),
            ("Torg-Pavlov ratio", 0.6),
            (LONG, 0.8),
        ]
        .map(named)
        .to_vec(),
    }
}

fn precision_recall_input() -> PrecisionRecall {
    PrecisionRecall {
        points: (1..=29)
            .map(|at| (share(at, 29), 1.0 - 0.5 * share(at, 29).powi(3)))
            .collect(),
        average_precision: "0.912 (95 % CI 0.80 to 0.97, bootstrap BCa)".to_owned(),
        prevalence: Some(29.0 / 62.0),
        operating: Some(RecallPoint {
            recall: 0.76,
            precision: 0.96,
            threshold: "0.500".to_owned(),
        }),
    }
}

fn calibration_input() -> Calibration {
    let group = |at: u32| {
        let mean_score = share(at, 5) - 0.1;
        ReliabilityGroup {
            mean_score,
            observed: mean_score.powf(1.4),
            interval: Some(((mean_score - 0.2).max(0.0), (mean_score + 0.2).min(1.0))),
            patients: 12,
        }
    };
    Calibration {
        groups: (1..=5).map(group).collect(),
        curve: curve(1.4),
        curve_name: "isotonic fit".to_owned(),
        positive_scores: scores(29, 0.7),
        negative_scores: scores(33, 0.3),
        notes: vec![
            "intercept -0.12 (95 % CI -0.80 to 0.55, Wald)".to_owned(),
            "slope 0.91 (95 % CI 0.60 to 1.22, Wald)".to_owned(),
            "Brier score 0.121 (no interval: a reason so long that it has to stand on two lines of the key)".to_owned(),
        ],
    }
}

fn decision_input() -> Decision {
    let prevalence = 29.0 / 62.0;
    let all = |at: u32| {
        let threshold = share(at, 50);
        let odds = threshold / (1.0 - threshold);
        (threshold, prevalence - (1.0 - prevalence) * odds)
    };
    let model = |at: u32| (share(at, 50), prevalence - 0.25 * share(at, 50).powi(2));
    Decision {
        model: (0..50).map(model).collect(),
        band: (0..50)
            .map(model)
            .map(|(x, y)| (x, y - 0.1, y + 0.08))
            .collect(),
        treat_all: (0..50).map(all).collect(),
    }
}

fn forest_input() -> Forest {
    let row = |name: &str, patients, value: f64| ForestRow {
        name: name.to_owned(),
        patients,
        estimate: Some(value),
        interval: Some((value - 0.12, (value + 0.08).min(1.0))),
        text: format!("{value:.3} ({:.3} to {:.3})", value - 0.12, value + 0.08),
    };
    Forest {
        measure: "AUC".to_owned(),
        groups: vec![
            ForestGroup {
                name: "sex".to_owned(),
                interaction: "interaction P = 0.412".to_owned(),
                rows: vec![row("f", 30, 0.84), row("m", 32, 0.89)],
            },
            ForestGroup {
                name: LONG.to_owned(),
                interaction: String::new(),
                rows: vec![
                    row(LONG, 40, 0.79),
                    ForestRow {
                        name: "site B".to_owned(),
                        patients: 2,
                        text: "no negative patient".to_owned(),
                        ..ForestRow::default()
                    },
                ],
            },
        ],
        overall: row("all patients", 62, 0.868),
    }
}

fn bland_altman_input() -> BlandAltman {
    let pair = |at: u32| PairedScore {
        positive: at.is_multiple_of(2),
        first: share(at, 62),
        second: share(at, 62) + 0.15 * f64::from(at).sin(),
    };
    BlandAltman {
        first: "VGG16".to_owned(),
        second: LONG.to_owned(),
        patients: (0..62).map(pair).collect(),
        bias: Some(0.012),
        limits: Some((-0.19, 0.21)),
        notes: vec![
            "bias 0.012 (95 % CI -0.015 to 0.039, Student's t)".to_owned(),
            "limits of agreement -0.19 to 0.21".to_owned(),
        ],
    }
}

/// Every figure as it is used, and empty.
fn all() -> Vec<(&'static str, String, String)> {
    vec![
        ("roc", roc(&roc_input()), roc(&Roc::default())),
        (
            "roc_comparison",
            roc_comparison(&comparison_input()),
            roc_comparison(&RocComparison::default()),
        ),
        (
            "precision_recall",
            precision_recall(&precision_recall_input()),
            precision_recall(&PrecisionRecall::default()),
        ),
        (
            "calibration",
            calibration(&calibration_input()),
            calibration(&Calibration::default()),
        ),
        (
            "decision",
            decision(&decision_input()),
            decision(&Decision::default()),
        ),
        (
            "forest",
            forest(&forest_input()),
            forest(&Forest::default()),
        ),
        (
            "bland_altman",
            bland_altman(&bland_altman_input()),
            bland_altman(&BlandAltman::default()),
        ),
    ]
}

/// The boxes of all glyphs of a text, as the font of the PNG sets them.
fn text_boxes(svg: &str) -> Vec<(String, Rect)> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(notosans::REGULAR_TTF.to_vec());
    fonts.load_font_data(notosans::BOLD_TTF.to_vec());
    fonts.set_sans_serif_family("Noto Sans");
    let options = Options {
        fontdb: Arc::new(fonts),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).expect("an SVG");
    let mut boxes = Vec::new();
    collect(tree.root(), &mut boxes);
    boxes
}

fn collect(group: &Group, boxes: &mut Vec<(String, Rect)>) {
    for node in group.children() {
        match node {
            Node::Group(inner) => collect(inner, boxes),
            Node::Text(text) => {
                let words: Vec<&str> = text.chunks().iter().map(|chunk| chunk.text()).collect();
                boxes.push((words.concat(), text.flattened().abs_bounding_box()));
            }
            _ => {}
        }
    }
}

#[test]
fn no_text_of_a_figure_leaves_it_or_covers_another() {
    let mut pairs = 0;
    for (name, full, empty) in all() {
        for svg in [full, empty] {
            let document = roxmltree::Document::parse(&svg).expect("XML");
            let root = document.root_element();
            let height: f32 = root
                .attribute("height")
                .and_then(|height| height.parse().ok())
                .expect("a height");
            let boxes = text_boxes(&svg);
            assert!(boxes.len() > 1, "{name}: {boxes:?}");
            for (index, (text, area)) in boxes.iter().enumerate() {
                let inside = area.left() >= 0.0
                    && area.top() >= 0.0
                    && area.right() <= 440.0
                    && area.bottom() <= height;
                assert!(inside, "{name}: \"{text}\" leaves the figure: {area:?}");
                for (other, second) in &boxes[..index] {
                    let apart = area.left() >= second.right()
                        || second.left() >= area.right()
                        || area.top() >= second.bottom()
                        || second.top() >= area.bottom();
                    assert!(apart, "{name}: \"{text}\" covers \"{other}\"");
                    pairs += 1;
                }
            }
        }
    }
    assert!(pairs > 500, "{pairs}");
}

#[test]
fn a_png_is_one_column_wide_at_300_dots_an_inch_and_not_blank() {
    let mut drawn = 0;
    for (name, svg, _) in all() {
        let bytes = png(&svg).expect("a PNG");
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(&bytes))
            .read_info()
            .expect("a header");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut pixels).expect("pixels");
        let info = reader.info();
        assert_eq!(info.width, PNG_WIDTH, "{name}");
        let dots = info.pixel_dims.expect("a resolution");
        assert_eq!((dots.xppu, dots.yppu), (11_811, 11_811), "{name}");
        let dark = pixels.chunks(3).filter(|pixel| pixel[0] < 100).count();
        assert!(dark > 2000, "{name}: {dark} dark pixels");
        assert_eq!(pixels[..3], [255, 255, 255], "{name}: the margin is white");
        assert_eq!(png(&svg).expect("a PNG"), bytes, "{name}: the same twice");
        drawn += 1;
    }
    assert_eq!(drawn, 7);
}

#[test]
fn numbers_that_are_not_finite_leave_every_figure_finite() {
    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let mut tried = 0;
    for number in bad {
        let mut roc_input = roc_input();
        roc_input.band.push((number, 0.0, number));
        let mut curves = comparison_input();
        curves.curves[0].points.push((0.5, number));
        let mut recall = precision_recall_input();
        recall.points.push((number, number));
        recall.prevalence = Some(number);
        recall.operating.as_mut().expect("a point").recall = number;
        let mut calibrated = calibration_input();
        calibrated.groups[0].mean_score = number;
        calibrated.groups[1].interval = Some((number, number));
        calibrated.curve.push((number, 0.1));
        calibrated.positive_scores.push(number);
        let mut decided = decision_input();
        decided.model.push((number, number));
        decided.band.push((0.9, number, number));
        decided.treat_all.push((0.5, number));
        let mut subgroups = forest_input();
        subgroups.overall.estimate = Some(number);
        subgroups.overall.interval = Some((number, number));
        let mut agreement = bland_altman_input();
        agreement.bias = Some(number);
        agreement.limits = Some((number, number));
        agreement.patients[0].first = number;
        for svg in [
            roc(&roc_input),
            roc_comparison(&curves),
            precision_recall(&recall),
            calibration(&calibrated),
            decision(&decided),
            forest(&subgroups),
            bland_altman(&agreement),
        ] {
            roxmltree::Document::parse(&svg).expect("XML");
            assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{svg}");
            tried += 1;
        }
    }
    assert_eq!(tried, 21);
}

#[test]
fn names_of_hostile_letters_stay_text() {
    let name = "<script>\"&'\u{0}".to_owned();
    let mut subgroups = forest_input();
    subgroups.groups[0].name = name.clone();
    subgroups.groups[0].rows[0].text = name.clone();
    let mut curves = comparison_input();
    curves.curves[0].name = name.clone();
    let mut agreement = bland_altman_input();
    agreement.first = name.clone();
    let mut calibrated = calibration_input();
    calibrated.notes.push(name.clone());
    let mut recall = precision_recall_input();
    recall.average_precision = name;
    for svg in [
        forest(&subgroups),
        roc_comparison(&curves),
        bland_altman(&agreement),
        calibration(&calibrated),
        precision_recall(&recall),
    ] {
        assert!(svg.contains("&lt;script&gt;"), "{svg}");
        roxmltree::Document::parse(&svg).expect("XML");
        assert!(!svg.contains("<script"));
        png(&svg).expect("a PNG");
    }
}

#[test]
fn curves_of_a_comparison_differ_in_dash() {
    let svg = roc_comparison(&comparison_input());
    let document = roxmltree::Document::parse(&svg).expect("XML");
    let mut dashes: Vec<&str> = document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "polyline")))
        .map(|node| node.attribute("stroke-dasharray").unwrap_or("solid"))
        .collect();
    assert_eq!(dashes.len(), 4);
    dashes.sort_unstable();
    dashes.dedup();
    assert_eq!(dashes.len(), 4, "{dashes:?}");
}
