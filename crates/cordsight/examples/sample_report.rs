//! Writes a report of invented numbers, to look at while changing its template: `sample_report OUT.html`.
//!
//! The numbers agree with one another as far as a reader can see, but no network and no patient stands behind them.

use std::error::Error;

use cordsight::figure::{
    Calibration, ClassCount, Confusion, Decision, Epoch, Exclusion, Flow, Forest, ForestGroup,
    ForestRow, Learning, OperatingPoint, Part, PrecisionRecall, RecallPoint, ReliabilityGroup, Roc,
    Scores,
};
use cordsight::report::{
    Caution, Classes, Command, Estimate, Fact, Figures, FileEntry, Headline, Metric, Misclassified,
    PaperStyle, PatientComparison, PatientGroup, PatientRow, Patients, Report, Robustness,
    RobustnessRow, SampleSize, SampleSizeRow, Setting, Split, Words, render,
};
use cordsight::study::Study;

fn main() -> Result<(), Box<dyn Error>> {
    let out = std::env::args()
        .nth(1)
        .ok_or("no output path given, expected one; run: sample_report OUT.html")?;
    std::fs::write(&out, render(&sample())?).map_err(|error| format!("{out}: {error}"))?;
    Ok(())
}

/// A full report of invented numbers.
pub fn sample() -> Report {
    let positive_scores: Vec<f64> = (0..29)
        .map(|i| 0.12 + 0.86 * quantile(i, 29).powf(0.55))
        .collect();
    let negative_scores: Vec<f64> = (0..33)
        .map(|i| 0.02 + 0.80 * quantile(i, 33).powf(1.9))
        .collect();
    let threshold = 0.48;
    let misclassified = misclassified(&positive_scores, &negative_scores, threshold);
    let called = |scores: &[f64]| scores.iter().filter(|score| **score >= threshold).count() as u64;
    let (true_positive, false_positive) = (called(&positive_scores), called(&negative_scores));
    let confusion = Confusion {
        positive: "CSM".to_owned(),
        negative: "non-CSM".to_owned(),
        true_positive,
        false_negative: 29 - true_positive,
        false_positive,
        true_negative: 33 - false_positive,
    };
    let figures = Figures {
        roc: Some(Roc {
            points: roc_points(&positive_scores, &negative_scores),
            band: band(&roc_points(&positive_scores, &negative_scores)),
            auc: "0.868 (95 % interval 0.783 to 0.954)".to_owned(),
            operating: Some(OperatingPoint {
                sensitivity: true_positive as f64 / 29.0,
                specificity: 1.0 - false_positive as f64 / 33.0,
                threshold: "0.480".to_owned(),
            }),
            best_possible_auc: Some("0.930".to_owned()),
        }),
        precision_recall: Some(precision_recall(
            &positive_scores,
            &negative_scores,
            true_positive,
            false_positive,
        )),
        calibration: Some(calibration(&positive_scores, &negative_scores)),
        decision: Some(decision(&positive_scores, &negative_scores)),
        learning: Some(Learning {
            epochs: (1..=20).map(epoch).collect(),
            best_epoch: Some(14),
        }),
        scores: Some(Scores {
            positive: "CSM".to_owned(),
            negative: "non-CSM".to_owned(),
            positive_scores,
            negative_scores,
            threshold,
        }),
        confusion: Some(confusion),
    };
    let mut report = Report {
        title: "Sample report: detection of cervical spondylotic myelopathy on lateral radiographs".to_owned(),
        subtitle: "Invented numbers, to show the layout. Run “sample”, cordsight 0.1.0".to_owned(),
        classes: Classes { positive: "CSM".to_owned(), negative: "non-CSM".to_owned() },
        headline: Headline {
            auc: Estimate::new("0.868", "0.783 to 0.954"),
            sensitivity: Estimate::new("79.3 %", "61.6 to 90.2 %"),
            specificity: Estimate::new("75.8 %", "59.0 to 87.2 %"),
            threshold: "0.480".to_owned(),
            threshold_origin: "chosen on the 29 validation patients, where it gave the greatest sum of sensitivity \
                               and specificity; the test patients played no part in it"
                .to_owned(),
            positives: 29,
            negatives: 33,
            interval_methods: "Intervals: DeLong (on the logit) for the AUC, Wilson for proportions.".to_owned(),
        },
        cautions: vec![
            Caution::SyntheticData { ceiling_auc: Some(0.93) },
            Caution::FewCases { class: "CSM".to_owned(), n: 29 },
            Caution::NoPretrainedWeights,
            Caution::OneSplit,
            Caution::Excluded { n: 3 },
        ],
        figures,
        roc_band: "The band holds 95 % of invented curves at each specificity.".to_owned(),
        not_drawn: Vec::new(),
        flow: flow(),
        metrics: metrics(),
        paper_style: PaperStyle {
            training_accuracy: Estimate::new("91.4 %", "84.9 to 95.3 %"),
            accuracy: Estimate::new("77.4 %", "65.6 to 86.0 %"),
            macro_recall: Estimate::without_interval("77.5 %", "not computed for a mean of two classes"),
            macro_precision: Estimate::without_interval("77.4 %", "not computed for a mean of two classes"),
            label_auc: Estimate::new("0.775", "0.670 to 0.881"),
        },
        split: Split {
            how: "Patients, never images, were divided at random within each class, 70 % for training and 30 % for \
                  testing; a fifth of the training patients was kept for validation. No patient is in two parts."
                .to_owned(),
            facts: vec![
                Fact::new("Seed", "1"),
                Fact::new("By patient", "yes; no patient is in two parts"),
                Fact::new("Stratified by class", "yes"),
                Fact::new("Written to", "split.csv, sha256 5f1c…09ab"),
            ],
        },
        beside: None,
        gallery: None,
        study: Study {
            reference_standard: "anatomy of the phantom: space for the cord at the worst level".to_owned(),
            setting: "none, synthetic".to_owned(),
            ..Study::default()
        },
        checklists: Vec::new(),
        limits: vec!["Synthetic necks are simpler than patients: implants, scoliosis and positioning faults are absent.".to_owned()],
        misclassified,
        failures: None,
        heatmaps: None,
        patients: Some(patients()),
        robustness: Some(robustness()),
        subgroups: None,
        audited: None,
        sample_size: sample_size(),
        words: Words {
            methods: vec!["Invented patients, an invented network and an invented threshold.".to_owned()],
            results: vec!["The AUC was 0.868 (95 % interval 0.783 to 0.954).".to_owned()],
        },
        network: vec![
            Fact::new("Name", "vgg16: 13 convolutions in five blocks, global average pooling, 128-64-1"),
            Fact::new("Width", "0.25 of the published channel counts"),
            Fact::new("Parameters", "946,849, all trained"),
            Fact::new("Input", "224 × 224 pixels, grey repeated in three channels"),
            Fact::new("Initial weights", "none: Glorot-uniform random numbers, seed 1"),
        ],
        settings: settings(),
        environment: vec![
            Fact::new("cordsight", "0.1.0"),
            Fact::new("Operating system", "Linux 6.1 x86_64"),
            Fact::new("Processor", "sample processor, 2 cores"),
            Fact::new("Threads", "2"),
            Fact::new("Training time", "1 min 52 s"),
        ],
        commands: vec![
            Command {
                purpose: "Score new radiographs (DICOM, PNG, JPEG or TIFF):".to_owned(),
                line: "cordsight predict runs/sample my-images/*.dcm".to_owned(),
            },
            Command {
                purpose: "Test the model on another cohort with known labels:".to_owned(),
                line: "cordsight evaluate --model runs/sample/model.safetensors my-cohort.csv".to_owned(),
            },
        ],
        files: vec![
            FileEntry { path: "model.safetensors".to_owned(), holds: "the network, its preprocessing and threshold".to_owned() },
            FileEntry { path: "predictions.csv".to_owned(), holds: "one row per test image: patient, image, label, score".to_owned() },
            FileEntry { path: "metrics.json".to_owned(), holds: "every measure with its interval and method".to_owned() },
            FileEntry { path: "figures/".to_owned(), holds: "the figures of this page as SVG files".to_owned() },
            FileEntry { path: "config.toml".to_owned(), holds: "the settings; repeats this run".to_owned() },
        ],
    };
    report.checklists = report.answered();
    report
}

