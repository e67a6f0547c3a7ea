//! `cordsight demo`: the whole path on synthetic radiographs, in minutes.
//!
//! The paper's cohort size, split and protocol, with a narrow network that starts from the built-in body, which knows
//! drawn necks and no label; the run's `config.toml` and report show each setting.

use std::path::PathBuf;

use cordsight::block::Conv;
use cordsight::config::{Settings, Threshold, ThresholdRule};
use cordsight::network::Body;
use cordsight::train::Request;
use cordsight::weights::Init;
use cordsight::weights_source::BUILT_IN;
use phantom::{CohortPlan, Format, write_cohort};

use super::progress::Count;
use super::train::run_request;
use super::{Failure, print};

/// Draw a synthetic cohort, train a narrow network on it, test it, and write the report
#[derive(clap::Args)]
pub struct Demo {
    /// Folder for cohort and run
    #[arg(long, value_name = "DIR", default_value = "cordsight-demo")]
    out: PathBuf,
    /// Seed of cohort, split, weights and training
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How convolutions are computed: winograd, or direct, which is Burn's own
    #[arg(long, value_name = "WAY", default_value_t, hide_possible_values = true)]
    conv: Conv,
    /// Write event files for TensorBoard into the run's folder
    #[arg(long)]
    tensorboard: bool,
    /// Show curves, pace and log of the training on one screen, where standard output is a terminal
    #[arg(long)]
    dashboard: bool,
    /// Replace an earlier demo
    #[arg(long)]
    overwrite: bool,
}

impl Demo {
    pub fn run(self) -> Result<(), Failure> {
        let (cohort, run) = (self.out.join("cohort"), self.out.join("run"));
        self.make_room()?;
        let plan = CohortPlan {
            seed: self.seed,
            ..CohortPlan::default()
        };
        eprintln!(
            "drawing {} synthetic radiographs, {} with myelopathy, in {}",
            plan.patients,
            plan.positives,
            cohort.display()
        );
        let bar = Count::new("drawing radiographs", plan.patients);
        let drawn = write_cohort(&plan, &cohort, Format::Dicom, &|done| bar.show(done));
        bar.end();
        drawn?;

        let request = Request {
            cohort: cohort.join("cohort.csv"),
            out: run.clone(),
            classes: Some(["non-CSM".to_string(), "CSM".to_string()]),
            robustness: true,
            tensorboard: self.tensorboard,
            settings: settings(self.seed, self.conv),
            ..Request::default()
        };
        run_request(&request, self.dashboard)?;

        let (run, cohort) = (run.display(), cohort.display());
        print(&format!(
            "\nnext:\n  \
             open {run}/report.html in a browser: the pictures, the network beside a ruler and beside the best possible reader\n  \
             cordsight predict {run} {cohort}/images/P001.dcm\n  \
             cordsight explain {run} {cohort}/images/P001.dcm    (where it looked, over the radiograph)\n  \
             cordsight compare {run}/predictions.csv {run}/baseline.csv    (the network against the ruler)\n  \
             cordsight audit YOUR_COHORT.csv                     (columns patient,image,label)\n  \
             cordsight train YOUR_COHORT.csv --out runs/first    (cordsight train --help)\n"
        ))
    }

    /// An earlier demo is replaced only on request, and only if it is one.
    fn make_room(&self) -> Result<(), Failure> {
        let out = &self.out;
        if !out.exists() {
            return Ok(());
        }
        let is_demo = out.join("cohort/synthetic.json").is_file();
        if !self.overwrite || !is_demo {
            let remedy = match is_demo {
                true => "replace it with --overwrite, or choose another --out",
                false => "choose another --out",
            };
            return Err(Failure::Failed(format!(
                "{}: is there already; {remedy}",
                out.display()
            )));
        }
        std::fs::remove_dir_all(out)
            .map_err(|error| Failure::Failed(format!("{}: {error}", out.display())))
    }
}

fn settings(seed: u64, conv: Conv) -> Settings {
    Settings {
        network: Some(Body::Vgg16),
        width: Some(0.125),
        image_size: Some(160),
        weights: Some(BUILT_IN.to_string()),
        init: Some(Init::He),
        epochs: Some(15),
        learning_rate: Some(3e-4),
        shear_deg: Some(3.0),
        zoom: Some(0.05),
        width_shift: Some(0.05),
        threshold: Some(Threshold(ThresholdRule::Youden)),
        seed: Some(seed),
        conv: Some(conv),
        ..Settings::default()
    }
}
