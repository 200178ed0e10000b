//! The two ends of a promise.

use std::future::Future;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use futures_lite::future::block_on;

use super::core::OnDone;
use super::{Deferred, DeferredError, Promise, promise};
use crate::callback::{Job, JobState};
use crate::shared::{Exception, ExceptionKind};
use crate::test_loop::{TestHandle, TestLoop};
use crate::{EventLoop, Handle};

fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs one turn, and gives what was noted in it.
fn turn(test: &mut TestLoop, log: &Mutex<Vec<u32>>) -> Vec<u32> {
    test.handle().stop();
    test.run_forever().unwrap();
    std::mem::take(&mut log.lock().unwrap())
}

#[test]
fn result_before_done_is_an_error_and_the_value_comes_once() {
    let (promise, mut deferred) = promise();
    assert!(deferred.try_result().unwrap_err().is_pending());
    assert!(poll(&mut deferred).is_pending());
    promise.settle(String::from("x")).unwrap();
    assert!(deferred.is_done());
    assert!(!deferred.cancel());
    assert_eq!(deferred.try_result().unwrap(), "x");
    assert!(matches!(deferred.try_result(), Err(DeferredError::Taken)));
}

#[test]
fn settling_what_is_not_waited_for_gives_it_back() {
    let (mut unheard, deferred) = promise();
    drop(deferred);
    assert!(unheard.is_cancelled());
    block_on(unheard.cancelled());
    assert_eq!(unheard.settle(1), Err(1));

    let (failing, deferred) = promise::<()>();
    assert!(deferred.cancel());
    assert!(!deferred.cancel());
    assert_eq!(failing.fail("no").unwrap_err().to_string(), "no");
    assert!(block_on(deferred).unwrap_err().is_cancelled());
}

#[test]
fn a_dropped_promise_wakes_the_waiter_on_another_thread() {
    let (promise, deferred) = promise::<()>();
    let waiter = thread::spawn(move || block_on(deferred));
    drop(promise);
    assert!(waiter.join().unwrap().unwrap_err().is_abandoned());
}

#[test]
fn errors_are_read_any_number_of_times() {
    let (promise, mut deferred) = promise::<()>();
    promise.fail(std::io::Error::other("broken")).unwrap();
    for _ in 0..2 {
        assert_eq!(deferred.try_result().unwrap_err().failure().unwrap().to_string(), "broken");
    }
}

#[test]
fn many_waiters_and_one_that_leaves() {
    let (promise, deferred) = promise();
    let shared = deferred.share();
    let waiters: Vec<_> = (0..4)
        .map(|_| {
            let waiter = shared.clone();
            thread::spawn(move || block_on(waiter))
        })
        .collect();
    let mut leaves = shared.clone();
    assert!(poll(&mut leaves).is_pending());
    drop(leaves);
    assert!(!promise.is_cancelled());
    promise.settle(5).unwrap();
    for waiter in waiters {
        assert_eq!(waiter.join().unwrap().unwrap(), 5);
    }
    assert_eq!(shared.result().unwrap(), 5);
    assert_eq!(shared.result().unwrap(), 5);
}

/// A value whose clone calls something.
struct CloneCalls(Arc<dyn Fn() + Send + Sync>);

impl Clone for CloneCalls {
    fn clone(&self) -> Self {
        (self.0)();
        CloneCalls(self.0.clone())
    }
}

/// Runs `f` on a thread of its own, for at most a while.
fn ends(f: impl FnOnce() + Send + 'static) {
    let (ends, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        f();
        let _asked = ends.send(());
    });
    let outcome = ended.recv_timeout(Duration::from_secs(30));
    assert_ne!(outcome, Err(mpsc::RecvTimeoutError::Timeout), "it hangs");
    thread.join().unwrap();
}

