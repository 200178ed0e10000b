//! A page in a browser.

use anyloop::runtime::Runtime;
use anyloop_web::BoxError;
use outside::Browser;

use crate::raw::bounded;
use crate::support::{BACKENDS, Server};

#[test]
fn a_page_hears_its_echo() -> Result<(), BoxError> {
    let Some(browser) = Browser::start() else { return Ok(()) };
    for backend in BACKENDS {
        let server = Server::start("websocket_echo", &["--backend", backend]);
        let url = format!("http://{}/#ciao", server.addr);
        let text = Runtime::new()?
            .block_on(bounded(async { browser.open(&url).await?.shows("echo: ciao").await }))?;
        assert!(text.contains("open\necho: ciao\n"), "{backend}: {text}");
    }
    Ok(())
}
