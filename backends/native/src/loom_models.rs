//! Models: every interleaving of a few steps of threads that sleep and threads that wake them.
//!
//! ```text
//! RUSTFLAGS="--cfg anyloop_loom" cargo test -p loop-native --lib loom
//! ```
//!
//! A thread of a model ends where it would sleep; when all have, the threads whose bell was rung go
//! on, one after the other. Then nothing may be left to do. Each model runs as the code is, and
//! with faults planted that it must find.

use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Wake, Waker};

use loom::model::Builder;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;

use crate::executor::Idle;
use crate::executor::Injector;
use crate::executor::Parker;
use crate::loom_shim::Fault;
use crate::reactor::Direction;

thread_local! {
    // A model's threads are coroutines on the thread of its test.
    static PLANTED: Cell<Option<Fault>> = const { Cell::new(None) };
}

pub(crate) fn inject(fault: Fault) -> bool {
    PLANTED.get() == Some(fault)
}

/// Runs `model` in all ways with at most three preemptions: it must hold, and must not with any of
/// `faults`.
fn check(faults: &[Fault], model: fn()) {
    let run = || {
        let mut builder = Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(model);
    };
    run();
    for &fault in faults {
        PLANTED.set(Some(fault));
        let found = catch_unwind(AssertUnwindSafe(run)).is_err();
        PLANTED.set(None);
        assert!(found, "the model does not find {fault:?}");
    }
}

/// What sleeps; the bell is in the place of the poller's eventfd, or of a thread's own sleep.
struct Sleeper {
    parker: Parker,
    bell: AtomicBool,
}

impl Sleeper {
    fn new() -> Self {
        Sleeper { parker: Parker::new(), bell: AtomicBool::new(false) }
    }

    fn wake(&self) {
        if self.parker.unpark() {
            self.bell.store(true, Ordering::Relaxed);
        }
    }

    /// Whether it sleeps now.
    fn sleep(&self) -> bool {
        self.parker.prepare()
    }

    /// Whether the bell was rung since the last time; then it is awake.
    fn is_called(&self) -> bool {
        let called = self.bell.swap(false, Ordering::Relaxed);
        if called {
            self.parker.finish();
        }
        called
    }
}

/// As `drive` does, until it sleeps or has two tasks.
fn collect(injector: &Injector<usize>, sleeper: &Sleeper, got: &mut VecDeque<usize>) {
    loop {
        injector.take(got);
        if got.len() == 2 || injector.is_empty() && sleeper.sleep() {
            return;
        }
    }
}

#[test]
fn loom_a_loop_sees_every_task_pushed_from_elsewhere() {
    check(&[Fault::PrepareForgets, Fault::UnparkOnlySleepers, Fault::LateFlag], || {
        let shared = Arc::new((Injector::new(), Sleeper::new()));
        let pushers: Vec<_> = (0..2)
            .map(|number| {
                let shared = shared.clone();
                thread::spawn(move || {
                    shared.0.push(number);
                    shared.1.wake();
                })
            })
            .collect();
        let (injector, sleeper) = &*shared;
        let mut got = VecDeque::new();
        collect(injector, sleeper, &mut got);
        for pusher in pushers {
            pusher.join().unwrap();
        }
        while got.len() < 2 && sleeper.is_called() {
            collect(injector, sleeper, &mut got);
        }
        assert_eq!(got.len(), 2, "it sleeps though there are tasks");
    });
}

struct WorkerPool {
    /// Tasks in a queue.
    tasks: AtomicUsize,
    taken: AtomicUsize,
    idle: Idle,
    sleepers: [Sleeper; 2],
}

impl WorkerPool {
    fn new() -> Self {
        WorkerPool {
            tasks: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            idle: Idle::new(2),
            sleepers: [Sleeper::new(), Sleeper::new()],
        }
    }

    fn push(&self) {
        self.tasks.fetch_add(1, Ordering::Relaxed);
        self.wake_one();
    }

    fn wake_one(&self) {
        if let Some(worker) = self.idle.pick() {
            self.sleepers[worker].wake();
        }
    }

    fn has_tasks(&self) -> bool {
        self.tasks.load(Ordering::Relaxed) > 0
    }

