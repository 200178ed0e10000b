//! What the cases share.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{HandleOf, Subject};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::error::Closed;
use loop_api::net::{Net, TcpOptions};
use loop_api::shared::{Exception, ExceptionKind};

mod calling_waker;

pub use calling_waker::{WakerCalls, calling_waker};

/// A delay long enough to be told from none, and short enough for many cases.
pub const SHORT: Duration = Duration::from_millis(20);

/// What "promptly" may take on a busy machine. Reaching it is a failure, never a step of a case.
pub const LONG: Duration = Duration::from_secs(8);

/// Makes a subject's loop and runs `main` on it, which is given the handle.
#[track_caller]
pub fn run<S: Subject, F: Future>(main: impl FnOnce(HandleOf<S>) -> F) -> F::Output {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    subject.block_on(main(handle))
}

/// Makes a subject's loop.
#[track_caller]
pub fn make<S: Subject>() -> S::Loop {
    S::make().expect("a loop to be made")
}

/// A list that callbacks and tasks write to, and the case reads.
pub struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Log<T> {
    /// An empty one.
    pub fn new() -> Self {
        Log(Arc::default())
    }

    /// Adds a line.
    pub fn push(&self, line: T) {
        self.lock().push(line);
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// The lines, which are taken out.
    pub fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Log(self.0.clone())
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Log::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for Log<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().fmt(f)
    }
}

/// A shared number.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicUsize>);

impl Counter {
    /// Zero.
    pub fn new() -> Self {
        Counter::default()
    }

    /// Adds one, and gives what it is then.
    pub fn add(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Takes one away.
    pub fn sub(&self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }

    /// What it is.
    pub fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Something that adds one when it is dropped.
    pub fn on_drop(&self) -> OnDrop {
        OnDrop(self.clone())
    }
}

/// Adds one to a [`Counter`] when it is dropped.
#[derive(Debug)]
pub struct OnDrop(Counter);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.add();
    }
}

/// What an exception handler was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// In what it went wrong.
    pub kind: ExceptionKind,
    /// What went wrong.
    pub message: String,
    /// The file and line where it was registered or spawned.
    pub location: Option<(&'static str, u32)>,
    /// Whether it was a panic.
    pub panic: bool,
}

/// Makes a log of what the loop's exception handler is told.
pub fn record_exceptions<H: Handle>(handle: &H) -> Log<Told> {
    let log = Log::new();
    let lines = log.clone();
    handle.shared().set_exception_handler(Some(Arc::new(move |exception: &Exception| {
        lines.push(Told {
            kind: exception.kind(),
            message: exception.message().to_owned(),
            location: exception.location().map(|at| (at.file(), at.line())),
            panic: exception.panic().is_some(),
        });
    })));
    log
}

/// Lets tasks run until `done`, sleeping in between; false if that takes [`LONG`].
pub async fn until<H: Handle>(handle: &H, mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !done() {
        if start.elapsed() > LONG {
            return false;
        }
        handle.sleep(Duration::from_millis(2)).await;
    }
    true
}

/// As [`until`], on a thread that runs no loop.
pub fn wait_until(mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !done() {
        if start.elapsed() > LONG {
            return false;
        }
        thread::sleep(Duration::from_millis(2));
    }
    true
}

/// The error of `ask`, which is asked again until it fails: another case's child may be between `fork`
/// and `exec`, and holds a copy of every descriptor of ours until then, of those closed since too.
pub async fn refusal<H: Handle, T, F>(handle: &H, mut ask: impl FnMut() -> F) -> io::Error
where
    F: Future<Output = io::Result<T>>,
{
    let start = Instant::now();
    loop {
        if let Err(error) = ask().await {
            return error;
        }
        assert!(start.elapsed() < LONG, "it is not refused");
        handle.sleep(Duration::from_millis(2)).await;
    }
}

/// Gives `future`'s output, or `None` if it takes longer than `limit`.
pub async fn within<H: Handle, F: Future>(handle: &H, limit: Duration, future: F) -> Option<F::Output> {
    let some = async { Some(future.await) };
    let none = async {
        handle.sleep(limit).await;
        None
    };
    futures_lite::future::or(some, none).await
}

/// Whether an error says that the loop is closed.
pub fn is_closed(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Closed>())
}

/// A connected pair of the standard library's sockets on loopback, blocking.
pub fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let one = TcpStream::connect(listener.local_addr().expect("its address")).expect("a connection");
    loop {
        let (other, peer) = listener.accept().expect("the other side");
        // Another process may have connected to the port by mistake.
        if Some(peer) == one.local_addr().ok() {
            return (one, other);
        }
    }
}

/// The loopback address, with a port that the system chooses.
pub fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// A connected pair of the loop's own sockets: who connected, and who accepted.
pub async fn connected<H: Net>(handle: &H) -> (H::TcpStream, H::TcpStream) {
    let options = TcpOptions::default();
    let listener = handle.listen_tcp(loopback(), &options).expect("a port");
    let addr = loop_api::net::TcpListener::local_addr(&listener).expect("its address");
    let both = futures_lite::future::zip(
        handle.connect_tcp(addr, options.clone()),
        loop_api::net::TcpListener::accept(&listener),
    );
    let (client, accepted) = both.await;
    (client.expect("a connection"), accepted.expect("a connection").0)
}

/// How many threads this process has.
#[cfg(target_os = "linux")]
pub fn threads() -> usize {
    entries("/proc/self/task")
}

/// How many descriptors this process has open.
#[cfg(target_os = "linux")]
pub fn descriptors() -> usize {
    entries("/proc/self/fd")
}

#[cfg(target_os = "linux")]
fn entries(directory: &str) -> usize {
    std::fs::read_dir(directory).expect("proc to be mounted").count()
}

/// The bytes of memory that this process has resident.
#[cfg(target_os = "linux")]
pub fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").expect("proc to be mounted");
    let pages: usize =
        text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number of pages");
    pages * 4096
}

/// The processor time that this thread has used.
#[cfg(target_os = "linux")]
pub fn thread_cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("proc to be mounted");
    let nanos = text.split(' ').next().and_then(|nanos| nanos.parse().ok()).expect("a number of nanoseconds");
    Duration::from_nanos(nanos)
}

/// Lets other tasks of this thread run.
pub use futures_lite::future::yield_now;

/// Numbers that look random and are the same each time.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers that follow from `seed`.
    pub fn new(seed: u64) -> Random {
        Random(seed | 1)
    }

    /// One below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}
