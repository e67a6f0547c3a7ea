//! The report page is complete, stands alone, and believes no text that it is given.

use cordsight::figure::Exclusion;
use cordsight::report::{
    Caution, Estimate, Fact, Figures, Report, markdown, methods, model_card, render,
};
use cordsight::study::{ITEMS, Study};
use roxmltree::{Document, Node, ParsingOptions};

use crate::sample_report::sample;

const HOSTILE: &str = "<script>alert(1)</script>\"'&<img src=x onerror=y>";

fn page(report: &Report) -> String {
    render(report).unwrap_or_else(|error| panic!("{error}"))
}

/// The page is written so that it is XML as well: every element is closed.
fn parsed(html: &str) -> Document<'_> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(html, options).unwrap_or_else(|error| panic!("{error}"))
}

fn text(node: Node) -> String {
    let words: Vec<&str> = node
        .descendants()
        .filter_map(|inner| inner.is_text().then(|| inner.text()).flatten())
        .collect();
    words
        .concat()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn outline(document: &Document) -> String {
    let mut lines = Vec::new();
    for node in document.descendants().filter(Node::is_element) {
        let line = match node.tag_name().name() {
            name @ ("h1" | "h2" | "h3" | "dt" | "dd" | "figcaption" | "caption") => {
                format!("{name}: {}", text(node))
            }
            "svg" => format!(
                "svg: {}",
                node.first_element_child().map(text).unwrap_or_default()
            ),
            "table" => {
                let rows = node
                    .descendants()
                    .filter(|inner| inner.has_tag_name("tr"))
                    .count();
                format!("table of {rows} rows")
            }
            "ul" | "pre" => format!("{}: {}", node.tag_name().name(), text(node)),
            _ => continue,
        };
        lines.push(line);
    }
    lines.join("\n")
}

#[test]
fn the_page_has_the_sections_that_it_promises() {
    let html = page(&sample());
    insta::assert_snapshot!(outline(&parsed(&html)));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert_eq!(page(&sample()), page(&sample()));
}

#[test]
fn the_page_refers_to_nothing_outside_of_itself() {
    let html = page(&sample());
    let document = parsed(&html);
    let mut links = 0;
    for node in document.descendants() {
        assert!(!node.has_tag_name("script") && !node.has_tag_name("link"));
        for attribute in node.attributes() {
            match attribute.name() {
                "href" => {
                    let target = attribute
                        .value()
                        .strip_prefix('#')
                        .expect("a place on this page");
                    assert!(html.contains(&format!("id=\"{target}\"")), "no {target}");
                    links += 1;
                }
                name => assert!(
                    !["src", "srcset", "action", "data"].contains(&name),
                    "{name}"
                ),
            }
        }
    }
    assert!(links > 5);
    let without_namespace = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for forbidden in ["http://", "https://", "url(", "@import", "@font-face"] {
        assert!(!without_namespace.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn hostile_text_is_shown_and_never_run() {
    let mut report = sample();
    let hostile = || HOSTILE.to_owned();
    report.title = hostile();
    report.classes.positive = hostile();
    report.headline.auc = Estimate::new(hostile(), hostile());
    report.headline.specificity = Estimate::undefined(hostile());
    report.headline.threshold_origin = hostile();
    report.cautions = vec![Caution::FewCases {
        class: hostile(),
        n: 1,
    }];
    report.flow.left_out = vec![Exclusion {
        reason: hostile(),
        patients: 1,
        images: 1,
    }];
    report.flow.parts[0].name = hostile();
    report.misclassified[0].patient = hostile();
    report.misclassified[0].images = vec![hostile()];
    report.settings[0].value = hostile();
    report.network.push(Fact::new(hostile(), hostile()));
    report.metrics[0].estimate = Estimate::without_interval(hostile(), hostile());
    report.roc_band = hostile();
    report.not_drawn = vec![hostile()];
    report.study = Study {
        assessor: hostile(),
        ..Study::default()
    };
    report.limits.push(hostile());
    report.commands[0].line = hostile();
    report.files[0].path = hostile();
    let html = page(&report);
    let document = parsed(&html);
    for tag in ["script", "img"] {
        assert!(!html.contains(&format!("<{tag}")));
    }
    assert!(html.matches("&lt;script&gt;").count() > 20);
    assert!(text(document.root_element()).contains("<script>alert(1)<"));
    assert!(
        document
            .descendants()
            .all(|node| !node.has_attribute("onerror"))
    );
}

#[test]
fn every_page_says_research_use_only_before_anything_else() {
    let mut report = sample();
    for is_synthetic in [true, false] {
        if !is_synthetic {
            report
                .cautions
                .retain(|caution| !matches!(caution, Caution::SyntheticData { .. }));
        }
        let html = page(&report);
        let document = parsed(&html);
        let body = document
            .descendants()
            .find(|node| node.has_tag_name("body"))
            .expect("a body");
        let banner = body.first_element_child().map(text).expect("a banner");
        assert!(
            banner.starts_with("Research use only, not a medical device."),
            "{banner}"
        );
        assert_eq!(
            banner.contains("no result here is evidence about patients"),
            is_synthetic
        );
    }
}

#[test]
fn a_number_without_an_interval_or_without_a_value_says_why() {
    let mut report = sample();
    report.headline.auc =
        Estimate::without_interval("0.91", "1 positive patient, at least 2 needed");
    report.headline.sensitivity = Estimate::undefined("no positive patient in the test set");
    let html = page(&report);
    let document = parsed(&html);
    let answers: Vec<String> = document
        .descendants()
        .filter(|node| node.has_tag_name("dd"))
        .map(text)
        .collect();
    assert_eq!(
        answers,
        [
            "0.91 no interval: 1 positive patient, at least 2 needed",
            "– not given: no positive patient in the test set",
            "75.8 % 95 % interval 59.0 to 87.2 %",
        ]
    );
}

#[test]
fn what_the_investigators_did_not_state_is_printed_as_not_stated() {
    let mut report = sample();
    report.study = Study {
        assessor: "  ".to_owned(),
        ..Study::default()
    };
    report.checklists.clear();
    let missing = |report: &Report| page(report).matches("<em>NOT STATED</em>").count();
    assert_eq!(missing(&report), ITEMS.len());
    report.study.assessor = "two neuroradiologists".to_owned();
    assert_eq!(missing(&report), ITEMS.len() - 1);
}

#[test]
fn a_report_without_figures_errors_or_parts_is_still_a_page() {
    let mut report = sample();
    report.figures = Figures::default();
    report.robustness = None;
    report.patients = None;
    report.misclassified.clear();
    report.cautions.clear();
    report.flow.parts.clear();
    let html = page(&report);
    let document = parsed(&html);
    let drawings = document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "svg")));
    assert_eq!(drawings.count(), 1);
    assert!(html.contains("None of the 62 test patients is on the wrong side"));
    assert!(!html.contains("Before you rely on this"));
}

#[test]
fn calibration_and_net_benefit_say_research_use_only_and_that_few_patients_show_little() {
    let mut report = sample();
    let mut tried = 0;
    for figures in [report.figures.clone(), Figures::default()] {
        report.figures = figures;
        report.not_drawn = vec!["No decision curve: no positive patient.".to_owned()];
        let html = page(&report);
        let document = parsed(&html);
        let section = document
            .descendants()
            .find(|node| node.attribute("id") == Some("calibration"))
            .map(text)
            .expect("a section");
        for words in [
            "Research use only.",
            "In few test patients these figures show little",
            "No decision curve: no positive patient.",
        ] {
            assert!(section.contains(words), "{words}: {section}");
        }
        tried += 1;
    }
    assert_eq!(tried, 2);
}

#[test]
fn a_figure_on_the_page_is_the_figure_in_its_file() {
    let report = sample();
    let html = page(&report);
    let drawings = report.figures.drawings();
    let names: Vec<&str> = drawings.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "roc",
            "confusion",
            "scores",
            "learning",
            "precision_recall",
            "calibration",
            "decision"
        ]
    );
    for (name, svg) in drawings {
        assert!(html.contains(svg.trim_end()), "{name}");
    }
    assert!(Figures::default().drawings().is_empty());
}

