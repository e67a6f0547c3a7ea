//! When a file was changed, as a person reads it.
//!
//! In: seconds since 1970. Out: `2026-03-01 09:30`, in Coordinated Universal Time, since the machine's own time zone is not
//! known without a table of zones.
//!
//! Source: the civil calendar from a count of days, Hinnant, https://howardhinnant.github.io/date_algorithms.html.

use std::path::Path;
use std::time::UNIX_EPOCH;

/// Seconds since 1970 at which a file was changed, where the system tells.
pub fn changed(path: &Path) -> Option<u64> {
    let time = std::fs::metadata(path).ok()?.modified().ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

/// Date and minute.
pub fn written(seconds: u64) -> String {
    let days = seconds / 86_400;
    let minutes = seconds % 86_400 / 60;
    // Years begin in March here, so that the leap day is a year's last day; an era is 400 years.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}",
        minutes / 60,
        minutes % 60
    )
}

#[cfg(test)]
mod tests {
    use super::written;

    /// `date -u -d @SECONDS '+%F %R'` of GNU coreutils 9.
    #[test]
    fn seconds_are_the_date_that_coreutils_prints() {
        let known = [
            (0, "1970-01-01 00:00"),
            (951_782_399, "2000-02-28 23:59"),
            (951_782_400, "2000-02-29 00:00"),
            (1_772_323_200, "2026-03-01 00:00"),
            (1_735_689_599, "2024-12-31 23:59"),
            (4_107_542_399, "2100-02-28 23:59"),
            (4_107_542_400, "2100-03-01 00:00"),
        ];
        for (seconds, expected) in known {
            assert_eq!(written(seconds), expected);
        }
    }
}
