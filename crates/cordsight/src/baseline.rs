//! What plain measurements tell about the same patients: the figure that a network has to beat.
//!
//! In: numbers known of each patient besides the picture, and the run's split. Out: [`Beside`]: a ridge logistic
//! regression fitted on the training patients and tested on the test patients, its difference from the network by
//! DeLong's paired test, and, of a phantom cohort, the best score that any reader of the pictures could give.
//! A phantom's measures come from its truth, without any error of reading, so that a person with a ruler would do worse;
//! of a real cohort they are the columns that the user names. Both are kept in the run's `measures.csv`, so that a
//! report can be drawn again, and the regression's scores in `baseline.csv`, for `cordsight compare`.
//! The penalty is 1 on standardised measures, scikit-learn's default, and is not tuned: nothing else may be chosen with
//! the test patients at hand.

use std::collections::BTreeMap;
use std::path::Path;

use diagstat::{
    AreaDifference, Features, Level, Measured, Paired, Roc, Scores, Undefined, auc_with_interval,
    delong_paired, roc,
};
use serde::Serialize;

use crate::cohort::{Cohort, csv_text};
use crate::evaluate::{AUC, LEVEL};
use crate::predictions::{PatientScore, Prediction};
use crate::score::sigmoid;

/// Column of the best possible score in `measures.csv`.
const CEILING: &str = "best_possible";
/// On standardised measures.
const PENALTY: f64 = 1.0;
/// Vertebrae whose Torg-Pavlov ratio is measured, as in the literature.
const LEVELS: [&str; 5] = ["C3", "C4", "C5", "C6", "C7"];

/// Measures that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("{path}: {problem}")]
pub struct MeasuresError {
    /// The file.
    pub path: String,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// Numbers known of each patient besides the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Measures {
    /// Name of each measure, as a reader would say it.
    pub names: Vec<String>,
    /// The measures of each patient.
    pub rows: BTreeMap<String, Vec<f64>>,
    /// The best score that any reader of the pictures could give, where the patients were drawn.
    pub ceiling: BTreeMap<String, f64>,
}

impl Measures {
    /// Of a phantom cohort the ratios and angles of its truth; of another one the `columns` of its CSV, each a number or
    /// one of two words. Nothing where there is neither, or the truth lacks a patient.
    ///
    /// # Errors
    ///
    /// A column that is not there or holds no numbers, a damaged truth.
    pub fn of_cohort(
        path: &Path,
        cohort: &Cohort,
        columns: &[String],
    ) -> Result<Option<Self>, MeasuresError> {
        if !columns.is_empty() {
            return Ok(Some(named(&Table::read(path)?, columns)?));
        }
        let truth = path.with_file_name("truth.csv");
        if cohort.synthetic.is_none() || !truth.is_file() {
            return Ok(None);
        }
        let found = of_truth(&Table::read(&truth)?, &Table::read(path)?)?;
        // Patients that the truth does not know would lose a finished run.
        let patients = cohort.patients();
        let all = patients.keys().all(|name| found.rows.contains_key(*name));
        Ok(all.then_some(found))
    }

    /// Reads `measures.csv`.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or holds no numbers.
    pub fn read(path: &Path) -> Result<Self, MeasuresError> {
        let table = Table::read(path)?;
        let names: Vec<String> = table.header.iter().skip(1).cloned().collect();
        let mut measures = named(&table, &names)?;
        if let Some(at) = names.iter().position(|name| name == CEILING) {
            measures.names.remove(at);
            for (patient, row) in &mut measures.rows {
                measures.ceiling.insert(patient.clone(), row.remove(at));
            }
        }
        Ok(measures)
    }

    /// Of these patients, in their order.
    fn features(&self, patients: &[PatientScore]) -> Result<Features, MeasuresError> {
        let wrong = |problem: String| MeasuresError {
            path: "measures.csv".to_string(),
            problem,
        };
        let mut columns = vec![Vec::with_capacity(patients.len()); self.names.len()];
        for patient in patients {
            let row = self.rows.get(&patient.patient).ok_or_else(|| {
                let patient = &patient.patient;
                wrong(format!(
                    "found no measures of patient \"{patient}\", expected those of all"
                ))
            })?;
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(*value);
            }
        }
        let labels: Vec<bool> = patients.iter().map(|patient| patient.label == 1).collect();
        Features::new(&labels, &columns).map_err(|error| wrong(error.to_string()))
    }

    /// `measures.csv`: a row a patient.
    pub fn to_csv(&self) -> String {
        let quoted = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
        let has_ceiling = !self.ceiling.is_empty();
        let mut header = vec!["patient".to_string()];
        header.extend(self.names.iter().map(quoted));
        header.extend(has_ceiling.then(|| CEILING.to_string()));
        let mut text = header.join(",") + "\n";
        for (patient, row) in &self.rows {
            let mut cells = vec![quoted(patient)];
            cells.extend(row.iter().map(f64::to_string));
            cells.extend(self.ceiling.get(patient).map(f64::to_string));
            text += &(cells.join(",") + "\n");
        }
        text
    }
}

