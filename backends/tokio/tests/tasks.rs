//! The promises about tasks, nesting and closing, on one thread and on many.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use futures_lite::future::{block_on, poll_once};
use loop_api::task::{Abort, Task};
use loop_api::{EventLoop, Handle, JoinError, LocalError, RunError};
use loop_tokio::{TokioHandle, TokioLoop};

fn loops() -> [TokioLoop; 2] {
    [TokioLoop::new().unwrap(), TokioLoop::builder().worker_threads(2).build().unwrap()]
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn a_panic_reaches_the_awaiter() {
    for mut tokio in loops() {
        let handle = tokio.handle().clone();
        let error = tokio.block_on(handle.spawn(async { panic!("boom") })).unwrap_err();
        assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "boom");
        let error = tokio.block_on(handle.spawn_blocking(|| panic!("bang"))).unwrap_err();
        assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "bang");
        assert_eq!(tokio.block_on(async { 1 }), 1);
    }
}

#[test]
fn an_unseen_panic_reaches_the_exception_handler() {
    for mut tokio in loops() {
        let handle = tokio.handle().clone();
        let (tell, told) = mpsc::channel();
        let tell = std::sync::Mutex::new(tell);
        handle.shared().set_exception_handler(Some(Arc::new(move |exception| {
            tell.lock().unwrap().send(exception.to_string()).unwrap();
        })));
        drop(handle.spawn(async { panic!("unseen") }));
        drop(handle.spawn_blocking(|| panic!("unheard")));
        tokio.block_on(async {
            while handle.runtime().metrics().num_alive_tasks() != 0 {
                handle.sleep(Duration::from_millis(1)).await;
            }
        });
        let mut texts: Vec<String> =
            (0..2).map(|_| told.recv_timeout(Duration::from_secs(10)).unwrap()).collect();
        texts.sort();
        assert!(texts[0].contains("blocking job") && texts[0].ends_with("panicked: unheard"), "{texts:?}");
        assert!(texts[1].contains("task") && texts[1].ends_with("panicked: unseen"), "{texts:?}");
    }
}

#[test]
fn a_task_aborted_before_its_first_poll_never_runs() {
    let mut tokio = TokioLoop::new().unwrap();
    let handle = tokio.handle().clone();
    let ran = Arc::new(AtomicBool::new(false));
    let seen = ran.clone();
    let task = handle.spawn(async move { seen.store(true, Ordering::SeqCst) });
    let abort = task.abort_handle();
    abort.abort();
    assert!(tokio.block_on(task).unwrap_err().is_cancelled());
    assert!(abort.is_finished() && !ran.load(Ordering::SeqCst));
}

#[test]
fn a_job_aborted_before_it_began_never_runs() {
    let mut tokio = TokioLoop::builder().max_blocking_threads(1).build().unwrap();
    let handle = tokio.handle().clone();
    let (go, wait) = mpsc::channel::<()>();
    let first = handle.spawn_blocking(move || wait.recv());
    let second = handle.spawn_blocking(|| panic!("it was aborted"));
    second.abort();
    go.send(()).unwrap();
    tokio.block_on(async {
        first.await.unwrap().unwrap();
        assert!(second.cancel().await.unwrap_err().is_cancelled());
    });
}

#[test]
fn nested_block_on_is_refused_in_tasks_and_allowed_in_jobs() {
    for mut tokio in loops() {
        let handle = tokio.handle().clone();
        tokio.block_on(async {
            assert_eq!(handle.try_block_on(async {}), Err(RunError::Nested));
            let nested = handle.spawn(async {
                let handle = TokioHandle::try_current().unwrap();
                (handle.try_block_on(async {}), TokioLoop::new().unwrap().try_block_on(async {}))
            });
            assert_eq!(nested.await.unwrap(), (Err(RunError::Nested), Err(RunError::Nested)));
            let inner = handle.clone();
            let job = handle.spawn_blocking(move || {
                inner.block_on(async {
                    inner.sleep(Duration::from_millis(1)).await;
                    inner.spawn(async { 4 }).await.unwrap()
                })
            });
            assert_eq!(job.await.unwrap(), 4);
            let own = handle.spawn_blocking(|| TokioLoop::new().unwrap().block_on(async { 5 }));
            assert_eq!(own.await.unwrap(), 5);
        });
        assert_eq!(tokio.block_on(async { 6 }), 6);
    }
}

#[test]
fn local_tasks_run_on_the_loops_thread() {
    for mut tokio in loops() {
        let handle = tokio.handle().clone();
        assert_eq!(handle.try_spawn_local(async {}).err(), Some(LocalError::NotLoopThread));
        let thread = std::thread::current().id();
        let shared = Rc::new(Cell::new(0));
        let (outer, inner) = (shared.clone(), handle.clone());
        let mut kept = None;
        tokio.block_on(async {
            let task = handle.spawn_local(async move {
                let shared = outer.clone();
                let nested = inner.spawn_local(async move { shared.set(shared.get() + 1) });
                inner.sleep(Duration::from_millis(1)).await;
                nested.await.unwrap();
                outer.set(outer.get() + 1);
                std::thread::current().id()
            });
            assert_eq!(task.await.unwrap(), thread);
            let on_worker =
                handle.spawn_blocking(|| TokioHandle::try_current().unwrap().try_spawn_local(async {}).err());
            assert_eq!(on_worker.await.unwrap(), Some(LocalError::NotLoopThread));
            let shared = shared.clone();
            kept = Some(handle.spawn_local(async move { shared.set(10) }));
        });
        tokio.block_on(kept.unwrap()).unwrap();
        assert_eq!(shared.get(), 10);
    }
}

