//! `cordsight export`: a model for other programs.

use std::path::PathBuf;

use cordsight::export::{Target, export};
use cordsight::run_folder::write_whole;

use super::weights::there_already;
use super::{Failure, print};

/// Write a model for other programs: ONNX Runtime, PyTorch and timm, Keras
#[derive(clap::Args)]
pub struct Export {
    /// model.safetensors, or the folder of a finished run; without ONNX also an imported file
    model: PathBuf,
    /// The file to write: model.onnx, model.safetensors (torchvision's names) or model.weights.h5 (Keras 3)
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// What to write [default: by the file's ending]
    #[arg(long)]
    format: Option<Target>,
    /// Replace the file
    #[arg(long)]
    overwrite: bool,
}

impl Export {
    pub fn run(self) -> Result<(), Failure> {
        let target = self.format.or_else(|| Target::of_name(&self.to));
        let Some(target) = target else {
            return Err(Failure::WrongUse(format!(
                "--to: found \"{}\", expected a name that ends in .onnx, .safetensors or .weights.h5; or say --format",
                self.to.display()
            )));
        };
        if self.to.exists() && !self.overwrite {
            return Err(there_already(&self.to));
        }
        write_whole(&self.to, &export(&self.model, target)?)?;
        print(&format!("{}\n", self.to.display()))
    }
}
