//! CLAIM 2024: AI in medical imaging, 44 items.
//!
//! In: nothing. Out: number, topic in our words, and who answers it.
//!
//! Source: Tejani et al. 2024, Radiology: Artificial Intelligence 6:e240300, doi:10.1148/ryai.240300.

use super::Answer::{Both, In, Of, Text};
use super::Item;
use super::Section::{
    Failures, Flow, Heatmaps, Measures, Patients, Result, Robustness, SampleSize, Settings, Study,
    Words,
};

pub(super) const ITEMS: &[Item] = &[
    Item(
        "1",
        "Named as a study of AI, with the kind of method",
        Both(Words, &["title"]),
    ),
    Item(
        "2",
        "Abstract in sections",
        Text("methods.md and model_card.md have the sentences and figures for it"),
    ),
    Item(
        "3",
        "Clinical background, use and role of the model",
        Of(&["background", "intended_use"]),
    ),
    Item("4", "Aims and hypotheses", Of(&["aim"])),
    Item("5", "Prospective or retrospective", Of(&["design"])),
    Item("6", "Goal of the study", Both(Words, &["aim"])),
    Item(
        "7",
        "Where the data come from",
        Both(Flow, &["setting", "dates"]),
    ),
    Item(
        "8",
        "Criteria of inclusion and exclusion",
        Both(Flow, &["inclusion", "exclusion"]),
    ),
    Item("9", "Preparation of the pictures", In(Words)),
    Item(
        "10",
        "Subsets of the data that were used",
        Both(Flow, &["sampling"]),
    ),
    Item("11", "De-identification", Of(&["deidentification"])),
    Item(
        "12",
        "Handling of missing data",
        Both(Flow, &["missing_data"]),
    ),
    Item("13", "How the radiographs were taken", Of(&["acquisition"])),
    Item(
        "14",
        "How the reference standard was obtained",
        Of(&["reference_standard"]),
    ),
    Item(
        "15",
        "Why this reference standard",
        Of(&["reference_rationale"]),
    ),
    Item(
        "16",
        "Who assessed the reference standard",
        Of(&["assessor"]),
    ),
    Item(
        "17",
        "Assessment of the test patients",
        Of(&["test_assessment"]),
    ),
    Item(
        "18",
        "Agreement between and within assessors",
        Of(&["agreement"]),
    ),
    Item("19", "How patients were assigned to parts", In(Flow)),
    Item(
        "20",
        "Level at which parts have nothing in common",
        In(Flow),
    ),
    Item(
        "21",
        "Planned size of the test set",
        Both(SampleSize, &["sample_size"]),
    ),
    Item("22", "The network in detail", In(Settings)),
    Item("23", "Software, with versions", In(Settings)),
    Item("24", "Values of the weights before training", In(Settings)),
    Item("25", "Training in detail", In(Settings)),
    Item("26", "How the final model was selected", In(Words)),
    Item("27", "Ensembles", In(Words)),
    Item("28", "Measures of performance", In(Measures)),
    Item(
        "29",
        "Statistics of significance and uncertainty",
        In(Measures),
    ),
    Item("30", "Robustness and sensitivity", In(Robustness)),
    Item("31", "Methods of explanation", In(Heatmaps)),
    Item("32", "Internal testing", In(Result)),
    Item("33", "External testing", Of(&["external_testing"])),
    Item("34", "Registration", Of(&["registration"])),
    Item("35", "Patients and examinations in and out", In(Flow)),
    Item(
        "36",
        "Patients of each part, their age, sex and state",
        In(Patients),
    ),
    Item("37", "Performance with its uncertainty", In(Measures)),
    Item(
        "38",
        "Diagnostic performance and its precision",
        In(Measures),
    ),
    Item("39", "Analysis of failures", In(Failures)),
    Item("40", "Limits of the study", Both(Study, &["limitations"])),
    Item(
        "41",
        "What it means for practice",
        Text("discussion; model_card.md names use and limits"),
    ),
    Item(
        "42",
        "Protocol or further technical details",
        Of(&["protocol"]),
    ),
    Item(
        "43",
        "Availability of software, model and data",
        Of(&["data_availability", "code_availability"]),
    ),
    Item("44", "Funding and part of the funders", Of(&["funding"])),
];
