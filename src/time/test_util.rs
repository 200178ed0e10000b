//! A clock that tests stop and move.

use std::io;

use loop_api::Handle as _;

use super::Duration;
use crate::runtime::{Handle, or_panic};

/// Stops the clock of the loop that the caller runs in: for tests, on native and tokio, on one
/// thread. Feature `test-util`.
///
/// From now on [`Instant::now`](super::Instant::now) stands still on the loop's thread, and moves by
/// [`advance`]. Where the loop has nothing else to do, the clock goes on to the next deadline by
/// itself: a sleep of an hour takes no time. It does not while a blocking job runs. Sockets are not
/// part of this: what another thread or process sends comes in its own time, and by then the clock
/// may have gone on.
///
/// # Panics
///
/// Where [`try_pause`] gives an error; the message names the remedy. On tokio also if the clock is
/// stopped already, as tokio does.
///
/// ```
/// # let Some(backend) = anyloop::runtime::Backend::compiled().iter().find(|b| **b != anyloop::runtime::Backend::Smol) else { return Ok(()) };
/// # anyloop::runtime::Builder::new().backend(*backend).build()?.block_on(async {
/// use anyloop::time::{self, Duration, Instant};
///
/// time::pause();
/// let start = Instant::now();
/// let sleep = anyloop::spawn(time::sleep(Duration::from_secs(60)));
/// anyloop::task::yield_now().await;
/// time::advance(Duration::from_secs(59)).await;
/// assert!(!sleep.is_finished());
/// sleep.await?; // nothing else to do
/// assert_eq!(start.elapsed().as_secs(), 60);
/// time::resume();
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
pub fn pause() {
    or_panic(try_pause());
}

/// [`pause`] that does not panic.
///
/// # Errors
///
/// `Unsupported` on a loop whose clock cannot be stopped, such as smol's; any other error if it is
/// stopped already, and without a loop. The message names the remedy.
pub fn try_pause() -> io::Result<()> {
    Handle::try_current()?.test_clock()?.pause()
}

/// Lets the clock go on, from where it was stopped.
///
/// # Panics
///
/// Where [`try_resume`] gives an error. On tokio also if the clock is not stopped, as tokio does.
#[track_caller]
pub fn resume() {
    or_panic(try_resume());
}

/// [`resume`] that does not panic.
///
/// # Errors
///
/// As [`try_pause`], and if the clock is not stopped.
pub fn try_resume() -> io::Result<()> {
    Handle::try_current()?.test_clock()?.resume()
}

/// Moves the clock on, which has to be stopped, and lets what is due by then go first. On tokio what
/// is due between two milliseconds is so at the next, as in tokio itself: a task that is to have run
/// is awaited. Not cancel safe: dropped, it may have moved the clock.
///
/// # Panics
///
/// Where [`try_advance`] gives an error. On tokio also if the clock is not stopped, as tokio does.
pub async fn advance(duration: Duration) {
    or_panic(try_advance(duration).await);
}

/// [`advance`] that does not panic.
///
/// # Errors
///
/// As [`try_resume`].
pub async fn try_advance(duration: Duration) -> io::Result<()> {
    let advanced = Handle::try_current()?.test_clock()?.advance(duration);
    advanced.await
}
