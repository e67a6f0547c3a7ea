//! Where bones lie and what is true of them, as files beside a cohort.
//!
//! In: drawn patients. Out: `landmarks.csv` (a row for each point), `truth.json` (everything about each picture), and
//! `csxa/PATIENT.json`: 23 points as the atlas CSXA has them, in the form of the program LabelMe.
//!
//! Source: Ran et al. 2024, Sci Data 11 (10.1038/s41597-024-03383-0): 23 key points in JSON files; their labels and order
//! are those of the authors' program (github.com/yran888/CSXA-dataset).

use crate::anatomy::{DISC_NAMES, VERTEBRA_NAMES};
use crate::cohort::PhantomError;
use crate::files::{Format, image_name, stem, write_csv};
use crate::patient::Phantom;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Writes all three.
pub(crate) fn write_landmarks(
    phantoms: &[Vec<Phantom>],
    out: &Path,
    format: Format,
) -> Result<(), PhantomError> {
    let header = ["patient", "image", "vertebra", "point", "column", "row"];
    let mut rows = vec![header.map(String::from)];
    let mut truths = Vec::new();
    for phantom in phantoms.iter().flatten() {
        let image = image_name(phantom, format);
        for (name, marks) in VERTEBRA_NAMES.iter().zip(&phantom.landmarks.vertebrae) {
            for (point, [column, row]) in marks.named() {
                rows.push([
                    phantom.patient.clone(),
                    image.clone(),
                    (*name).to_string(),
                    point.to_string(),
                    format!("{column:.2}"),
                    format!("{row:.2}"),
                ]);
            }
        }
        truths.push(truth(phantom, &image));
        let file = out.join(format!("csxa/{}.json", stem(phantom)));
        write_json(&file, &labelme(phantom, &image))?;
    }
    write_csv(&out.join("landmarks.csv"), rows)?;
    write_json(&out.join("truth.json"), &Value::Array(truths))
}

pub(crate) fn write_json(path: &Path, value: &Value) -> Result<(), PhantomError> {
    std::fs::write(path, format!("{value:#}\n")).map_err(|source| PhantomError::Io {
        path: path.to_path_buf(),
        source,
    })
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Everything that is known of a picture.
fn truth(phantom: &Phantom, image: &str) -> Value {
    let truth = &phantom.truth;
    let ratios = truth.torg_pavlov();
    let mut vertebrae = Map::new();
    for (i, name) in VERTEBRA_NAMES.iter().enumerate() {
        let points: Map<String, Value> = phantom.landmarks.vertebrae[i]
            .named()
            .iter()
            .map(|(point, place)| ((*point).to_string(), json!(place.map(hundredths))))
            .collect();
        let facts = json!({
            "canal_mm": hundredths(truth.canal_mm[i]),
            "body_depth_mm": hundredths(truth.body_depth_mm[i]),
            "torg_pavlov": hundredths(ratios[i]),
            "points": points,
        });
        vertebrae.insert((*name).to_string(), facts);
    }
    let mut discs = Map::new();
    for (i, name) in DISC_NAMES.iter().enumerate() {
        let facts = json!({
            "height_mm": hundredths(truth.disc_height_mm[i]),
            "slip_mm": hundredths(truth.slip_by_disc_mm[i]),
            "opll_mm": hundredths(truth.opll_by_disc_mm[i]),
            "yellow_ligament_mm": hundredths(truth.yellow_by_disc_mm[i]),
        });
        discs.insert((*name).to_string(), facts);
    }
    json!({
        "patient": phantom.patient,
        "image": image,
        "posture": phantom.posture.name(),
        "label": phantom.label,
        "age": phantom.age,
        "sex": phantom.sex.letter(),
        "probability": truth.probability,
        "visible_probability": truth.visible_probability,
        "space_mm": hundredths(truth.space_mm),
        "worst_disc": DISC_NAMES[truth.worst_disc],
        "c2_c7_deg": hundredths(truth.c2_c7_deg),
        "opll": truth.opll.map(|kind| kind.name()),
        "narrow_canal": truth.narrow,
        "width": phantom.picture.width,
        "height": phantom.picture.height,
        "spacing_mm": phantom.picture.spacing_mm,
        "vertebrae": vertebrae,
        "discs": discs,
    })
}

/// Key points as the program LabelMe stores them.
fn labelme(phantom: &Phantom, image: &str) -> Value {
    let shapes: Vec<Value> = phantom
        .landmarks
        .csxa()
        .into_iter()
        .map(|(label, place)| {
            json!({
                "label": label,
                "points": [place.map(hundredths)],
                "group_id": null,
                "shape_type": "point",
                "flags": {},
            })
        })
        .collect();
    json!({
        "version": "5.0.1",
        "flags": {},
        "shapes": shapes,
        "imagePath": format!("../{image}"),
        "imageData": null,
        "imageHeight": phantom.picture.height,
        "imageWidth": phantom.picture.width,
    })
}
