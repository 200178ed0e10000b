//! Giving way, as each backend does it.

use std::task::Context;

/// Wakes the task that is polled, and that gives way, after everything else that is ready.
#[inline]
pub(crate) fn give_way(cx: &mut Context<'_>) {
    #[cfg(feature = "smol")]
    super::with_current(|current| match current {
        Some(super::HandleRef::Smol(_)) => loop_smol::give_way(cx),
        _ => cx.waker().wake_by_ref(),
    });
    #[cfg(not(feature = "smol"))]
    cx.waker().wake_by_ref();
}
