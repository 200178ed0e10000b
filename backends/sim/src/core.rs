//! What every part of a world needs: its time, its choices, its agenda and its trace.

use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::agenda::{Agenda, Event, Key};
use crate::oracle::{ChoiceKind, Oracle};
use crate::trace::{Stats, Trace, TraceEvent, What};

/// Locks, also after a panic: what the locks here hold is whole between any two of its calls.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
pub(crate) struct Core {
    /// Nanoseconds since the world began.
    now: AtomicU64,
    /// When the first event is due; the most there is if there is none. Set under the diary's lock.
    due: AtomicU64,
    next: AtomicU64,
    mixes_ties: bool,
    /// Whether a foreign runtime takes part.
    has_foreign: bool,
    /// Wakes the foreign runtime while it is driven.
    driven: Mutex<Option<Waker>>,
    oracle: Mutex<Oracle>,
    diary: Mutex<Diary>,
}

/// What is to happen, and what has. In one place, as what happens is taken out of one and written
/// into the other.
#[derive(Debug)]
struct Diary {
    agenda: Agenda,
    trace: Trace,
    polled: Option<Polled>,
}

/// What is polled now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Polled {
    pub(crate) host: u32,
    /// Where its task was; `None` for the future of `block_on`.
    pub(crate) spawned: Option<&'static Location<'static>>,
}

impl Core {
    pub(crate) fn new(oracle: Oracle, trace: Trace, mixes_ties: bool, has_foreign: bool) -> Core {
        Core {
            now: AtomicU64::new(0),
            due: AtomicU64::new(u64::MAX),
            next: AtomicU64::new(1),
            mixes_ties,
            has_foreign,
            driven: Mutex::default(),
            oracle: Mutex::new(oracle),
            diary: Mutex::new(Diary { agenda: Agenda::default(), trace, polled: None }),
        }
    }

    /// Nanoseconds since the world began.
    pub(crate) fn now(&self) -> u64 {
        self.now.load(Relaxed)
    }

    /// Lets time go on.
    pub(crate) fn advance(&self, nanos: u64) {
        // One thread at a time runs the world, so that this needs no locked instruction.
        self.now.store(self.now().saturating_add(nanos), Relaxed);
    }

    /// Jumps to a time, unless it is past.
    pub(crate) fn jump(&self, to: u64) {
        if to > self.now() {
            self.now.store(to, Relaxed);
        }
    }

    /// A number that is never used twice, nor zero.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Relaxed)
    }

    pub(crate) fn oracle(&self) -> MutexGuard<'_, Oracle> {
        lock(&self.oracle)
    }

    /// A number for the program; for the quiet one see `SimHandle`'s `random_u64`.
    pub(crate) fn random(&self) -> u64 {
        match self.oracle().pick(ChoiceKind::Random, u64::MAX) {
            0 => 1 << 32 | 1,
            number => number,
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        lock(&self.diary).trace.stats
    }

    /// The trace, where it is kept.
    pub(crate) fn log(&self) -> Vec<TraceEvent> {
        lock(&self.diary).trace.log()
    }

    /// Writes something down that happens now.
    #[inline]
    pub(crate) fn record(&self, what: What) {
        lock(&self.diary).trace.add(self.now(), what);
    }

    /// A poll begins, which is written down; it is kept until the next what is polled.
    #[inline]
    pub(crate) fn begin_poll(&self, host: u32, task: u64, polled: Option<Polled>) {
        let mut diary = lock(&self.diary);
        diary.trace.add(self.now(), What::Poll { host, task });
        diary.polled = polled;
    }

    /// Nothing is polled any more.
    pub(crate) fn end_polls(&self) {
        lock(&self.diary).polled = None;
    }

    /// What is polled, and how many polls there were.
    pub(crate) fn polled(&self) -> (Option<Polled>, u64) {
        let diary = lock(&self.diary);
        (diary.polled, diary.trace.stats.polls)
    }

    /// Has an event happen at a time. Those of one time keep their order; but timers, where the
    /// order is drawn.
    pub(crate) fn at(&self, time: u64, event: Event) -> Key {
        let number = self.number();
        let tie = match event {
            Event::Timer(_) if self.mixes_ties => self.oracle().pick(ChoiceKind::Tie, 1 << 16),
            _ => 0,
        };
        let key = (time, tie, number);
        let mut diary = lock(&self.diary);
        let displaced = diary.agenda.insert(key, event);
        if displaced.is_none() && time < self.due.load(Relaxed) {
            self.due.store(time, Relaxed);
        }
        drop(diary);
        drop(displaced);
        self.wake_foreign();
        key
    }

    /// While a foreign runtime is driven, it is told that the world may have something to do.
    #[inline]
    pub(crate) fn wake_foreign(&self) {
        if self.has_foreign {
            self.wake_driven();
        }
    }

    #[cold]
    fn wake_driven(&self) {
        let waker = lock(&self.driven).clone();
        waker.iter().for_each(Waker::wake_by_ref);
    }

    /// A foreign runtime is driven, or is not any more.
    pub(crate) fn set_driven(&self, waker: Option<Waker>) {
        let before = std::mem::replace(&mut *lock(&self.driven), waker);
        drop(before);
    }

    /// As [`Agenda::replace_waker`].
    pub(crate) fn replace_waker(&self, key: Key, waker: Waker) -> Result<(), Waker> {
        // Dropped when the lock is free.
        let result = lock(&self.diary).agenda.replace_waker(key, waker);
        result.map(drop)
    }

    /// Takes an event back.
    pub(crate) fn cancel(&self, key: Key) -> Option<Event> {
        let mut diary = lock(&self.diary);
        let event = diary.agenda.remove(key);
        if key.0 <= self.due.load(Relaxed) {
            self.set_due(&diary.agenda);
        }
        event
    }

    fn set_due(&self, agenda: &Agenda) {
        self.due.store(agenda.first().unwrap_or(u64::MAX), Relaxed);
    }

    /// The next event, if it is due, which is written down.
    pub(crate) fn pop_due(&self) -> Option<Event> {
        let now = self.now();
        if self.due.load(Relaxed) > now {
            return None;
        }
        let mut diary = lock(&self.diary);
        let (key, event) = diary.agenda.pop_due(now)?;
        if let Some(what) = event.what(key) {
            diary.trace.add(now, what);
        }
        self.set_due(&diary.agenda);
        Some(event)
    }

    /// When the next event is due.
    pub(crate) fn first(&self) -> Option<u64> {
        Some(self.due.load(Relaxed)).filter(|due| *due != u64::MAX)
    }

    /// Nothing will happen any more.
    pub(crate) fn close(&self) {
        let mut diary = lock(&self.diary);
        let left = diary.agenda.close();
        self.set_due(&diary.agenda);
        drop(diary);
        for event in left.into_values() {
            match event {
                Event::Timer(waker) => loop_toolkit::drop_each([waker]),
                event => drop(event),
            }
        }
    }
}
