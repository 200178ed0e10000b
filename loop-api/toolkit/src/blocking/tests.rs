//! What the pool does: threads that are reused, limits, aborts and shutdown.

use std::collections::HashSet;
use std::panic::Location;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};

use futures_lite::future::block_on;

use super::{Pool, is_cancelled, run_in, spawn_blocking};
use crate::task::JoinHandle;
use crate::task::tests::support::{Dropped, TestHandle};
use loop_api::Handle;
use loop_api::blocking::{Executor, Job};
use loop_api::error::{JoinError, Refused};
use loop_api::task::Task;

/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn until(mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < LONG);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A job that has begun, and ends when the sender is dropped.
fn busy(pool: &Pool) -> (JoinHandle<&'static str>, Sender<()>) {
    let (begun, has_begun) = channel();
    let (release, released): (_, Receiver<()>) = channel();
    let join = pool.spawn_blocking(&TestHandle::new(), move || {
        begun.send(()).unwrap();
        let _ = released.recv();
        "done"
    });
    has_begun.recv_timeout(LONG).unwrap();
    (join, release)
}

#[test]
fn jobs_give_their_output_and_their_panics() {
    let (pool, handle) = (Pool::builder().max_threads(1).build(), TestHandle::new());
    assert_eq!(block_on(pool.spawn_blocking(&handle, || 3)).unwrap(), 3);
    let error = block_on(pool.spawn_blocking(&handle, || panic!("oh"))).map(|(): ()| ()).unwrap_err();
    assert_eq!(error.into_panic().downcast_ref::<&str>(), Some(&"oh"));
    assert_eq!(block_on(pool.spawn_blocking(&handle, || 4)).unwrap(), 4, "a panic costs no thread");
    pool.shutdown(Some(LONG)).unwrap();
}

#[test]
fn the_loop_is_current_in_its_jobs_and_told_of_their_panics() {
    let (pool, handle) = (Pool::new(), TestHandle::new());
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    handle.shared().set_exception_handler(Some(Arc::new(move |exception: &loop_api::shared::Exception| {
        log.lock().unwrap().push((exception.kind(), exception.location().map(|location| location.line())));
    })));
    let inside = pool.spawn_blocking(&handle, || TestHandle::with_current(|handle| handle.is_some()));
    assert!(block_on(inside).unwrap());
    let line = line!() + 1;
    drop(pool.spawn_blocking(&handle, || panic!("not awaited")));
    until(|| !told.lock().unwrap().is_empty());
    assert_eq!(*told.lock().unwrap(), [(loop_api::shared::ExceptionKind::Blocking, Some(line))]);
}

#[test]
fn a_job_cancelled_before_it_began_is_dropped_at_once_and_does_not_run() {
    let pool = Pool::builder().max_threads(1).build();
    let (first, release) = busy(&pool);
    let (guard, drops) = Dropped::new();
    let ran = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ran);
    let second = pool.spawn_blocking(&TestHandle::new(), move || {
        let _guard = guard;
        flag.store(true, SeqCst);
    });
    // Without waiting for the only thread.
    assert!(block_on(second.cancel()).unwrap_err().is_cancelled());
    assert_eq!(drops.load(SeqCst), 1);
    drop(release);
    assert_eq!(block_on(first).unwrap(), "done");
    assert_eq!(block_on(pool.spawn_blocking(&TestHandle::new(), || 1)).unwrap(), 1);
    assert!(!ran.load(SeqCst));
}

#[test]
fn a_job_that_has_begun_runs_on_and_can_see_that_it_was_cancelled() {
    let (pool, handle) = (Pool::new(), TestHandle::new());
    let (begun, has_begun) = channel();
    let job = pool.spawn_blocking(&handle, move || {
        assert!(!is_cancelled());
        begun.send(()).unwrap();
        until(is_cancelled);
        "saw it"
    });
    has_begun.recv_timeout(LONG).unwrap();
    assert_eq!(block_on(job.cancel()).unwrap(), "saw it");
    assert!(!block_on(pool.spawn_blocking(&handle, is_cancelled)).unwrap());
}

