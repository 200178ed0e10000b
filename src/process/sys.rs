//! A pipe as a stream: on unix its descriptor on the loop, elsewhere calls on the blocking pool.

#[cfg(not(unix))]
mod blocking;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use blocking::{Pipe, into_owned, open};
#[cfg(unix)]
pub(super) use unix::{Pipe, into_owned, open};
