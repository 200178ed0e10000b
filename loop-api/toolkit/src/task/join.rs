//! The two handles of a task: the one that awaits it, and the one that only aborts it.
#![allow(unsafe_code)]

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

use super::header::{self, Header};
use super::state::DropJoin;
use super::waker;
use loop_api::error::{JoinError, Refused};
use loop_api::task::{Abort, Id, Task};

/// Awaits a task; see [`Task`] for its rules. Polled again after it gave its result, it gives
/// [`JoinError::Cancelled`].
#[must_use = "dropping a task's handle detaches it: `.await` it, or call `drop` to say that you mean it"]
pub struct JoinHandle<T> {
    /// One reference, and the flag JOIN; or why there never was a task, and its id.
    task: Result<NonNull<Header>, (Refused, Id)>,
    output: PhantomData<T>,
}

// SAFETY: what the handle reaches without synchronisation is the output, which it may take or drop,
// and that is a TaskOutput<T, _>, Send if T is. The future is not reached through it: an abort only
// marks the task and schedules it.
unsafe impl<T: Send> Send for JoinHandle<T> {}
// SAFETY: through a shared reference nothing but the atomic state is reached.
unsafe impl<T: Send> Sync for JoinHandle<T> {}

impl<T> Unpin for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// # Safety
    ///
    /// The caller gives up the one reference that is meant for the join handle of a task whose
    /// output is a `TaskOutput<T, _>`.
    pub(super) unsafe fn from_header(task: NonNull<Header>) -> Self {
        JoinHandle { task: Ok(task), output: PhantomData }
    }

    /// The handle of a task that was spawned too late: it gives [`JoinError::Closed`].
    pub fn closed() -> Self {
        Self::refused(Refused::Closed)
    }

    /// The handle of a task that was not accepted: it gives the error.
    pub fn refused(refused: Refused) -> Self {
        JoinHandle { task: Err((refused, Id::next())), output: PhantomData }
    }

    /// As [`Task::abort`].
    pub fn abort(&self) {
        if let Ok(task) = self.task {
            // SAFETY: this handle holds a reference.
            unsafe { header::abort(task) }
        }
    }

    /// As [`Task::abort_handle`].
    pub fn abort_handle(&self) -> AbortHandle {
        // SAFETY: this handle holds a reference.
        AbortHandle { task: self.task.map(|task| unsafe { header::counted(task) }).map_err(|(_, id)| id) }
    }

    /// As [`Task::id`].
    pub fn id(&self) -> Id {
        // SAFETY: this handle holds a reference.
        self.task.map_or_else(|(_, id)| id, |task| unsafe { task.as_ref() }.id())
    }

    /// As [`Task::is_finished`].
    pub fn is_finished(&self) -> bool {
        // SAFETY: this handle holds a reference.
        self.task.ok().is_none_or(|task| unsafe { task.as_ref() }.state.is_complete())
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let task = match self.task {
            Ok(task) => task,
            Err((refused, id)) => return Poll::Ready(Err(refused.into_join_error(id))),
        };
        // SAFETY: this handle holds a reference.
        let header = unsafe { task.as_ref() };
        if !header.state.is_complete() && register(header, cx.waker()) {
            return Poll::Pending;
        }
        let mut output = MaybeUninit::<Self::Output>::uninit();
        // SAFETY: the task is complete, so its output belongs to the join handle, which is borrowed
        // mutably. `take` writes a Result<T, JoinError>: T is the task's, by the contract of
        // `from_header`.
        unsafe {
            (header.vtable.take)(task, output.as_mut_ptr().cast());
            Poll::Ready(output.assume_init())
        }
    }
}

