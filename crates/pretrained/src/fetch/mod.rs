//! A catalogue's file in the cache folder: fetched once, checked against its digest at every use.
//!
//! In: an [`Entry`] and a folder. Out: the path of a file with the entry's digest, or one line that says why not.
//! Bytes go to `NAME.part` and take the final name only when the digest agrees, so no wrong file ever stands under the
//! final name. A cut connection, Ctrl-C or a crash leaves the part, and the next attempt, in this process or another,
//! asks for the rest: pinned bytes can't differ between attempts, and if they do, the digest tells.
//! Redirects are followed, never from https to http. Proxies come from the environment ([`ProxySettings`]).
//!
//! TLS is rustls with graviola: the only provider that is both kept up and built by Rust alone (ring and aws-lc need
//! a C compiler). It asks for a processor of 2014 or later, which is checked before use. Certificates are the system's,
//! because hospitals add their own for inspecting proxies.
//!
//! Source: RFC 9110, sections 13.1.5 (If-Range), 14 (ranges), 15.4 (redirects).

mod cache;
mod digest;
mod http;
mod part;
mod proxy;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::catalogue::Entry;
use http::{Attempt, Client};
use part::Part;

pub use cache::cache_folder;
pub use proxy::ProxySettings;

/// How to fetch.
#[derive(Clone, Debug)]
pub struct Options {
    /// True forbids any connection: only the cached file is used.
    pub offline: bool,
    /// Proxies to go through.
    pub proxy: ProxySettings,
    /// Longest silence of a server, for connecting, answering, and each piece of the body.
    pub timeout: Duration,
    /// How often to try again in a row after a failure that may pass.
    pub retries: u32,
    /// Pause before the first of these, doubled for each further one.
    pub pause: Duration,
}

