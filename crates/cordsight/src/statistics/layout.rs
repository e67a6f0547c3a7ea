//! Tables of figures as a person reads them: in a terminal, in Markdown for a paper, in CSV for a spreadsheet.
//!
//! In: sections of rows. Out: text. A row has the figure's name, its value, its interval, and the method or the reason why
//! something is missing, so that no number stands without saying where it comes from. Three decimals throughout.

use std::fmt::Write;

use diagstat::{HypothesisTest, Measured, Undefined};

/// A table with a heading and remarks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// Heading.
    pub title: String,
    /// The rows.
    pub rows: Vec<Row>,
    /// What a reader must know to read the rows rightly.
    pub remarks: Vec<String>,
}

/// One figure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Name of the figure.
    pub name: String,
    /// The value, or "undefined".
    pub value: String,
    /// The interval, or nothing.
    pub interval: String,
    /// Method, or why value or interval are missing.
    pub note: String,
}

impl Section {
    /// A table without rows.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    /// Adds a figure with its interval, or with its reason.
    pub fn measured(&mut self, name: impl Into<String>, measured: &Measured) {
        let interval = measured.interval();
        self.rows.push(Row {
            name: name.into(),
            value: measured
                .value()
                .map_or_else(|| "undefined".to_string(), three),
            interval: interval.map_or_else(String::new, |interval| {
                format!("{} to {}", three(interval.low), three(interval.high))
            }),
            note: match (measured.reason(), interval) {
                (Some(Undefined::NoIntervalOffered), _) => String::new(),
                (Some(reason), _) => reason.to_string(),
                (None, Some(interval)) => interval.method.to_string(),
                (None, None) => String::new(),
            },
        });
    }

    /// Adds a figure that has no interval, or its reason.
    pub fn value(&mut self, name: impl Into<String>, value: &Result<f64, Undefined>) {
        self.measured(name, &Measured::without_interval(*value));
    }

    /// Adds a test, or the reason why it cannot be made.
    pub fn test(&mut self, name: impl Into<String>, test: &Result<HypothesisTest, Undefined>) {
        let name = name.into();
        self.rows.push(match test {
            Ok(test) => Row {
                name,
                value: p_value(test.p_value),
                interval: String::new(),
                note: statistic(test) + test.method,
            },
            Err(reason) => Row {
                name,
                value: "undefined".to_string(),
                interval: String::new(),
                note: reason.to_string(),
            },
        });
    }

    /// Adds a text in the place of a value.
    pub fn text(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.rows.push(Row {
            name: name.into(),
            value: value.into(),
            ..Row::default()
        });
    }

    /// Adds what a reader must know.
    pub fn remark(&mut self, remark: impl Into<String>) {
        self.remarks.push(remark.into());
    }
}

/// `0.868 (0.783 to 0.954)`, `1.000 (no interval)`, or the reason: for figures and narrow places.
pub fn short(measured: &Measured) -> String {
    match (measured.value(), measured.interval()) {
        (Some(value), Some(interval)) => format!(
            "{} ({} to {})",
            three(value),
            three(interval.low),
            three(interval.high)
        ),
        (Some(value), None) => match measured.reason() {
            None | Some(Undefined::NoIntervalOffered) => three(value),
            Some(_) => format!("{} (no interval)", three(value)),
        },
        (None, _) => measured
            .reason()
            .map_or_else(String::new, |reason| reason.to_string()),
    }
}

/// `P = 0.160`, `P < 0.001`.
pub fn p_value(p: f64) -> String {
    match p < 0.001 {
        true => "P < 0.001".to_string(),
        false => format!("P = {p:.3}"),
    }
}

/// `Z = 1.406, `, `chi-squared(2) = 7.801, `, or nothing.
fn statistic(test: &HypothesisTest) -> String {
    let (Some(name), Some(statistic)) = (test.statistic_name, test.statistic) else {
        return String::new();
    };
    let number = |degrees: f64| match degrees.fract() == 0.0 {
        true => format!("{degrees:.0}"),
        false => format!("{degrees:.2}"),
    };
    let degrees = match test.degrees_of_freedom {
        None => String::new(),
        Some((first, None)) => format!("({})", number(first)),
        Some((first, Some(second))) => format!("({}, {})", number(first), number(second)),
    };
    format!("{name}{degrees} = {statistic:.3}, ")
}

