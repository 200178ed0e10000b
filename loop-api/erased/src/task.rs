//! Tasks of an erased loop.
//!
//! The loop under it runs a future whose output is a box that anything fits in; the task's handle
//! knows what is in it. Panics are caught in here and go into the box, because only here it is
//! known where the task was spawned.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::ErasedHandle;
use loop_api::error::JoinError;
use loop_api::task::{self, Id};
use loop_toolkit::{TaskOutput, poll_caught};

/// An [`ErasedOutput`] of the task's output.
pub(super) type Output = Box<dyn Any + Send>;

/// A task's output on its way. If it is not taken, it is dropped with its loop as the current one:
/// a panic in it finds the exception handler by that.
struct ErasedOutput<T> {
    /// `None` only while it is dropped.
    caught: Option<TaskOutput<T, ErasedHandle>>,
    handle: ErasedHandle,
}

impl<T> Drop for ErasedOutput<T> {
    fn drop(&mut self) {
        if let Some(caught) = self.caught.take() {
            self.handle.scope(|| drop(caught));
        }
    }
}

pub(super) fn output<T: Send + 'static>(caught: TaskOutput<T, ErasedHandle>, handle: ErasedHandle) -> Output {
    Box::new(ErasedOutput { caught: Some(caught), handle })
}

fn take<T: 'static>(output: Box<dyn Any>, id: impl FnOnce() -> Id) -> Result<T, JoinError> {
    match output.downcast::<ErasedOutput<T>>().ok().and_then(|mut output| output.caught.take()) {
        Some(caught) => caught.into_result(id),
        // `spawn` makes the box and the handle of one type.
        None => unreachable!("the output of an erased task has the type it was spawned with"),
    }
}