#[test]
fn the_clone_of_a_shared_value_may_read_it() {
    ends(|| {
        let (promise, deferred) = promise();
        let shared = deferred.share();
        let other = Mutex::new(Some(shared.clone()));
        let count = Arc::new(AtomicUsize::new(0));
        let reads = count.clone();
        let value = CloneCalls(Arc::new(move || {
            // Once: each read clones.
            let mut other = other.lock().unwrap().take();
            if let Some(other) = &mut other {
                assert!(other.result().is_ok());
                assert!(matches!(poll(other), Poll::Ready(Ok(_))));
                reads.fetch_add(1, Ordering::Relaxed);
            }
        }));
        assert!(promise.settle(value).is_ok());
        assert!(shared.result().is_ok());
        assert_eq!(count.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn several_threads_clone_a_shared_value_at_once() {
    ends(|| {
        let (promise, deferred) = promise();
        let shared = deferred.share();
        let all = Barrier::new(3);
        let meets = CloneCalls(Arc::new(move || {
            all.wait();
        }));
        assert!(promise.settle(meets).is_ok());
        let readers = [(); 3].map(|()| {
            let shared = shared.clone();
            thread::spawn(move || shared.result().is_ok())
        });
        assert!(readers.map(|reader| reader.join().unwrap()).iter().all(|read| *read));
    });
}

#[test]
fn a_value_that_was_taken_before_it_is_shared_is_taken() {
    let (promise, mut deferred) = promise();
    promise.settle(1).unwrap();
    assert_eq!(deferred.try_result().unwrap(), 1);
    let mut shared = deferred.share();
    assert!(matches!(shared.result(), Err(DeferredError::Taken)));
    assert!(matches!(poll(&mut shared), Poll::Ready(Err(DeferredError::Taken))));
}

#[test]
fn the_last_waiter_that_leaves_cancels() {
    let (promise, deferred) = promise::<u8>();
    let shared = deferred.share();
    drop(shared.clone());
    assert!(!promise.is_cancelled());
    drop(shared);
    assert!(promise.is_cancelled());
}

#[test]
fn done_callbacks_run_in_order_later_and_can_be_removed() {
    let mut test = TestLoop::new().unwrap();
    let handle = test.handle().clone();
    let log = Arc::new(Mutex::new(Vec::new()));
    let note = |n: u32| {
        let log = log.clone();
        move || log.lock().unwrap().push(n)
    };
    let (promise, deferred) = promise();
    deferred.on_done(&handle, note(1));
    let removed = deferred.on_done(&handle, note(2));
    let slot = Arc::new(Mutex::new(None::<crate::callback::CallbackHandle>));
    let victim = slot.clone();
    deferred.on_done(&handle, move || assert!(victim.lock().unwrap().take().unwrap().cancel()));
    *slot.lock().unwrap() = Some(deferred.on_done(&handle, note(3)));
    deferred.on_done(&handle, note(4));
    assert!(removed.cancel());
    promise.settle(()).unwrap();
    assert!(log.lock().unwrap().is_empty());
    assert_eq!(turn(&mut test, &log), [1, 4]);

    deferred.on_done(&handle, note(5));
    assert!(log.lock().unwrap().is_empty());
    assert_eq!(turn(&mut test, &log), [5]);
}

#[test]
fn all_done_callbacks_can_be_removed() {
    let test = TestLoop::new().unwrap();
    let (promise, deferred) = promise();
    for _ in 0..100 {
        deferred.on_done(test.handle(), || ()).cancel();
    }
    deferred.on_done(test.handle(), || unreachable!());
    deferred.on_done(test.handle(), || unreachable!());
    assert_eq!(deferred.remove_on_done(), 2);
    promise.settle(()).unwrap();
    assert!(!test.handle().shared().has_callbacks());
}

/// A callback that counts how often it is asked whether it waits still.
struct Asked {
    waits: bool,
    times: Arc<AtomicUsize>,
}

impl Job for Asked {
    fn run(&self) {}
    fn cancel(&self) -> bool {
        false
    }
    fn state(&self) -> JobState {
        self.times.fetch_add(1, Ordering::Relaxed);
        if self.waits { JobState::Waiting } else { JobState::Cancelled }
    }
    fn kind(&self) -> ExceptionKind {
        ExceptionKind::Callback
    }
    fn name(&self) -> &'static str {
        "asked"
    }
    fn location(&self) -> &'static Location<'static> {
        Location::caller()
    }
}

#[test]
fn removed_done_callbacks_are_dropped_while_others_wait() {
    let (promise, _deferred) = promise::<()>();
    let times = Arc::new(AtomicUsize::new(0));
    let add = |waits| {
        let job = Arc::new(Asked { waits, times: times.clone() });
        let weak = Arc::downgrade(&job);
        promise.core.on_done(OnDone { job, post: Box::new(|_| ()) });
        weak
    };
    let mut removed = Vec::new();
    for n in 0..1000 {
        let callback = add(n % 10 == 0);
        if n % 10 != 0 {
            removed.push(callback);
        }
    }
    let kept = removed.iter().filter(|callback| callback.strong_count() != 0).count();
    assert!(kept <= 256, "{kept} of {} that were removed are kept", removed.len());
    let times = times.load(Ordering::Relaxed);
    assert!(times <= 4_000, "looked at {times} times in 1000");
}

#[test]
fn an_unread_error_is_reported_once() {
    let mut test = TestLoop::new().unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    test.handle().set_exception_handler(Some(Arc::new(move |exception: &Exception| {
        assert!(exception.location().is_some_and(|location| location.file().contains("tests.rs")));
        sink.lock().unwrap().push((exception.kind(), exception.message().to_owned()));
    })));
    test.block_on(async {
        let (read, deferred) = promise::<()>();
        read.fail("read").unwrap();
        deferred.await.unwrap_err();

        let (cancelled, deferred) = promise::<()>();
        deferred.cancel();
        cancelled.fail("cancelled").unwrap_err();

        let (copied, middle) = promise::<()>();
        let (end, deferred) = promise();
        middle.forward_to(end);
        copied.fail("copied").unwrap();
        deferred.await.unwrap_err();

        let (unread, deferred) = promise::<()>();
        let shared = deferred.share();
        drop(shared.clone());
        unread.fail("unread").unwrap();
        drop(shared);
    });
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, ExceptionKind::Promise);
    assert!(told[0].1.contains("unread"));
}

#[test]
fn a_chain_carries_value_error_and_cancel() {
    let chained = || {
        let (a, middle) = promise::<u8>();
        let (b, end) = promise();
        middle.forward_to(b);
        (a, end)
    };
    let (a, mut end) = chained();
    a.settle(1).unwrap();
    assert_eq!(end.try_result().unwrap(), 1);

    let (a, mut end) = chained();
    a.fail("bad").unwrap();
    assert_eq!(end.try_result().unwrap_err().failure().unwrap().to_string(), "bad");

    let (a, mut end) = chained();
    drop(a);
    assert!(end.try_result().unwrap_err().is_abandoned());

    let (a, end) = chained();
    assert!(end.cancel());
    assert!(a.is_cancelled());
    assert_eq!(a.settle(2), Err(2));

    let (a, end) = chained();
    drop(end);
    assert!(a.is_cancelled());

    let (a, middle) = promise();
    a.settle(3).unwrap();
    let (b, mut end) = promise();
    middle.forward_to(b);
    assert_eq!(end.try_result().unwrap(), 3);
}

#[test]
fn a_chain_onto_what_is_done_cancels_its_source() {
    let (mut promise, source) = promise::<u8>();
    let (next, gone) = super::promise();
    drop(gone);
    source.forward_to(next);
    assert!(poll(&mut pin!(promise.cancelled())).is_ready());
}

#[test]
fn each_sharer_is_given_the_error() {
    let (promise, deferred) = promise::<u8>();
    let one = deferred.share();
    let other = one.clone();
    promise.fail("none").unwrap();
    for shared in [one, other] {
        assert_eq!(block_on(shared).unwrap_err().failure().unwrap().to_string(), "none");
    }
}

#[test]
fn a_chain_onto_a_closed_loop_does_no_harm() {
    let (a, middle) = promise();
    let (b, mut end) = promise();
    middle.forward_to(b);
    let test = TestLoop::new().unwrap();
    let callback = end.on_done(test.handle(), || unreachable!());
    drop::<TestLoop>(test);
    a.settle(1).unwrap();
    assert!(callback.is_cancelled());
    assert_eq!(end.try_result().unwrap(), 1);
}

#[test]
fn both_ends_are_send_and_sync_with_their_value() {
    fn is_send_sync<T: Send + Sync>(_: &T) {}
    let (promise, deferred) = promise::<std::cell::Cell<u8>>();
    is_send_sync(&promise);
    is_send_sync(&deferred);
    is_send_sync(&None::<TestHandle>);
}

#[test]
fn a_chain_is_as_long_as_it_likes() {
    /// On a stack on which a call for each link would not do.
    fn check(end: impl FnOnce(Promise<u8>, Deferred<u8>) + Send + 'static) {
        let small = thread::Builder::new().stack_size(256 << 10);
        let run = move || {
            let (first, mut last) = promise();
            for _ in 0..if cfg!(miri) { 100 } else { 50_000 } {
                let (next, deferred) = promise();
                last.forward_to(next);
                last = deferred;
            }
            end(first, last);
        };
        small.spawn(run).unwrap().join().unwrap();
    }
    check(|first, mut last| {
        first.settle(7).unwrap();
        assert_eq!(last.try_result().unwrap(), 7);
    });
    check(|first, last| {
        drop(last);
        assert!(first.is_cancelled());
    });
    check(|first, mut last| {
        drop(first);
        assert!(last.try_result().unwrap_err().is_abandoned());
    });
}

/// Panics when it is woken, or when it is dropped unwoken.
struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker's");
    }
}

