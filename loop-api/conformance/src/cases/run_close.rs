//! RUN: how a loop is closed, and how it is stepped.

use std::future::pending;
use std::io;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Counter, LONG, SHORT, is_closed, make, record_exceptions, tcp_pair, until, wait_until};
use crate::{HandleOf, Subject};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::error::{Closed, JoinError, LocalError, RunError};
use loop_api::readiness::Readiness;
use loop_api::shared::ExceptionKind;
use loop_api::turn::Turn;

pub fn run18_close_is_idempotent<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    assert_eq!(subject.try_block_on(async { 1 }), Ok(1));
    for _ in 0..3 {
        subject.close();
        assert!(handle.shared().is_closed());
        subject.shutdown(Some(Duration::ZERO));
    }
    drop(subject);
    // One that never ran.
    make::<S>().close();
}

pub fn run20_after_close_every_call_says_closed<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    subject.close();
    let dropped = Counter::new();
    let mark = || dropped.on_drop();

    let guard = mark();
    let task = handle.spawn(async move { drop(guard) });
    // Cancelled, too, as programs ask who know no other reason.
    let says_closed = |error: JoinError| error.is_closed() && error.is_cancelled();
    assert!(futures_lite::future::block_on(task).is_err_and(says_closed));
    let guard = mark();
    let job = handle.spawn_blocking(move || drop(guard));
    assert!(futures_lite::future::block_on(job).is_err_and(says_closed));
    let guard = mark();
    let local = handle.try_spawn_local(async move { drop(guard) });
    assert!(matches!(local.err(), Some(LocalError::Closed | LocalError::Unsupported)));
    let guard = mark();
    assert_eq!(handle.call_soon(move || drop(guard)).err(), Some(Closed));
    let guard = mark();
    assert_eq!(handle.call_soon_local(move || drop(guard)).err(), Some(LocalError::Closed));
    let guard = mark();
    assert_eq!(handle.call_later(SHORT, move || drop(guard)).err(), Some(Closed));
    let guard = mark();
    assert_eq!(handle.call_at(handle.now(), move || drop(guard)).err(), Some(Closed));
    assert!(wait_until(|| dropped.get() == 7), "only {} of 7 were dropped", dropped.get());

    assert_eq!(handle.try_block_on(async {}), Err(RunError::Closed));
    assert_eq!(subject.try_block_on(async {}), Err(RunError::Closed));
    assert_eq!(subject.run_forever(), Err(RunError::Closed));
    handle.stop();
}

pub fn run21_after_close_registering_is_an_error<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let (socket, peer) = tcp_pair();
    socket.set_nonblocking(true).unwrap();
    peer.set_nonblocking(true).unwrap();
    let before = handle.add_reader(socket, |_| {}).unwrap();
    subject.close();
    assert!(!before.is_active(), "a reader outlived its loop");
    assert!(!before.cancel(), "there was something left to cancel");
    let error = handle.register(peer.try_clone().unwrap()).map(drop).expect_err("a closed loop to refuse");
    assert!(is_closed(&error), "not Closed, but: {error}");
    let error =
        handle.add_reader(peer.try_clone().unwrap(), |_| {}).map(drop).expect_err("a closed loop to refuse");
    assert!(is_closed(&error), "not Closed, but: {error}");
    let error = handle.add_writer(peer, |_| {}).map(drop).expect_err("a closed loop to refuse");
    assert!(is_closed(&error), "not Closed, but: {error}");
}

