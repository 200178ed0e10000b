//! What the wrapper around async-task's handles promises.

use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use loop_api::task::{Abort, Task};
use loop_api::time::Instant;
use loop_api::{EventLoop, Handle, JoinError, LocalError, RunError};
use loop_smol::{Builder, JoinHandle, SmolHandle, SmolLoop};

/// Runs a test on each kind of loop.
fn on_each(test: impl Fn(&mut SmolLoop)) {
    test(&mut SmolLoop::new().unwrap());
    test(&mut Builder::new().worker_threads(2).build().unwrap());
}

/// Says when it is dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn flag() -> (Arc<AtomicBool>, Dropped) {
    let flag = Arc::new(AtomicBool::new(false));
    (flag.clone(), Dropped(flag))
}

async fn until(mut condition: impl FnMut() -> bool) {
    let handle = SmolHandle::try_current().unwrap();
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain");
        handle.sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn a_join_handle_is_send_and_sync_if_its_output_is_send() {
    fn check<T: Send + Sync>() {}
    check::<JoinHandle<std::cell::Cell<u8>>>();
}

#[test]
fn tasks_start_in_spawn_order_whichever_way_they_were_spawned() {
    let mut event_loop = SmolLoop::new().unwrap();
    let handle = event_loop.handle().clone();
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    event_loop.block_on(async {
        let mut tasks = Vec::new();
        for i in 0..2000 {
            let order = order.clone();
            let task = async move { order.lock().unwrap().push(i) };
            tasks.push(if i % 3 == 0 { handle.spawn_local(task) } else { handle.spawn(task) });
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert!(order.lock().unwrap().iter().copied().eq(0..2000));
}

#[test]
fn tasks_that_a_run_left_start_in_order_in_the_next() {
    let mut event_loop = SmolLoop::new().unwrap();
    let handle = event_loop.handle().clone();
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let tasks = (0..1000).map(|i| {
        let order = order.clone();
        handle.spawn(async move { order.lock().unwrap().push(i) })
    });
    let tasks = tasks.collect::<Vec<_>>();
    event_loop.block_on(tasks.into_iter().nth(100).unwrap()).unwrap();
    let done = order.lock().unwrap().len();
    assert!(done < 1000, "the main future waited for all tasks");
    event_loop.block_on(until(|| order.lock().unwrap().len() == 1000));
    assert!(order.lock().unwrap().iter().copied().eq(0..1000));
}

#[test]
fn dropping_the_handle_detaches() {
    on_each(|event_loop| {
        let handle = event_loop.handle().clone();
        event_loop.block_on(async {
            let ran = Arc::new(AtomicBool::new(false));
            let flag = ran.clone();
            let sleep = handle.sleep(Duration::from_millis(2));
            drop(handle.spawn(async move {
                sleep.await;
                flag.store(true, Ordering::SeqCst);
            }));
            until(|| ran.load(Ordering::SeqCst)).await;
        });
    });
}

#[test]
fn a_task_aborted_before_its_first_poll_never_runs() {
    let mut event_loop = SmolLoop::new().unwrap();
    let handle = event_loop.handle().clone();
    event_loop.block_on(async {
        for local in [false, true] {
            let (gone, dropped) = flag();
            let task = async move {
                let _dropped = dropped;
                unreachable!("it was aborted");
            };
            let task = if local { handle.spawn_local(task) } else { handle.spawn(task) };
            task.abort();
            let error: JoinError = task.await.unwrap_err();
            assert!(error.is_cancelled());
            assert!(gone.load(Ordering::SeqCst));
        }
    });
}

#[test]
fn abort_from_another_thread_wakes_the_awaiter() {
    on_each(|event_loop| {
        let handle = event_loop.handle().clone();
        event_loop.block_on(async {
            let (gone, dropped) = flag();
            let task = handle.spawn(async move {
                let _dropped = dropped;
                pending::<()>().await;
            });
            let abort = task.abort_handle();
            let aborter = handle.spawn_blocking(move || {
                thread::sleep(Duration::from_millis(5));
                assert!(!abort.is_finished());
                abort.abort();
                abort
            });
            assert!(task.await.unwrap_err().is_cancelled());
            assert!(gone.load(Ordering::SeqCst));
            assert!(aborter.await.unwrap().is_finished());
        });
    });
}

#[test]
fn a_local_task_is_aborted_by_another_thread_and_dropped_on_its_own() {
    let mut event_loop = SmolLoop::new().unwrap();
    let handle = event_loop.handle().clone();
    event_loop.block_on(async {
        struct Here(thread::ThreadId, Rc<RefCell<bool>>);
        impl Drop for Here {
            fn drop(&mut self) {
                assert_eq!(self.0, thread::current().id());
                *self.1.borrow_mut() = true;
            }
        }
        let dropped = Rc::new(RefCell::new(false));
        let here = Here(thread::current().id(), dropped.clone());
        let task = handle.spawn_local(async move {
            let here = here;
            pending::<()>().await;
            here
        });
        let abort = task.abort_handle();
        handle.spawn_blocking(move || abort.abort()).await.unwrap();
        assert!(task.await.is_err());
        assert!(*dropped.borrow());
    });
}

#[test]
fn an_abort_handle_outlives_the_join_handle_and_keeps_no_output() {
    on_each(|event_loop| {
        let handle = event_loop.handle().clone();
        event_loop.block_on(async {
            // Aborted after the join handle was dropped.
            let (gone, dropped) = flag();
            let abort = handle
                .spawn(async move {
                    let _dropped = dropped;
                    pending::<()>().await;
                })
                .abort_handle();
            handle.sleep(Duration::from_millis(2)).await;
            assert!(!abort.is_finished() && !gone.load(Ordering::SeqCst));
            abort.abort();
            until(|| abort.is_finished()).await;
            assert!(gone.load(Ordering::SeqCst));

            // Finished after the join handle was dropped.
            let (gone, dropped) = flag();
            let sleep = handle.sleep(Duration::from_millis(2));
            let abort = handle
                .spawn(async move {
                    sleep.await;
                    dropped
                })
                .abort_handle();
            until(|| gone.load(Ordering::SeqCst)).await;
            until(|| abort.is_finished()).await;

            // Finished before the join handle was dropped.
            let (gone, dropped) = flag();
            let task = handle.spawn(async move { dropped });
            let abort = task.abort_handle();
            until(|| task.is_finished()).await;
            assert!(!gone.load(Ordering::SeqCst));
            drop(task);
            assert!(gone.load(Ordering::SeqCst) && abort.is_finished());
        });
    });
}

#[test]
fn an_output_that_came_first_survives_abort() {
    on_each(|event_loop| {
        let handle = event_loop.handle().clone();
        event_loop.block_on(async {
            let task = handle.spawn(async { 5 });
            until(|| task.is_finished()).await;
            assert_eq!(task.cancel().await.unwrap(), 5);
        });
    });
}

#[test]
fn an_aborted_task_is_finished_only_once_its_future_is_gone() {
    let mut event_loop = SmolLoop::new().unwrap();
    let handle = event_loop.handle().clone();
    event_loop.block_on(async {
        let (gone, dropped) = flag();
        let task = handle.spawn(async move {
            let _dropped = dropped;
            pending::<()>().await;
        });
        futures_lite::future::yield_now().await;
        task.abort();
        assert!(!gone.load(Ordering::SeqCst) && !task.is_finished());
        until(|| task.is_finished()).await;
        assert!(gone.load(Ordering::SeqCst));
    });
}

#[test]
fn a_panic_reaches_the_awaiter_else_the_exception_handler() {
    on_each(|event_loop| {
        let handle = event_loop.handle().clone();
        let seen = Arc::new(AtomicUsize::new(0));
        let count = seen.clone();
        handle.shared().set_exception_handler(Some(Arc::new(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        })));
        event_loop.block_on(async {
            let error = handle.spawn(async { panic!("on purpose") }).await.unwrap_err();
            assert!(error.to_string().contains("panicked with message \"on purpose\""), "{error}");
            assert_eq!(seen.load(Ordering::SeqCst), 0);
            drop(handle.spawn(async { panic!("on purpose, unseen") }));
            until(|| seen.load(Ordering::SeqCst) == 1).await;
            let kept =
                handle.spawn(async { panic!("on purpose, unseen, with an abort handle") }).abort_handle();
            until(|| seen.load(Ordering::SeqCst) == 2).await;
            drop(kept);
        });
    });
}

#[test]
fn closing_drops_tasks_and_wakes_awaiters_on_other_threads() {
    let kinds = [None, Some(2)];
    for workers in kinds {
        let mut event_loop = match workers {
            None => SmolLoop::new().unwrap(),
            Some(n) => Builder::new().worker_threads(n).build().unwrap(),
        };
        let handle = event_loop.handle().clone();
        let (gone, dropped) = flag();
        let task = handle.spawn(async move {
            let _dropped = dropped;
            pending::<()>().await;
        });
        let waiter = thread::spawn(move || futures_lite::future::block_on(task));
        event_loop.block_on(handle.sleep(Duration::from_millis(5)));
        drop(event_loop);
        assert!(gone.load(Ordering::SeqCst));
        assert!(waiter.join().unwrap().unwrap_err().is_cancelled());
        assert!(futures_lite::future::block_on(handle.spawn(async {})).unwrap_err().is_closed());
        assert!(futures_lite::future::block_on(handle.spawn_blocking(|| {})).unwrap_err().is_closed());
        assert_eq!(handle.try_block_on(async {}).unwrap_err(), RunError::Closed);
    }
}

#[test]
fn a_task_dropped_with_its_loop_may_spawn_and_is_told_that_it_is_closed() {
    struct Spawns(SmolHandle, Arc<AtomicBool>);
    impl Drop for Spawns {
        fn drop(&mut self) {
            let task = self.0.spawn(async {});
            let closed = futures_lite::future::block_on(task).unwrap_err().is_closed();
            self.1.store(closed, Ordering::SeqCst);
        }
    }
    let event_loop = SmolLoop::new().unwrap();
    let handle = event_loop.handle().clone();
    let told = Arc::new(AtomicBool::new(false));
    let spawns = Spawns(handle.clone(), told.clone());
    drop(handle.spawn(async move {
        let _spawns = spawns;
    }));
    drop(event_loop);
    assert!(told.load(Ordering::SeqCst));
}

#[test]
fn local_tasks_are_refused_where_they_cannot_stay() {
    let mut event_loop = SmolLoop::new().unwrap();
    let handle = event_loop.handle().clone();
    assert!(matches!(handle.try_spawn_local(async {}), Err(LocalError::NotLoopThread)));
    let of_job = handle.clone();
    let error = event_loop.block_on(handle.spawn_blocking(move || of_job.try_spawn_local(async {}).err()));
    assert_eq!(error.unwrap(), Some(LocalError::NotLoopThread));
    drop(event_loop);
    assert!(matches!(handle.try_spawn_local(async {}), Err(LocalError::Closed)));
}

#[test]
fn a_local_task_of_a_loop_that_was_forgotten_is_not_dropped_elsewhere() {
    struct Here(thread::ThreadId);
    impl Drop for Here {
        fn drop(&mut self) {
            assert_eq!(self.0, thread::current().id());
        }
    }
    let handle = thread::spawn(|| {
        let mut event_loop = SmolLoop::new().unwrap();
        let handle = event_loop.handle().clone();
        let here = Here(thread::current().id());
        event_loop.block_on(async {
            drop(handle.spawn_local(async move {
                let _here = here;
                pending::<()>().await;
            }));
        });
        std::mem::forget(event_loop);
        handle
    });
    drop(handle.join().unwrap());
}

#[test]
fn blocking_is_refused_inside_a_loop_and_legal_in_a_blocking_job() {
    on_each(|event_loop| {
        let handle = event_loop.handle().clone();
        event_loop.block_on(async {
            let inner = handle.clone();
            let nested = handle.spawn(async move { inner.try_block_on(async {}) }).await.unwrap();
            assert_eq!(nested, Err(RunError::Nested));
            assert_eq!(handle.try_block_on(async {}), Err(RunError::Nested));
            let inner = handle.clone();
            let job = handle.spawn_blocking(move || {
                let current = SmolHandle::try_current().is_some();
                inner.block_on(async { inner.spawn(async { 7 }).await.unwrap() }) + i32::from(current)
            });
            assert_eq!(job.await.unwrap(), 8);
        });
    });
}

#[test]
fn a_sleep_can_be_reset_and_awaited_again() {
    let mut event_loop = SmolLoop::new().unwrap();
    let handle = event_loop.handle().clone();
    event_loop.block_on(async {
        use loop_api::time::Sleep as _;
        let mut sleep = Box::pin(handle.sleep(Duration::MAX));
        let start = handle.now();
        let soon = start + Duration::from_millis(5);
        assert!(futures_lite::future::poll_once(sleep.as_mut()).await.is_none());
        sleep.as_mut().reset(soon);
        sleep.as_mut().await;
        assert!(sleep.is_elapsed() && handle.now() >= soon);
        // Done stays done, until it is reset.
        sleep.as_mut().await;
        let later = handle.now() + Duration::from_millis(5);
        sleep.as_mut().reset(later);
        assert_eq!(sleep.deadline(), later);
        sleep.as_mut().await;
        assert!(handle.now() >= later);
    });
}
