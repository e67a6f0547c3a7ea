//! Texts that a user writes, `predictions.csv` and settings in TOML: no panic, and what was accepted survives a round
//! trip and every check.

#![no_main]

use cordsight::config::Settings;
use cordsight::predictions::{by_patient, parse, to_csv};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(rows) = parse(text) {
        assert!(by_patient(&rows).iter().all(|patient| (0.0..=1.0).contains(&patient.score)));
        let written = to_csv(&rows).expect("rows are written to memory");
        let again = parse(std::str::from_utf8(&written).expect("the csv crate writes UTF-8"));
        assert_eq!(again.as_ref(), Ok(&rows));
    }
    match Settings::parse(text) {
        Ok(settings) => drop(settings.resolve()),
        Err(error) => assert!(!error.contains('\n'), "{error}"),
    }
});
