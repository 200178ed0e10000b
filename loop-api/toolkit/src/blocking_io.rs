//! A reader and writer that blocks, made asynchronous by blocking jobs, one at a time.
//!
//! Writes are accepted into a buffer. The job that writes takes all that is there, again and again
//! until there is nothing, so that many small writes are few jobs and few system calls. It owns
//! what it needs: what was accepted is written though the one who wrote it is gone.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice, SeekFrom};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use loop_api::error::JoinError;
use loop_api::io::ReadCursor;
use loop_api::task::{Id, try_id};

use crate::wake_each;

mod device;
mod state;
#[cfg(all(test, not(anyloop_loom)))]
mod tests;

pub use device::{Device, MAX_BUF_SIZE};
use state::{Busy, State};

/// A device, what was read of it and not taken yet, and what was accepted for it and is not written
/// yet. Clones are the same one.
///
/// What has to run on a thread that may block is given to `spawn`, a [`Work`], whose `run` is
/// called there.
///
/// ```
/// use std::io;
/// use std::sync::Mutex;
/// use std::task::{Context, Waker};
/// use loop_toolkit::{BlockingIo, Device};
///
/// #[derive(Default)]
/// struct Memory(Mutex<Vec<u8>>);
/// impl Device for Memory {
///     fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
///         self.0.lock().unwrap().extend(bytes);
///         Ok(())
///     }
/// }
///
/// let memory = BlockingIo::new(Memory::default());
/// let mut cx = Context::from_waker(Waker::noop());
/// let mut works = Vec::new();
/// for word in [b"ci", b"ao"] {
///     assert!(memory.poll_write(&mut cx, word, |work| works.push(work)).is_ready());
/// }
/// // Two writes, one job.
/// assert_eq!(works.len(), 1);
/// assert!(memory.poll_flush(&mut cx).is_pending());
/// works.pop().unwrap().run();
/// assert!(memory.poll_flush(&mut cx).is_ready());
/// assert_eq!(*memory.device().0.lock().unwrap(), b"ciao");
/// ```
pub struct BlockingIo<D: Device> {
    device: Arc<D>,
    state: Arc<Mutex<State>>,
}

/// A piece of work that blocks. Dropped without being run, a write is done there and then, so that
/// what was accepted is not lost when a pool is shut down; a read or a seek is an error.
#[must_use = "run it on a thread that may block"]
pub struct Work<D: Device> {
    task: Option<Task>,
    device: Option<Arc<D>>,
    state: Arc<Mutex<State>>,
}

enum Task {
    Read(usize),
    Write,
    Seek(SeekFrom),
}

