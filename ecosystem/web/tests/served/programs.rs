//! The programs as hosts of a world. `http_hello` is not here, as it is a `main` and no more: what it
//! serves is what `world.rs` serves.

use std::time::Duration;

use anyloop::net::TcpStream;
use anyloop::sim::{Fault, World};
use anyloop::time::{sleep, timeout};
use anyloop_web::{BoxError, Client};
use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use clap::Parser;
use examples::Limits;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use sockets::hear;

#[path = "../../examples/http_app.rs"]
#[allow(dead_code, reason = "its main")]
mod http_app;
#[path = "../../examples/http_fetch.rs"]
#[allow(dead_code, reason = "its main")]
mod http_fetch;
#[path = "../../examples/http_proxy.rs"]
#[allow(dead_code, reason = "its main")]
mod http_proxy;
#[path = "../../examples/http_resource.rs"]
#[allow(dead_code, reason = "its main")]
mod http_resource;
#[path = "../../examples/websocket_echo.rs"]
#[allow(dead_code, reason = "its main")]
mod websocket_echo;

const LIMITS: Limits = Limits { connections: 16, patience: Duration::from_secs(2) };

/// Starts the programs, each on a host of its own. The proxy asks the application.
fn start(world: &World) {
    world.host("app").run(|| {
        http_app::run(http_app::Args::parse_from(["http_app", "--listen", "0.0.0.0:80", "--grace", "2000"]))
    });
    world.host("proxy").run(|| {
        let args = ["http_proxy", "--listen", "0.0.0.0:80", "--to", "http://app"];
        http_proxy::run(http_proxy::Args::parse_from(args))
    });
    world.host("resource").run(|| http_resource::run("0.0.0.0:80".into()));
    world.host("echo").run(|| websocket_echo::run("0.0.0.0:80".into(), LIMITS));
}

/// The status and the text of an answer.
async fn ask(client: &Client, method: &str, url: &str, body: &str) -> Result<(u16, String), BoxError> {
    let request = Request::builder().method(method).uri(url).header("content-type", "application/json");
    let request = request.body(Full::new(Bytes::from(body.to_owned())))?;
    let response = client.request(request).await?;
    Ok((response.status().as_u16(), response.text().await?))
}

#[anyloop::test(sim, seeds = 10, backends = ["sim"])]
async fn applications_answer_before_and_after_a_crash(world: World) {
    start(&world);
    sleep(Duration::from_millis(1)).await;
    let client = Client::builder().timeout(Duration::from_secs(5)).build();
    let ask = async |method, url, body| ask(&client, method, url, body).await.unwrap();
    let answer = |status, text: &str| (status, text.to_owned());
    assert_eq!(ask("PUT", "http://app/story/1", "\"the talk\"").await.0, 201);
    assert_eq!(ask("GET", "http://app/story/1", "").await, answer(200, "\"the talk\""));
    assert_eq!(ask("GET", "http://proxy/count/3", "").await, answer(200, "0\n1\n2\n"));
    assert_eq!(ask("POST", "http://resource/hello", "anna").await, answer(200, "it greets anna now\n"));
    assert_eq!(ask("GET", "http://resource/hello", "").await, answer(200, "Ciao anna\n"));
    assert_eq!(ask("PUT", "http://resource/about", "").await.0, 405);

    world.fault(Fault::crash("app")).unwrap();
    assert_eq!(ask("GET", "http://proxy/count/3", "").await.0, 502);
    world.fault(Fault::restart("app")).unwrap();
    sleep(Duration::from_millis(1)).await;
    // It kept its stories in memory.
    assert_eq!(ask("GET", "http://app/story/1", "").await.0, 404);
    assert_eq!(ask("GET", "http://proxy/count/1", "").await, answer(200, "0\n"));
}

#[anyloop::test(sim, seeds = 10, backends = ["sim"])]
async fn many_are_fetched_at_once(world: World) {
    start(&world);
    sleep(Duration::from_millis(1)).await;
    let (slow, soon, refused) = ("http://app/count/20", "http://resource/hello", "http://main/");
    let fetch = async |how: &str, urls: &[&str]| {
        let args = ["http_fetch", "--limit", "100", "--how", how];
        let args = http_fetch::Args::parse_from(args.iter().chain(urls));
        http_fetch::fetch(args).await.map_err(|error| error.to_string())
    };
    let (slowly, at_once) = ("200 0", "200 Ciao EuroPython");
    assert_eq!(
        fetch("tuple", &[slow, soon]).await.unwrap(),
        [format!("one: {slowly}"), format!("two: {at_once}")]
    );
    assert_eq!(fetch("tuple", &[slow]).await.unwrap_err(), "a tuple needs two URLs");
    let both = [format!("{slow}: {slowly}"), format!("{soon}: {at_once}")];
    assert_eq!(fetch("list", &[slow, soon]).await.unwrap(), both);
    assert_eq!(fetch("dict", &[soon, slow]).await.unwrap(), both);
    let first = [format!("number 1: {at_once}"), "1 are not done".to_owned()];
    assert_eq!(fetch("first", &[slow, soon]).await.unwrap(), first);
    assert_eq!(fetch("within", &[slow, soon]).await.unwrap(), first);
    let failed = fetch("error", &[slow, refused]).await.unwrap();
    assert!(failed[0].starts_with("number 1: failed: ") && failed[1] == "1 are not done", "{failed:?}");
}

#[anyloop::test(sim, seeds = 10, backends = ["sim"])]
async fn a_web_socket_says_everything_back_and_is_told_of_the_end(world: World) {
    start(&world);
    sleep(Duration::from_millis(1)).await;
    let stream = TcpStream::connect("echo:80").await.unwrap();
    let (mut socket, _) = async_tungstenite::client_async("ws://echo/echo", stream).await.unwrap();
    for n in 0..20 {
        let text = format!("{n} ").repeat(1 + n * 50);
        socket.send(Message::text(text.as_str())).await.unwrap();
        assert_eq!(hear(&mut socket).await.to_text().unwrap(), text);
    }
    world.fault(Fault::signal("echo", "SIGTERM")).unwrap();
    let end = timeout(LIMITS.patience * 2, hear(&mut socket)).await.expect("the server ends");
    assert!(matches!(&end, Message::Close(Some(frame)) if frame.code == CloseCode::Away), "{end}");
}
