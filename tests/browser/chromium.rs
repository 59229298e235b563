//! A Chromium without a window, driven over its own debugging protocol: JSON through a pipe, so that nothing has to be
//! installed beside the browser. https://chromedevtools.github.io/devtools-protocol/

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// By then a page has moved, heard of it and drawn itself again.
const TWO_FRAMES: &str = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))";

/// A running browser; it ends when dropped.
pub struct Browser {
    process: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    /// What arrived while an answer was awaited.
    events: VecDeque<Value>,
    /// The number of the last command.
    last: u64,
    /// The page that was opened last.
    target: Option<Value>,
    /// Holds the browser's profile and what it downloads.
    folder: TempDir,
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy)]
pub struct View {
    pub width: u32,
    pub scheme: &'static str,
    pub media: &'static str,
}

impl View {
    pub const DESK: View = View { width: 1180, scheme: "light", media: "screen" };
}

/// An open page and what it has complained of.
pub struct Page<'b> {
    browser: &'b mut Browser,
    session: String,
    complaints: Vec<String>,
}

impl Browser {
    /// The browser on the PATH, if there is one.
    pub fn find() -> Option<PathBuf> {
        let path = std::env::var_os("PATH")?;
        let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
        std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name))).find(|file| file.is_file())
    }

    pub fn start(program: &Path) -> Browser {
        let folder = tempfile::tempdir().unwrap();
        // The protocol speaks on descriptors 3 and 4, which a shell can tie to our pipes.
        let mut process = Command::new("sh")
            .args(["-c", r#"exec "$@" 3<&0 4>&1 >/dev/null 2>&1"#, "sh"])
            .arg(program)
            .args(["--headless", "--remote-debugging-pipe", "--hide-scrollbars", "--disable-gpu", "--no-first-run"])
            // Containers, in which tests run as root, have no place for its sandbox nor much shared memory.
            .args(["--no-sandbox", "--disable-dev-shm-usage"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = process.stdin.take().unwrap();
        let mut answers = BufReader::new(process.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while answers.read_until(0, &mut message).is_ok_and(|length| length > 1) {
                let value = serde_json::from_slice(&message[..message.len() - 1]).unwrap();
                if sender.send(value).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let mut browser =
            Browser { process, commands, messages, events: VecDeque::new(), last: 0, target: None, folder };
        let downloads = browser.folder.path().join("downloads");
        browser.call(
            None,
            "Browser.setDownloadBehavior",
            json!({"behavior": "allowAndName", "downloadPath": downloads, "eventsEnabled": true}),
        );
        browser
    }

    /// Opens a file, in place of the one before.
    pub fn open(&mut self, path: &Path, view: View) -> Page<'_> {
        if let Some(before) = self.target.take() {
            self.call(None, "Target.closeTarget", json!({"targetId": before}));
        }
        self.events.clear();
        let target = self.call(None, "Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attach = json!({"targetId": target, "flatten": true});
        self.target = Some(target);
        let attached = self.call(None, "Target.attachToTarget", attach);
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        let mut page = Page { browser: self, session, complaints: Vec::new() };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        let size = json!({"width": view.width, "height": 900, "deviceScaleFactor": 1, "mobile": view.width < 500});
        page.call("Emulation.setDeviceMetricsOverride", size);
        let features = json!([{"name": "prefers-color-scheme", "value": view.scheme}]);
        page.call("Emulation.setEmulatedMedia", json!({"media": view.media, "features": features}));
        page.call("Page.navigate", json!({"url": format!("file://{}", path.display())}));
        page.wait_for("Page.loadEventFired");
        page
    }

    /// Sends a command and gives its result.
    fn call(&mut self, session: Option<&str>, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": params});
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).unwrap();
        loop {
            let message = self.next(method);
            if message["id"] == self.last {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            self.events.push_back(message);
        }
    }

    fn next(&mut self, awaited: &str) -> Value {
        self.messages.recv_timeout(PATIENCE).unwrap_or_else(|e| panic!("{awaited}: {e}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked to go, it ends its helpers too, which would otherwise still write into the folder to be removed.
        let _ = self.commands.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        for _ in 0..50 {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Page<'_> {
    fn call(&mut self, method: &str, params: Value) -> Value {
        self.browser.call(Some(&self.session), method, params)
    }

    fn wait_for(&mut self, event: &str) -> Value {
        loop {
            let message = self.browser.events.pop_front().unwrap_or_else(|| self.browser.next(event));
            self.complaints.extend(complaint(&message));
            if message["method"] == event {
                return message["params"].clone();
            }
        }
    }

    /// The value of a JavaScript expression, awaited if it is a promise.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let done = self.call("Runtime.evaluate", params);
        assert!(done["exceptionDetails"].is_null(), "{expression}: {}", done["exceptionDetails"]);
        done["result"]["value"].clone()
    }

    /// Waits until the page has come to rest.
    pub fn settle(&mut self) {
        self.evaluate(TWO_FRAMES);
    }

    /// Scrolls to an element and moves the pointer to a point of it, given as parts of its width and height.
    pub fn point_at(&mut self, selector: &str, [across, down]: [f64; 2]) -> [f64; 2] {
        let place = self.evaluate(&format!(
            "(async () => {{
                const element = document.querySelector({selector:?});
                element.scrollIntoView({{block: 'center', behavior: 'instant'}});
                await {TWO_FRAMES};
                const box = element.getBoundingClientRect();
                return [box.left + {across} * box.width, box.top + {down} * box.height];
            }})()"
        ));
        let at = [place[0].as_f64().unwrap(), place[1].as_f64().unwrap()];
        self.mouse("mouseMoved", at);
        at
    }

    pub fn click(&mut self, selector: &str) {
        let at = self.point_at(selector, [0.5, 0.5]);
        self.mouse("mousePressed", at);
        self.mouse("mouseReleased", at);
    }

    fn mouse(&mut self, kind: &str, [x, y]: [f64; 2]) {
        let button = if kind == "mouseMoved" { "none" } else { "left" };
        let event = json!({"type": kind, "x": x, "y": y, "button": button, "clickCount": 1});
        self.call("Input.dispatchMouseEvent", event);
    }

    /// Presses a key by its name: `Tab`, `Escape`, `ArrowRight`.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Escape" => 27,
            "ArrowRight" => 39,
            other => panic!("no code for {other}"),
        };
        for kind in ["rawKeyDown", "keyUp"] {
            let event = json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Clicks a button and gives the name and the text of the file that it hands out.
    pub fn download_text(&mut self, button: &str) -> (String, String) {
        let (name, bytes) = self.download(button);
        (name, String::from_utf8(bytes).unwrap())
    }

    /// Clicks a button and gives the name and the bytes of the file that it hands out.
    pub fn download(&mut self, button: &str) -> (String, Vec<u8>) {
        self.click(button);
        let begun = self.wait_for("Browser.downloadWillBegin");
        let guid = begun["guid"].as_str().unwrap();
        while self.wait_for("Browser.downloadProgress")["state"] != "completed" {}
        let bytes = std::fs::read(self.browser.folder.path().join("downloads").join(guid)).unwrap();
        (begun["suggestedFilename"].as_str().unwrap().to_owned(), bytes)
    }

    /// What went wrong since the page was opened: errors, warnings, and requests to a network.
    pub fn complaints(mut self) -> Vec<String> {
        // Whatever it is about to say comes before the answer.
        self.settle();
        self.complaints.extend(self.browser.events.drain(..).filter_map(|event| complaint(&event)));
        self.complaints
    }
}

fn complaint(event: &Value) -> Option<String> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(params["exceptionDetails"].to_string()),
        "Runtime.consoleAPICalled" => Some(params["args"].to_string()),
        "Log.entryAdded" => Some(params["entry"]["text"].to_string()),
        "Network.requestWillBeSent" => {
            let url = params["request"]["url"].as_str()?;
            let inside = ["file:", "data:", "blob:"].iter().any(|scheme| url.starts_with(scheme));
            (!inside).then(|| format!("asks the network for {url}"))
        }
        _ => None,
    }
}
