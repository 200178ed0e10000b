//! monoio used directly: one thread, buffers handed over and back.

use std::future::Future;
use std::net::TcpListener;

use monoio::blocking::DefaultThreadPool;
use monoio::buf::IoBufMut;
use monoio::io::{AsyncReadRent, AsyncWriteRent, AsyncWriteRentExt};
use monoio::net::UnixStream as Unix;
use monoio::time::{TimeDriver, sleep};
use monoio::{FusionDriver, FusionRuntime, IoUringDriver, LegacyDriver, RuntimeBuilder, spawn};

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
        _ => Start::lacks("monoio", job),
    }
}

/// What it waits with on this machine.
pub(super) fn driver() -> &'static str {
    match Loop::new().0 {
        FusionRuntime::Uring(_) => "io_uring",
        FusionRuntime::Legacy(_) => "epoll (its legacy driver)",
    }
}

struct Loop(FusionRuntime<TimeDriver<IoUringDriver>, TimeDriver<LegacyDriver>>);

impl Loop {
    fn new() -> Self {
        let builder = RuntimeBuilder::<FusionDriver>::new().with_entries(4096).enable_timer();
        let pool = Box::new(DefaultThreadPool::new(1));
        Self(builder.attach_thread_pool(pool).build().expect("the runtime starts"))
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

fn detach(task: impl Future<Output = ()> + 'static) {
    drop(spawn(task));
}

/// It has none of its own.
use futures_lite::future::yield_now;

async fn spawn_blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    monoio::spawn_blocking(job).await.expect("the job ends")
}

async fn serve(listener: TcpListener, bytes: usize) {
    let listener = monoio::net::TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).expect("a socket");
        detach(echo(stream, bytes));
    }
}

async fn echo(mut stream: impl AsyncReadRent + AsyncWriteRent, bytes: usize) {
    let mut buf = Vec::with_capacity(2 * bytes);
    while let (Ok(1..), read) = stream.read(buf).await {
        let (written, back) = stream.write_all(read).await;
        if written.is_err() {
            return;
        }
        buf = back;
    }
}

async fn ask(stream: &mut (impl AsyncReadRent + AsyncWriteRent), buf: Vec<u8>, bytes: usize) -> Vec<u8> {
    let (written, sent) = stream.write_all(buf.slice_mut(..bytes)).await;
    written.expect("the server reads");
    let mut buf = sent.into_inner();
    let mut got = 0;
    while got < bytes {
        let (read, slice) = stream.read(buf.slice_mut(got..)).await;
        got += read.expect("the server answers");
        buf = slice.into_inner();
    }
    buf
}
