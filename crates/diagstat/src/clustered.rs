//! Several images of a patient: which belong together, and the AUC of the images with a variance that knows it.
//!
//! In: scores of images and the patient of each ([`Clustered`]). Out: [`Areas`] with Obuchowski's variances and
//! covariances; the bootstrap takes [`Clustered`] too, and then draws patients with all their images.
//! Images of one patient are alike, and DeLong's variance takes them for patients of their own: it is too small where a
//! patient's images have one label, and may be too large where they have both. The unit here is the patient: the
//! components of a patient's images are summed before they are squared. A patient may have images of both labels (a level
//! with and a level without compression), in any number.
//! With one image of each patient the variance is DeLong's.
//!
//! Source: Obuchowski 1997, Biometrics 53:567. Checked against: the published formula by double loops in R
//! (tools/golden/proc_compare.R). pROC's method "obuchowski" is another thing, the variance of a binormal AUC.

use crate::areas::{Areas, Method};
use crate::components::{Components, Dispersion, components};
use crate::paired::Paired;
use crate::resample::Sample;
use crate::scores::Scores;
use crate::undefined::{Group, Undefined};

/// Images with the patient of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Clustered<S> {
    images: S,
    patient_of: Vec<usize>,
    patients: usize,
}

/// Not one patient for each image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "found {images} images and patients of {patients} images, expected a patient for each image"
)]
pub struct ClusteredError {
    /// Number of images that have scores.
    pub images: usize,
    /// Number of images that have a patient.
    pub patients: usize,
}

impl<S: Sample> Clustered<S> {
    /// `patients[i]` names the patient of image `i`; images with equal names are of one patient.
    ///
    /// # Errors
    /// [`ClusteredError`] where the lengths differ.
    pub fn new<K: Ord>(images: S, patients: &[K]) -> Result<Self, ClusteredError> {
        let found = images.classes().len();
        if found != patients.len() {
            return Err(ClusteredError {
                images: found,
                patients: patients.len(),
            });
        }
        let mut names: Vec<&K> = patients.iter().collect();
        names.sort_unstable();
        names.dedup();
        let patient_of = patients
            .iter()
            .map(|name| names.partition_point(|other| *other < name))
            .collect();
        Ok(Self {
            images,
            patient_of,
            patients: names.len(),
        })
    }

    /// The images.
    #[must_use]
    pub fn images(&self) -> &S {
        &self.images
    }

    /// Number of patients.
    #[must_use]
    pub fn patients(&self) -> usize {
        self.patients
    }

    /// The patient of each image, counted from 0 in the order of their names.
    pub(crate) fn patient_of(&self) -> &[usize] {
        &self.patient_of
    }
}

/// The AUC of the images of one model, with Obuchowski's variance.
///
/// # Undefined when
/// no image of a class is there. With images of a class from fewer than two patients the value is there and the variance
/// is not.
///
/// # References
/// Obuchowski 1997, Biometrics 53:567, doi:10.2307/2533958.
pub fn obuchowski(images: &Clustered<Scores>) -> Result<Areas, Undefined> {
    of_models(std::slice::from_ref(images.images()), images)
}

/// The AUCs of several models on the same images, with Obuchowski's covariances.
///
/// # Undefined when
/// as [`obuchowski`].
///
/// # References
/// Obuchowski 1997, Biometrics 53:567, doi:10.2307/2533958.
pub fn obuchowski_paired(images: &Clustered<Paired>) -> Result<Areas, Undefined> {
    of_models(images.images().models(), images)
}

fn of_models<S: Sample>(models: &[Scores], images: &Clustered<S>) -> Result<Areas, Undefined> {
    let labels: Vec<bool> = models[0].iter().map(|(positive, _)| positive).collect();
    let components = models
        .iter()
        .map(components)
        .collect::<Result<Vec<_>, _>>()?;
    let values = components.iter().map(Components::area).collect();
    let counts = Counts::of(&labels, images.patient_of(), images.patients());
    let dispersion = counts.at_least_two().map(|()| {
        let models: Vec<Deviations> = components
            .iter()
            .map(|of| counts.deviations(of, &labels, images.patient_of()))
            .collect();
        let rows = 0..models.len();
        let matrix = |entry: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
            let row = |row| rows.clone().map(|column| entry(row, column)).collect();
            rows.clone().map(row).collect()
        };
        Dispersion {
            covariance: matrix(&|row, column| counts.covariance(&models[row], &models[column])),
            of_differences: matrix(&|row, column| {
                let difference = models[row].minus(&models[column]);
                counts.covariance(&difference, &difference)
            }),
        }
    });
    Ok(Areas::new(values, dispersion, Method::Obuchowski))
}

