//! What `anyloop::sync` and the pipe in memory promise of others' code, wherever the types come
//! from: wakers and values may do anything when they are dropped.
#![cfg(all(feature = "sync", feature = "io-util"))]

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

use anyloop::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use anyloop::sync::{Mutex, Notify, Semaphore, broadcast, mpsc, oneshot, watch};

mod support;

/// A waker that calls `tell` when it is dropped.
struct Tells<F: Fn() + Send + Sync + 'static>(F);

impl<F: Fn() + Send + Sync + 'static> Wake for Tells<F> {
    fn wake(self: Arc<Self>) {}
}

impl<F: Fn() + Send + Sync + 'static> Drop for Tells<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Polls by `poll`, which stays pending, with one waker after another, and tells how many were
/// dropped: a deadlock, if one was under a lock that `tell` takes.
fn replaces_wakers(tell: impl Fn() + Send + Sync + Clone + 'static, mut poll: impl FnMut(&mut Context<'_>)) {
    let dropped = Arc::new(AtomicUsize::new(0));
    for _ in 0..3 {
        let (tell, count) = (tell.clone(), dropped.clone());
        let waker = Waker::from(Arc::new(Tells(move || {
            tell();
            count.fetch_add(1, Ordering::SeqCst);
        })));
        poll(&mut Context::from_waker(&waker));
    }
    assert!(dropped.load(Ordering::SeqCst) >= 2, "replaced wakers are kept");
}

#[test]
fn a_replaced_waker_may_notify_when_it_is_dropped() {
    let notify = Arc::new(Notify::new());
    let mut wait = pin!(notify.notified());
    let tell = notify.clone();
    // Takes the lock, and lets the wait go on waiting.
    replaces_wakers(
        move || assert!(!pin!(tell.notified()).enable()),
        |cx| assert!(wait.as_mut().poll(cx).is_pending()),
    );
}

#[test]
fn a_replaced_waker_may_use_the_channel_when_it_is_dropped() {
    let (sender, mut receiver) = mpsc::channel::<u8>(1);
    let tell = sender.clone();
    replaces_wakers(move || drop(tell.try_reserve()), |cx| assert!(receiver.poll_recv(cx).is_pending()));

    let (sender, mut receiver) = oneshot::channel::<u8>();
    let sender = Arc::new(sender);
    let tell = sender.clone();
    replaces_wakers(
        move || {
            let _closed = tell.is_closed();
        },
        |cx| assert!(Pin::new(&mut receiver).poll(cx).is_pending()),
    );

    let (sender, receiver) = watch::channel(0);
    let sender = Arc::new(sender);
    let (tell, mut receiver) = (sender.clone(), receiver);
    let mut changed = pin!(receiver.changed());
    replaces_wakers(
        move || drop(tell.subscribe().has_changed()),
        |cx| assert!(changed.as_mut().poll(cx).is_pending()),
    );

    let (sender, mut receiver) = broadcast::channel::<u8>(1);
    let mut received = pin!(receiver.recv());
    replaces_wakers(move || drop(sender.subscribe()), |cx| assert!(received.as_mut().poll(cx).is_pending()));
}

#[test]
fn a_replaced_waker_may_lock_when_it_is_dropped() {
    let mutex = Arc::new(Mutex::new(0));
    let held = mutex.try_lock().unwrap();
    let tell = mutex.clone();
    let mut lock = pin!(mutex.lock());
    replaces_wakers(move || drop(tell.try_lock()), |cx| assert!(lock.as_mut().poll(cx).is_pending()));
    drop(held);

    let semaphore = Arc::new(Semaphore::new(0));
    let tell = semaphore.clone();
    let mut acquired = pin!(semaphore.acquire());
    replaces_wakers(move || drop(tell.try_acquire()), |cx| assert!(acquired.as_mut().poll(cx).is_pending()));
}

/// One end, which a waker has too.
#[derive(Clone)]
struct SharedEnd(Arc<std::sync::Mutex<DuplexStream>>);

#[test]
fn a_replaced_waker_may_use_the_pipe_when_it_is_dropped() {
    let (mut here, there) = duplex(1);
    let there = SharedEnd(Arc::new(std::sync::Mutex::new(there)));
    let mut byte = [0];
    // The other end's empty reads and writes take the locks of both directions.
    let tell = move || {
        let mut end = there.0.lock().unwrap();
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut *end).poll_write(cx, b"").is_ready());
        assert!(Pin::new(&mut *end).poll_flush(cx).is_ready());
    };
    replaces_wakers(tell.clone(), |cx| {
        assert!(Pin::new(&mut here).poll_read(cx, &mut ReadBuf::new(&mut byte)).is_pending());
    });
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut here).poll_write(cx, b"!").is_ready());
    replaces_wakers(tell, |cx| assert!(Pin::new(&mut here).poll_write(cx, b"?").is_pending()));
}

#[test]
fn a_value_whose_drop_panics_takes_no_other_with_it() {
    struct Value(usize, Arc<AtomicUsize>);
    impl Drop for Value {
        fn drop(&mut self) {
            self.1.fetch_add(1, Ordering::SeqCst);
            assert_ne!(self.0, 1, "the second value's drop panics");
        }
    }
    let dropped = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = mpsc::unbounded_channel();
    for n in 0..10 {
        assert!(sender.send(Value(n, dropped.clone())).is_ok());
    }
    drop(sender);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(receiver))).is_err());
    assert_eq!(dropped.load(Ordering::SeqCst), 10);
}

#[cfg(feature = "macros")]
#[anyloop::test]
async fn blocking_jobs_wait_for_channels_and_locks() {
    let (sender, mut receiver) = mpsc::channel(1);
    let (answer, answered) = oneshot::channel();
    let job = anyloop::task::spawn_blocking(move || {
        let question: u8 = receiver.blocking_recv().unwrap();
        answer.send(question + 1).unwrap();
        assert_eq!(receiver.blocking_recv(), Some(3));
    });
    sender.send(1).await.unwrap();
    assert_eq!(answered.await.unwrap(), 2);
    let job2 = anyloop::task::spawn_blocking(move || sender.blocking_send(3).is_ok());
    job.await.unwrap();
    job2.await.unwrap();
}

/// Where a loop has tokio inside, what would stop the loop is refused. On native and smol alone it
/// cannot be: the page of `sync` says so.
#[cfg(feature = "compat")]
#[test]
fn blocking_calls_in_a_task_are_refused_with_advice() {
    use anyloop::runtime::Backend;
    let mut builders = Vec::new();
    for &backend in Backend::compiled() {
        builders.push(support::with_tokio(backend));
        #[cfg(feature = "tokio")]
        if backend == Backend::Tokio {
            builders.push(anyloop::runtime::Builder::new().backend(backend).clone());
        }
    }
    for builder in builders {
        let mut runtime = builder.build().unwrap();
        let refused = || async {
            let (sender, mut receiver) = mpsc::channel::<u8>(1);
            let error = catch_unwind(AssertUnwindSafe(|| receiver.blocking_recv())).unwrap_err();
            let said = error.downcast_ref::<String>().cloned().unwrap_or_default();
            assert!(said.contains("Cannot block the current thread"), "no advice in: {said}");
            assert!(catch_unwind(AssertUnwindSafe(|| sender.blocking_send(1))).is_err());
        };
        runtime.block_on(refused());
        runtime.block_on(async { anyloop::spawn(refused()).await }).unwrap();
    }
}