fn patients() -> Patients {
    let cells = |cells: [&str; 5]| cells.map(str::to_owned).to_vec();
    let compared = |p: &str, test: &str, difference: &str| {
        Some(PatientComparison {
            p: p.to_owned(),
            test: test.to_owned(),
            difference: difference.to_owned(),
        })
    };
    let groups = [
        ("All", 207),
        ("CSM", 97),
        ("non-CSM", 110),
        ("Training", 145),
        ("Test", 62),
    ];
    Patients {
        has_classes: true,
        groups: groups
            .map(|(name, patients)| PatientGroup {
                name: name.to_owned(),
                patients,
            })
            .to_vec(),
        rows: vec![
            PatientRow {
                name: "age, mean (SD)".to_owned(),
                is_category: false,
                cells: cells([
                    "56.1 (12.0)",
                    "59.2 (11.1)",
                    "53.4 (12.2)",
                    "56.4 (12.1)",
                    "55.4 (11.9)",
                ]),
                by_class: compared("< 0.001", "Welch's t test", "0.50"),
                by_part: compared("0.583", "Welch's t test", "0.08"),
            },
            PatientRow {
                name: "sex, n (%)".to_owned(),
                is_category: false,
                cells: cells(["", "", "", "", ""]),
                by_class: compared("0.213", "Pearson's chi-squared test", "0.17"),
                by_part: compared("0.881", "Pearson's chi-squared test", "0.02"),
            },
            PatientRow {
                name: "female".to_owned(),
                is_category: true,
                cells: cells([
                    "101 (49 %)",
                    "43 (44 %)",
                    "58 (53 %)",
                    "71 (49 %)",
                    "30 (48 %)",
                ]),
                by_class: None,
                by_part: None,
            },
        ],
        notes: vec!["Invented.".to_owned()],
    }
}

