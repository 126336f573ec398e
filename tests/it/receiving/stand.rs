//! A browser with the receiver's page, and the places it may come from.

use crate::support::Workdir;
use crate::support::browser::{Browser, Page, browser};
use crate::support::server::Server;
use serde_json::Value;
use std::path::PathBuf;

/// A name of this machine by which browsers take it for another one, as they take a computer next door.
pub const NEXT_DOOR: &str = "next-door.test";

/// Everything that receives.
pub struct Stand {
    pub browser: Browser,
    pub server: Server,
    pub dir: Workdir,
}

/// A page that receives.
pub struct Receiving<'a> {
    pub page: Page,
    browser: &'a Browser,
}

impl Stand {
    /// In a folder, in which there may be what the flags name; `None` if there is no browser.
    pub fn new(dir: Workdir, flags: &[String]) -> Option<Self> {
        let browser = browser()?;
        write_page(&dir);
        let resolve = format!("--host-resolver-rules=MAP {NEXT_DOOR} 127.0.0.1");
        let flags: Vec<String> = flags.iter().cloned().chain([resolve]).collect();
        let browser = Browser::start(browser, &dir.path(""), &flags);
        let server = Server::start(&dir.path("www"));
        Some(Self { browser, server, dir })
    }

    /// The page as a file.
    pub fn file(&self, fragment: &str) -> Receiving<'_> {
        self.open(&file_url(&self.dir, fragment))
    }

    /// The page from a host.
    pub fn host(&self, host: &str, fragment: &str) -> Receiving<'_> {
        self.open(&format!("{}#{fragment}", self.server.url(host, "receive.html")))
    }

    /// The page, or one like it, from anywhere.
    pub fn open(&self, url: &str) -> Receiving<'_> {
        let mut page = self.browser.open(url);
        page.wait("tilecast.ready");
        Receiving { page, browser: &self.browser }
    }

    /// The frames of a file, in the order of their numbers.
    pub fn frames(&self, file: &str, args: &[&str]) -> Vec<PathBuf> {
        frames(&self.dir, file, args)
    }
}

impl Receiving<'_> {
    /// Waits for one more file, which is verified, and saves it as a person does.
    pub fn gets(&mut self, name: &str, bytes: &[u8]) {
        self.gets_any(name, bytes, true);
    }

    /// The same for a format that may send no digest.
    pub fn gets_any(&mut self, name: &str, bytes: &[u8], verified: bool) {
        self.page.wait("tilecast.files.length > (window.savedFiles ?? 0)");
        let file = self.page.value("tilecast.files[window.savedFiles ?? 0]");
        self.page.value("void (window.savedFiles = (window.savedFiles ?? 0) + 1)");
        assert_eq!(file["name"], name);
        assert_eq!(file["size"], bytes.len());
        assert_eq!(file["verified"], verified);
        let address = file["address"].as_str().unwrap();
        self.page.click(&format!("a[download][href='{address}']"));
        let (saved_as, saved) = self.browser.saved();
        assert_eq!(saved_as, name);
        assert!(saved == bytes, "{name} is another file");
    }

    /// Waits until everything that was chosen has been looked at.
    pub fn ends(&mut self, way: &str) {
        self.page.wait(&format!("tilecast.ended === '{way}'"));
    }

    /// Something that the page says of its reception.
    pub fn status(&mut self, of: &str) -> Value {
        self.page.value(&format!("tilecast.{of}"))
    }

    /// The text that a person sees somewhere in the page.
    pub fn text(&mut self, selector: &str) -> String {
        let text = self.page.value(&format!("document.querySelector({selector:?}).innerText"));
        text.as_str().unwrap().to_owned()
    }
}

/// Writes the receiver's page into the folder that is served.
pub fn write_page(dir: &Workdir) {
    std::fs::create_dir_all(dir.path("www")).unwrap();
    dir.tilecast(&["receiver", "-o", "www/receive.html"]).assert().success();
}

/// The address of the page as a file.
pub fn file_url(dir: &Workdir, fragment: &str) -> String {
    format!("file://{}#{fragment}", dir.path("www/receive.html").display())
}

/// The frames of a file in a folder, in the order of their numbers.
pub fn frames(dir: &Workdir, file: &str, args: &[&str]) -> Vec<PathBuf> {
    let folder = format!("{file}-frames");
    dir.tilecast(&[&["encode", "-q", file, "-o", &folder], args].concat()).assert().success();
    dir.list(&folder).iter().map(|name| dir.path(&format!("{folder}/{name}"))).collect()
}