    fn take(&self) -> bool {
        let take = |tasks: usize| tasks.checked_sub(1);
        self.tasks.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// As `Worker::run` does, until it has a task or sleeps. A task lasts until all are taken, so
    /// no worker gets two.
    fn work(&self, worker: usize, mut picked: bool) -> bool {
        loop {
            if self.take() {
                self.taken.fetch_add(1, Ordering::Relaxed);
                if picked {
                    self.idle.pass_on();
                    if self.has_tasks() {
                        self.wake_one();
                    }
                }
                return true;
            }
            self.idle.enlist(worker);
            let looks = !inject(Fault::NoSecondLook);
            if !(looks && self.has_tasks()) && self.sleepers[worker].sleep() {
                return false;
            }
            picked = self.idle.leave(worker);
        }
    }

    /// Runs the workers that were called, until none is.
    fn settle(&self) {
        let mut called = true;
        while std::mem::take(&mut called) {
            for (worker, sleeper) in self.sleepers.iter().enumerate() {
                if sleeper.is_called() {
                    called = true;
                    let picked = self.idle.leave(worker);
                    self.work(worker, picked);
                }
            }
        }
    }
}

#[test]
fn loom_a_worker_does_not_sleep_while_a_task_waits() {
    check(&[Fault::NoSecondLook, Fault::NoFence, Fault::PrepareForgets], || {
        let pool = Arc::new(WorkerPool::new());
        let worker = thread::spawn({
            let pool = pool.clone();
            move || pool.work(0, false)
        });
        pool.push();
        worker.join().unwrap();
        pool.settle();
        assert_eq!(pool.taken.load(Ordering::Relaxed), 1, "it sleeps though there is a task");
    });
}

#[test]
fn loom_as_many_workers_wake_as_there_are_tasks() {
    check(&[Fault::KeepsTheBaton, Fault::NoSecondLook], || {
        let pool = Arc::new(WorkerPool::new());
        let workers: Vec<_> = (0..2)
            .map(|number| {
                let pool = pool.clone();
                thread::spawn(move || pool.work(number, false))
            })
            .collect();
        pool.push();
        pool.push();
        for worker in workers {
            worker.join().unwrap();
        }
        pool.settle();
        assert_eq!(pool.taken.load(Ordering::Relaxed), 2, "a worker sleeps though there is a task");
    });
}

/// A task that waits for bytes, as far as its waker is concerned.
struct Reader {
    woken: AtomicBool,
}

impl Wake for Reader {
    fn wake(self: std::sync::Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
    }
}

/// A socket, and the direction in which it is read.
struct Socket {
    bytes: AtomicUsize,
    direction: Direction,
}

impl Socket {
    /// As `poll_io` does: the bytes that were there, or none and the waker waits.
    fn read(&self, waker: &Waker) -> usize {
        loop {
            let seen = self.direction.look();
            if !seen.is_ready() {
                if self.direction.wait_unnamed(waker) {
                    return 0;
                }
                continue;
            }
            match self.bytes.swap(0, Ordering::SeqCst) {
                0 => {
                    self.direction.blocked(seen);
                    // An event may hold the lock.
                    thread::yield_now();
                }
                bytes => return bytes,
            }
        }
    }

    /// One more byte came, and the poller says so.
    fn receive(&self) {
        self.bytes.fetch_add(1, Ordering::SeqCst);
        let mut wake = Vec::new();
        self.direction.event(false, &mut wake);
        wake.into_iter().for_each(Waker::wake);
    }
}

#[test]
fn loom_a_reader_sees_every_byte_or_is_woken_for_it() {
    let faults = [
        Fault::BlockedForgetsEvents,
        Fault::EventIsNotCounted,
        Fault::WaitDoesNotLook,
        Fault::EventDoesNotLock,
    ];
    check(&faults, || {
        let socket = Arc::new(Socket { bytes: AtomicUsize::new(0), direction: Direction::new() });
        let reader = Reader::new();
        let waker = Waker::from(reader.clone());
        let poller = thread::spawn({
            let socket = socket.clone();
            move || (0..2).for_each(|_| socket.receive())
        });
        let mut got = socket.read(&waker);
        // A reader that got something asks for more.
        let mut polls = false;
        if got > 0 {
            let more = socket.read(&waker);
            polls = more > 0;
            got += more;
        }
        poller.join().unwrap();
        // A poll for each wake, and for each time it got something.
        while got < 2 && (reader.woken.swap(false, Ordering::SeqCst) || std::mem::take(&mut polls)) {
            let more = socket.read(&waker);
            polls = more > 0;
            got += more;
        }
        assert_eq!(got, 2, "it waits though there are bytes");
    });
}

impl Reader {
    fn new() -> std::sync::Arc<Reader> {
        std::sync::Arc::new(Reader { woken: AtomicBool::new(false) })
    }
}

/// A direction in which nothing is ready.
fn idle() -> Arc<Direction> {
    let direction = Direction::new();
    direction.blocked(direction.look());
    Arc::new(direction)
}

/// Waits on another thread, which tells whether it has to.
fn waiting(direction: &Arc<Direction>, reader: &std::sync::Arc<Reader>) -> thread::JoinHandle<bool> {
    let (direction, waker) = (direction.clone(), Waker::from(reader.clone()));
    thread::spawn(move || direction.wait_unnamed(&waker))
}

/// Two who wait: one before the other thread begins, and one on that. More threads would spin for
/// the lock without end, as loom sees it.
fn two_wait(direction: &Arc<Direction>, meanwhile: impl FnOnce(u64, &mut Vec<Waker>)) -> (bool, bool, bool) {
    let (first, second) = (Reader::new(), Reader::new());
    let mut id = 0;
    assert!(direction.wait(&mut id, &Waker::from(first.clone())));
    let thread = waiting(direction, &second);
    let mut wake = Vec::new();
    meanwhile(id, &mut wake);
    wake.into_iter().for_each(Waker::wake);
    let waits = thread.join().unwrap();
    (first.woken.load(Ordering::SeqCst), waits, second.woken.load(Ordering::SeqCst))
}

#[test]
fn loom_two_who_wait_are_both_woken_by_one_event() {
    check(&[Fault::WaitDoesNotLook], || {
        let direction = idle();
        let (first, waits, second) = two_wait(&direction, |_, wake| direction.event(false, wake));
        assert!(first && waits == second, "one waits forever");
    });
}

#[test]
fn loom_one_who_leaves_takes_nobody_along() {
    check(&[Fault::LeaveDoesNotLock, Fault::WaitLocksAgain], || {
        let direction = idle();
        let (_, waits, second) = two_wait(&direction, |id, wake| {
            direction.leave(id);
            direction.event(false, wake);
        });
        assert_eq!(waits, second, "it waits forever");
    });
}

#[test]
fn loom_the_end_of_the_loop_is_seen_by_all_who_wait() {
    check(&[Fault::CloseIsNotMarked, Fault::WaitLocksAgain], || {
        let direction = idle();
        let (first, waits, second) = two_wait(&direction, |_, wake| direction.close(wake));
        assert!(first && waits == second, "one waits forever");
    });
}
