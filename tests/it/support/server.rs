//! The smallest server that is one: a folder's files for this machine's browsers.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A server, until it is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    asked: Mutex<Vec<String>>,
    ended: AtomicBool,
}

impl Server {
    /// Serves the files of a folder, not those of folders in it; `index.html` if none is named.
    pub fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared {
            folder: folder.to_owned(),
            asked: Mutex::default(),
            ended: AtomicBool::new(false),
        };
        let server = Self { address, shared: Arc::new(shared) };
        let shared = server.shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.ended.load(Ordering::Relaxed) {
                    return;
                }
                // A browser opens connections that it says nothing on.
                let shared = shared.clone();
                std::thread::spawn(move || shared.answer(stream));
            }
        });
        server
    }

    /// The address of a file, on a host that is this one by some name.
    pub fn url(&self, host: &str, name: &str) -> String {
        format!("http://{host}:{}/{name}", self.address.port())
    }

    /// What was asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn answer(&self, mut stream: TcpStream) -> Option<()> {
        let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
        let request = lines.next()?.ok()?;
        lines.map_while(Result::ok).find(String::is_empty)?;
        let name = request.split([' ', '?']).nth(1)?.trim_start_matches('/').to_owned();
        let file = if name.is_empty() { "index.html" } else { &name };
        let (status, kind, body) = match std::fs::read(self.folder.join(file)) {
            _ if name == "favicon.ico" => ("204 No Content", "image/x-icon", Vec::new()),
            Ok(body) if !name.contains('/') => ("200 OK", kind(file), body),
            _ => ("404 Not Found", "text/plain", Vec::new()),
        };
        self.asked.lock().unwrap().push(name);
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(&body).ok()
    }
}

/// What a file is, by the end of its name.
fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html",
        Some("js") => "text/javascript",
        Some("wasm") => "application/wasm",
        Some("webmanifest") => "application/manifest+json",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
