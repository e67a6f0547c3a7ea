//! Vertebra coordinates of NHANES II: text files with the points of the vertebrae of one film.
//!
//! In: the text. Out: points as they stand, numbered from 1 within each vertebra.
//!
//! Source: the National Library of Medicine says that about 600 films have coordinates "in ASCII text format"; their
//! layout could not be looked up. Our reading: a word such as `C3` or `L1` names the vertebra of what follows; numbers come in
//! pairs, column and row in pixels; other words and signs separate. A file that cannot be this is refused.

use std::path::Path;

use super::{ImportError, Mark, place};

/// Larger files hold something else.
const BYTES_MAX: usize = 1 << 20;

pub(super) fn film_marks(
    path: &Path,
    text: &[u8],
    film: usize,
    sides: (usize, usize),
) -> Result<Vec<Mark>, ImportError> {
    if text.len() > BYTES_MAX {
        let problem = format!("found {} bytes, expected at most {BYTES_MAX}", text.len());
        return Err(place(path, problem));
    }
    let text = std::str::from_utf8(text)
        .map_err(|_| place(path, "found bytes that are not text, expected coordinates"))?;
    let mut marks: Vec<Mark> = Vec::new();
    let mut vertebra: Option<String> = None;
    for (at, line) in text.lines().enumerate() {
        let wrong = |problem: String| place(path, format!("line {}: {problem}", at + 1));
        let words = line.split(|sign: char| {
            sign.is_whitespace() || matches!(sign, ',' | ';' | ':' | '(' | ')' | '[' | ']' | '=')
        });
        let mut numbers = Vec::new();
        for word in words.filter(|word| !word.is_empty()) {
            if let Some(name) = vertebra_name(word) {
                vertebra = Some(name);
            } else if let Ok(number) = word.parse::<f64>() {
                numbers.push(number);
            }
        }
        if numbers.is_empty() {
            continue;
        }
        let Some(vertebra) = &vertebra else {
            let problem = "found numbers before any vertebra, expected a name such as C3 first";
            return Err(wrong(problem.to_string()));
        };
        if numbers.len() % 2 == 1 {
            let problem = format!(
                "found {} numbers, expected pairs of column and row",
                numbers.len()
            );
            return Err(wrong(problem));
        }
        for pair in numbers.chunks_exact(2) {
            let (column, row) = (pair[0], pair[1]);
            let inside = |value: f64, side: usize| (0.0..=side as f64).contains(&value);
            if !inside(column, sides.0) || !inside(row, sides.1) {
                let problem = format!(
                    "found the point {column}, {row}, expected a place in {} × {} pixels",
                    sides.0, sides.1
                );
                return Err(wrong(problem));
            }
            let number = 1 + marks
                .iter()
                .filter(|mark| mark.vertebra == *vertebra)
                .count();
            marks.push(Mark {
                film,
                vertebra: vertebra.clone(),
                point: number.to_string(),
                column,
                row,
            });
        }
    }
    Ok(marks)
}

/// `C3` of `c3`: a letter for the part of the spine and a number that it has.
fn vertebra_name(word: &str) -> Option<String> {
    let mut letters = word.chars();
    let part = letters.next()?.to_ascii_uppercase();
    let number: u8 = letters.as_str().parse().ok()?;
    let last = match part {
        'C' => 7,
        'T' => 12,
        'L' | 'S' => 5,
        _ => return None,
    };
    (1..=last)
        .contains(&number)
        .then(|| format!("{part}{number}"))
}
