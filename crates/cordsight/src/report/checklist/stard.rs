//! STARD-AI 2025: diagnostic accuracy of an AI test, 40 items in 48 parts.
//!
//! In: nothing. Out: number, topic in our words, and who answers it. The index test is the network with its threshold.
//!
//! Source: Sounderajah et al. 2025, Nature Medicine 31:3283, doi:10.1038/s41591-025-03953-8.

use super::Answer::{Both, In, Of, Text};
use super::Item;
use super::Section::{
    Failures, Figures, Files, Flow, Measures, Patients, Result, Robustness, SampleSize, Settings,
    Study, Words,
};

pub(super) const ITEMS: &[Item] = &[
    Item(
        "1",
        "Named as a study of diagnostic accuracy of AI, with a measure",
        Both(Result, &["title"]),
    ),
    Item(
        "2",
        "Abstract in sections",
        Text("methods.md and model_card.md have the sentences and figures for it"),
    ),
    Item(
        "3",
        "Background, use of the test, its place in the work",
        Of(&["background", "intended_use"]),
    ),
    Item("4", "Aims and hypotheses", Of(&["aim"])),
    Item(
        "5",
        "Data planned before or after the tests",
        Of(&["design"]),
    ),
    Item("6", "Approval by an ethics committee", Of(&["ethics"])),
    Item(
        "7",
        "Inclusion, exclusion, of patients and of pictures",
        Both(Flow, &["inclusion", "exclusion"]),
    ),
    Item("8", "How eligible patients were found", Of(&["inclusion"])),
    Item("9", "Where and when", Of(&["setting", "dates"])),
    Item(
        "10",
        "Consecutive, random or chosen patients",
        Of(&["sampling"]),
    ),
    Item(
        "11",
        "Source of the data, and why they were collected",
        Of(&["design"]),
    ),
    Item("12", "Who labelled the data, and how", Of(&["assessor"])),
    Item(
        "13",
        "Devices, and software of the test",
        Both(Settings, &["acquisition"]),
    ),
    Item(
        "14",
        "Acquisition and preparation of pictures",
        Both(Words, &["acquisition"]),
    ),
    Item("15a", "The network, to be repeated", In(Settings)),
    Item("15b", "How it was developed, on how many", In(Flow)),
    Item("15c", "The threshold and where it comes from", In(Result)),
    Item(
        "15d",
        "Who uses the test, with which training",
        Of(&["intended_use"]),
    ),
    Item(
        "16a",
        "The reference standard, to be repeated",
        Of(&["reference_standard"]),
    ),
    Item(
        "16b",
        "Why this reference standard",
        Of(&["reference_rationale"]),
    ),
    Item(
        "16c",
        "Cut-offs of the reference standard",
        Of(&["reference_standard"]),
    ),
    Item("17a", "What whoever did the test knew", Of(&["blinding"])),
    Item(
        "17b",
        "What the assessors of the reference standard knew",
        Of(&["blinding"]),
    ),
    Item("18", "Statistical methods", In(Words)),
    Item(
        "19",
        "Handling of indeterminate results",
        Both(Words, &["reference_standard"]),
    ),
    Item(
        "20",
        "Handling of missing data",
        Both(Flow, &["missing_data"]),
    ),
    Item("21", "Analyses of variability", In(Robustness)),
    Item(
        "22",
        "Planned sample size",
        Both(SampleSize, &["sample_size"]),
    ),
    Item(
        "23",
        "Analysis of errors, bias and fairness",
        Both(Failures, &["fairness"]),
    ),
    Item("24", "Flow of patients, as a diagram", In(Flow)),
    Item("25", "Patients of each part", In(Patients)),
    Item(
        "26a",
        "Severity in those with the disorder",
        Of(&["severity"]),
    ),
    Item(
        "26b",
        "Other diagnoses in those without it",
        Of(&["severity"]),
    ),
    Item(
        "27",
        "Time between both tests, treatment in between",
        Of(&["time_between", "treatments"]),
    ),
    Item(
        "28",
        "Whether the share of the disorder is that of practice",
        Both(Flow, &["sampling"]),
    ),
    Item(
        "29",
        "How patients of an external test differ",
        Of(&["external_testing"]),
    ),
    Item("30", "Test by reference standard, as a table", In(Figures)),
    Item("31", "Accuracy with its precision", In(Measures)),
    Item("32", "Harm from the tests", Of(&["adverse_events"])),
    Item(
        "33",
        "Limits, bias, uncertainty",
        Both(Study, &["limitations"]),
    ),
    Item(
        "34",
        "What it means for practice",
        Text("discussion; model_card.md names use and limits"),
    ),
    Item(
        "35",
        "Ethics and fairness of the test's use",
        Of(&["ethics", "fairness"]),
    ),
    Item("36", "Registration", Of(&["registration"])),
    Item("37", "Protocol", Of(&["protocol"])),
    Item("38", "Funding and part of the funders", Of(&["funding"])),
    Item("39", "Commercial interests", Of(&["conflicts"])),
    Item(
        "40a",
        "Availability of data and code",
        Of(&["data_availability", "code_availability"]),
    ),
    Item(
        "40b",
        "Whether outputs are kept and can be audited",
        In(Files),
    ),
];
