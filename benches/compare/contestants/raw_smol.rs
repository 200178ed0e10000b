//! smol's own crates used directly: an `Executor` and `Async` sockets, on one thread or on several.

use std::future::Future;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use async_executor::{Executor, Task};
use async_io::{Async, Timer};
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
#[path = "../programs/workers.rs"]
mod workers;

pub(super) fn start(threads: usize, job: &Job) -> Start {
    let mut runtime = Loop::new(threads);
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
        _ => Start::lacks("smol", job),
    }
}

static EXECUTOR: Executor<'_> = Executor::new();

struct Loop;

impl Loop {
    /// With more than one, the others beside this one run tasks too.
    fn new(threads: usize) -> Self {
        for _ in 1..threads {
            std::thread::spawn(|| async_io::block_on(EXECUTOR.run(std::future::pending::<()>())));
        }
        Self
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        async_io::block_on(EXECUTOR.run(future))
    }
}

fn detach(task: impl Future<Output = ()> + Send + 'static) {
    EXECUTOR.spawn(task).detach();
}

fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> Task<T> {
    EXECUTOR.spawn(task)
}

async fn spawn_blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    ::blocking::unblock(job).await
}

fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
    let timer = Timer::after(time);
    async {
        timer.await;
    }
}

struct Unix;

impl Unix {
    fn pair() -> io::Result<(Async<UnixStream>, Async<UnixStream>)> {
        Async::<UnixStream>::pair()
    }
}

async fn serve(listener: TcpListener, bytes: usize) {
    let listener = Async::<TcpListener>::new(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        stream.get_ref().set_nodelay(true).expect("a socket");
        let stream: Async<TcpStream> = stream;
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
