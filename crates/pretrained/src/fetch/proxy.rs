//! Which proxy an address is reached through, from the variables that curl and others read.
//!
//! `HTTPS_PROXY` or `HTTP_PROXY` by the address, else `ALL_PROXY`; `NO_PROXY` lists hosts that need none, with their
//! sub-domains, as curl takes it, or is `*`. Lower-case names come first. Networks (`10.0.0.0/8`) and ports in
//! `NO_PROXY` are not understood.

use std::fmt;

use ureq::Proxy;

use super::FetchError;

/// Proxies, as the environment names them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProxySettings {
    https: Option<(String, String)>,
    http: Option<(String, String)>,
    without: Vec<String>,
}

impl ProxySettings {
    /// From this process's environment.
    pub fn from_env() -> Self {
        ProxySettings::from_variables(|name| std::env::var(name).ok())
    }

    /// From variables that `value` looks up by name.
    pub fn from_variables(value: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: [&str; 4]| {
            names.into_iter().find_map(|name| {
                value(name)
                    .filter(|url| !url.trim().is_empty())
                    .map(|url| (name.to_string(), url.trim().to_string()))
            })
        };
        let without = value("no_proxy").or_else(|| value("NO_PROXY"));
        ProxySettings {
            https: first(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            http: first(["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]),
            without: without
                .unwrap_or_default()
                .split(',')
                .map(|host| host.trim().to_string())
                .filter(|host| !host.is_empty())
                .collect(),
        }
    }

    /// The proxy for addresses that begin like `url`.
    pub(super) fn of(&self, url: &str) -> Result<Option<Proxy>, FetchError> {
        let setting = if url.starts_with("https:") {
            &self.https
        } else {
            &self.http
        };
        let Some((variable, address)) = setting else {
            return Ok(None);
        };
        let invalid = |_| FetchError::Proxy {
            place: variable.clone(),
            reason: "found no proxy's address, expected http://HOST:PORT".to_string(),
        };
        let given = Proxy::new(address).map_err(invalid)?;
        let mut proxy = Proxy::builder(given.protocol())
            .host(given.host())
            .port(given.port());
        if let Some(user) = given.username() {
            proxy = proxy.username(user);
        }
        if let Some(password) = given.password() {
            proxy = proxy.password(password);
        }
        for host in &self.without {
            let bare = host.trim_start_matches("*.").trim_start_matches('.');
            proxy = proxy.no_proxy(bare);
            if bare != "*" {
                proxy = proxy.no_proxy(&format!(".{bare}"));
            }
        }
        proxy.build().map(Some).map_err(invalid)
    }
}

/// Without the addresses, which may hold passwords.
impl fmt::Debug for ProxySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variable = |setting: &Option<(String, String)>| setting.as_ref().map(|s| s.0.clone());
        f.debug_struct("ProxySettings")
            .field("https", &variable(&self.https))
            .field("http", &variable(&self.http))
            .field("without", &self.without)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> ProxySettings {
        ProxySettings::from_variables(|name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.to_string())
        })
    }

    #[test]
    fn the_scheme_of_the_address_chooses_the_variable() {
        let both = settings(&[("HTTPS_PROXY", "http://a:1"), ("http_proxy", "b:2")]);
        let host = |url| {
            both.of(url)
                .expect("valid")
                .expect("a proxy")
                .host()
                .to_string()
        };
        assert_eq!(host("https://x/"), "a");
        assert_eq!(host("http://x/"), "b");
        let all = settings(&[("ALL_PROXY", "socks5h://c"), ("https_proxy", " ")]);
        assert_eq!(
            all.of("https://x/")
                .expect("valid")
                .expect("a proxy")
                .port(),
            1080
        );
        assert_eq!(settings(&[]).of("https://x/").expect("valid"), None);
    }

    #[test]
    fn a_user_and_a_password_survive_and_are_not_shown() {
        let given = settings(&[("HTTPS_PROXY", "http://me:p%40ss@proxy:8080")]);
        let proxy = given.of("https://x/").expect("valid").expect("a proxy");
        assert_eq!(proxy.username(), Some("me"));
        assert_eq!(proxy.password(), Some("p@ss"));
        assert!(!format!("{given:?}").contains("ss"), "{given:?}");
    }

    #[test]
    fn hosts_without_proxy_include_their_sub_domains() {
        let given = settings(&[
            ("https_proxy", "p:1"),
            ("NO_PROXY", "a.org, .b.org,*.c.org"),
        ]);
        let proxy = given.of("https://x/").expect("valid").expect("a proxy");
        let direct = |url: &str| proxy.is_no_proxy(&url.parse().expect("an address"));
        for url in [
            "https://a.org/",
            "https://w.a.org/",
            "https://b.org/",
            "https://w.c.org/",
        ] {
            assert!(direct(url), "{url}");
        }
        for url in ["https://aa.org/", "https://org/", "https://a.org.evil/"] {
            assert!(!direct(url), "{url}");
        }
        let none = settings(&[("https_proxy", "p:1"), ("no_proxy", "*")]);
        let proxy = none.of("https://x/").expect("valid").expect("a proxy");
        assert!(proxy.is_no_proxy(&"https://any.where/".parse().expect("an address")));
    }

    #[test]
    fn an_invalid_proxy_is_named_by_its_variable() {
        let error = settings(&[("HTTPS_PROXY", "ftp://x")])
            .of("https://x/")
            .expect_err("invalid");
        assert!(error.to_string().starts_with("HTTPS_PROXY: "), "{error}");
    }
}
