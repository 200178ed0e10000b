//! tokio's channels and readers that are always ready give way on every loop, and a deadline ends
//! them.
#![cfg(all(feature = "macros", feature = "sync", feature = "io-util"))]

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};

use anyloop::io::{AsyncReadExt, AsyncWriteExt, duplex};
use anyloop::runtime::{Backend, Builder, Runtime};
use anyloop::sync::mpsc;
use anyloop::task;
use anyloop::time::{Duration, Instant, timeout};

/// What is longer than this hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// Each round is ready at once.
async fn channel(mut goes_on: impl FnMut() -> bool) {
    let (sender, mut receiver) = mpsc::channel(1);
    while goes_on() {
        sender.send(()).await.unwrap();
        receiver.recv().await.unwrap();
    }
}

async fn pipe(mut goes_on: impl FnMut() -> bool) {
    let (mut here, mut there) = duplex(1);
    while goes_on() {
        here.write_u8(1).await.unwrap();
        there.read_u8().await.unwrap();
    }
}

/// A copy from a reader that never ends, in rounds of many reads each.
async fn copies(mut goes_on: impl FnMut() -> bool) {
    while goes_on() {
        let mut endless = anyloop::io::repeat(0).take(1 << 20);
        anyloop::io::copy(&mut endless, &mut anyloop::io::sink()).await.unwrap();
    }
}

/// Asks whether to go on, for rounds that should be interrupted long before.
fn bounded() -> impl FnMut() -> bool + Send {
    let start = Instant::now();
    move || {
        assert!(start.elapsed() < LIMIT, "nothing else had its turn");
        true
    }
}

/// `busy` is told by another task when to end, which is ready all the time.
async fn gives_way<F: Future<Output = ()>>(busy: impl FnOnce(Box<dyn FnMut() -> bool + Send>) -> F) {
    let done = Arc::new(AtomicBool::new(false));
    let other = task::spawn({
        let done = done.clone();
        async move { done.store(true, Ordering::SeqCst) }
    });
    let mut bounded = bounded();
    busy(Box::new(move || bounded() && !done.load(Ordering::SeqCst))).await;
    other.await.unwrap();
}

#[anyloop::test]
async fn busy_main_futures_and_tasks_give_way_to_tasks() {
    gives_way(channel).await;
    gives_way(pipe).await;
    gives_way(copies).await;
    for _ in 0..3 {
        task::spawn(gives_way(channel)).await.unwrap();
        task::spawn_local(gives_way(pipe)).await.unwrap();
        task::spawn(gives_way(copies)).await.unwrap();
    }
}

#[anyloop::test(worker_threads = 1)]
async fn busy_tasks_on_a_worker_give_way_to_tasks() {
    task::spawn(gives_way(channel)).await.unwrap();
    task::spawn(gives_way(pipe)).await.unwrap();
    task::spawn(gives_way(copies)).await.unwrap();
    gives_way(channel).await;
}

/// How a loop is asked to end what never pauses.
async fn times_out() {
    const SHORT: Duration = Duration::from_millis(2);
    assert!(timeout(SHORT, channel(bounded())).await.is_err());
    assert!(timeout(SHORT, pipe(bounded())).await.is_err());
    assert!(timeout(SHORT, copies(bounded())).await.is_err());
}

#[anyloop::test]
async fn a_timeout_ends_what_is_busy() {
    times_out().await;
    task::spawn(times_out()).await.unwrap();
}

#[anyloop::test(worker_threads = 2)]
async fn a_timeout_ends_what_is_busy_on_workers() {
    let both = [task::spawn(times_out()), task::spawn(times_out())];
    for one in both {
        one.await.unwrap();
    }
    times_out().await;
}

#[anyloop::test]
async fn a_timeout_ends_what_is_busy_on_a_thread_that_blocks_on_it() {
    let handle = anyloop::runtime::Handle::current();
    task::spawn_blocking(move || handle.block_on(times_out())).await.unwrap();
}

/// Loops that tokio knows nothing of.
fn not_tokios() -> impl Iterator<Item = Runtime> {
    let backends = Backend::compiled().iter().filter(|backend| **backend != Backend::Tokio);
    backends.map(|backend| Builder::new().backend(*backend).build().unwrap())
}

/// How many operations one poll makes.
fn in_one_poll() -> usize {
    let rounds = Cell::new(0);
    let mut busy = pin!(channel(|| {
        rounds.set(rounds.get() + 1);
        rounds.get() < 10_000
    }));
    let _ = busy.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    rounds.get()
}

#[test]
fn what_was_lent_is_taken_back() {
    assert_eq!(in_one_poll(), 10_000);
    for mut runtime in not_tokios() {
        assert!(runtime.block_on(async { in_one_poll() }) < 10_000);
        assert_eq!(in_one_poll(), 10_000);
        let panicked =
            catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { panic!("the main future's") })));
        assert!(panicked.is_err());
        assert_eq!(in_one_poll(), 10_000);
    }
}
