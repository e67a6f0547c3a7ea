//! What the standard wants done with each attribute: Table E.1-1 of DICOM PS3.15.
//!
//! In: a tag. Out: its row, or none. The table is a file of facts, written by `tools/confidentiality_table.py`. Where it
//! leaves a choice that depends on the kind of object (`X/Z/D`), the one is taken that is valid in every kind: a dummy
//! before an empty value, an empty value before none.
//!
//! Source: DICOM PS3.15 annex E, edition 2026c (options: 2024e).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use dicom_core::Tag;

/// What the Basic Profile does with an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basic {
    /// `X`
    Remove,
    /// `Z` and `X/Z`
    Empty,
    /// `D` and whatever may become `D`
    Dummy,
    /// `U`
    Uid,
    /// `X/Z/U*`: references to other images, which stay consistent.
    References,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub basic: Basic,
    /// The attribute may be left out.
    pub removable: bool,
    /// Kept by the option Retain Device Identity.
    pub device: bool,
    /// Kept by the option Retain Patient Characteristics.
    pub characteristics: bool,
    /// Modified by the option Retain Longitudinal Temporal Information with Modified Dates.
    pub dates: bool,
}

static TABLE: LazyLock<BTreeMap<Tag, Row>> = LazyLock::new(|| rows().collect());

/// The row of an attribute. Repeating groups (50xx, 60xx) and private attributes have none: all of them go.
pub(super) fn row(tag: Tag) -> Option<Row> {
    TABLE.get(&tag).copied()
}

fn rows() -> impl Iterator<Item = (Tag, Row)> {
    include_str!("table_e1.txt").lines().filter_map(parsed)
}

fn parsed(line: &str) -> Option<(Tag, Row)> {
    let mut words = line.split(' ');
    let tag = u32::from_str_radix(words.next()?, 16).ok()?;
    let code = words.next()?;
    let options: Vec<&str> = words.collect();
    let basic = match code {
        "X" => Basic::Remove,
        "Z" | "X/Z" => Basic::Empty,
        "U" => Basic::Uid,
        "X/Z/U*" => Basic::References,
        _ => Basic::Dummy,
    };
    let row = Row {
        basic,
        removable: code.starts_with('X'),
        device: options.contains(&"device=K"),
        characteristics: options.contains(&"characteristics=K"),
        dates: options.contains(&"modified_dates=C"),
    };
    Some((Tag((tag >> 16) as u16, tag as u16), row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_row_or_a_repeating_group() {
        let lines = include_str!("table_e1.txt").lines();
        let lines: Vec<&str> = lines.filter(|line| !line.starts_with('#')).collect();
        let groups = lines.iter().filter(|line| line[..8].contains('x')).count();
        assert_eq!((lines.len(), groups), (655, 3));
        assert_eq!(TABLE.len(), 652);
        let known = ["X", "Z", "D", "U", "X/Z", "X/D", "Z/D", "X/Z/D", "X/Z/U*"];
        for line in lines {
            let code = line.split(' ').nth(1).unwrap();
            assert!(known.contains(&code), "{line}");
        }
    }
}
