//! Aborting, awaiting, finishing and dropping at once, from several threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use futures_lite::future::{self, yield_now};
use loop_api::task::{Abort, Task};
use loop_api::{EventLoop, Handle, JoinError};
use loop_smol::{Builder, SmolHandle};

/// Counts how many of it are alive.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Alive {
        count.fetch_add(1, Ordering::SeqCst);
        Alive(count.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn until_none(handle: &SmolHandle, alive: &AtomicUsize) {
    for _ in 0..20_000 {
        if alive.load(Ordering::SeqCst) == 0 {
            return;
        }
        handle.sleep(Duration::from_millis(1)).await;
    }
    panic!("{} futures or outputs were left", alive.load(Ordering::SeqCst));
}

#[test]
fn whatever_comes_first_the_awaiter_is_woken_and_nothing_is_left() {
    let mut event_loop = Builder::new().worker_threads(2).build().unwrap();
    let handle = event_loop.handle().clone();
    let alive = Arc::new(AtomicUsize::new(0));
    event_loop.block_on(async {
        for round in 0..2000 {
            let (guard, output) = (Alive::new(&alive), Alive::new(&alive));
            let task = handle.spawn(async move {
                let _guard = guard;
                for _ in 0..round % 4 {
                    yield_now().await;
                }
                output
            });
            let abort = task.abort_handle();
            let aborter = thread::spawn({
                let abort = abort.clone();
                move || {
                    for _ in 0..round % 64 {
                        std::hint::spin_loop();
                    }
                    abort.abort();
                }
            });
            if round % 3 == 0 {
                drop(task);
            } else {
                match task.await {
                    Ok(output) => drop(output),
                    Err(error) => assert!(matches!(error, JoinError::Cancelled(_))),
                }
                assert!(abort.is_finished());
            }
            aborter.join().unwrap();
        }
        until_none(&handle, &alive).await;
    });
}

#[test]
fn an_awaiter_elsewhere_is_woken_when_the_loop_is_closed_under_it() {
    for round in 0..50 {
        let event_loop = Builder::new().worker_threads(1 + round % 2).build().unwrap();
        let handle = event_loop.handle().clone();
        let alive = Arc::new(AtomicUsize::new(0));
        let waiters: Vec<_> = (0..4)
            .map(|n| {
                let guard = Alive::new(&alive);
                let handle = handle.clone();
                thread::spawn(move || {
                    let task = handle.spawn(async move {
                        let _guard = guard;
                        std::future::pending::<()>().await;
                    });
                    let abort = (n % 2 == 0).then(|| task.abort_handle());
                    let error = future::block_on(task).unwrap_err();
                    assert!(error.is_cancelled() || error.is_closed());
                    assert!(abort.is_none_or(|abort| abort.is_finished()));
                })
            })
            .collect();
        drop(event_loop);
        for waiter in waiters {
            waiter.join().unwrap();
        }
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    }
}
