//! The native loop through the contract: what anyloop is where no other loop is compiled in.

use std::cell::Cell;
use std::future::Future;
use std::net::TcpListener;
use std::time::Duration;

use futures_lite::future::yield_now;
use futures_lite::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use loop_api::net::{StdNet, TcpListener as _, TcpStream as _, UnixNet};
use loop_api::{EventLoop, Handle};
use loop_native::{NativeHandle, NativeLoop};

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
        _ => Start::lacks("the native loop alone", job),
    }
}

thread_local! {
    /// Of the loop that was started last on this thread.
    static HANDLE: Cell<Option<&'static NativeHandle>> = const { Cell::new(None) };
}

fn handle() -> &'static NativeHandle {
    HANDLE.get().expect("the loop was started")
}

struct Loop(NativeLoop);

impl Loop {
    fn new() -> Self {
        let native = NativeLoop::new().expect("the loop starts");
        // A program starts few of them.
        HANDLE.set(Some(Box::leak(Box::new(native.handle().clone()))));
        Self(native)
    }

    fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        self.0.block_on(future)
    }
}

type Stream = <NativeHandle as UnixNet>::UnixStream;

struct Unix;

impl Unix {
    fn pair() -> std::io::Result<(Stream, Stream)> {
        handle().unix_pair()
    }
}

fn detach(task: impl Future<Output = ()> + Send + 'static) {
    drop(handle().spawn(task));
}

fn spawn<T: Send + 'static>(
    task: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send {
    let task = handle().spawn(task);
    async { task.await.expect("the task ends") }
}

async fn spawn_blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    handle().spawn_blocking(job).await.expect("the job ends")
}

fn sleep(time: Duration) -> <NativeHandle as Handle>::Sleep {
    handle().sleep(time)
}

async fn serve(listener: TcpListener, bytes: usize) {
    let listener = handle().tcp_listener_from_std(listener).expect("a listener");
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
