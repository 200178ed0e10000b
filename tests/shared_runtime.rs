//! A runtime for every thread: in a `static`, waited for by many, ended by the last that has it.
#![cfg(any(feature = "native", feature = "tokio", feature = "smol"))]

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyloop::runtime::{Backend, Builder, Handle, SharedRuntime};
use anyloop::time::sleep;
use anyloop::{JoinError, RunError};

mod support;

use support::each_builder;

/// What no machine is too slow for.
const LONG: Duration = Duration::from_secs(60);

/// Tells when it is dropped, and on which thread.
struct Drops(mpsc::Sender<thread::ThreadId>);

impl Drop for Drops {
    fn drop(&mut self) {
        let _ = self.0.send(thread::current().id());
    }
}

#[test]
fn it_can_be_sent_and_shared() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    check::<SharedRuntime>();
}

#[test]
fn it_stands_in_a_static() {
    static RUNTIME: LazyLock<SharedRuntime> = LazyLock::new(|| SharedRuntime::new().unwrap());
    thread::scope(|scope| {
        for n in 0..8 {
            scope.spawn(move || {
                let text = std::rc::Rc::new(format!("not sent {n}"));
                let same = RUNTIME.block_on(async {
                    sleep(Duration::from_millis(1)).await;
                    let task = anyloop::spawn(async move { n });
                    (task.await.unwrap(), text.clone())
                });
                assert_eq!(same, (n, text));
            });
        }
    });
}

#[test]
fn tasks_run_while_no_thread_waits() {
    each_builder(|builder| {
        let runtime = builder.build_shared().unwrap();
        let (tell, told) = mpsc::channel();
        drop(runtime.spawn(async move {
            sleep(Duration::from_millis(1)).await;
            tell.send(thread::current().id()).unwrap();
        }));
        assert_ne!(told.recv_timeout(LONG).unwrap(), thread::current().id());
        // A stop() ends nothing.
        runtime.handle().stop();
        assert_eq!(runtime.block_on(runtime.spawn(async { 1 })).unwrap(), 1);
    });
}

#[test]
fn many_threads_wait_at_once_and_talk() {
    each_builder(|builder| {
        let runtime = builder.build_shared().unwrap();
        let (ask, mut asked) = anyloop::sync::mpsc::channel::<(u32, anyloop::sync::oneshot::Sender<u32>)>(4);
        let server = runtime.spawn(async move {
            while let Some((n, answer)) = asked.recv().await {
                sleep(Duration::from_micros(10)).await;
                answer.send(n * n).unwrap();
            }
        });
        thread::scope(|scope| {
            for n in 0..8 {
                let (runtime, ask) = (&runtime, ask.clone());
                scope.spawn(move || {
                    for _ in 0..10 {
                        let squared = runtime.block_on(async {
                            let (answer, answered) = anyloop::sync::oneshot::channel();
                            ask.send((n, answer)).await.unwrap();
                            answered.await.unwrap()
                        });
                        assert_eq!(squared, n * n);
                    }
                });
            }
        });
        drop(ask);
        runtime.block_on(server).unwrap();
    });
}

#[test]
fn the_last_drop_ends_tasks_and_waits_for_the_thread() {
    each_builder(|builder| {
        let runtime = builder.build_shared().unwrap();
        let (tell, told) = mpsc::channel();
        let (drops, begun) = (Drops(tell), Arc::new(AtomicUsize::new(0)));
        let begins = begun.clone();
        let task = runtime.spawn(async move {
            let _drops = drops;
            begins.store(1, Ordering::Relaxed);
            std::future::pending::<()>().await;
        });
        let handle = runtime.handle().clone();
        while begun.load(Ordering::Relaxed) == 0 {
            runtime.block_on(async { sleep(Duration::from_micros(100)).await });
        }
        let clone = runtime.clone();
        drop(runtime);
        clone.block_on(clone.spawn(async {})).unwrap();
        assert!(told.try_recv().is_err());
        drop(clone);
        assert_ne!(told.try_recv().expect("dropped before the drop returned"), thread::current().id());
        assert!(matches!(futures_lite::future::block_on(task), Err(JoinError::Cancelled(_))));
        assert_eq!(handle.try_block_on(async {}), Err(RunError::Closed));
    });
}

