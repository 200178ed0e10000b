//! RUN: what the end of a loop does to those who wait for something of it, and to what it owns.

use std::future::{Future, pending, poll_fn};
use std::io::Read;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::support::{
    Counter, LONG, SHORT, connected, is_closed, loopback, make, record_exceptions, tcp_pair, wait_until,
};
use crate::{HandleOf, Subject};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::error::RunError;
use loop_api::io::Interest;
use loop_api::net::{Net, TcpListener, TcpOptions, UdpOptions, UdpSocket};
#[cfg(unix)]
use loop_api::net::{UnixDatagram, UnixNet};
use loop_api::readiness::{Readiness, Source};
use loop_api::shared::ExceptionKind;

/// A future that waits on a thread that runs no loop.
struct Outside<F> {
    future: Pin<Box<F>>,
    woken: Counter,
}

struct Count(Counter);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.add();
    }
}

impl<F: Future> Outside<F> {
    /// Begins to wait.
    #[track_caller]
    fn begin(future: F) -> Outside<F> {
        let mut outside = Outside { future: Box::pin(future), woken: Counter::new() };
        assert!(outside.poll().is_pending(), "there is nothing yet that it could give");
        outside
    }

    fn poll(&mut self) -> Poll<F::Output> {
        let waker = Waker::from(Arc::new(Count(self.woken.clone())));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    /// What it gives after it was woken.
    #[track_caller]
    fn end(mut self) -> F::Output {
        assert!(wait_until(|| self.woken.get() > 0), "it was not woken");
        match self.poll() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it was woken, and waits on"),
        }
    }
}

#[track_caller]
fn assert_closed<T>(result: std::io::Result<T>) {
    let error = result.map(drop).expect_err("a closed loop to say so");
    assert!(is_closed(&error), "not Closed, but: {error:?}");
}

pub fn run29_blocking_elsewhere_ends_with_the_loop<S: Subject>() {
    for in_job in [false, true] {
        let subject = make::<S>();
        let handle = subject.handle().clone();
        let (says, said) = channel();
        let (begin, begun) = channel();
        let waits = handle.clone();
        let wait = move || {
            let mut sleep = Box::pin(waits.sleep(Duration::from_secs(3600)));
            let future = poll_fn(|cx| {
                let polled = sleep.as_mut().poll(cx);
                let _ = begin.send(());
                polled
            });
            let _ = says.send(waits.try_block_on(future));
        };
        if in_job {
            drop(handle.spawn_blocking(wait));
        } else {
            drop(thread::spawn(wait));
        }
        begun.recv_timeout(LONG).expect("the wait to begin");
        drop(subject);
        assert_eq!(said.recv_timeout(LONG), Ok(Err(RunError::Closed)));
    }
}

pub fn run29_blocking_elsewhere_gives_what_came_with_the_end<S: Subject>() {
    let subject = make::<S>();
    let handle = subject.handle().clone();
    let (begin, begun) = channel();
    let thread = thread::spawn(move || {
        let task = handle.spawn(pending::<()>());
        let mut task = Box::pin(task);
        // Whether the task is gone by the last poll is not promised: this is ready as soon as the
        // loop is closed.
        let future = poll_fn(|cx| {
            let _ = begin.send(());
            let _ = task.as_mut().poll(cx);
            if handle.shared().is_closed() { Poll::Ready("the end") } else { Poll::Pending }
        });
        handle.try_block_on(future)
    });
    begun.recv_timeout(LONG).expect("the wait to begin");
    drop(subject);
    assert_eq!(thread.join().unwrap(), Ok("the end"));
}

pub fn run30_waits_for_sockets_end_with_the_loop<S: Subject>()
where
    HandleOf<S>: Net,
{
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let (mut stream, mut peer) = subject.block_on(connected(&handle));
    let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).unwrap();
    let socket = handle.bind_udp(loopback(), &UdpOptions::default()).unwrap();
    let mut bytes = [[0; 8]; 3];
    let [one, two, three] = &mut bytes;

    let read = Outside::begin(stream.read(one));
    let accept = Outside::begin(listener.accept());
    let receive = Outside::begin(socket.recv_from(two));
    subject.close();
    assert_closed(read.end());
    assert_closed(accept.end());
    assert_closed(receive.end());
    // Nor does anything begin any more.
    assert_closed(futures_lite::future::block_on(peer.write(b"late")));
    assert_closed(futures_lite::future::block_on(peer.read(three)));
    assert_closed(futures_lite::future::block_on(listener.accept()));
}

#[cfg(unix)]
pub fn run30_waits_for_unix_sockets_end_with_the_loop<S: Subject>()
where
    HandleOf<S>: UnixNet,
{
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let (mut stream, mut peer) = handle.unix_pair().unwrap();
    let (socket, _other) = handle.unix_datagram_pair().unwrap();
    let mut bytes = [[0; 8]; 2];
    let [one, two] = &mut bytes;
    let read = Outside::begin(stream.read(one));
    let receive = Outside::begin(socket.recv(two));
    subject.close();
    assert_closed(read.end());
    assert_closed(receive.end());
    assert_closed(futures_lite::future::block_on(peer.write(b"late")));
}

