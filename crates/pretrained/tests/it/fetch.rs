//! Fetching against a server on this machine that misbehaves in every way that has been thought of.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pretrained::Preprocessing;
use pretrained::catalogue::{CATALOGUE, Digest, Entry, SIZE_SLACK, find};
use pretrained::fetch::{FetchError, Options, ProxySettings, fetch};
use pretrained::vgg::Depth;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::server::{Reply, Request, Server};

/// A file larger than the slack in sizes, the same in every test.
fn file() -> Vec<u8> {
    (0..300_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

fn hex(bytes: &[u8]) -> &'static str {
    let digits: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    digits.leak()
}

fn entry(url: String) -> Entry {
    Entry {
        name: "test",
        url: url.leak(),
        file: "weights.bin",
        digest: Digest::Sha256(hex(&file())),
        bytes: file().len() as u64,
        licence: "none",
        preprocessing: Preprocessing::UNIT,
        depth: Depth::Vgg16,
        with_top: false,
    }
}

fn options() -> Options {
    Options {
        timeout: Duration::from_millis(500),
        retries: 2,
        pause: Duration::from_millis(1),
        ..Options::default()
    }
}

fn get(entry: &Entry, cache: &TempDir, options: &Options) -> Result<PathBuf, FetchError> {
    fetch(entry, cache.path(), options, &mut |_, _| {})
}

fn names(cache: &TempDir) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(cache.path())
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("text")
        })
        .collect();
    names.sort();
    names
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Gives ranges and knows the version `"v1"`.
fn good(request: &Request) -> Reply {
    let current = request.header("if-range").is_none_or(|tag| tag == "\"v1\"");
    match request.range().filter(|_| current) {
        Some(start) => Reply::rest(&file(), start),
        None => Reply::new(200, &file()).with("ETag", "\"v1\""),
    }
}

fn one_line(error: &FetchError) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
    text
}

#[test]
fn a_file_comes_whole_with_progress_and_is_then_used_from_the_cache() {
    let server = Server::start(|request, _| good(request));
    let (cache, entry) = (folder(), entry(server.url("x")));
    let mut seen = Vec::new();
    let path = fetch(&entry, cache.path(), &options(), &mut |done, total| {
        seen.push((done, total))
    })
    .expect("the file");
    assert_eq!(fs::read(&path).expect("bytes"), file());
    assert_eq!(names(&cache), ["weights.bin"]);
    assert_eq!(seen.first(), Some(&(0, 300_000)));
    assert_eq!(seen.last(), Some(&(300_000, 300_000)));
    assert!(seen.is_sorted());
    assert_eq!(get(&entry, &cache, &options()).expect("the file"), path);
    let offline = Options {
        offline: true,
        ..options()
    };
    assert_eq!(get(&entry, &cache, &offline).expect("the file"), path);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(
        server.requests()[0].header("accept-encoding").as_deref(),
        Some("identity")
    );
}

#[test]
fn a_digest_known_in_part_or_as_md5_serves_as_well() {
    let server = Server::start(|request, _| good(request));
    // From md5sum.
    let known = [Digest::Sha256Prefix(&hex(&file())[..8]), Digest::Md5(MD5)];
    for digest in known {
        let entry = Entry {
            digest,
            ..entry(server.url("x"))
        };
        get(&entry, &folder(), &options()).expect("the file");
    }
    for digest in [Digest::Sha256Prefix("00000000"), Digest::Md5("00")] {
        let entry = Entry {
            digest,
            ..entry(server.url("x"))
        };
        let cache = folder();
        let error = get(&entry, &cache, &options()).expect_err("another digest");
        assert!(matches!(error, FetchError::WrongDigest { .. }), "{error}");
    }
}

const MD5: &str = "14a1802113ce2773fe316b5a05dd3645";

