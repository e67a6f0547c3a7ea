//! What settings are for the modules that use them: the network's shape, the task, the preparation, the augmentation.
//!
//! In: a checked [`TrainConfig`]. Out: the types of those modules.

use super::TrainConfig;
use crate::augment::Ranges;
use crate::head_covariates::INPUTS;
use crate::network::Architecture;
use crate::prepare::Preparation;
use crate::task::Task;

impl TrainConfig {
    /// The network's shape.
    pub fn architecture(&self) -> Architecture {
        Architecture {
            body: self.network,
            width: self.width,
            image_size: self.image_size,
            outputs: self.task().outputs(),
            covariates: INPUTS * self.head_covariates.len(),
        }
    }

    /// What the network is asked.
    pub fn task(&self) -> Task {
        match (self.findings.as_slice(), self.classes.as_slice()) {
            ([], []) => Task::Binary,
            ([], _) => Task::Classes(self.classes.clone()),
            _ => Task::Findings(self.findings.clone()),
        }
    }

    /// How pictures become the network's input.
    pub fn preparation(&self) -> Preparation {
        Preparation {
            resize: self.resize,
            facing: self.facing,
            crop: self.crop,
            mm_per_pixel: self.mm_per_pixel,
            clahe: self.clahe,
            ..Preparation::of(self.image_size, self.fit, self.grey, self.preprocessing)
        }
    }

    /// Ranges of the augmentation.
    pub fn ranges(&self) -> Ranges {
        Ranges {
            shear_deg: self.shear_deg,
            zoom: self.zoom,
            width_shift: self.width_shift,
        }
    }
}