fn robustness() -> Robustness {
    let row = |change: &str, strength: &str, auc: Estimate, difference| RobustnessRow {
        change: change.to_owned(),
        strength: strength.to_owned(),
        auc,
        difference,
        sensitivity: "79.3 %".to_owned(),
        specificity: "75.8 %".to_owned(),
        changed_calls: 0,
    };
    let forest_row = |name: &str, estimate: f64, text: &str| ForestRow {
        name: name.to_owned(),
        patients: 0,
        estimate: Some(estimate),
        interval: Some((estimate - 0.09, estimate + 0.07)),
        text: text.to_owned(),
    };
    Robustness {
        how: "Invented.".to_owned(),
        unchanged: row(
            "Unchanged",
            "",
            Estimate::new("0.868", "0.783 to 0.954"),
            None,
        ),
        rows: vec![row(
            "Noise",
            "SD 5 % of the grey range",
            Estimate::new("0.861", "0.772 to 0.931"),
            Some(Estimate::new("-0.007", "-0.021 to 0.007")),
        )],
        forest: Forest {
            measure: "AUC".to_owned(),
            groups: vec![ForestGroup {
                name: "Noise".to_owned(),
                interaction: String::new(),
                rows: vec![forest_row("SD 5 %", 0.861, "0.861 (0.772 to 0.931)")],
            }],
            overall: forest_row("Unchanged", 0.868, "0.868 (0.783 to 0.954)"),
        },
    }
}

fn sample_size() -> SampleSize {
    SampleSize {
        events: "The test part has 29 CSM (events) and 33 non-CSM patients.".to_owned(),
        widths: vec!["0.20".to_owned(), "0.10".to_owned()],
        rows: vec![SampleSizeRow {
            name: "AUC".to_owned(),
            patients: "29 + 33".to_owned(),
            width: "0.171".to_owned(),
            needed: vec!["24 + 28".to_owned(), "86 + 98".to_owned()],
        }],
    }
}

fn quantile(index: u32, count: u32) -> f64 {
    (f64::from(index) + 0.5) / f64::from(count)
}

fn roc_points(positives: &[f64], negatives: &[f64]) -> Vec<(f64, f64)> {
    let mut thresholds: Vec<f64> = positives.iter().chain(negatives).copied().collect();
    thresholds.sort_by(|a, b| b.total_cmp(a));
    let share = |scores: &[f64], threshold: f64| {
        scores.iter().filter(|score| **score >= threshold).count() as f64 / scores.len() as f64
    };
    let corner = std::iter::once((0.0, 0.0));
    corner
        .chain(
            thresholds
                .iter()
                .map(|&at| (share(negatives, at), share(positives, at))),
        )
        .collect()
}

