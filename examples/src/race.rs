//! Two futures, whichever is first.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// What `program` ended with, or `None` if `stopped` came first.
pub(crate) async fn race<T>(program: impl Future<Output = T>, stopped: impl Future) -> Option<T> {
    let (mut program, mut stopped) = (pin!(program), pin!(stopped));
    poll_fn(|cx| match program.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => stopped.as_mut().poll(cx).map(|_| None),
    })
    .await
}
