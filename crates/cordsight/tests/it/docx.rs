//! `report.docx` holds what `report.md` holds: every heading, paragraph, cell and figure, in well-formed parts that name each other.

use std::collections::BTreeMap;
use std::io::Read;

use cordsight::docx::from_markdown;
use phantom::Format;
use rawzip::ZipArchive;
use roxmltree::Document;

use crate::program::{Place, SMALL, cv};

/// The files of an archive.
fn unpacked(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let archive = ZipArchive::from_slice(bytes).unwrap();
    let mut files = BTreeMap::new();
    for record in archive.entries() {
        let record = record.unwrap();
        let name = String::from_utf8(record.file_path().as_ref().to_vec()).unwrap();
        let entry = archive.get_entry(record.wayfinder()).unwrap();
        let (start, end) = entry.compressed_data_range();
        let packed = &bytes[start as usize..end as usize];
        let mut content = Vec::new();
        let mut decoder = flate2::read::DeflateDecoder::new(packed);
        decoder.read_to_end(&mut content).unwrap();
        assert_eq!(rawzip::crc32(&content), record.crc32(), "{name}");
        files.insert(name, content);
    }
    files
}

/// Texts of the paragraphs, and how many tables, rows and pictures there are.
fn read(files: &BTreeMap<String, Vec<u8>>) -> (Vec<String>, [usize; 3]) {
    let text = std::str::from_utf8(&files["word/document.xml"]).unwrap();
    let document = Document::parse(text).unwrap();
    let named = |name: &'static str| {
        let all = document.descendants();
        all.filter(move |node| node.tag_name().name() == name)
    };
    let paragraphs = named("p").map(|node| {
        let texts = node
            .descendants()
            .filter(|node| node.tag_name().name() == "t");
        texts.filter_map(|node| node.text()).collect::<String>()
    });
    let paragraphs = paragraphs.filter(|text| !text.is_empty()).collect();
    (
        paragraphs,
        [
            named("tbl").count(),
            named("tr").count(),
            named("drawing").count(),
        ],
    )
}

/// A word of Markdown without what keeps it from being markup.
fn plain(text: &str) -> String {
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    text.replace('\\', "").replace("**", "").replace('`', "")
}

fn compare(place: &Place, folder: &str) {
    let bytes = std::fs::read(place.path(&format!("{folder}/report.docx"))).unwrap();
    let files = unpacked(&bytes);
    for (name, content) in &files {
        if name.ends_with(".xml") || name.ends_with(".rels") {
            Document::parse(std::str::from_utf8(content).unwrap()).unwrap();
        }
    }
    let (paragraphs, [tables, rows, pictures]) = read(&files);
    let markdown = place.read(&format!("{folder}/report.md"));
    let lines: Vec<&str> = markdown.lines().map(str::trim).collect();
    let is_rule = |line: &&str| line.starts_with("|---");
    let expected_rows = lines
        .iter()
        .filter(|line| line.starts_with('|') && !is_rule(line));
    assert_eq!(tables, lines.iter().filter(|line| is_rule(line)).count());
    assert_eq!(rows, expected_rows.count());
    let figures: Vec<&&str> = lines.iter().filter(|line| line.starts_with("![")).collect();
    assert_eq!(pictures, figures.len());
    assert!(tables > 2 && pictures > 0, "{tables} {pictures}");
    for (number, figure) in (1..).zip(figures) {
        let path = figure.split("](").nth(1).unwrap().trim_end_matches(')');
        let drawn = std::fs::read(place.path(&format!("{folder}/{path}"))).unwrap();
        assert!(
            files[&format!("word/media/image{number}.png")] == drawn,
            "{path}"
        );
    }
    let mut compared = 0;
    for line in lines.iter().filter(|line| line.starts_with('#')) {
        let heading = plain(line.trim_start_matches('#').trim());
        assert!(paragraphs.contains(&heading), "{heading}");
        compared += 1;
    }
    let rows = lines
        .iter()
        .filter(|line| line.starts_with("| ") && !is_rule(line));
    for cell in rows.flat_map(|row| row.trim_matches('|').split(" | ")) {
        // Between two bars of an empty cell nothing but a bar is left.
        let cell = plain(cell.trim_matches([' ', '|']));
        let is_link = cell.starts_with('[');
        if !cell.is_empty() && !is_link {
            assert!(paragraphs.contains(&cell), "{cell}");
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
    let footer = std::str::from_utf8(&files["word/footer1.xml"]).unwrap();
    assert!(footer.contains("Research use only, not a medical device"));
}

#[test]
fn the_text_document_of_a_run_and_of_a_cross_validation_holds_what_the_markdown_holds() {
    let place = Place::new();
    place.draw_cohort(24, 1, Format::Png);
    let train = [
        "train",
        "cohort/cohort.csv",
        "--out",
        "run",
        "--no-robustness",
    ];
    place.output(&[&train[..], &SMALL].concat());
    compare(&place, "run");
    let before = std::fs::read(place.path("run/report.docx")).unwrap();
    place.output(&["report", "run"]);
    assert!(std::fs::read(place.path("run/report.docx")).unwrap() == before);
    place.output(&cv("cv", &["--folds", "2"]));
    compare(&place, "cv");
}

#[test]
fn names_that_look_like_markup_stay_names_and_a_missing_figure_is_named() {
    let text =
        "# A & B\n\n| patient | score |\n|---|---|\n| \\*P\\|1\\_2\\* &lt;b&gt; | \u{1}0.5 |\n";
    let bytes = from_markdown(text, |_| Err("none".to_string())).unwrap();
    let (paragraphs, _) = read(&unpacked(&bytes));
    assert_eq!(
        paragraphs,
        ["A & B", "patient", "score", "*P|1_2* <b>", "\u{fffd}0.5"]
    );
    let wrong = from_markdown("![roc](figures/roc.png)", |_| {
        Err("no such file or folder".to_string())
    });
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "figures/roc.png: no such file or folder; the document needs the figure as a PNG"
    );
    let wrong = from_markdown("![roc](figures/roc.png)", |_| Ok(b"GIF89a".to_vec()));
    assert!(wrong.unwrap_err().to_string().contains("found no PNG"));
}