#[test]
fn the_published_figures_are_named_for_what_they_are() {
    let html = page(&sample());
    let document = parsed(&html);
    let section = document
        .descendants()
        .find(|node| node.attribute("id") == Some("paper"))
        .map(text);
    let section = section.expect("a section");
    let wanted = [
        "92.4 %",
        "87.1 %",
        "86.4 %",
        "88.9 %",
        "0.864",
        "0.780 to 0.949",
        "they are no comparison",
    ];
    for words in wanted {
        assert!(section.contains(words), "{words}");
    }
}

/// Bars that separate cells, not those within a text.
fn columns(line: &str) -> usize {
    line.replace("\\|", "").matches('|').count()
}

#[test]
fn markdown_holds_hostile_text_as_text_and_its_tables_are_whole() {
    let mut report = sample();
    let hostile = || format!("{HOSTILE} | * _ ` [x](y)\nnext");
    report.title = hostile();
    report.classes.positive = hostile();
    report.misclassified[0].patient = hostile();
    report.study.assessor = hostile();
    report.settings[0].value = hostile();
    report.words.methods = vec![hostile()];
    report.words.results = vec![hostile()];
    report.checklists = report.answered();
    let mut tables = 0;
    for text in [markdown(&report), methods(&report), model_card(&report)] {
        let text = text.unwrap_or_else(|error| panic!("{error}"));
        assert!(text.contains("Research use only, not a medical device"));
        assert!(!text.contains("<script>") && !text.contains("<img"));
        assert!(text.contains("\\_ \\` \\[x\\](y) next"), "{text}");
        let mut width = 0;
        for line in text.lines() {
            match (line.starts_with('|'), width) {
                (false, _) => width = 0,
                (true, 0) => {
                    width = columns(line);
                    tables += 1;
                }
                (true, _) => assert_eq!(columns(line), width, "{line}"),
            }
        }
    }
    assert!(tables > 15, "{tables}");
}
