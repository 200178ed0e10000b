//! The end of `main`, however it is reached.

use std::time::Duration;

use loop_api::shared::write_report;

use super::shutdown;

/// Calls [`shutdown`] when what it gives is dropped, and writes to standard error what was cut off:
/// one line at the head of `main`, for returns by `?` and for panics too.
///
/// ```standalone_crate
/// use std::time::Duration;
///
/// fn main() -> std::io::Result<()> {
///     let _end = loop_compat::shutdown_at_end(Duration::from_secs(5));
///     let _tokio = loop_compat::enter_tokio()?;
///     // It is sent, though it is not awaited.
///     tokio::spawn(async { tokio::time::sleep(Duration::from_millis(5)).await });
///     Ok(())
/// }
/// ```
pub fn shutdown_at_end(timeout: Duration) -> AtEnd {
    AtEnd { timeout }
}

/// Waits for what runs in the background when it is dropped: see [`shutdown_at_end`].
#[derive(Debug)]
#[must_use = "it waits where it is dropped: give it a name, not `_`"]
pub struct AtEnd {
    timeout: Duration,
}

impl Drop for AtEnd {
    fn drop(&mut self) {
        if let Err(unfinished) = shutdown(self.timeout) {
            write_report(format_args!("at the end of the program: {unfinished}"));
        }
    }
}
