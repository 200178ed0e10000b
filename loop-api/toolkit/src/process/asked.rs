//! A child that is asked now and then whether it has ended, where nothing tells.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::process::{self, ExitStatus};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use loop_api::process as api;
use loop_api::shared::EndWaiter;
use loop_api::{Closed, Handle};

use crate::backoff::Backoff;

/// A child on the loop of `H`: see [`Child`](loop_api::process::Child). Its end is noticed 25 ms
/// late at most.
pub struct Child<H: Handle> {
    child: process::Child,
    status: Option<ExitStatus>,
    sleep: Option<Pin<Box<H::Sleep>>>,
    /// The pauses between two questions.
    pauses: Backoff,
    handle: H,
    waiter: EndWaiter,
}

impl<H: Handle> Child<H> {
    /// Has `start` start a child.
    ///
    /// # Errors
    ///
    /// As [`Process::spawn_child`](loop_api::process::Process::spawn_child).
    pub fn start(handle: &H, start: impl FnOnce() -> io::Result<process::Child>) -> io::Result<Self> {
        if handle.shared().is_closed() {
            return Err(Closed.into());
        }
        let child = start()?;
        let (handle, waiter) = (handle.clone(), EndWaiter::default());
        let pauses = Backoff::new(Duration::from_millis(1), Duration::from_millis(25));
        Ok(Child { child, status: None, sleep: None, pauses, handle, waiter })
    }
}

impl<H: Handle> api::Child for Child<H> {
    fn id(&self) -> u32 {
        self.child.id()
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<ExitStatus>> {
        loop {
            if let Some(status) = api::Child::try_wait(self)? {
                return Poll::Ready(Ok(status));
            }
            self.handle.shared().wait_for_end(&mut self.waiter, cx.waker())?;
            let (handle, pauses) = (&self.handle, &mut self.pauses);
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(handle.sleep(pauses.next_wait())));
            ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
    }

    fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.status.is_none() {
            self.status = self.child.try_wait()?;
        }
        Ok(self.status)
    }

    fn start_kill(&mut self) -> io::Result<()> {
        if self.status.is_some() { Ok(()) } else { self.child.kill() }
    }

    #[cfg(windows)]
    fn as_handle(&self) -> std::os::windows::io::BorrowedHandle<'_> {
        std::os::windows::io::AsHandle::as_handle(&self.child)
    }
}

impl<H: Handle> Unpin for Child<H> {}

impl<H: Handle> Drop for Child<H> {
    fn drop(&mut self) {
        self.handle.shared().leave_end(self.waiter);
    }
}

impl<H: Handle> fmt::Debug for Child<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.child.id();
        f.debug_struct("Child").field("id", &id).field("status", &self.status).finish_non_exhaustive()
    }
}