/// The device, for one operation that nothing else may come between: see
/// [`BlockingIo::poll_claim`].
#[must_use = "others wait for as long as it lives"]
pub struct Claim<D: Device> {
    device: Option<Arc<D>>,
    state: Arc<Mutex<State>>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<D: Device> BlockingIo<D> {
    /// Of a device, with [`MAX_BUF_SIZE`].
    pub fn new(device: D) -> Self {
        BlockingIo { device: Arc::new(device), state: Arc::default() }
    }

    /// The device.
    pub fn device(&self) -> &Arc<D> {
        &self.device
    }

    /// How many bytes are read, or accepted and not yet written, at once.
    pub fn max_buf_size(&self) -> usize {
        lock(&self.state).limit
    }

    /// Sets it; at least one.
    pub fn set_max_buf_size(&self, bytes: usize) {
        lock(&self.state).limit = bytes.max(1);
    }

    /// Calls `ask` until it gives something; where it does not, the caller waits for the job that
    /// runs. Wakers are cloned and dropped without the lock: they may run any code then.
    fn poll_state<R>(&self, cx: &mut Context<'_>, mut ask: impl FnMut(&mut State) -> Option<R>) -> Poll<R> {
        let mut waker: Option<Waker> = None;
        loop {
            let mut state = lock(&self.state);
            if let Some(result) = ask(&mut state) {
                drop(state);
                return Poll::Ready(result);
            }
            if state.waiters.iter().any(|known| known.will_wake(cx.waker())) {
                drop(state);
                return Poll::Pending;
            }
            match waker.take() {
                Some(waker) => {
                    state.waiters.push(waker);
                    return Poll::Pending;
                }
                None => drop(state),
            }
            waker = Some(cx.waker().clone());
        }
    }

    fn work(&self, task: Task) -> Work<D> {
        Work { task: Some(task), device: Some(self.device.clone()), state: self.state.clone() }
    }

    /// Reads what is there, at most as much as fits. Dropped while it is pending, what was read
    /// meanwhile is for the next read.
    pub fn poll_read(
        &self,
        cx: &mut Context<'_>,
        mut buf: ReadCursor<'_>,
        spawn: impl FnMut(Work<D>),
    ) -> Poll<io::Result<()>> {
        let wanted = buf.remaining();
        self.read_by(cx, wanted, spawn, |unread| buf.put_slice(unread)).map_ok(drop)
    }

    /// As [`poll_read`](Self::poll_read), into initialised memory; gives the number of bytes.
    pub fn poll_read_slice(
        &self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
        spawn: impl FnMut(Work<D>),
    ) -> Poll<io::Result<usize>> {
        self.read_by(cx, buf.len(), spawn, |unread| buf[..unread.len()].copy_from_slice(unread))
    }

    /// Gives `take` at most `wanted` bytes.
    fn read_by(
        &self,
        cx: &mut Context<'_>,
        wanted: usize,
        mut spawn: impl FnMut(Work<D>),
        mut take: impl FnMut(&[u8]),
    ) -> Poll<io::Result<usize>> {
        if wanted == 0 {
            return Poll::Ready(Ok(0));
        }
        loop {
            let begin = self.poll_state(cx, |state| {
                let unread = state.unread();
                if !unread.is_empty() {
                    let n = unread.len().min(wanted);
                    take(&unread[..n]);
                    state.take_unread(n);
                    return Some(Err(Ok(n)));
                }
                if state.busy != Busy::No {
                    return None;
                }
                if let Some(result) = state.read_ended.take() {
                    return Some(Err(result.map(|()| 0)));
                }
                state.busy = Busy::Other;
                Some(Ok(wanted.min(state.limit)))
            });
            match begin {
                Poll::Ready(Ok(len)) => spawn(self.work(Task::Read(len))),
                Poll::Ready(Err(result)) => return Poll::Ready(result),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Accepts what fits. The error is that of a write before it.
    pub fn poll_write(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        spawn: impl FnOnce(Work<D>),
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)], spawn)
    }

    /// As [`poll_write`](Self::poll_write), of several slices.
    pub fn poll_write_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
        spawn: impl FnOnce(Work<D>),
    ) -> Poll<io::Result<usize>> {
        let accepted = self.poll_state(cx, |state| {
            if let Some(error) = state.write_failed.take() {
                return Some((Err(error), false));
            }
            let free = state.limit.saturating_sub(state.accepted.len());
            if state.busy == Busy::Other || (free == 0 && state.busy == Busy::Writing) {
                return None;
            }
            let mut left = free;
            for buf in bufs {
                let n = buf.len().min(left);
                state.accepted.extend_from_slice(&buf[..n]);
                left -= n;
            }
            let begins = left < free && state.busy == Busy::No;
            if begins {
                state.busy = Busy::Writing;
            }
            Some((Ok(free - left), begins))
        });
        accepted.map(|(result, begins)| {
            if begins {
                spawn(self.work(Task::Write));
            }
            result
        })
    }

