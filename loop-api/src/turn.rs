//! A loop that can be stepped: run inside another loop (guest mode), or turn by turn in a test.

use std::io;
use std::time::Duration;

use crate::event_loop::EventLoop;
use crate::time::Instant;

/// One turn of the loop at a time.
///
/// ```
/// use loop_api::{Handle, task::Task, turn::Turn};
/// use std::time::Duration;
///
/// fn example<L: Turn>(mut event_loop: L) -> std::io::Result<()> {
///     let task = event_loop.handle().spawn(async { 1 });
///     while !task.is_finished() {
///         event_loop.turn(Some(Duration::ZERO))?; // what is ready now
///     }
///     assert!(event_loop.next_deadline().is_none(), "nothing is left to do");
///     Ok(())
/// }
/// ```
///
/// On unix a loop that implements this also implements `AsFd` where its poller has a descriptor:
/// the descriptor is readable when a turn has something to do besides timers.
pub trait Turn: EventLoop {
    /// Runs one turn: what is ready now, callbacks, tasks and due timers; if nothing is, it first
    /// waits for I/O, a timer or a wake from another thread, for at most `limit` (`None`: as long
    /// as it takes; zero: not at all).
    ///
    /// # Errors
    ///
    /// Any error of the poller, such as one of `epoll_wait(2)`. [`RunError`](crate::RunError) as an
    /// `io::Error` if the loop is closed or this thread is inside a turn of this loop. A turn
    /// inside *another* loop is what this is for, and allowed.
    fn turn(&mut self, limit: Option<Duration>) -> io::Result<()>;

    /// When the next timer is due; now, if something is ready to run already; `None` if only I/O or
    /// another thread can make work.
    fn next_deadline(&self) -> Option<Instant>;
}
