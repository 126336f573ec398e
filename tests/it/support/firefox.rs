//! Firefox, driven by Marionette: messages of JSON behind their length, over a local connection.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long something may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The key under which an element is named.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What is not as Firefox has it: where it listens (it chooses), and no word to anybody.
const PREFERENCES: &str = r#"
user_pref("marionette.port", 0);
user_pref("app.update.auto", false);
user_pref("browser.download.dir", "DOWNLOADS");
user_pref("browser.download.folderList", 2);
user_pref("browser.safebrowsing.downloads.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("media.gmp-manager.updateEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "");
"#;

/// The browser's name, if there is one.
pub fn firefox() -> Option<&'static str> {
    let names = ["firefox-esr", "firefox"];
    let found = names.into_iter().find(|name| Command::new(name).arg("--version").output().is_ok());
    if found.is_none() {
        eprintln!("skipped: Firefox is not installed");
    }
    found
}

/// A Firefox that runs, with one page.
pub struct Firefox {
    child: Child,
    stream: BufReader<TcpStream>,
    sent: u64,
    downloads: PathBuf,
}

impl Firefox {
    /// Starts Firefox; its files, and what it downloads, go to `folder`.
    pub fn start(browser: &str, folder: &Path) -> Self {
        let (profile, downloads) = (folder.join("firefox"), folder.join("downloads"));
        std::fs::create_dir_all(&profile).unwrap();
        let preferences = PREFERENCES.replace("DOWNLOADS", downloads.to_str().unwrap());
        std::fs::write(profile.join("user.js"), preferences).unwrap();
        let child = Command::new(browser)
            .args(["--headless", "--marionette", "--no-remote", "--profile"])
            .arg(&profile)
            .env("HOME", folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stream = connect(&profile.join("MarionetteActivePort"));
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut firefox = Self { child, stream: BufReader::new(stream), sent: 0, downloads };
        firefox.message();
        firefox.call("WebDriver:NewSession", &json!({}));
        firefox
    }

    /// Goes to a page.
    pub fn open(&mut self, url: &str) {
        self.call("WebDriver:Navigate", &json!({ "url": url }));
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let params =
            json!({ "script": format!("return {expression}"), "args": [], "sandbox": null });
        self.call("WebDriver:ExecuteScript", &params)["value"].take()
    }

    /// Waits until an expression is true.
    pub fn wait(&mut self, expression: &str) {
        let start = Instant::now();
        while self.value(expression) != true {
            if start.elapsed() > PATIENCE {
                let page = self.value("location.href + '\\n' + document.body.innerText");
                panic!("never true: {expression}; in {}", page.as_str().unwrap());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Chooses files for the input that a selector finds.
    pub fn choose(&mut self, selector: &str, files: &[PathBuf]) {
        let find = json!({ "using": "css selector", "value": selector });
        let input = self.call("WebDriver:FindElement", &find)["value"][ELEMENT].take();
        let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
        let params = json!({ "id": input, "text": names.join("\n") });
        self.call("WebDriver:ElementSendKeys", &params);
    }

    /// Clicks what a selector finds.
    pub fn click(&mut self, selector: &str) {
        let find = json!({ "using": "css selector", "value": selector });
        let element = self.call("WebDriver:FindElement", &find)["value"][ELEMENT].take();
        self.call("WebDriver:ElementClick", &json!({ "id": element }));
    }

    /// Waits for a file to be saved under this name.
    pub fn saved(&self, name: &str, length: usize) -> Vec<u8> {
        let start = Instant::now();
        loop {
            match std::fs::read(self.downloads.join(name)) {
                Ok(bytes) if bytes.len() == length => return bytes,
                _ => assert!(start.elapsed() < PATIENCE, "never saved: {name}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn call(&mut self, command: &str, params: &Value) -> Value {
        self.sent += 1;
        let message = json!([0, self.sent, command, params]).to_string();
        write!(self.stream.get_mut(), "{}:{message}", message.len()).unwrap();
        let mut answer = self.message();
        assert!(answer[2].is_null(), "{command} {params}: {}", answer[2]);
        answer[3].take()
    }

    fn message(&mut self) -> Value {
        let mut length = Vec::new();
        self.stream.read_until(b':', &mut length).unwrap();
        length.pop();
        let length = std::str::from_utf8(&length).unwrap().parse().unwrap();
        let mut message = vec![0; length];
        self.stream.read_exact(&mut message).unwrap();
        serde_json::from_slice(&message).unwrap()
    }
}

impl Drop for Firefox {
    fn drop(&mut self) {
        let quit = json!([0, 0, "Marionette:Quit", { "flags": ["eForceQuit"] }]).to_string();
        let _ = write!(self.stream.get_mut(), "{}:{quit}", quit.len());
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(5) && matches!(self.child.try_wait(), Ok(None))
        {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Connects to the port whose number appears in a file.
fn connect(port: &Path) -> TcpStream {
    let start = Instant::now();
    loop {
        let port = std::fs::read_to_string(port).ok().and_then(|port| port.trim().parse().ok());
        if let Some(stream) =
            port.and_then(|port: u16| TcpStream::connect(("127.0.0.1", port)).ok())
        {
            return stream;
        }
        assert!(start.elapsed() < PATIENCE, "Firefox does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
}
