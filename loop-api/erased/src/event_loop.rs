//! The owner of an erased loop.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;

use super::{Erase, ErasedHandle, unsupported};
use loop_api::EventLoop;
use loop_api::error::RunError;
use loop_api::time::Instant;
use loop_api::turn::Turn;

/// Any loop: see [the module](super). It cannot tell that a future can never be woken, even where
/// the loop under it can: that one sees handles of its own inside the erased ones. But for a
/// simulated one, which goes by what can happen in its world.
pub struct ErasedLoop {
    // Dropped first: it drops the tasks.
    inner: Box<dyn DynLoop>,
    handle: ErasedHandle,
}

/// [`EventLoop`] without types of its own.
trait DynLoop {
    fn drive(&mut self, future: Pin<&mut dyn Future<Output = ()>>) -> Result<(), RunError>;
    fn deadlock_report(&self) -> Option<String>;
    fn shutdown(&mut self, timeout: Option<Duration>);
    fn turn(&mut self, limit: Option<Duration>) -> io::Result<()>;
    fn next_deadline(&self) -> Option<Instant>;
}

struct LoopOf<L> {
    inner: L,
    turn: Option<TurnOf<L>>,
}

/// The methods of [`Turn`], for a loop that has them.
struct TurnOf<L> {
    turn: fn(&mut L, Option<Duration>) -> io::Result<()>,
    next_deadline: fn(&L) -> Option<Instant>,
}

impl<L: EventLoop> DynLoop for LoopOf<L> {
    fn drive(&mut self, future: Pin<&mut dyn Future<Output = ()>>) -> Result<(), RunError> {
        self.inner.drive(future)
    }

    fn deadlock_report(&self) -> Option<String> {
        self.inner.deadlock_report()
    }

    fn shutdown(&mut self, timeout: Option<Duration>) {
        self.inner.shutdown(timeout);
    }

    fn turn(&mut self, limit: Option<Duration>) -> io::Result<()> {
        match &self.turn {
            Some(turn) => (turn.turn)(&mut self.inner, limit),
            None => Err(unsupported(
                "this loop was erased without turns: if it implements Turn, erase it with ErasedLoop::with_turn",
            )),
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.turn.as_ref().and_then(|turn| (turn.next_deadline)(&self.inner))
    }
}

impl ErasedLoop {
    /// Erases a loop. `can` names what its handle can do besides tasks and time: `|handle|
    /// handle.net().readiness()`.
    pub fn of<L: EventLoop>(inner: L, can: impl FnOnce(Erase<L::Handle>) -> Erase<L::Handle>) -> ErasedLoop {
        Self::erase(inner, None, can)
    }

    /// As [`of`](Self::of), for a loop that can be stepped, so that the erased one can be too.
    pub fn with_turn<L: Turn>(
        inner: L,
        can: impl FnOnce(Erase<L::Handle>) -> Erase<L::Handle>,
    ) -> ErasedLoop {
        Self::erase(inner, Some(TurnOf { turn: L::turn, next_deadline: L::next_deadline }), can)
    }

    fn erase<L: EventLoop>(
        inner: L,
        turn: Option<TurnOf<L>>,
        can: impl FnOnce(Erase<L::Handle>) -> Erase<L::Handle>,
    ) -> ErasedLoop {
        let handle = can(Erase::new(inner.handle().clone())).done();
        ErasedLoop { inner: Box::new(LoopOf { inner, turn }), handle }
    }
}

impl EventLoop for ErasedLoop {
    type Handle = ErasedHandle;

    /// Always fails: it cannot know which loop to make.
    ///
    /// # Errors
    ///
    /// `Unsupported`, always.
    fn new() -> io::Result<Self> {
        Err(unsupported("an erased loop is made of another: use ErasedLoop::of"))
    }

    fn handle(&self) -> &ErasedHandle {
        &self.handle
    }

    fn drive<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        // Pinned first, so that what calls what below hands on a reference, not a large future.
        let future = pin!(future);
        let mut output = None;
        let handle = self.handle.clone();
        let run = async { output = Some(handle.poll_within(future).await) };
        self.handle.scope(|| self.inner.drive(pin!(run)))?;
        match output {
            Some(output) => Ok(output),
            None => unreachable!("EventLoop::drive gives an error or runs the future to its end"),
        }
    }

    fn deadlock_report(&self) -> Option<String> {
        self.inner.deadlock_report()
    }

    fn shutdown(&mut self, timeout: Option<Duration>) {
        self.handle.scope(|| self.inner.shutdown(timeout));
    }
}

/// `turn` is `Unsupported` unless the loop was erased by [`ErasedLoop::with_turn`].
impl Turn for ErasedLoop {
    fn turn(&mut self, limit: Option<Duration>) -> io::Result<()> {
        self.handle.scope(|| self.inner.turn(limit))
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.inner.next_deadline()
    }
}

impl fmt::Debug for ErasedLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasedLoop").field("handle", &self.handle).finish_non_exhaustive()
    }
}
