//! The parts of a document packed into one file.
//!
//! In: the document's text, its title, its pictures. Out: the bytes of a `.docx`, which is a ZIP archive of XML parts.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::{CompressionMethod, ZipArchiveWriter};

use super::DocxError;
use super::document::escaped;
use crate::model_file::INTENDED_USE;

const CONTENT_TYPES: &str = include_str!("content_types.xml");
const RELATIONS: &str = include_str!("relations.xml");
const STYLES: &str = include_str!("styles.xml");
const NUMBERING: &str = include_str!("numbering.xml");
const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// The file.
pub(super) fn package(
    document: &str,
    title: &str,
    pictures: &[(usize, Vec<u8>)],
) -> Result<Vec<u8>, DocxError> {
    let relations = document_relations(pictures.len());
    let (core, footer) = (core(title), footer());
    let mut parts: Vec<(String, &[u8])> = vec![
        ("[Content_Types].xml".to_string(), CONTENT_TYPES.as_bytes()),
        ("_rels/.rels".to_string(), RELATIONS.as_bytes()),
        ("docProps/core.xml".to_string(), core.as_bytes()),
        ("word/document.xml".to_string(), document.as_bytes()),
        (
            "word/_rels/document.xml.rels".to_string(),
            relations.as_bytes(),
        ),
        ("word/styles.xml".to_string(), STYLES.as_bytes()),
        ("word/numbering.xml".to_string(), NUMBERING.as_bytes()),
        ("word/footer1.xml".to_string(), footer.as_bytes()),
    ];
    for (number, png) in pictures {
        parts.push((format!("word/media/image{number}.png"), png));
    }
    let mut archive = ZipArchiveWriter::new(Vec::new());
    for (name, content) in &parts {
        add(&mut archive, name, content).map_err(DocxError::Package)?;
    }
    archive
        .finish()
        .map_err(|error| DocxError::Package(error.to_string()))
}

fn add(archive: &mut ZipArchiveWriter<Vec<u8>>, name: &str, content: &[u8]) -> Result<(), String> {
    let (mut entry, config) = archive
        .new_file(name)
        .compression_method(CompressionMethod::DEFLATE)
        .start()
        .map_err(|error| error.to_string())?;
    let encoder = DeflateEncoder::new(&mut entry, Compression::default());
    let mut writer = config.wrap(encoder);
    writer
        .write_all(content)
        .map_err(|error| error.to_string())?;
    let (encoder, descriptor) = writer.finish().map_err(|error| error.to_string())?;
    encoder.finish().map_err(|error| error.to_string())?;
    entry
        .finish(descriptor)
        .map_err(|error| error.to_string())?;
    Ok(())
}

fn document_relations(pictures: usize) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rIdStyles\" Type=\"{RELATION}/styles\" Target=\"styles.xml\"/>\
         <Relationship Id=\"rIdNumbering\" Type=\"{RELATION}/numbering\" Target=\"numbering.xml\"/>\
         <Relationship Id=\"rIdFooter\" Type=\"{RELATION}/footer\" Target=\"footer1.xml\"/>"
    );
    for number in 1..=pictures {
        xml += &format!(
            "<Relationship Id=\"rId{number}\" Type=\"{RELATION}/image\" Target=\"media/image{number}.png\"/>"
        );
    }
    xml + "</Relationships>"
}

fn core(title: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>{}</dc:title><dc:creator>cordsight</dc:creator>\
         </cp:coreProperties>",
        escaped(title)
    )
}

/// On every page: what the report is not, and the page's number.
fn footer() -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <w:ftr xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:p><w:pPr><w:pStyle w:val=\"Footer\"/></w:pPr>\
         <w:r><w:t xml:space=\"preserve\">{INTENDED_USE}. Page </w:t></w:r><w:fldSimple w:instr=\" PAGE \"><w:r><w:t>1</w:t></w:r></w:fldSimple>\
         </w:p></w:ftr>"
    )
}
