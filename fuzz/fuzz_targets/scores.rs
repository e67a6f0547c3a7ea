//! Files of scores and of readers, as anybody may bring them: no panic, one line for what is refused, and what was accepted
//! keeps its promises.

#![no_main]

use cordsight::tables::{ReaderTable, ScoreTable, pair};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The first byte parts the rest in two files on the same patients.
    let (first, second) = match bytes.split_first() {
        Some((cut, rest)) => rest.split_at(usize::from(*cut).min(rest.len())),
        None => return,
    };
    let one_line = |error: String| assert!(!error.contains('\n'), "{error}");
    for file in [first, second, bytes] {
        match ScoreTable::parse("a.csv", file) {
            Ok(table) => {
                assert!(table.patients.windows(2).all(|two| two[0].name < two[1].name));
                assert!(table.patients.iter().all(|patient| (0.0..=1.0).contains(&patient.score)));
                let scores = table.scores().expect("checked labels and scores");
                assert_eq!(scores.len(), table.patients.len());
                for column in &table.covariates {
                    let _ = table.measure(column).map_err(|error| one_line(error.to_string()));
                    if let Ok(groups) = table.subgroups(column) {
                        let members: usize = groups.iter().map(|group| group.members.len()).sum();
                        assert_eq!(members, table.patients.len());
                    }
                }
                let twice = [table.clone(), table.clone()];
                let _ = pair(&twice).map_err(|error| one_line(error.to_string()));
                let _ = ReaderTable::parse("b.csv", second, &table).map_err(|error| one_line(error.to_string()));
            }
            Err(error) => one_line(error.to_string()),
        }
    }
});
