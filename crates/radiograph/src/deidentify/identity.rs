//! Who the patient is, as far as the header tells, and which words would say so again.
//!
//! In: the data set. Out: what the pseudonym is made of, and what no text that stays may repeat.

use dicom_dictionary_std::tags;

use super::text;
use crate::dataset::Dataset;

/// What the pseudonym is made of: Patient ID, else name and birth date, else the study.
pub(super) fn identity(data: &Dataset) -> Vec<u8> {
    let id = text(data, tags::PATIENT_ID);
    if !id.is_empty() {
        return id.to_vec();
    }
    let (name, birth) = (
        text(data, tags::PATIENT_NAME),
        text(data, tags::PATIENT_BIRTH_DATE),
    );
    if !name.is_empty() {
        return [&b"name\0"[..], name, b"\0", birth].concat();
    }
    [&b"study\0"[..], text(data, tags::STUDY_INSTANCE_UID)].concat()
}

/// What texts that stay must not repeat: parts of the patient's name of three letters or more, the patient's number and
/// the accession number of four or more.
pub(super) fn identifiers(data: &Dataset) -> Vec<Vec<u8>> {
    let name = text(data, tags::PATIENT_NAME);
    let parts = name.split(|byte| matches!(byte, b'^' | b'=' | b' ' | b',' | b'\\'));
    let parts = parts.filter(|part| part.len() >= 3);
    let numbers = [tags::PATIENT_ID, tags::ACCESSION_NUMBER].map(|tag| text(data, tag));
    let numbers = numbers.into_iter().filter(|number| number.len() >= 4);
    parts.chain(numbers).map(<[u8]>::to_vec).collect()
}
