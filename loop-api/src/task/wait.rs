//! Some of many futures: the first, until one fails, within a time.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, ready};

use super::children::Children;

/// Futures that are waited for together: asyncio's `wait`. What is not done when the waiting ends
/// is given back untouched.
///
/// ```
/// # futures_lite::future::block_on(async {
/// use loop_api::task::wait;
/// use std::future::{pending, ready};
///
/// let waited = wait([ready(1), ready(2)]).all().await;
/// assert_eq!(waited.done, [(0, 1), (1, 2)]);
///
/// let done: futures_lite::future::Boxed<i32> = Box::pin(async { 1 });
/// let futures = [done, Box::pin(pending())];
/// let waited = wait(futures).first_completed().await;
/// assert_eq!(waited.done, [(0, 1)]);
/// assert_eq!(waited.pending.len(), 1);
/// # });
/// ```
pub fn wait<F: Future + Unpin>(futures: impl IntoIterator<Item = F>) -> Wait<F> {
    Wait { children: futures.into_iter().collect() }
}

/// See [`wait`]. Each of its methods waits in its own way; dropped, they drop the futures that were
/// not done: wait for tasks by `&mut` to keep them.
#[must_use = "nothing is polled until one of its methods is awaited"]
pub struct Wait<F> {
    children: Children<F>,
}

/// How far a [`wait`] came: each future by its index, in the order in which they ended.
#[non_exhaustive]
pub struct Waited<F: Future> {
    /// The outputs of those that are done.
    pub done: Vec<(usize, F::Output)>,
    /// Those that are not done, to be awaited or dropped.
    pub pending: Vec<(usize, F)>,
}

impl<F: Future + Unpin> Wait<F> {
    /// Until all are done.
    pub async fn all(self) -> Waited<F> {
        self.until(|_| false, std::future::pending::<()>()).await
    }

    /// Until one is done, and those that are done with it.
    pub async fn first_completed(self) -> Waited<F> {
        self.until(|_| true, std::future::pending::<()>()).await
    }

    /// Until one is done whose output `fails`, or all are: `wait(tasks).first_error(|output|
    /// output.is_err())`.
    pub async fn first_error(self, fails: impl FnMut(&F::Output) -> bool) -> Waited<F> {
        self.until(fails, std::future::pending::<()>()).await
    }

    /// Until all are done, or `limit` is: `wait(tasks).within(handle.sleep(limit))`.
    pub async fn within(self, limit: impl Future) -> Waited<F> {
        self.until(|_| false, limit).await
    }

    /// Until one is done whose output makes `enough` true, all are done, or `limit` is.
    pub async fn until(
        mut self,
        mut enough: impl FnMut(&F::Output) -> bool,
        limit: impl Future,
    ) -> Waited<F> {
        let mut done = Vec::new();
        let mut limit = pin!(limit);
        let mut ended = false;
        poll_fn(|cx| {
            let before = done.len();
            loop {
                match self.children.poll_next(cx) {
                    Poll::Ready(Some((index, output))) => {
                        // What is done by then is given too.
                        ended |= enough(&output);
                        done.push((index, output));
                    }
                    Poll::Ready(None) => return Poll::Ready(()),
                    // More may be done, as long as each poll finds some.
                    Poll::Pending if ended && self.children.gave_way() && done.len() > before => {
                        return Poll::Pending;
                    }
                    Poll::Pending if ended => return Poll::Ready(()),
                    Poll::Pending => return limit.as_mut().poll(cx).map(drop),
                }
            }
        })
        .await;
        Waited { done, pending: self.children.into_left().collect() }
    }
}

/// The outputs of many futures as they come: see [`AsCompleted::next`].
///
/// ```
/// # futures_lite::future::block_on(async {
/// let mut done = loop_api::task::as_completed([std::future::ready(7)]);
/// assert_eq!(done.next().await, Some((0, 7)));
/// assert_eq!(done.next().await, None);
/// # });
/// ```
pub fn as_completed<F: Future>(futures: impl IntoIterator<Item = F>) -> AsCompleted<F> {
    AsCompleted { children: futures.into_iter().collect() }
}

/// See [`as_completed`]. Dropping it drops the futures that are not done.
#[must_use = "nothing is polled until `next` is awaited"]
pub struct AsCompleted<F> {
    children: Children<F>,
}

impl<F: Future> AsCompleted<F> {
    /// The next that is done, with its index among the futures; `None` after the last. Cancel safe.
    pub async fn next(&mut self) -> Option<(usize, F::Output)> {
        poll_fn(|cx| self.children.poll_next(cx)).await
    }

    /// How many are not done.
    pub fn left(&self) -> usize {
        self.children.left()
    }
}

impl<F: Future> futures_core::Stream for AsCompleted<F> {
    type Item = (usize, F::Output);

    fn poll_next(self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // The futures are pinned in boxes of their own.
        let this = std::pin::Pin::into_inner(self);
        Poll::Ready(ready!(this.children.poll_next(cx)))
    }
}

/// Starts `attempts` one after the other, each when the one before has failed or `delay()` is over,
/// and gives the first success with its index; the rest are dropped. As RFC 8305 has it for
/// connecting to many addresses.
///
/// ```
/// # futures_lite::future::block_on(async {
/// let attempts = [|| std::future::ready(Err("no")), || std::future::ready(Err("no"))];
/// let won = loop_api::task::staggered(attempts, || std::future::pending::<()>()).await;
/// assert_eq!(won, Err::<(usize, ()), _>(vec!["no", "no"]));
/// # });
/// ```
///
/// # Errors
///
/// All errors, in the order of the attempts, if none succeeds; none at all if there was no attempt.
pub async fn staggered<A, F, T, E, D>(
    attempts: impl IntoIterator<Item = A>,
    mut delay: impl FnMut() -> D,
) -> Result<(usize, T), Vec<E>>
where
    A: FnOnce() -> F,
    F: Future<Output = Result<T, E>>,
    D: Future,
{
    let mut children = Children::new();
    let mut errors: Vec<(usize, E)> = Vec::new();
    let mut attempts = attempts.into_iter().peekable();
    while let Some(attempt) = attempts.next() {
        children.push(attempt());
        if attempts.peek().is_none() {
            // Nothing is left that a delay could hold back.
            break;
        }
        let mut delay = pin!(delay());
        let won = poll_fn(|cx| match children.poll_next(cx) {
            Poll::Ready(Some((index, Ok(value)))) => Poll::Ready(Some((index, value))),
            Poll::Ready(Some((index, Err(error)))) => {
                errors.push((index, error));
                Poll::Ready(None)
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => delay.as_mut().poll(cx).map(|_| None),
        });
        if let Some(won) = won.await {
            return Ok(won);
        }
    }
    while let Some((index, output)) = poll_fn(|cx| children.poll_next(cx)).await {
        match output {
            Ok(value) => return Ok((index, value)),
            Err(error) => errors.push((index, error)),
        }
    }
    errors.sort_by_key(|(index, _)| *index);
    Err(errors.into_iter().map(|(_, error)| error).collect())
}

impl<F> fmt::Debug for Wait<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wait").field(&self.children).finish()
    }
}

impl<F: Future> fmt::Debug for Waited<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waited")
            .field("done", &self.done.len())
            .field("pending", &self.pending.len())
            .finish()
    }
}

impl<F> fmt::Debug for AsCompleted<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsCompleted").field(&self.children).finish()
    }
}
