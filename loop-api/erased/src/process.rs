//! Children on an erased loop.

use std::io;
use std::process::{self, ExitStatus};
use std::task::{Context, Poll};

use super::ErasedHandle;
use loop_api::process::{Child as LoopChild, Process};

type Start<'a> = &'a mut dyn FnMut() -> io::Result<process::Child>;

/// [`Process`] without types of its own.
pub(super) trait DynProcess: Send + Sync {
    fn spawn_child(&self, start: Start<'_>) -> io::Result<Child>;
}

pub(super) struct ProcessOf<H> {
    pub(super) handle: H,
}

impl<H: Process> DynProcess for ProcessOf<H> {
    fn spawn_child(&self, start: Start<'_>) -> io::Result<Child> {
        Ok(Child(Box::new(self.handle.spawn_child(start)?)))
    }
}

/// A child on an erased loop.
#[derive(Debug)]
pub struct Child(Box<dyn LoopChild>);

impl LoopChild for Child {
    fn id(&self) -> u32 {
        self.0.id()
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<ExitStatus>> {
        self.0.poll_wait(cx)
    }

    fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.0.try_wait()
    }

    fn start_kill(&mut self) -> io::Result<()> {
        self.0.start_kill()
    }

    #[cfg(windows)]
    fn as_handle(&self) -> std::os::windows::io::BorrowedHandle<'_> {
        self.0.as_handle()
    }
}

impl Process for ErasedHandle {
    type Child = Child;

    fn spawn_child<F>(&self, start: F) -> io::Result<Child>
    where
        F: FnOnce() -> io::Result<process::Child>,
    {
        let process = self.process()?;
        let mut start = Some(start);
        process.spawn_child(&mut || match start.take() {
            Some(start) => start(),
            None => Err(io::Error::other("the loop started a child twice")),
        })
    }
}