/// How many images and patients there are.
struct Counts {
    /// Positive and negative images of each patient.
    images: Vec<(u64, u64)>,
    positives: u64,
    negatives: u64,
}

/// By how much the sum of a patient's components departs from the mean, for its positive and its negative images: whole
/// numbers, in units of 1 / (2 positives negatives).
struct Deviations(Vec<(i128, i128)>);

impl Counts {
    fn of(labels: &[bool], patient_of: &[usize], patients: usize) -> Self {
        let mut images = vec![(0, 0); patients];
        for (&positive, &patient) in labels.iter().zip(patient_of) {
            images[patient].0 += u64::from(positive);
            images[patient].1 += u64::from(!positive);
        }
        Self {
            positives: images.iter().map(|of| of.0).sum(),
            negatives: images.iter().map(|of| of.1).sum(),
            images,
        }
    }

    fn with_positive(&self) -> u64 {
        self.images.iter().filter(|of| of.0 > 0).count() as u64
    }

    fn with_negative(&self) -> u64 {
        self.images.iter().filter(|of| of.1 > 0).count() as u64
    }

    fn at_least_two(&self) -> Result<(), Undefined> {
        Group::PatientsWithPositiveImage.at_least(2, self.with_positive())?;
        Group::PatientsWithNegativeImage.at_least(2, self.with_negative())
    }

    fn deviations(&self, of: &Components, labels: &[bool], patient_of: &[usize]) -> Deviations {
        let mut sums = vec![(0_i128, 0_i128); self.images.len()];
        let (mut of_positives, mut of_negatives) = (of.of_positives.iter(), of.of_negatives.iter());
        for (&positive, &patient) in labels.iter().zip(patient_of) {
            let (sum, component) = if positive {
                (&mut sums[patient].0, of_positives.next())
            } else {
                (&mut sums[patient].1, of_negatives.next())
            };
            *sum += component.copied().map_or(0, i128::from);
        }
        let total = of.doubled_wins() as i128;
        let deviation =
            |sum: i128, images: u64, all: u64| i128::from(all) * sum - i128::from(images) * total;
        Deviations(
            sums.iter()
                .zip(&self.images)
                .map(|(sum, images)| {
                    (
                        deviation(sum.0, images.0, self.positives),
                        deviation(sum.1, images.1, self.negatives),
                    )
                })
                .collect(),
        )
    }

    /// The covariance of two areas; 0 where only rounding is left of it.
    fn covariance(&self, first: &Deviations, second: &Deviations) -> f64 {
        let unbiased = |patients: u64| patients as f64 / (patients as f64 - 1.0);
        let (positives, negatives) = (self.positives as f64, self.negatives as f64);
        let of_positives = unbiased(self.with_positive()) / (positives * positives);
        let of_negatives = unbiased(self.with_negative()) / (negatives * negatives);
        let of_both = unbiased(self.images.len() as u64) / (positives * negatives);
        let (mut sum, mut size) = (0.0, 0.0);
        for (&(a, b), &(c, d)) in first.0.iter().zip(&second.0) {
            let (a, b, c, d) = (a as f64, b as f64, c as f64, d as f64);
            for part in [
                of_positives * a * c,
                of_negatives * b * d,
                of_both * a * d,
                of_both * b * c,
            ] {
                sum += part;
                size += part.abs();
            }
        }
        if sum.abs() <= ROUNDING * size {
            return 0.0;
        }
        let unit = 2.0 * positives * negatives;
        sum / (unit * unit)
    }
}

/// Below this part of the sum of the sizes, a sum is rounding.
const ROUNDING: f64 = 1e-13;

impl Deviations {
    fn minus(&self, other: &Self) -> Self {
        let pairs = self.0.iter().zip(&other.0);
        Self(pairs.map(|(a, b)| (a.0 - b.0, a.1 - b.1)).collect())
    }
}