/// Leaves a waker for the completer. False if the task is complete; then no waker of this handle is
/// left behind, unless the completer has it.
fn register(header: &Header, waker: &Waker) -> bool {
    if !header.state.take_waker() {
        return false;
    }
    // The slot is ours until it is given again. Clone before anything is moved: cloning may panic.
    // SAFETY: see above; the completer neither reads nor writes it.
    let before = unsafe {
        header.waker.with_mut(|slot| match &*slot {
            Some(old) if old.will_wake(waker) => None,
            _ => (*slot).replace(waker.clone()),
        })
    };
    let given = header.state.give_waker();
    if !given {
        // SAFETY: not given, so still ours.
        let ours = unsafe { header.waker.with_mut(|slot| (*slot).take()) };
        drop(ours);
    }
    drop(before);
    given
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        let Ok(task) = self.task else { return };
        /// Lets go also when the drop of a waker or of an output panics.
        struct Release(NonNull<Header>);
        impl Drop for Release {
            fn drop(&mut self) {
                // SAFETY: the join handle's reference, which is not used after this.
                unsafe { header::release(self.0, 1) }
            }
        }
        // SAFETY: this handle holds a reference.
        let header = unsafe { task.as_ref() };
        match header.state.drop_join() {
            DropJoin::Released(false) => {}
            // SAFETY: it was the last one.
            DropJoin::Released(true) => unsafe { (header.vtable.free)(task) },
            DropJoin::Waker => {
                let _release = Release(task);
                // SAFETY: drop_join took the slot back for us.
                drop(unsafe { header.waker.with_mut(|slot| (*slot).take()) });
            }
            DropJoin::Output => {
                let _release = Release(task);
                // SAFETY: the task is complete and JOIN was set when it completed, so the output is
                // ours.
                unsafe { (header.vtable.drop_output)(task) };
            }
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("is_finished", &self.is_finished()).finish_non_exhaustive()
    }
}

impl<T> Task<T> for JoinHandle<T> {
    type Abort = AbortHandle;

    fn abort(&self) {
        self.abort();
    }

    fn abort_handle(&self) -> AbortHandle {
        self.abort_handle()
    }

    fn is_finished(&self) -> bool {
        self.is_finished()
    }

    fn id(&self) -> Id {
        self.id()
    }
}

/// Aborts a task from anywhere. It keeps the task's memory, but neither its future nor its output.
pub struct AbortHandle {
    /// One reference; or the id of what never was a task.
    task: Result<NonNull<Header>, Id>,
}

// SAFETY: it reaches only the atomic state, and what an abort calls: Schedule::schedule, which any
// thread may.
unsafe impl Send for AbortHandle {}
// SAFETY: as above.
unsafe impl Sync for AbortHandle {}

impl AbortHandle {
    /// The task that `waker` wakes, if it is one of this module's: inside a task's poll, with that
    /// poll's waker, the task itself.
    pub fn of(waker: &Waker) -> Option<Self> {
        // SAFETY: the waker keeps the task alive during this call.
        waker::task_of(waker).map(|task| AbortHandle { task: Ok(unsafe { header::counted(task) }) })
    }

    /// As [`Task::abort`].
    pub fn abort(&self) {
        if let Ok(task) = self.task {
            // SAFETY: this handle holds a reference.
            unsafe { header::abort(task) }
        }
    }

    /// As [`Task::is_finished`].
    pub fn is_finished(&self) -> bool {
        // SAFETY: this handle holds a reference.
        self.task.ok().is_none_or(|task| unsafe { task.as_ref() }.state.is_complete())
    }

    /// As [`Task::id`].
    pub fn id(&self) -> Id {
        // SAFETY: this handle holds a reference.
        self.task.map_or_else(|id| id, |task| unsafe { task.as_ref() }.id())
    }

    /// Whether the task was asked to end; it may have ended with an output all the same.
    pub fn is_aborted(&self) -> bool {
        // SAFETY: this handle holds a reference.
        self.task.ok().is_none_or(|task| unsafe { task.as_ref() }.state.is_aborted())
    }
}

impl Clone for AbortHandle {
    fn clone(&self) -> Self {
        // SAFETY: this handle holds a reference.
        AbortHandle { task: self.task.map(|task| unsafe { header::counted(task) }) }
    }
}

impl Drop for AbortHandle {
    fn drop(&mut self) {
        if let Ok(task) = self.task {
            // SAFETY: this handle's reference, which is not used after this.
            unsafe { header::release(task, 1) }
        }
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("is_finished", &self.is_finished()).finish_non_exhaustive()
    }
}

impl Abort for AbortHandle {
    fn abort(&self) {
        self.abort();
    }

    fn is_finished(&self) -> bool {
        self.is_finished()
    }

    fn id(&self) -> Id {
        self.id()
    }
}
