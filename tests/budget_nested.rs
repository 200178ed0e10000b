//! Loops that are run where tokio polls, or might: tokio's counter of what one poll does is then
//! its own. Apart from other tests, as a loop of tokio's own in the same process may have a loop
//! inside tokio's polls refused.
#![cfg(all(feature = "sync", feature = "io-util"))]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyloop::RunError;
use anyloop::runtime::{Backend, Builder, Runtime};
use anyloop::sync::mpsc;
use anyloop::task;
use anyloop::time::{Duration, Instant};

/// Rounds, one after the other, each ready at once, while `goes_on` says so.
async fn rounds(mut goes_on: impl FnMut() -> bool) {
    let (sender, mut receiver) = mpsc::channel(1);
    while goes_on() {
        sender.send(()).await.unwrap();
        receiver.recv().await.unwrap();
    }
}

async fn many() {
    let mut left = 1000;
    rounds(|| {
        left -= 1;
        left > 0
    })
    .await;
}

/// Is told to end by another task.
async fn gives_way() {
    let done = Arc::new(AtomicBool::new(false));
    let other = task::spawn({
        let done = done.clone();
        async move { done.store(true, Ordering::SeqCst) }
    });
    let start = Instant::now();
    rounds(|| {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing else had its turn");
        !done.load(Ordering::SeqCst)
    })
    .await;
    other.await.unwrap();
}

/// Loops that tokio knows nothing of.
fn not_tokios() -> impl Iterator<Item = Runtime> {
    let backends = Backend::compiled().iter().filter(|backend| **backend != Backend::Tokio);
    backends.map(|backend| Builder::new().backend(*backend).build().unwrap())
}

/// It goes on, or is refused, where a loop of tokio's was seen in this process; it does not hang.
fn goes_on(runtime: &mut Runtime) {
    let outcome = runtime.try_block_on(async {
        many().await;
        task::spawn(many()).await.unwrap();
    });
    assert!(matches!(outcome, Ok(()) | Err(RunError::Nested)), "{outcome:?}");
}

#[test]
fn a_loop_inside_a_poll_of_tokios_goes_on() {
    let outer = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for mut runtime in not_tokios() {
        outer.block_on(async { goes_on(&mut runtime) });
        // And where the counter is spent.
        outer.block_on(async {
            while tokio::task::coop::has_budget_remaining() {
                tokio::task::consume_budget().await;
            }
            goes_on(&mut runtime);
        });
    }
}

#[test]
fn a_loop_where_tokio_polls_nothing_gives_way() {
    let outer = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _entered = outer.enter();
    for mut runtime in not_tokios() {
        runtime.block_on(gives_way());
    }
    let job = outer.spawn_blocking(|| {
        for mut runtime in not_tokios() {
            runtime.block_on(gives_way());
        }
    });
    outer.block_on(job).unwrap();
}
