//! One request: the rest of the part, or the whole file where the server can't or won't give the rest.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use ureq::http::Response;
use ureq::http::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderName, IF_RANGE, LAST_MODIFIED,
    RANGE,
};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::part::Part;
use super::{FetchError, Options};
use crate::catalogue::{Entry, SIZE_SLACK};

/// Redirects that are followed for one request.
pub(super) const REDIRECTS_MAX: u32 = 5;

/// How an attempt that may be repeated ended.
pub(super) enum Attempt {
    /// The server gave all it has.
    Whole,
    /// Something that may pass, in words.
    Failed(String),
}

/// Asks for one entry.
pub(super) struct Client<'a> {
    agent: Agent,
    entry: &'a Entry,
    path: PathBuf,
    timeout: Duration,
}

impl<'a> Client<'a> {
    pub(super) fn new(
        entry: &'a Entry,
        path: &Path,
        options: &Options,
    ) -> Result<Self, FetchError> {
        Client::trusting(entry, path, options, system_certificates)
    }

    fn trusting(
        entry: &'a Entry,
        path: &Path,
        options: &Options,
        certificates: impl FnOnce() -> Result<Vec<Certificate<'static>>, String>,
    ) -> Result<Self, FetchError> {
        let https = entry.url.starts_with("https:");
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(https)
            .max_redirects(REDIRECTS_MAX)
            .proxy(options.proxy.of(entry.url)?)
            .user_agent(concat!("cordsight/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(options.timeout))
            .timeout_recv_response(Some(options.timeout))
            .timeout_per_read(Some(options.timeout));
        if https {
            let tls = certificates()
                .and_then(tls)
                .map_err(|reason| FetchError::Secure {
                    url: entry.url.to_string(),
                    reason,
                })?;
            config = config.tls_config(tls);
        }
        Ok(Client {
            agent: config.build().new_agent(),
            entry,
            path: path.to_path_buf(),
            timeout: options.timeout,
        })
    }

    /// Asks for what the part lacks and appends what comes. An error is final.
    pub(super) fn attempt(
        &self,
        part: &mut Part,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Attempt, FetchError> {
        let start = part.bytes();
        // A compressed answer would have other offsets.
        let mut request = self
            .agent
            .get(self.entry.url)
            .header(ACCEPT_ENCODING, "identity");
        if start > 0 {
            request = request.header(RANGE, format!("bytes={start}-"));
            if let Some(version) = part.version() {
                request = request.header(IF_RANGE, version);
            }
        }
        let mut response = match request.call() {
            Ok(response) => response,
            Err(error) => return self.failed(error),
        };
        match response.status().as_u16() {
            200 => part.begin(version(&response).as_deref())?,
            206 if start > 0 && range_start(&response) == Some(start) => {}
            // The part is longer than the server's file, or the server gives another range than asked for.
            206 | 416 if start > 0 => {
                part.restart()?;
                return Ok(Attempt::Failed("found an answer to another range".into()));
            }
            status @ (408 | 429 | 500..=599) => {
                return Ok(Attempt::Failed(format!(
                    "found status {status}, expected 200"
                )));
            }
            status => {
                return Err(FetchError::Status {
                    url: self.entry.url.to_string(),
                    status,
                    path: self.path.clone(),
                });
            }
        }
        self.receive(&mut response, part, progress)
    }

    fn receive(
        &self,
        response: &mut Response<Body>,
        part: &mut Part,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Attempt, FetchError> {
        let most = self.entry.bytes.saturating_add(SIZE_SLACK);
        let announced = header(response, &CONTENT_LENGTH).and_then(|text| text.parse::<u64>().ok());
        let total = announced.map(|rest| part.bytes().saturating_add(rest));
        if let Some(found) = total.filter(|total| *total > most) {
            return Err(self.too_long(part, found, most)?);
        }
        let shown = total.unwrap_or(self.entry.bytes);
        let mut reader = response.body_mut().with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; 64 * 1024];
        progress(part.bytes(), shown);
        loop {
            let count = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return self.failed(ureq::Error::from(error)),
            };
            if part.bytes() == 0 && is_web_page(&buffer[..count]) {
                return Err(FetchError::WebPage {
                    url: self.entry.url.to_string(),
                });
            }
            if part.bytes() + count as u64 > most {
                let found = part.bytes() + count as u64;
                return Err(self.too_long(part, found, most)?);
            }
            part.append(&buffer[..count])?;
            progress(part.bytes(), shown.max(part.bytes()));
        }
        // Without a length, the end of the connection is the end of the file, and may be a cut.
        let least = total.unwrap_or(self.entry.bytes.saturating_sub(SIZE_SLACK));
        if part.bytes() < least && !part.is_whole() {
            return Ok(Attempt::Failed(cut(part.bytes())));
        }
        Ok(Attempt::Whole)
    }

    fn too_long(&self, part: &mut Part, found: u64, most: u64) -> Result<FetchError, FetchError> {
        part.restart()?;
        Ok(FetchError::TooLong {
            url: self.entry.url.to_string(),
            found,
            most,
        })
    }

    /// Sorts a failure into those that may pass and those that will not.
    fn failed(&self, error: ureq::Error) -> Result<Attempt, FetchError> {
        let url = self.entry.url.to_string();
        match error {
            ureq::Error::Timeout(_) => Ok(Attempt::Failed(format!(
                "found no answer for {} s",
                self.timeout.as_secs_f64()
            ))),
            ureq::Error::TooManyRedirects => Err(FetchError::Redirect {
                url,
                reason: format!("found more than {REDIRECTS_MAX} redirects"),
            }),
            ureq::Error::RequireHttpsOnly(to) => Err(FetchError::Redirect {
                url,
                reason: format!("found a redirect to {to}"),
            }),
            ureq::Error::RedirectFailed | ureq::Error::BadUri(_) => Err(FetchError::Redirect {
                url,
                reason: "found a redirect to no valid address".into(),
            }),
            ureq::Error::ConnectProxyFailed(reason) => {
                Err(FetchError::Proxy { place: url, reason })
            }
            ureq::Error::Tls(reason) => Err(insecure(url, reason)),
            ureq::Error::Rustls(reason) => Err(insecure(url, &reason.to_string())),
            ureq::Error::Io(error) => match error.get_ref() {
                Some(inner) if inner.is::<rustls::Error>() => {
                    Err(insecure(url, &inner.to_string()))
                }
                _ => Ok(Attempt::Failed(format!(
                    "found a broken connection ({error})"
                ))),
            },
            other => Ok(Attempt::Failed(format!("found no usable answer ({other})"))),
        }
    }
}

fn cut(bytes: u64) -> String {
    format!("found the connection cut after {bytes} bytes")
}

fn insecure(url: String, reason: &str) -> FetchError {
    FetchError::Secure {
        url,
        reason: format!(
            "found no secure connection ({reason}), expected a certificate that this system trusts; \
             where a proxy inspects connections, add its certificate to the system's"
        ),
    }
}

/// Cryptography of graviola where the processor has what it needs.
fn tls(certificates: Vec<Certificate<'static>>) -> Result<TlsConfig, String> {
    let provider = provider().ok_or(
        "found a processor without the instructions that secure connections need here (x86-64 of 2014 or later, \
         or ARM with AES); fetch the file by other means and copy it to the cache folder",
    )?;
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(certificates)))
        .unversioned_rustls_crypto_provider(Arc::new(provider))
        .build())
}

