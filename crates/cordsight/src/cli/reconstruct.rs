//! `cordsight reconstruct`: the counts behind figures that a paper prints.

use diagstat::Level;
use diagstat::reconstruct::{
    Figure, Folds, Patients, Printed, PrintedFigure, PrintedInterval, reconstruct,
};

use super::{Failure, print, print_json};

/// Find every table of counts that gives the figures of a paper, or the nearest
///
/// Give the figures as printed, with all digits: 87.1, 87.1% or 0.871. Exit code 1 where no table fits.
#[derive(clap::Args)]
pub struct Reconstruct {
    /// Patients with the disorder
    #[arg(long, value_name = "N", requires = "negatives")]
    positives: Option<u32>,
    /// Patients without it
    #[arg(long, value_name = "N", requires = "positives")]
    negatives: Option<u32>,
    /// All patients, where the size of the classes is not printed
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "positives",
        required_unless_present = "positives"
    )]
    patients: Option<u32>,
    /// Accuracy
    #[arg(long, value_name = "FIGURE")]
    accuracy: Option<String>,
    /// What is printed as recall: of either class, or any average of both
    #[arg(long, value_name = "FIGURE")]
    recall: Option<String>,
    /// Sensitivity: recall of the patients with the disorder
    #[arg(long, value_name = "FIGURE")]
    sensitivity: Option<String>,
    /// Specificity
    #[arg(long, value_name = "FIGURE")]
    specificity: Option<String>,
    /// What is printed as precision: of either class, or any average of both
    #[arg(long, value_name = "FIGURE")]
    precision: Option<String>,
    /// Positive predictive value
    #[arg(long, value_name = "FIGURE")]
    ppv: Option<String>,
    /// Negative predictive value
    #[arg(long, value_name = "FIGURE")]
    npv: Option<String>,
    /// What is printed as F1: of either class, or any average of both
    #[arg(long, value_name = "FIGURE")]
    f1: Option<String>,
    /// Balanced accuracy
    #[arg(long, value_name = "FIGURE")]
    balanced_accuracy: Option<String>,
    /// Matthews's correlation coefficient
    #[arg(long, value_name = "FIGURE", allow_hyphen_values = true)]
    mcc: Option<String>,
    /// Cohen's kappa of truth and call
    #[arg(long, value_name = "FIGURE", allow_hyphen_values = true)]
    kappa: Option<String>,
    /// Area under the ROC curve: of the scores, or of the calls
    #[arg(long, value_name = "FIGURE")]
    auc: Option<String>,
    /// DeLong's 95 % interval of the area as printed
    #[arg(long, value_names = ["LOW", "HIGH"], num_args = 2)]
    auc_interval: Option<Vec<String>>,
    /// The figures may be means over this many folds of a cross-validation
    #[arg(long, value_name = "K", requires = "positives")]
    folds: Option<u32>,
    /// The cross-validation was repeated this often
    #[arg(long, value_name = "N", default_value_t = 1, requires = "folds")]
    repeats: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Reconstruct {
    pub fn run(self) -> Result<(), Failure> {
        let found = reconstruct(&self.printed()?).map_err(wrong_use)?;
        match self.json {
            true => print_json(&found)?,
            false => print(&format!("{found}\n"))?,
        }
        match found.fits() {
            true => Ok(()),
            false => Err(Failure::Said),
        }
    }

    fn printed(&self) -> Result<Printed, Failure> {
        let patients = match (self.positives, self.negatives, self.patients) {
            (Some(positives), Some(negatives), _) => Patients::Classes {
                positives,
                negatives,
            },
            (_, _, Some(total)) => Patients::Total(total),
            _ => {
                return Err(Failure::WrongUse(
                    "found no number of patients, expected --positives and --negatives, or --patients".to_string(),
                ));
            }
        };
        let mut figures = Vec::new();
        for (flag, figure, text) in self.figures() {
            if let Some(text) = text {
                let read = PrintedFigure::parse(figure, text)
                    .map_err(|error| Failure::WrongUse(format!("--{flag}: {error}")))?;
                figures.push(read);
            }
        }
        let interval = match self.auc_interval.as_deref() {
            Some([low, high]) => Some(
                PrintedInterval::parse(low, high, Level::PERCENT_95)
                    .map_err(|error| Failure::WrongUse(format!("--auc-interval: {error}")))?,
            ),
            _ => None,
        };
        let repeats = self.repeats;
        Ok(Printed {
            patients,
            figures,
            interval,
            folds: self.folds.map(|folds| Folds { folds, repeats }),
        })
    }

    fn figures(&self) -> [(&'static str, Figure, Option<&String>); 12] {
        [
            ("accuracy", Figure::Accuracy, self.accuracy.as_ref()),
            ("recall", Figure::Recall, self.recall.as_ref()),
            (
                "sensitivity",
                Figure::Sensitivity,
                self.sensitivity.as_ref(),
            ),
            (
                "specificity",
                Figure::Specificity,
                self.specificity.as_ref(),
            ),
            ("precision", Figure::Precision, self.precision.as_ref()),
            ("ppv", Figure::Ppv, self.ppv.as_ref()),
            ("npv", Figure::Npv, self.npv.as_ref()),
            ("f1", Figure::F1, self.f1.as_ref()),
            (
                "balanced-accuracy",
                Figure::BalancedAccuracy,
                self.balanced_accuracy.as_ref(),
            ),
            ("mcc", Figure::Mcc, self.mcc.as_ref()),
            ("kappa", Figure::Kappa, self.kappa.as_ref()),
            ("auc", Figure::Auc, self.auc.as_ref()),
        ]
    }
}

fn wrong_use(error: impl std::error::Error) -> Failure {
    Failure::WrongUse(error.to_string())
}
