//! What a loop with tokio as its part promises, on each thread and at each end of its life.
#![cfg(unix)]

#[macro_use]
#[path = "support/with_tokio.rs"]
mod with_tokio;

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use futures_lite::future::yield_now;
use loop_api::{EventLoop, Handle, RunError};

use crate::with_tokio::{native, smol};

const LONG: Duration = Duration::from_secs(30);

fn has_tokio() -> bool {
    tokio::runtime::Handle::try_current().is_ok()
}

/// Counts the drops that find tokio and can use it.
struct Finds(Arc<AtomicUsize>);

impl Drop for Finds {
    fn drop(&mut self) {
        if has_tokio() {
            drop(tokio::spawn(async {}));
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Polls `future` and counts how often.
async fn count_polls(future: impl Future<Output = ()>) -> usize {
    let mut future = pin!(future);
    let mut polls = 0;
    std::future::poll_fn(|cx| {
        polls += 1;
        future.as_mut().poll(cx).map(|()| polls)
    })
    .await
}

/// Takes `count` values that are there already.
async fn receive(count: usize) {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    (0..count).for_each(|value| sender.send(value).unwrap());
    for value in 0..count {
        assert_eq!(receiver.recv().await, Some(value));
    }
}

on_each! {
    fn blocking_jobs_and_callbacks_find_tokio(event_loop) {
        let handle = event_loop.handle().clone();
        let (says, said) = mpsc::channel();
        event_loop.block_on(async {
            handle.call_soon(move || says.send(has_tokio()).unwrap()).unwrap();
            let inner = handle.clone();
            let job = handle.spawn_blocking(move || {
                // Both ways to block, and tokio's own jobs from there.
                let sleep = || tokio::time::sleep(Duration::from_millis(1));
                tokio::runtime::Handle::current().block_on(async { sleep().await });
                inner.block_on(async {
                    sleep().await;
                    tokio::task::spawn_blocking(has_tokio).await.unwrap()
                })
            });
            assert!(job.await.unwrap());
        });
        assert_eq!(said.recv_timeout(LONG), Ok(true));
    }

    fn tokios_tasks_find_the_loop(event_loop) {
        let sum = event_loop.block_on(async {
            let task = tokio::spawn(async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                let handle = L::Handle::try_current().expect("the loop is current in tokio's tasks");
                handle.spawn(async { 1 + 2 }).await.unwrap()
            });
            tokio::time::timeout(LONG, task).await
        });
        assert_eq!(sum.unwrap().unwrap(), 3);
    }

    fn destructors_find_tokio_when_the_loop_ends(event_loop) {
        let found = Arc::new(AtomicUsize::new(0));
        let handle = event_loop.handle().clone();
        let (one, two, three) = (Finds(found.clone()), Finds(found.clone()), Finds(found.clone()));
        event_loop.block_on(async move {
            drop(handle.spawn(async move {
                let _one = one;
                std::future::pending::<()>().await;
            }));
            drop(handle.spawn_local(async move {
                let _two = two;
                std::future::pending::<()>().await;
            }));
            drop(tokio::spawn(async move {
                let _three = three;
                std::future::pending::<()>().await;
            }));
            handle.sleep(Duration::from_millis(2)).await;
        });
        assert_eq!(found.load(Ordering::SeqCst), 0);
        drop(event_loop);
        assert_eq!(found.load(Ordering::SeqCst), 3);
    }

    fn each_task_has_tokios_budget(event_loop) {
        let handle = event_loop.handle().clone();
        event_loop.block_on(async {
            let polls = handle.spawn(count_polls(receive(10_000)));
            let here = count_polls(receive(10_000)).await;
            let polls = polls.await.unwrap();
            for polls in [polls, here] {
                // tokio's budget is 128.
                assert!((78..200).contains(&polls), "{polls} polls for 10,000 values");
            }
            // A fresh one for each: no task finds it used up by those before it.
            let tasks: Vec<_> = (0..64).map(|_| handle.spawn(count_polls(receive(100)))).collect();
            for task in tasks {
                assert_eq!(task.await.unwrap(), 1);
            }
        });
    }

    fn a_busy_loop_leaves_tokio_its_turn(event_loop) {
        let handle = event_loop.handle().clone();
        event_loop.block_on(async {
            let done = Arc::new(AtomicBool::new(false));
            let seen = done.clone();
            let busy = handle.spawn(async move {
                while !seen.load(Ordering::SeqCst) {
                    yield_now().await;
                }
            });
            // And the other way: a task of tokio's that is always ready.
            let seen = done.clone();
            let busy_too = tokio::spawn(async move {
                while !seen.load(Ordering::SeqCst) {
                    tokio::task::yield_now().await;
                }
            });
            tokio::time::sleep(Duration::from_millis(5)).await;
            handle.sleep(Duration::from_millis(5)).await;
            done.store(true, Ordering::SeqCst);
            busy.await.unwrap();
            busy_too.await.unwrap();
        });
    }

    fn nested_runs_are_refused_and_the_loop_goes_on(event_loop) {
        let handle = event_loop.handle().clone();
        event_loop.block_on(async {
            let inner = handle.clone();
            let task = handle.spawn(async move { inner.try_block_on(async {}) });
            assert_eq!(task.await.unwrap(), Err(RunError::Nested));
            tokio::time::sleep(Duration::from_millis(1)).await;
        });
    }

    fn what_waits_goes_on_in_the_next_run(event_loop) {
        let (says, said) = tokio::sync::oneshot::channel();
        event_loop.block_on(async {
            drop(tokio::spawn(async {
                tokio::time::sleep(Duration::from_millis(2)).await;
                says.send(7).unwrap();
            }));
        });
        assert_eq!(event_loop.block_on(said).unwrap(), 7);
    }

    fn a_panic_of_the_main_future_leaves_the_loop_usable(event_loop) {
        let run = std::panic::AssertUnwindSafe(|| event_loop.block_on(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            panic!("planned");
        }));
        assert!(std::panic::catch_unwind(run).is_err());
        let done = event_loop.block_on(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            tokio::spawn(async { 1 }).await
        });
        assert_eq!(done.unwrap(), 1);
    }

