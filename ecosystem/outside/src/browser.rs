//! A browser, whose pages are asked for what they show by way of its own debugging protocol.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyloop::net::TcpStream;
use anyloop::time::sleep;
use anyloop_web::{BoxError, Client};
use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::Message;
use futures_util::StreamExt;
use hyper::Request;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

const BROWSER: &str = "chromium-headless-shell";

/// Killed with this.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    /// Where it is told what to do, as HOST:PORT.
    addr: String,
    _folder: tempfile::TempDir,
}

impl Browser {
    /// Starts it; `None`, which is said, if it is not installed.
    pub fn start() -> Option<Browser> {
        crate::has(BROWSER, &["--version"]).then(Browser::launch)
    }

    fn launch() -> Browser {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(BROWSER)
            .args(["--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // Debian's is a script, whose browser outlives it.
            .process_group(0)
            .spawn()
            .expect("the browser");
        let mut told = BufReader::new(child.stderr.take().expect("its errors"));
        let addr = loop {
            let mut line = String::new();
            assert_ne!(told.read_line(&mut line).expect("a line"), 0, "it ends");
            if let Some((_, url)) = line.split_once("listening on ws://") {
                break url.split('/').next().expect("an address").to_owned();
            }
        };
        // It is not to wait for a reader of what it complains of.
        std::thread::spawn(move || std::io::copy(&mut told, &mut std::io::sink()));
        Browser { child, addr, _folder: folder }
    }

    /// Opens a page in a tab of its own.
    pub async fn open(&self, url: &str) -> Result<Page, BoxError> {
        // What stands behind a # is the page's, not the debugger's.
        let url = url.replace('#', "%23").replace('&', "%26");
        let open = Request::put(format!("http://{}/json/new?{url}", self.addr)).body(String::new())?;
        let page: Value = serde_json::from_str(&Client::new().request(open).await?.text().await?)?;
        let debugger = page["webSocketDebuggerUrl"].as_str().ok_or("no page")?;
        let stream = TcpStream::connect(&self.addr).await?;
        let (socket, _) = async_tungstenite::client_async(debugger, stream).await?;
        Ok(Page { socket, asked: 0 })
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _status = self.child.wait();
    }
}

/// A page that is open. It stays open when this is dropped.
#[derive(Debug)]
pub struct Page {
    socket: WebSocketStream<TcpStream>,
    asked: u64,
}

impl Page {
    /// Runs `script` in the page, and gives its value.
    pub async fn evaluate(&mut self, script: &str) -> Result<Value, BoxError> {
        self.asked += 1;
        let params = json!({ "expression": script, "returnByValue": true });
        let ask = json!({ "id": self.asked, "method": "Runtime.evaluate", "params": params });
        self.socket.send(Message::text(ask.to_string())).await?;
        loop {
            let told = self.socket.next().await.ok_or("the browser ended")??.into_text()?;
            let mut told: Value = serde_json::from_str(&told)?;
            if told["id"] != self.asked {
                continue;
            }
            let result = &mut told["result"];
            return match result.get("exceptionDetails") {
                Some(details) => Err(format!("{script}: {details}").into()),
                None => Ok(result["result"]["value"].take()),
            };
        }
    }

    /// Waits until `wanted` is in the page's text, and gives that.
    pub async fn shows(&mut self, wanted: &str) -> Result<String, BoxError> {
        loop {
            let text = self.evaluate("document.body ? document.body.innerText : ''").await?;
            match text {
                Value::String(text) if text.contains(wanted) => return Ok(text),
                _ => sleep(Duration::from_millis(50)).await,
            }
        }
    }
}