pub fn run30_waits_for_descriptors_end_with_the_loop<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let (one, _peer) = tcp_pair();
    let (two, _other) = tcp_pair();
    one.set_nonblocking(true).unwrap();
    two.set_nonblocking(true).unwrap();
    let (one, two) = (handle.register(one).unwrap(), handle.register(two).unwrap());
    let read = |mut stream: &std::net::TcpStream| stream.read(&mut [0; 8]);
    let polled = Outside::begin(poll_fn(|cx| one.poll_io(cx, Interest::Readable, read)));
    let waits = Outside::begin(two.io(Interest::Readable, read));
    subject.close();
    assert_closed(polled.end());
    assert_closed(waits.end());
}

/// Counts the drops that find the loop, closed, as the current one.
struct Inside<H: Handle> {
    found: Counter,
    panics: bool,
    handle: PhantomData<fn() -> H>,
}

impl<H: Handle> Drop for Inside<H> {
    fn drop(&mut self) {
        if H::with_current(|current| current.is_some_and(|handle| handle.shared().is_closed())) {
            self.found.add();
        }
        if self.panics {
            // Without a message on standard error.
            std::panic::resume_unwind(Box::new("on purpose"));
        }
    }
}

pub fn run22_what_is_dropped_at_the_end_finds_the_loop<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let told = record_exceptions(&handle);
    let found = Counter::new();
    let inside = |panics| Inside::<HandleOf<S>> { found: found.clone(), panics, handle: PhantomData };
    // One destructor of each kind panics: the others have their turn all the same.
    for panics in [false, true, false] {
        let captured = inside(panics);
        handle.call_soon(move || drop(captured)).unwrap();
        let captured = inside(panics);
        handle.call_later(Duration::from_secs(3600), move || drop(captured)).unwrap();
    }
    let held = inside(false);
    let task = handle.spawn(async move {
        let _held = held;
        pending::<()>().await;
    });
    subject.close();
    assert!(wait_until(|| found.get() == 7), "{} of 7 found the loop", found.get());
    assert!(futures_lite::future::block_on(task).is_err_and(|error| error.is_cancelled()));
    let told = told.take();
    assert_eq!(told.len(), 2, "told: {told:?}");
    for told in told {
        assert!(told.kind == ExceptionKind::Callback && told.panic, "told: {told:?}");
        assert!(told.location.is_some_and(|(file, _)| file.ends_with("run_end.rs")), "told: {told:?}");
    }
}

pub fn run27_dropped_inside_a_loop_it_waits_for_no_job<S: Subject>() {
    let mut outer = make::<S>();
    let inner = make::<S>();
    let (begin, begun) = channel();
    let (release, released) = channel::<()>();
    let (over, is_over) = channel::<()>();
    drop(inner.handle().spawn_blocking(move || {
        let _over = over;
        begin.send(()).unwrap();
        let _ = released.recv();
    }));
    begun.recv_timeout(LONG).expect("the job to begin");
    // It would wait forever.
    outer.block_on(async move { drop(inner) });
    drop(release);
    assert!(is_over.recv_timeout(LONG).is_err_and(|e| e == std::sync::mpsc::RecvTimeoutError::Disconnected));
}

pub fn run27_shutdown_keeps_its_limit_while_a_task_is_busy<S: Subject>() {
    for limit in [Duration::ZERO, SHORT] {
        let mut subject = make::<S>();
        let handle = subject.handle().clone();
        let told = record_exceptions(&handle);
        let dropped = Counter::new();
        let (begin, begun) = channel();
        let (release, released) = channel::<()>();
        let guards = [dropped.on_drop(), dropped.on_drop()];
        let [one, two] = guards;
        let waits = handle.spawn(async move {
            let _one = one;
            pending::<()>().await;
        });
        let busy = handle.spawn(async move {
            let _two = two;
            begin.send(()).unwrap();
            // As a task should not: it blocks a thread of the loop.
            let _ = released.recv();
            pending::<()>().await;
        });
        begun.recv_timeout(LONG).expect("the task to begin");
        let start = Instant::now();
        subject.shutdown(Some(limit));
        assert!(start.elapsed() >= limit, "it did not wait for the task");
        assert!(start.elapsed() < LONG, "it waited for the task for {:?}", start.elapsed());
        if !limit.is_zero() {
            let told = told.take();
            assert!(told.iter().any(|told| told.kind == ExceptionKind::Blocking), "told: {told:?}");
        }
        drop(release);
        assert!(wait_until(|| dropped.get() == 2), "{} of 2 tasks were dropped", dropped.get());
        for task in [waits, busy] {
            assert!(futures_lite::future::block_on(task).is_err_and(|error| error.is_cancelled()));
        }
    }
}