    fn a_job_that_outlives_shutdown_is_reported(event_loop) {
        let reports = Arc::new(Mutex::new(Vec::new()));
        let seen = reports.clone();
        let report = move |exception: &loop_api::shared::Exception| {
            seen.lock().unwrap().push(exception.message().to_owned());
        };
        event_loop.handle().shared().set_exception_handler(Some(Arc::new(report)));
        let (release, released) = mpsc::channel::<()>();
        let (begins, began) = mpsc::channel();
        event_loop.block_on(async move {
            drop(tokio::task::spawn_blocking(move || {
                begins.send(()).unwrap();
                let _ = released.recv();
            }));
        });
        began.recv_timeout(LONG).unwrap();
        event_loop.shutdown(Some(Duration::from_millis(5)));
        assert_eq!(reports.lock().unwrap().len(), 1, "{reports:?}");
        drop(release);
    }

    fn a_job_that_waits_for_tokio_is_served_while_the_loop_ends(event_loop) {
        let handle = event_loop.handle().clone();
        let (says, said) = mpsc::channel();
        let (begins, began) = mpsc::channel();
        drop(handle.spawn_blocking(move || {
            tokio::runtime::Handle::current().block_on(async {
                let sleep = tokio::time::sleep(Duration::from_millis(20));
                begins.send(()).unwrap();
                sleep.await;
            });
            says.send(()).unwrap();
        }));
        began.recv_timeout(LONG).unwrap();
        event_loop.shutdown(None);
        assert_eq!(said.try_recv(), Ok(()));
    }

    fn other_threads_wake_what_waits_in_tokio(event_loop) {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        let other = thread::spawn(move || {
            for value in 0..200 {
                sender.blocking_send(value).unwrap();
            }
        });
        let handle = event_loop.handle().clone();
        event_loop.block_on(async {
            let task = handle.spawn(async move {
                let mut last = None;
                while let Some(value) = receiver.recv().await {
                    last = Some(value);
                }
                last
            });
            assert_eq!(tokio::time::timeout(LONG, task).await.unwrap().unwrap(), Some(199));
        });
        other.join().unwrap();
    }