    /// Waits until what was accepted is written. The error is that of a write before it.
    pub fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_state(cx, |state| match state.busy {
            Busy::Writing => None,
            Busy::No | Busy::Other => Some(state.write_failed.take().map_or(Ok(()), Err)),
        })
    }

    /// Moves the position, from where the reader has come to. Called again until it is ready, with
    /// the same position.
    pub fn poll_seek(
        &self,
        cx: &mut Context<'_>,
        position: SeekFrom,
        mut spawn: impl FnMut(Work<D>),
    ) -> Poll<io::Result<u64>> {
        loop {
            let begin = self.poll_state(cx, |state| {
                if state.busy != Busy::No {
                    return None;
                }
                match state.sought.take() {
                    // Not that of another seek, which was given up.
                    Some((sought, result)) if sought == position => return Some(Err(result)),
                    _ => {}
                }
                state.busy = Busy::Other;
                Some(Ok(()))
            });
            match begin {
                Poll::Ready(Ok(())) => spawn(self.work(Task::Seek(position))),
                Poll::Ready(Err(result)) => return Poll::Ready(result),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Waits until no job runs.
    pub fn poll_idle(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_state(cx, |state| (state.busy == Busy::No).then_some(()))
    }

    /// Waits until no job runs, and lets none run until what it gives is dropped.
    pub fn poll_claim(&self, cx: &mut Context<'_>) -> Poll<Claim<D>> {
        let claimed = self.poll_state(cx, |state| {
            if state.busy != Busy::No {
                return None;
            }
            state.busy = Busy::Other;
            Some(())
        });
        claimed.map(|()| Claim { device: Some(self.device.clone()), state: self.state.clone() })
    }

    /// As [`poll_claim`](Self::poll_claim), for what tells of the error of a write before it.
    ///
    /// # Errors
    ///
    /// That error.
    pub async fn claim_written(&self) -> io::Result<Claim<D>> {
        let claim = poll_fn(|cx| self.poll_claim(cx)).await;
        match lock(&self.state).write_failed.take() {
            Some(error) => Err(error),
            None => Ok(claim),
        }
    }

    /// The device alone, put where the reader has come to.
    ///
    /// # Errors
    ///
    /// All of it as it was, if a job runs or others have it too.
    pub fn into_device(self) -> Result<D, Self> {
        {
            let mut state = lock(&self.state);
            if state.busy != Busy::No || state.put_back(&*self.device).is_err() {
                drop(state);
                return Err(self);
            }
        }
        let BlockingIo { device, state } = self;
        Arc::try_unwrap(device).map_err(|device| BlockingIo { device, state })
    }
}

impl<D: Device> Clone for BlockingIo<D> {
    fn clone(&self) -> Self {
        BlockingIo { device: self.device.clone(), state: self.state.clone() }
    }
}

impl<D: Device> Work<D> {
    /// Does it, on a thread that may block.
    pub fn run(mut self) {
        self.perform();
    }

    fn perform(&mut self) {
        // The device goes before the state says that nothing runs: then it can be taken out.
        let (Some(task), Some(device)) = (self.task.take(), self.device.take()) else { return };
        match task {
            Task::Write => write(&self.state, device),
            Task::Read(len) => {
                let mut buf = mem::take(&mut lock(&self.state).read);
                let result = state::fill(&mut buf, len, &*device);
                drop(device);
                end(&self.state, |state| {
                    state.read = buf;
                    state.read_ended = match result {
                        Ok(0) => Some(Ok(())),
                        Ok(_) => None,
                        Err(error) => Some(Err(error)),
                    };
                });
            }
            Task::Seek(position) => {
                let result = {
                    let mut state = lock(&self.state);
                    state.read_ended = None;
                    let unread = state.forget_unread();
                    drop(state);
                    seek(&*device, position, unread)
                };
                drop(device);
                end(&self.state, |state| state.sought = Some((position, result)));
            }
        }
    }
}

/// Writes what was accepted, until there is nothing more.
fn write<D: Device>(shared: &Mutex<State>, device: Arc<D>) {
    let mut state = lock(shared);
    let mut result = state.put_back(&*device);
    let mut chunk = mem::take(&mut state.spare);
    while result.is_ok() && !state.accepted.is_empty() {
        let was_full = state.accepted.len() >= state.limit;
        mem::swap(&mut chunk, &mut state.accepted);
        // Only they can wait for what is no end of the job.
        let waiters = if was_full { mem::take(&mut state.waiters) } else { Vec::new() };
        drop(state);
        wake(waiters);
        result = device.write_all(&chunk);
        chunk.clear();
        state = lock(shared);
    }
    drop(device);
    if let Err(error) = result {
        // Behind a hole they would be at the wrong place.
        state.accepted.clear();
        state.write_failed = Some(error);
    }
    state.keep_spare(chunk);
    state.busy = Busy::No;
    let waiters = mem::take(&mut state.waiters);
    drop(state);
    wake(waiters);
}

/// From where the reader has come to, which `unread` bytes lie behind.
fn seek<D: Device>(device: &D, position: SeekFrom, unread: usize) -> io::Result<u64> {
    match position {
        SeekFrom::Current(by) => {
            let by = by.checked_sub_unsigned(unread as u64).ok_or(io::ErrorKind::InvalidInput)?;
            device.seek(SeekFrom::Current(by))
        }
        other => device.seek(other),
    }
}

fn end(shared: &Mutex<State>, set: impl FnOnce(&mut State)) {
    let mut state = lock(shared);
    set(&mut state);
    state.busy = Busy::No;
    let waiters = mem::take(&mut state.waiters);
    drop(state);
    wake(waiters);
}

/// What an operation gives whose job is dropped before it has run.
fn cancelled() -> io::Error {
    JoinError::Cancelled(try_id().unwrap_or_else(Id::next)).into()
}

fn wake(waiters: Vec<Waker>) {
    let mut waiters = waiters.into_iter();
    wake_each(|| waiters.next());
}

impl<D: Device> Drop for Work<D> {
    fn drop(&mut self) {
        match &self.task {
            None => {}
            Some(Task::Write) => self.perform(),
            Some(Task::Read(_)) => {
                self.device = None;
                end(&self.state, |state| state.read_ended = Some(Err(cancelled())));
            }
            Some(Task::Seek(position)) => {
                let position = *position;
                self.device = None;
                end(&self.state, |state| {
                    state.sought = Some((position, Err(cancelled())));
                });
            }
        }
    }
}

impl<D: Device> Claim<D> {
    /// Calls `f` with the device, put where the reader has come to. What it was at is forgotten.
    ///
    /// # Errors
    ///
    /// Those of moving it, and of `f`.
    pub fn run<T>(self, f: impl FnOnce(&D) -> io::Result<T>) -> io::Result<T> {
        let Some(device) = &self.device else { return Err(cancelled()) };
        {
            let mut state = lock(&self.state);
            state.put_back(&**device)?;
        }
        f(device)
    }
}

impl<D: Device> Drop for Claim<D> {
    fn drop(&mut self) {
        self.device = None;
        end(&self.state, |_| {});
    }
}

impl<D: Device> fmt::Debug for BlockingIo<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lock(&self.state).fmt_as("BlockingIo", f)
    }
}

impl<D: Device> fmt::Debug for Work<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").finish_non_exhaustive()
    }
}

impl<D: Device> fmt::Debug for Claim<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").finish_non_exhaustive()
    }
}
