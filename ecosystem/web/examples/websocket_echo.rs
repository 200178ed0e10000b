//! A web-socket server on async-tungstenite, beside other pages of the same server; everything said
//! is said back. A page to try it with is at `/`.
//!
//!     cargo run --example websocket_echo -- --listen 127.0.0.1:8080 --backend smol
//!     python3 -m websockets ws://127.0.0.1:8080/echo

use std::process::ExitCode;

use anyloop::sync::watch;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{Html, Response};
use axum::routing::get;
use clap::Parser;
use examples::{Limits, Options, Outcome};
use sockets::{Conversation, Ended};

/// A web-socket server that says all back; its page is at /.
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

async fn upgrade(State(shared): State<Shared>, request: Request) -> Response {
    let (answer, opening) = sockets::upgrade(request, shared.limits.patience, shared.draining);
    anyloop::spawn(async move {
        let Some(mut socket) = opening.await else { return };
        let ended = echo(&mut socket).await;
        socket.end(ended).await;
    });
    answer
}

async fn echo(socket: &mut Conversation) -> Result<(), Ended> {
    while let Some(message) = socket.next().await? {
        // One that does not take its answers is not read from either.
        socket.send(message).await?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let Args { options, limits } = Args::parse();
    examples::run(options.backend, || run(options.listen, limits))
}

pub(crate) async fn run(listen: String, limits: Limits) -> Outcome {
    sockets::serve("websocket_echo", &listen, limits, |draining| {
        Router::new()
            .route("/", get(|| async { Html(include_str!("websocket_echo.html")) }))
            .route("/echo", get(upgrade))
            .with_state(Shared { limits, draining })
    })
    .await
}