impl Drop for Panics {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic!("a waker's");
        }
    }
}

/// Notes that it was woken.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn poll_with<F: Future + Unpin>(future: &mut F, waker: Arc<impl Wake + Send + Sync + 'static>) {
    assert!(Pin::new(future).poll(&mut Context::from_waker(&Waker::from(waker))).is_pending());
}

#[test]
fn every_waiter_is_woken_whatever_the_one_before_did() {
    let mut test = TestLoop::new().unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    test.handle().shared().set_exception_handler(Some(Arc::new(move |exception: &Exception| {
        assert_eq!(exception.kind(), ExceptionKind::Promise);
        sink.lock().unwrap().push(exception.message().to_owned());
    })));
    test.block_on(async {
        // The waiters of one deferred.
        let (settled, deferred) = promise();
        let mut first = deferred.share();
        let mut second = first.clone();
        let woken = Arc::new(Woken::default());
        poll_with(&mut first, Arc::new(Panics));
        poll_with(&mut second, woken.clone());
        settled.settle(1).unwrap();
        assert!(woken.0.load(Ordering::Relaxed), "the second waiter");

        // A cancel: the promise's waker, and what is behind it in a chain.
        let (mut behind, middle) = promise::<u8>();
        let (mut ahead, mut last) = promise();
        let (told_of, woken) = (Arc::new(Woken::default()), Arc::new(Woken::default()));
        poll_with(&mut pin!(ahead.cancelled()), Arc::new(Panics));
        poll_with(&mut pin!(behind.cancelled()), told_of.clone());
        middle.forward_to(ahead);
        poll_with(&mut last, woken.clone());
        assert!(last.cancel());
        assert!(behind.is_cancelled());
        assert!(told_of.0.load(Ordering::Relaxed), "the promise at the other end");
        assert!(woken.0.load(Ordering::Relaxed), "the waiter");

        // What is not called but dropped.
        let (mut settled, mut deferred) = promise();
        let woken = Arc::new(Woken::default());
        poll_with(&mut pin!(settled.cancelled()), Arc::new(Panics));
        poll_with(&mut deferred, woken.clone());
        settled.settle(1).unwrap();
        assert!(woken.0.load(Ordering::Relaxed), "the waiter of a promise that was watched");
    });
    assert_eq!(*told.lock().unwrap(), ["a waker's"; 3]);
}

#[test]
fn an_error_that_cannot_be_shown_is_reported() {
    #[derive(Debug)]
    struct Shy;
    impl std::fmt::Display for Shy {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            Err(std::fmt::Error)
        }
    }
    impl std::error::Error for Shy {}
    let mut test = TestLoop::new().unwrap();
    let told = Arc::new(Mutex::new(0));
    let sink = told.clone();
    test.handle()
        .shared()
        .set_exception_handler(Some(Arc::new(move |_: &Exception| *sink.lock().unwrap() += 1)));
    test.block_on(async {
        let (promise, deferred) = promise::<()>();
        promise.fail(Shy).unwrap();
        drop(deferred);
    });
    assert_eq!(*told.lock().unwrap(), 1);
}
