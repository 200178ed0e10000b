//! One waker for the main future.

use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll, RawWakerVTable, Waker};

use pin_project_lite::pin_project;

pin_project! {
    /// Polls the main future with a clone of `block_on`'s waker instead of that waker itself. The
    /// two wake the same, but in a build with several codegen units their vtables can lie at
    /// different addresses: then `will_wake` denies it, and everything that keeps a waker (a join,
    /// a timer, the callbacks) clones it anew at each poll.
    pub(crate) struct SameWaker<F> {
        #[pin]
        future: F,
        seen: Option<Seen>,
    }
}

struct Seen {
    /// Keeps what `data` points to, so that it cannot be another waker's later.
    clone: Waker,
    data: *const (),
    vtable: &'static RawWakerVTable,
}

impl<F> SameWaker<F> {
    pub(crate) fn new(future: F) -> Self {
        SameWaker { future, seen: None }
    }
}

impl<F: Future> Future for SameWaker<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let waker = cx.waker();
        let seen = match this.seen {
            Some(seen) if seen.data == waker.data() && ptr::eq(seen.vtable, waker.vtable()) => seen,
            seen => seen.insert(Seen { clone: waker.clone(), data: waker.data(), vtable: waker.vtable() }),
        };
        this.future.poll(&mut Context::from_waker(&seen.clone))
    }
}