#[test]
fn a_cut_transfer_goes_on_where_it_ended() {
    let server = Server::start(|request, before| match before {
        0 => good(request).cut(100_000),
        1 => good(request).cut(50_000),
        _ => good(request),
    });
    let (cache, entry) = (folder(), entry(server.url("x")));
    let path = get(&entry, &cache, &options()).expect("the file");
    assert_eq!(fs::read(&path).expect("bytes"), file());
    let ranges: Vec<_> = server.requests().iter().map(Request::range).collect();
    assert_eq!(ranges, [None, Some(100_000), Some(150_000)]);
    assert_eq!(
        server.requests()[2].header("if-range").as_deref(),
        Some("\"v1\"")
    );
    assert_eq!(names(&cache), ["weights.bin"]);
}

#[test]
fn another_run_goes_on_with_the_part_of_the_last() {
    let server = Server::start(|request, before| match before {
        0..3 => good(request).cut(if before == 0 { 70_000 } else { 0 }),
        _ => good(request),
    });
    let (cache, entry) = (folder(), entry(server.url("x")));
    let error = get(&entry, &cache, &options()).expect_err("three cuts");
    assert!(one_line(&error).contains("70000 bytes are kept"), "{error}");
    assert_eq!(
        names(&cache),
        ["weights.bin.part", "weights.bin.part.version"]
    );
    let path = get(&entry, &cache, &options()).expect("the file");
    assert_eq!(fs::read(&path).expect("bytes"), file());
    let last = server.requests().pop().expect("a request");
    assert_eq!(last.range(), Some(70_000));
    assert_eq!(last.header("if-range").as_deref(), Some("\"v1\""));
}

#[test]
fn a_part_that_is_whole_needs_no_request() {
    let server = Server::start(|_, _| Reply::new(500, b""));
    let (cache, entry) = (folder(), entry(server.url("x")));
    fs::write(cache.path().join("weights.bin.part"), file()).expect("written");
    let path = get(&entry, &cache, &options()).expect("the file");
    assert_eq!(fs::read(&path).expect("bytes"), file());
    assert!(server.requests().is_empty());
}

#[test]
fn a_server_without_ranges_starts_again() {
    let server = Server::start(|_, before| match before {
        0 => Reply::new(200, &file()).cut(100_000),
        _ => Reply::new(200, &file()),
    });
    let (cache, entry) = (folder(), entry(server.url("x")));
    let path = get(&entry, &cache, &options()).expect("the file");
    assert_eq!(fs::read(&path).expect("bytes"), file());
    assert_eq!(server.requests()[1].range(), Some(100_000));
}

#[test]
fn a_changed_version_starts_again() {
    let server = Server::start(|request, _| good(request));
    let (cache, entry) = (folder(), entry(server.url("x")));
    fs::write(cache.path().join("weights.bin.part"), [7; 1000]).expect("written");
    fs::write(cache.path().join("weights.bin.part.version"), "\"v0\"").expect("written");
    get(&entry, &cache, &options()).expect("the file");
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].header("if-range").as_deref(), Some("\"v0\""));
}

