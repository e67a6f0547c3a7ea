//! Files of scores and of readers are read whole, or refused in one line with file, line number and remedy.

use cordsight::tables::{ReaderTable, Reading, ScoreTable, TableError, pair};
use proptest::prelude::*;

const GOOD: &str = "patient,label,score,sex,ratio\nb,0,0.25,m,1.1\na,1,0.75,f,0.7\nc,1,1,,-3e2\n";

fn scores(text: &str) -> Result<ScoreTable, TableError> {
    ScoreTable::parse("a.csv", text.as_bytes())
}

fn refused(text: &str) -> String {
    scores(text).expect_err(text).to_string()
}

fn named(path: &str, text: &str) -> ScoreTable {
    ScoreTable::parse(path, text.as_bytes()).expect(text)
}

#[test]
fn patients_come_in_the_order_of_their_names_with_covariates() {
    let table = scores(GOOD).expect("a table");
    let names: Vec<&str> = table.patients.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(table.covariates, ["sex", "ratio"]);
    assert_eq!(table.patients[1].rows[0].line, 2);
    assert_eq!(table.measure("ratio"), Ok(vec![0.7, 1.1, -300.0]));
    let groups = table.subgroups("sex").expect("groups");
    let groups: Vec<(&str, &[usize])> = groups
        .iter()
        .map(|group| (group.name.as_str(), group.members.as_slice()))
        .collect();
    assert_eq!(
        groups,
        [("f", &[0][..]), ("m", &[1][..]), ("not stated", &[2][..])]
    );
}