/// Three decimals; none from 1,000 on, where they would only look exact.
pub(crate) fn three(value: f64) -> String {
    match value.abs() < 1000.0 {
        true => format!("{value:.3}"),
        false => format!("{value:.0}"),
    }
}

/// For a terminal: columns aligned, remarks indented.
pub fn text(sections: &[Section]) -> String {
    let mut out = String::new();
    for section in sections {
        let _ = writeln!(out, "\n{}", section.title);
        let width = |cell: fn(&Row) -> &String, least: usize| {
            let widths = section.rows.iter().map(|row| cell(row).chars().count());
            widths.max().unwrap_or(0).max(least)
        };
        let (name, value) = (width(|row| &row.name, 0), width(|row| &row.value, 0));
        let interval = width(|row| &row.interval, 0);
        for row in &section.rows {
            let line = format!(
                "  {:name$}  {:>value$}  {:interval$}  {}",
                row.name, row.value, row.interval, row.note
            );
            let _ = writeln!(out, "{}", line.trim_end());
        }
        for remark in &section.remarks {
            let _ = writeln!(out, "  note: {remark}");
        }
    }
    out
}

/// For a paper or an issue: one Markdown table a section.
pub fn markdown(sections: &[Section]) -> String {
    let mut out = String::new();
    for section in sections {
        let _ = writeln!(out, "## {}\n", cell(&section.title));
        let _ = writeln!(out, "| Figure | Value | 95 % CI | Method or reason |");
        let _ = writeln!(out, "|---|---:|---|---|");
        for row in &section.rows {
            let cells = [&row.name, &row.value, &row.interval, &row.note].map(|text| cell(text));
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
        for remark in &section.remarks {
            let _ = writeln!(out, "\n{}", cell(remark));
        }
        out.push('\n');
    }
    out
}

/// For a spreadsheet: `table,figure,value,interval,note`.
///
/// # Errors
/// None in practice: text can always be written to memory.
pub fn csv(sections: &[Section]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["table", "figure", "value", "interval", "method_or_reason"])?;
    for section in sections {
        for row in &section.rows {
            let row = [
                &section.title,
                &row.name,
                &row.value,
                &row.interval,
                &row.note,
            ];
            writer.write_record(row.map(|text| harmless(text)))?;
        }
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}

/// A name that a spreadsheet would run as a formula gets an apostrophe; negative numbers stay numbers.
fn harmless(text: &str) -> String {
    match text.starts_with(['=', '+', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_string(),
    }
}

/// A text that cannot end a Markdown cell or begin a tag.
fn cell(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        match character {
            '|' => safe.push_str("\\|"),
            '<' => safe.push_str("&lt;"),
            '\n' | '\r' => safe.push(' '),
            plain => safe.push(plain),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use diagstat::{Level, Proportion, ProportionInterval};

    fn section() -> Section {
        let mut section = Section::new("a|b");
        let of = Proportion::from_successes_and_failures(22, 7);
        let measured = Measured::proportion(of, ProportionInterval::Wilson, Level::PERCENT_95);
        section.measured("sensitivity", &measured);
        section.value("F1", &Err(Undefined::AllTied));
        section.text("=cmd", "1");
        section.remark("read <this>");
        section
    }

    #[test]
    fn each_layout_has_value_interval_method_and_reason() {
        assert_eq!(
            text(&[section()]),
            "\na|b\n  sensitivity      0.759  0.579 to 0.878  Wilson\n  F1           undefined                  all scores are equal\n  =cmd                 1\n  note: read <this>\n"
        );
        assert_eq!(
            markdown(&[section()]),
            "## a\\|b\n\n| Figure | Value | 95 % CI | Method or reason |\n|---|---:|---|---|\n| sensitivity | 0.759 | 0.579 to 0.878 | Wilson |\n| F1 | undefined |  | all scores are equal |\n| =cmd | 1 |  |  |\n\nread &lt;this>\n\n"
        );
        let csv = String::from_utf8(csv(&[section()]).unwrap()).unwrap();
        assert_eq!(
            csv,
            "table,figure,value,interval,method_or_reason\na|b,sensitivity,0.759,0.579 to 0.878,Wilson\na|b,F1,undefined,,all scores are equal\na|b,'=cmd,1,,\n"
        );
    }
}
