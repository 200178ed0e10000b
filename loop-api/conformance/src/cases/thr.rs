//! THR: calls from other threads.

use std::future::pending;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future;

use crate::Subject;
use crate::made::spawn_thread;
use crate::support::{Counter, LONG, Log, SHORT, make, run, until, within};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::error::{Closed, LocalError, RunError};
use loop_api::task::Task;

/// Runs `body` on another thread while the loop runs here.
fn beside<S: Subject, T: Send + 'static>(body: impl FnOnce(super::HandleOf<S>) -> T + Send + 'static) -> T {
    run::<S, _>(|handle| async move {
        let there = handle.clone();
        let thread = thread::spawn(move || body(there));
        while !thread.is_finished() {
            handle.sleep(Duration::from_millis(2)).await;
        }
        match thread.join() {
            Ok(value) => value,
            Err(payload) => std::panic::resume_unwind(payload),
        }
    })
}

pub fn thr01_post_wakes_a_blocked_loop<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let (done, is_done) = channel();
    let poster = thread::spawn(move || {
        let mut slowest = Duration::ZERO;
        for round in 0..200 {
            // From busy to asleep: whatever the loop does when the post comes, it must see it.
            if round % 20 == 0 {
                thread::sleep(Duration::from_millis(3));
            }
            let (answer, answered) = channel();
            let start = Instant::now();
            if round % 2 == 0 {
                handle.call_soon(move || answer.send(()).unwrap()).unwrap();
            } else {
                drop(handle.spawn(async move { answer.send(()).unwrap() }));
            }
            if answered.recv_timeout(LONG).is_err() {
                handle.stop();
                panic!("post number {round} did not wake the loop");
            }
            slowest = slowest.max(start.elapsed());
        }
        done.send(slowest).unwrap();
        handle.stop();
    });
    // Nothing here wakes the loop: only the posts do.
    assert_eq!(subject.run_forever(), Ok(()));
    poster.join().unwrap();
    assert!(is_done.recv().unwrap() < LONG);
}

pub fn thr02_post_from_the_loops_own_thread_is_fifo<S: Subject>() {
    run::<S, _>(|handle| async move {
        let log = Log::new();
        for number in 0..100 {
            let line = log.clone();
            if number % 2 == 0 {
                handle.call_soon(move || line.push(number)).unwrap();
            } else {
                handle.call_soon_threadsafe(move || line.push(number)).unwrap();
            }
        }
        assert!(log.is_empty());
        assert!(until(&handle, || log.len() == 100).await);
        assert_eq!(log.take(), (0..100).collect::<Vec<_>>());
    });
}

pub fn thr03_posts_of_a_posted_callback_run_in_a_later_turn<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let log = Log::new();
    let (line, inner) = (log.clone(), handle.clone());
    thread::spawn(move || {
        let again = inner.clone();
        let late = line.clone();
        inner
            .call_soon_threadsafe(move || {
                late.push("first");
                again.call_soon_threadsafe(move || late.push("later turn")).unwrap();
            })
            .unwrap();
        inner.call_soon_threadsafe(move || line.push("same turn")).unwrap();
    })
    .join()
    .unwrap();
    // One turn, then the rest.
    handle.stop();
    assert_eq!(subject.run_forever(), Ok(()));
    assert_eq!(log.take(), ["first", "same turn"]);
    assert!(subject.block_on(until(&handle, || log.len() == 1)));
    assert_eq!(log.take(), ["later turn"]);
}

pub fn thr04_many_threads_lose_nothing_and_keep_their_order<S: Subject>() {
    const THREADS: usize = 10;
    const POSTS: usize = 10_000;
    run::<S, _>(|handle| async move {
        let log = Log::new();
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let (handle, log) = (handle.clone(), log.clone());
                thread::spawn(move || {
                    for post in 0..POSTS {
                        let log = log.clone();
                        handle.call_soon(move || log.push((number, post))).unwrap();
                    }
                })
            })
            .collect();
        assert!(until(&handle, || log.len() == THREADS * POSTS).await, "{} came", log.len());
        let mut next = [0; THREADS];
        for (number, post) in log.take() {
            assert_eq!(post, next[number], "thread {number}");
            next[number] += 1;
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

pub fn thr05_spawn_from_another_thread_can_be_joined_there<S: Subject>() {
    beside::<S, _>(|handle| {
        for number in 0..50 {
            let inner = handle.clone();
            let task = handle.spawn(async move {
                if number % 10 == 0 {
                    inner.sleep(Duration::from_millis(1)).await;
                }
                number
            });
            assert_eq!(future::block_on(task).ok(), Some(number));
        }
        // What is not Send cannot come from here.
        let refused = handle.try_spawn_local(async {}).err();
        assert!(matches!(refused, Some(LocalError::NotLoopThread | LocalError::Unsupported)), "{refused:?}");
    });
}

pub fn thr06_error_timeout_and_cancellation_cross_back<S: Subject>() {
    beside::<S, _>(|handle| {
        let failed = handle.spawn(async { Err::<(), _>("mine") });
        assert_eq!(future::block_on(failed).unwrap(), Err("mine"));

        let panicked = handle.spawn(async { panic!("planned") });
        let error = future::block_on(panicked).unwrap_err();
        let payload = error.into_panic();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"planned"));

        let dropped = Counter::new();
        let (guard, begun) = (dropped.on_drop(), Counter::new());
        let line = begun.clone();
        let endless = handle.spawn(async move {
            let _guard = guard;
            line.add();
            pending::<()>().await;
        });
        assert!(crate::support::wait_until(|| begun.get() == 1));
        assert!(future::block_on(endless.cancel()).is_err_and(|error| error.is_cancelled()));
        assert_eq!(dropped.get(), 1, "cancel was done before the future was gone");

        // A timeout here, of a task there, which is not harmed by it.
        let (inner, go) = (handle.clone(), Counter::new());
        let told = go.clone();
        let mut slow = handle.spawn(async move {
            assert!(until(&inner, || told.get() == 1).await);
            6
        });
        let timed = within(&handle, SHORT, &mut slow);
        assert!(handle.block_on(timed).is_none());
        go.add();
        assert_eq!(future::block_on(slow).ok(), Some(6));
    });
}

