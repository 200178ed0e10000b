//! Futures of async-io and smol on other loops.

#![forbid(unsafe_code)]

/// Marks a future, stream or socket of async-io's, smol's or async-std's that runs on another loop,
/// and changes nothing: it gives back what it was given.
///
/// These need no context. They register with async-io's reactor, one for the process, which starts
/// a thread named `async-io` at the first use, and are at home on tokio, on the native loop and on
/// a plain executor, polled and dropped anywhere, at any await depth. What is spawned with
/// `smol::spawn` runs on smol's own threads, blocking work on those of the `blocking` crate.
///
/// The price of another loop than smol is that thread: inside `smol::block_on` the thread that
/// waits for the future waits for its sockets and timers too, while elsewhere the thread `async-io`
/// does, and wakes the other. A loop of smol's backend costs neither.
///
/// ```
/// use std::time::Duration;
///
/// let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// runtime.block_on(loop_compat::smol(async {
///     async_io::Timer::after(Duration::from_millis(1)).await;
/// }));
/// ```
#[inline]
pub fn smol<T>(value: T) -> T {
    value
}
