//! Several score files on the same patients.
//!
//! In: tables. Out: [`Paired`], one column of scores a file, all in the order of the patients' names. Files with other
//! patients or other labels are refused: a comparison on the patients that happen to be in both would answer another
//! question than the one asked.

use super::{ScoreTable, TableError};

/// Labels and the scores of each file, patient by patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    /// The patients' names.
    pub patients: Vec<String>,
    /// 0 or 1, both at least once.
    pub labels: Vec<u8>,
    /// Scores of each file, in the order of the files.
    pub scores: Vec<Vec<f64>>,
}

/// Joins tables by patient.
///
/// # Errors
/// No table, a class without patients, a patient that one file lacks, a label that differs.
pub fn pair(tables: &[ScoreTable]) -> Result<Paired, TableError> {
    let Some((first, others)) = tables.split_first() else {
        return Err(TableError::File {
            path: "compare".to_string(),
            problem: "found no file, expected at least one".to_string(),
        });
    };
    for other in others {
        same_patients(first, other)?;
    }
    first.demand_both_classes()?;
    let scores = |table: &ScoreTable| table.patients.iter().map(|p| p.score).collect();
    Ok(Paired {
        patients: first.patients.iter().map(|p| p.name.clone()).collect(),
        labels: first.patients.iter().map(|p| p.label).collect(),
        scores: tables.iter().map(scores).collect(),
    })
}

fn same_patients(first: &ScoreTable, other: &ScoreTable) -> Result<(), TableError> {
    missing(first, other)?;
    missing(other, first)?;
    for (a, b) in first.patients.iter().zip(&other.patients) {
        if a.label != b.label {
            return Err(TableError::LabelsDiffer {
                path: other.path.clone(),
                line: b.rows[0].line,
                found: b.label,
                patient: b.name.clone(),
                expected: a.label,
                other: first.path.clone(),
                other_line: a.rows[0].line,
            });
        }
    }
    Ok(())
}

/// Refuses where `lacking` has not every patient of `having`; both are sorted by name.
fn missing(having: &ScoreTable, lacking: &ScoreTable) -> Result<(), TableError> {
    let lacks = |name: &str| {
        lacking
            .patients
            .binary_search_by(|patient| patient.name.as_str().cmp(name))
            .is_err()
    };
    let mut absent = having
        .patients
        .iter()
        .filter(|patient| lacks(&patient.name));
    let Some(first) = absent.next() else {
        return Ok(());
    };
    Err(TableError::MissingPatient {
        path: lacking.path.clone(),
        other: having.path.clone(),
        line: first.rows[0].line,
        patient: first.name.clone(),
        missing: 1 + absent.count(),
    })
}
