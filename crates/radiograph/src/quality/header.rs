//! What the header says about view, body part and facing, held against a lateral neck.
//!
//! In: [`Facts`]. Out: findings, and the side that Patient Orientation says the patient faces. Only words that name
//! something else are held against a file: an empty attribute says nothing, and an unknown word is no contradiction.
//!
//! Source: DICOM PS3.3 C.8.7.1 (defined terms of View Position), PS3.16 annex L (body parts), C.7.6.1.1.1 (orientation).

use super::finding::{Code, Finding};
use crate::facts::Facts;
use crate::write::Facing;

/// Views that are not lateral.
const OTHER_VIEWS: [&str; 16] = [
    "AP",
    "PA",
    "RLO",
    "LLO",
    "RAO",
    "LAO",
    "RPO",
    "LPO",
    "RL OBLIQUE",
    "LL OBLIQUE",
    "OBL",
    "OBLIQUE",
    "ODONTOID",
    "OPEN MOUTH",
    "AXIAL",
    "SWIMMERS",
];
/// Parts of words that name a body part away from the neck.
const OTHER_PARTS: [&str; 34] = [
    "CHEST", "THORAX", "LUNG", "RIB", "ABDOMEN", "PELVIS", "HIP", "LSPINE", "TSPINE", "LUMBAR",
    "LSSPINE", "SACRUM", "COCCYX", "TLSPINE", "THORACIC", "SKULL", "FACE", "SINUS", "ORBIT",
    "SHOULDER", "CLAVICLE", "SCAPULA", "HUMERUS", "ELBOW", "FOREARM", "WRIST", "HAND", "FINGER",
    "FEMUR", "KNEE", "LEG", "ANKLE", "FOOT", "BREAST",
];
/// Parts of words that name the neck, whatever else stands beside them.
const NECK: [&str; 3] = ["CERVIC", "NECK", "HWS"];
/// Starts of words that do; inside of a word they may be the end of "thoracic spine".
const NECK_STARTS: [&str; 2] = ["CSPINE", "CTSPINE"];

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, value) in [
        ("View Position (0018,5101)", &facts.view_position),
        ("View Code Sequence (0054,0220)", &facts.view_code),
    ] {
        if let Some(view) = value.as_deref().filter(|view| is_other_view(view)) {
            let message = format!("{name} is {view:?}, expected a lateral view");
            found.push(Finding::new(Code::HeaderView, message));
            break;
        }
    }
    for (name, value) in [
        ("Body Part Examined (0018,0015)", &facts.body_part),
        (
            "Anatomic Region Sequence (0008,2218)",
            &facts.anatomic_region,
        ),
    ] {
        if let Some(part) = value.as_deref().filter(|part| is_other_part(part)) {
            let message = format!("{name} is {part:?}, expected the cervical spine or neck");
            found.push(Finding::new(Code::HeaderBodyPart, message));
            break;
        }
    }
    if facts.burned_in_annotation == Some(true) {
        let message = "Burned In Annotation (0028,0301) is \"YES\", expected no text in the pixels";
        found.push(Finding::new(Code::BurnedInStated, message));
    }
    found
}

/// The side of the picture that the patient faces by Patient Orientation: rows lead to posterior where they face left.
pub(super) fn facing(facts: &Facts) -> Option<Facing> {
    let row = facts.patient_orientation.as_deref()?.split('\\').next()?;
    match row.trim().chars().next()? {
        'P' => Some(Facing::Left),
        'A' => Some(Facing::Right),
        _ => None,
    }
}

fn is_other_view(view: &str) -> bool {
    let view = view.trim().to_ascii_uppercase();
    let words: Vec<&str> = view.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    if words
        .iter()
        .any(|word| matches!(*word, "LATERAL" | "LAT" | "LL" | "RL" | "LLD" | "RLD"))
    {
        return view.contains("OBLIQUE");
    }
    OTHER_VIEWS.contains(&view.as_str())
        || ["OBLIQUE", "ANTERO", "POSTERO", "FRONTAL"]
            .iter()
            .any(|part| view.contains(part))
}

fn is_other_part(part: &str) -> bool {
    let part: String = part
        .to_ascii_uppercase()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .collect();
    let is_neck = NECK.iter().any(|word| part.contains(word))
        || NECK_STARTS.iter().any(|word| part.starts_with(word));
    !is_neck && OTHER_PARTS.iter().any(|word| part.contains(word))
}
