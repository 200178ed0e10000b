//! Tasks that are not `Send`: their futures stay in a table of the thread, and what is spawned is
//! the key.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use loop_api::JoinError;
use loop_api::task::{Id, Task};
use loop_toolkit::task::{AbortHandle, JoinHandle};

use crate::state::SimHandle;
use crate::tasks;

type LocalFuture = Pin<Box<dyn Future<Output = ()>>>;

#[derive(Default)]
struct Table {
    next: u64,
    futures: BTreeMap<u64, LocalFuture>,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
}

/// A future of this thread's table. All that is done with it is done on the thread of its world.
struct Keyed(u64);

impl Keyed {
    fn take(&self) -> Option<LocalFuture> {
        TABLE.try_with(|table| table.borrow_mut().futures.remove(&self.0)).ok().flatten()
    }
}

impl Future for Keyed {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Out of the table while it is polled: it may spawn others.
        let Some(mut future) = self.take() else { return Poll::Ready(()) };
        let polled = future.as_mut().poll(cx);
        if polled.is_pending() {
            TABLE.with_borrow_mut(|table| table.futures.insert(self.0, future));
        }
        polled
    }
}

impl Drop for Keyed {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// Starts a task that stays on this thread, which is the world's.
pub(crate) fn spawn<F>(
    host: &SimHandle,
    caller: &'static Location<'static>,
    future: F,
) -> SimLocalTask<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let output = Rc::new(RefCell::new(None));
    let (slot, here, mut future) = (output.clone(), host.clone(), Some(Box::pin(future)));
    let future: LocalFuture = Box::pin(poll_fn(move |cx| {
        let Some(polled) = &mut future else { return Poll::Ready(()) };
        let value = ready!(polled.as_mut().poll(cx));
        // A panic of its drop does not take the output with it.
        let done = future.take();
        here.0.shared.end_step(|| drop(done));
        // Where no handle is left the output is dropped here, inside the task.
        if Rc::strong_count(&slot) > 1 {
            slot.replace(Some(value));
        } else {
            here.0.shared.end_step(|| drop(value));
        }
        Poll::Ready(())
    }));
    let key = TABLE.with_borrow_mut(|table| {
        table.next += 1;
        table.futures.insert(table.next, future);
        table.next
    });
    SimLocalTask { task: tasks::spawn(host, caller, Keyed(key)), output, host: host.clone() }
}

/// Awaits a task that stays on the world's thread; see [`Task`] for its rules.
#[must_use = "dropping a task's handle detaches it: `.await` it, or call `drop` to say that you mean it"]
pub struct SimLocalTask<T> {
    task: JoinHandle<()>,
    output: Rc<RefCell<Option<T>>>,
    host: SimHandle,
}

impl<T> Future for SimLocalTask<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = ready!(Pin::new(&mut self.task).poll(cx));
        let id = self.task.id();
        Poll::Ready(ended.and_then(|()| self.output.take().ok_or(JoinError::Cancelled(id))))
    }
}

impl<T> Task<T> for SimLocalTask<T> {
    type Abort = AbortHandle;

    fn abort(&self) {
        self.task.abort();
    }

    fn abort_handle(&self) -> AbortHandle {
        self.task.abort_handle()
    }

    fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    fn id(&self) -> Id {
        self.task.id()
    }
}

impl<T> Drop for SimLocalTask<T> {
    fn drop(&mut self) {
        // Its panic is for the exception handler.
        let output = self.output.take();
        self.host.0.shared.end_step(|| drop(output));
    }
}

impl<T> fmt::Debug for SimLocalTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimLocalTask").field("task", &self.task).finish_non_exhaustive()
    }
}