/// Who else looked at the test patients, and how well.
#[derive(Clone, Debug, Serialize)]
pub struct Beside {
    /// What the regression was given.
    pub measures: Vec<String>,
    /// Patients that it was fitted on.
    pub training_patients: usize,
    /// Its AUC on the test patients.
    pub auc: Measured,
    /// AUC of the network less that of the regression, on the same patients.
    pub network_minus_baseline: Measured,
    /// P of DeLong's paired test that both are alike, or why there is none.
    #[serde(serialize_with = "crate::statistics::value_or_reason")]
    pub p_value: Result<f64, Undefined>,
    /// AUC on the same test patients of the best score that any reader of the pictures could give; phantoms only.
    pub best_possible_auc: Option<Measured>,
    /// Curves of the regression and of the best possible reader.
    #[serde(skip)]
    pub curves: Vec<Roc>,
    /// The regression's score of each test patient.
    #[serde(skip)]
    pub predictions: Vec<Prediction>,
}

/// Fits the measures on the training patients and judges them beside the network on the test patients.
///
/// # Errors
///
/// A patient without measures.
pub fn beside(
    measures: &Measures,
    training: &[PatientScore],
    test: &[PatientScore],
) -> Result<Beside, MeasuresError> {
    let (learnt, judged) = (measures.features(training)?, measures.features(test)?);
    let regression: Result<Vec<f64>, Undefined> = learnt
        .scores_of(&judged, PENALTY)
        .map(|linear| linear.into_iter().map(sigmoid).collect());
    let values = regression.clone().unwrap_or_default();
    let scores = regression.and_then(|values| of_values(test, values.into_iter()));
    let network = of_values(test, test.iter().map(|patient| patient.score));
    let difference = network.and_then(|network| compared(network, scores.clone()?));
    let best: Option<Vec<f64>> = test
        .iter()
        .map(|patient| measures.ceiling.get(&patient.patient).copied())
        .collect();
    let best = best.and_then(|values| of_values(test, values.into_iter()).ok());
    let reason = |reason: Undefined| Measured::undefined(reason);
    let known = [scores.clone().ok(), best.clone()].into_iter().flatten();
    Ok(Beside {
        measures: measures.names.clone(),
        training_patients: training.len(),
        auc: match &scores {
            Ok(scores) => auc_with_interval(scores, AUC, LEVEL),
            Err(why) => reason(*why),
        },
        network_minus_baseline: match &difference {
            Ok(difference) => difference.difference,
            Err(why) => reason(*why),
        },
        p_value: difference.and_then(|difference| difference.test.map(|test| test.p_value)),
        best_possible_auc: best
            .as_ref()
            .map(|best| auc_with_interval(best, AUC, LEVEL)),
        curves: known.filter_map(|scores| roc(&scores).ok()).collect(),
        predictions: test
            .iter()
            .zip(values)
            .map(|(patient, score)| Prediction {
                patient: patient.patient.clone(),
                image: patient.images.first().cloned().unwrap_or_default(),
                label: patient.label,
                score,
                view: None,
            })
            .collect(),
    })
}

/// Patients with other scores; the values are finite.
fn of_values(
    patients: &[PatientScore],
    values: impl Iterator<Item = f64>,
) -> Result<Scores, Undefined> {
    let labels: Vec<u8> = patients.iter().map(|patient| patient.label).collect();
    Scores::new(&labels, &values.collect::<Vec<f64>>()).map_err(|_| Undefined::AllTied)
}

/// The network's AUC less that of another score, on the same patients.
pub(crate) fn compared(network: Scores, baseline: Scores) -> Result<AreaDifference, Undefined> {
    let level: Level = LEVEL;
    let paired = Paired::new(vec![network, baseline]).map_err(|_| Undefined::AllTied)?;
    let areas = delong_paired(&paired)?;
    areas
        .differences(level)
        .into_iter()
        .next()
        .ok_or(Undefined::AllTied)
}

/// A CSV by rows, with a row a patient or several that agree.
struct Table {
    path: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn read(path: &Path) -> Result<Self, MeasuresError> {
        let shown = path.display().to_string();
        let wrong = |problem: String| MeasuresError {
            path: shown.clone(),
            problem,
        };
        if path.is_dir() {
            return Err(wrong(
                "found a folder of classes, expected a CSV with a column of each measure"
                    .to_string(),
            ));
        }
        let text = csv_text(path).map_err(|error| wrong(error.to_string()))?;
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let of = |record: &csv::StringRecord| record.iter().map(String::from).collect();
        let header = of(reader.headers().map_err(|error| wrong(error.to_string()))?);
        let rows: Result<Vec<Vec<String>>, csv::Error> =
            reader.records().map(|record| Ok(of(&record?))).collect();
        Ok(Table {
            header,
            rows: rows.map_err(|error| wrong(error.to_string()))?,
            path: shown,
        })
    }

