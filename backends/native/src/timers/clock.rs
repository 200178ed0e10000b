//! The clock that sleeps go by: the system's, or one that a test has stopped.

#[cfg(not(feature = "test-util"))]
pub(crate) use system::Clock;
#[cfg(feature = "test-util")]
pub(crate) use test_util::{Clock, OUTSIDE, ThreadClock, outside_now};

#[cfg(not(feature = "test-util"))]
mod system {
    use loop_api::time::Instant;

    /// The system's, or the one that the thread was given.
    pub(crate) struct Clock;

    impl Clock {
        pub(crate) fn new() -> Clock {
            Clock
        }

        #[inline(always)]
        #[allow(clippy::unused_self)]
        pub(crate) fn now(&self) -> Instant {
            Instant::now()
        }
    }
}

#[cfg(feature = "test-util")]
mod test_util {
    use std::cell::Cell;
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::time::{Duration, Instant as StdInstant};

    use loop_api::time::Instant;

    /// The clock of a thread; `None` is the system's.
    pub(crate) type ThreadClock = Option<fn() -> Instant>;

    thread_local! {
        /// While a loop runs on this thread, whose clock is the thread's then: the clock that was
        /// the thread's before.
        pub(crate) static OUTSIDE: Cell<Option<ThreadClock>> = const { Cell::new(None) };
    }

    /// What the thread's clock shows, or would if no loop ran.
    pub(crate) fn outside_now() -> Instant {
        match OUTSIDE.get() {
            None => Instant::now(),
            Some(None) => Instant::from_std(StdInstant::now()),
            Some(Some(clock)) => clock(),
        }
    }

    /// The thread's, until it is stopped for the first time.
    #[derive(Default)]
    pub(crate) struct Clock {
        was_stopped: AtomicBool,
        state: Mutex<Option<State>>,
    }

    /// It shows `shown`, and what has passed since it was resumed.
    struct State {
        shown: StdInstant,
        resumed: Option<StdInstant>,
    }

    impl State {
        fn now(&self) -> StdInstant {
            self.resumed.map_or(self.shown, |resumed| self.shown + resumed.elapsed())
        }
    }

    impl Clock {
        pub(crate) fn new() -> Clock {
            Clock::default()
        }

        fn lock(&self) -> MutexGuard<'_, Option<State>> {
            self.state.lock().unwrap_or_else(PoisonError::into_inner)
        }

        pub(crate) fn now(&self) -> Instant {
            if !self.was_stopped.load(Ordering::Acquire) {
                return outside_now();
            }
            Instant::from_std(self.lock().as_ref().map_or_else(StdInstant::now, State::now))
        }

        pub(crate) fn is_paused(&self) -> bool {
            self.was_stopped.load(Ordering::Acquire)
                && self.lock().as_ref().is_some_and(|state| state.resumed.is_none())
        }

        pub(crate) fn pause(&self) -> io::Result<()> {
            let mut state = self.lock();
            let shown = match &*state {
                Some(State { resumed: None, .. }) => {
                    return Err(io::Error::other("the clock is paused already"));
                }
                Some(running) => running.now(),
                None => outside_now().into_std(),
            };
            *state = Some(State { shown, resumed: None });
            self.was_stopped.store(true, Ordering::Release);
            Ok(())
        }

        pub(crate) fn resume(&self) -> io::Result<()> {
            match &mut *self.lock() {
                Some(state @ State { resumed: None, .. }) => state.resumed = Some(StdInstant::now()),
                _ => return Err(io::Error::other("the clock is not paused: call pause() first")),
            }
            Ok(())
        }

        pub(crate) fn advance(&self, duration: Duration) -> io::Result<()> {
            match &mut *self.lock() {
                Some(state @ State { resumed: None, .. }) => {
                    state.shown = (Instant::from_std(state.shown) + duration).into_std();
                }
                _ => return Err(io::Error::other("the clock is not paused: call pause() first")),
            }
            Ok(())
        }

        /// Moves a paused clock on to a moment, unless it is past.
        pub(crate) fn advance_to(&self, moment: Instant) {
            if let Some(state @ State { resumed: None, .. }) = &mut *self.lock() {
                state.shown = state.shown.max(moment.into_std());
            }
        }
    }
}
