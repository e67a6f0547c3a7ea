//! `cordsight plan`: how many patients a study needs, and what a study of given size will show.

use diagstat::plan::{
    AreaModel, BinormalPair, ClassSizes, PlanError, Ratio, area_test_power, area_test_size,
    area_width_size, difference_test_power, difference_test_size, expected_area_interval,
    expected_proportion_interval, proportion_width_size,
};
use diagstat::{AucInterval, Interval, Level, ProportionInterval};
use serde::Serialize;

use super::{Failure, print, print_json};

/// Plan a study: patients for a power or a width, or what a study of given size will show
#[derive(clap::Args)]
pub struct Plan {
    #[command(subcommand)]
    of: Of,
}

#[derive(clap::Subcommand)]
enum Of {
    Auc(Auc),
    Difference(Difference),
    Proportion(OfProportion),
}

/// An AUC: patients for a width, patients or power for a test, and the interval to expect
#[derive(clap::Args)]
struct Auc {
    /// The AUC that is expected
    #[arg(long, value_name = "AUC")]
    auc: f64,
    /// Test it against this AUC
    #[arg(long, value_name = "AUC", conflicts_with = "width")]
    null: Option<f64>,
    /// Patients for a 95 % interval at most this wide
    #[arg(long, value_name = "WIDTH", required_unless_present_any = ["null", "positives"])]
    width: Option<f64>,
    /// Where the variance comes from; obuchowski repeats published sizes, which are too large
    #[arg(long, value_enum, default_value_t = Model::Binormal)]
    model: Model,
    #[command(flatten)]
    study: Study,
}

/// Two models on the same patients: patients or power for a test that their AUCs differ
#[derive(clap::Args)]
struct Difference {
    /// The AUCs that are expected
    #[arg(long, value_names = ["AUC", "AUC"], num_args = 2)]
    auc: Vec<f64>,
    /// Correlation of both models' scores within a class, where nothing is known 0.5
    #[arg(
        long,
        value_name = "R",
        default_value_t = 0.5,
        allow_negative_numbers = true
    )]
    correlation: f64,
    #[command(flatten)]
    study: Study,
}

