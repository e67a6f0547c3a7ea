//! Secure connections, to a server of this process whose certificate OpenSSL made (tools/golden/certificate.sh).

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;
use crate::catalogue::CATALOGUE;

const CERTIFICATE: &[u8] = include_bytes!("test_certificate.der");
const KEY: &[u8] = include_bytes!("test_key.der");

/// A server that gives one answer over TLS, and its port.
fn server(reply: String) -> u16 {
    let key = PrivateKeyDer::try_from(KEY.to_vec()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(provider().expect("graviola")))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(CERTIFICATE.to_vec())], key)
        .expect("a certificate");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let config = Arc::new(config);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(config.clone()).expect("a connection");
            let mut stream = StreamOwned::new(connection, stream);
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok() {
                let _ = stream.write_all(reply.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    port
}

fn entry(port: u16) -> Entry {
    Entry {
        url: format!("https://127.0.0.1:{port}/x").leak(),
        file: "x",
        ..CATALOGUE[0]
    }
}

fn attempt(reply: &str, trusted: bool) -> (Result<Attempt, FetchError>, u64) {
    let entry = entry(server(reply.to_string()));
    let folder = tempfile::tempdir().expect("a folder");
    let mut part = Part::open(folder.path(), &entry).expect("a part");
    let certificates = || match trusted {
        true => Ok(vec![Certificate::from_der(CERTIFICATE).to_owned()]),
        false => system_certificates(),
    };
    let options = Options::default();
    let client = Client::trusting(&entry, folder.path(), &options, certificates).expect("a client");
    (client.attempt(&mut part, &mut |_, _| {}), part.bytes())
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";

#[test]
fn a_trusted_certificate_opens_a_secure_connection() {
    let (answer, bytes) = attempt(HELLO, true);
    assert!(matches!(answer, Ok(Attempt::Whole)));
    assert_eq!(bytes, 5);
}

#[test]
fn a_certificate_that_the_system_does_not_know_is_refused() {
    let (answer, bytes) = attempt(HELLO, false);
    let Err(error) = answer else {
        panic!("accepted")
    };
    assert!(matches!(error, FetchError::Secure { .. }), "{error}");
    assert!(!error.to_string().contains('\n'), "{error}");
    assert_eq!(bytes, 0);
}

#[test]
fn an_https_address_is_never_left_for_http() {
    let reply = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let (answer, _) = attempt(reply, true);
    let Err(error) = answer else {
        panic!("followed")
    };
    assert!(
        matches!(&error, FetchError::Redirect { reason, .. } if reason.contains("http://")),
        "{error}"
    );
    assert!(!error.to_string().contains('\n'), "{error}");
}
