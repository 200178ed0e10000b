//! tokio's channels and readers that are always ready give way on every loop, and a deadline ends
//! them.
#![cfg(all(feature = "macros", feature = "sync", feature = "io-util"))]

use std::cell::Cell;
use std::future::{Future, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use anyloop::io::{AsyncReadExt, AsyncWriteExt, duplex};
use anyloop::runtime::{Backend, Builder, Runtime};
use anyloop::sync::mpsc;
use anyloop::task;
use anyloop::task::coop::{cooperative, has_budget_remaining, poll_proceed, unconstrained};
use anyloop::time::{Duration, Instant, sleep, timeout};

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

/// Sleeps beside `busy` until it is told by that to end.
async fn lets_a_sleep_end<F: Future<Output = ()>>(busy: impl FnOnce(Box<dyn FnMut() -> bool>) -> F) {
    let done = Rc::new(Cell::new(false));
    let mut bounded = bounded();
    let seen = done.clone();
    let sleeps = async move {
        sleep(Duration::from_millis(5)).await;
        done.set(true);
    };
    anyloop::join!(biased; busy(Box::new(move || bounded() && !seen.get())), sleeps);
}

#[anyloop::test]
async fn a_sleep_ends_beside_what_is_busy() {
    lets_a_sleep_end(channel).await;
    lets_a_sleep_end(pipe).await;
    lets_a_sleep_end(copies).await;
    task::spawn_local(lets_a_sleep_end(channel)).await.unwrap();
}

/// Always ready, and counted by what this crate has for that alone.
async fn computes(mut goes_on: impl FnMut() -> bool) {
    while goes_on() {
        task::consume_budget().await;
    }
}

async fn cooperates(mut goes_on: impl FnMut() -> bool) {
    while goes_on() {
        cooperative(ready(())).await;
    }
}

async fn proceeds(mut goes_on: impl FnMut() -> bool) {
    while goes_on() {
        poll_fn(|cx| poll_proceed(cx).map(|unit| unit.made_progress())).await;
    }
}

/// `select!` with a branch that counts and one that does not, which is always ready.
async fn selects(mut goes_on: impl FnMut() -> bool) {
    while goes_on() {
        anyloop::select! {
            biased;
            () = task::consume_budget() => {}
            () = ready(()) => {}
        }
    }
}

#[anyloop::test]
async fn what_counts_itself_gives_way() {
    gives_way(computes).await;
    task::spawn(gives_way(cooperates)).await.unwrap();
    task::spawn_local(gives_way(proceeds)).await.unwrap();
    task::spawn(gives_way(selects)).await.unwrap();
    lets_a_sleep_end(selects).await;
    assert!(timeout(Duration::from_millis(2), computes(bounded())).await.is_err());
}

#[anyloop::test]
async fn a_spent_budget_shows_and_comes_back_with_the_next_poll() {
    let spend = || async {
        assert!(has_budget_remaining());
        let mut rounds = 0;
        while has_budget_remaining() {
            let counted = poll_fn(|cx| poll_proceed(cx).map(|unit| unit.made_progress())).await;
            rounds += 1;
            assert!((counted, rounds) <= ((), 1000), "nothing is counted");
        }
        assert!(rounds > 1);
        task::yield_now().await;
        assert!(has_budget_remaining());
    };
    spend().await;
    task::spawn(spend()).await.unwrap();
}

#[anyloop::test]
async fn the_main_future_begins_with_the_whole_budget() {
    let once = || pin!(task::consume_budget()).poll(&mut Context::from_waker(Waker::noop()));
    let left = (0..1000).position(|_| once().is_pending());
    // tokio's own.
    assert_eq!(left, Some(128));
}

#[anyloop::test]
async fn the_unconstrained_does_not_pause() {
    let mut polls = 0;
    let whole = async {
        let mut rounds = 0;
        let mut busy = pin!(unconstrained(channel(|| {
            rounds += 1;
            rounds < 10_000
        })));
        poll_fn(|cx| {
            polls += 1;
            busy.as_mut().poll(cx)
        })
        .await;
    };
    whole.await;
    assert_eq!(polls, 1);
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

/// Its counter would stay spent while another executor polls.
#[anyloop::test]
async fn nothing_is_counted_in_place() {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    for n in 0..1000 {
        sender.send(n).unwrap();
    }
    drop(sender);
    let received = task::block_in_place(|| {
        let mut polls = 0;
        let mut receives = pin!(async {
            let mut received = 0;
            while receiver.recv().await.is_some() {
                received += 1;
            }
            received
        });
        // As an executor does; it ends if it never gets further.
        loop {
            if let Poll::Ready(received) = receives.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return received;
            }
            polls += 1;
            assert!(polls < 100, "it is polled in vain");
        }
    });
    assert_eq!(received, 1000);
}