#[test]
fn a_job_that_has_begun_is_waited_for_unless_the_time_is_over() {
    each_builder(|builder| {
        let runtime = builder.build_shared().unwrap();
        let (go_on, goes_on) = mpsc::channel::<()>();
        let (begin, begun) = mpsc::channel();
        let job = runtime.spawn_blocking(move || {
            begin.send(()).unwrap();
            let _ = goes_on.recv_timeout(LONG);
        });
        begun.recv_timeout(LONG).unwrap();
        runtime.handle().set_exception_handler(Some(Arc::new(|_: &anyloop::loop_api::shared::Exception| {})));
        let clone = runtime.clone();
        runtime.shutdown_timeout(Duration::from_millis(1));
        assert!(!job.is_finished());
        // The time may be over before the loop's thread has come to close it.
        let end = Instant::now() + LONG;
        while clone.try_block_on(async {}).is_ok() {
            assert!(Instant::now() < end, "it does not close");
        }
        assert_eq!(clone.try_block_on(async {}), Err(RunError::Closed));
        clone.shutdown_background();
        drop(go_on);
    });
}

/// In a task, a blocking job, the destructor of a thread-local of theirs, and of another thread.
#[test]
fn the_last_drop_may_be_anywhere() {
    thread_local! {
        static LAST: RefCell<Option<(SharedRuntime, Drops)>> = const { RefCell::new(None) };
    }
    each_builder(|mut builder| {
        // A thread for blocking jobs ends soon, and runs its destructors.
        builder.thread_keep_alive(Duration::from_millis(1));
        let (tell, told) = mpsc::channel();
        let drops = || Drops(tell.clone());
        for place in 0..6 {
            // There the destructor of a thread-local must not wait for a thread, as std's page of
            // `LocalKey` says.
            if cfg!(windows) && matches!(place, 2 | 3 | 5) {
                continue;
            }
            let runtime = builder.build_shared().unwrap();
            let (last, tells) = (runtime.clone(), drops());
            let (go, gone) = anyloop::sync::oneshot::channel();
            let task = match place {
                0 => runtime.spawn(async move {
                    gone.await.unwrap();
                    drop((last, tells));
                }),
                1 => runtime.spawn_blocking(move || {
                    gone.blocking_recv().unwrap();
                    drop((last, tells));
                }),
                2 => runtime.spawn(async move {
                    gone.await.unwrap();
                    LAST.set(Some((last, tells)));
                }),
                3 => runtime.spawn_blocking(move || {
                    gone.blocking_recv().unwrap();
                    LAST.set(Some((last, tells)));
                }),
                // Polled by another loop, and in one's own `block_on`.
                4 => {
                    go.send(()).unwrap();
                    drop(runtime);
                    Builder::new().build().unwrap().block_on(async move { drop((last, tells)) });
                    told.recv_timeout(LONG).unwrap();
                    continue;
                }
                _ => {
                    go.send(()).unwrap();
                    let handle = runtime.handle().clone();
                    drop(runtime);
                    let thread = thread::spawn(move || {
                        let _ = handle.try_block_on(async move { LAST.set(Some((last, tells))) });
                    });
                    thread.join().unwrap();
                    told.recv_timeout(LONG).unwrap();
                    continue;
                }
            };
            drop(runtime);
            drop(task);
            go.send(()).unwrap();
            if place != 2 {
                told.recv_timeout(LONG).unwrap_or_else(|_| panic!("{builder:?} in place {place}"));
            } else {
                // A thread-local of the loop's own thread keeps the loop.
                assert!(told.recv_timeout(Duration::from_millis(20)).is_err());
            }
        }
    });
}

#[test]
fn inside_a_task_it_refuses_to_block_and_tells_where_it_is() {
    each_builder(|builder| {
        let runtime = builder.build_shared().unwrap();
        let inside = runtime.clone();
        let task = runtime.spawn(async move {
            let nested = inside.try_block_on(async {});
            let job = anyloop::task::spawn_blocking(move || inside.block_on(async { 1 }));
            (nested, job.await.unwrap(), Handle::current().backend())
        });
        let backend = runtime.choice().backend();
        assert_eq!(runtime.block_on(task).unwrap(), (Err(RunError::Nested), 1, backend));
        let _guard = runtime.enter();
        assert_eq!(Handle::current().backend(), backend);
        runtime.block_on(anyloop::spawn(async {})).unwrap();
    });
}

