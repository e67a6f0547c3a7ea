//! What a search found, and how far its figure can be trusted.
//!
//! In: what every trial reached. Out: [`Outcome`]: `trials.csv`, `best.toml`, `report.md` and the lines of the terminal. The best of many trials
//! looks better than it is, since the one that was lucky with those set aside is the one that is chosen. How much that is can
//! be seen within the search ([`Optimism`]): choosing by all splits but one, and reading the figure of that one, which had no voice.

use serde::Serialize;

use super::halving::{Rung, budget};
use super::learners::Learners;
use super::space::{self, Trial};
use super::trial::{Kept, Reached, mean};
use super::{By, Request, TuneError};
use crate::config::TrainConfig;
use crate::model_file::INTENDED_USE;
use crate::run_folder::RunFolder;

/// The rows of `trials.csv` that the report shows.
const SHOWN: usize = 10;

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Research use only.
    pub intended_use: &'static str,
    /// Whether the radiographs were drawn by a program.
    pub synthetic: bool,
    /// The cohort, as it was given.
    pub cohort: String,
    /// The folder.
    pub folder: String,
    /// Patients who learn, of whom some judge in each split.
    pub patients: usize,
    /// Splits of them.
    pub splits: u32,
    /// One in so many trials went on.
    pub eta: u32,
    /// What decided.
    pub by: By,
    /// How many trials were trained for how long.
    pub rungs: Vec<Rung>,
    /// Epochs of all trainings.
    pub epochs: u64,
    /// Every trial, the best first.
    pub trials: Vec<Ranked>,
    /// What choosing adds to the figure, on each rung with at least two trials; none with one split.
    pub optimism: Vec<Optimism>,
}

/// A trial with its place.
#[derive(Clone, Debug, Serialize)]
pub struct Ranked {
    /// From 1.
    pub trial: usize,
    /// Key and value.
    pub settings: Vec<(String, String)>,
    /// Rungs that it was trained on.
    pub rungs: usize,
    /// What it reached on the last of them.
    pub reached: Reached,
}

/// The figure of the best trial of a rung, and what a choice without the patients who give the figure would have shown.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Optimism {
    /// Trials on the rung.
    pub trials: usize,
    /// Epochs at its end.
    pub epochs: u32,
    /// Mean loss (or AUC) of the best trial, chosen by all splits.
    pub chosen_by_all: f64,
    /// Mean over the splits of the loss (or AUC) in the split, of the trial that the others choose.
    pub chosen_by_others: f64,
}

impl Outcome {
    pub(super) fn of(
        request: &Request,
        learners: &Learners,
        rungs: &[Rung],
        kept: &[Kept],
        best: usize,
    ) -> Outcome {
        let mut trials: Vec<Ranked> = kept
            .iter()
            .filter_map(|of| {
                Some(Ranked {
                    trial: of.trial,
                    settings: of.settings.clone(),
                    rungs: of.reached.len(),
                    reached: of.reached.last()?.clone(),
                })
            })
            .collect();
        let number = kept[best].trial;
        trials.sort_by(|a, b| {
            let first = |of: &Ranked| of.trial != number;
            let order = first(a).cmp(&first(b)).then(b.rungs.cmp(&a.rungs));
            order.then(a.reached.order(&b.reached, request.by))
        });
        let optimism = (0..rungs.len()).filter_map(|place| {
            let on_rung = kept.iter().filter_map(|of| of.reached.get(place));
            Optimism::of(&on_rung.collect::<Vec<_>>(), request.by)
        });
        Outcome {
            intended_use: INTENDED_USE,
            synthetic: learners.is_synthetic(),
            cohort: request.training.cohort.display().to_string(),
            folder: request.training.out.display().to_string(),
            patients: learners.patients(),
            splits: request.splits,
            eta: request.eta,
            by: request.by,
            rungs: rungs.to_vec(),
            epochs: budget(rungs, request.splits),
            optimism: optimism.collect(),
            trials,
        }
    }
}

