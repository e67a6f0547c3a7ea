//! The files of a cohort: a picture for each view of a patient, `cohort.csv` and `truth.csv`.
//!
//! In: drawn patients and a folder. Out: files whose bytes depend on nothing else. DICOM and PNG of a patient show the same
//! picture: the DICOM window leaves the bits as they are, the PNG stretches more than 8 of them to 16.

use crate::anatomy::{DISC_NAMES, DISCS, VERTEBRA_NAMES};
use crate::cohort::{CohortPlan, CohortSummary, PhantomError};
use crate::findings::write_findings;
use crate::landmark_files::{write_json, write_landmarks};
use crate::patient::Phantom;
use crate::posture::{Drawing, Posture};
use crate::processing::Picture;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use radiograph::{DicomImage, Facing, WriteError, encode_png16, write_dicom};
use serde_json::json;
use std::fs::File;
use std::path::Path;

/// File format of the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// DX for presentation, MONOCHROME2, with pixel spacing.
    Dicom,
    /// Grey, the same picture: 8 bits as they are, more stretched to the whole range of 16.
    Png,
}

/// Name of a picture without its ending: the patient, and the posture unless upright.
pub(crate) fn stem(phantom: &Phantom) -> String {
    match phantom.posture {
        Posture::Neutral => phantom.patient.clone(),
        bent => format!("{}_{}", phantom.patient, bent.name()),
    }
}

/// Place of a picture within the folder of its cohort.
pub(crate) fn image_name(phantom: &Phantom, format: Format) -> String {
    let ending = match format {
        Format::Dicom => "dcm",
        Format::Png => "png",
    };
    format!("images/{}.{ending}", stem(phantom))
}

/// Writes the picture of a patient into the folder of its cohort.
pub(crate) fn write_picture(
    phantom: &Phantom,
    seed: u64,
    drawing: &Drawing,
    out: &Path,
    format: Format,
) -> Result<(), PhantomError> {
    let path = out.join(image_name(phantom, format));
    let picture = &phantom.picture;
    let written = match format {
        Format::Dicom => {
            let image = DicomImage {
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
                    "phantom {seed} {} {} {} {} {}",
                    stem(phantom),
                    picture.width,
                    picture.height,
                    picture.bits,
                    drawing.confounders.names().join(" ")
                ),
            };
            File::create(&path)
                .map_err(WriteError::Io)
                .and_then(|mut file| write_dicom(&image, &mut file))
        }
        Format::Png => {
            let encoded = if picture.bits == 8 {
                encode_png8(picture)
            } else {
                encode_png16(picture.width, picture.height, &picture.stretched())
            };
            encoded.and_then(|bytes| Ok(std::fs::write(&path, bytes)?))
        }
    };
    written.map_err(|error| match error {
        WriteError::Io(source) => PhantomError::Io { path, source },
        source => PhantomError::Encode { path, source },
    })
}

fn encode_png8(picture: &Picture) -> Result<Vec<u8>, WriteError> {
    let grey: Vec<u8> = picture.pixels.iter().map(|&value| value as u8).collect();
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(
            &grey,
            picture.width as u32,
            picture.height as u32,
            ExtendedColorType::L8,
        )
        .map_err(|error| WriteError::Png(error.to_string()))?;
    Ok(bytes)
}

/// Whether patients have several radiographs, whose view the tables then name.
pub(crate) fn has_views(phantoms: &[Vec<Phantom>]) -> bool {
    phantoms.iter().any(|views| views.len() > 1)
}

/// Writes `truth.csv`, then `cohort.csv`: a folder with the latter is complete.
pub(crate) fn write_tables(
    phantoms: &[Vec<Phantom>],
    out: &Path,
    format: Format,
) -> Result<(), PhantomError> {
    let mut truth = vec![truth_header()];
    let has_views = has_views(phantoms);
    let view = has_views.then_some("view");
    let names = ["patient", "image"].into_iter().chain(view);
    let names = names.chain(["label", "age", "sex"]);
    let mut cohort: Vec<Vec<String>> = vec![names.map(String::from).collect()];
    for phantom in phantoms.iter().flatten() {
        let mut row = vec![phantom.patient.clone(), image_name(phantom, format)];
        row.extend(has_views.then(|| phantom.posture.name().to_string()));
        row.extend([
            phantom.label.to_string(),
            phantom.age.to_string(),
            phantom.sex.letter().to_string(),
        ]);
        cohort.push(row);
    }
    truth.extend(
        phantoms
            .iter()
            .filter_map(|views| views.first())
            .map(truth_row),
    );
    write_landmarks(phantoms, out, format)?;
    write_findings(phantoms, out, format)?;
    write_csv(&out.join("truth.csv"), truth)?;
    write_csv(&out.join("cohort.csv"), cohort)
}

/// Writes `synthetic.json`, by which other programs know that no patient was photographed, and from what was drawn.
pub(crate) fn write_notice(
    summary: &CohortSummary,
    plan: &CohortPlan,
    drawing: &Drawing,
    views: &[Posture],
    out: &Path,
) -> Result<(), PhantomError> {
    let notice = json!({
        "ceiling_auc": summary.ceiling_auc,
        "patients": summary.patients,
        "positives": summary.positives,
        "seed": plan.seed,
        "width": plan.width,
        "height": plan.height,
        "bits": drawing.bits,
        "views": views.iter().map(|view| view.name()).collect::<Vec<_>>(),
        "confounders": drawing.confounders.names(),
    });
    write_json(&out.join("synthetic.json"), &notice)
}

pub(crate) fn write_csv<R: IntoIterator<Item = String>>(
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
    names.push("opll_kind".to_string());
    names.push("narrow_canal".to_string());
    for disc in DISC_NAMES {
        for what in ["height", "slip", "opll", "yellow_ligament"] {
            names.push(format!("{what}_{disc}_mm"));
        }
    }
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
    row.push(truth.opll.map_or("none", |kind| kind.name()).to_string());
    row.push(u8::from(truth.narrow).to_string());
    for i in 0..DISCS {
        row.push(format!("{:.2}", truth.disc_height_mm[i]));
        row.push(format!("{:.2}", truth.slip_by_disc_mm[i]));
        row.push(format!("{:.2}", truth.opll_by_disc_mm[i]));
        row.push(format!("{:.2}", truth.yellow_by_disc_mm[i]));
    }
    for (canal, depth) in truth.canal_mm.iter().zip(&truth.body_depth_mm) {
        row.push(format!("{canal:.2}"));
        row.push(format!("{depth:.2}"));
        row.push(format!("{:.3}", canal / depth));
    }
    row
}
