//! hyper (HTTP/1 and 2), an axum Router and async-tungstenite, as they are: their servers and clients on the hosts of a
//! world, while the two are cut from one another and the server crashes.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::time::Duration;

use anyloop::net::{TcpListener, TcpStream};
use anyloop::runtime::Handle;
use anyloop::sim::{Fault, World};
use anyloop::time::{sleep, timeout};
use anyloop_plugs::Plug;
use async_tungstenite::tungstenite::Message;
use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use futures_util::StreamExt;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, client, server};
use hyper_util::service::TowerToHyperService;

const BODY: usize = 100_000;

type Failed = Box<dyn Error + Send + Sync>;

/// hyper alone: tells how long the body was.
async fn lengths() -> io::Result<()> {
    let listener = TcpListener::bind("0.0.0.0:80").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        anyloop::spawn(async move {
            let service = service_fn(|request: Request<Incoming>| async {
                let body =
                    request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                sleep(Duration::from_millis(5)).await;
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(body.len().to_string()))))
            });
            server::conn::http1::Builder::new().serve_connection(stream, service).await
        });
    }
}

/// hyper's HTTP/2: many requests on one connection.
async fn streams() -> io::Result<()> {
    let listener = TcpListener::bind("0.0.0.0:83").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        anyloop::spawn(async move {
            let service = service_fn(|request: Request<Incoming>| async {
                let body =
                    request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                Ok::<_, Infallible>(Response::new(Full::new(body)))
            });
            // The date is that of the system's clock: another one is sent anew, and makes an answer longer.
            let mut server = server::conn::http2::Builder::new(plug());
            server.timer(plug()).auto_date_header(false).serve_connection(stream, service).await
        });
    }
}

/// The loop of the host that asks.
fn plug() -> Plug<Handle> {
    Plug::try_current().expect("a host is a loop")
}

/// axum's Router.
async fn squares() -> io::Result<()> {
    let square = |Path(n): Path<u64>| async move { Json(n * n) };
    let router = Router::new().route("/square/{n}", get(square));
    let listener = TcpListener::bind("0.0.0.0:81").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(router.clone());
        anyloop::spawn(
            async move { server::conn::http1::Builder::new().serve_connection(stream, service).await },
        );
    }
}

/// Web sockets that say everything back.
async fn echoes() -> io::Result<()> {
    let listener = TcpListener::bind("0.0.0.0:82").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        anyloop::spawn(async move {
            let Ok(mut socket) = async_tungstenite::accept_async(stream).await else { return };
            while let Some(Ok(message)) = socket.next().await {
                if message.is_text() && socket.send(message).await.is_err() {
                    return;
                }
            }
        });
    }
}

async fn fetch(port: u16, request: Request<Full<Bytes>>) -> Result<String, Failed> {
    let stream = TcpStream::connect(("server", port)).await?;
    let (mut sender, connection) = client::conn::http1::handshake(stream).await?;
    anyloop::spawn(connection);
    let response = sender.send_request(request).await?;
    let body = response.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.to_vec())?)
}

async fn length(_: u64) -> Result<(), Failed> {
    let request = Request::post("/").header("host", "server").body(Full::new(Bytes::from(vec![7; BODY])))?;
    assert_eq!(fetch(80, request).await?, BODY.to_string());
    Ok(())
}

async fn square(n: u64) -> Result<(), Failed> {
    let request = Request::get(format!("/square/{n}")).header("host", "server").body(Full::default())?;
    assert_eq!(fetch(81, request).await?, (n * n).to_string());
    Ok(())
}

/// Eight requests at once, each with a body of its own.
async fn multiplexed(n: u64) -> Result<(), Failed> {
    let stream = TcpStream::connect("server:83").await?;
    let handshake = client::conn::http2::Builder::new(plug()).timer(plug()).handshake(stream);
    let (sender, connection) = handshake.await?;
    anyloop::spawn(connection);
    let mut asked = Vec::new();
    for at in 0..8 {
        let mut sender = sender.clone();
        let body = Bytes::from(vec![(n + at) as u8; 20_000]);
        let request = Request::post("http://server/").body(Full::new(body.clone()))?;
        asked.push(anyloop::spawn(async move {
            let answer = sender.send_request(request).await?.into_body().collect().await?.to_bytes();
            assert!(answer == body, "{} bytes came back, and not the same", answer.len());
            Ok::<_, Failed>(())
        }));
    }
    for asked in asked {
        asked.await??;
    }
    Ok(())
}

async fn echo(n: u64) -> Result<(), Failed> {
    let stream = TcpStream::connect("server:82").await?;
    let (mut socket, _) = async_tungstenite::client_async("ws://server/", stream).await?;
    let text = format!("number {n}");
    socket.send(Message::text(text.as_str())).await?;
    let answer = socket.next().await.ok_or("the connection ended")??;
    assert_eq!(answer.to_text()?, text);
    Ok(socket.close(None).await?)
}

/// Asks forty times. An answer is the right one, or there is none.
async fn client<F: Future<Output = Result<(), Failed>>>(world: World, name: &'static str, ask: fn(u64) -> F) {
    let mut failed = 0;
    for n in 0..40 {
        match timeout(Duration::from_secs(1), ask(n)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => failed += 1,
        }
        sleep(Duration::from_millis(150)).await;
    }
    world.note(format_args!("{name}: {failed} of 40 failed"));
    // Two and a half seconds of a cut, and a second and a half without the server.
    world.always("most requests are answered", failed < 30);
    world.sometimes("some request fails", failed > 0);
}

#[anyloop::test(sim, seeds = 20, backends = ["sim"])]
async fn web_programs_are_at_home_in_a_world(world: World) {
    world.host("server").run(|| async {
        futures_util::future::try_join4(lengths(), squares(), echoes(), streams()).await.map(drop)
    });
    for (at, fault) in [
        (1000, Fault::cut("client", "server")),
        (3500, Fault::heal("client", "server")),
        (5000, Fault::crash("server")),
        (6500, Fault::restart("server")),
    ] {
        world.host("client");
        world.at(Duration::from_millis(at), fault).expect("the hosts are there");
    }
    let host = world.host("client");
    let clients = [
        host.spawn(client(world.clone(), "hyper", length)),
        host.spawn(client(world.clone(), "axum", square)),
        host.spawn(client(world.clone(), "web sockets", echo)),
        host.spawn(client(world.clone(), "HTTP/2", multiplexed)),
    ];
    for client in clients {
        client.await.expect("the client ends");
    }
}
