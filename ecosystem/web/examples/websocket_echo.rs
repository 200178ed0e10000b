//! A web-socket server on async-tungstenite, beside other pages of the same server; everything said
//! is said back. A page to try it with is at `/`.
//!
//!     cargo run --example websocket_echo -- --listen 127.0.0.1:8080 --backend smol
//!     python3 -m websockets ws://127.0.0.1:8080/echo

use std::process::ExitCode;

use anyloop::net::TcpListener;
use anyloop::sync::watch;
use anyloop_web::serve;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{Html, Response};
use axum::routing::get;
use clap::Parser;
use examples::{Limits, Options, Outcome, Stop};
use sockets::{Conversation, Ended};

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
