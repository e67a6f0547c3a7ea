//! The range of every setting, and which settings contradict each other.
//!
//! In: a [`TrainConfig`] with every key known. Out: nothing, or the first key that cannot be used, with what was expected.

use super::{ConfigError, ThresholdRule, TrainConfig};
use crate::carried::CalibrationRule;
use crate::pool::Pool;
use crate::task;

impl TrainConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        fn demand(
            key: &'static str,
            good: bool,
            found: impl ToString,
            expected: &'static str,
        ) -> Result<(), ConfigError> {
            if good {
                Ok(())
            } else {
                Err(ConfigError::Range {
                    key,
                    found: found.to_string(),
                    expected,
                })
            }
        }
        self.check_task()?;
        let fraction = |value: f64| (0.0..=0.9).contains(&value);
        demand(
            "width",
            (0.01..=2.0).contains(&self.width),
            self.width,
            "0.01 to 2",
        )?;
        demand(
            "image_size",
            (32..=1024).contains(&self.image_size),
            self.image_size,
            "32 to 1024",
        )?;
        let off_or = |value: f64, range: std::ops::RangeInclusive<f64>| {
            value == 0.0 || range.contains(&value)
        };
        demand(
            "mm_per_pixel",
            off_or(self.mm_per_pixel, 0.1..=10.0),
            self.mm_per_pixel,
            "0 (off), or 0.1 to 10",
        )?;
        demand(
            "clahe",
            off_or(self.clahe, 1.0..=40.0),
            self.clahe,
            "0 (off), or 1 to 40",
        )?;
        demand(
            "epochs",
            (1..=100_000).contains(&self.epochs),
            self.epochs,
            "1 to 100000",
        )?;
        demand(
            "batch_size",
            (1..=512).contains(&self.batch_size),
            self.batch_size,
            "1 to 512",
        )?;
        let rate = self.learning_rate;
        demand(
            "learning_rate",
            rate > 0.0 && rate <= 1.0,
            rate,
            "a number above 0, at most 1",
        )?;
        demand(
            "warmup_epochs",
            self.warmup_epochs < self.epochs,
            self.warmup_epochs,
            "fewer than \"epochs\"",
        )?;
        demand(
            "layer_decay",
            (0.01..=1.0).contains(&self.layer_decay),
            self.layer_decay,
            "0.01 to 1",
        )?;
        demand(
            "weight_decay",
            (0.0..=1.0).contains(&self.weight_decay),
            self.weight_decay,
            "0 to 1",
        )?;
        demand("dropout", fraction(self.dropout), self.dropout, "0 to 0.9")?;
        demand(
            "label_smoothing",
            fraction(self.label_smoothing),
            self.label_smoothing,
            "0 to 0.9",
        )?;
        demand(
            "mixup",
            (0.0..=1.0).contains(&self.mixup),
            self.mixup,
            "0 to 1",
        )?;
        demand(
            "shear_deg",
            (0.0..=45.0).contains(&self.shear_deg),
            self.shear_deg,
            "0 to 45",
        )?;
        demand("zoom", fraction(self.zoom), self.zoom, "0 to 0.9")?;
        demand(
            "width_shift",
            fraction(self.width_shift),
            self.width_shift,
            "0 to 0.9",
        )?;
        demand(
            "test",
            (0.05..=0.95).contains(&self.test),
            self.test,
            "0.05 to 0.95",
        )?;
        demand(
            "validation",
            fraction(self.validation),
            self.validation,
            "0 to 0.9",
        )?;
        let needless = self.patience == 0 || self.validation > 0.0;
        demand(
            "patience",
            needless,
            self.patience,
            "0, or a validation part to watch; add --validation 0.2",
        )?;
        let chooses = self.validation > 0.0;
        demand(
            "calibration",
            self.calibration == CalibrationRule::None || chooses,
            "no patients to fit it on",
            "none, or a validation part; add --validation 0.2",
        )?;
        demand(
            "coverage",
            off_or(self.coverage, 0.5..=0.99),
            self.coverage,
            "0 (off), or 0.5 to 0.99",
        )?;
        demand(
            "coverage",
            self.coverage == 0.0 || chooses,
            "no patients to fit sets on",
            "0, or a validation part; add --validation 0.2",
        )?;
        demand(
            "members",
            (1..=20).contains(&self.members),
            self.members,
            "1 to 20",
        )?;
        demand(
            "views",
            (1..=32).contains(&self.views),
            self.views,
            "1 to 32",
        )?;
        let is_warped = self.shear_deg > 0.0 || self.zoom > 0.0 || self.width_shift > 0.0;
        demand(
            "views",
            self.views == 1 || is_warped,
            self.views,
            "1 where shear_deg, zoom and width_shift are 0: all views would be alike",
        )?;
        let toml_holds = i64::try_from(self.seed).is_ok();
        demand("seed", toml_holds, self.seed, "0 to 9223372036854775807")?;
        if let ThresholdRule::Fixed(number) = self.threshold.0 {
            demand(
                "threshold",
                number > 0.0 && number < 1.0,
                number,
                "a number between 0 and 1, or youden",
            )?;
        }
        Ok(())
    }

    fn check_task(&self) -> Result<(), ConfigError> {
        let wrong = |key, found: String, expected| ConfigError::Range {
            key,
            found,
            expected,
        };
        let names = [
            ("findings", &self.findings, 1),
            ("classes", &self.classes, 3),
        ];
        for (key, names, least) in names {
            let fault = task::fault(names, least).filter(|_| !names.is_empty());
            if let Some(fault) = fault {
                let expected = match key {
                    "findings" => {
                        "1 to 20 names of columns such as csm,opll, told apart as names of files, none with a meaning of its own such as patient"
                    }
                    _ => {
                        "3 to 20 names of classes, told apart as names of files (two are named with the flag --classes)"
                    }
                };
                return Err(wrong(key, fault, expected));
            }
        }
        if !self.findings.is_empty() && !self.classes.is_empty() {
            let expected = "either --findings or three or more --classes";
            return Err(wrong("findings", "classes as well".to_string(), expected));
        }
        let fault = task::fault(&self.head_covariates, 1);
        if let Some(fault) = fault.filter(|_| !self.head_covariates.is_empty()) {
            let expected =
                "names of columns such as age,sex, none with a meaning of its own such as patient";
            return Err(wrong("head_covariates", fault, expected));
        }
        let alone = [
            ("head_covariates", !self.head_covariates.is_empty()),
            ("calibration", self.calibration != CalibrationRule::None),
            ("coverage", self.coverage > 0.0),
            ("members", self.members > 1),
            ("views", self.views > 1),
        ];
        for (key, is_set) in alone {
            if is_set && !self.task().is_binary() {
                let expected = "two classes: several findings or classes do not have it yet";
                return Err(wrong(key, "a value".to_string(), expected));
            }
        }
        if self.pool == Pool::Max && !self.classes.is_empty() {
            let expected =
                "mean: the scores of three or more classes add up to 1, and their highest do not";
            return Err(wrong("pool", "max".to_string(), expected));
        }
        match &self.class_column {
            Some(column) if self.classes.is_empty() => Err(wrong(
                "class_column",
                format!("\"{column}\""),
                "three or more names with --classes as well",
            )),
            _ => Ok(()),
        }
    }
}