fn band(curve: &[(f64, f64)]) -> Vec<(f64, f64, f64)> {
    let round = |&(x, y): &(f64, f64)| (x, (y - 0.14).max(0.0), (y + 0.09).min(1.0));
    curve.iter().map(round).collect()
}

fn precision_recall(
    positives: &[f64],
    negatives: &[f64],
    true_positive: u64,
    false_positive: u64,
) -> PrecisionRecall {
    let points = roc_points(positives, negatives);
    let (all_positives, all_negatives) = (positives.len() as f64, negatives.len() as f64);
    let precision =
        |true_positive: f64, false_positive: f64| true_positive / (true_positive + false_positive);
    PrecisionRecall {
        points: points[1..]
            .iter()
            .map(|&(x, y)| (y, precision(y * all_positives, x * all_negatives)))
            .collect(),
        average_precision: "0.862 (95 % interval 0.741 to 0.932)".to_owned(),
        prevalence: Some(all_positives / (all_positives + all_negatives)),
        operating: Some(RecallPoint {
            recall: true_positive as f64 / all_positives,
            precision: precision(true_positive as f64, false_positive as f64),
            threshold: "0.480".to_owned(),
        }),
    }
}

fn calibration(positives: &[f64], negatives: &[f64]) -> Calibration {
    let group = |fifth: u32| {
        let mean_score = 0.1 + 0.2 * f64::from(fifth);
        ReliabilityGroup {
            mean_score,
            observed: 0.05 + 0.9 * mean_score,
            interval: Some((
                (0.9 * mean_score - 0.2).max(0.0),
                (0.9 * mean_score + 0.28).min(1.0),
            )),
            patients: 12,
        }
    };
    Calibration {
        groups: (0..5).map(group).collect(),
        curve: vec![(0.02, 0.0), (0.4, 0.3), (0.41, 0.6), (0.98, 1.0)],
        curve_name: "isotonic fit".to_owned(),
        positive_scores: positives.to_vec(),
        negative_scores: negatives.to_vec(),
        notes: vec!["slope 0.91 (95 % interval 0.60 to 1.22)".to_owned()],
    }
}

fn decision(positives: &[f64], negatives: &[f64]) -> Decision {
    let all = (positives.len() + negatives.len()) as f64;
    let benefit = |threshold: f64, scores_from: f64| {
        let called =
            |scores: &[f64]| scores.iter().filter(|score| **score >= scores_from).count() as f64;
        let odds = threshold / (1.0 - threshold);
        (called(positives) - called(negatives) * odds) / all
    };
    let thresholds: Vec<f64> = (1..100).map(|percent| f64::from(percent) / 100.0).collect();
    let model: Vec<(f64, f64)> = thresholds.iter().map(|&at| (at, benefit(at, at))).collect();
    Decision {
        band: model
            .iter()
            .map(|&(at, y)| (at, y - 0.1, y + 0.1))
            .collect(),
        model,
        treat_all: thresholds
            .iter()
            .map(|&at| (at, benefit(at, 0.0)))
            .collect(),
    }
}

fn epoch(number: u32) -> Epoch {
    let time = f64::from(number);
    let wobble = 0.02 * (time * 1.7).sin();
    Epoch {
        number,
        training_loss: Some(0.22 + 0.48 * (-time / 6.0).exp()),
        validation_loss: Some(
            0.43 + 0.27 * (-time / 5.0).exp() + wobble + 0.004 * (time - 14.0).max(0.0),
        ),
        training_auc: Some(0.97 - 0.42 * (-time / 5.0).exp()),
        validation_auc: Some(0.89 - 0.36 * (-time / 4.0).exp() - wobble),
    }
}

fn flow() -> Flow {
    let part = |name: &str, positives: u64, negatives: u64| Part {
        name: name.to_owned(),
        classes: vec![
            ClassCount {
                name: "CSM".to_owned(),
                patients: positives,
                images: positives,
            },
            ClassCount {
                name: "non-CSM".to_owned(),
                patients: negatives,
                images: negatives,
            },
        ],
    };
    Flow {
        found_patients: 210,
        found_images: 211,
        left_out: vec![
            Exclusion {
                reason: "image could not be read (truncated file)".to_owned(),
                patients: 2,
                images: 2,
            },
            Exclusion {
                reason: "no label".to_owned(),
                patients: 1,
                images: 1,
            },
            Exclusion {
                reason: "same picture as another image of the patient".to_owned(),
                patients: 0,
                images: 1,
            },
        ],
        parts: vec![
            part("Training", 54, 62),
            part("Validation", 13, 16),
            part("Test", 29, 33),
        ],
    }
}

