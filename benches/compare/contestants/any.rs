//! anyloop, over whichever of its backends.

use std::future::Future;
use std::net::TcpListener;
use std::time::Duration;

use anyloop::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use anyloop::net::UnixStream as Unix;
use anyloop::runtime::{Backend, Builder, Runtime};
use anyloop::task::yield_now;
use anyloop::time::sleep;

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
#[path = "../programs/workers.rs"]
mod workers;

/// Native looks again for so long before it sleeps, where it is to spin.
pub(super) const SPIN: Duration = Duration::from_micros(50);

pub(super) fn start(backend: Backend, threads: usize, job: &Job) -> Start {
    let mut builder = Builder::new();
    if threads > 1 {
        builder.worker_threads(threads);
    }
    with(builder.backend(backend), job)
}

pub(super) fn spinning(job: &Job) -> Start {
    with(Builder::new().backend(Backend::Native).spin(SPIN), job)
}

fn with(builder: &Builder, job: &Job) -> Start {
    let mut runtime = Loop(builder.build().expect("the loop starts"));
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
        names::SPAWN_STORM => workers::storm(runtime),
        names::FAN_OUT => workers::fan_out(runtime),
        names::TASK_SIZE => memory::task(runtime),
        names::SLEEP_SIZE => memory::nap(runtime),
        names::TCP_ECHO | names::MT_ECHO | names::IDLE_CONNECTION => {
            let bytes = job.param("bytes");
            Start::server(move |listener| runtime.block_on(serve(listener, bytes)))
        }
        _ => Start::lacks("anyloop", job),
    }
}

struct Loop(Runtime);

impl Loop {
    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

fn detach(task: impl Future<Output = ()> + Send + 'static) {
    drop(anyloop::spawn(task));
}

fn spawn<T: Send + 'static>(
    task: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send {
    let task = anyloop::spawn(task);
    async { task.await.expect("the task ends") }
}

async fn spawn_blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    anyloop::task::spawn_blocking(job).await.expect("the job ends")
}

async fn serve(listener: TcpListener, bytes: usize) {
    let listener = anyloop::net::TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).expect("a socket");
        detach(echo(stream, bytes));
    }
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