    fn processes_and_signals_are_tokios(event_loop) {
        event_loop.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let mut signals = signal(SignalKind::user_defined2()).unwrap();
            let process = std::process::id().to_string();
            let status = tokio::process::Command::new("kill").args(["-USR2", &process]).status();
            assert!(tokio::time::timeout(LONG, status).await.unwrap().unwrap().success());
            tokio::time::timeout(LONG, signals.recv()).await.unwrap().unwrap();
        });
    }
}

/// tokio's `spawn_local` works wherever the loop's own thread is.
fn local_tasks<L: EventLoop>(mut event_loop: L, in_tasks: bool) {
    let handle = event_loop.handle().clone();
    let local = || {
        let here = Rc::new(Cell::new(1));
        tokio::task::spawn_local(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            here.set(here.get() + 1);
            here.get()
        })
    };
    event_loop.block_on(async move {
        assert_eq!(local().await.unwrap(), 2);
        if in_tasks {
            let task = handle.spawn(async move { local().await.unwrap() });
            assert_eq!(task.await.unwrap(), 2);
        }
        // In a local task of the loop's it works on all.
        assert_eq!(handle.spawn_local(async move { local().await.unwrap() }).await.unwrap(), 2);
    });
}

#[test]
fn spawn_local_works_on_the_loops_thread() {
    local_tasks(native(0), true);
    local_tasks(native(2), false);
    local_tasks(smol(0), true);
    local_tasks(smol(2), false);
}

#[test]
fn two_loops_and_plain_tokio_live_side_by_side() {
    let threads: Vec<_> = (0..2)
        .map(|_| {
            thread::spawn(|| {
                let (mut one, mut two) = (native(0), native(0));
                let ids = [&mut one, &mut two].map(|event_loop| {
                    event_loop.block_on(async {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                        tokio::runtime::Handle::current().id()
                    })
                });
                assert_ne!(ids[0], ids[1]);
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(!has_tokio());
}

#[test]
fn a_wake_between_polls_is_not_lost() {
    // The waker of a native task is called by a tokio task: outside the loop's own poll, on its
    // thread.
    let mut event_loop = native(0);
    let handle = event_loop.handle().clone();
    event_loop.block_on(async {
        for _ in 0..1000 {
            let (sender, receiver) = tokio::sync::oneshot::channel();
            let task = handle.spawn(async move { receiver.await.unwrap() });
            drop(tokio::spawn(async move { sender.send(1).unwrap() }));
            assert_eq!(tokio::time::timeout(LONG, task).await.unwrap().unwrap(), 1);
        }
        // And a native sleep that is begun there, earlier than all others.
        let _later = handle.spawn(handle.sleep(LONG * 10));
        yield_now().await;
        let inner = handle.clone();
        let slept = tokio::spawn(async move { inner.sleep(Duration::from_millis(2)).await });
        tokio::time::timeout(LONG, slept).await.unwrap().unwrap();
    });
}

#[test]
fn a_loop_ends_inside_plain_tokio_without_blocking_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut event_loop = native(0);
        // Here it cannot be run, and says so.
        assert_eq!(event_loop.try_block_on(async {}), Err(RunError::Nested));
        // With a job under way, for which it must not wait forever.
        let (release, released) = mpsc::channel::<()>();
        let (begins, began) = mpsc::channel();
        let job = event_loop.handle().spawn_blocking(move || {
            begins.send(()).unwrap();
            let _ = released.recv();
        });
        began.recv_timeout(LONG).unwrap();
        event_loop
            .handle()
            .shared()
            .set_exception_handler(Some(Arc::new(|_: &loop_api::shared::Exception| {})));
        event_loop.shutdown(Some(Duration::from_millis(20)));
        drop(release);
        job.await.unwrap();
    });
}

#[test]
fn jobs_are_waited_for_where_tokio_is_only_entered() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _entered = runtime.enter();
    let mut event_loop = native(0);
    let done = Arc::new(AtomicBool::new(false));
    let (begins, began) = mpsc::channel();
    let seen = done.clone();
    event_loop.block_on(async move {
        drop(tokio::task::spawn_blocking(move || {
            begins.send(()).unwrap();
            thread::sleep(Duration::from_millis(20));
            seen.store(true, Ordering::SeqCst);
        }));
    });
    began.recv_timeout(LONG).unwrap();
    drop(event_loop);
    assert!(done.load(Ordering::SeqCst));
}
