//! The workloads on smol's own crates, as their users write them.

use std::future::{Future, poll_fn};
use std::net::{TcpListener, TcpStream};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use async_executor::Executor;
use async_io::{Async, Timer};
use futures_lite::future::yield_now;
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::{MESSAGE, Workload};

pub(crate) fn run(workload: Workload, times: usize) {
    let executor: &'static Executor<'static> = Box::leak(Box::new(Executor::new()));
    let work = async {
        match workload {
            Workload::Spawn => {
                for i in 0..times {
                    assert_eq!(executor.spawn(async move { i }).await, i);
                }
            }
            Workload::Sleep => {
                for _ in 0..times {
                    let mut timer = pin!(Timer::after(Duration::from_secs(60)));
                    let pending = poll_fn(|cx| Poll::Ready(timer.as_mut().poll(cx).is_pending())).await;
                    assert!(pending);
                }
            }
            Workload::Echo { connections } => echo(executor, connections, times).await,
            Workload::Many(many) => panic!("{many:?} is for native and tokio"),
            #[cfg(feature = "tokio")]
            Workload::TokioIo => panic!("tokio's I/O traits are not on these sockets"),
            Workload::CallSoon => {
                for _ in 0..times {
                    executor.spawn(async {}).detach();
                    yield_now().await;
                }
            }
        }
    };
    async_io::block_on(executor.run(work));
}

async fn echo(executor: &'static Executor<'static>, connections: usize, times: usize) {
    let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0)).expect("a free port");
    let addr = listener.get_ref().local_addr().expect("an address");
    executor
        .spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                executor
                    .spawn(async move {
                        let mut buf = [0; MESSAGE];
                        while let Ok(n @ 1..) = stream.read(&mut buf).await {
                            stream.write_all(&buf[..n]).await.expect("the client reads");
                        }
                    })
                    .detach();
            }
        })
        .detach();
    let mut clients = Vec::new();
    for _ in 0..connections {
        let mut stream = Async::<TcpStream>::connect(addr).await.expect("the server accepts");
        clients.push(executor.spawn(async move {
            let mut buf = [0; MESSAGE];
            for _ in 0..times / connections {
                stream.write_all(&[7; MESSAGE]).await.expect("the server reads");
                stream.read_exact(&mut buf).await.expect("the server answers");
            }
        }));
    }
    for client in clients {
        client.await;
    }
}
