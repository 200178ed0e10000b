//! The workloads on anyloop.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::runtime::{Backend, Builder, Handle};
use anyloop::time::{Duration, sleep};

use crate::{MESSAGE, Workload};

pub(crate) fn run(backend: Backend, workers: usize, workload: Workload, times: usize) {
    let mut builder = Builder::new();
    builder.backend(backend);
    if workers > 0 {
        builder.worker_threads(workers);
    }
    let mut runtime = builder.build().expect("the loop starts");
    match workload {
        Workload::Many(many) => panic!("{many:?} is for the raw runtimes"),
        #[cfg(feature = "tokio")]
        Workload::TokioIo => runtime.block_on(tokio_io(times)),
        // As on the raw runtimes.
        _ if workers == 1 => {
            let task = runtime.spawn(work(workload, times));
            runtime.block_on(task).expect("the task ends");
        }
        _ => runtime.block_on(work(workload, times)),
    }
}

async fn work(workload: Workload, times: usize) {
    match workload {
        Workload::Spawn => {
            for i in 0..times {
                assert_eq!(anyloop::spawn(async move { i }).await.expect("the task ends"), i);
            }
        }
        Workload::Sleep => {
            for _ in 0..times {
                let mut sleep = pin!(sleep(Duration::from_secs(60)));
                let pending = poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_pending())).await;
                assert!(pending);
            }
        }
        Workload::Echo { connections } => echo(connections, times).await,
        Workload::CallSoon => {
            let handle = Handle::current();
            for _ in 0..times {
                handle.call_soon(|| ()).expect("the loop is open");
                anyloop::task::yield_now().await;
            }
        }
        other => unreachable!("{other:?}: the caller has it"),
    }
}

async fn echo(connections: usize, times: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("an address");
    anyloop::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            anyloop::spawn(async move {
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
        clients.push(anyloop::spawn(async move {
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

#[cfg(feature = "tokio")]
async fn tokio_io(times: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let addr = listener.local_addr().expect("an address");
    let server = anyloop::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        crate::tokio_io::server(stream).await;
    });
    let client = TcpStream::connect(addr).await.expect("the server accepts");
    let client = anyloop::spawn(crate::tokio_io::client(client, times));
    client.await.expect("the client ends");
    server.await.expect("the server ends");
}