#[test]
fn a_panic_ends_its_own_future_only() {
    each_builder(|builder| {
        let runtime = builder.build_shared().unwrap();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            runtime.block_on(async {
                sleep(Duration::from_micros(1)).await;
                panic!("planned");
            })
        }));
        assert!(panicked.is_err());
        let task = runtime.spawn(async { panic!("planned, too") });
        assert!(runtime.block_on(task).unwrap_err().is_panic());
        assert_eq!(runtime.block_on(async { 1 }), 1);
    });
}

#[test]
fn a_loop_that_cannot_be_made_is_an_error() {
    let unknown = Builder::new().backend(Backend::Other("uring")).build_shared();
    assert_eq!(unknown.unwrap_err().kind(), std::io::ErrorKind::Unsupported);
}

#[test]
fn time_limits_hold_for_a_task_that_does_not_yield() {
    each_builder(|builder| {
        let runtime = builder.build_shared().unwrap();
        runtime.handle().set_exception_handler(Some(Arc::new(|_: &anyloop::loop_api::shared::Exception| {})));
        let (go_on, goes_on) = mpsc::channel::<()>();
        let (begin, begun) = mpsc::channel();
        drop(runtime.spawn(async move {
            begin.send(()).unwrap();
            let _ = goes_on.recv_timeout(LONG);
        }));
        begun.recv_timeout(LONG).unwrap();
        let start = Instant::now();
        runtime.shutdown_timeout(Duration::from_millis(1));
        assert!(start.elapsed() < LONG);
        drop(go_on);
    });
}

#[test]
fn once_ended_it_is_closed_to_all_though_its_thread_is_busy() {
    each_builder(|builder| {
        let runtime = builder.build_shared().unwrap();
        runtime.handle().set_exception_handler(Some(Arc::new(|_: &anyloop::loop_api::shared::Exception| {})));
        let (clone, handle) = (runtime.clone(), runtime.handle().clone());
        let (go_on, goes_on) = mpsc::channel::<()>();
        let (begin, begun) = mpsc::channel();
        for _ in 0..2 {
            let begin = begin.clone();
            handle.call_soon(move || begin.send(()).unwrap()).unwrap();
            begun.recv_timeout(LONG).unwrap();
        }
        // The loop's own thread.
        handle
            .call_soon(move || {
                begin.send(()).unwrap();
                let _ = goes_on.recv_timeout(LONG);
            })
            .unwrap();
        begun.recv_timeout(LONG).unwrap();
        runtime.shutdown_background();

        assert!(handle.is_closed());
        assert_eq!(clone.try_block_on(async {}), Err(RunError::Closed));
        assert_eq!(handle.try_block_on(async {}), Err(RunError::Closed));
        let (drops, dropped) = mpsc::channel();
        let refused = Drops(drops);
        let task = handle.spawn(async move { drop(refused) });
        dropped.recv_timeout(LONG).unwrap();
        assert!(futures_lite::future::block_on(task).unwrap_err().is_closed());
        assert!(handle.call_soon(|| ()).is_err());
        drop(go_on);
    });
}

#[test]
fn hooks_are_called_by_its_thread() {
    each_builder(|mut builder| {
        let counts = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let (starts, stops) = (counts.clone(), counts.clone());
        builder.on_thread_start(move || {
            starts.0.fetch_add(1, Ordering::Relaxed);
        });
        builder.on_thread_stop(move || {
            stops.1.fetch_add(1, Ordering::Relaxed);
        });
        let runtime = builder.build_shared().unwrap();
        runtime.block_on(runtime.spawn_blocking(|| ())).unwrap();
        drop(runtime);
        let (started, stopped) = (counts.0.load(Ordering::Relaxed), counts.1.load(Ordering::Relaxed));
        assert_eq!(started, stopped);
        assert!(started >= 2, "{started}");
    });
}

#[cfg(unix)]
#[test]
#[allow(unsafe_code)]
fn a_forked_process_is_told() {
    use std::os::unix::process::CommandExt;
    for &backend in Backend::compiled() {
        let runtime = Builder::new().backend(backend).build_shared().unwrap();
        runtime.block_on(async {});
        let inside = runtime.clone();
        let mut command = std::process::Command::new("true");
        // SAFETY: what is called there compares two numbers, and makes no system call but getpid.
        unsafe {
            command.pre_exec(move || match inside.try_block_on(async {}) {
                Err(RunError::NotRunning) => Ok(()),
                other => Err(std::io::Error::other(format!("{other:?}"))),
            });
        }
        assert!(command.status().unwrap().success());
        runtime.block_on(async {});
    }
}
