//! Dates of DICOM, moved by whole days, so that the time between two of them stays.
//!
//! In: the text of a DA, TM or DT, several values between backslashes. Out: the same with each date moved, or none
//! where one of them is no such text: what is not understood is not kept. The time of day stays.
//!
//! Source: DICOM PS3.5 6.2 (DA, TM, DT); the calendar is the proleptic Gregorian one.

/// The values, each moved by `days`; `vr` is DA, TM or DT.
pub(super) fn moved(text: &str, vr: [u8; 2], days: i64) -> Option<String> {
    let values = text.split('\\').map(|value| match &vr {
        b"TM" => time(value),
        b"DT" => date_time(value, days),
        _ => date(value.trim(), days),
    });
    Some(values.collect::<Option<Vec<String>>>()?.join("\\"))
}

fn date(text: &str, days: i64) -> Option<String> {
    // Old files write 1993.05.27.
    let digits = match text.as_bytes() {
        [_, _, _, _, b'.', _, _, b'.', _, _] => text.replace('.', ""),
        _ => text.to_string(),
    };
    if digits.is_empty() {
        return Some(digits);
    }
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let count = day_count(year, month, day)?;
    let (year, month, day) = from_day_count(count - days)?;
    Some(format!("{year:04}{month:02}{day:02}"))
}

fn time(text: &str) -> Option<String> {
    let text = text.trim();
    let known = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b':');
    (text.len() <= 16 && text.bytes().all(known)).then(|| text.to_string())
}

fn date_time(text: &str, days: i64) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return Some(String::new());
    }
    let (day, rest) = text.split_at_checked(8)?;
    let known = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'+' | b'-');
    if rest.len() > 18 || !rest.bytes().all(known) {
        return None;
    }
    Some(date(day, days)? + rest)
}

/// Days since 1 March of year 0; none where there is no such day.
fn day_count(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) || year == 0 {
        return None;
    }
    // A year that starts in March has its leap day at the end.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let before = (153 * month + 2) / 5;
    Some(
        365 * year + year.div_euclid(4) - year.div_euclid(100)
            + year.div_euclid(400)
            + before
            + day
            - 1,
    )
}

fn from_day_count(count: i64) -> Option<(i64, i64, i64)> {
    if count < 306 {
        return None;
    }
    let (era, rest) = (count / 146_097, count % 146_097);
    let year = (rest - rest / 1460 + rest / 36_524 - rest / 146_096) / 365;
    let of_year = rest - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 {
        (year, month + 3)
    } else {
        (year + 1, month - 9)
    };
    Some((400 * era + year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_ten_thousand_years_is_found_again() {
        let first = day_count(1, 1, 1).unwrap();
        let last = day_count(9999, 12, 31).unwrap();
        assert_eq!(last - first + 1, 3_652_059);
        let mut before = (0, 12, 31);
        for count in first..=last {
            let found = from_day_count(count).unwrap();
            assert!(found > before, "{found:?} after {before:?}");
            assert_eq!(day_count(found.0, found.1, found.2), Some(count));
            before = found;
        }
        assert_eq!(from_day_count(first - 1), None);
    }

    #[test]
    fn dates_move_and_times_stay() {
        let moved = |text, vr: &[u8; 2]| moved(text, *vr, 60);
        assert_eq!(moved("20240301", b"DA").as_deref(), Some("20240101"));
        assert_eq!(moved("2024.03.01", b"DA").as_deref(), Some("20240101"));
        let two = moved("20240301\\20230301 ", b"DA");
        assert_eq!(two.as_deref(), Some("20240101\\20221231"));
        assert_eq!(moved("", b"DA").as_deref(), Some(""));
        let with_zone = moved("20240301101112.123456+0100", b"DT");
        assert_eq!(with_zone.as_deref(), Some("20240101101112.123456+0100"));
        assert_eq!(moved("101112.5 ", b"TM").as_deref(), Some("101112.5"));
    }

    #[test]
    fn what_is_no_date_is_not_kept() {
        let bad = [
            "20230229",
            "20231301",
            "2023",
            "Mueller1",
            "00000101",
            "00010101",
            "2023030é",
            "2023030\u{e9}1",
        ];
        for text in bad {
            assert_eq!(moved(text, *b"DA", 60), None, "{text}");
        }
        for text in ["2024", "20240301Meier", "Meier20240301"] {
            assert_eq!(moved(text, *b"DT", 60), None, "{text}");
        }
        assert_eq!(moved("Meier", *b"TM", 60), None);
    }
}
