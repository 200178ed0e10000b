//! A guest of a host that has nothing but a queue of callbacks.
#![cfg(unix)]

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, TcpListener, TcpOptions};
use loop_api::{EventLoop, Handle};
use loop_compat::guest::{Guest, GuestError, OnQueue, start_on_queue};
use loop_native::{NativeHandle, NativeLoop};

type Callback = Box<dyn FnOnce() + Send>;
type Ended<T> = Rc<RefCell<Option<Result<T, GuestError>>>>;

/// More than anything here takes.
const LONG: Duration = Duration::from_secs(30);

/// The trivial host: callbacks, one after the other, and a count of them.
struct Host {
    queue: mpsc::Sender<Callback>,
    callbacks: Receiver<Callback>,
    ran: usize,
}

impl Host {
    fn new() -> Host {
        let (queue, callbacks) = mpsc::channel();
        Host { queue, callbacks, ran: 0 }
    }

    fn start<T: 'static>(&self, guest: Guest<NativeLoop, T>) -> (OnQueue, Ended<T>) {
        let (queue, ended) = (self.queue.clone(), Ended::default());
        let seen = ended.clone();
        let run_soon = move |callback| drop(queue.send(callback));
        let guest = start_on_queue(guest, run_soon, move |result| *seen.borrow_mut() = Some(result)).unwrap();
        (guest, ended)
    }

    /// Runs one callback, if one comes in time.
    fn turn(&mut self, limit: Duration) -> bool {
        match self.callbacks.recv_timeout(limit) {
            Ok(callback) => {
                callback();
                self.ran += 1;
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => unreachable!("the host has a sender itself"),
        }
    }

    fn run<T>(&mut self, guest: OnQueue, ended: &Ended<T>) -> Result<T, GuestError> {
        let start = Instant::now();
        while !guest.is_done() {
            assert!(self.turn(LONG) && start.elapsed() < LONG, "the guest came to nothing");
        }
        ended.take().expect("`done` was called")
    }
}

fn guest<T: 'static, F: Future<Output = T> + 'static>(
    main: impl FnOnce(NativeHandle) -> F,
) -> Guest<NativeLoop, T> {
    let native = NativeLoop::new().unwrap();
    let main = main(native.handle().clone());
    Guest::new(native, main).unwrap()
}

#[test]
fn cmp09_guest_run_on_trivial_queue_host_value_and_error() {
    let mut host = Host::new();
    let (queued, ended) = host.start(guest(|handle| async move {
        let task = handle.spawn(async { 40 });
        task.await.unwrap() + 2
    }));
    assert_eq!(host.run(queued, &ended).unwrap(), 42);

    let (queued, ended) =
        host.start(guest(|_| async { Err::<(), _>(io::Error::other("of the future's own")) }));
    assert_eq!(host.run(queued, &ended).unwrap().unwrap_err().to_string(), "of the future's own");

    let (queued, ended) = host.start(guest(|_| async { panic!("planned") }));
    let error: Result<(), _> = host.run(queued, &ended);
    assert!(matches!(error, Err(GuestError::Main(error)) if error.is_panic()));
}

/// A byte there and back over TCP, and a sleep, on the guest's own loop.
async fn io_and_timers(handle: NativeHandle) -> io::Result<u8> {
    let options = TcpOptions::default();
    let listener = handle.listen_tcp(([127, 0, 0, 1], 0).into(), &options)?;
    let address = listener.local_addr()?;
    let echo = handle.spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let mut byte = [0];
        stream.read_exact(&mut byte).await?;
        stream.write_all(&byte).await
    });
    let mut stream = handle.connect_tcp(address, options.clone()).await?;
    handle.sleep(Duration::from_millis(30)).await;
    let mut byte = [7];
    stream.write_all(&byte).await?;
    stream.read_exact(&mut byte).await?;
    echo.await??;
    Ok(byte[0])
}

#[test]
fn cmp10_guest_does_io_and_timers_with_host_idle() {
    let mut host = Host::new();
    let (queued, ended) = host.start(guest(io_and_timers));
    assert_eq!(host.run(queued, &ended).unwrap().unwrap(), 7);
    // Neither spins: each callback had a reason.
    assert!(host.ran < 60, "{} callbacks", host.ran);
}

#[test]
fn cmp11_host_can_wake_guest_directly_and_by_an_earlier_deadline() {
    let mut host = Host::new();
    let (promise, deferred) = futures_pair();
    let guest = guest(|handle| async move {
        // What the guest waits for by itself is far away.
        let _never = handle.spawn(handle.sleep(LONG * 100));
        deferred.await
    });
    let handle = guest.handle().clone();
    let (queued, ended) = host.start(guest);
    while host.turn(Duration::from_millis(50)) {}
    let idle = host.ran;
    assert!(!queued.is_done());

    // A timer, on this thread, earlier than the guest's own: no one but the host knows of it.
    let early = handle.spawn({
        let handle = handle.clone();
        async move { handle.sleep(Duration::from_millis(20)).await }
    });
    while !early.is_finished() {
        assert!(host.turn(LONG), "the guest was not woken for the deadline");
    }
    // And the future itself, by a waker.
    promise(5);
    assert_eq!(host.run(queued, &ended).unwrap(), 5);
    assert!(host.ran - idle < 30, "{} callbacks", host.ran - idle);
}

