//! What was done to the attributes of a file: numbers only, never a value.

use std::collections::BTreeMap;

use dicom_core::Tag;

use super::element::standard;

/// What became of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is not in the output.
    Removed,
    /// It has no value.
    Emptied,
    /// It has a value that says nothing, or the pseudonym.
    Replaced,
    /// Its identifiers are others, the same for the same.
    Remapped,
    /// Its date was moved.
    Moved,
}

impl Fate {
    /// In one word, lower case.
    pub fn word(self) -> &'static str {
        match self {
            Fate::Removed => "removed",
            Fate::Emptied => "emptied",
            Fate::Replaced => "replaced",
            Fate::Remapped => "remapped",
            Fate::Moved => "moved",
        }
    }
}

/// How often something was done to an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// As `(0010,0010)`.
    pub tag: String,
    /// DICOM's name for it in one word; empty for overlays and curves without one.
    pub keyword: &'static str,
    /// What was done.
    pub fate: Fate,
    /// How often, in sequences as well.
    pub count: u64,
}

/// What was done to the attributes of one file or of many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    counts: BTreeMap<(Tag, Fate), u64>,
    /// Private attributes removed; their tags are not told, some are made of numbers.
    pub private: u64,
    /// Attributes removed because the dictionary does not know them.
    pub unknown: u64,
    /// Texts emptied because they repeated the patient's name, number or accession number; counted as emptied as well.
    pub repeats: u64,
}

impl Tally {
    pub(super) fn add(&mut self, tag: Tag, fate: Fate) {
        *self.counts.entry((tag, fate)).or_default() += 1;
    }

    /// Adds what was done to another file.
    pub fn merge(&mut self, other: &Tally) {
        for (&key, count) in &other.counts {
            *self.counts.entry(key).or_default() += count;
        }
        self.private += other.private;
        self.unknown += other.unknown;
        self.repeats += other.repeats;
    }

    /// How often something was done, private and unknown attributes not counted.
    pub fn total(&self, fate: Fate) -> u64 {
        let of_fate = self.counts.iter().filter(|((_, one), _)| *one == fate);
        of_fate.map(|(_, count)| count).sum()
    }

    /// By tag.
    pub fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        self.counts.iter().map(|(&(tag, fate), &count)| Line {
            tag: tag.to_string().to_lowercase(),
            keyword: standard(tag).map_or("", |(_, keyword)| keyword),
            fate,
            count,
        })
    }
}