pub fn run22_closing_drops_what_waits_without_running_it<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let (dropped, ran) = (Counter::new(), Counter::new());
    // Begun and waiting; local ones too.
    let (mut waiting, mut local) = (Vec::new(), Vec::new());
    subject.block_on(async {
        for _ in 0..10 {
            let (guard, begun) = (dropped.on_drop(), ran.clone());
            let wait = async move {
                let _guard = guard;
                begun.add();
                pending::<()>().await;
            };
            waiting.push(handle.spawn(wait));
            let guard = dropped.on_drop();
            if let Ok(task) = handle.try_spawn_local(async move {
                let _guard = guard;
                pending::<()>().await;
            }) {
                local.push(task);
            }
        }
        assert!(until(&handle, || ran.get() == 10).await);
    });
    // Never begun.
    for _ in 0..10 {
        let (guard, begun) = (dropped.on_drop(), ran.clone());
        handle
            .call_soon(move || {
                let _guard = guard;
                begun.add();
            })
            .unwrap();
        let (guard, begun) = (dropped.on_drop(), ran.clone());
        let job = move || {
            let _guard = guard;
            begun.add();
        };
        handle.call_later(Duration::from_secs(3600), job).unwrap();
    }
    subject.close();
    assert_eq!(dropped.get(), 40);
    assert_eq!(ran.get(), 10);
    for task in waiting {
        assert!(futures_lite::future::block_on(task).is_err_and(|error| error.is_cancelled()));
    }
    for task in local {
        assert!(futures_lite::future::block_on(task).is_err_and(|error| error.is_cancelled()));
    }
}

pub fn run22_dropping_the_loop_is_closing_it<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let dropped = Counter::new();
    let guard = dropped.on_drop();
    let task = handle.spawn(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    subject.block_on(handle.sleep(Duration::from_millis(1)));
    drop(subject);
    assert_eq!(dropped.get(), 1);
    assert!(handle.shared().is_closed());
    assert!(futures_lite::future::block_on(task).is_err_and(|error| error.is_cancelled()));
}

pub fn run23_posts_that_race_with_close_are_run_or_refused<S: Subject>() {
    for _ in 0..30 {
        let mut subject = make::<S>();
        let (made, dropped) = (Counter::new(), Counter::new());
        let poster = thread::spawn({
            let (handle, made, dropped) = (subject.handle().clone(), made.clone(), dropped.clone());
            move || {
                loop {
                    made.add();
                    let guard = dropped.on_drop();
                    let task = handle.spawn(async move { drop(guard) });
                    made.add();
                    let guard = dropped.on_drop();
                    if handle.call_soon(move || drop(guard)).is_err() {
                        // Whatever became of the task, the one who waits for it is told.
                        return drop(futures_lite::future::block_on(task));
                    }
                }
            }
        });
        let handle = subject.handle().clone();
        subject.block_on(handle.sleep(Duration::from_millis(1)));
        subject.close();
        poster.join().unwrap();
        assert!(wait_until(|| made.get() == dropped.get()), "{} of {} dropped", dropped.get(), made.get());
    }
}

pub fn run24_turn_zero_does_not_wait<S: Subject>()
where
    S::Loop: Turn,
{
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let ran = Counter::new();
    let late = ran.clone();
    handle.call_later(LONG * 4, move || _ = late.add()).unwrap();
    let start = Instant::now();
    for _ in 0..20 {
        subject.turn(Some(Duration::ZERO)).unwrap();
    }
    assert!(start.elapsed() < LONG, "turns of no length took {:?}", start.elapsed());
    assert_eq!(ran.get(), 0);
    // What is ready is done, without a block_on.
    let task = handle.spawn(async { 8 });
    for _ in 0..20 {
        subject.turn(Some(Duration::ZERO)).unwrap();
    }
    assert_eq!(futures_lite::future::block_on(task).ok(), Some(8));
    assert!(!handle.shared().is_running());
}

pub fn run24_turn_ends_early_when_woken<S: Subject>()
where
    S::Loop: Turn,
{
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let ran = Counter::new();
    let other = thread::spawn({
        let ran = ran.clone();
        move || {
            thread::sleep(SHORT);
            drop(handle.spawn(async move { _ = ran.add() }));
        }
    });
    let start = Instant::now();
    while ran.get() == 0 && start.elapsed() < LONG {
        subject.turn(Some(LONG * 2)).unwrap();
    }
    assert_eq!(ran.get(), 1);
    assert!(start.elapsed() < LONG, "woken after {:?}", start.elapsed());
    other.join().unwrap();
}

