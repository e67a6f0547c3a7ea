//! The result in a few lines of text.

use cordsight::baseline::Beside;
use cordsight::evaluate::Evaluation;
use cordsight::model_file::INTENDED_USE;
use cordsight::results;
use cordsight::run_folder::RunFolder;
use cordsight::seal;

use super::{Failure, several};

/// What a finished run found, and where to look.
pub fn of_run(run: &RunFolder) -> Result<String, Failure> {
    if cordsight::several::results::is_run(run) {
        return several::of_run(run);
    }
    let evaluation = results::evaluation(run)?;
    let synthetic = results::read_facts(run)?
        .synthetic
        .map_or_else(String::new, |synthetic| {
            let ceiling = synthetic.ceiling_auc.map_or_else(String::new, |auc| {
                format!("; a reader without error would reach an AUC of {auc:.3}")
            });
            format!("synthetic radiographs: no result here is evidence about patients{ceiling}\n")
        });
    let looks = seal::looks(run)?.map_or_else(String::new, |looks| {
        format!("test set    sealed before training, {looks}\n")
    });
    Ok(format!(
        "\n{}{looks}{}{}{}{synthetic}report      {}\n",
        of(&evaluation),
        results::combined(run)?.map_or_else(String::new, |combined| combined.text()),
        results::further(run)?.map_or_else(String::new, |further| further.text()),
        results::measurements(run)?.map_or_else(String::new, |beside| measured(&beside)),
        run.file("report.html").display()
    ))
}

/// The regression on measurements, and the best possible reader, on the same test patients.
fn measured(beside: &Beside) -> String {
    let test = match beside.p_value {
        Ok(p) if p < 0.001 => ", P < 0.001".to_string(),
        Ok(p) => format!(", P {p:.3}"),
        Err(_) => String::new(),
    };
    let best = beside.best_possible_auc.map_or_else(String::new, |best| {
        format!("best reader AUC {best:.3} on these test patients\n")
    });
    format!(
        "measures    AUC {:.3}, logistic regression on {} measurements\n            network less measures {:.3}{test}\n{best}",
        beside.auc,
        beside.measures.len(),
        beside.network_minus_baseline,
    )
}

/// Figures with their intervals.
pub fn of(evaluation: &Evaluation) -> String {
    let at = &evaluation.at_threshold;
    format!(
        "{INTENDED_USE}\n\
         test        {} patients ({} positive, {} negative), {} radiographs\n\
         AUC         {:.3}\n\
         sensitivity {:.3}\n\
         specificity {:.3}\n\
         accuracy    {:.3}\n\
         threshold   {:.3}, {}\n",
        evaluation.patients,
        evaluation.positives,
        evaluation.negatives,
        evaluation.pictures,
        evaluation.auc,
        at.sensitivity,
        at.specificity,
        at.accuracy,
        evaluation.threshold.value,
        evaluation.threshold.origin,
    )
}
