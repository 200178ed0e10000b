//! The chat by Python's `websockets` and by pages in a browser.

use std::time::Duration;

use anyloop::runtime::Runtime;
use anyloop::time::timeout;
use anyloop_web::BoxError;
use outside::{Browser, Page, Redis, has_websockets, python};

use crate::support::{BACKENDS, Server, beside_each_other, fails};

/// What all scripts begin with.
const PRELUDE: &str = r#"
import asyncio, json, socket, sys, urllib.parse, websockets

def at(group, name):
    return sys.argv[1] + "/socket/" + urllib.parse.quote(group, safe="") + "/" + urllib.parse.quote(name, safe="")

async def heard(socket):
    return json.loads(await asyncio.wait_for(socket.recv(), 20))

async def closed(socket):
    try:
        while True:
            await heard(socket)
    except websockets.ConnectionClosed as closed:
        return closed.rcvd.code, closed.rcvd.reason

def run(main):
    asyncio.run(asyncio.wait_for(main, 60))
"#;

const TALK: &str = r#"
async def main():
    async with websockets.connect(at("coffee", "anna")) as anna:
        assert await heard(anna) == {"welcome": {"history": [], "present": ["anna"]}}
        async with websockets.connect(at("coffee", "bruno")) as bruno:
            assert await heard(bruno) == {"welcome": {"history": [], "present": ["anna", "bruno"]}}
            assert await heard(anna) == {"joined": "bruno"}
            await bruno.send('{"say": "caffè \\"nero\\"?"}')
            said = {"message": {"from": "bruno", "text": 'caffè "nero"?'}}
            assert await heard(anna) == await heard(bruno) == said
            # Another group hears nothing of it.
            async with websockets.connect(at("tè", "carla")) as carla:
                assert await heard(carla) == {"welcome": {"history": [], "present": ["carla"]}}

            for bad, part in [
                ("nonsense", "not {\"say\": \"...\"}: expected"),
                ('{"say": 7}', "invalid type"),
                ('{"sing": "la"}', "unknown field"),
                ("[" * 60000, "invalid type"),
                (b"bytes", "text is spoken here"),
                (json.dumps({"say": "x" * 65520}), "is longer than the 65536"),
            ]:
                await bruno.send(bad)
                told = (await heard(bruno))["error"]
                assert part in told, told
        assert await heard(anna) == {"left": "bruno"}
        async with websockets.connect(at("coffee", "bruno")) as bruno:
            assert await heard(bruno) == {"welcome": {"history": [said["message"]], "present": ["anna", "bruno"]}}

        for group, name, part in [
            ("two words", "bruno", "a group's name cannot have ' ' in it"),
            ("a/b", "bruno", "a group's name cannot have '/' in it"),
            ("x" * 101, "bruno", "a group's name has 101 bytes"),
            ("coffee", "two\nlines", "a member's name cannot have '\\n' in it"),
            ("coffee", "x" * 101, "a member's name has 101 bytes"),
        ]:
            async with websockets.connect(at(group, name)) as odd:
                code, reason = await closed(odd)
                assert code == 1008 and reason.startswith(part), (code, reason)
        async with websockets.connect(at("coffee", "huge")) as huge:
            await huge.send("x" * 70000)
            assert (await closed(huge))[0] == 1009
        async with websockets.connect(at("coffee", "broken")) as broken:
            # A text frame whose payload is no UTF-8, under a mask of zeros.
            broken.transport.write(b"\x81\x82\0\0\0\0\xc3\x28")
            assert (await closed(broken))[0] == 1007

        # After all that, it goes on.
        await anna.send('{"say": "still here"}')
        while "message" not in (last := await heard(anna)):
            pass
        assert last["message"] == {"from": "anna", "text": "still here"}, last
    print("well")
run(main())
"#;

#[test]
fn python_talks_in_groups_and_is_told_what_is_wrong() {
    if !has_websockets() {
        return;
    }
    beside_each_other(|backend| {
        let server = Server::start("chat", &["--backend", backend]);
        let url = format!("ws://{}", server.addr);
        assert_eq!(python(&[PRELUDE, TALK].concat(), &url), "well\n", "{backend}");
    });
}

const SLOW: &str = r#"
async def main():
    # One that takes nothing, and has little place for it.
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    host, port = sys.argv[1].removeprefix("ws://").rsplit(":", 1)
    raw.connect((host, int(port)))
    slow = await websockets.connect(at("coffee", "slow"), sock=raw)
    slow.transport.pause_reading()
    async with websockets.connect(at("coffee", "anna")) as anna:
        await heard(anna)
        left = False
        for n in range(200):
            await anna.send(json.dumps({"say": str(n) + "x" * 50000}))
            while True:
                told = await heard(anna)
                assert "missed" not in told, told
                left |= told == {"left": "slow"}
                if "message" in told:
                    break
            assert told["message"]["text"].startswith(str(n) + "x")
        while not left:
            left = await heard(anna) == {"left": "slow"}
    print("well")
    slow.transport.abort()
