//! Callbacks for when a deferred is done.

use std::sync::Arc;

use super::core::{Core, OnDone};
use crate::callback::{self, CallbackHandle, Closure};
use crate::handle::Handle;

/// For both kinds of deferred.
pub(super) fn on_done<T, H: Handle>(
    core: &Core<T>,
    handle: &H,
    closure: Closure<impl FnOnce() + Send + 'static>,
) -> CallbackHandle {
    let job = Arc::new(closure);
    let handle = handle.clone();
    let post = Box::new(move |job: Arc<dyn callback::Job>| {
        if handle.shared().callbacks.push(job.clone()).is_err() {
            job.cancel();
        }
    });
    core.on_done(OnDone { job: job.clone(), post });
    CallbackHandle::soon(job)
}
