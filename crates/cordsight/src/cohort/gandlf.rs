//! The column names of GaNDLF's data CSV: `SubjectID,Channel_0,ValueToPredict`.
//!
//! In: a header line. Out: where our columns are in it, if it is one of GaNDLF's. One channel only: a radiograph is one
//! picture. `Label` is a segmentation there, and so a covariate here.
//!
//! Source: GaNDLF, docs/usage.md and GANDLF/utils/write_parse.py: a name that contains `channel`, `modality` or `image`
//! is a picture, `valuetopredict` the label, `subject`, `patient` or `pid` the patient; capitals do not matter.

use super::csv_file::Columns;

/// The columns, or nothing where the header is not GaNDLF's.
pub(super) fn columns(header: &csv::StringRecord) -> Result<Option<Columns>, String> {
    let with = |words: &[&str]| -> Vec<usize> {
        let holds = |name: &str| words.iter().any(|word| name.to_lowercase().contains(word));
        (0..header.len()).filter(|&at| holds(&header[at])).collect()
    };
    let pictures = with(&["channel", "modality", "image"]);
    let labels = with(&["valuetopredict"]);
    let patients: Vec<usize> = with(&["subject", "patient", "pid"])
        .into_iter()
        .filter(|at| !pictures.contains(at) && !labels.contains(at))
        .collect();
    let is = |name: &str| {
        header
            .iter()
            .any(|column| column.eq_ignore_ascii_case(name))
    };
    let own = !labels.is_empty() || (is("SubjectID") && is("Channel_0"));
    let (true, &[patient], false) = (own, patients.as_slice(), pictures.is_empty()) else {
        return Ok(None);
    };
    let names = |columns: &[usize]| {
        let quoted: Vec<String> = columns
            .iter()
            .map(|&at| format!("\"{}\"", &header[at]))
            .collect();
        quoted.join(", ")
    };
    let (&[image], &[label]) = (pictures.as_slice(), labels.as_slice()) else {
        let problem = match pictures.len() {
            1 => "found a table of GaNDLF without the column \"ValueToPredict\", expected it with 0 or 1 in each row; add it".to_string(),
            _ => format!(
                "found a table of GaNDLF with the pictures {}, expected one picture a row; keep one of the columns",
                names(&pictures)
            ),
        };
        return Err(problem);
    };
    let own = [patient, image, label];
    Ok(Some(Columns {
        patient,
        image,
        label,
        view: None,
        split: None,
        spacing_mm: None,
        covariates: (0..header.len()).filter(|at| !own.contains(at)).collect(),
        gandlf: true,
    }))
}
