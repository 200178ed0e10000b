//! EXE: executors of one's own choice.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::Subject;
use crate::support::{Counter, LONG, Log, SHORT, run, until, within};
use loop_api::Handle;
use loop_api::error::Refused;
use loop_api::task::{Abort, Task};
use loop_toolkit::{Executor, Job, Pool, is_cancelled};

pub fn exe03_job_aborted_in_the_queue_is_dropped_at_once<S: Subject>() {
    run::<S, _>(|handle| async move {
        let pool = Pool::builder().max_threads(1).build();
        let (begun, has_begun) = channel();
        let (release, released) = channel::<()>();
        // The only thread is busy.
        let first = handle.run_in_executor(&pool, move || {
            begun.send(()).unwrap();
            let _ = released.recv();
            1
        });
        assert!(until(&handle, || has_begun.try_recv().is_ok()).await);
        let (ran, dropped) = (Counter::new(), Counter::new());
        let (line, guard) = (ran.clone(), dropped.on_drop());
        let second = handle.run_in_executor(&pool, move || {
            let _guard = guard;
            line.add()
        });
        let cancelled = within(&handle, LONG, second.cancel()).await.expect("a job that had not begun");
        assert!(cancelled.is_err_and(|error| error.is_cancelled()));
        assert_eq!(dropped.get(), 1, "it still holds what it captured");
        release.send(()).unwrap();
        assert_eq!(first.await.ok(), Some(1));
        assert_eq!(handle.run_in_executor(&pool, || 3).await.ok(), Some(3));
        assert_eq!(ran.get(), 0, "a cancelled job ran");
    });
}

pub fn exe05_a_pool_bounds_how_many_jobs_run_at_once<S: Subject>() {
    run::<S, _>(|handle| async move {
        let pool = Pool::builder().max_threads(3).build();
        assert_eq!(pool.max_threads(), 3);
        let (running, most) = (Counter::new(), Log::new());
        let jobs: Vec<_> = (0..30)
            .map(|number| {
                let (running, most) = (running.clone(), most.clone());
                handle.run_in_executor(&pool, move || {
                    most.push(running.add());
                    thread::sleep(Duration::from_millis(1));
                    running.sub();
                    number
                })
            })
            .collect();
        for (number, job) in jobs.into_iter().enumerate() {
            assert_eq!(job.await.ok(), Some(number));
        }
        let most = most.take().into_iter().max();
        assert!(most <= Some(3), "{most:?} jobs at once");
    });
}

/// Runs each job on a thread of its own, and refuses all but the first three.
struct Mine {
    jobs: Counter,
}

impl Executor for Mine {
    fn execute(&self, job: Job) -> Result<(), Refused> {
        if self.jobs.add() > 3 {
            return Err(Refused::Closed);
        }
        thread::Builder::new()
            .name("mine".to_owned())
            .spawn(move || job.run())
            .map(drop)
            .map_err(|error| Refused::NoThread(error.kind()))
    }
}

pub fn exe06_jobs_run_in_the_executor_of_choice<S: Subject>() {
    run::<S, _>(|handle| async move {
        let mine = Mine { jobs: Counter::new() };
        let there = handle.clone();
        let job = handle.run_in_executor(&mine, move || {
            let current = super::HandleOf::<S>::with_current(|current| {
                current.is_some_and(|current| std::ptr::eq(current.shared(), there.shared()))
            });
            (thread::current().name().map(str::to_owned), current)
        });
        let (name, current) = job.await.unwrap();
        assert_eq!(name.as_deref(), Some("mine"));
        assert!(current, "the loop is not current in the job");
        let panic = handle.run_in_executor(&mine, || panic!("planned")).await.unwrap_err();
        assert_eq!(panic.into_panic().downcast_ref::<&str>(), Some(&"planned"));
        assert_eq!(handle.run_in_executor(&mine, || 1).await.ok(), Some(1));
        // One that is refused says so.
        let refused = handle.run_in_executor(&mine, || 1).await;
        assert!(refused.is_err_and(|error| error.is_closed()));
    });
}

