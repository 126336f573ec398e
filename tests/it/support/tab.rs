//! A page in a real browser: real time, real keys, real files.

use super::cdp::Pipe;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long something may take to become true.
const PATIENCE: Duration = Duration::from_secs(30);

/// A page that is open in a browser; what goes wrong in it is a failure of its test.
pub struct Page {
    pipe: Rc<RefCell<Pipe>>,
    target: Value,
    session: Value,
    excused: bool,
}

impl Page {
    pub(super) fn new(pipe: Rc<RefCell<Pipe>>, target: Value, session: Value) -> Self {
        Self { pipe, target, session, excused: false }
    }

    /// Has the page's part of the browser do something.
    pub fn call(&mut self, method: &str, params: &Value) -> Value {
        let answer = self.pipe.borrow_mut().call(&self.session, method, params);
        let errors = if self.excused { Vec::new() } else { self.errors() };
        assert!(errors.is_empty(), "the page says: {errors:#?}");
        answer
    }

    /// Goes to a page.
    pub fn go(&mut self, url: &str) {
        self.value("window.departed = true");
        self.call("Page.navigate", &json!({ "url": url }));
        self.wait("!window.departed && document.readyState === 'complete'");
    }

    /// What went wrong in the page since this was asked last; from now on it is no failure.
    pub fn excuse(&mut self) -> Vec<String> {
        self.excused = true;
        self.errors()
    }

    fn errors(&self) -> Vec<String> {
        let events = self.pipe.borrow_mut().events(|event| event["sessionId"] == self.session);
        let errors = events.into_iter().filter(|event| {
            let params = &event["params"];
            match event["method"].as_str() {
                Some("Runtime.exceptionThrown") => true,
                Some("Runtime.consoleAPICalled") => params["type"] == "error",
                Some("Log.entryAdded") => params["entry"]["level"] == "error",
                _ => false,
            }
        });
        errors.map(|event| event["params"].to_string()).collect()
    }

    /// The value of an expression in the page, or what it promises.
    pub fn value(&mut self, expression: &str) -> Value {
        self.evaluate(expression, json!({ "returnByValue": true, "awaitPromise": true }))["value"]
            .take()
    }

    /// The value of an expression in the page, as if somebody had clicked there for it.
    pub fn gesture(&mut self, expression: &str) -> Value {
        let options = json!({ "returnByValue": true, "awaitPromise": true, "userGesture": true });
        self.evaluate(expression, options)["value"].take()
    }

    fn evaluate(&mut self, expression: &str, mut params: Value) -> Value {
        params["expression"] = expression.into();
        let mut answer = self.call("Runtime.evaluate", &params);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"].take()
    }

    /// Waits until an expression is true.
    pub fn wait(&mut self, expression: &str) {
        self.wait_for(expression, PATIENCE);
    }

    /// Waits until an expression is true, or for so long.
    pub fn wait_for(&mut self, expression: &str, patience: Duration) {
        let start = Instant::now();
        while self.value(expression) != true {
            if start.elapsed() > patience {
                let page = self.value("location.href + '\\n' + document.body.innerText");
                panic!("never true: {expression}; in {}", page.as_str().unwrap());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Clicks what a selector finds.
    pub fn click(&mut self, selector: &str) {
        self.gesture(&format!("void document.querySelector({selector:?}).click()"));
    }

    /// Chooses files for the input that a selector finds, as somebody does who has clicked there.
    pub fn choose(&mut self, selector: &str, files: &[PathBuf]) {
        let find = format!("document.querySelector({selector:?})");
        let input = self.evaluate(&find, json!({ "userGesture": true }));
        let params = json!({ "files": files, "objectId": input["objectId"] });
        self.call("DOM.setFileInputFiles", &params);
    }

    /// Drops files on the middle of the page.
    pub fn drop_files(&mut self, files: &[PathBuf]) {
        let data = json!({ "items": [], "files": files, "dragOperationsMask": 1 });
        let middle = self.value("[innerWidth / 2, innerHeight / 2]");
        for kind in ["dragEnter", "dragOver", "drop"] {
            let params = json!({ "type": kind, "x": middle[0], "y": middle[1], "data": data });
            self.call("Input.dispatchDragEvent", &params);
        }
    }

    /// Gives the page a screen of this size, with so many of its pixels in a row of each of the page's.
    pub fn resize(&mut self, (width, height): (usize, usize), ratio: f64) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": ratio, "mobile": false,
        });
        self.call("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Moves the page's window.
    pub fn place(&mut self, left: usize, top: usize) {
        let mut pipe = self.pipe.borrow_mut();
        let target = json!({ "targetId": self.target });
        let window =
            pipe.call(&Value::Null, "Browser.getWindowForTarget", &target)["windowId"].take();
        let place = json!({ "windowId": window, "bounds": { "left": left, "top": top } });
        pipe.call(&Value::Null, "Browser.setWindowBounds", &place);
    }

    /// What the page looks like, as a PNG file.
    pub fn screenshot(&mut self) -> Vec<u8> {
        let answer = self.call("Page.captureScreenshot", &json!({ "format": "png" }));
        STANDARD.decode(answer["data"].as_str().unwrap()).unwrap()
    }

    /// Presses a key, which may be a command of an editor as well.
    pub fn press(&mut self, key: &str, commands: &[&str]) {
        for kind in ["keyDown", "keyUp"] {
            let params = json!({ "type": kind, "key": key, "commands": commands });
            self.call("Input.dispatchKeyEvent", &params);
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let params = json!({ "targetId": self.target });
            // A browser may end with its last page, and has no answer then.
            self.pipe.borrow_mut().tell("Target.closeTarget", &params);
        }
    }
}
