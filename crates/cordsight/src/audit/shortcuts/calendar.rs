//! A date of a DICOM header as a number of days.
//!
//! In: `YYYYMMDD`, or the dotted form of old files. Out: days since 1970-01-01 in the Gregorian calendar.

pub(super) fn day(text: &str) -> Option<i32> {
    let digits: String = text.trim().replace('.', "");
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, month, date): (i32, i32, i32) = (
        digits[..4].parse().ok()?,
        digits[4..6].parse().ok()?,
        digits[6..].parse().ok()?,
    );
    if year == 0 || !(1..=12).contains(&month) || !(1..=31).contains(&date) {
        return None;
    }
    // Years that begin in March put the leap day last, so that months have a regular length.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    let of_year = (153 * month + 2) / 5 + date - 1;
    Some(365 * year + leap_days + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_pythons_calendar() {
        let known = [
            ("19700101", 0),
            ("20000229", 11_016),
            ("2000.03.01", 11_017),
            ("19691231", -1),
            ("20261130", 20_787),
        ];
        for (text, expected) in known {
            assert_eq!(day(text), Some(expected), "{text}");
        }
        for text in ["", "2026", "20261301", "20260000", "abcdefgh"] {
            assert_eq!(day(text), None, "{text:?}");
        }
    }
}
