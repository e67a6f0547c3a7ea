//! The folder in which fetched files stay, by the customs of each system.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use etcetera::BaseStrategy;
use etcetera::base_strategy::choose_native_strategy;

/// `$CORDSIGHT_CACHE`; else `cordsight` in `$XDG_CACHE_HOME` or `~/.cache` (Linux), `~/Library/Caches` (macOS),
/// `%LOCALAPPDATA%` (Windows). Nothing where the system names no home folder.
pub fn cache_folder() -> Option<PathBuf> {
    chosen(env::var_os("CORDSIGHT_CACHE")).or_else(|| {
        let native = choose_native_strategy().ok()?;
        Some(native.cache_dir().join("cordsight"))
    })
}

fn chosen(variable: Option<OsString>) -> Option<PathBuf> {
    variable
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_names_no_folder() {
        assert_eq!(chosen(None), None);
        assert_eq!(chosen(Some(OsString::new())), None);
        assert_eq!(chosen(Some("/big/disk".into())), Some("/big/disk".into()));
    }

    #[test]
    fn the_folder_is_named_after_the_program_unless_the_variable_says_otherwise() {
        let folder = cache_folder().expect("a home folder");
        match env::var_os("CORDSIGHT_CACHE") {
            Some(chosen) if !chosen.is_empty() => assert_eq!(folder, PathBuf::from(chosen)),
            _ => assert!(folder.ends_with("cordsight") && folder.is_absolute()),
        }
    }
}
