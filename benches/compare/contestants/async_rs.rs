//! async-rs over tokio's current-thread runtime.

use std::future::Future;
use std::os::unix::net::UnixStream;
use std::sync::LazyLock;
use std::time::Duration;

use async_rs::TokioRuntime;
use async_rs::traits::{Executor, Reactor};
use futures_lite::future::yield_now;
use futures_lite::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

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
    let runtime = Loop;
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
            Start::left_out("async-rs has no listeners, only outgoing connections")
        }
        _ => Start::lacks("async-rs", job),
    }
}

static RUNTIME: LazyLock<TokioRuntime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    TokioRuntime::tokio_with_runtime(builder.enable_all().build().expect("the runtime starts"))
});

struct Loop;

impl Loop {
    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        RUNTIME.block_on(future)
    }
}

struct Unix;

impl Unix {
    /// Its way to a unix socket: one of std's, registered.
    fn pair() -> std::io::Result<(
        impl AsyncRead + AsyncWrite + Send + Unpin,
        impl AsyncRead + AsyncWrite + Send + Unpin,
    )> {
        let register = |stream: UnixStream| {
            stream.set_nonblocking(true)?;
            RUNTIME.register(stream)
        };
        let (a, b) = UnixStream::pair()?;
        Ok((register(a)?, register(b)?))
    }
}

fn detach(task: impl Future<Output = ()> + Send + 'static) {
    drop(RUNTIME.spawn(task));
}

fn spawn<T: Send + 'static>(
    task: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send {
    RUNTIME.spawn(task)
}

async fn spawn_blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    RUNTIME.spawn_blocking(job).await
}

fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
    RUNTIME.sleep(time)
}

async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: usize) {
    let mut buf = vec![0; 2 * bytes];
    while let Ok(n @ 1..) = stream.read(&mut buf).await {
        if stream.write_all(&buf[..n]).await.is_err() {
            return;
        }
    }
}

async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), mut buf: Vec<u8>, bytes: usize) -> Vec<u8> {
    stream.write_all(&buf[..bytes]).await.expect("the server reads");
    let mut got = 0;
    while got < bytes {
        got += stream.read(&mut buf[got..]).await.expect("the server answers");
    }
    buf
}