/// A future, and what completes it by waking its waker on this thread.
fn futures_pair() -> (impl FnOnce(u8), impl Future<Output = u8>) {
    let state = Rc::new(RefCell::new((None::<u8>, None::<std::task::Waker>)));
    let mine = state.clone();
    let complete = move |value| {
        let waker = {
            let mut state = mine.borrow_mut();
            state.0 = Some(value);
            state.1.take()
        };
        waker.expect("the guest waits").wake();
    };
    let future = std::future::poll_fn(move |cx| {
        let mut state = state.borrow_mut();
        match state.0 {
            Some(value) => std::task::Poll::Ready(value),
            None => {
                state.1 = Some(cx.waker().clone());
                std::task::Poll::Pending
            }
        }
    });
    (complete, future)
}

#[test]
fn cmp12_start_errors_raise_at_start_later_errors_via_done() {
    // A closed loop can be no guest.
    let mut closed = NativeLoop::new().unwrap();
    closed.close();
    assert!(Guest::new(closed, async {}).unwrap_err().to_string().contains("closed"));

    // Afterwards, `done` is the one place.
    let mut host = Host::new();
    let (queued, ended) = host.start(guest(|handle| async move {
        handle.sleep(Duration::from_millis(1)).await;
        panic!("later");
    }));
    assert!(ended.borrow().is_none());
    let error: GuestError = Result::<(), _>::unwrap_err(host.run(queued, &ended));
    assert!(error.to_string().contains("later"), "{error}");

    // No step after the result.
    let mut finished = guest(|_| async { 1 });
    while finished.step().is_pending() {}
    assert!(matches!(finished.step(), std::task::Poll::Ready(Err(GuestError::Finished))));
}

#[test]
fn cmp13_context_detection_is_correct_in_both_worlds() {
    let mut host = Host::new();
    assert!(NativeHandle::try_current().is_none());
    let (queued, ended) = host.start(guest(|handle| async move {
        let mut found = vec![NativeHandle::try_current().is_some()];
        handle.sleep(Duration::from_millis(1)).await;
        found.push(NativeHandle::try_current().is_some());
        found
    }));
    // Between steps the thread is the host's alone.
    assert!(NativeHandle::try_current().is_none());
    assert!(!loop_api::context::is_running());
    assert!(host.turn(LONG));
    assert!(NativeHandle::try_current().is_none());
    assert_eq!(host.run(queued, &ended).unwrap(), [true, true]);
}

#[test]
fn cmp14_host_quitting_early_is_reported_and_guests_share_a_thread() {
    let mut host = Host::new();
    let dropped = Arc::new(());
    let kept = dropped.clone();
    let first = guest(|_| async move {
        let _kept = kept;
        std::future::pending::<()>().await
    });
    let reports = Arc::new(Mutex::new(Vec::new()));
    let seen = reports.clone();
    let report = move |exception: &loop_api::shared::Exception| {
        seen.lock().unwrap().push(exception.message().to_owned());
    };
    first.handle().shared().set_exception_handler(Some(Arc::new(report)));
    let (first, never) = host.start(first);

    // A second guest on this thread runs beside the first.
    let (second, ended) = host.start(guest(|handle| async move {
        handle.sleep(Duration::from_millis(1)).await;
        2
    }));
    assert_eq!(host.run(second, &ended).unwrap(), 2);

    while host.turn(Duration::from_millis(20)) {}
    assert!(reports.lock().unwrap().is_empty());
    drop(first);
    assert!(never.borrow().is_none());
    assert_eq!(Arc::strong_count(&dropped), 1, "the guest's future is gone");
    let reports = reports.lock().unwrap();
    assert_eq!(reports.len(), 1);
    assert!(reports[0].contains("quit before"), "{reports:?}");
    // What it had queued does nothing.
    while host.turn(Duration::ZERO) {}
}

#[test]
fn a_host_whose_queue_is_full_goes_on_and_lets_its_guest_go() {
    let (queue, callbacks) = mpsc::sync_channel::<Callback>(1);
    let (says, said) = mpsc::channel();
    let run_soon = {
        let queue = queue.clone();
        move |callback| {
            let _told = says.send(());
            drop(queue.send(callback));
        }
    };
    // It is always due: the next callback is asked for in the step before.
    let busy = guest(|_| async {
        loop {
            futures_lite::future::yield_now().await;
        }
    });
    // The queue is full whenever the guest wants to be in it.
    queue.send(Box::new(|| {})).unwrap();
    let queued = start_on_queue(busy, run_soon, |_: Result<(), _>| {}).unwrap();
    for _ in 0..3 {
        said.recv_timeout(LONG).expect("the guest's thread to put a callback there");
        callbacks.recv().unwrap()();
        let callback = callbacks.recv().unwrap();
        queue.send(Box::new(|| {})).unwrap();
        callback();
    }
    said.recv_timeout(LONG).expect("the guest's thread to put a callback there");
    let (ends, ended) = mpsc::channel();
    // Should the drop wait for a free place in the queue, it is let go in the end.
    let watch = std::thread::spawn(move || {
        let ended = ended.recv_timeout(LONG);
        drop(callbacks);
        ended
    });
    drop(queued);
    ends.send(()).unwrap();
    assert_eq!(watch.join().unwrap(), Ok(()));
}
