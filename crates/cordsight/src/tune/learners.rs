//! Those who learn, for two classes or for several findings or classes, and the splits in which trials are judged.
//!
//! In: a request. Out: [`Learners`]: their prepared pictures, and a few splits of them, drawn by patient and stratified as the
//! one between those who learn and those who test. The pictures of those who test are not opened.

use super::{Request, TuneError};
use crate::config::TrainConfig;
use crate::several::loaded::Loaded as SeveralLoaded;
use crate::several::split::Parts;
use crate::split::Split;
use crate::train::fit::Examples;
use crate::train::{self, Loaded, TrainError, Watch};

/// Share of the learners who judge, where the settings set none aside.
const VALIDATION: f64 = 0.2;

/// Patients who learn.
pub(super) struct Learners {
    of: Of,
    /// `split.csv`: who learns and who tests.
    pub outer: Vec<u8>,
    /// Whether the final training has validation patients.
    pub has_validation: bool,
}

enum Of {
    TwoClasses(Box<Loaded>, Vec<Split>),
    Several(Box<SeveralLoaded>, Vec<Parts>),
}

impl Learners {
    pub fn read(
        request: &Request,
        config: &TrainConfig,
        watch: &mut dyn Watch,
    ) -> Result<Self, TuneError> {
        let training = &request.training;
        let share = match config.validation > 0.0 {
            true => config.validation,
            false => VALIDATION,
        };
        let (seed, repeats) = (config.seed, 0..request.splits);
        if config.task().is_binary() {
            let (loaded, outer) = Loaded::learners(training, config, watch)?;
            let inner = repeats.map(|repeat| Split::inner(&loaded.cohort, share, seed, repeat));
            let inner = inner.collect::<Result<_, _>>()?;
            return Ok(Learners {
                outer: outer.to_csv().into_bytes(),
                has_validation: outer.has_validation(),
                of: Of::TwoClasses(Box::new(loaded), inner),
            });
        }
        let (loaded, outer) = SeveralLoaded::learners(training, config, watch)?;
        let inner = repeats.map(|repeat| Parts::inner(&loaded.subjects, share, seed, repeat));
        let inner = inner.collect::<Result<_, _>>()?;
        Ok(Learners {
            outer: outer.to_csv()?,
            has_validation: outer.has_validation(),
            of: Of::Several(Box::new(loaded), inner),
        })
    }

    /// SHA-256 of them.
    pub fn fingerprint(&self) -> &str {
        match &self.of {
            Of::TwoClasses(loaded, _) => &loaded.fingerprint,
            Of::Several(loaded, _) => &loaded.fingerprint,
        }
    }

    /// Whether their radiographs were drawn by a program.
    pub fn is_synthetic(&self) -> bool {
        match &self.of {
            Of::TwoClasses(loaded, _) => loaded.cohort.synthetic.is_some(),
            Of::Several(loaded, _) => loaded.subjects.cohort.synthetic.is_some(),
        }
    }

    /// How many they are.
    pub fn patients(&self) -> usize {
        match &self.of {
            Of::TwoClasses(loaded, _) => loaded.cohort.patients().len(),
            Of::Several(loaded, _) => loaded.subjects.labels.len(),
        }
    }

    /// Pictures and labels of those who train and of those who judge in a split, counted from 0.
    pub fn examples(
        &self,
        config: &TrainConfig,
        split: usize,
    ) -> Result<[Examples; 2], TrainError> {
        match &self.of {
            Of::TwoClasses(loaded, inner) => train::examples(loaded, config, &inner[split]),
            Of::Several(loaded, inner) => Ok(loaded.examples(&inner[split])),
        }
    }

    /// The splits as tables.
    pub fn inner(&self) -> Result<Vec<Vec<u8>>, csv::Error> {
        match &self.of {
            Of::TwoClasses(_, inner) => Ok(inner
                .iter()
                .map(|split| split.to_csv().into_bytes())
                .collect()),
            Of::Several(_, inner) => inner.iter().map(Parts::to_csv).collect(),
        }
    }
}
