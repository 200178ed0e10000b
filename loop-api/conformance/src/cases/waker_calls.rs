//! PEER: wakers whose clone or drop calls what they wait for. They are cloned, replaced and left
//! behind when no lock is held.

use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_io::{AsyncRead, AsyncWrite};
use futures_lite::future;
use loop_api::net::{Net, Stream, TcpListener, TcpOptions, TcpStream, UdpOptions, UdpSocket};
use loop_api::promise::{SharedDeferred, promise};
use loop_api::protocol::{self, Protocol, Transport, TransportHandle};
use loop_api::task::{Abort, Task, TaskGroup, as_completed, join_all, wait};
use loop_api::{Handle, LocalError};

use crate::support::{Counter, LONG, WakerCalls, calling_waker, connected, loopback, run, until};
use crate::{HandleOf, Subject};

/// Polls with three such wakers in turn, each of which replaces the one before; the last goes with
/// the future.
fn replace_wakers<F: Future>(when: WakerCalls, future: F, call: impl Fn() + Clone + Send + Sync + 'static) {
    let mut future = Box::pin(future);
    for _ in 0..3 {
        let waker = calling_waker(when, call.clone());
        // What the one before called may have ended it.
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
    a_task::<S>(WakerCalls::InDrop);
}

pub fn peer15_a_wakers_clone_may_call_back_into_a_task<S: Subject>() {
    a_task::<S>(WakerCalls::InClone);
}

fn a_task<S: Subject>(when: WakerCalls) {
    run::<S, _>(|handle| async move {
        let task = handle.spawn(pending::<()>());
        let abort = task.abort_handle();
        // With an abort handle, and without one.
        replace_wakers(when, task, move || {
            let _finished = abort.is_finished();
            abort.abort();
        });
        let other = handle.clone();
        replace_wakers(when, handle.spawn(pending::<()>()), move || poll_once(other.spawn(async {})));
        let job = handle.clone();
        let (says, said) = std::sync::mpsc::channel::<()>();
        let blocked = handle.spawn_blocking(move || said.recv());
        replace_wakers(when, blocked, move || poll_once(job.spawn_blocking(|| ())));
        drop(says);
        // One that ends between two polls: the waker of the first is left until the second.
        let ended = Counter::new();
        let says = ended.clone();
        let mut task = Box::pin(handle.spawn(async move { says.add() }));
        let asks = task.abort_handle();
        let waker = calling_waker(when, move || {
            let _finished = asks.is_finished();
        });
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
                replace_wakers(when, task, move || abort.abort());
            }
            Err(error) => assert_eq!(error, LocalError::Unsupported),
        }
        assert_eq!(handle.spawn(async { 1 }).await.ok(), Some(1));
    });
}

pub fn peer15_a_wakers_drop_may_call_back_into_a_sleep<S: Subject>() {
    a_sleep::<S>(WakerCalls::InDrop);
}

pub fn peer15_a_wakers_clone_may_call_back_into_a_sleep<S: Subject>() {
    a_sleep::<S>(WakerCalls::InClone);
}

fn a_sleep<S: Subject>(when: WakerCalls) {
    run::<S, _>(|handle| async move {
        let other = handle.clone();
        replace_wakers(when, handle.sleep(LONG), move || poll_once(other.sleep(LONG)));
        handle.sleep(Duration::from_millis(1)).await;
    });
}

pub fn peer15_a_wakers_drop_may_call_back_into_a_promise<S: Subject>() {
    a_promise::<S>(WakerCalls::InDrop);
}

pub fn peer15_a_wakers_clone_may_call_back_into_a_promise<S: Subject>() {
    a_promise::<S>(WakerCalls::InClone);
}

fn a_promise<S: Subject>(when: WakerCalls) {
    run::<S, _>(|_handle| async move {
        let (mut promise, deferred) = promise::<u8>();
        let shared: SharedDeferred<u8> = deferred.share();
        let other = shared.clone();
        let ask = move || {
            let _outcome = other.result();
            poll_once(other.clone());
        };
        replace_wakers(when, shared.clone(), ask.clone());
        replace_wakers(when, promise.cancelled(), ask);
        assert!(promise.settle(1).is_ok());
        assert_eq!(shared.await.ok(), Some(1));
    });
}

pub fn peer15_a_wakers_drop_may_call_back_into_a_listener<S: Subject>()
where
    HandleOf<S>: Net,
{
    a_listener::<S>(WakerCalls::InDrop);
}

pub fn peer15_a_wakers_clone_may_call_back_into_a_listener<S: Subject>()
where
    HandleOf<S>: Net,
{
    a_listener::<S>(WakerCalls::InClone);
}

fn a_listener<S: Subject>(when: WakerCalls)
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let listener = Arc::new(listener);
        let other = listener.clone();
        let accept = async { listener.accept().await.map(drop) };
        replace_wakers(when, accept, move || poll_once(other.accept()));
        let addr = listener.local_addr().expect("an address");
        let client = handle.connect_tcp(addr, TcpOptions::default());
        let (client, accepted) = future::zip(client, listener.accept()).await;
        assert!(client.is_ok() && accepted.is_ok());
    });
}

type Group<S> = TaskGroup<HandleOf<S>, (), ()>;

