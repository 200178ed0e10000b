//! An HTTP service on hyper that ends gracefully: at Ctrl-C or SIGTERM it takes no further
//! connection, answers the requests that are under way, and closes the connections that are idle.
//!
//!     cargo run --example service -- --listen 127.0.0.1:8080
//!     curl --data ciao http://127.0.0.1:8080/echo

use std::convert::Infallible;
use std::process::ExitCode;
use std::time::Duration;

use anyloop::net::{TcpListener, TcpStream};
use anyloop::sync::watch;
use anyloop::task::JoinSet;
use anyloop::time::timeout;
use clap::Parser;
use examples::{Limits, Options, Outcome, Stop};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use web::Timer;

/// The most that the head of a request may have, and the most of its body, in bytes.
const HEAD_LIMIT: usize = 16 * 1024;
const BODY_LIMIT: usize = 64 * 1024;

/// An HTTP service that ends gracefully, at Ctrl-C or SIGTERM.
#[derive(Parser)]
pub(crate) struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    limits: Limits,
    /// How many milliseconds requests have to finish.
    #[arg(long, default_value_t = 5000)]
    grace: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    examples::run(args.options.backend, || serve(args))
}

pub(crate) async fn serve(Args { options, limits, grace }: Args) -> Outcome {
    let mut stop = Stop::listen()?;
    let listener = TcpListener::bind(&options.listen).await?;
    println!("service on http://{}", listener.local_addr()?);
    // Dropping the one end tells all that have the other.
    let (drain, draining) = watch::channel(());
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = anyloop::select! {
            accepted = limits.accept(&listener, &mut connections) => accepted?,
            () = stop.asked() => break,
        };
        let draining = draining.clone();
        connections.spawn(async move {
            if let Err(error) = connection(stream, limits, draining).await {
                eprintln!("{peer}: {error}");
            }
        });
    }
    // Further ones are refused.
    drop((listener, drain));
    while connections.try_join_next().is_some() {}
    let grace = Duration::from_millis(grace);
    println!("{} connections have {grace:?} to finish", connections.len());
    let finish = async { while connections.join_next().await.is_some() {} };
    match timeout(grace, finish).await {
        Ok(()) => println!("all have finished"),
        // They end with the set.
        Err(_elapsed) => println!("{} have not finished", connections.len()),
    }
    Ok(())
}

async fn connection(
    stream: TcpStream,
    limits: Limits,
    mut draining: watch::Receiver<()>,
) -> hyper::Result<()> {
    let service = service_fn(|request| answer(request, limits.patience));
    let connection = http1::Builder::new()
        .timer(Timer)
        .header_read_timeout(limits.patience)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(stream, service);
    let mut connection = std::pin::pin!(connection);
    // What is answered after the signal tells the client that the connection closes.
    anyloop::select! {
        biased;
        _ = draining.changed() => {}
        ended = connection.as_mut() => return ended,
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

async fn answer(request: Request<Incoming>, patience: Duration) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, body) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => (StatusCode::OK, Bytes::from_static(b"ciao\n")),
        (&Method::POST, "/echo") => {
            let body = Limited::new(request.into_body(), BODY_LIMIT).collect();
            match timeout(patience, body).await {
                Ok(Ok(body)) => (StatusCode::OK, body.to_bytes()),
                Ok(Err(error)) => (StatusCode::BAD_REQUEST, Bytes::from(format!("{error}\n"))),
                Err(elapsed) => (StatusCode::REQUEST_TIMEOUT, Bytes::from(format!("{elapsed}\n"))),
            }
        }
        _ => (StatusCode::NOT_FOUND, Bytes::from_static(b"there is GET / and POST /echo\n")),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    Ok(response)
}