impl Default for Options {
    /// No proxy; half a minute of silence; four more tries, after 1, 2, 4 and 8 seconds.
    fn default() -> Self {
        Options {
            offline: false,
            proxy: ProxySettings::default(),
            timeout: Duration::from_secs(30),
            retries: 4,
            pause: Duration::from_secs(1),
        }
    }
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No connection is allowed, and the cache holds no such file.
    #[error(
        "{}: found no file, and connections are forbidden; fetch \"{name}\" once with a network, or copy the file there", path.display()
    )]
    Offline {
        /// The entry's name.
        name: String,
        /// Where the file would be.
        path: PathBuf,
    },
    /// No connection is allowed, and the cached file is not the published one.
    #[error(
        "{}: found {found}, expected {expected}; the file is damaged, and connections are forbidden, so fetch it with a network", path.display()
    )]
    Damaged {
        /// The cached file.
        path: PathBuf,
        /// Its digest.
        found: String,
        /// The catalogue's.
        expected: String,
    },
    /// The server refuses.
    #[error(
        "{url}: found status {status}, expected 200; fetch the file by other means and copy it to {}", path.display()
    )]
    Status {
        /// Which address.
        url: String,
        /// The answer.
        status: u16,
        /// The final name.
        path: PathBuf,
    },
    /// A log-in page, or the notice of a filter.
    #[error(
        "{url}: found a web page, expected a weights file; a proxy or a log-in page answers in the server's place"
    )]
    WebPage {
        /// Which address.
        url: String,
    },
    /// All bytes are there, but others than published.
    #[error(
        "{url}: found {found} ({bytes} bytes), expected {expected}; the file was changed or damaged on the way and is not kept"
    )]
    WrongDigest {
        /// Which address.
        url: String,
        /// Digest of what came.
        found: String,
        /// The catalogue's.
        expected: String,
        /// How many bytes came.
        bytes: u64,
    },
    /// More bytes than the catalogue allows.
    #[error(
        "{url}: found at least {found} bytes, expected at most {most}; this is not the published file, and nothing of it is kept"
    )]
    TooLong {
        /// Which address.
        url: String,
        /// Bytes announced, or already there.
        found: u64,
        /// The limit.
        most: u64,
    },
    /// A redirect to http, to nowhere, or in a circle.
    #[error(
        "{url}: {reason}, expected at most {} redirects, to https only; fetch the file by other means",
        http::REDIRECTS_MAX
    )]
    Redirect {
        /// Which address.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// No answer, or a cut, as often as was tried.
    #[error(
        "{url}: {reason}, {attempts} attempts; {kept} bytes are kept, so run the same command again to go on"
    )]
    Unreachable {
        /// Which address.
        url: String,
        /// What the last attempt met.
        reason: String,
        /// How many attempts.
        attempts: u32,
        /// Bytes in the part.
        kept: u64,
    },
    /// A proxy that cannot be used or refuses.
    #[error("{place}: {reason}; correct HTTPS_PROXY, or name the host in NO_PROXY")]
    Proxy {
        /// Variable, or address that was asked for.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// No secure connection.
    #[error("{url}: {reason}")]
    Secure {
        /// Which address.
        url: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Another process writes the same part.
    #[error("{}: found it in use by another process, expected to write it alone; wait for that process", path.display())]
    Busy {
        /// The part.
        path: PathBuf,
    },
    /// The cache folder cannot be used.
    #[error("{}: {source}; name another folder with CORDSIGHT_CACHE", path.display())]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Path of the entry's file in `cache`, fetched if need be. `progress` is called with the bytes that are there and the
/// bytes in all.
///
/// A cached file of another digest is not used: it is fetched again and replaced.
///
/// # Errors
///
/// One line for each way in which a network, a server, a proxy or a disk fails.
pub fn fetch(
    entry: &Entry,
    cache: &Path,
    options: &Options,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<PathBuf, FetchError> {
    let path = cache.join(entry.file);
    let cached = digest::of_file(&path, &entry.digest).map_err(|source| at(&path, source))?;
    match cached {
        Some(found) if entry.digest.matches(&found) => return Ok(path),
        Some(found) if options.offline => {
            return Err(FetchError::Damaged {
                path,
                found: entry.digest.describe(&found),
                expected: entry.digest.to_string(),
            });
        }
        None if options.offline => {
            let name = entry.name.to_string();
            return Err(FetchError::Offline { name, path });
        }
        _ => {}
    }
    fs::create_dir_all(cache).map_err(|source| at(cache, source))?;
    let mut part = Part::open(cache, entry)?;
    if !part.is_whole() {
        download(entry, &path, &mut part, options, progress)?;
    }
    part.finish(&path)?;
    Ok(path)
}

/// Attempts until the part has the right digest.
fn download(
    entry: &Entry,
    path: &Path,
    part: &mut Part,
    options: &Options,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), FetchError> {
    let client = Client::new(entry, path, options)?;
    let mut from_start = false;
    let mut failures = 0;
    loop {
        let before = part.bytes();
        match client.attempt(part, progress)? {
            Attempt::Whole if part.is_whole() => return Ok(()),
            // The beginning may stem from an earlier, damaged attempt.
            Attempt::Whole if before > 0 && !from_start => {
                from_start = true;
                part.restart()?;
            }
            Attempt::Whole => {
                let error = FetchError::WrongDigest {
                    url: entry.url.to_string(),
                    found: entry.digest.describe(&part.digest()),
                    expected: entry.digest.to_string(),
                    bytes: part.bytes(),
                };
                part.restart()?;
                return Err(error);
            }
            Attempt::Failed(reason) => {
                if part.bytes() >= before.saturating_add(PROGRESS_MIN) {
                    failures = 0;
                }
                if failures == options.retries {
                    return Err(FetchError::Unreachable {
                        url: entry.url.to_string(),
                        reason,
                        attempts: failures + 1,
                        kept: part.bytes(),
                    });
                }
                thread::sleep(options.pause.saturating_mul(1 << failures.min(16)));
                failures += 1;
            }
        }
    }
}

/// An attempt that brings so many bytes is not counted as a failure: some proxies cut every long transfer.
const PROGRESS_MIN: u64 = 1 << 20;

fn at(path: &Path, source: std::io::Error) -> FetchError {
    FetchError::File {
        path: path.to_path_buf(),
        source,
    }
}