pub fn peer15_a_wakers_drop_may_call_back_into_tasks_that_are_waited_for<S: Subject>() {
    tasks_that_are_waited_for::<S>(WakerCalls::InDrop);
}

pub fn peer15_a_wakers_clone_may_call_back_into_tasks_that_are_waited_for<S: Subject>() {
    tasks_that_are_waited_for::<S>(WakerCalls::InClone);
}

fn tasks_that_are_waited_for<S: Subject>(when: WakerCalls) {
    run::<S, _>(|handle| async move {
        // Two at a time, so that the end of one does not end the wait.
        let two = || {
            let tasks = [handle.spawn(pending::<()>()), handle.spawn(pending::<()>())];
            let abort = tasks[0].abort_handle();
            (tasks, move || abort.abort())
        };
        let (tasks, call) = two();
        replace_wakers(when, join_all(tasks), call);
        let (tasks, call) = two();
        replace_wakers(when, wait(tasks).all(), call);
        let (tasks, call) = two();
        let mut ended = as_completed(tasks);
        replace_wakers(when, async { while ended.next().await.is_some() {} }, call);
        // One that adds a task to the group that is waited for.
        let group: Arc<Mutex<Option<Group<S>>>> = Arc::default();
        let adds = group.clone();
        let scope = TaskGroup::scope(&handle, |inside| {
            *group.lock().expect("the test's own lock") = Some(inside);
            pending::<()>()
        });
        replace_wakers(when, scope, move || {
            let mut group = adds.lock().expect("the test's own lock");
            // Each task that is added has the waker cloned again.
            let inside = if when == WakerCalls::InClone { group.take() } else { group.clone() };
            drop(group);
            let _closed = inside.map(|inside| inside.spawn(async { Ok(()) }));
        });
        drop(group.lock().expect("the test's own lock").take());
    });
}

pub fn peer15_a_wakers_drop_may_call_back_into_a_read<S: Subject>()
where
    HandleOf<S>: Net,
{
    a_read::<S>(WakerCalls::InDrop);
}

pub fn peer15_a_wakers_clone_may_call_back_into_a_read<S: Subject>()
where
    HandleOf<S>: Net,
{
    a_read::<S>(WakerCalls::InClone);
}

fn a_read<S: Subject>(when: WakerCalls)
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let socket = handle.bind_udp(loopback(), &UdpOptions::default()).expect("a port");
        let socket = Arc::new(socket);
        let other = socket.clone();
        let receive = move || {
            poll_once(other.recv_from(&mut [0; 8]));
        };
        replace_wakers(when, async { socket.recv_from(&mut [0; 8]).await }, receive.clone());
        replace_wakers(when, async { socket.peek_from(&mut [0; 8]).await }, receive.clone());
        replace_wakers(when, socket.readable(), receive);

        let (client, server) = connected(&handle).await;
        let client = Arc::new(client);
        let other = client.clone();
        let peek = move || poll_once(other.peek(&mut [0; 8]));
        replace_wakers(when, async { client.peek(&mut [0; 8]).await }, peek.clone());
        replace_wakers(when, client.readable(), peek);

        // The other direction of the same connection, which is full.
        let (mut reader, mut writer) = server.into_split();
        let full = poll_fn(|cx| {
            while Pin::new(&mut writer).poll_write(cx, &[7; 16 * 1024]).is_ready() {}
            Poll::Ready(())
        });
        full.await;
        let writer = Mutex::new(writer);
        let write = Arc::new(move || {
            let mut writer = writer.lock().expect("the test's own lock");
            poll_once(poll_fn(|cx| Pin::new(&mut *writer).poll_write(cx, b"x")));
        });
        replace_wakers(when, poll_fn(|cx| Pin::new(&mut reader).poll_read(cx, &mut [0; 8])), move || write());
    });
}

/// Keeps a handle to its connection.
#[derive(Clone, Default)]
struct Keeps(Arc<Mutex<Option<TransportHandle>>>);

impl Protocol for Keeps {
    fn connection_made(&mut self, transport: &mut Transport) {
        *self.0.lock().expect("the test's own lock") = Some(transport.handle());
    }
}

pub fn peer15_a_wakers_drop_may_call_back_into_a_protocol<S: Subject>()
where
    HandleOf<S>: Net,
{
    a_protocol::<S>(WakerCalls::InDrop);
}

pub fn peer15_a_wakers_clone_may_call_back_into_a_protocol<S: Subject>()
where
    HandleOf<S>: Net,
{
    a_protocol::<S>(WakerCalls::InClone);
}

fn a_protocol<S: Subject>(when: WakerCalls)
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (client, server) = connected(&handle).await;
        let kept = Keeps::default();
        let slot = kept.0.clone();
        replace_wakers(when, protocol::run(server, kept), move || {
            let connection = slot.lock().expect("the test's own lock").clone();
            let _sent = connection.map(|connection| connection.write(b"x"));
        });
        drop(client);

        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let server = Arc::new(protocol::serve(&handle, listener, |_| Keeps::default()));
        let other = server.clone();
        let wait = async { server.wait_closed().await };
        replace_wakers(when, wait, move || poll_once(other.wait_closed()));
        server.close();
        assert!(server.wait_closed().await.is_ok());
    });
}