    fn wrong(&self, problem: String) -> MeasuresError {
        MeasuresError {
            path: self.path.clone(),
            problem,
        }
    }

    fn place(&self, column: &str) -> Result<usize, MeasuresError> {
        let place = self.header.iter().position(|name| name == column);
        place.ok_or_else(|| {
            let found = self.header.join(", ");
            self.wrong(format!(
                "found no column \"{column}\" (found {found}), expected it among the measures"
            ))
        })
    }

    /// The cells of a column as numbers; where they are one of two words, the second in the alphabet is 1.
    fn numbers(&self, column: &str) -> Result<Vec<f64>, MeasuresError> {
        let place = self.place(column)?;
        let cells: Vec<&str> = self.rows.iter().map(|row| row[place].as_str()).collect();
        let mut words: Vec<&str> = cells.clone();
        words.sort_unstable();
        words.dedup();
        let number = |cell: &str| cell.parse::<f64>().ok().filter(|value| value.is_finite());
        let is_word =
            words.len() == 2 && words.iter().all(|w| number(w).is_none() && !w.is_empty());
        let read = |(row, cell): (usize, &&str)| {
            match is_word {
            true => Ok(f64::from(u8::from(*cell == words[1]))),
            false => number(cell).ok_or_else(|| {
                self.wrong(format!(
                    "row {}, column \"{column}\": found \"{cell}\", expected a number; leave the column out of --baseline or complete it",
                    row + 1
                ))
            }),
        }
        };
        cells.iter().enumerate().map(read).collect()
    }

    fn patients(&self) -> Result<Vec<&String>, MeasuresError> {
        let place = self.place("patient")?;
        Ok(self.rows.iter().map(|row| &row[place]).collect())
    }
}

/// Columns as they are.
fn named(table: &Table, columns: &[String]) -> Result<Measures, MeasuresError> {
    let mut values = Vec::with_capacity(columns.len());
    for column in columns {
        values.push(table.numbers(column)?);
    }
    let mut rows: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (at, patient) in table.patients()?.into_iter().enumerate() {
        let row: Vec<f64> = values.iter().map(|column| column[at]).collect();
        if *rows.entry(patient.clone()).or_insert_with(|| row.clone()) != row {
            return Err(table.wrong(format!(
                "found two rows of patient \"{patient}\" with different measures, expected one value a patient"
            )));
        }
    }
    Ok(Measures {
        names: columns.to_vec(),
        rows,
        ceiling: BTreeMap::new(),
    })
}

/// What a reader with a ruler would write down of a phantom: ratios, curve, the largest slip, and who it is.
fn of_truth(truth: &Table, cohort: &Table) -> Result<Measures, MeasuresError> {
    let mut of_cohort = ["age", "sex"].map(String::from).to_vec();
    of_cohort.retain(|name| cohort.header.contains(name));
    let people = named(cohort, &of_cohort)?;
    let ratios: Vec<String> = LEVELS.map(|level| format!("torg_pavlov_{level}")).to_vec();
    let slips: Vec<String> = truth
        .header
        .iter()
        .filter(|name| name.starts_with("slip_"))
        .cloned()
        .collect();
    let mut wanted = ratios.clone();
    wanted.extend(slips);
    wanted.extend(["c2_c7_deg", "visible_probability"].map(String::from));
    let read = named(truth, &wanted)?;
    let (mut rows, mut ceiling) = (BTreeMap::new(), BTreeMap::new());
    for (patient, values) in read.rows {
        let (ratios, others) = values.split_at(LEVELS.len());
        let (slips, last) = others.split_at(others.len() - 2);
        // A cohort may be a part of what was drawn.
        let Some(person) = people.rows.get(&patient) else {
            continue;
        };
        let mut row = ratios.to_vec();
        row.push(ratios.iter().copied().fold(f64::INFINITY, f64::min));
        row.push(slips.iter().map(|slip| slip.abs()).fold(0.0, f64::max));
        row.push(last[0]);
        row.extend(person);
        ceiling.insert(patient.clone(), last[1]);
        rows.insert(patient, row);
    }
    let mut names: Vec<String> = LEVELS
        .map(|level| format!("Torg-Pavlov ratio {level}"))
        .to_vec();
    names.extend(
        [
            "least Torg-Pavlov ratio",
            "largest listhesis in mm",
            "C2-C7 angle",
        ]
        .map(String::from),
    );
    names.extend(of_cohort);
    Ok(Measures {
        names,
        rows,
        ceiling,
    })
}
