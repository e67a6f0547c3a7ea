//! Tests and standardised differences of two groups are SciPy's and tableone's, and turn round with the groups.

use diagstat::Undefined;
use diagstat::two_groups::{
    chi_squared, fisher_exact, least_expected, mann_whitney, standardised_difference,
    standardised_difference_of_shares, welch,
};
use serde_json::Value;

use crate::golden::{assert_close, cases, numbers};

fn number(case: &Value, key: &str) -> f64 {
    case[key].as_f64().unwrap()
}

fn counts(case: &Value) -> Vec<[u32; 2]> {
    let rows = case["counts"].as_array().unwrap().iter();
    rows.map(|row| {
        let row = numbers(row);
        [row[0] as u32, row[1] as u32]
    })
    .collect()
}

#[test]
fn numbers_of_two_groups_are_compared_as_by_scipy() {
    let mut tried = 0;
    for case in cases("two_groups.jsonl", 11) {
        if case["kind"] != "numbers" {
            continue;
        }
        let name = case["name"].as_str().unwrap();
        let (a, b) = (numbers(&case["first"]), numbers(&case["second"]));
        let t = welch(&a, &b).unwrap();
        assert_close(name, t.statistic.unwrap(), number(&case, "t"), 1e-12);
        assert_close(
            name,
            t.degrees_of_freedom.unwrap().0,
            number(&case, "df"),
            1e-12,
        );
        assert_close(name, t.p_value, number(&case, "t_p"), 1e-9);
        let u = mann_whitney(&a, &b).unwrap();
        assert_close(name, u.p_value, number(&case, "u_p"), 1e-9);
        let smd = standardised_difference(&a, &b).unwrap();
        assert_close(name, smd.abs(), number(&case, "smd"), 1e-12);
        // The other way round.
        assert_close(name, standardised_difference(&b, &a).unwrap(), -smd, 1e-12);
        assert_close(name, welch(&b, &a).unwrap().p_value, t.p_value, 1e-12);
        assert_close(
            name,
            mann_whitney(&b, &a).unwrap().p_value,
            u.p_value,
            1e-12,
        );
        tried += 1;
    }
    assert_eq!(tried, 5);
}

#[test]
fn categories_of_two_groups_are_compared_as_by_scipy() {
    let (mut tried, mut exact) = (0, 0);
    for case in cases("two_groups.jsonl", 11) {
        if case["kind"] != "categories" {
            continue;
        }
        let name = case["name"].as_str().unwrap();
        let counts = counts(&case);
        let chi = chi_squared(&counts).unwrap();
        assert_close(name, chi.statistic.unwrap(), number(&case, "chi"), 1e-12);
        assert_close(name, chi.p_value, number(&case, "chi_p"), 1e-9);
        assert_close(
            name,
            least_expected(&counts).unwrap(),
            number(&case, "least"),
            1e-12,
        );
        let smd = standardised_difference_of_shares(&counts).unwrap();
        assert_close(name, smd, number(&case, "smd"), 1e-9);
        if let [first, second] = counts[..] {
            let fisher = fisher_exact([first, second]).unwrap().p_value;
            assert_close(name, fisher, number(&case, "fisher_p"), 1e-9);
            let turned = [[first[1], first[0]], [second[1], second[0]]];
            assert_close(name, fisher_exact(turned).unwrap().p_value, fisher, 1e-9);
            exact += 1;
        }
        // A category that nobody has, and the order of categories, change nothing.
        let mut more = counts.clone();
        more.push([0, 0]);
        more.reverse();
        assert_close(
            name,
            chi_squared(&more).unwrap().p_value,
            chi.p_value,
            1e-12,
        );
        assert_close(
            name,
            standardised_difference_of_shares(&more).unwrap(),
            smd,
            1e-9,
        );
        tried += 1;
    }
    assert_eq!((tried, exact), (6, 4));
}

#[test]
fn what_cannot_be_compared_says_why() {
    let spread = |of| Undefined::ZeroSpread { of };
    assert_eq!(
        welch(&[1.0], &[1.0, 2.0]).unwrap_err().to_string(),
        "1 patient, at least 2 needed"
    );
    let both = spread("the variance of both groups");
    assert_eq!(welch(&[1.0, 1.0], &[2.0, 2.0]), Err(both));
    assert_eq!(standardised_difference(&[1.0, 1.0], &[2.0, 2.0]), Err(both));
    assert_eq!(mann_whitney(&[3.0, 3.0], &[3.0]), Err(Undefined::AllTied));
    assert!(mann_whitney(&[], &[3.0]).is_err());
    let one = spread("the spread over the categories");
    assert_eq!(chi_squared(&[[3, 4], [0, 0]]), Err(one));
    assert_eq!(fisher_exact([[3, 4], [0, 0]]), Err(one));
    assert!(chi_squared(&[[3, 0], [4, 0]]).is_err());
    // Both groups are wholly of one category each: the shares do not vary.
    assert_eq!(
        standardised_difference_of_shares(&[[3, 0], [0, 4]]),
        Err(spread("the variance of the shares"))
    );
}