impl Optimism {
    fn of(all: &[&Reached], by: By) -> Option<Self> {
        let splits = all.first()?.splits.len();
        if all.len() < 2 || splits < 2 {
            return None;
        }
        let figure = |of: &Reached| match by {
            By::Loss => of.loss(),
            By::Auc => of.auc(),
        };
        let better = |a: &Reached, b: &Reached| a.order(b, by);
        let best = all.iter().min_by(|a, b| better(a, b))?;
        let of_split = |place: usize| {
            let chosen = all
                .iter()
                .min_by(|a, b| better(&a.without(place), &b.without(place)))?;
            let judged = chosen.splits[place].as_ref()?;
            match by {
                By::Loss => Some(judged.loss),
                By::Auc => judged.auc,
            }
        };
        Some(Optimism {
            trials: all.len(),
            epochs: best.epochs,
            chosen_by_all: figure(best)?,
            chosen_by_others: mean((0..splits).map(of_split))?,
        })
    }
}

/// `learning_rate 3.2e-4, dropout 0.3`.
pub(super) fn shown(trial: &Trial) -> String {
    let of = |(key, value): &(String, toml::Value)| format!("{key} {}", space::shown(value));
    trial.iter().map(of).collect::<Vec<_>>().join(", ")
}

fn typed(settings: &[(String, String)]) -> String {
    let of = |(key, value): &(String, String)| format!("{key} {value}");
    settings.iter().map(of).collect::<Vec<_>>().join(", ")
}

/// `0.412 (0.390 to 0.441)`: the mean, and the lowest and highest split.
fn spread(values: impl Iterator<Item = Option<f64>>) -> String {
    let Some(values) = values.collect::<Option<Vec<f64>>>() else {
        return "-".to_string();
    };
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match values.as_slice() {
        [] => "-".to_string(),
        [one] => format!("{one:.3}"),
        all => {
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            format!("{mean:.3} ({lowest:.3} to {highest:.3})")
        }
    }
}

fn losses(of: &Reached) -> impl Iterator<Item = Option<f64>> {
    of.splits.iter().map(|split| Some(split.as_ref()?.loss))
}

fn aucs(of: &Reached) -> impl Iterator<Item = Option<f64>> {
    of.splits.iter().map(|split| split.as_ref()?.auc)
}

/// The outcome in lines of text.
pub fn text(of: &Outcome) -> String {
    let rungs: Vec<String> = (of.rungs.iter())
        .map(|rung| format!("{} x {}", rung.trials, rung.epochs))
        .collect();
    let mut text = format!(
        "{} trials in {} {} of {} patients who learn; successive halving (eta {}), trials x epochs: {}; {} epochs in all\n",
        of.trials.len(),
        of.splits,
        if of.splits == 1 { "split" } else { "splits" },
        of.patients,
        of.eta,
        rungs.join(", "),
        of.epochs,
    );
    if let Some(best) = of.trials.first() {
        text += &format!(
            "best        trial {}: {}\ninner loss  {}\ninner AUC   {}\n",
            best.trial,
            typed(&best.settings),
            spread(losses(&best.reached)),
            spread(aucs(&best.reached)),
        );
    }
    for line in trust(of) {
        text += &line;
        text.push('\n');
    }
    if of.synthetic {
        text += "synthetic radiographs: no result here is evidence about patients\n";
    }
    text + &format!("{}\n", of.intended_use)
}

/// How far the inner figure can be trusted, and what to do.
fn trust(of: &Outcome) -> Vec<String> {
    let what = match of.by {
        By::Loss => "loss",
        By::Auc => "AUC",
    };
    let mut lines: Vec<String> = (of.optimism.iter())
        .map(|rung| {
            let worse = match of.by {
                By::Loss => rung.chosen_by_others - rung.chosen_by_all,
                By::Auc => rung.chosen_by_all - rung.chosen_by_others,
            };
            format!(
                "of {} trials until epoch {} the best has an inner {what} of {:.3}; chosen by the other splits, {:.3} ({:.3} {})",
                rung.trials,
                rung.epochs,
                rung.chosen_by_all,
                rung.chosen_by_others,
                worse.abs(),
                if worse >= 0.0 { "worse" } else { "better" },
            )
        })
        .collect();
    if of.optimism.is_empty() {
        lines.push("with one split nothing shows how much better the best trial looks for having been chosen; use --splits 3".to_string());
    }
    lines.push(
        "the inner figures chose the settings, so they are too good, and the splits share patients; only the test patients, whose pictures were not opened, judge the result"
            .to_string(),
    );
    lines
}