/// A sensitivity or specificity: patients for a width, or the interval to expect
#[derive(clap::Args)]
struct OfProportion {
    /// The proportion that is expected
    #[arg(long, value_name = "PROPORTION")]
    expect: f64,
    /// Patients for a 95 % interval at most this wide
    #[arg(long, value_name = "WIDTH", required_unless_present = "patients")]
    width: Option<f64>,
    /// The interval to expect with this many patients of the class
    #[arg(long, value_name = "N", conflicts_with = "width")]
    patients: Option<u32>,
    /// The interval
    #[arg(long, value_enum, default_value_t = Method::ClopperPearson)]
    method: Method,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct Study {
    /// Patients with the disorder, where the study's size is given
    #[arg(long, value_name = "N", requires = "negatives")]
    positives: Option<u32>,
    /// Patients without it
    #[arg(long, value_name = "N", requires = "positives")]
    negatives: Option<u32>,
    /// Part of the patients that has the disorder, where the size is wanted
    #[arg(
        long,
        value_name = "PART",
        default_value_t = 0.5,
        conflicts_with = "positives"
    )]
    prevalence: f64,
    /// The power that is wanted
    #[arg(
        long,
        value_name = "POWER",
        default_value_t = 0.8,
        conflicts_with = "positives"
    )]
    power: f64,
    /// The significance level of the two-sided test
    #[arg(long, value_name = "LEVEL", default_value_t = 0.05)]
    significance: f64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Model {
    Binormal,
    HanleyMcneil,
    Obuchowski,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Method {
    Wilson,
    ClopperPearson,
    Jeffreys,
}

/// What a plan says.
#[derive(Serialize)]
struct Answer {
    /// What was asked, in words.
    question: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sizes: Option<ClassSizes>,
    /// Patients of the class whose proportion is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    patients: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    power: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<Interval>,
}

impl Plan {
    pub fn run(self) -> Result<(), Failure> {
        let (answer, json) = match self.of {
            Of::Auc(auc) => (auc.answer(), auc.study.json),
            Of::Difference(difference) => (difference.answer(), difference.study.json),
            Of::Proportion(proportion) => (proportion.answer(), proportion.json),
        };
        let answer = answer.map_err(|error| match error {
            PlanError::Outside { .. } => Failure::WrongUse(error.to_string()),
            _ => Failure::Failed(error.to_string()),
        })?;
        match json {
            true => print_json(&answer),
            false => print(&answer.text()),
        }
    }
}

impl Study {
    fn sizes(&self) -> Option<ClassSizes> {
        Some(ClassSizes {
            positives: self.positives?,
            negatives: self.negatives?,
        })
    }

    /// The study's size and power: one is given, the other found.
    fn size_and_power(
        &self,
        size: impl Fn(Ratio) -> Result<ClassSizes, PlanError>,
        power: impl Fn(ClassSizes) -> Result<f64, PlanError>,
    ) -> Result<(ClassSizes, f64), PlanError> {
        let sizes = match self.sizes() {
            Some(sizes) => sizes,
            None => size(Ratio::of_prevalence(self.prevalence)?)?,
        };
        Ok((sizes, power(sizes)?))
    }
}

impl Auc {
    fn answer(&self) -> Result<Answer, PlanError> {
        let model = match self.model {
            Model::Binormal => AreaModel::Binormal,
            Model::HanleyMcneil => AreaModel::HanleyMcneil,
            Model::Obuchowski => AreaModel::Obuchowski,
        };
        let (level, scale) = (Level::PERCENT_95, AucInterval::Logit);
        let auc = self.auc;
        let (question, sizes, power) = match (self.null, self.width) {
            (Some(null), _) => {
                let significance = self.study.significance;
                let (sizes, power) = self.study.size_and_power(
                    |ratio| area_test_size(auc, null, self.study.power, significance, ratio, model),
                    |sizes| area_test_power(auc, null, sizes, significance, model),
                )?;
                let question =
                    format!("an AUC of {auc} tested against {null}, two-sided at {significance}");
                (question, sizes, Some(power))
            }
            (None, width) => {
                let sizes = match self.study.sizes() {
                    Some(sizes) => sizes,
                    None => {
                        let ratio = Ratio::of_prevalence(self.study.prevalence)?;
                        let width = width.unwrap_or_default();
                        area_width_size(auc, width, ratio, model, scale, level)?
                    }
                };
                (format!("an AUC of {auc}"), sizes, None)
            }
        };
        let expected = expected_area_interval(auc, sizes, model, scale, level)?;
        Ok(Answer {
            question,
            sizes: Some(sizes),
            patients: None,
            power,
            interval: expected.interval(),
        })
    }
}

impl Difference {
    fn answer(&self) -> Result<Answer, PlanError> {
        let pair = BinormalPair {
            areas: (self.auc[0], self.auc[1]),
            spread_ratios: (1.0, 1.0),
            correlation_positives: self.correlation,
            correlation_negatives: self.correlation,
        };
        let significance = self.study.significance;
        let (sizes, power) = self.study.size_and_power(
            |ratio| difference_test_size(&pair, self.study.power, significance, ratio),
            |sizes| difference_test_power(&pair, sizes, significance),
        )?;
        Ok(Answer {
            question: format!(
                "AUCs of {} and {} on the same patients, scores correlated by {}, two-sided at {significance}",
                self.auc[0], self.auc[1], self.correlation
            ),
            sizes: Some(sizes),
            patients: None,
            power: Some(power),
            interval: None,
        })
    }
}

impl OfProportion {
    fn answer(&self) -> Result<Answer, PlanError> {
        let method = match self.method {
            Method::Wilson => ProportionInterval::Wilson,
            Method::ClopperPearson => ProportionInterval::ClopperPearson,
            Method::Jeffreys => ProportionInterval::Jeffreys,
        };
        let level = Level::PERCENT_95;
        let patients = match self.patients {
            Some(patients) => patients,
            None => {
                let width = self.width.unwrap_or_default();
                proportion_width_size(self.expect, width, method, level)?
            }
        };
        Ok(Answer {
            question: format!("a proportion of {}", self.expect),
            sizes: None,
            patients: Some(patients),
            power: None,
            interval: Some(expected_proportion_interval(
                self.expect,
                patients,
                method,
                level,
            )?),
        })
    }
}

impl Answer {
    fn text(&self) -> String {
        let mut lines = vec![format!("for        {}", self.question)];
        if let Some(ClassSizes {
            positives,
            negatives,
        }) = self.sizes
        {
            let all = u64::from(positives) + u64::from(negatives);
            lines.push(format!(
                "patients   {positives} with the disorder and {negatives} without, {all} in all"
            ));
        }
        if let Some(patients) = self.patients {
            lines.push(format!("patients   {patients} of the class"));
        }
        if let Some(power) = self.power {
            lines.push(format!("power      {power:.3}"));
        }
        if let Some(interval) = self.interval {
            lines.push(format!("to expect  {interval:.3}"));
        }
        lines.push(
            "A plan is as good as the figure it expects: plan with a lower one too.".to_string(),
        );
        lines.join("\n") + "\n"
    }
}
