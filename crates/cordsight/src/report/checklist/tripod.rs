//! TRIPOD+AI 2024: development and evaluation of a prediction model, 27 items in 52 parts.
//!
//! In: nothing. Out: number, topic in our words, and who answers it. The outcome is the reference standard, the predictor the
//! radiograph; there is no follow-up.
//!
//! Source: Collins et al. 2024, BMJ 385:e078378, doi:10.1136/bmj-2023-078378.

use super::Answer::{Both, In, No, Of, Text};
use super::Item;
use super::Section::{Flow, Measures, Patients, Result, SampleSize, Settings, Study, Use, Words};

pub(super) const ITEMS: &[Item] = &[
    Item(
        "1",
        "Named as development or evaluation, for whom and of what",
        Both(Result, &["title"]),
    ),
    Item(
        "2",
        "Abstract, by its own list",
        Text("methods.md and model_card.md have the sentences and figures for it"),
    ),
    Item(
        "3a",
        "Clinical context, reason, known models",
        Of(&["background"]),
    ),
    Item(
        "3b",
        "For whom, for what, used by whom",
        Of(&["intended_use"]),
    ),
    Item("3c", "Known inequalities between groups", Of(&["fairness"])),
    Item(
        "4",
        "Aims; development, evaluation or both",
        Both(Words, &["aim"]),
    ),
    Item(
        "5a",
        "Sources of the data, how they represent patients",
        Of(&["design", "sampling"]),
    ),
    Item("5b", "Dates of the data", Of(&["dates"])),
    Item(
        "6a",
        "Setting, number and places of centres",
        Of(&["setting"]),
    ),
    Item(
        "6b",
        "Who was eligible",
        Both(Flow, &["inclusion", "exclusion"]),
    ),
    Item("6c", "Treatments", Of(&["treatments"])),
    Item("7", "Preparation and checks of the data", In(Words)),
    Item(
        "8a",
        "The outcome, how and when it was assessed",
        Of(&["reference_standard", "time_between"]),
    ),
    Item("8b", "Assessors of the outcome", Of(&["assessor"])),
    Item(
        "8c",
        "Blinding of the outcome's assessment",
        Of(&["blinding"]),
    ),
    Item("9a", "Choice of predictors", In(Words)),
    Item(
        "9b",
        "Predictors, how and when they were measured",
        Both(Words, &["acquisition"]),
    ),
    Item(
        "9c",
        "Assessors of predictors",
        No("the radiograph is read by the network alone"),
    ),
    Item(
        "10",
        "Sample size and whether it is enough",
        Both(SampleSize, &["sample_size"]),
    ),
    Item(
        "11",
        "Missing data, and reasons for leaving out",
        Both(Flow, &["missing_data"]),
    ),
    Item("12a", "How data were used and divided", In(Flow)),
    Item("12b", "Handling of predictors", In(Words)),
    Item(
        "12c",
        "The model, its building and internal testing",
        In(Settings),
    ),
    Item(
        "12d",
        "Differences between centres",
        Text("cordsight evaluate --predictions FILE --by site, where a column names the site"),
    ),
    Item("12e", "Measures and plots of performance", In(Measures)),
    Item(
        "12f",
        "Updating of the model",
        No("the model was not updated after its test"),
    ),
    Item("12g", "How predictions are calculated", In(Use)),
    Item("13", "Handling of unequal classes", In(Words)),
    Item("14", "Fairness", Of(&["fairness"])),
    Item("15", "What the model gives, and its threshold", In(Result)),
    Item(
        "16",
        "Differences of development and test data",
        In(Patients),
    ),
    Item(
        "17",
        "Approval by an ethics committee, and consent",
        Of(&["ethics", "consent"]),
    ),
    Item("18a", "Funding and part of the funders", Of(&["funding"])),
    Item("18b", "Conflicts of interest", Of(&["conflicts"])),
    Item("18c", "Protocol", Of(&["protocol"])),
    Item("18d", "Registration", Of(&["registration"])),
    Item("18e", "Availability of data", Of(&["data_availability"])),
    Item("18f", "Availability of code", Of(&["code_availability"])),
    Item(
        "19",
        "Part of patients and public",
        Of(&["patient_involvement"]),
    ),
    Item(
        "20a",
        "Flow of patients, with and without the outcome",
        In(Flow),
    ),
    Item("20b", "Patients and what is missing of them", In(Patients)),
    Item(
        "20c",
        "Test patients beside training patients",
        In(Patients),
    ),
    Item("21", "Patients and events of each analysis", In(Flow)),
    Item(
        "22",
        "The whole model, for use by others",
        Both(Use, &["code_availability"]),
    ),
    Item("23a", "Performance with intervals", In(Measures)),
    Item(
        "23b",
        "Differences of performance between centres",
        Text("cordsight evaluate --predictions FILE --by site, where a column names the site"),
    ),
    Item(
        "24",
        "Results of updating",
        No("the model was not updated after its test"),
    ),
    Item("25", "Interpretation, with fairness", Text("discussion")),
    Item(
        "26",
        "Limits and what they do",
        Both(Study, &["limitations"]),
    ),
    Item("27a", "Poor or missing input in use", In(Use)),
    Item(
        "27b",
        "What users do, with which training",
        Of(&["intended_use"]),
    ),
    Item("27c", "Next steps, use elsewhere", Text("discussion")),
];
