//! Synthetic lateral cervical radiographs with known anatomy and label.
//!
//! In: a seed. Out: patients with a 12-bit picture, a label of myelopathy (0 or 1) and the truth behind it, one by one
//! ([`draw_patient`]) or as a cohort on disk ([`write_cohort`]). A test bench and a teaching set: no result on it is
//! evidence about patients. `docs/phantom.md` says what is drawn and what is unlike a real radiograph.

mod airway;
pub mod anatomy;
mod arch;
mod axis;
pub mod beam;
mod blur;
pub mod cohort;
pub mod detector;
pub mod files;
pub mod findings;
mod head;
pub mod label;
mod landmark_files;
pub mod landmarks;
mod ligament;
mod marker;
mod neck;
mod noise;
mod outline;
pub mod patient;
mod pose;
pub mod posture;
pub mod processing;
mod profile;
pub mod quality;
mod quarter;
mod skeleton;
mod xray;

pub use anatomy::Sex;
pub use cohort::{
    CohortPlan, CohortSummary, PRETRAINING_SEED, PhantomError, write_cohort, write_cohort_as,
};
pub use files::Format;
pub use label::Truth;
pub use landmarks::Landmarks;
pub use patient::{Phantom, draw_patient, draw_patient_as};
pub use posture::{BITS, Confounders, Drawing, Posture};
pub use processing::Picture;
