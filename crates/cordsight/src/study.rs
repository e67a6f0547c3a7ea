//! What only the investigators know of a study: the table `[study]` of a settings file.
//!
//! In: texts under the keys of [`ITEMS`], any of them. Out: [`Study`], which goes with a run: into `config.toml`, where
//! every key stands with its question above it and may be filled in later, into the report and into its checklists. An
//! empty text is read as not stated; nothing here changes a result.
//!
//! Source of the keys: what CLAIM 2024, STARD-AI 2025 and TRIPOD+AI 2024 ask for and no program can know.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

/// One thing to be stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Key of the settings file.
    pub key: &'static str,
    /// Its name in a report.
    pub name: &'static str,
    /// What is asked.
    pub question: &'static str,
}

macro_rules! items {
    ($($key:ident, $name:literal, $question:literal;)*) => {
        /// The statements; an empty one is not stated.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Study {
            $(#[doc = $question] pub $key: String,)*
        }

        /// Everything that can be stated, in the order of a report.
        pub const ITEMS: &[Item] = &[
            $(Item { key: stringify!($key), name: $name, question: $question },)*
        ];

        impl Study {
            /// Each item with its text, which is empty where nothing is stated.
            pub fn statements(&self) -> Vec<(Item, &str)> {
                let texts = [$(self.$key.trim(),)*];
                ITEMS.iter().copied().zip(texts).collect()
            }

            /// These statements, with the gaps filled from `others`.
            #[must_use]
            pub fn or(self, others: Study) -> Study {
                Study {
                    $($key: if self.$key.trim().is_empty() { others.$key } else { self.$key },)*
                }
            }
        }
    };
}

items! {
    title, "Title", "Title of the study.";
    authors, "Authors", "Who did the study, and whom to ask.";
    background, "Background", "Clinical background, and what is known of other models for the question.";
    aim, "Aim", "What the study is to find out, with its hypothesis.";
    intended_use, "Intended use", "For whom the model is meant, where in the care of a patient, and who would use it with which training.";
    design, "Design", "Prospective or retrospective; data collected for the study, in routine care, or from a repository.";
    setting, "Setting", "Kind, number and places of the centres.";
    dates, "Dates", "First and last date of the patients' radiographs.";
    inclusion, "Inclusion criteria", "Whom the study includes, and how those patients were found.";
    exclusion, "Exclusion criteria", "Whom and which radiographs the study excludes, in the order in which this was applied.";
    sampling, "Sampling", "Consecutive, random or chosen patients, and how both classes came together.";
    acquisition, "Radiographic technique", "Devices with maker and model, projection, posture, distance.";
    treatments, "Treatments", "Treatments before or between the examinations, and how they were dealt with.";
    reference_standard, "Reference standard", "What decides that a patient has the disorder, with its cut-offs.";
    reference_rationale, "Rationale of the reference standard", "Why this reference standard, where others exist.";
    assessor, "Assessor of the reference standard", "Who read it, how many, with which training and years.";
    test_assessment, "Reference standard of the test patients", "How it was assessed for the test patients, where that differs from the others.";
    agreement, "Agreement of assessors", "Agreement between and within assessors, as a figure with its interval.";
    blinding, "Blinding", "Whether the assessors knew radiograph and score, and whoever took the radiograph the reference standard.";
    time_between, "Time between examinations", "Time between radiograph and reference standard, and what was done in between.";
    severity, "Severity and other diagnoses", "Severity in patients with the disorder; what the others have.";
    missing_data, "Missing data", "Which data are missing, why, and how they were dealt with.";
    deidentification, "De-identification", "How pictures and tables were made free of names.";
    sample_size, "Sample size", "Why this many patients were planned.";
    fairness, "Fairness", "Known inequalities between groups of patients, and what was done about them.";
    external_testing, "External testing", "Testing on patients of other centres, and how those differ.";
    limitations, "Limitations", "Limits of the study beyond those that the report names.";
    adverse_events, "Adverse events", "Harm from radiograph or reference standard.";
    ethics, "Ethics", "Committee, number and date of its approval, or why none was needed.";
    consent, "Consent", "Informed consent, or its waiver.";
    registration, "Registration", "Register and number, or that the study is not registered.";
    protocol, "Protocol", "Where the protocol can be read, or that there is none.";
    patient_involvement, "Patient and public involvement", "Part of patients and public in design, conduct or reporting, or that there was none.";
    data_availability, "Availability of data", "Where the data can be had, and under which conditions.";
    code_availability, "Availability of code and model", "Where code and trained model can be had, and under which conditions.";
    funding, "Funding", "Sources of funding and part of the funders.";
    conflicts, "Conflicts of interest", "Conflicts of interest and commercial interests of all authors.";
}

impl Study {
    /// The text under a key; nothing where it is empty, or there is no such key.
    pub fn stated(&self, key: &str) -> Option<&str> {
        let statements = self.statements();
        let found = statements.into_iter().find(|(item, _)| item.key == key);
        found.map(|(_, text)| text).filter(|text| !text.is_empty())
    }

    /// How many items are stated.
    pub fn count(&self) -> usize {
        let statements = self.statements();
        statements
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .count()
    }

    /// The table `[study]` with the question above each key, ready to be filled in.
    pub fn to_toml(&self) -> String {
        let mut text = String::from(
            "\n# What only the investigators know. Fill in, then write the report again: cordsight report RUN\n[study]\n",
        );
        for (item, stated) in self.statements() {
            let value = toml::Value::String(stated.to_string());
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# {}\n{} = {value}", item.question, item.key);
        }
        text
    }
}