fn system_certificates() -> Result<Vec<Certificate<'static>>, String> {
    let found: Vec<Certificate<'static>> = rustls_native_certs::load_native_certs()
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    if found.is_empty() {
        return Err(
            "found no certificates on this system, expected its list of authorities; install the package \
             ca-certificates, or name a file in SSL_CERT_FILE"
                .into(),
        );
    }
    Ok(found)
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn provider() -> Option<CryptoProvider> {
    graviola::util::is_cpu_supported().then(rustls_graviola::default_provider)
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn provider() -> Option<CryptoProvider> {
    None
}

fn header<'r>(response: &'r Response<Body>, name: &HeaderName) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// What `If-Range` may carry: a strong entity tag, else the date.
fn version(response: &Response<Body>) -> Option<String> {
    header(response, &ETAG)
        .filter(|tag| tag.starts_with('"'))
        .or_else(|| header(response, &LAST_MODIFIED))
        .map(str::to_string)
}

/// Where the bytes of a partial answer begin: `bytes START-END/TOTAL`.
fn range_start(response: &Response<Body>) -> Option<u64> {
    let range = header(response, &CONTENT_RANGE)?.strip_prefix("bytes ")?;
    range.split_once('-')?.0.trim().parse().ok()
}

/// No format of weights begins with a tag of HTML.
fn is_web_page(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_start();
    ["<!doctype", "<html", "<?xml"].iter().any(|tag| {
        text.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()))
    })
}

#[cfg(test)]
mod tests;
