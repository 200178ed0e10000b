//! agnostic over tokio's current-thread runtime, which it has its users start.

use std::future::Future;
use std::net::TcpListener;
use std::time::Duration;

use agnostic::net::TcpListener as _;
use agnostic::tokio::TokioRuntime;
use agnostic::tokio::net::TcpListener as Listener;
use agnostic::{LocalRuntimeLite, RuntimeLite};
use futures_lite::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::job::{Job, Start};
use crate::names;

#[path = "../programs/blocking.rs"]
mod blocking;
#[path = "../programs/memory.rs"]
mod memory;
#[path = "../programs/tasks.rs"]
mod tasks;
#[path = "../programs/time.rs"]
mod time;
#[path = "../programs/wake.rs"]
mod wake;

pub(super) fn start(job: &Job) -> Start {
    let mut runtime = Loop::new();
    match job.workload.as_str() {
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
        names::UNIX_PAIRS => Start::left_out("agnostic has no unix sockets"),
        _ => Start::lacks("agnostic", job),
    }
}

struct Loop(tokio::runtime::Runtime);

impl Loop {
    fn new() -> Self {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        Self(builder.enable_all().build().expect("the runtime starts"))
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

fn detach(task: impl Future<Output = ()> + Send + 'static) {
    TokioRuntime::spawn_detach(task);
}

fn spawn<T: Send + 'static>(
    task: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send {
    let task = TokioRuntime::spawn(task);
    async { task.await.expect("the task ends") }
}

async fn spawn_blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    TokioRuntime::spawn_blocking(job).await.expect("the job ends")
}

fn yield_now() -> impl Future<Output = ()> + Send {
    TokioRuntime::yield_now()
}

fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
    let sleep = TokioRuntime::sleep(time);
    async {
        sleep.await;
    }
}

async fn serve(listener: TcpListener, bytes: usize) {
    listener.set_nonblocking(true).expect("a listener");
    let listener = Listener::try_from(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        use agnostic::net::TcpStream as _;
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
