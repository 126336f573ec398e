//! The Chrome DevTools Protocol, over the two pipes of a browser that ends with its [`Pipe`].

use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a browser may take to end before it is ended.
const FAREWELL: Duration = Duration::from_secs(3);

/// A browser, and what it says.
pub struct Pipe {
    child: Child,
    commands: File,
    answers: Receiver<Value>,
    events: Vec<Value>,
    sent: u64,
}

impl Pipe {
    /// Starts a browser; its files go to `folder`, which is to outlive it.
    pub fn start(browser: &str, flags: &[String], folder: &Path) -> Self {
        let (commands, answers) = (fifo(folder, "commands"), fifo(folder, "answers"));
        let child = Command::new("sh")
            .args(["-c", "exec 3<\"$0\" 4>\"$1\"; shift; exec \"$@\""])
            .args([&commands, &answers])
            .arg(browser)
            .arg("--remote-debugging-pipe")
            .arg(format!("--user-data-dir={}", folder.join("browser").display()))
            .args(flags)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let commands = OpenOptions::new().write(true).open(commands).unwrap();
        let answers = listen(File::open(answers).unwrap());
        Self { child, commands, answers, events: Vec::new(), sent: 0 }
    }

    /// Has the browser, or one page of it, do something.
    pub fn call(&mut self, session: &Value, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": params });
        if !session.is_null() {
            message["sessionId"] = session.clone();
        }
        self.commands.write_all(format!("{message}\0").as_bytes()).unwrap();
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let answer = self.answers.recv_timeout(left);
            let mut answer = answer.unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] == self.sent {
                assert!(answer["error"].is_null(), "{method} {params}: {}", answer["error"]);
                return answer["result"].take();
            }
            self.events.push(answer);
        }
    }

    /// The same of what nobody waits for.
    pub fn tell(&mut self, method: &str, params: &Value) {
        let message = json!({ "id": 0, "method": method, "params": params });
        let _ = self.commands.write_all(format!("{message}\0").as_bytes());
    }

    /// Takes the events that came so far and are wanted.
    pub fn events(&mut self, mut wanted: impl FnMut(&Value) -> bool) -> Vec<Value> {
        self.events.extend(self.answers.try_iter());
        self.events.extract_if(.., |event| wanted(event)).collect()
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // Its files are gone once it has ended by itself.
        self.tell("Browser.close", &json!({}));
        let end = Instant::now() + FAREWELL;
        while Instant::now() < end && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn fifo(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// What comes out of a pipe, as it comes: whoever waits for it can stop doing so.
fn listen(pipe: File) -> Receiver<Value> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for message in BufReader::new(pipe).split(0).map_while(Result::ok) {
            let Ok(message) = serde_json::from_slice(&message) else { return };
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    receiver
}
