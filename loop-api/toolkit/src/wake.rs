//! Waking those who wait.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

use loop_api::error::Panic;
use loop_api::shared::{Exception, ExceptionKind, report_to_current};

/// Wakes each that `next` gives, whatever the one before did: a waker may run any code, and
/// its panic is not for those who are woken after it, nor for the caller. It goes to the exception
/// handler of the loop that the caller runs in.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use std::task::{Wake, Waker};
///
/// struct Bad;
/// impl Wake for Bad {
///     fn wake(self: Arc<Self>) {
///         panic!("not today");
///     }
/// }
/// #[derive(Default)]
/// struct Good(AtomicBool);
/// impl Wake for Good {
///     fn wake(self: Arc<Self>) {
///         self.0.store(true, Ordering::Relaxed);
///     }
/// }
///
/// let good = Arc::new(Good::default());
/// let mut wakers = vec![Waker::from(good.clone()), Waker::from(Arc::new(Bad))];
/// loop_toolkit::wake_each(|| wakers.pop());
/// assert!(good.0.load(Ordering::Relaxed));
/// ```
pub fn wake_each(mut next: impl FnMut() -> Option<Waker>) {
    let mut wake = || {
        while let Some(waker) = next() {
            waker.wake();
        }
    };
    while let Err(payload) = catch_unwind(AssertUnwindSafe(&mut wake)) {
        report(payload);
    }
}

/// Drops each waker, whatever the drop of the one before did: as [`wake_each`], for those that
/// nothing wakes any more.
///
/// ```
/// use std::task::Waker;
///
/// loop_toolkit::drop_each([Waker::noop().clone()]);
/// ```
pub fn drop_each(wakers: impl IntoIterator<Item = Waker>) {
    for waker in wakers {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(waker))) {
            report(payload);
        }
    }
}

#[cold]
fn report(payload: Box<dyn Any + Send>) {
    report_to_current(&Exception::panicked(ExceptionKind::Waker, Panic::new(payload), None));
}
