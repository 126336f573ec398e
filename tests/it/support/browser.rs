//! A real browser, Chromium, which opens pages and saves files.

use super::cdp::Pipe;
pub use super::tab::Page;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long something may take to become true.
const PATIENCE: Duration = Duration::from_secs(30);

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
const OFFLINE: [&str; 6] = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser that runs.
pub struct Browser {
    pipe: Rc<RefCell<Pipe>>,
    downloads: PathBuf,
}

impl Browser {
    /// Starts a browser with some more flags; its files, and what it downloads, go to `folder`.
    pub fn start(browser: &str, folder: &Path, flags: &[String]) -> Self {
        let headless = ["--headless=new".to_owned()];
        Self::with(browser, folder, &[&headless, flags].concat())
    }

    /// Starts a browser whose windows are on a display, each of its pixels one of the screen's.
    pub fn on_display(browser: &str, folder: &Path, display: &str) -> Self {
        let display = format!("--display={display}");
        // Without windows of its own, which nobody would put behind those that matter.
        let window = "--no-startup-window";
        let flags = ["--ozone-platform=x11", "--force-device-scale-factor=1", window, &display];
        Self::with(browser, folder, &flags.map(str::to_owned))
    }

    fn with(browser: &str, folder: &Path, flags: &[String]) -> Self {
        let offline = OFFLINE.iter().map(ToString::to_string);
        let flags: Vec<String> = offline.chain(flags.iter().cloned()).collect();
        let mut pipe = Pipe::start(browser, &flags, folder);
        let downloads = folder.join("downloads");
        let behaviour =
            json!({ "behavior": "allowAndName", "downloadPath": downloads, "eventsEnabled": true });
        pipe.call(&Value::Null, "Browser.setDownloadBehavior", &behaviour);
        Self { pipe: Rc::new(RefCell::new(pipe)), downloads }
    }

    /// Allows all pages to do something, without a question.
    pub fn permit(&self, permissions: &[&str]) {
        let params = json!({ "permissions": permissions });
        self.pipe.borrow_mut().call(&Value::Null, "Browser.grantPermissions", &params);
    }

    /// Opens a page in a window of its own.
    pub fn open(&self, url: &str) -> Page {
        let mut pipe = self.pipe.borrow_mut();
        let target = json!({ "url": "about:blank", "newWindow": true });
        let target = pipe.call(&Value::Null, "Target.createTarget", &target)["targetId"].take();
        let attach = json!({ "targetId": target, "flatten": true });
        let session = pipe.call(&Value::Null, "Target.attachToTarget", &attach)["sessionId"].take();
        for domain in ["Runtime.enable", "Log.enable"] {
            pipe.call(&session, domain, &json!({}));
        }
        drop(pipe);
        let mut page = Page::new(self.pipe.clone(), target, session);
        page.go(url);
        page
    }

    /// Waits for the next file that is saved: its name and bytes.
    pub fn saved(&self) -> (String, Vec<u8>) {
        let begun = self.event("Browser.downloadWillBegin", |_| true);
        let name = begun["suggestedFilename"].as_str().unwrap().to_owned();
        self.event("Browser.downloadProgress", |progress| {
            assert!(progress["state"] != "canceled", "{name} was not saved");
            progress["guid"] == begun["guid"] && progress["state"] == "completed"
        });
        let path = self.downloads.join(begun["guid"].as_str().unwrap());
        (name, std::fs::read(path).unwrap())
    }

    /// The numbers of the processes that run pages.
    pub fn renderers(&self) -> Vec<u64> {
        let mut pipe = self.pipe.borrow_mut();
        let answer = pipe.call(&Value::Null, "SystemInfo.getProcessInfo", &json!({}));
        let processes = answer["processInfo"].as_array().unwrap().iter();
        let pages = processes.filter(|process| process["type"] == "renderer");
        pages.map(|process| process["id"].as_u64().unwrap()).collect()
    }

    fn event(&self, method: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let mut pipe = self.pipe.borrow_mut();
            let mut found = false;
            let events = pipe.events(|event| {
                let this = !found && event["method"] == method && wanted(&event["params"]);
                found |= this;
                this
            });
            drop(pipe);
            if let Some(event) = events.into_iter().next() {
                return event["params"].clone();
            }
            assert!(start.elapsed() < PATIENCE, "never came: {method}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
