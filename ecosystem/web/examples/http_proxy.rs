//! A handler that is itself a client, and the two awaits of an answer: its head, then its body.
//!
//!     cargo run --example http_proxy -- --listen 127.0.0.1:8080 --backend smol
//!     curl -D - http://127.0.0.1:8080/delay/500
//!
//! What it asks is a server of its own in the same process, whose `/delay/N` sends the head at once
//! and the body N milliseconds later; `--to http://HOST:PORT` names another.

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyloop::net::TcpListener;
use anyloop::time::{Instant, sleep};
use anyloop_web::{Client, serve};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::routing::get;
use clap::Parser;
use examples::{Options, Outcome};
use futures_util::stream;

/// The most that `/delay` waits.
const LONGEST: Duration = Duration::from_secs(10);

/// A server over HTTP that asks another for its answers.
#[derive(Parser)]
pub(crate) struct Args {
    #[command(flatten)]
    options: Options,
    /// The server that is asked, as http://HOST:PORT, in place of the one in here.
    #[arg(long, value_parser = server)]
    to: Option<String>,
}

fn server(text: &str) -> Result<String, String> {
    let uri: Uri = text.parse().map_err(|error| format!("{error}: write http://HOST:PORT"))?;
    if uri.scheme_str() != Some("http") || uri.authority().is_none() {
        return Err("write http://HOST:PORT".into());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// The head at once, the body later.
async fn delay(Path(milliseconds): Path<u64>) -> Body {
    let limit = Duration::from_millis(milliseconds).min(LONGEST);
    Body::from_stream(stream::once(async move {
        sleep(limit).await;
        Ok::<_, Infallible>(format!("{} ms late\n", limit.as_millis()))
    }))
}

async fn forward(
    State((client, to)): State<(Client, Arc<str>)>,
    uri: Uri,
) -> Result<(HeaderMap, String), (StatusCode, String)> {
    let fails = |error: anyloop_web::Error| (StatusCode::BAD_GATEWAY, format!("{error}\n"));
    let begun = Instant::now();
    let response = client.fetch(format!("{to}{uri}")).await.map_err(fails)?;
    let head = begun.elapsed();
    let text = response.text().await.map_err(fails)?;
    let body = begun.elapsed();
    let mut headers = HeaderMap::new();
    for (name, after) in [("x-head-after-ms", head), ("x-body-after-ms", body)] {
        // They have millions of years.
        headers.insert(name, HeaderValue::from(u64::try_from(after.as_millis()).unwrap_or(u64::MAX)));
    }
    Ok((headers, text))
}

fn main() -> ExitCode {
    let args = Args::parse();
    examples::serve(args.options.backend, || run(args))
}

pub(crate) async fn run(Args { options, to }: Args) -> Outcome {
    let to = match to {
        Some(to) => to,
        None => {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let to = format!("http://{}", listener.local_addr()?);
            let delays = Router::new().route("/delay/{milliseconds}", get(delay));
            anyloop::spawn(serve(listener, delays).into_future());
            to
        }
    };
    let router = Router::new().fallback(get(forward)).with_state((Client::new(), Arc::from(to)));
    let listener = TcpListener::bind(&options.listen).await?;
    println!("http_proxy on http://{}", listener.local_addr()?);
    Ok(serve(listener, router).await?)
}