macro_rules! entered {
    ($(#[$doc:meta])* $entered:ident, $any:ty, [$($send:tt)*]) => {
        $(#[$doc])*
        pub(super) struct $entered {
            handle: ErasedHandle,
            /// `None` only while it is dropped.
            future: Option<Pin<Box<dyn Future<Output = $any> $($send)*>>>,
        }

        impl $entered {
            pub(super) fn new<F>(handle: ErasedHandle, future: F, location: &'static Location<'static>) -> Self
            where
                F: Future $($send)* + 'static,
                F::Output: 'static $($send)*,
            {
                let owner = handle.clone();
                let future = CatchInto {
                    future,
                    into: move |caught| Box::new(ErasedOutput { caught: Some(caught), handle: owner.clone() }) as $any,
                    location,
                };
                $entered { handle, future: Some(Box::pin(future)) }
            }
        }

        impl Future for $entered {
            type Output = $any;

            fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<$any> {
                let this = &mut *self;
                match &mut this.future {
                    Some(future) => this.handle.scope(|| future.as_mut().poll(cx)),
                    None => Poll::Pending,
                }
            }
        }

        impl Drop for $entered {
            fn drop(&mut self) {
                let future = self.future.take();
                self.handle.scope(|| drop(future));
            }
        }
    };
}

entered! {
    /// A task's future, which runs and is dropped with its loop as the current one.
    Entered, Output, [+ Send]
}
entered! {
    /// As [`Entered`], for a future that is not `Send`.
    LocalEntered, Box<dyn Any>, []
}

pin_project_lite::pin_project! {
    /// A future whose output, or panic, goes through `into`.
    struct CatchInto<F, I> {
        #[pin]
        future: F,
        into: I,
        location: &'static Location<'static>,
    }
}

impl<F: Future, I: Fn(TaskOutput<F::Output, ErasedHandle>) -> O, O> Future for CatchInto<F, I> {
    type Output = O;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O> {
        let this = self.project();
        poll_caught(this.future, this.location, cx).map(this.into)
    }
}

/// [`task::Task`] without types of its own.
pub(super) trait DynTask: Future<Output = Result<Output, JoinError>> + Unpin + Send + Sync {
    fn abort(&self);
    fn abort_handle(&self) -> AbortHandle;
    fn is_finished(&self) -> bool;
    fn id(&self) -> Id;
}

impl<J> DynTask for J
where
    J: task::Task<Output> + Unpin + Send + Sync,
{
    fn abort(&self) {
        task::Task::abort(self);
    }

    fn abort_handle(&self) -> AbortHandle {
        AbortHandle(Arc::new(task::Task::abort_handle(self)))
    }

    fn is_finished(&self) -> bool {
        task::Task::is_finished(self)
    }

    fn id(&self) -> Id {
        task::Task::id(self)
    }
}

/// As [`DynTask`], for a local task.
pub(super) trait DynLocalTask: Future<Output = Result<Box<dyn Any>, JoinError>> + Unpin {
    fn abort(&self);
    fn abort_handle(&self) -> AbortHandle;
    fn is_finished(&self) -> bool;
    fn id(&self) -> Id;
}

impl<J: task::Task<Box<dyn Any>>> DynLocalTask for J {
    fn abort(&self) {
        task::Task::abort(self);
    }

    fn abort_handle(&self) -> AbortHandle {
        AbortHandle(Arc::new(task::Task::abort_handle(self)))
    }

    fn is_finished(&self) -> bool {
        task::Task::is_finished(self)
    }

    fn id(&self) -> Id {
        task::Task::id(self)
    }
}

macro_rules! erased_task {
    ($(#[$doc:meta])* $task:ident, $inner:ident) => {
        $(#[$doc])*
        pub struct $task<T> {
            inner: Box<dyn $inner>,
            /// Made where `T` is known to be `'static`, so that the handle's own traits do not ask
            /// for it.
            take: fn(Box<dyn Any>, &dyn $inner) -> Result<T, JoinError>,
        }

        impl<T: 'static> $task<T> {
            pub(super) fn new(inner: Box<dyn $inner>) -> Self {
                $task { inner, take: |output, inner| take(output, || inner.id()) }
            }
        }

        impl<T> Future for $task<T> {
            type Output = Result<T, JoinError>;

            fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let output = ready!(Pin::new(&mut *self.inner).poll(cx))?;
                Poll::Ready((self.take)(output, &*self.inner))
            }
        }

        impl<T> task::Task<T> for $task<T> {
            type Abort = AbortHandle;

            fn abort(&self) {
                (*self.inner).abort();
            }

            fn abort_handle(&self) -> AbortHandle {
                (*self.inner).abort_handle()
            }

            fn is_finished(&self) -> bool {
                (*self.inner).is_finished()
            }

            fn id(&self) -> Id {
                (*self.inner).id()
            }
        }

        impl<T> fmt::Debug for $task<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($task))
                    .field("is_finished", &(*self.inner).is_finished())
                    .finish_non_exhaustive()
            }
        }
    };
}

erased_task! {
    /// A task on an erased loop.
    Task, DynTask
}
erased_task! {
    /// A task that stays on the thread of an erased loop.
    LocalTask, DynLocalTask
}

trait DynAbort: Send + Sync {
    fn abort(&self);
    fn is_finished(&self) -> bool;
    fn id(&self) -> Id;
}

impl<A: task::Abort> DynAbort for A {
    fn abort(&self) {
        task::Abort::abort(self);
    }

    fn is_finished(&self) -> bool {
        task::Abort::is_finished(self)
    }

    fn id(&self) -> Id {
        task::Abort::id(self)
    }
}

/// Aborts a task of an erased loop from elsewhere.
#[derive(Clone)]
pub struct AbortHandle(Arc<dyn DynAbort>);

impl task::Abort for AbortHandle {
    fn abort(&self) {
        (*self.0).abort();
    }

    fn is_finished(&self) -> bool {
        (*self.0).is_finished()
    }

    fn id(&self) -> Id {
        (*self.0).id()
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("is_finished", &task::Abort::is_finished(self)).finish()
    }
}