pub fn thr07_portal_runs_futures_and_functions_on_the_loop<S: Subject>() {
    let here = thread::current().id();
    beside::<S, _>(move |handle| {
        // A future driven by this thread, with the loop's timers.
        let start = Instant::now();
        let inner = handle.clone();
        let output = handle.block_on(async move {
            inner.sleep(SHORT).await;
            super::HandleOf::<S>::try_current().is_some()
        });
        assert!(output, "the loop is not current in its portal");
        assert!(start.elapsed() >= SHORT);
        // A function called on the loop's thread.
        let (answer, answered) = channel();
        handle.call_soon(move || answer.send(thread::current().id()).unwrap()).unwrap();
        assert_eq!(answered.recv_timeout(LONG).ok(), Some(here));
        // The portal can be used again, and from a blocking job too.
        let inner = handle.clone();
        let nested = handle.spawn_blocking(move || inner.try_block_on(async { 3 }));
        assert_eq!(future::block_on(nested).unwrap(), Ok(3));
    });
}

pub fn thr07_timer_of_another_thread_wakes_a_sleeping_loop<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    // What the loop would sleep until, if it were not told.
    let late = handle.call_later(LONG * 4, || {}).unwrap();
    let there = thread::spawn(move || {
        let start = Instant::now();
        for _ in 0..5 {
            // By then the loop is asleep.
            thread::sleep(Duration::from_millis(5));
            let done = handle.try_block_on(handle.sleep(Duration::from_millis(5)));
            assert_eq!(done, Ok(()));
        }
        handle.stop();
        start.elapsed()
    });
    assert_eq!(subject.run_forever(), Ok(()));
    let took = there.join().unwrap();
    assert!(took < LONG, "five sleeps of 5 ms took {took:?}");
    late.cancel();
}

pub fn thr08_portal_is_refused_on_the_loops_thread<S: Subject>() {
    run::<S, _>(|handle| async move {
        let log = Log::new();
        let (line, inner) = (log.clone(), handle.clone());
        handle.call_soon(move || line.push(inner.try_block_on(async {}))).unwrap();
        assert!(until(&handle, || log.len() == 1).await);
        assert_eq!(log.take(), [Err(RunError::Nested)], "in a callback");
        let inner = handle.clone();
        let task = handle.spawn(async move { inner.try_block_on(async {}) });
        assert_eq!(task.await.unwrap(), Err(RunError::Nested), "in a task");
        // The loop is not harmed.
        handle.sleep(Duration::from_millis(1)).await;
    });
}

pub fn thr09_portal_of_a_closed_loop_is_refused<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    assert_eq!(subject.try_block_on(async { 1 }), Ok(1));
    subject.close();
    assert_eq!(handle.try_block_on(async {}), Err(RunError::Closed));
    let there = thread::spawn(move || handle.try_block_on(async {}));
    assert_eq!(there.join().unwrap(), Err(RunError::Closed));
}

pub fn thr12_handle_of_a_finished_loop_says_closed<S: Subject>() {
    let (send, receive) = channel();
    spawn_thread(move || {
        let mut subject = make::<S>();
        send.send(subject.handle().clone()).unwrap();
        subject.block_on(async {});
    })
    .join()
    .unwrap();
    let handle = receive.recv().unwrap();
    assert!(handle.shared().is_closed() && !handle.shared().is_running());
    assert_eq!(handle.call_soon(|| {}).err(), Some(Closed));
    assert!(future::block_on(handle.spawn(async {})).is_err_and(|error| error.is_closed()));
    assert!(!format!("{handle:?}").is_empty());
    assert!(handle.now() <= handle.now());
    handle.stop();
}