pub fn exe06_the_default_executor_can_be_replaced<S: Subject>() {
    run::<S, _>(|handle| async move {
        assert!(handle.shared().default_executor().is_none());
        assert!(handle.set_default_executor(Some(Arc::new(Mine { jobs: Counter::new() }))).is_none());
        let name = handle.spawn_blocking(|| thread::current().name().map(str::to_owned)).await;
        assert_eq!(name.unwrap().as_deref(), Some("mine"));
        // And back again.
        assert!(handle.set_default_executor(None).is_some());
        let name = handle.spawn_blocking(|| thread::current().name().map(str::to_owned)).await;
        assert_ne!(name.unwrap().as_deref(), Some("mine"));
    });
}

pub fn exe07_a_pool_joins_or_counts_what_still_runs<S: Subject>() {
    run::<S, _>(|handle| async move {
        let pool = Pool::builder().max_threads(1).build();
        let (begun, has_begun) = channel();
        let (release, released) = channel::<()>();
        let running = handle.run_in_executor(&pool, move || {
            begun.send(()).unwrap();
            let _ = released.recv();
            1
        });
        let queued = handle.run_in_executor(&pool, || 2);
        assert!(until(&handle, || has_begun.try_recv().is_ok()).await);
        assert_eq!(pool.shutdown(Some(Duration::from_millis(1))), Err(1));
        let queued = within(&handle, LONG, queued).await.expect("a queued job of a pool that ended");
        assert!(queued.is_err_and(|error| error.is_cancelled()));
        let late = within(&handle, LONG, handle.run_in_executor(&pool, || 3)).await.expect("a refusal");
        assert!(late.is_err_and(|error| error.is_closed()));
        release.send(()).unwrap();
        assert_eq!(within(&handle, LONG, running).await.expect("the job to end").ok(), Some(1));
        assert_eq!(pool.shutdown(Some(LONG)), Ok(()));
    });
}

pub fn exe11_a_job_can_ask_whether_it_was_cancelled<S: Subject>() {
    run::<S, _>(|handle| async move {
        assert!(!is_cancelled());
        let pool = Pool::builder().max_threads(1).build();
        let (begun, has_begun) = channel();
        let job = handle.run_in_executor(&pool, move || {
            let before = is_cancelled();
            begun.send(()).unwrap();
            let start = std::time::Instant::now();
            while !is_cancelled() && start.elapsed() < LONG {
                thread::sleep(Duration::from_millis(1));
            }
            (before, is_cancelled())
        });
        assert!(until(&handle, || has_begun.try_recv().is_ok()).await);
        let abort = job.abort_handle();
        abort.abort();
        assert_eq!(job.await.ok(), Some((false, true)));
        // The next job on that thread was not.
        assert_eq!(handle.run_in_executor(&pool, is_cancelled).await.ok(), Some(false));
    });
}

pub fn exe13_a_pools_threads_are_reused_named_and_end_when_idle<S: Subject>() {
    run::<S, _>(|handle| async move {
        let pool = Pool::builder().thread_name("files").keep_alive(SHORT).build();
        let mut threads = HashSet::new();
        for _ in 0..20 {
            let name = handle.run_in_executor(&pool, || thread::current().name().map(str::to_owned));
            threads.insert(name.await.unwrap().expect("a name"));
            // Idle again before the next job comes.
            assert!(until(&handle, || pool.running() == 0).await);
        }
        assert!(threads.iter().all(|name| name.starts_with("files")), "{threads:?}");
        assert!(threads.len() <= 10, "twenty jobs, one after another, took {threads:?}");
        assert!(until(&handle, || pool.threads() == 0).await, "idle threads do not end");
        assert_eq!(handle.run_in_executor(&pool, || 1).await.ok(), Some(1));
    });
}