/// Writes the table, the settings and the page.
pub(super) fn write(folder: &RunFolder, of: &Outcome, best: &TrainConfig) -> Result<(), TuneError> {
    folder.write("trials.csv", &table(of)?)?;
    folder.write("best.toml", best.to_toml()?.as_bytes())?;
    let mut json = serde_json::to_vec_pretty(of)?;
    json.push(b'\n');
    folder.write("outcome.json", &json)?;
    Ok(folder.write("report.md", page(of).as_bytes())?)
}

fn table(of: &Outcome) -> Result<Vec<u8>, TuneError> {
    let keys = of.trials.first().map(|trial| &trial.settings);
    let keys: Vec<&str> = keys
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str())
        .collect();
    let mut table = csv::Writer::from_writer(Vec::new());
    let before = ["rank", "trial"].into_iter().chain(keys);
    let mut header: Vec<String> = before.map(String::from).collect();
    header.extend(["rungs", "epochs", "loss", "auc"].map(String::from));
    for split in 1..=of.splits {
        header.extend(["loss", "auc", "epoch"].map(|name| format!("{name}_split_{split}")));
    }
    table.write_record(&header)?;
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    for (rank, trial) in (1..).zip(&of.trials) {
        let mut row = vec![rank.to_string(), trial.trial.to_string()];
        row.extend(trial.settings.iter().map(|(_, value)| value.clone()));
        row.push(trial.rungs.to_string());
        row.push(trial.reached.epochs.to_string());
        row.push(number(trial.reached.loss()));
        row.push(number(trial.reached.auc()));
        for split in &trial.reached.splits {
            row.push(number(split.map(|of| of.loss)));
            row.push(number(split.and_then(|of| of.auc)));
            row.push(split.map_or_else(String::new, |of| of.epoch.to_string()));
        }
        table.write_record(&row)?;
    }
    table
        .into_inner()
        .map_err(|error| TuneError::Csv(error.into_error().into()))
}

/// What to type next.
pub fn next(of: &Outcome) -> String {
    let Outcome { cohort, folder, .. } = of;
    format!(
        "cordsight train {cohort} --config {folder}/best.toml --split {folder}/split.csv --out runs/best"
    )
}

fn page(of: &Outcome) -> String {
    let mut page = format!(
        "# Search of settings\n\n{}\n",
        text(of).replace('\n', "\n\n")
    );
    page += &format!(
        "Train and test the best once:\n\n```\n{}\n```\n\n",
        next(of)
    );
    page += "| rank | trial | settings | epochs | inner loss (lowest to highest split) | inner AUC |\n|---|---|---|---|---|---|\n";
    for (rank, trial) in (1..).zip(&of.trials).take(SHOWN) {
        page += &format!(
            "| {rank} | {} | {} | {} | {} | {} |\n",
            trial.trial,
            typed(&trial.settings),
            trial.reached.epochs,
            spread(losses(&trial.reached)),
            spread(aucs(&trial.reached)),
        );
    }
    if of.trials.len() > SHOWN {
        page += &format!("\nAll {} trials are in `trials.csv`.\n", of.trials.len());
    }
    page += "\nTrials that were trained for fewer epochs were left behind by others at that point; figures after different numbers of epochs are not to be compared.\n";
    page
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Judged, Reached};
    use super::{By, Optimism};

    fn reached(losses: [f64; 3]) -> Reached {
        let judged = |loss: f64| {
            Some(Judged {
                epoch: 1,
                loss,
                auc: Some(1.0 - loss),
            })
        };
        Reached {
            epochs: 1,
            splits: losses.map(judged).to_vec(),
        }
    }

    #[test]
    fn a_choice_by_the_other_splits_loses_what_luck_gave() {
        // By hand: without split 1 the second trial is chosen (0.5 against 0.55), which has 0.9 there; without split 2 the first
        // (0.35 against 0.7), 0.5; without split 3 the first (0.3 against 0.7), 0.6.
        let [lucky, other] = [reached([0.1, 0.5, 0.6]), reached([0.9, 0.5, 0.5])];
        for by in [By::Loss, By::Auc] {
            let of = Optimism::of(&[&lucky, &other], by).unwrap();
            let loss = |figure: f64| if by == By::Loss { figure } else { 1.0 - figure };
            assert!((loss(of.chosen_by_all) - 0.4).abs() < 1e-12);
            assert!((loss(of.chosen_by_others) - 2.0 / 3.0).abs() < 1e-12);
        }
        assert!(Optimism::of(&[&lucky], By::Loss).is_none());
    }
}
