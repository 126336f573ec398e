//! A real browser, driven over pipes by the Chrome DevTools Protocol: real time, real keys.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// The browser's name, if there is one.
pub fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names.into_iter().find(|name| Command::new(name).arg("--version").output().is_ok());
    if found.is_none() {
        eprintln!("skipped: Chromium is not installed");
    }
    found
}

/// What keeps a browser from asking the network for anything.
pub const OFFLINE: [&str; 7] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A page that is open in a browser.
pub struct Page {
    child: Child,
    commands: File,
    answers: BufReader<File>,
    session: Value,
    sent: u64,
}

impl Page {
    /// Opens `url`; the browser's files go to `folder`.
    pub fn open(browser: &str, folder: &Path, url: &str) -> Self {
        let pipe = |name: &str| {
            let path = folder.join(name);
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            path
        };
        let (commands, answers) = (pipe("commands"), pipe("answers"));
        let script = format!(
            "exec {browser} {} --remote-debugging-pipe --user-data-dir='{}' 3<'{}' 4>'{}' 2>/dev/null",
            OFFLINE.join(" "),
            folder.join("browser").display(),
            commands.display(),
            answers.display(),
        );
        let child = Command::new("bash").args(["-c", &script]).spawn().unwrap();
        let commands = OpenOptions::new().write(true).open(commands).unwrap();
        let answers = BufReader::new(File::open(answers).unwrap());
        let mut page = Self { child, commands, answers, session: Value::Null, sent: 0 };
        let target = page.call("Target.createTarget", &json!({ "url": url }))["targetId"].clone();
        let attach = json!({ "targetId": target, "flatten": true });
        page.session = page.call("Target.attachToTarget", &attach)["sessionId"].clone();
        page
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": params });
        if !self.session.is_null() {
            message["sessionId"] = self.session.clone();
        }
        self.commands.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut answer = Vec::new();
            self.answers.read_until(0, &mut answer).unwrap();
            assert_eq!(answer.pop(), Some(0), "the browser has ended");
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            if answer["id"] == self.sent {
                return answer["result"].clone();
            }
        }
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true });
        self.call("Runtime.evaluate", &params)["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub fn wait(&mut self, expression: &str) {
        let start = Instant::now();
        while self.value(expression) != true {
            assert!(start.elapsed() < Duration::from_secs(30), "never true: {expression}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Makes the page fill a screen of this size, as its key does.
    pub fn fill_screen(&mut self, (width, height): (usize, usize)) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &size);
        let params = json!({ "expression": "fill()", "userGesture": true });
        self.call("Runtime.evaluate", &params);
        self.wait("document.fullscreenElement !== null");
        self.wait(&format!("innerWidth === {width} && innerHeight === {height}"));
    }

    /// What the page looks like, as a PNG file.
    pub fn screenshot(&mut self) -> Vec<u8> {
        let answer = self.call("Page.captureScreenshot", &json!({ "format": "png" }));
        STANDARD.decode(answer["data"].as_str().unwrap()).unwrap()
    }

    /// Presses a key.
    pub fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            self.call("Input.dispatchKeyEvent", &json!({ "type": kind, "key": key }));
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
