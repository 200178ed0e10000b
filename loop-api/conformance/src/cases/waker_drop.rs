//! PEER: wakers whose drop calls what they were waiting for. One that is replaced or left behind is
//! dropped when no lock is held.

use std::future::{Future, pending};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use loop_api::net::{Net, TcpListener, TcpOptions};
use loop_api::promise::{SharedDeferred, promise};
use loop_api::task::{Abort, Task};
use loop_api::{Handle, LocalError};

use crate::support::{Counter, LONG, loopback, run, until};
use crate::{HandleOf, Subject};

/// Calls something when its last clone is dropped.
struct Calls<F: Fn()>(F);

impl<F: Fn() + Send + Sync> Wake for Calls<F> {
    fn wake(self: Arc<Self>) {}
}

impl<F: Fn()> Drop for Calls<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Polls with three such wakers in turn, each of which replaces the one before; the last goes with
/// the future.
fn replace_wakers<F: Future>(future: F, call: impl Fn() + Clone + Send + Sync + 'static) {
    let mut future = Box::pin(future);
    for _ in 0..3 {
        let waker = Waker::from(Arc::new(Calls(call.clone())));
        // What the drop of the one before called may have ended it.
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            return;
        }
    }
    drop(future);
}

/// Polls once, for nothing but the locks that this takes.
fn poll_once<F: Future>(future: F) {
    let _answer: Poll<F::Output> = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
}

pub fn peer15_a_wakers_drop_may_call_back_into_a_task<S: Subject>() {
    run::<S, _>(|handle| async move {
        let task = handle.spawn(pending::<()>());
        let abort = task.abort_handle();
        // With an abort handle, and without one.
        replace_wakers(task, move || {
            let _finished = abort.is_finished();
            abort.abort();
        });
        let other = handle.clone();
        replace_wakers(handle.spawn(pending::<()>()), move || poll_once(other.spawn(async {})));
        let job = handle.clone();
        let (says, said) = std::sync::mpsc::channel::<()>();
        let blocked = handle.spawn_blocking(move || said.recv());
        replace_wakers(blocked, move || poll_once(job.spawn_blocking(|| ())));
        drop(says);
        // One that ends between two polls: the waker of the first is left until the second.
        let ended = Counter::new();
        let says = ended.clone();
        let mut task = Box::pin(handle.spawn(async move { says.add() }));
        let asks = task.abort_handle();
        let waker = Waker::from(Arc::new(Calls(move || {
            let _finished = asks.is_finished();
        })));
        let first = task.as_mut().poll(&mut Context::from_waker(&waker));
        drop(waker);
        if first.is_pending() {
            assert!(until(&handle, || ended.get() == 1).await);
            handle.sleep(Duration::from_millis(1)).await;
            assert!(task.await.is_ok());
        }
        match handle.try_spawn_local(pending::<()>()) {
            Ok(task) => {
                let abort = task.abort_handle();
                replace_wakers(task, move || abort.abort());
            }
            Err(error) => assert_eq!(error, LocalError::Unsupported),
        }
        assert_eq!(handle.spawn(async { 1 }).await.ok(), Some(1));
    });
}

pub fn peer15_a_wakers_drop_may_call_back_into_a_sleep<S: Subject>() {
    run::<S, _>(|handle| async move {
        let other = handle.clone();
        replace_wakers(handle.sleep(LONG), move || poll_once(other.sleep(LONG)));
        handle.sleep(Duration::from_millis(1)).await;
    });
}

pub fn peer15_a_wakers_drop_may_call_back_into_a_promise<S: Subject>() {
    run::<S, _>(|_handle| async move {
        let (mut promise, deferred) = promise::<u8>();
        let shared: SharedDeferred<u8> = deferred.share();
        let other = shared.clone();
        let ask = move || {
            let _outcome = other.result();
            poll_once(other.clone());
        };
        replace_wakers(shared.clone(), ask.clone());
        replace_wakers(promise.cancelled(), ask);
        assert!(promise.settle(1).is_ok());
        assert_eq!(shared.await.ok(), Some(1));
    });
}

pub fn peer15_a_wakers_drop_may_call_back_into_a_listener<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let listener = Arc::new(listener);
        let other = listener.clone();
        let accept = async { listener.accept().await.map(drop) };
        replace_wakers(accept, move || poll_once(other.accept()));
        let addr = listener.local_addr().expect("an address");
        let client = std::net::TcpStream::connect(addr).expect("a client");
        let accepted: io::Result<_> = listener.accept().await;
        assert!(accepted.is_ok());
        drop(client);
    });
}
