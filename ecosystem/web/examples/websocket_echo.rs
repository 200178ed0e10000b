//! A web-socket server on async-tungstenite, beside other pages of the same server; everything said
//! is said back. A page to try it with is at `/`.
//!
//!     cargo run --example websocket_echo -- --listen 127.0.0.1:8080 --backend smol
//!     python3 -m websockets ws://127.0.0.1:8080/echo

use std::process::ExitCode;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::TcpListener;
use anyloop::sync::watch;
use anyloop::time::{interval, timeout};
use anyloop_web::serve;
use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use async_tungstenite::tungstenite::handshake::derive_accept_key;
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use async_tungstenite::tungstenite::{Error, Message};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use clap::Parser;
use examples::{Limits, Options, Outcome, Stop};
use futures_util::StreamExt;
use loop_compat::io::HyperIo;

/// The longest message, in bytes.
const MESSAGE_LIMIT: usize = 64 * 1024;
/// How much of what is refused is still taken, in bytes.
const REST_LIMIT: u64 = 1024 * 1024;

#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    limits: Limits,
}

#[derive(Clone)]
struct Shared {
    limits: Limits,
    /// Closed when the server is to end.
    draining: watch::Receiver<()>,
}

type Failed = Box<dyn std::error::Error + Send + Sync>;
type Socket = WebSocketStream<HyperIo<hyper::upgrade::Upgraded>>;

/// The answer to a client that asks for a web socket, if it does it rightly.
fn handshake(headers: &HeaderMap) -> Result<Response, (StatusCode, &'static str)> {
    let has = |name, value: &str| {
        let values = headers.get(name).and_then(|values: &HeaderValue| values.to_str().ok());
        values.is_some_and(|values| values.split(',').any(|one| one.trim().eq_ignore_ascii_case(value)))
    };
    if !has(header::UPGRADE, "websocket") || !has(header::CONNECTION, "upgrade") {
        return Err((StatusCode::UPGRADE_REQUIRED, "this page is a web socket\n"));
    }
    if !has(header::SEC_WEBSOCKET_VERSION, "13") {
        return Err((StatusCode::BAD_REQUEST, "version 13 of web sockets is spoken here\n"));
    }
    let Some(key) = headers.get(header::SEC_WEBSOCKET_KEY) else {
        return Err((StatusCode::BAD_REQUEST, "a web socket needs sec-websocket-key\n"));
    };
    let accept = derive_accept_key(key.as_bytes());
    let fields = [
        (header::UPGRADE, "websocket"),
        (header::CONNECTION, "upgrade"),
        (header::SEC_WEBSOCKET_ACCEPT, accept.as_str()),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, fields).into_response())
}

async fn upgrade(State(shared): State<Shared>, mut request: Request) -> Response {
    let answer = match handshake(request.headers()) {
        Ok(answer) => answer,
        Err(refused) => return refused.into_response(),
    };
    let upgraded = hyper::upgrade::on(&mut request);
    anyloop::spawn(async move {
        let Ok(stream) = upgraded.await else { return };
        let config = WebSocketConfig::default()
            .read_buffer_size(16 * 1024)
            .max_write_buffer_size(4 * MESSAGE_LIMIT)
            .max_message_size(Some(MESSAGE_LIMIT))
            .max_frame_size(Some(MESSAGE_LIMIT));
        let socket = WebSocketStream::from_raw_socket(HyperIo::new(stream), Role::Server, Some(config)).await;
        if let Err(error) = echo(socket, shared).await {
            eprintln!("{error}");
        }
    });
    answer
}

async fn echo(
    mut socket: Socket,
    mut shared: Shared,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let patience = shared.limits.patience;
    let mut pings = interval(patience);
    // One that has gone without a word does not answer.
    let mut answered = true;
    let farewell = loop {
        let message = anyloop::select! {
            message = socket.next() => match message {
                None => return Ok(()),
                Some(Ok(message)) => {
                    answered = true;
                    if !message.is_text() && !message.is_binary() {
                        continue;
                    }
                    message
                }
                Some(Err(error)) => match code_of(&error) {
                    Some(code) => break (code, error.to_string()),
                    None => return Err(error.into()),
                },
            },
            _ = pings.tick() => {
                if !answered {
                    return Err("it does not answer pings".into());
                }
                answered = false;
                Message::Ping(Default::default())
            }
            // Dropped, that is.
            _ = shared.draining.changed() => break (CloseCode::Away, "the server ends".to_owned()),
        };
        // One that does not take its answers is not read from either.
        timeout(patience, socket.send(message)).await??;
    };
    timeout(patience, say_farewell(socket, farewell)).await?
}

/// Tells why it ends, and goes once the client has heard it.
async fn say_farewell(mut socket: Socket, (code, reason): (CloseCode, String)) -> Result<(), Failed> {
    socket.close(Some(CloseFrame { code, reason: reason.into() })).await?;
    while let Some(Ok(_)) = socket.next().await {}
    // What it still sends, such as the rest of a message, would reset the connection, and the client
    // lose what it was told.
    let stream = socket.get_mut();
    stream.shutdown().await?;
    anyloop::io::copy(&mut stream.take(REST_LIMIT), &mut anyloop::io::sink()).await?;
    Ok(())
}

/// The code that tells a client what it did, if it is one that can be told.
fn code_of(error: &Error) -> Option<CloseCode> {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Some(CloseCode::Size),
        Error::Utf8(_) => Some(CloseCode::Invalid),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) => Some(CloseCode::Protocol),
        _ => None,
    }
}

fn main() -> ExitCode {
    let Args { options, limits } = Args::parse();
    examples::run(options.backend, || run(options.listen, limits))
}

async fn run(listen: String, limits: Limits) -> Outcome {
    let mut stop = Stop::listen()?;
    let (drain, draining) = watch::channel(());
    let router = Router::new()
        .route("/", get(|| async { Html(include_str!("websocket_echo.html")) }))
        .route("/echo", get(upgrade))
        .with_state(Shared { limits, draining });
    let listener = TcpListener::bind(&listen).await?;
    println!("websocket_echo on http://{}", listener.local_addr()?);
    let stopped = async move {
        stop.asked().await;
        drop(drain);
    };
    serve(listener, router)
        .max_connections(limits.connections)
        .header_timeout(limits.patience)
        .write_timeout(limits.patience)
        .with_graceful_shutdown(stopped)
        .await?;
    println!("all have finished");
    Ok(())
}