#[test]
fn several_pictures_of_a_patient_are_averaged() {
    let table =
        scores("patient,image,label,score\na,1.png,1,0.25\nb,1.png,0,0.5\na,2.png,1,0.75\n")
            .expect("a table");
    assert_eq!(table.patients[0].score, 0.5);
    assert_eq!(table.patients[0].rows.len(), 2);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_error() {
    let text = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    let (table, plain) = (scores(&text), scores(GOOD));
    assert_eq!(table, plain);
}

#[test]
fn what_is_wrong_in_a_file_of_scores_is_named_with_its_line() {
    let cases = [
        (
            "",
            "a.csv: found an empty file, expected a first line with the columns patient, label, score",
        ),
        (
            "patient,label,score\n",
            "a.csv: found no row, expected at least one",
        ),
        (
            "patient,score\na,0.5\n",
            "a.csv: found no column \"label\" (found \"patient\", \"score\"), expected the columns patient, label, score; add it to the first line",
        ),
        (
            "patient,label,score,score\na,1,0.5,0.5\n",
            "a.csv: found the column \"score\" twice, expected each once; rename one",
        ),
        (
            "patient,label,score\na,1,0.5\nb,0,\n",
            "a.csv, line 3, column \"score\": found \"\", expected a number from 0 to 1; correct the cell or delete the row",
        ),
        (
            "patient,label,score\na,1,NaN\n",
            "a.csv, line 2, column \"score\": found \"NaN\", expected a number from 0 to 1; correct the cell or delete the row",
        ),
        (
            "patient,label,score\na,1,inf\n",
            "a.csv, line 2, column \"score\": found \"inf\", expected a number from 0 to 1; correct the cell or delete the row",
        ),
        (
            "patient,label,score\na,1,1.01\n",
            "a.csv, line 2, column \"score\": found \"1.01\", expected a number from 0 to 1; correct the cell or delete the row",
        ),
        (
            "patient,label,score\na,2,0.5\n",
            "a.csv, line 2, column \"label\": found \"2\", expected 0 or 1; correct the cell or delete the row",
        ),
        (
            "patient,label,score\na,1,0.5\n\n,0,0.5\n",
            "a.csv, line 4, column \"patient\": found \"\", expected a name; fill the cell or delete the row",
        ),
        (
            "patient,label,score\na,1,0.5\nb,0,0.5\na,1,0.5\n",
            "a.csv, lines 2 and 4: both name the patient \"a\", expected each once; delete one row, or add a column \"image\" where a patient has several pictures",
        ),
        (
            "patient,image,label,score\na,x,1,0.5\na,x,1,0.5\n",
            "a.csv, lines 2 and 3: both name the image \"x\" of patient \"a\", expected it once; delete one row",
        ),
        (
            "patient,image,label,score\na,x,1,0.5\na,y,0,0.5\n",
            "a.csv, lines 2 and 3: patient \"a\" has label 1 and label 0, expected one label a patient; correct one of them",
        ),
        (
            "patient,label,score\na,1\n",
            "a.csv, line 2: found 2 cells, expected 3 as in the first line; quote cells that hold a comma",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refused(text), expected);
    }
    let latin = ScoreTable::parse("a.csv", b"patient,label,score\na,1,0.5\nM\xfcller,0,0.5\n");
    assert_eq!(
        latin.expect_err("Latin 1").to_string(),
        "a.csv, line 3: found bytes that are not UTF-8, expected a CSV text; save it as \"CSV UTF-8\""
    );
}

#[test]
fn a_measure_needs_a_finite_number_of_every_patient() {
    let cases = [
        (
            "patient,label,score,x\na,1,0.5,\n",
            "found \"\", expected a finite number for every patient; fill or correct the cell, or delete the patient",
        ),
        (
            "patient,label,score,x\na,1,0.5,NaN\n",
            "found \"NaN\", expected a finite number for every patient; fill or correct the cell, or delete the patient",
        ),
    ];
    for (text, expected) in cases {
        let error = scores(text).expect("a table").measure("x").expect_err(text);
        assert_eq!(
            error.to_string(),
            format!("a.csv, line 2, column \"x\": {expected}")
        );
    }
    let table = scores("patient,image,label,score,x\na,1,1,0.5,3\na,2,1,0.5,4\n").expect("a table");
    assert_eq!(
        table.measure("x").expect_err("two values").to_string(),
        "a.csv, lines 2 and 3: patient \"a\" has \"3\" and \"4\" in column \"x\", expected one value a patient; correct one of them"
    );
    assert_eq!(
        table.measure("y").expect_err("no column").to_string(),
        "a.csv: found no column \"y\" beside patient, label, score (found \"x\"); add it or name another"
    );
}

#[test]
fn a_column_of_many_different_cells_makes_no_subgroups() {
    let mut text = "patient,label,score,age\n".to_string();
    for age in 0..13 {
        text += &format!("p{age},1,0.5,{age}\n");
    }
    let error = scores(&text).expect("a table").subgroups("age");
    assert!(error.expect_err("13 groups").to_string().starts_with(
        "a.csv: column \"age\" has 13 different cells, expected at most 12 subgroups"
    ));
}

#[test]
fn files_with_other_patients_or_labels_are_refused_with_the_first_of_them() {
    let a = named("a.csv", GOOD);
    let fewer = named("b.csv", "patient,label,score\nb,0,0.5\n");
    assert_eq!(
        pair(&[a.clone(), fewer.clone()])
            .expect_err("fewer")
            .to_string(),
        "b.csv: found no patient \"a\", who stands in a.csv, line 3 (missing in all: 2); expected the same patients in every file, add them or delete them there"
    );
    assert_eq!(
        pair(&[fewer, a.clone()]).expect_err("more").to_string(),
        "b.csv: found no patient \"a\", who stands in a.csv, line 3 (missing in all: 2); expected the same patients in every file, add them or delete them there"
    );
    let other = named("b.csv", "patient,label,score\na,1,0.5\nb,1,0.5\nc,1,0.5\n");
    assert_eq!(
        pair(&[a.clone(), other]).expect_err("labels").to_string(),
        "b.csv, line 3, column \"label\": found 1 for patient \"b\", expected 0 as in a.csv, line 2; correct one of them"
    );
    let one_class = named("b.csv", "patient,label,score\na,1,0.5\n");
    assert_eq!(
        pair(&[one_class]).expect_err("one class").to_string(),
        "b.csv: found 1 patients with label 1 and 0 with label 0, expected at least one of each; add the missing class"
    );
}

#[test]
fn files_are_joined_by_patient_and_not_by_row() {
    let a = named("a.csv", GOOD);
    let b = named("b.csv", "score,patient,label\n0.1,c,1\n0.2,b,0\n0.3,a,1\n");
    let paired = pair(&[a, b]).expect("a pair");
    assert_eq!(paired.patients, ["a", "b", "c"]);
    assert_eq!(paired.labels, [1, 0, 1]);
    assert_eq!(paired.scores, [[0.75, 0.25, 1.0], [0.3, 0.2, 0.1]]);
}

#[test]
fn readers_have_a_value_for_every_patient_in_every_mode() {
    let truth = named("a.csv", GOOD);
    let read = |text: &str| ReaderTable::parse("r.csv", text.as_bytes(), &truth);
    let table = read(
        "patient,reader,call,aided\na,x,1,yes\nb,x,0,yes\nc,x,1,yes\nc,x,0,no\nb,x,0,no\na,x,1,no\n",
    )
    .expect("readers");
    assert_eq!(table.reading, Reading::Calls);
    assert_eq!(table.modes(), [Some(false), Some(true)]);
    assert_eq!(table.rows[0].values, [1.0, 0.0, 0.0]);
    let cases = [
        (
            "patient,reader,call\na,x,1\nb,x,0\n",
            "r.csv: reader \"x\" has 2 of 3 patients, expected all; add patient \"c\" (a.csv, line 4)",
        ),
        (
            "patient,reader,call\nz,x,1\n",
            "r.csv, line 2, column \"patient\": found \"z\", expected a patient of a.csv; delete the row or add the patient",
        ),
        (
            "patient,reader,call\na,x,1\na,x,1\n",
            "r.csv, lines 2 and 3: the same reader read patient \"a\" twice in one mode, expected once; delete one row",
        ),
        (
            "patient,reader,call\na,x,0.7\n",
            "r.csv, line 2, column \"call\": found \"0.7\", expected 0 or 1; correct the cell or delete the row",
        ),
        (
            "patient,reader,score\na,x,high\n",
            "r.csv, line 2, column \"score\": found \"high\", expected a finite number; correct the cell or delete the row",
        ),
        (
            "patient,reader,call,aided\na,x,1,maybe\n",
            "r.csv, line 2, column \"aided\": found \"maybe\", expected yes or no; correct the cell",
        ),
        (
            "patient,reader,call,aided\na,x,1,no\nb,x,0,no\nc,x,1,no\na,x,1,yes\nb,x,0,yes\nc,x,1,yes\na,y,1,yes\nb,y,0,yes\nc,y,1,yes\n",
            "r.csv: reader \"y\" read with the model's help only, expected both ways of every reader; add the rows or delete the reader",
        ),
        (
            "patient,reader\na,x\n",
            "r.csv: found no column \"call\" (found \"patient\", \"reader\"), expected the columns patient, reader, and call or score; add it to the first line",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text).expect_err(text).to_string(), expected);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_table_or_one_line(text in "(patient|label|score|image|x|[a-c0-2.,\"\n\r ]|\u{fc}){0,40}") {
        let text = format!("patient,label,score\n{text}");
        if let Err(error) = scores(&text) {
            prop_assert!(!error.to_string().contains('\n'), "{error}");
        }
    }

    #[test]
    fn the_order_of_rows_changes_no_table(
        rows in proptest::collection::btree_map("[a-z]{1,6}", (0u8..2, 0.0f64..=1.0), 1..30),
        seed in any::<u64>(),
    ) {
        let mut lines: Vec<String> = rows
            .iter()
            .map(|(name, (label, score))| format!("{name},{label},{score}\n"))
            .collect();
        let turn = seed as usize % lines.len();
        let sorted = format!("patient,label,score\n{}", lines.concat());
        lines.rotate_left(turn);
        let turned = format!("patient,label,score\n{}", lines.concat());
        let (one, other) = (scores(&sorted), scores(&turned));
        let (one, other) = (one.expect("a table"), other.expect("a table"));
        prop_assert_eq!(one.scores(), other.scores());
        prop_assert_eq!(one.scores().expect("scores").len(), rows.len());
    }
}
