//! `spawn_local` on a multi-thread runtime: such futures stay on the thread inside `block_on`, in a
//! `LocalSet` that the first of them makes. A program without them pays for a check a wake-up.

use std::cell::OnceCell;
use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use loop_api::context::Scoped;
use pin_project_lite::pin_project;
use tokio::task::{JoinHandle, LocalSet};

thread_local! {
    static LOCAL: Scoped<OnceCell<LocalSet>> = const { Scoped::new() };
}

/// Spawns on the set of the multi-thread loop that this thread is inside of.
#[track_caller]
pub(crate) fn spawn<F>(future: F) -> Option<JoinHandle<F::Output>>
where
    F: Future + 'static,
    F::Output: 'static,
{
    LOCAL.with(|slot| slot.with(|set| Some(set?.get_or_init(LocalSet::new).spawn_local(future))))
}

pin_project! {
    /// The main future, and the set after it: so a set that the main future made is polled in the
    /// same turn.
    pub(crate) struct WithLocal<'a, F> {
        pub(crate) set: &'a OnceCell<LocalSet>,
        #[pin]
        pub(crate) future: F,
    }
}

impl<F: Future> Future for WithLocal<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        LOCAL.with(|slot| {
            slot.set(this.set, || {
                let polled = this.future.poll(cx);
                if let (Poll::Pending, Some(set)) = (&polled, this.set.get()) {
                    // The future of `run_until` polls the set by a shared reference: its tasks need
                    // one to spawn others.
                    let _ = pin!(set.run_until(pending::<()>())).poll(cx);
                }
                polled
            })
        })
    }
}
