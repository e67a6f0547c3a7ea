//! Blocks as WordprocessingML.
//!
//! In: blocks and the sizes of their pictures. Out: the text of `word/document.xml`. Looks come from styles that `styles.xml` defines, so
//! that whoever edits the document can change them in one place.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::markdown::{Block, Line};

/// English Metric Units of a millimetre.
const EMU_PER_MM: f64 = 36_000.0;
/// Width that a picture may have, in millimetres: a page of A4 less its margins.
const WIDTH_MM: f64 = 165.0;
/// Height that a picture may have, in millimetres.
const HEIGHT_MM: f64 = 200.0;
/// Millimetres of a picture's pixel: figures are drawn for 85 mm at 300 dpi, and shown somewhat larger.
const MM_PER_PIXEL: f64 = 0.12;
/// Width between the margins, in twentieths of a point.
const PAGE_WIDTH: usize = 9638;
/// Letters from which on a text is broken into lines.
const COLUMN_LETTERS: usize = 28;
/// Namespaces of the document.
const NAMESPACES: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
     xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
     xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
     xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
     xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"";

/// A picture of the document.
pub(super) struct Image {
    /// From 1.
    pub number: usize,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// The document.
pub(super) fn body(blocks: &[Block], images: &BTreeMap<String, Image>) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:document {NAMESPACES}><w:body>"
    );
    for (at, block) in blocks.iter().enumerate() {
        match block {
            Block::Heading { level, text } => {
                let style = match level {
                    1 => "Title".to_string(),
                    level => format!("Heading{}", level - 1),
                };
                paragraph(&mut xml, &style, text);
            }
            Block::Paragraph(text) => paragraph(&mut xml, "Normal", text),
            Block::Item(text) => paragraph(&mut xml, "ListBullet", text),
            Block::Table(rows) => table(&mut xml, rows),
            Block::Picture { name, path } => {
                if let Some(image) = images.get(path) {
                    picture(&mut xml, at + 1, name, image);
                }
            }
        }
    }
    xml += "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rIdFooter\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
            <w:pgMar w:top=\"1134\" w:right=\"1134\" w:bottom=\"1134\" w:left=\"1134\" w:header=\"567\" w:footer=\"567\" w:gutter=\"0\"/>\
            </w:sectPr></w:body></w:document>";
    xml
}

fn paragraph(xml: &mut String, style: &str, text: &Line) {
    let _ = write!(
        xml,
        "<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>{}</w:p>",
        runs(text)
    );
}

fn runs(text: &Line) -> String {
    let mut xml = String::new();
    for run in &text.0 {
        let bold = if run.bold { "<w:b/>" } else { "" };
        let code = if run.code {
            "<w:rStyle w:val=\"Code\"/>"
        } else {
            ""
        };
        let look = match run.bold || run.code {
            true => format!("<w:rPr>{code}{bold}</w:rPr>"),
            false => String::new(),
        };
        let _ = write!(
            xml,
            "<w:r>{look}<w:t xml:space=\"preserve\">{}</w:t></w:r>",
            escaped(&run.text)
        );
    }
    xml
}

/// A table over the page's width, whose head is repeated on each page and whose rows are not broken.
fn table(xml: &mut String, rows: &[Vec<Line>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
    xml.push_str(
        "<w:tbl><w:tblPr><w:tblStyle w:val=\"TableGrid\"/><w:tblW w:w=\"5000\" w:type=\"pct\"/></w:tblPr><w:tblGrid>",
    );
    let widths = widths(rows, columns);
    for width in &widths {
        let _ = write!(xml, "<w:gridCol w:w=\"{width}\"/>");
    }
    xml.push_str("</w:tblGrid>");
    for (at, row) in rows.iter().enumerate() {
        let head = if at == 0 { "<w:tblHeader/>" } else { "" };
        let _ = write!(xml, "<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>");
        for (column, width) in widths.iter().enumerate() {
            let text = row.get(column).cloned().unwrap_or_default();
            let style = if at == 0 { "TableHead" } else { "TableText" };
            let _ = write!(
                xml,
                "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/></w:tcPr>"
            );
            paragraph(xml, style, &text);
            xml.push_str("</w:tc>");
        }
        xml.push_str("</w:tr>");
    }
    xml.push_str("</w:tbl><w:p/>");
}

/// Widths of the columns in twentieths of a point: by their longest text, as far as that is no paragraph, and at least by their
/// longest word.
fn widths(rows: &[Vec<Line>], columns: usize) -> Vec<usize> {
    let letters = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let lengths = cells.map(|cell| {
            let text = cell.plain();
            let words = text.split_whitespace().map(|word| word.chars().count());
            let longest = words.max().unwrap_or(0);
            text.chars().count().min(COLUMN_LETTERS).max(longest)
        });
        lengths.max().unwrap_or(0).max(3) + 2
    };
    let letters: Vec<usize> = (0..columns).map(letters).collect();
    let all: usize = letters.iter().sum();
    letters.iter().map(|of| PAGE_WIDTH * of / all).collect()
}

fn picture(xml: &mut String, id: usize, name: &str, image: &Image) {
    let [width, height] = [image.width, image.height].map(|side| f64::from(side) * MM_PER_PIXEL);
    let shrink = (WIDTH_MM / width).min(HEIGHT_MM / height).min(1.0);
    let [cx, cy] = [width, height].map(|side| (side * shrink * EMU_PER_MM).round() as u64);
    let shown = escaped(&name.replace('_', " "));
    let name = escaped(name);
    let number = image.number;
    let _ = write!(
        xml,
        "<w:p><w:pPr><w:pStyle w:val=\"Normal\"/><w:keepNext/></w:pPr><w:r><w:drawing>\
         <wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\"><wp:extent cx=\"{cx}\" cy=\"{cy}\"/>\
         <wp:docPr id=\"{id}\" name=\"{name}\" descr=\"{name}\"/><a:graphic><a:graphicData \
         uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic><pic:nvPicPr>\
         <pic:cNvPr id=\"{id}\" name=\"{name}\" descr=\"{name}\"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>\
         <a:blip r:embed=\"rId{number}\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>\
         <a:off x=\"0\" y=\"0\"/><a:ext cx=\"{cx}\" cy=\"{cy}\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom>\
         </pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>\
         <w:p><w:pPr><w:pStyle w:val=\"Caption\"/></w:pPr><w:r><w:t xml:space=\"preserve\">{shown}</w:t></w:r></w:p>"
    );
}

/// Letters that XML allows, with those that mean markup escaped.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push(' '),
            other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}');
            }
            other => out.push(other),
        }
    }
    out
}
