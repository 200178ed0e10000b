//! The workloads on tokio itself, as its users write them.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::many::{self, Raw};
use crate::{MESSAGE, Workload};

pub(crate) fn run(workers: usize, workload: Workload, times: usize) {
    let mut builder = match workers {
        0 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(workers.max(1)).enable_all().build().expect("the runtime starts");
    match workload {
        Workload::Many(many) => runtime.block_on(many::run(Tokio, many, times)),
        Workload::TokioIo => runtime.block_on(tokio_io(times)),
        // As on native.
        _ if workers == 1 => runtime.block_on(runtime.spawn(work(workload, times))).expect("the task ends"),
        _ => runtime.block_on(work(workload, times)),
    }
}

async fn work(workload: Workload, times: usize) {
    match workload {
        Workload::Spawn => {
            for i in 0..times {
                assert_eq!(tokio::spawn(async move { i }).await.expect("the task ends"), i);
            }
        }
        Workload::Sleep => {
            for _ in 0..times {
                let mut sleep = pin!(tokio::time::sleep(Duration::from_secs(60)));
                let pending = poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_pending())).await;
                assert!(pending);
            }
        }
        Workload::Echo { connections } => echo(connections, times).await,
        Workload::CallSoon => {
            for _ in 0..times {
                drop(tokio::spawn(async {}));
                tokio::task::yield_now().await;
            }
        }
        Workload::TokioIo | Workload::Many(_) => unreachable!("the caller has them"),
    }
}

async fn echo(connections: usize, times: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buf = [0; MESSAGE];
                while let Ok(n @ 1..) = stream.read(&mut buf).await {
                    stream.write_all(&buf[..n]).await.expect("the client reads");
                }
            });
        }
    });
    let mut clients = Vec::new();
    for _ in 0..connections {
        let mut stream = TcpStream::connect(addr).await.expect("the server accepts");
        clients.push(tokio::spawn(async move {
            let mut buf = [0; MESSAGE];
            for _ in 0..times / connections {
                stream.write_all(&[7; MESSAGE]).await.expect("the server reads");
                stream.read_exact(&mut buf).await.expect("the server answers");
            }
        }));
    }
    for client in clients {
        client.await.expect("the client ends");
    }
}

async fn tokio_io(times: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("an address");
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        crate::tokio_io::server(stream).await;
    });
    let client = TcpStream::connect(addr).await.expect("the server accepts");
    let client = tokio::spawn(crate::tokio_io::client(client, times));
    client.await.expect("the client ends");
    server.await.expect("the server ends");
}

#[derive(Clone)]
struct Tokio;

impl Raw for Tokio {
    fn spawn<F>(&self, future: F) -> impl Future<Output = F::Output> + Send + 'static
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let task = tokio::spawn(future);
        async { task.await.expect("the task ends") }
    }

    fn sleep_until(&self, deadline: Instant) -> impl Future<Output = ()> + Send + 'static {
        tokio::time::sleep_until(deadline.into())
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }
}
