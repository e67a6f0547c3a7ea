//! What `cordsight predict` prints: a table for readers, or CSV.
//!
//! In: the model and an outcome for each file or patient. Out: text. What a number means stands below the table.

use cordsight::model_file::{INTENDED_USE, Model};
use diagstat::Prevalence;

use super::Failure;
use super::predict::{Row, Subject};

pub(super) fn table(model: &Model, at: Option<Prevalence>, rows: &[Row]) -> String {
    let manifest = &model.manifest;
    let carried = &manifest.carried;
    let width = |of: fn(&Row) -> &str, least: usize| {
        let widths = rows.iter().map(|row| of(row).chars().count());
        widths.max().unwrap_or(0).max(least)
    };
    let has_members = rows.iter().any(|row| row.members.is_some());
    let of_patients = matches!(
        rows,
        [
            Row {
                of: Subject::Patient { .. },
                ..
            },
            ..
        ]
    );
    let first = if of_patients { "patient" } else { "file" };
    let width_of_file = width(|row| row.of.name(), first.len());
    let class = |row: &Row| {
        row.class
            .clone()
            .unwrap_or_else(|| "not scored".to_string())
    };
    let width_of_call = width(
        |row| row.class.as_deref().unwrap_or("not scored"),
        "call".len(),
    );
    let mut text = format!(
        "{first:<width_of_file$}  score   {:<width_of_call$}",
        "call"
    );
    text += if has_members { "  members        " } else { "" };
    text += if carried.calibration.is_some() {
        "  probability"
    } else {
        ""
    };
    text += if carried.sets.is_some() { "  set" } else { "" };
    text = text.trim_end().to_string() + "\n";
    for row in rows {
        let number = |value: Option<f64>, width: usize| match value {
            Some(value) => format!("{value:<width$.4}"),
            None => format!("{:<width$}", "-"),
        };
        let mut line = format!(
            "{:<width_of_file$}  {}  {:<width_of_call$}",
            row.of.name(),
            number(row.score, 6),
            class(row)
        );
        if has_members {
            let members = row.members.map(|[low, high]| format!("{low:.4}-{high:.4}"));
            line += &format!("  {:<15}", members.unwrap_or_else(|| "-".to_string()));
        }
        if carried.calibration.is_some() {
            line += &format!("  {}", number(row.probability, "probability".len()));
        }
        if let Some(set) = &row.set {
            line += &format!("  {set}");
        }
        text += line.trim_end();
        text.push('\n');
    }
    let origin = &manifest.threshold.origin;
    text.push_str(&format!(
        "\nscore: the network's output for \"{}\", 0 to 1; called so from {:.4} on ({origin})\n",
        manifest.classes[1], manifest.threshold.value
    ));
    if has_members {
        text += &format!(
            "members: lowest and highest score of the {} networks, of which the score is the mean; where they lie far apart, another training would have said something else\n",
            manifest.members
        );
    }
    if of_patients {
        text += &format!("a patient's score: {}\n", manifest.pool.described());
    }
    text += &meaning(model, at);
    text += &format!("{INTENDED_USE}\n");
    if manifest.cohort.synthetic {
        text.push_str("The model was trained on synthetic radiographs: its scores say nothing about patients\n");
    }
    text
}

/// What probability and set say, where the model carries them.
fn meaning(model: &Model, at: Option<Prevalence>) -> String {
    let carried = &model.manifest.carried;
    let mut text = String::new();
    if let Some(by) = &carried.calibration {
        let own = by.prevalence().map_or(f64::NAN, Prevalence::get);
        text += &match at {
            Some(at) => format!(
                "probability: of \"{}\" where {} of the patients have it ({}, of whom {own:.3} had it)\n",
                model.manifest.classes[1],
                at.get(),
                by.described()
            ),
            None => format!(
                "probability: of \"{}\" where {own:.3} of the patients have it ({}); for another place give --prevalence\n",
                model.manifest.classes[1],
                by.described()
            ),
        };
    }
    if let Some(sets) = &carried.sets {
        text += &format!(
            "set: holds the right class in {} % of new patients like those of the training cohort, on average; it has limits of its own and may differ from the call\n",
            100.0 * sets.coverage()
        );
    }
    text
}

pub(super) fn csv(model: &Model, rows: &[Row], of_patients: bool) -> Result<String, Failure> {
    let carried = &model.manifest.carried;
    let has = [carried.calibration.is_some(), carried.sets.is_some()];
    let mut writer = csv::Writer::from_writer(Vec::new());
    let has_members = model.manifest.members > 1;
    let members = ["member_low", "member_high"]
        .into_iter()
        .filter(|_| has_members);
    let own = ["probability", "set"].into_iter().zip(has);
    let header = Subject::columns(of_patients).iter().copied();
    let header = header.chain(["score", "positive", "class"]).chain(members);
    let header = header.chain(own.filter(|of| of.1).map(|of| of.0));
    writer.write_record(header.chain(["error"]))?;
    for row in rows {
        let text = |value: &Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let own = [text(&row.probability), row.set.clone().unwrap_or_default()];
        let mut cells = row.of.cells();
        cells.extend([
            text(&row.score),
            row.positive.map_or_else(String::new, |of| of.to_string()),
            row.class.clone().unwrap_or_default(),
        ]);
        if has_members {
            let [low, high] = [0, 1].map(|at| row.members.map(|members| members[at]));
            cells.extend([text(&low), text(&high)]);
        }
        let own = own.into_iter().zip(has).filter(|of| of.1).map(|of| of.0);
        let error = row.error.clone().unwrap_or_default();
        writer.write_record(cells.into_iter().chain(own).chain([error]))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Failure::Failed(error.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
