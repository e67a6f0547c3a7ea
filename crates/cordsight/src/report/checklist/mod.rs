//! The items of CLAIM 2024, STARD-AI 2025 and TRIPOD+AI 2024, each with where the report answers it, or who must.
//!
//! In: which sections a report has, and the statements of its study. Out: [`Checklist`], rows of plain text, for the page and for
//! `checklist.csv`. An item that a program can answer names its section; one that only the investigators can state reads
//! [`Status::NotStated`] until they do; one that belongs into an article's text alone is marked [`Status::Authors`].
//! Numbers and order are those of the published lists; topics are in words of our own and replace no reading of the lists.
//!
//! Source: Tejani et al. 2024, Radiology: Artificial Intelligence 6:e240300; Sounderajah et al. 2025, Nature Medicine 31:3283;
//! Collins et al. 2024, BMJ 385:e078378.

mod claim;
mod stard;
mod tripod;

use serde::Serialize;

use crate::study::Study;

/// A section of the report that can answer an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Main result.
    Result,
    /// Methods and results in words.
    Words,
    /// Figures.
    Figures,
    /// Cohort flow and split.
    Flow,
    /// Patients of both classes and parts.
    Patients,
    /// All measures.
    Measures,
    /// Net benefit and calibration.
    Calibration,
    /// Every error, with its picture.
    Failures,
    /// Heatmaps.
    Heatmaps,
    /// Performance under noise, blur and the like.
    Robustness,
    /// Events, widths and patients needed.
    SampleSize,
    /// What is stated, and limits.
    Study,
    /// How to use the model.
    Use,
    /// Network, settings, machine.
    Settings,
    /// Files of the run.
    Files,
}

impl Section {
    /// Anchor of the section in the page.
    pub fn id(self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::Words => "words",
            Self::Figures => "figures",
            Self::Flow => "flow",
            Self::Patients => "patients",
            Self::Measures => "measures",
            Self::Calibration => "calibration",
            Self::Failures => "failures",
            Self::Heatmaps => "heatmaps",
            Self::Robustness => "robustness",
            Self::SampleSize => "sample-size",
            Self::Study => "study",
            Self::Use => "use",
            Self::Settings => "settings",
            Self::Files => "files",
        }
    }

    /// Its title, short.
    pub fn title(self) -> &'static str {
        match self {
            Self::Result => "Result",
            Self::Words => "Methods and results in words",
            Self::Figures => "Figures",
            Self::Flow => "Cohort flow and split",
            Self::Patients => "Patients",
            Self::Measures => "All measures",
            Self::Calibration => "Precision, net benefit and calibration",
            Self::Failures => "Failure analysis",
            Self::Heatmaps => "Heatmaps",
            Self::Robustness => "Robustness",
            Self::SampleSize => "Sample size",
            Self::Study => "What is stated, limits",
            Self::Use => "Use the model",
            Self::Settings => "Network, settings, environment",
            Self::Files => "Files",
        }
    }
}

/// Whether an item is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Status {
    /// In the section named.
    #[serde(rename = "reported")]
    Reported,
    /// A part of it; the remark says what is missing.
    #[serde(rename = "partly")]
    Partly,
    /// Only the investigators know, and `[study]` is empty there.
    #[serde(rename = "NOT STATED")]
    NotStated,
    /// Belongs into the article's own text.
    #[serde(rename = "authors")]
    Authors,
    /// The program could answer it, but this run does not.
    #[serde(rename = "not reported")]
    NotReported,
    /// There is nothing to report in a study of this kind.
    #[serde(rename = "not applicable")]
    NotApplicable,
}

impl Status {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Partly => "partly",
            Self::NotStated => "NOT STATED",
            Self::Authors => "authors",
            Self::NotReported => "not reported",
            Self::NotApplicable => "not applicable",
        }
    }
}

/// Who answers an item.
enum Answer {
    /// The report, in this section.
    In(Section),
    /// The investigators, under these keys.
    Of(&'static [&'static str]),
    /// The report, and for a part the investigators.
    Both(Section, &'static [&'static str]),
    /// The article's text; the remark helps.
    Text(&'static str),
    /// Nobody; the remark says why.
    No(&'static str),
}

/// An item of a published list.
struct Item(&'static str, &'static str, Answer);

/// One item with its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Number in the list.
    pub number: &'static str,
    /// What it is about, in our words.
    pub topic: &'static str,
    /// Whether it is answered.
    pub status: Status,
    /// Anchor of the section that answers it; empty where none does.
    pub anchor: &'static str,
    /// Title of that section.
    pub section: &'static str,
    /// What is missing, or what helps.
    pub remark: String,
}

