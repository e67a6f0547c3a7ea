//! What is built into the program may be used freely, and needs Rust alone: no C compiler, no CMake, no bindings that
//! are made while building.
//!
//! In: `cargo tree`, which knows what is really built for this machine (the lock file, and `cargo metadata` with it,
//! hold every optional dependency of every framework). The same lists stand in `deny.toml`.

use std::process::Command;

/// Licences that ask for no more than a notice.
const ALLOWED: [&str; 11] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages with another licence that does no harm: (package, licence). The Mozilla licence asks only for changes to
/// its own files to be shared, and we change none.
const EXCEPTIONS: [(&str, &str); 1] = [("colored", "MPL-2.0")];

/// Packages that compile C, look for C libraries, or read C headers while building.
const BANNED: [&str; 8] = [
    "bindgen",
    "cc",
    "clang-sys",
    "cmake",
    "nasm-rs",
    "openssl-sys",
    "pkg-config",
    "vcpkg",
];

/// True when a licence expression leaves a choice of allowed licences: `AND` binds tighter than `OR`, and the old `/`
/// means `OR`.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = tokens.as_slice();
    any_of(&mut rest) && rest.is_empty()
}

fn any_of(rest: &mut &[&str]) -> bool {
    let mut good = all_of(rest);
    while let ["OR", after @ ..] = rest {
        *rest = after;
        good |= all_of(rest);
    }
    good
}

fn all_of(rest: &mut &[&str]) -> bool {
    let mut good = one(rest);
    while let ["AND", after @ ..] = rest {
        *rest = after;
        good &= one(rest);
    }
    good
}

fn one(rest: &mut &[&str]) -> bool {
    match rest {
        ["(", after @ ..] => {
            *rest = after;
            let good = any_of(rest);
            match rest {
                [")", after @ ..] => {
                    *rest = after;
                    good
                }
                _ => false,
            }
        }
        [_, "WITH", _, after @ ..] => {
            *rest = after;
            false
        }
        [name, after @ ..] => {
            *rest = after;
            ALLOWED.contains(name)
        }
        [] => false,
    }
}

/// Name and licence of every package that is built, for the program or for its tests.
fn packages() -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--workspace",
            "--locked",
            "--offline",
            "--edges",
            "normal,build,dev",
            "--no-dedupe",
            "--prefix",
            "none",
            "--format",
            "{p}|{l}",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let mut packages: Vec<(String, String)> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.split_once('|'))
        .map(|(package, licence)| {
            let name = package.split(' ').next().unwrap_or_default();
            (name.to_string(), licence.to_string())
        })
        .collect();
    packages.sort();
    packages.dedup();
    packages
}

#[test]
fn every_package_has_a_licence_that_we_may_use() {
    let packages = packages();
    assert!(packages.len() > 100, "{packages:?}");
    assert!(packages.iter().any(|(name, _)| name == "burn"));
    let wrong: Vec<&(String, String)> = packages
        .iter()
        .filter(|(name, licence)| {
            let excepted = EXCEPTIONS.contains(&(name.as_str(), licence.as_str()));
            !excepted && !is_allowed(licence)
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn no_package_needs_more_than_rust() {
    let packages = packages();
    assert!(packages.iter().any(|(name, _)| name == "burn-flex"));
    let banned: Vec<&str> = packages
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| BANNED.contains(name))
        .collect();
    assert_eq!(banned, Vec::<&str>::new());
}

#[test]
fn deny_toml_has_the_same_lists() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deny.toml");
    let text = std::fs::read_to_string(path).expect("deny.toml");
    let deny: toml::Table = toml::from_str(&text).expect("TOML");
    let allowed: Vec<&str> = deny["licenses"]["allow"]
        .as_array()
        .expect("licenses.allow")
        .iter()
        .filter_map(toml::Value::as_str)
        .collect();
    assert_eq!(allowed, ALLOWED);
    let banned: Vec<&str> = deny["bans"]["deny"]
        .as_array()
        .expect("bans.deny")
        .iter()
        .filter_map(|entry| entry.get("crate")?.as_str())
        .collect();
    assert_eq!(banned, BANNED);
    let exceptions: Vec<(&str, &str)> = deny["licenses"]["exceptions"]
        .as_array()
        .expect("licenses.exceptions")
        .iter()
        .filter_map(|entry| {
            let licence = entry.get("allow")?.as_array()?.first()?.as_str()?;
            Some((entry.get("crate")?.as_str()?, licence))
        })
        .collect();
    assert_eq!(exceptions, EXCEPTIONS);
}

#[test]
fn a_licence_expression_needs_one_choice_whose_parts_are_all_allowed() {
    let good = [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0-only OR MIT",
        "(MIT OR GPL-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR MIT",
        "MIT AND (GPL-2.0 OR ISC)",
    ];
    let bad = [
        "",
        "GPL-3.0-only",
        "MIT AND GPL-2.0",
        "MIT AND (GPL-2.0 OR LGPL-3.0)",
        "Apache-2.0 WITH Some-exception",
        "MIT OR Apache-2.0)",
        "(MIT",
        "MIT Apache-2.0",
        "mit",
    ];
    for expression in good {
        assert!(is_allowed(expression), "{expression}");
    }
    for expression in bad {
        assert!(!is_allowed(expression), "{expression}");
    }
}
