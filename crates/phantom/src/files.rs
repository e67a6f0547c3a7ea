//! The files of a cohort: one picture a patient, `cohort.csv` and `truth.csv`.
//!
//! In: drawn patients and a folder. Out: files whose bytes depend on nothing else. DICOM and PNG of a patient show the same
//! picture: the DICOM window leaves the 12 bits as they are, the PNG stretches them to 16.

use crate::anatomy::{DISC_NAMES, VERTEBRA_NAMES};
use crate::cohort::{CohortSummary, PhantomError};
use crate::patient::Phantom;
use radiograph::{DicomImage, Facing, encode_dicom, encode_png16};
use std::path::Path;

/// File format of the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 12 bits in 16, MONOCHROME2, with pixel spacing.
    Dicom,
    /// 16 bits grey; the same picture stretched to the whole range.
    Png,
}

fn file_name(phantom: &Phantom, format: Format) -> String {
    let ending = match format {
        Format::Dicom => "dcm",
        Format::Png => "png",
    };
    format!("{}.{ending}", phantom.patient)
}

/// Writes the picture of a patient into `images`.
pub(crate) fn write_picture(
    phantom: &Phantom,
    seed: u64,
    images: &Path,
    format: Format,
) -> Result<(), PhantomError> {
    let path = images.join(file_name(phantom, format));
    let picture = &phantom.picture;
    let encoded = match format {
        Format::Dicom => encode_dicom(&DicomImage {
            width: picture.width,
            height: picture.height,
            pixels: &picture.pixels,
            bits_stored: u16::from(picture.bits),
            spacing_mm: (picture.spacing_mm, picture.spacing_mm),
            window: Some(picture.window()),
            patient_id: &phantom.patient,
            view: radiograph::View::LeftLateral,
            facing: Facing::Left,
            manufacturer: "cordsight phantom",
            uid_seed: &format!(
                "phantom {seed} {} {} {}",
                phantom.patient, picture.width, picture.height
            ),
        }),
        Format::Png => encode_png16(picture.width, picture.height, &picture.stretched()),
    };
    match encoded {
        Ok(bytes) => {
            std::fs::write(&path, bytes).map_err(|source| PhantomError::Io { path, source })
        }
        Err(source) => Err(PhantomError::Encode { path, source }),
    }
}

/// Writes `truth.csv`, then `cohort.csv`: a folder with the latter is complete.
pub(crate) fn write_tables(
    phantoms: &[Phantom],
    out: &Path,
    format: Format,
) -> Result<(), PhantomError> {
    let mut truth = vec![truth_header()];
    let mut cohort = vec![["patient", "image", "label", "age", "sex"].map(String::from)];
    for phantom in phantoms {
        cohort.push([
            phantom.patient.clone(),
            format!("images/{}", file_name(phantom, format)),
            phantom.label.to_string(),
            phantom.age.to_string(),
            phantom.sex.letter().to_string(),
        ]);
        truth.push(truth_row(phantom));
    }
    write_csv(&out.join("truth.csv"), truth)?;
    write_csv(&out.join("cohort.csv"), cohort)
}

/// Writes `synthetic.json`, by which other programs know that no patient was photographed.
pub(crate) fn write_notice(summary: &CohortSummary, out: &Path) -> Result<(), PhantomError> {
    let ceiling = summary
        .ceiling_auc
        .map_or_else(|| "null".to_string(), |auc| auc.to_string());
    let path = out.join("synthetic.json");
    std::fs::write(&path, format!("{{\n  \"ceiling_auc\": {ceiling}\n}}\n"))
        .map_err(|source| PhantomError::Io { path, source })
}

fn write_csv<R: IntoIterator<Item = String>>(
    path: &Path,
    rows: Vec<R>,
) -> Result<(), PhantomError> {
    let write = || -> Result<(), csv::Error> {
        let mut writer = csv::Writer::from_path(path)?;
        for row in rows {
            writer.write_record(row)?;
        }
        writer.flush()?;
        Ok(())
    };
    write().map_err(|error| PhantomError::Io {
        path: path.to_path_buf(),
        source: error.into(),
    })
}

fn truth_header() -> Vec<String> {
    let mut names: Vec<String> = [
        "patient",
        "probability",
        "visible_probability",
        "space_mm",
        "worst_disc",
        "c2_c7_deg",
        "back_spur_mm",
        "opll_mm",
        "degeneration",
    ]
    .map(String::from)
    .to_vec();
    for level in VERTEBRA_NAMES {
        names.push(format!("canal_{level}_mm"));
        names.push(format!("body_depth_{level}_mm"));
        names.push(format!("torg_pavlov_{level}"));
    }
    names
}

fn truth_row(phantom: &Phantom) -> Vec<String> {
    let truth = &phantom.truth;
    let mut row = vec![
        phantom.patient.clone(),
        format!("{:.4}", truth.probability),
        format!("{:.4}", truth.visible_probability),
        format!("{:.2}", truth.space_mm),
        DISC_NAMES[truth.worst_disc].to_string(),
        format!("{:.1}", truth.c2_c7_deg),
        format!("{:.2}", truth.back_spur_mm),
        format!("{:.2}", truth.opll_mm),
        format!("{:.3}", truth.degeneration),
    ];
    for (canal, depth) in truth.canal_mm.iter().zip(&truth.body_depth_mm) {
        row.push(format!("{canal:.2}"));
        row.push(format!("{depth:.2}"));
        row.push(format!("{:.3}", canal / depth));
    }
    row
}