#[test]
fn a_damaged_or_overlong_part_is_thrown_away() {
    let server = Server::start(|request, _| match request.range() {
        Some(start) if start >= file().len() => Reply::new(416, b""),
        Some(start) => Reply::rest(&file(), start),
        None => Reply::new(200, &file()),
    });
    for part in [vec![7; 1000], vec![7; 400_000]] {
        let (cache, entry) = (folder(), entry(server.url("x")));
        fs::write(cache.path().join("weights.bin.part"), part).expect("written");
        let path = get(&entry, &cache, &options()).expect("the file");
        assert_eq!(fs::read(&path).expect("bytes"), file());
    }
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn redirects_are_followed_with_the_range() {
    let server = Server::start(|request, _| match request.target.as_str() {
        "/a" => Reply::redirect("/b"),
        "/b" => Reply::redirect("c?token=1"),
        _ => good(request),
    });
    let (cache, entry) = (folder(), entry(server.url("a")));
    fs::write(cache.path().join("weights.bin.part"), &file()[..1000]).expect("written");
    get(&entry, &cache, &options()).expect("the file");
    let last = server.requests().pop().expect("a request");
    assert_eq!(
        (last.target.as_str(), last.range()),
        ("/c?token=1", Some(1000))
    );
}

#[test]
fn a_circle_of_redirects_ends() {
    let server = Server::start(|_, _| Reply::redirect("/a"));
    let (cache, entry) = (folder(), entry(server.url("a")));
    let error = get(&entry, &cache, &options()).expect_err("a circle");
    assert!(matches!(error, FetchError::Redirect { .. }), "{error}");
    one_line(&error);
    assert_eq!(server.requests().len(), 6);
}

#[test]
fn other_bytes_are_refused_and_not_kept() {
    let server = Server::start(|_, _| Reply::new(200, &vec![1; file().len()]));
    let (cache, entry) = (folder(), entry(server.url("x")));
    let error = get(&entry, &cache, &options()).expect_err("another digest");
    assert!(one_line(&error).contains(hex(&file())), "{error}");
    assert_eq!(server.requests().len(), 1);
    assert_eq!(names(&cache), ["weights.bin.part"]);
    assert_eq!(
        fs::read(cache.path().join("weights.bin.part")).expect("a part"),
        b""
    );
}

#[test]
fn a_web_page_in_place_of_the_file_is_recognised() {
    let page = b"\n <!DOCTYPE html><html>Log in</html>";
    let server = Server::start(|_, _| Reply::new(200, page));
    let (cache, entry) = (folder(), entry(server.url("x")));
    let error = get(&entry, &cache, &options()).expect_err("a page");
    assert!(matches!(error, FetchError::WebPage { .. }), "{error}");
    one_line(&error);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_missing_file_is_not_asked_for_again_but_a_busy_server_is() {
    let server = Server::start(|request, before| match (request.target.as_str(), before) {
        ("/missing", _) => Reply::new(404, b"no"),
        (_, 2) => Reply::new(503, b"later"),
        _ => good(request),
    });
    let cache = folder();
    let error = get(&entry(server.url("missing")), &cache, &options()).expect_err("nothing");
    assert!(
        matches!(error, FetchError::Status { status: 404, .. }),
        "{error}"
    );
    one_line(&error);
    assert_eq!(server.requests().len(), 1);
    get(&entry(server.url("missing")), &cache, &options()).expect_err("nothing");
    get(&entry(server.url("busy")), &cache, &options()).expect("the file");
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn more_than_the_catalogue_allows_is_refused_announced_or_not() {
    let endless = vec![1; file().len() + SIZE_SLACK as usize + 1];
    let body = endless.clone();
    let announced = Server::start(move |_, _| Reply::new(200, &body).cut(10));
    let silent = Server::start(move |_, _| Reply::without_length(&endless));
    for server in [announced, silent] {
        let (cache, entry) = (folder(), entry(server.url("x")));
        let error = get(&entry, &cache, &options()).expect_err("too long");
        assert!(matches!(error, FetchError::TooLong { .. }), "{error}");
        one_line(&error);
        assert_eq!(
            fs::read(cache.path().join("weights.bin.part")).expect("a part"),
            b""
        );
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn a_body_without_length_is_whole_when_its_digest_says_so_and_else_cut() {
    let server = Server::start(|request, before| match before {
        0 => Reply::without_length(&file()).cut(100_000),
        _ => good(request),
    });
    let (cache, entry) = (folder(), entry(server.url("x")));
    get(&entry, &cache, &options()).expect("the file");
    assert_eq!(server.requests()[1].range(), Some(100_000));
    let server = Server::start(|_, _| Reply::without_length(&file()));
    get(&self::entry(server.url("x")), &folder(), &options()).expect("the file");
}

#[test]
fn a_silent_server_is_left_after_the_timeout() {
    let silence = Duration::from_secs(20);
    let server = Server::start(move |request, before| match before {
        0 => good(request).cut(100_000).stall(silence),
        _ => good(request),
    });
    let (cache, entry) = (folder(), entry(server.url("x")));
    let start = Instant::now();
    get(&entry, &cache, &options()).expect("the file");
    assert_eq!(server.requests()[1].range(), Some(100_000));
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn nobody_listening_is_one_line() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/x", port.local_addr().expect("an address"));
    drop(port);
    let error = get(&entry(url), &folder(), &options()).expect_err("nobody");
    assert!(one_line(&error).contains("3 attempts"), "{error}");
}

#[test]
fn a_proxy_is_used_unless_the_host_is_excepted() {
    let server = Server::start(|request, _| good(request));
    let proxy = Server::start(|request, _| good(request));
    let address = proxy.url("");
    let through = |no_proxy: &'static str| Options {
        proxy: ProxySettings::from_variables(|name| match name {
            "http_proxy" => Some(address.clone()),
            "no_proxy" => Some(no_proxy.to_string()),
            _ => None,
        }),
        ..options()
    };
    // A name that only the proxy could know.
    let unknown = entry("http://weights.invalid/x".to_string());
    get(&unknown, &folder(), &through("")).expect("the file");
    let targets: Vec<String> = proxy.requests().into_iter().map(|r| r.target).collect();
    assert_eq!(targets, ["weights.invalid:80", "/x"]);
    get(&entry(server.url("x")), &folder(), &through("127.0.0.1")).expect("the file");
    assert_eq!((server.requests().len(), proxy.requests().len()), (1, 2));
    get(&entry(server.url("x")), &folder(), &through("")).expect("the file");
    assert_eq!((server.requests().len(), proxy.requests().len()), (1, 4));
}

#[test]
fn offline_without_the_file_makes_no_connection() {
    let server = Server::start(|request, _| good(request));
    let (cache, entry) = (folder(), entry(server.url("x")));
    let offline = Options {
        offline: true,
        ..options()
    };
    let error = get(&entry, &cache, &offline).expect_err("no file");
    assert!(matches!(error, FetchError::Offline { .. }), "{error}");
    one_line(&error);
    assert!(names(&cache).is_empty());
    fs::write(cache.path().join("weights.bin"), b"other").expect("written");
    let error = get(&entry, &cache, &offline).expect_err("damaged");
    assert!(matches!(error, FetchError::Damaged { .. }), "{error}");
    one_line(&error);
    assert!(server.requests().is_empty());
    let path = get(&entry, &cache, &options()).expect("fetched again");
    assert_eq!(fs::read(&path).expect("bytes"), file());
}

#[test]
fn two_processes_do_not_write_one_part() {
    let server = Server::start(|request, _| good(request));
    let (cache, entry) = (folder(), entry(server.url("x")));
    let other = fs::File::create(cache.path().join("weights.bin.part")).expect("a part");
    other.lock().expect("locked");
    let error = get(&entry, &cache, &options()).expect_err("busy");
    assert!(matches!(error, FetchError::Busy { .. }), "{error}");
    one_line(&error);
    drop(other);
    get(&entry, &cache, &options()).expect("the file");
}

#[test]
fn the_catalogue_is_pinned_and_unambiguous() {
    for entry in &CATALOGUE {
        assert_eq!(find(entry.name), Some(entry));
        assert!(entry.url.starts_with("https://"), "{}", entry.url);
        let (digits, length) = match entry.digest {
            Digest::Sha256(digits) => (digits, 64),
            Digest::Sha256Prefix(digits) => (digits, 8),
            Digest::Md5(digits) => (digits, 32),
        };
        assert_eq!(digits.len(), length, "{}", entry.name);
        assert!(
            digits
                .bytes()
                .all(|d| d.is_ascii_digit() || (b'a'..=b'f').contains(&d))
        );
        // PyTorch's names carry the beginning of the digest.
        if let Some(stem) = entry.file.strip_suffix(".pth") {
            let (_, prefix) = stem.split_once('-').expect("a prefix");
            assert!(digits.starts_with(prefix), "{}", entry.name);
        }
        let same = |other: &&Entry| other.name == entry.name || other.file == entry.file;
        assert_eq!(CATALOGUE.iter().filter(same).count(), 1, "{}", entry.name);
    }
    assert_eq!(find("vgg17"), None);
}
