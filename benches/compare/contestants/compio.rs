//! compio used directly: one thread, buffers handed over and back.

use std::future::Future;
use std::net::TcpListener;

use compio::BufResult;
use compio::buf::{IntoInner, IoBuf};
use compio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use compio::net::UnixStream;
use compio::runtime::Runtime;
use compio::time::sleep;

use crate::job::{Job, Start};
use crate::names;

#[path = "../programs/blocking.rs"]
mod blocking;
#[path = "../programs/memory.rs"]
mod memory;
#[path = "../programs/pairs.rs"]
mod pairs;
#[path = "../programs/tasks.rs"]
mod tasks;
#[path = "../programs/time.rs"]
mod time;
#[path = "../programs/wake.rs"]
mod wake;

pub(super) fn start(job: &Job) -> Start {
    let mut runtime = Loop::new();
    match job.workload.as_str() {
        names::UNIX_PAIRS => pairs::start(runtime, job),
        names::SPAWN_JOIN => tasks::spawn_join(runtime, job),
        names::YIELD => tasks::yields(runtime, job),
        names::CHANNEL => tasks::ping_pong(runtime),
        names::SLEEP_DROP => time::created_and_dropped(runtime),
        names::SLEEP_EXPIRE => time::expiring(runtime, job),
        names::SLEEP_LATE => time::lateness(runtime),
        names::WAKE => wake::round_trip(runtime),
        names::BLOCKING => blocking::round_trip(runtime),
        names::TASK_SIZE => memory::task(runtime),
        names::SLEEP_SIZE => memory::nap(runtime),
        names::TCP_ECHO | names::IDLE_CONNECTION => {
            let bytes = job.param("bytes");
            Start::server(move |listener| runtime.block_on(serve(listener, bytes)))
        }
        _ => Start::lacks("compio", job),
    }
}

/// What it waits with on this machine.
pub(super) fn driver() -> String {
    format!("{:?}", Loop::new().0.driver_type())
}

struct Loop(Runtime);

impl Loop {
    fn new() -> Self {
        Self(Runtime::new().expect("the runtime starts"))
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

struct Unix;

impl Unix {
    fn pair() -> std::io::Result<(UnixStream, UnixStream)> {
        let (a, b) = std::os::unix::net::UnixStream::pair()?;
        Ok((UnixStream::from_std(a)?, UnixStream::from_std(b)?))
    }
}

fn detach(task: impl Future<Output = ()> + 'static) {
    compio::runtime::spawn(task).detach();
}

fn spawn<T: 'static>(task: impl Future<Output = T> + 'static) -> impl Future<Output = T> {
    let task = compio::runtime::spawn(task);
    async { task.await.expect("the task ends") }
}

/// It has none of its own.
use futures_lite::future::yield_now;

async fn spawn_blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    compio::runtime::spawn_blocking(job).await.expect("the job ends")
}

async fn serve(listener: TcpListener, bytes: usize) {
    let listener = compio::net::TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).expect("a socket");
        detach(echo(stream, bytes));
    }
}

async fn echo(mut stream: impl AsyncRead + AsyncWrite, bytes: usize) {
    let mut buf = Vec::with_capacity(2 * bytes);
    while let BufResult(Ok(1..), read) = stream.read(buf).await {
        let BufResult(written, back) = stream.write_all(read).await;
        if written.is_err() {
            return;
        }
        buf = back;
    }
}

async fn ask(stream: &mut (impl AsyncRead + AsyncWrite), buf: Vec<u8>, bytes: usize) -> Vec<u8> {
    let BufResult(written, sent) = stream.write_all(buf.slice(..bytes)).await;
    written.expect("the server reads");
    let mut buf = sent.into_inner();
    let mut got = 0;
    while got < bytes {
        let BufResult(read, slice) = stream.read(buf.slice(got..)).await;
        got += read.expect("the server answers");
        buf = slice.into_inner();
    }
    buf
}
