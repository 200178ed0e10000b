//! HTTP hello: hyper's server on each loop, with the streams that a user of that loop would give
//! it.

use std::convert::Infallible;
use std::net::TcpListener;

use async_executor::Executor;
use async_io::Async;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use smol_hyper::rt::FuturesIo;

use anyloop::runtime::{Backend, Builder};

use crate::job::{Job, Start};
use crate::names;
use crate::wire::BODY;

/// Readies a contestant.
pub(super) fn start(name: &str, job: &Job) -> Start {
    match name {
        names::NATIVE => any(Backend::Native),
        names::TOKIO => any(Backend::Tokio),
        names::SMOL => any(Backend::Smol),
        names::RAW_TOKIO => raw_tokio(),
        names::RAW_SMOL => raw_smol(),
        _ => Start::lacks(names::label(name), job),
    }
}

async fn hello(_request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(BODY))))
}

/// One connection, until the client goes.
async fn connection(stream: impl Read + Write + Unpin) {
    // A client that goes in the middle is no concern of the measurement.
    let _gone = http1::Builder::new().serve_connection(stream, service_fn(hello)).await;
}

fn any(backend: Backend) -> Start {
    let mut runtime = Builder::new().backend(backend).build().expect("the loop starts");
    Start::server(move |listener| {
        runtime.block_on(async {
            let listener = anyloop::net::TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a socket");
                // anyloop's streams implement hyper's traits themselves.
                drop(anyloop::spawn(connection(stream)));
            }
        });
    })
}

fn raw_tokio() -> Start {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the runtime starts");
    Start::server(move |listener| {
        runtime.block_on(async {
            listener.set_nonblocking(true).expect("a listener");
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a socket");
                tokio::spawn(connection(TokioIo::new(stream)));
            }
        });
    })
}

fn raw_smol() -> Start {
    static EXECUTOR: Executor<'_> = Executor::new();
    Start::server(|listener| {
        async_io::block_on(EXECUTOR.run(async {
            let listener = Async::<TcpListener>::new(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                stream.get_ref().set_nodelay(true).expect("a socket");
                EXECUTOR.spawn(connection(FuturesIo::new(stream))).detach();
            }
        }));
    })
}