fn metrics() -> Vec<Metric> {
    let proportion =
        |name: &str, meaning: &str, value: &str, interval: &str, counts: &str| Metric {
            name: name.to_owned(),
            meaning: meaning.to_owned(),
            estimate: Estimate::new(value, interval),
            counts: Some(counts.to_owned()),
            method: Some("Wilson".to_owned()),
        };
    let auc = Metric {
        name: "AUC of the scores".to_owned(),
        meaning: "chance that a patient with CSM scores higher than one without".to_owned(),
        estimate: Estimate::new("0.868", "0.783 to 0.954"),
        counts: Some("29 and 33".to_owned()),
        method: Some("DeLong".to_owned()),
    };
    let brier = Metric {
        name: "Brier score".to_owned(),
        meaning: "mean squared distance of score and label; 0 is best, 0.249 is a constant guess"
            .to_owned(),
        estimate: Estimate::without_interval("0.147", "bootstrap switched off"),
        counts: Some("62".to_owned()),
        method: None,
    };
    let odds = Metric {
        name: "Calibration slope".to_owned(),
        meaning: "1 is best; below 1, scores are too extreme".to_owned(),
        estimate: Estimate::undefined("at least 100 patients of each class needed"),
        counts: None,
        method: None,
    };
    vec![
        auc,
        proportion(
            "Sensitivity",
            "CSM patients called CSM",
            "79.3 %",
            "61.6 to 90.2 %",
            "23 of 29",
        ),
        proportion(
            "Specificity",
            "non-CSM patients called non-CSM",
            "75.8 %",
            "59.0 to 87.2 %",
            "25 of 33",
        ),
        proportion(
            "Positive predictive value",
            "CSM among those called CSM",
            "74.2 %",
            "56.8 to 86.3 %",
            "23 of 31",
        ),
        proportion(
            "Negative predictive value",
            "non-CSM among those called non-CSM",
            "80.6 %",
            "63.7 to 90.8 %",
            "25 of 31",
        ),
        proportion(
            "Accuracy",
            "all patients called correctly",
            "77.4 %",
            "65.6 to 86.0 %",
            "48 of 62",
        ),
        brier,
        odds,
    ]
}

fn misclassified(positives: &[f64], negatives: &[f64], threshold: f64) -> Vec<Misclassified> {
    let case = |number: usize, label: &str, called: &str, score: f64| Misclassified {
        patient: format!("P{number:04}"),
        images: vec![format!("images/P{number:04}.dcm")],
        label: label.to_owned(),
        called: called.to_owned(),
        score: format!("{score:.3}"),
    };
    let missed = positives
        .iter()
        .enumerate()
        .filter(|(_, score)| **score < threshold);
    let false_alarms = negatives
        .iter()
        .enumerate()
        .filter(|(_, score)| **score >= threshold);
    let missed = missed.map(|(index, score)| case(11 + 7 * index, "CSM", "non-CSM", *score));
    missed
        .chain(false_alarms.map(|(index, score)| case(100 + 3 * index, "non-CSM", "CSM", *score)))
        .collect()
}

fn settings() -> Vec<Setting> {
    let setting = |key: &str, value: &str, origin: &str| Setting {
        key: key.to_owned(),
        value: value.to_owned(),
        origin: origin.to_owned(),
    };
    vec![
        setting("seed", "1", "command line"),
        setting("network", "vgg16", "default"),
        setting("width", "0.25", "command line"),
        setting("image_size_px", "224", "default"),
        setting("epochs", "20", "command line"),
        setting("batch", "8", "default"),
        setting("learning_rate", "0.00001", "default"),
        setting("adam_epsilon", "0.0000001", "default"),
        setting("shear_deg", "10", "default"),
        setting("zoom", "0.9 to 1.1", "default"),
        setting("width_shift", "0.1 of the width", "default"),
        setting("class_weights", "none", "default"),
        setting("validation", "0.2 of the training patients", "sample.toml"),
        setting("test", "0.3", "default"),
    ]
}
