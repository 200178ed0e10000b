//! A page in a browser, which is asked for what it shows by way of its own debugging protocol.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyloop::net::TcpStream;
use anyloop::runtime::Runtime;
use anyloop::time::sleep;
use anyloop_web::{BoxError, Client};
use async_tungstenite::tungstenite::Message;
use futures_util::StreamExt;
use hyper::Request;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::outside::has;
use crate::raw::bounded;
use crate::support::{BACKENDS, Server};

const BROWSER: &str = "chromium-headless-shell";

/// Killed with this.
struct Browser {
    child: Child,
    /// Where it is told what to do, as HOST:PORT.
    addr: String,
    _folder: tempfile::TempDir,
}

impl Browser {
    fn start() -> Browser {
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

    /// Opens a page, and gives its text once `wanted` is in it.
    async fn text(&self, url: &str, wanted: &str) -> Result<String, BoxError> {
        let open = Request::put(format!("http://{}/json/new?{url}", self.addr)).body(String::new())?;
        let page = Client::new().request(open).await?.text().await?;
        let debugger = page.split('"').find(|part| part.starts_with("ws://")).ok_or("no page")?;
        let stream = TcpStream::connect(&self.addr).await?;
        let (mut socket, _) = async_tungstenite::client_async(debugger, stream).await?;
        loop {
            let ask =
                r#"{"id":1,"method":"Runtime.evaluate","params":{"expression":"document.body.innerText"}}"#;
            socket.send(Message::text(ask)).await?;
            let answer = socket.next().await.ok_or("the browser ended")??.into_text()?;
            if answer.contains(wanted) {
                return Ok(answer.to_string());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _status = self.child.wait();
    }
}

#[test]
fn a_page_hears_its_echo() -> Result<(), BoxError> {
    if !has(BROWSER, &["--version"]) {
        return Ok(());
    }
    let browser = Browser::start();
    for backend in BACKENDS {
        let server = Server::start("websocket_echo", &["--backend", backend]);
        // The # is the page's.
        let url = format!("http://{}/%23ciao", server.addr);
        let text = Runtime::new()?.block_on(bounded(browser.text(&url, "echo: ciao")))?;
        assert!(text.contains("open\\necho: ciao\\n"), "{backend}: {text}");
    }
    Ok(())
}