/// One list with its answers.
#[derive(Clone, Debug, Serialize)]
pub struct Checklist {
    /// Such as "CLAIM 2024".
    pub name: &'static str,
    /// Where it is published.
    pub source: &'static str,
    /// Every item in the list's order.
    pub rows: Vec<Row>,
}

impl Checklist {
    /// How many items have a status.
    pub fn count(&self, status: Status) -> usize {
        self.rows.iter().filter(|row| row.status == status).count()
    }

    /// Such as "20 reported, 4 partly, 15 NOT STATED, 5 authors".
    pub fn summary(&self) -> String {
        let all = [
            Status::Reported,
            Status::Partly,
            Status::NotStated,
            Status::Authors,
            Status::NotReported,
            Status::NotApplicable,
        ];
        let counted = all.into_iter().map(|status| (self.count(status), status));
        let words = counted.filter(|(count, _)| *count > 0);
        words
            .map(|(count, status)| format!("{count} {}", status.name()))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// The three lists, answered for a report that has the sections for which `has` says so.
pub fn checklists(study: &Study, has: impl Fn(Section) -> bool) -> Vec<Checklist> {
    let answered = |name, source, items: &[Item]| Checklist {
        name,
        source,
        rows: items.iter().map(|item| item.row(study, &has)).collect(),
    };
    vec![
        answered(
            "CLAIM 2024",
            "Tejani et al. 2024, doi:10.1148/ryai.240300",
            claim::ITEMS,
        ),
        answered(
            "STARD-AI 2025",
            "Sounderajah et al. 2025, doi:10.1038/s41591-025-03953-8",
            stard::ITEMS,
        ),
        answered(
            "TRIPOD+AI 2024",
            "Collins et al. 2024, doi:10.1136/bmj-2023-078378",
            tripod::ITEMS,
        ),
    ]
}

/// `checklist.csv`: `list,item,topic,status,section,remark`.
///
/// # Errors
///
/// None in practice: rows of text can always be written to memory.
pub fn to_csv(lists: &[Checklist]) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["list", "item", "topic", "status", "section", "remark"])?;
    for list in lists {
        for row in &list.rows {
            let status = row.status.name();
            let cells = [list.name, row.number, row.topic, status, row.section];
            table.write_record(cells.into_iter().chain([row.remark.as_str()]))?;
        }
    }
    table
        .into_inner()
        .map_err(|error| error.into_error().into())
}

impl Item {
    fn row(&self, study: &Study, has: &impl Fn(Section) -> bool) -> Row {
        let Item(number, topic, answer) = self;
        let (status, section, remark) = match answer {
            Answer::In(section) => of_report(*section, has),
            Answer::Of(keys) => of_study(study, keys),
            Answer::Both(section, keys) => both(of_report(*section, has), of_study(study, keys)),
            Answer::Text(remark) => (Status::Authors, None, (*remark).to_string()),
            Answer::No(remark) => (Status::NotApplicable, None, (*remark).to_string()),
        };
        Row {
            number,
            topic,
            status,
            anchor: section.map_or("", Section::id),
            section: section.map_or("", Section::title),
            remark,
        }
    }
}

type Answered = (Status, Option<Section>, String);

fn of_report(section: Section, has: &impl Fn(Section) -> bool) -> Answered {
    if has(section) {
        return (Status::Reported, Some(section), String::new());
    }
    let remark = format!("this run has no section \"{}\"", section.title());
    (Status::NotReported, None, remark)
}

fn of_study(study: &Study, keys: &[&str]) -> Answered {
    let missing: Vec<&str> = keys
        .iter()
        .copied()
        .filter(|key| study.stated(key).is_none())
        .collect();
    let status = match missing.len() {
        0 => Status::Reported,
        some if some < keys.len() => Status::Partly,
        _ => Status::NotStated,
    };
    let section = (status != Status::NotStated).then_some(Section::Study);
    (status, section, asked(&missing))
}

/// What the report has counts for a part as long as the rest is not stated.
fn both(report: Answered, study: Answered) -> Answered {
    match (report.0, study.0) {
        (Status::Reported, Status::Reported) => report,
        (Status::Reported, _) => (Status::Partly, report.1, study.2),
        (_, Status::Reported) => (Status::Partly, study.1, report.2),
        _ => study,
    }
}

fn asked(missing: &[&str]) -> String {
    match missing {
        [] => String::new(),
        keys => format!("state {} in [study]", keys.join(", ")),
    }
}