#[test]
fn one_thread_runs_jobs_in_order_and_no_more_threads_than_allowed_run_at_once() {
    for threads in [1, 3] {
        let pool = Pool::builder().max_threads(threads).build();
        let order = Arc::new(Mutex::new(Vec::new()));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let together = Arc::new(Barrier::new(threads));
        let jobs: Vec<_> = (0..60)
            .map(|number| {
                let (order, now, most) = (Arc::clone(&order), Arc::clone(&now), Arc::clone(&most));
                let together = Arc::clone(&together);
                pool.spawn_blocking(&TestHandle::new(), move || {
                    most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                    order.lock().unwrap().push(number);
                    if number < threads {
                        // The first ones wait for one another, so that as many as may run do run at
                        // once.
                        together.wait();
                    }
                    std::thread::sleep(Duration::from_micros(200));
                    now.fetch_sub(1, SeqCst);
                })
            })
            .collect();
        jobs.into_iter().for_each(|job| block_on(job).unwrap());
        assert_eq!((most.load(SeqCst), pool.threads()), (threads, threads));
        if threads == 1 {
            assert!(order.lock().unwrap().is_sorted());
        }
        assert_eq!(Executor::max_threads(&pool), Some(threads));
    }
}

#[test]
fn threads_are_named_reused_and_ended() {
    let keep_alive = Duration::from_millis(30);
    let pool = Pool::builder().keep_alive(keep_alive).thread_name("mine\0").build();
    let mut names = HashSet::new();
    for _ in 0..10 {
        let name = || std::thread::current().name().map(str::to_owned);
        names.extend(block_on(pool.spawn_blocking(&TestHandle::new(), name)).unwrap());
        // A moment for the thread to wait again.
        until(|| pool.running() == 0);
    }
    assert!(names.iter().all(|name| name.starts_with("mine-")));
    assert!(names.len() < 10, "{names:?}");
    until(|| pool.threads() == 0);
    assert_eq!(block_on(pool.spawn_blocking(&TestHandle::new(), || 2)).unwrap(), 2);
}

#[test]
fn shutdown_cancels_what_waits_and_joins_what_runs() {
    let pool = Pool::builder().max_threads(1).build();
    let (first, release) = busy(&pool);
    let (guard, drops) = Dropped::new();
    let second = pool.spawn_blocking(&TestHandle::new(), move || drop(guard));
    assert_eq!(pool.queued(), 1);
    assert_eq!(pool.shutdown(Some(Duration::from_millis(5))), Err(1));
    assert_eq!(drops.load(SeqCst), 1);
    assert!(block_on(second).unwrap_err().is_cancelled());
    let late = pool.spawn_blocking(&TestHandle::new(), || ());
    assert!(late.is_finished() && block_on(late).unwrap_err().is_closed());
    drop(release);
    assert_eq!(pool.shutdown(None), Ok(()));
    assert_eq!((pool.threads(), block_on(first).unwrap()), (0, "done"));
    assert_eq!(pool.shutdown(Some(Duration::ZERO)), Ok(()));
}

#[test]
fn a_job_may_shut_its_own_pool_down() {
    let pool = Pool::new();
    let inside = pool.clone();
    let job = pool.spawn_blocking(&TestHandle::new(), move || inside.shutdown(None));
    assert_eq!(block_on(job).unwrap(), Ok(()));
    pool.shutdown(Some(LONG)).unwrap();
}

#[test]
fn a_dropped_pool_still_does_what_it_was_given() {
    let pool = Pool::builder().max_threads(1).build();
    let (first, release) = busy(&pool);
    let second = pool.spawn_blocking(&TestHandle::new(), || 2);
    drop((pool, release));
    assert_eq!(block_on(first).unwrap(), "done");
    assert_eq!(block_on(second).unwrap(), 2);
}

