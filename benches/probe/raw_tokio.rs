//! The workloads on tokio itself, as its users write them.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::{MESSAGE, Workload};

pub(crate) fn run(workload: Workload, times: usize) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("the runtime starts");
    match workload {
        Workload::Spawn => runtime.block_on(async {
            for i in 0..times {
                assert_eq!(tokio::spawn(async move { i }).await.expect("the task ends"), i);
            }
        }),
        Workload::Sleep => runtime.block_on(async {
            for _ in 0..times {
                let mut sleep = pin!(tokio::time::sleep(Duration::from_secs(60)));
                let pending = poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_pending())).await;
                assert!(pending);
            }
        }),
        Workload::Echo { connections } => runtime.block_on(echo(connections, times)),
        Workload::CallSoon => runtime.block_on(async {
            for _ in 0..times {
                drop(tokio::spawn(async {}));
                tokio::task::yield_now().await;
            }
        }),
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
