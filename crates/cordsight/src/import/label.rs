//! What makes a radiograph positive, in the user's words: `COLUMN=VALUE`.

/// A column of the collection's table, and the value that counts as positive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRule {
    /// The column's name as the table writes it.
    pub column: String,
    /// The positive value; every other value is negative, an empty cell is neither.
    pub value: String,
}

impl std::str::FromStr for LabelRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once('=') {
            Some((column, value)) if !column.trim().is_empty() && !value.trim().is_empty() => {
                Ok(LabelRule {
                    column: column.trim().to_string(),
                    value: value.trim().to_string(),
                })
            }
            _ => Err("expected COLUMN=VALUE, for example Curvature=5".to_string()),
        }
    }
}

impl LabelRule {
    /// Label of a cell; `1` and `1.0` are one value, as spreadsheets write either.
    pub(super) fn label(&self, cell: &str) -> Option<u8> {
        let number = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite());
        let equal = match (number(cell), number(&self.value)) {
            (Some(cell), Some(value)) => cell == value,
            _ => cell == self.value,
        };
        (!cell.is_empty()).then_some(u8::from(equal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_may_hold_any_sign_and_numbers_are_compared_as_numbers() {
        let rule: LabelRule = "Disease classification: 1. Spondylosis; 2. Healthy=1"
            .parse()
            .unwrap();
        assert_eq!(
            rule.column,
            "Disease classification: 1. Spondylosis; 2. Healthy"
        );
        let labels = ["1", "1.0", "2.0", "x", ""].map(|cell| rule.label(cell));
        assert_eq!(labels, [Some(1), Some(1), Some(0), Some(0), None]);
        assert!("Curvature".parse::<LabelRule>().is_err());
        assert!("=1".parse::<LabelRule>().is_err());
    }
}