#[test]
fn any_executor_will_do_and_its_refusal_is_what_the_job_gives() {
    struct Later(Mutex<Vec<Job>>);
    impl Executor for Later {
        fn execute(&self, job: Job) -> Result<(), Refused> {
            self.0.lock().map(|mut jobs| jobs.push(job)).map_err(|_| Refused::Closed)
        }
    }
    struct Full;
    impl Executor for Full {
        fn execute(&self, _: Job) -> Result<(), Refused> {
            Err(Refused::NoThread(std::io::ErrorKind::WouldBlock))
        }
    }
    let (later, handle) = (Arc::new(Later(Mutex::default())), TestHandle::new());
    let any: Arc<dyn Executor> = later.clone();
    let (mut one, mut two) =
        (run_in(&*any, &handle, Location::caller(), || 1), handle.run_in_executor(&*any, || 2));
    let mut jobs = std::mem::take(&mut *later.0.lock().unwrap()).into_iter();
    jobs.next().unwrap().run();
    drop(jobs);
    assert_eq!(block_on(&mut one).unwrap(), 1);
    assert!(block_on(&mut two).unwrap_err().is_cancelled());
    let (guard, drops) = Dropped::new();
    let error = block_on(run_in(&Full, &handle, Location::caller(), move || drop(guard))).unwrap_err();
    assert!(matches!(error, JoinError::NoThread(..)) && error.to_string().contains("raise the limit"));
    assert_eq!(drops.load(SeqCst), 1);
}

#[test]
fn many_threads_submit_cancel_and_shut_down_at_once() {
    for round in 0..20 {
        let pool = Pool::builder().max_threads(1 + round % 4).keep_alive(Duration::from_micros(50)).build();
        let done = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let (pool, done) = (&pool, &done);
                scope.spawn(move || {
                    for number in 0..50 {
                        let job = pool.spawn_blocking(&TestHandle::new(), move || number);
                        if number % 3 == thread {
                            job.abort();
                        }
                        match block_on(job) {
                            Ok(output) => assert_eq!(output, number),
                            Err(error) => assert!(error.is_cancelled() || error.is_closed(), "{error}"),
                        }
                        done.fetch_add(1, SeqCst);
                    }
                });
            }
            if round % 2 == 0 {
                until(|| done.load(SeqCst) > round * 3);
                pool.shutdown(Some(LONG)).unwrap();
            }
        });
        assert_eq!(done.load(SeqCst), 150);
        pool.shutdown(Some(LONG)).unwrap();
        assert_eq!((pool.threads(), pool.running(), pool.queued()), (0, 0, 0));
    }
}

#[test]
fn the_default_executor_can_be_replaced_and_put_back() {
    let (own, other) =
        (Pool::builder().thread_name("own").build(), Pool::builder().thread_name("other").build());
    let handle = TestHandle::new();
    let name = || {
        let name = || std::thread::current().name().map(str::to_owned);
        block_on(spawn_blocking(&own, &handle, Location::caller(), name)).unwrap().unwrap()
    };
    assert!(name().starts_with("own-"));
    assert!(handle.set_default_executor(Some(Arc::new(other))).is_none());
    assert!(name().starts_with("other-"));
    assert!(handle.set_default_executor(None).is_some());
    assert!(name().starts_with("own-"));
    handle.set_default_executor(Some(Arc::new(Pool::new())));
    handle.shared().close();
    own.shutdown(None).unwrap();
    assert!(block_on(spawn_blocking(&own, &handle, Location::caller(), || ())).unwrap_err().is_closed());
}

#[cfg(all(unix, target_pointer_width = "64", not(miri)))]
#[test]
fn without_a_thread_the_job_says_so_and_the_pool_goes_on() {
    // No system gives that much stack.
    let pool = Pool::builder().stack_size(usize::MAX).build();
    for _ in 0..2 {
        let (guard, drops) = Dropped::new();
        let job = pool.spawn_blocking(&TestHandle::new(), move || drop(guard));
        let error = block_on(job).unwrap_err();
        assert!(matches!(error, JoinError::NoThread(..)), "{error}");
        assert_eq!((drops.load(SeqCst), pool.threads(), pool.queued()), (1, 0, 0));
    }
    assert_eq!(pool.shutdown(None), Ok(()));
}
