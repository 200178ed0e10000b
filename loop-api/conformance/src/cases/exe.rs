//! EXE: blocking jobs.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future;

use crate::Subject;
use crate::support::{Counter, LONG, SHORT, make, record_exceptions, run, until, within};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::shared::ExceptionKind;
use loop_api::task::Task;

pub fn exe01_job_runs_on_another_thread<S: Subject>() {
    let main = thread::current().id();
    let job = run::<S, _>(|handle| async move { handle.spawn_blocking(|| thread::current().id()).await });
    assert_ne!(job.expect("the job to end"), main);
}

pub fn exe02_panic_and_error_come_back<S: Subject>() {
    run::<S, _>(|handle| async move {
        let told = record_exceptions(&handle);
        let error = handle.spawn_blocking(|| Err::<(), _>("mine")).await;
        assert_eq!(error.unwrap(), Err("mine"));
        let panic = handle.spawn_blocking(|| panic!("planned")).await.unwrap_err();
        assert_eq!(panic.into_panic().downcast_ref::<&str>(), Some(&"planned"));
        assert!(told.is_empty(), "it was awaited, and the handler was told too: {told:?}");
        // Where it is not awaited, the handler is told.
        let line = line!() + 1;
        drop(handle.spawn_blocking(|| panic!("unseen")));
        assert!(until(&handle, || !told.is_empty()).await, "the handler was not told");
        let told = told.take();
        assert_eq!((told[0].kind, &*told[0].message), (ExceptionKind::Blocking, "unseen"));
        assert_eq!(told[0].location, Some((file!(), line)));
        // The threads go on.
        assert_eq!(handle.spawn_blocking(|| 1).await.ok(), Some(1));
    });
}

pub fn exe03_aborted_job_ran_or_says_cancelled<S: Subject>() {
    run::<S, _>(|handle| async move {
        for _ in 0..200 {
            let (ran, dropped) = (Counter::new(), Counter::new());
            let (line, guard) = (ran.clone(), dropped.on_drop());
            let job = handle.spawn_blocking(move || {
                let _guard = guard;
                line.add()
            });
            job.abort();
            match job.await {
                // It had begun: then it runs to its end and gives its output.
                Ok(output) => assert_eq!((output, ran.get()), (1, 1)),
                Err(error) => {
                    assert!(error.is_cancelled(), "{error}");
                    assert_eq!(ran.get(), 0, "a job that ran says it was cancelled");
                }
            }
            assert!(until(&handle, || dropped.get() == 1).await, "what it captured was not dropped");
        }
    });
}

pub fn exe04_cancel_of_a_running_job_waits_for_its_end<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (begun, has_begun) = channel();
        let (release, released) = channel::<()>();
        let job = handle.spawn_blocking(move || {
            begun.send(()).unwrap();
            let _ = released.recv();
            7
        });
        assert!(until(&handle, || has_begun.try_recv().is_ok()).await);
        let abort = job.abort_handle();
        let mut cancel = job.cancel();
        assert!(within(&handle, SHORT, &mut cancel).await.is_none(), "cancelled while it ran");
        assert!(!loop_api::task::Abort::is_finished(&abort));
        release.send(()).unwrap();
        let output = within(&handle, LONG, cancel).await.expect("the job to end");
        assert_eq!(output.ok(), Some(7));
    });
}

pub fn exe04_dropped_handle_leaves_the_job_running<S: Subject>() {
    run::<S, _>(|handle| async move {
        let ran = Counter::new();
        let line = ran.clone();
        drop(handle.spawn_blocking(move || {
            thread::sleep(SHORT);
            line.add()
        }));
        assert!(until(&handle, || ran.get() == 1).await);
    });
}

pub fn exe07_shutdown_joins_the_jobs<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let (begun, has_begun) = channel();
    let ended = Counter::new();
    let line = ended.clone();
    let job = handle.spawn_blocking(move || {
        begun.send(()).unwrap();
        thread::sleep(SHORT * 3);
        line.add()
    });
    has_begun.recv_timeout(LONG).expect("the job to begin");
    let told = record_exceptions(&handle);
    subject.shutdown(None);
    assert_eq!(ended.get(), 1, "shutdown did not wait for the job");
    assert!(told.is_empty(), "{told:?}");
    assert!(future::block_on(job).is_ok());
}

pub fn exe07_shutdown_in_time_reports_nothing<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let told = record_exceptions(&handle);
    let (begun, has_begun) = channel();
    drop(handle.spawn_blocking(move || {
        begun.send(()).unwrap();
        thread::sleep(SHORT);
    }));
    has_begun.recv_timeout(LONG).expect("the job to begin");
    let start = Instant::now();
    subject.shutdown(Some(LONG * 2));
    assert!(start.elapsed() < LONG, "it waited for its time limit, not for the job");
    assert!(told.is_empty(), "{told:?}");
}

pub fn exe08_job_after_shutdown_is_refused<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    subject.shutdown(Some(SHORT));
    let ran = Counter::new();
    let line = ran.clone();
    let job = handle.spawn_blocking(move || line.add());
    assert!(future::block_on(job).is_err_and(|error| error.is_closed()));
    assert_eq!(ran.get(), 0);
}

pub fn exe09_timers_go_on_beside_busy_jobs<S: Subject>() {
    run::<S, _>(|handle| async move {
        let stop = Arc::new(AtomicBool::new(false));
        let jobs: Vec<_> = (0..4)
            .map(|_| {
                let stop = stop.clone();
                handle.spawn_blocking(move || {
                    let start = Instant::now();
                    while !stop.load(Ordering::Relaxed) && start.elapsed() < LONG * 2 {
                        std::hint::spin_loop();
                    }
                })
            })
            .collect();
        let start = Instant::now();
        for _ in 0..5 {
            handle.sleep(Duration::from_millis(5)).await;
        }
        let took = start.elapsed();
        stop.store(true, Ordering::Relaxed);
        for job in jobs {
            job.await.unwrap();
        }
        assert!(took < LONG, "five sleeps of 5 ms took {took:?}");
    });
}

pub fn exe13_threads_are_reused_and_named<S: Subject>() {
    run::<S, _>(|handle| async move {
        let mut threads = HashSet::new();
        for _ in 0..50 {
            let job = handle.spawn_blocking(|| {
                let thread = thread::current();
                (thread.id(), thread.name().is_some_and(|name| !name.is_empty()))
            });
            let (id, named) = job.await.unwrap();
            assert!(named, "a thread of the loop has no name");
            threads.insert(id);
            // A moment for the thread to be idle again.
            handle.sleep(Duration::from_millis(1)).await;
        }
        assert!(threads.len() <= 25, "fifty jobs, one after another, took {} threads", threads.len());
    });
}

pub fn exe13_jobs_run_side_by_side<S: Subject>() {
    run::<S, _>(|handle| async move {
        // Each waits for the other: on one thread they would wait forever.
        let (to_first, first) = channel::<()>();
        let (to_second, second) = channel::<()>();
        let one = handle.spawn_blocking(move || {
            to_second.send(()).unwrap();
            first.recv_timeout(LONG).is_ok()
        });
        let two = handle.spawn_blocking(move || {
            to_first.send(()).unwrap();
            second.recv_timeout(LONG).is_ok()
        });
        assert_eq!((one.await.ok(), two.await.ok()), (Some(true), Some(true)));
        // And awaiting one by `&mut` loses nothing.
        let mut job = handle.spawn_blocking(|| {
            thread::sleep(SHORT);
            9
        });
        assert!(future::poll_once(&mut job).await.is_none());
        assert_eq!(job.await.ok(), Some(9));
    });
}
