//! A web server on this machine that answers as a test tells it, cuts off and stalls included.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request's head.
#[derive(Clone, Debug)]
pub struct Request {
    pub target: String,
    head: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<String> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found
                .eq_ignore_ascii_case(name)
                .then(|| value.trim().to_string())
        })
    }

    /// N of `Range: bytes=N-`.
    pub fn range(&self) -> Option<usize> {
        let range = self.header("range")?;
        range
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse()
            .ok()
    }
}

/// What is sent: a head, then a body, then perhaps silence.
pub struct Reply {
    head: String,
    body: Vec<u8>,
    silence: Duration,
}

impl Reply {
    /// Status and body, with its length.
    pub fn new(status: u16, body: &[u8]) -> Self {
        Reply {
            head: format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len()),
            body: body.to_vec(),
            silence: Duration::ZERO,
        }
    }

    /// Status 200, and a body that ends where the connection ends.
    pub fn without_length(body: &[u8]) -> Self {
        Reply {
            head: "HTTP/1.1 200 X\r\n".to_string(),
            ..Reply::new(200, body)
        }
    }

    /// The rest of a file, as a server with ranges gives it.
    pub fn rest(file: &[u8], start: usize) -> Self {
        let range = format!("bytes {start}-{}/{}", file.len() - 1, file.len());
        Reply::new(206, &file[start..]).with("Content-Range", &range)
    }

    pub fn redirect(to: &str) -> Self {
        Reply::new(302, b"").with("Location", to)
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// Only this many bytes of the body, though more are announced.
    pub fn cut(mut self, bytes: usize) -> Self {
        self.body.truncate(bytes);
        self
    }

    /// After the body, the connection stays open and silent.
    pub fn stall(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }
}

/// A running server; it ends with the test.
pub struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// `answer` gets the request and how many came before it. `CONNECT` is answered by serving the tunnel.
    pub fn start(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (requests.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (log.clone(), answer.clone());
                thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        Server { port, requests }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("requests").clone()
    }
}

fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Request>>,
    answer: &dyn Fn(&Request, usize) -> Reply,
) {
    while let Some(request) = read_head(&mut stream) {
        let connect = request.head.starts_with("CONNECT ");
        let before = {
            let mut log = log.lock().expect("requests");
            log.push(request.clone());
            log.len() - 1
        };
        if connect {
            if stream.write_all(b"HTTP/1.1 200 X\r\n\r\n").is_err() {
                return;
            }
            continue;
        }
        let reply = answer(&request, before);
        let head = format!("{}Connection: close\r\n\r\n", reply.head);
        if stream.write_all(head.as_bytes()).is_ok() {
            let _ = stream.write_all(&reply.body);
        }
        thread::sleep(reply.silence);
        return;
    }
}

fn read_head(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let target = head.split(' ').nth(1)?.to_string();
    Some(Request { target, head })
}