run(main())
"#;

#[test]
fn one_that_takes_nothing_delays_none_and_is_let_go() {
    if !has_websockets() {
        return;
    }
    beside_each_other(|backend| {
        let server = Server::start("chat", &["--backend", backend, "--patience", "0.5"]);
        let url = format!("ws://{}", server.addr);
        assert_eq!(python(&[PRELUDE, SLOW].concat(), &url), "well\n", "{backend}");
    });
}

/// Says something on a page, as a person does.
pub(crate) async fn say(page: &mut Page, text: &str) -> Result<(), BoxError> {
    let script = format!(
        "document.querySelector('input').value = {text:?}; document.querySelector('button').click();"
    );
    page.evaluate(&script).await?;
    Ok(())
}

/// Opens a page of the chat, which is in its group then.
pub(crate) async fn enter(browser: &Browser, server: &Server, name: &str) -> Result<Page, BoxError> {
    let mut page = browser.open(&format!("http://{}/?group=coffee&name={name}", server.addr)).await?;
    page.shows("Present:").await?;
    Ok(page)
}

#[test]
fn two_pages_talk() -> Result<(), BoxError> {
    let Some(browser) = Browser::start() else { return Ok(()) };
    for backend in BACKENDS {
        let server = Server::start("chat", &["--backend", backend]);
        let talk = async {
            let mut anna = enter(&browser, &server, "anna").await?;
            let mut bruno = enter(&browser, &server, "bruno").await?;
            anna.shows("bruno has joined").await?;
            say(&mut bruno, "ciao <b>Anna</b>").await?;
            let text = anna.shows("bruno: ciao <b>Anna</b>").await?;
            assert!(text.contains("Present: anna, bruno"), "{backend}: {text}");
            say(&mut anna, "ciao Bruno").await?;
            bruno.shows("anna: ciao Bruno").await?;
            // A page that closes leaves.
            bruno.evaluate("socket.close()").await?;
            let text = anna.shows("bruno has left").await?;
            assert!(text.contains("Present: anna\n"), "{backend}: {text}");
            Ok::<_, BoxError>(())
        };
        Runtime::new()?.block_on(async { timeout(Duration::from_secs(60), talk).await })??;
    }
    Ok(())
}

/// Two servers share a Redis: each has one of the pages, and one of the servers is killed.
#[test]
fn two_pages_talk_on_two_servers_of_which_one_dies() -> Result<(), BoxError> {
    let (Some(redis), Some(browser)) = (Redis::start(), Browser::start()) else { return Ok(()) };
    for backend in BACKENDS {
        let args = ["--backend", backend, "--expiry", "900", "--redis", &redis.url()];
        let (one, other) = (Server::start("chat", &args), Server::start("chat", &args));
        let talk = async {
            let mut anna = enter(&browser, &one, "anna").await?;
            let mut bruno = enter(&browser, &other, "bruno").await?;
            anna.shows("Present: anna, bruno").await?;
            bruno.shows("Present: anna, bruno").await?;
            say(&mut bruno, "from the other").await?;
            anna.shows("bruno: from the other").await?;
            say(&mut anna, "from the one").await?;
            bruno.shows("anna: from the one").await?;
            // It is killed, which it cannot tell; what it was present by expires.
            drop(one);
            bruno.shows("anna has left").await?;
            bruno.shows("Present: bruno\n").await?;
            say(&mut bruno, "alone").await?;
            bruno.shows("bruno: alone").await?;
            bruno.evaluate("socket.onclose = null; socket.close()").await?;
            anna.evaluate("socket.onclose = null; socket.close()").await?;
            Ok::<_, BoxError>(())
        };
        Runtime::new()?.block_on(async { timeout(Duration::from_secs(60), talk).await })??;
    }
    Ok(())
}

#[test]
fn bad_arguments_are_told() {
    assert!(fails("chat", &["--listen", "nonsense"]).contains("nonsense"));
    assert!(fails("chat", &["--backend", "epoll"]).contains("native, tokio"));
    assert!(fails("chat", &["--redis", "nonsense"]).contains("is no redis://"));
}

/// Its server is short enough to be read.
#[test]
fn the_server_is_short() {
    let source = include_str!("../../examples/chat.rs");
    let lines = source.lines().filter(|line| !line.starts_with("//!") && !line.is_empty()).count();
    assert!(lines <= 150, "{lines} lines");
}
