//! An application: routes, handlers with arguments, state, JSON, a body in chunks, and a clean end.
//!
//!     cargo run --example http_app -- --listen 127.0.0.1:8080 --backend smol
//!     curl http://127.0.0.1:8080/story/1
//!     curl -X PUT -H 'content-type: application/json' -d '"the talk"' http://127.0.0.1:8080/story/1
//!     curl -N http://127.0.0.1:8080/count/5

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyloop::net::TcpListener;
use anyloop::time::sleep;
use anyloop_web::serve;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use clap::Parser;
use examples::{Limits, Options, Outcome, Stop};
use futures_util::stream;

/// An application over HTTP: routes, state, JSON, a body in chunks, and a clean end.
#[derive(Parser)]
pub(crate) struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    limits: Limits,
    /// How many milliseconds requests have to finish after Ctrl-C or SIGTERM.
    #[arg(long, default_value_t = 5000)]
    grace: u64,
}

type Stories = Arc<Mutex<BTreeMap<u32, String>>>;

async fn read(State(stories): State<Stories>, Path(id): Path<u32>) -> Result<Json<String>, StatusCode> {
    let stories = stories.lock().unwrap_or_else(PoisonError::into_inner);
    stories.get(&id).cloned().map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn write(State(stories): State<Stories>, Path(id): Path<u32>, Json(text): Json<String>) -> StatusCode {
    let mut stories = stories.lock().unwrap_or_else(PoisonError::into_inner);
    // Clients may not fill the memory.
    if stories.len() >= 1000 && !stories.contains_key(&id) {
        return StatusCode::INSUFFICIENT_STORAGE;
    }
    match stories.insert(id, text) {
        Some(_) => StatusCode::OK,
        None => StatusCode::CREATED,
    }
}

/// A line each twenty milliseconds; other requests are answered in between.
async fn count(Path(most): Path<u16>) -> Body {
    Body::from_stream(stream::unfold(0, move |n| async move {
        if n == most {
            return None;
        }
        sleep(Duration::from_millis(20)).await;
        Some((Ok::<_, Infallible>(format!("{n}\n")), n + 1))
    }))
}

fn main() -> ExitCode {
    let args = Args::parse();
    examples::run(args.options.backend, || run(args))
}

pub(crate) async fn run(Args { options, limits, grace }: Args) -> Outcome {
    let mut stop = Stop::listen()?;
    let router = Router::new()
        .route("/", get(|| async { "GET or PUT /story/ID, GET /count/N\n" }))
        .route("/story/{id}", get(read).put(write))
        .route("/count/{most}", get(count))
        .with_state(Stories::default());
    let listener = TcpListener::bind(&options.listen).await?;
    println!("http_app on http://{}", listener.local_addr()?);
    serve(listener, router)
        .max_connections(limits.connections)
        .header_timeout(limits.patience)
        .idle_timeout(limits.patience)
        .write_timeout(limits.patience)
        .body_timeout(limits.patience)
        .max_body_size(64 * 1024)
        .drain_timeout(Duration::from_millis(grace))
        .on_error(|error| eprintln!("{error}"))
        .with_graceful_shutdown(async move { stop.asked().await })
        .await?;
    println!("all have finished");
    Ok(())
}
