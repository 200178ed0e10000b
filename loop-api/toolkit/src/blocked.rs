//! Waiting for space in a queue of the system that has no readiness.

use std::future::Future;
use std::io;
use std::time::Duration;

use crate::backoff::Backoff;

/// Calls `attempt` until it gives something else than `WouldBlock`. In between it waits, by
/// `sleep`, from 1 ms up to 50 ms at a time: for what has no readiness to wait for, such as space
/// in a unix server's backlog.
///
/// Cancel safe if `attempt` is.
///
/// # Errors
///
/// Every other error of `attempt`.
///
/// ```
/// use std::io;
/// use loop_toolkit::retry_blocked;
///
/// let mut answers = vec![Ok("space"), Err(io::Error::from(io::ErrorKind::WouldBlock))];
/// let attempt = || std::future::ready(answers.pop().unwrap());
/// let answer = retry_blocked(attempt, |_| std::future::ready(()));
/// assert_eq!(futures_lite::future::block_on(answer).unwrap(), "space");
/// ```
pub async fn retry_blocked<T, A, S>(
    mut attempt: impl FnMut() -> A,
    mut sleep: impl FnMut(Duration) -> S,
) -> io::Result<T>
where
    A: Future<Output = io::Result<T>>,
    S: Future,
{
    let mut backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(50));
    loop {
        match attempt().await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                sleep(backoff.next_wait()).await;
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::ready;

    use futures_lite::future::block_on;

    use super::*;

    #[test]
    fn the_waits_grow_up_to_a_limit_and_other_errors_are_given() {
        let waits = RefCell::new(Vec::new());
        let attempt = || {
            let blocked = waits.borrow().len() < 8;
            let kind = if blocked { io::ErrorKind::WouldBlock } else { io::ErrorKind::NotFound };
            ready(io::Result::<()>::Err(kind.into()))
        };
        let error = block_on(retry_blocked(attempt, |wait| {
            waits.borrow_mut().push(wait.as_millis());
            ready(())
        }));
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(waits.into_inner(), [1, 2, 4, 8, 16, 32, 50, 50]);
    }
}
