//! The workloads on the native loop through the contract alone, without the facade.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_lite::future::yield_now;
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, TcpListener, TcpOptions};
use loop_api::{EventLoop, Handle};
use loop_native::{NativeHandle, NativeLoop};

use crate::many::{self, Raw};
use crate::{MESSAGE, Workload};

pub(crate) fn run(workers: usize, workload: Workload, times: usize) {
    let mut native = NativeLoop::builder().worker_threads(workers).build().expect("the loop starts");
    let handle = native.handle().clone();
    match workload {
        Workload::Many(many) => native.block_on(many::run(Native(handle), many, times)),
        // One worker has all of it, and this thread waits: what is counted is the worker's.
        _ if workers == 1 => {
            let task = handle.spawn(work(handle.clone(), workload, times));
            native.block_on(task).expect("the task ends");
        }
        _ => native.block_on(work(handle, workload, times)),
    }
}

async fn work(handle: NativeHandle, workload: Workload, times: usize) {
    match workload {
        Workload::Spawn => {
            for i in 0..times {
                assert_eq!(handle.spawn(async move { i }).await.expect("the task ends"), i);
            }
        }
        Workload::Sleep => {
            for _ in 0..times {
                let mut sleep = pin!(handle.sleep(Duration::from_secs(60)));
                let pending = poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_pending())).await;
                assert!(pending);
            }
        }
        Workload::Echo { connections } => echo(&handle, connections, times).await,
        Workload::CallSoon => {
            for _ in 0..times {
                handle.call_soon(|| ()).expect("the loop is open");
                yield_now().await;
            }
        }
        other => panic!("{other:?} is not of the contract alone"),
    }
}

async fn echo(handle: &NativeHandle, connections: usize, times: usize) {
    let options = TcpOptions::default();
    let listener = handle.listen_tcp(([127, 0, 0, 1], 0).into(), &options).expect("a free port");
    let addr = listener.local_addr().expect("an address");
    let server = handle.clone();
    let _detached = handle.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _detached = server.spawn(async move {
                let mut buf = [0; MESSAGE];
                while let Ok(n @ 1..) = stream.read(&mut buf).await {
                    stream.write_all(&buf[..n]).await.expect("the client reads");
                }
            });
        }
    });
    let mut clients = Vec::new();
    for _ in 0..connections {
        let mut stream = handle.connect_tcp(addr, options.clone()).await.expect("the server accepts");
        clients.push(handle.spawn(async move {
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

#[derive(Clone)]
struct Native(NativeHandle);

impl Raw for Native {
    fn spawn<F>(&self, future: F) -> impl Future<Output = F::Output> + Send + 'static
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let task = self.0.spawn(future);
        async { task.await.expect("the task ends") }
    }

    fn sleep_until(&self, deadline: Instant) -> impl Future<Output = ()> + Send + 'static {
        self.0.sleep_until(deadline.into())
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        yield_now()
    }
}
