//! From a run's covariates to the report's section on subgroups.
//!
//! In: test predictions, the threshold, `covariates.csv` and `split.csv` of a run. Out: the report's [`Subgroups`]. Every
//! column makes groups by a rule that knows no test result: words are groups as they stand, numbers are cut at the
//! median of the training patients, so that nobody picks the cut that looks best.

use std::collections::{BTreeMap, BTreeSet};

use diagstat::{Measured, Scores, Subgroup, SubgroupIntervals, subgroups};

use super::patients::{self, Patient};
use super::tables::estimate;
use super::{ResultsError, RunFacts};
use crate::covariates::{Covariates, NUMBERS_MIN, number};
use crate::evaluate::{AUC, EvaluateError, LEVEL, PROPORTION, scores};
use crate::figure::{Forest, ForestGroup, ForestRow};
use crate::predictions::{PatientScore, Prediction, by_patient};
use crate::report::{SubgroupRow, Subgroups};
use crate::run_folder::RunFolder;
use crate::statistics::StatisticsError;
use crate::statistics::layout::{p_value, short};

const NOT_KNOWN: &str = "not known";

/// The section; nothing where no column tells the test patients apart.
pub(super) fn section(
    run: &RunFolder,
    facts: &RunFacts,
    test: &[Prediction],
    threshold: f64,
) -> Result<Option<Subgroups>, ResultsError> {
    let path = run.file(patients::FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let covariates = Covariates::read(&path)?;
    let parts = patients::parts(run)?;
    let patients = by_patient(test, facts.pool);
    let all = scores(&patients).map_err(EvaluateError::from)?;
    let mut section = Subgroups {
        how: format!(
            "The test patients by each column of the cohort. Words are groups as they stand; numbers are cut at the median of the training patients. \
             The threshold {threshold:.3} is that of all. No P value is corrected for the number of columns, and small groups have wide intervals: a \
             difference is a reason to look, not a finding, and no difference is no proof that there is none."
        ),
        rows: Vec::new(),
        forest: Forest {
            measure: "AUC".to_string(),
            ..Forest::default()
        },
    };
    for place in 0..covariates.columns.len() {
        column(
            &covariates,
            place,
            &parts,
            (&patients, &all),
            threshold,
            &mut section,
        )?;
    }
    Ok((!section.rows.is_empty()).then_some(section))
}

/// Adds the groups of one column, where there are at least two.
fn column(
    covariates: &Covariates,
    place: usize,
    parts: &[Patient],
    (patients, all): (&[PatientScore], &Scores),
    threshold: f64,
    section: &mut Subgroups,
) -> Result<(), ResultsError> {
    let name = &covariates.columns[place];
    let groups = Groups::of(covariates, place, parts);
    let of_test: Vec<String> = patients.iter().map(|of| groups.name(&of.patient)).collect();
    let names: Vec<&str> = of_test.iter().map(String::as_str).collect();
    if names.iter().collect::<BTreeSet<_>>().len() < 2 {
        return Ok(());
    }
    let intervals = SubgroupIntervals {
        auc: AUC,
        proportion: PROPORTION,
        level: LEVEL,
    };
    let found = subgroups(all, &names, threshold, intervals).map_err(StatisticsError::from)?;
    let heterogeneity = found.auc_heterogeneity.as_ref();
    section.forest.groups.push(ForestGroup {
        name: name.clone(),
        interaction: heterogeneity.map_or_else(|_| String::new(), |test| p_value(test.p_value)),
        rows: found
            .subgroups
            .iter()
            .map(|of| drawn(of, &of.name))
            .collect(),
    });
    section.forest.overall = drawn(&found.all, "all patients");
    section
        .rows
        .extend(found.subgroups.iter().map(|of| SubgroupRow {
            column: name.clone(),
            group: of.name.clone(),
            patients: [of.positives, of.negatives],
            auc: estimate(&of.auc),
            sensitivity: estimate(&of.sensitivity),
            specificity: estimate(&of.specificity),
        }));
    Ok(())
}

fn drawn(group: &Subgroup, name: &str) -> ForestRow {
    let interval = |measured: &Measured| measured.interval().map(|of| (of.low, of.high));
    ForestRow {
        name: name.to_string(),
        patients: u64::from(group.positives) + u64::from(group.negatives),
        estimate: group.auc.value(),
        interval: interval(&group.auc),
        text: short(&group.auc),
    }
}

/// Which group a patient is in.
struct Groups<'a> {
    cells: BTreeMap<&'a str, &'a str>,
    /// Where the column holds numbers: their median in the training patients.
    cut: Option<f64>,
}

impl<'a> Groups<'a> {
    fn of(covariates: &'a Covariates, place: usize, parts: &[Patient]) -> Self {
        let cell = |row: &'a Vec<String>| row.get(place).map_or("", |cell| cell.as_str());
        let cells: BTreeMap<&str, &str> = (covariates.rows.iter())
            .map(|(patient, row)| (patient.as_str(), cell(row)))
            .collect();
        let filled = cells.values().copied().filter(|cell| !cell.is_empty());
        let different: BTreeSet<&str> = filled.clone().collect();
        let is_number =
            different.len() >= NUMBERS_MIN && filled.clone().all(|cell| number(cell).is_some());
        let training = parts.iter().filter(|of| of.split == "train");
        let mut known: Vec<f64> = training
            .filter_map(|of| number(cells.get(of.patient.as_str())?))
            .collect();
        known.sort_by(f64::total_cmp);
        let cut = known.get(known.len() / 2).copied().filter(|_| is_number);
        Groups { cells, cut }
    }

    fn name(&self, patient: &str) -> String {
        let cell = self.cells.get(patient).copied().unwrap_or_default();
        match (cell.is_empty(), self.cut, number(cell)) {
            (true, ..) => NOT_KNOWN.to_string(),
            (false, Some(cut), Some(value)) if value < cut => format!("below {cut}"),
            (false, Some(cut), Some(_)) => format!("{cut} and above"),
            _ => cell.to_string(),
        }
    }
}