#[cfg(unix)]
pub fn run24_descriptor_is_readable_when_a_turn_has_work<S: Subject>()
where
    S::Loop: Turn + std::os::fd::AsFd,
{
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    /// Waits in the descriptor, as a host does.
    fn readable<L: std::os::fd::AsFd>(subject: &L, seconds: i64) -> bool {
        let fd = subject.as_fd();
        let limit = Timespec { tv_sec: seconds, tv_nsec: 0 };
        poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&limit)).expect("to poll") == 1
    }
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    // A host asks for it once, before its first wait.
    readable(&subject, 0);
    let settle = |subject: &mut S::Loop| (0..10).for_each(|_| subject.turn(Some(Duration::ZERO)).unwrap());
    settle(&mut subject);
    assert!(!readable(&subject, 0), "there is nothing to do");
    for from_elsewhere in [false, true] {
        let (post, ran) = (handle.clone(), Counter::new());
        let line = ran.clone();
        let work = move || {
            if from_elsewhere {
                thread::sleep(SHORT);
            }
            post.call_soon(move || _ = line.add()).unwrap();
        };
        if from_elsewhere {
            drop(thread::spawn(work));
        } else {
            work();
        }
        assert!(readable(&subject, LONG.as_secs() as i64), "a host that waits in it would not be woken");
        settle(&mut subject);
        assert_eq!(ran.get(), 1);
        assert!(!readable(&subject, 0), "a host that waits in it would spin");
    }
}

pub fn run24_turn_on_a_closed_loop_is_an_error<S: Subject>()
where
    S::Loop: Turn,
{
    let mut subject = make::<S>();
    subject.close();
    let error: io::Error = subject.turn(Some(Duration::ZERO)).expect_err("a closed loop to refuse");
    assert!(error.to_string().contains("closed"), "{error}");
}

pub fn run27_shutdown_reports_the_job_that_outlives_it<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let told = record_exceptions(&handle);
    let dropped = Counter::new();
    let guard = dropped.on_drop();
    let task = handle.spawn(async move {
        let _guard = guard;
        pending::<()>().await;
    });
    let (begun, has_begun) = channel();
    let (release, released) = channel::<()>();
    let (over, is_over) = channel::<()>();
    let job = handle.spawn_blocking(move || {
        let _over = over;
        begun.send(()).unwrap();
        let _ = released.recv();
    });
    subject.block_on(handle.sleep(Duration::from_millis(1)));
    has_begun.recv_timeout(LONG).expect("the job to begin");
    let start = Instant::now();
    subject.shutdown(Some(SHORT));
    assert!(start.elapsed() >= SHORT, "it did not wait for the job");
    assert!(start.elapsed() < LONG, "it waited for the job for {:?}", start.elapsed());
    // By a worker thread, if there are some, when it has its turn.
    assert!(wait_until(|| dropped.get() == 1), "the task is not dropped while the job runs");
    assert!(futures_lite::future::block_on(task).is_err_and(|error| error.is_cancelled()));
    let told = told.take();
    assert!(told.iter().any(|told| told.kind == ExceptionKind::Blocking && !told.panic), "told: {told:?}");
    drop((release, job));
    // The job was left to itself, and ends by itself.
    assert!(is_over.recv_timeout(LONG).is_err_and(|e| e == std::sync::mpsc::RecvTimeoutError::Disconnected));
}

pub fn run28_deadlock_is_reported<S: Subject>() {
    let mut subject = make::<S>();
    // Before there is a handle elsewhere: its owner could stop the loop.
    assert_eq!(subject.try_block_on(pending::<()>()), Err(RunError::Deadlock));
    let handle = subject.handle().clone();
    // What can still be woken is not a deadlock: by a timer, a blocking job, a thread, a task on a
    // timer.
    assert_eq!(subject.try_block_on(handle.sleep(SHORT)), Ok(()));
    let job = handle.spawn_blocking(|| thread::sleep(SHORT));
    assert!(subject.try_block_on(job).expect("no deadlock").is_ok());
    let inner = handle.clone();
    let task = handle.spawn(async move { inner.sleep(SHORT).await });
    assert!(subject.try_block_on(task).expect("no deadlock").is_ok());
}