#[test]
fn closing_drops_tasks_here_and_cancels_those_who_wait_elsewhere() {
    for mut tokio in loops() {
        let handle = tokio.handle().clone();
        let dropped = Arc::new(AtomicUsize::new(0));
        let count = |dropped: &Arc<AtomicUsize>| {
            let dropped = dropped.clone();
            OnDrop(move || {
                dropped.fetch_add(1, Ordering::SeqCst);
            })
        };
        let guard = count(&dropped);
        let task = handle.spawn(async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        });
        let waiter = std::thread::spawn(move || block_on(task));
        let thread = std::thread::current().id();
        let guard = count(&dropped);
        let local_guard = OnDrop(move || assert_eq!(std::thread::current().id(), thread));
        tokio.block_on(async {
            drop(handle.spawn_local(async move {
                let _guards = (guard, local_guard);
                std::future::pending::<()>().await;
            }));
            handle.sleep(Duration::from_millis(2)).await;
        });
        drop(tokio);
        assert!(matches!(waiter.join().unwrap(), Err(JoinError::Cancelled(_))));
        assert_eq!(dropped.load(Ordering::SeqCst), 2);
        assert!(matches!(block_on(handle.spawn(async {})), Err(JoinError::Closed(_))));
        assert!(matches!(block_on(handle.spawn_blocking(|| ())), Err(JoinError::Closed(_))));
        assert_eq!(handle.try_spawn_local(async {}).err(), Some(LocalError::Closed));
        assert!(block_on(poll_once(handle.sleep(Duration::ZERO))).is_none());
    }
}

#[test]
fn shutdown_waits_no_longer_than_it_is_told_and_reports_what_is_left() {
    for mut tokio in loops() {
        let handle = tokio.handle().clone();
        let (tell, told) = mpsc::channel();
        let tell = std::sync::Mutex::new(tell);
        handle.shared().set_exception_handler(Some(Arc::new(move |exception| {
            tell.lock().unwrap().send(exception.to_string()).unwrap();
        })));
        let (go, wait) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        drop(handle.spawn_blocking(move || {
            begun.send(()).unwrap();
            let _ = wait.recv();
            let mine = TokioHandle::try_current().unwrap();
            end.send(std::ptr::from_ref(mine.shared()).addr()).unwrap();
        }));
        begins.recv().unwrap();
        let start = Instant::now();
        tokio.shutdown(Some(Duration::from_millis(20)));
        assert!(start.elapsed() >= Duration::from_millis(20));
        assert!(told.recv().unwrap().contains("1 blocking job(s) still run"));
        drop(go);
        // It still knows where it belongs.
        assert_eq!(ended.recv().unwrap(), std::ptr::from_ref(handle.shared()).addr());
        assert_eq!(tokio.try_block_on(async {}), Err(RunError::Closed));
    }
}

#[test]
fn a_loop_dropped_inside_an_async_context_neither_panics_nor_hangs() {
    let foreign = [
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(),
    ];
    for runtime in foreign {
        runtime.block_on(async {
            for tokio in loops() {
                let inner = tokio.handle().clone();
                drop(tokio.handle().spawn(async move {
                    let _inner = inner;
                    std::future::pending::<()>().await;
                }));
                drop(tokio);
            }
            tokio::spawn(async { drop(loops()) }).await.unwrap();
        });
    }
    for mut tokio in loops() {
        tokio.block_on(async { drop(loops()) });
    }
}

#[test]
fn handles_in_a_task_do_not_keep_a_dropped_loop() {
    let tokio = TokioLoop::new().unwrap();
    let handle = tokio.handle().clone();
    let weak = Arc::downgrade(&{
        let kept = Arc::new(());
        let (inner, task_kept) = (handle.clone(), kept.clone());
        drop(handle.spawn(async move {
            let _kept = (inner, task_kept);
            std::future::pending::<()>().await;
        }));
        kept
    });
    drop(tokio);
    assert!(weak.upgrade().is_none());
}

#[cfg(target_os = "linux")]
#[test]
fn a_thousand_loops_leave_no_descriptor_and_no_thread() {
    fn counts() -> (usize, usize) {
        let threads = std::fs::read_dir("/proc/self/task").unwrap().count();
        (std::fs::read_dir("/proc/self/fd").unwrap().count(), threads)
    }
    // Other tests of this process come and go: so the loops are counted in thousands, and some
    // slack is left.
    let before = counts();
    for _ in 0..500 {
        for mut tokio in [TokioLoop::new().unwrap(), TokioLoop::builder().worker_threads(1).build().unwrap()]
        {
            let handle = tokio.handle().clone();
            tokio.block_on(async {
                handle.spawn(async {}).await.unwrap();
                handle.sleep(Duration::ZERO).await;
            });
        }
    }
    let after = counts();
    assert!(after.0 < before.0 + 200 && after.1 < before.1 + 200, "{before:?} {after:?}");
}
