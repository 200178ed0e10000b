//! Readers and writers: a callback each time a descriptor is ready.
//!
//! A task waits for the descriptor and queues the callback; the callback, when it has run, wakes
//! the task, which asks the system whether the descriptor is ready still. So it is level triggered
//! on every poller, and a callback that does not drain its descriptor takes turns with all others.

use std::any::type_name;
use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::job::{Job, JobState};
use super::probe::{Watched, probe};
use crate::error::Closed;
use crate::handle::Handle;
use crate::io::Interest;
use crate::readiness::{AsSource, Source};
use crate::shared::{Exception, ExceptionKind};

/// A descriptor that is watched: what [`add_reader`](crate::readiness::Readiness::add_reader) and
/// [`add_writer`](crate::readiness::Readiness::add_writer) give. Dropping it cancels.
#[must_use = "dropping a watcher cancels it: keep it, or detach() it"]
pub struct Watcher {
    watch: Option<Arc<dyn Control>>,
}

impl Watcher {
    /// Ends it: the callback is not called again, not even if it is queued already. The descriptor
    /// is deregistered at once, or, when the callback itself calls this, as soon as it returns.
    /// Gives false if it had ended before: cancelled, by an error of the descriptor, or with its
    /// loop.
    pub fn cancel(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.cancel())
    }

    /// Whether it has not ended.
    pub fn is_active(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.is_active())
    }

    /// Lets it watch for as long as the loop lives.
    pub fn detach(mut self) {
        self.watch = None;
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Watcher");
        if let Some(watch) = &self.watch {
            out.field("name", &watch.name())
                .field("location", &format_args!("{}", watch.location()))
                .field("is_active", &watch.is_active());
        }
        out.finish()
    }
}

trait Control: Job {
    fn is_active(&self) -> bool;
}

struct Watch<H, S, T, F> {
    handle: H,
    interest: Interest,
    location: &'static Location<'static>,
    state: Mutex<State<S, F>>,
    watched: PhantomData<fn(T)>,
}

struct State<S, F> {
    /// `None` once it has ended.
    source: Option<Arc<S>>,
    /// `None` while it runs, too.
    callback: Option<F>,
    /// The callback is in the queue, or runs: the task has nothing to do.
    queued: bool,
    /// The task's.
    waker: Option<Waker>,
}

#[track_caller]
pub(crate) fn watch<H, S, T, F>(
    handle: &H,
    io: T,
    interest: Interest,
    callback: F,
    register: impl Fn(Watched<T>) -> io::Result<S>,
) -> io::Result<Watcher>
where
    H: Handle,
    S: Source<Watched<T>> + 'static,
    T: AsSource + Send + Sync + 'static,
    F: FnMut(&T) + Send + 'static,
{
    if handle.shared().is_closed() {
        return Err(Closed.into());
    }
    let io = Arc::new(io);
    let source = match Watched::shared_with_others(&io) {
        // A descriptor can be in a poller only once.
        None => match register(Watched::direct(io.clone())) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => register(Watched::duplicate(io)?)?,
            registered => registered?,
        },
        Some(watched) => register(watched?)?,
    };
    handle.shared().callbacks.add_watcher();
    let watch = Arc::new(Watch {
        handle: handle.clone(),
        interest,
        location: Location::caller(),
        state: Mutex::new(State {
            source: Some(Arc::new(source)),
            callback: Some(callback),
            queued: false,
            waker: None,
        }),
        watched: PhantomData,
    });
    // Dropping the task's handle leaves it to the loop.
    let _detached = handle.spawn(Wait(watch.clone()));
    Ok(Watcher { watch: Some(watch) })
}

impl<H: Handle, S, T, F> Watch<H, S, T, F> {
    fn lock(&self) -> MutexGuard<'_, State<S, F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) -> bool {
        let mut state = self.lock();
        let (source, callback, waker) = (state.source.take(), state.callback.take(), state.waker.take());
        drop(state);
        let ended = source.is_some();
        if ended {
            self.handle.shared().callbacks.remove_watcher();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
        // Last: they are the user's, and may do anything in their drop.
        drop((source, callback));
        ended
    }
}

impl<H, S, T, F> Job for Watch<H, S, T, F>
where
    H: Handle,
    S: Source<Watched<T>> + 'static,
    T: AsSource + Send + Sync + 'static,
    F: FnMut(&T) + Send + 'static,
{
    fn run(&self) {
        let mut state = self.lock();
        let (Some(source), Some(callback)) = (state.source.clone(), state.callback.take()) else {
            return;
        };
        drop(state);

        /// Gives the callback back, also when it panics: it will be called again.
        struct Back<'a, H: Handle, S, T, F> {
            watch: &'a Watch<H, S, T, F>,
            callback: Option<F>,
        }
        impl<H: Handle, S, T, F> Drop for Back<'_, H, S, T, F> {
            fn drop(&mut self) {
                let mut state = self.watch.lock();
                if state.source.is_some() {
                    mem::swap(&mut state.callback, &mut self.callback);
                }
                state.queued = false;
                let waker = state.waker.take();
                drop(state);
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
        }
        let mut back = Back { watch: self, callback: Some(callback) };
        if let Some(callback) = &mut back.callback {
            callback(source.get_ref().get());
        }
        drop(back);
    }

    fn cancel(&self) -> bool {
        self.end()
    }

    fn state(&self) -> JobState {
        if self.is_active() { JobState::Waiting } else { JobState::Cancelled }
    }

    fn kind(&self) -> ExceptionKind {
        ExceptionKind::Watcher
    }

    fn name(&self) -> &'static str {
        type_name::<F>()
    }

    fn location(&self) -> &'static Location<'static> {
        self.location
    }
}

impl<H, S, T, F> Control for Watch<H, S, T, F>
where
    H: Handle,
    S: Source<Watched<T>> + 'static,
    T: AsSource + Send + Sync + 'static,
    F: FnMut(&T) + Send + 'static,
{
    fn is_active(&self) -> bool {
        self.lock().source.is_some()
    }
}

/// The task of a watcher.
struct Wait<H: Handle, S, T, F>(Arc<Watch<H, S, T, F>>);

impl<H, S, T, F> Future for Wait<H, S, T, F>
where
    H: Handle,
    S: Source<Watched<T>> + 'static,
    T: AsSource + Send + Sync + 'static,
    F: FnMut(&T) + Send + 'static,
{
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let watch = &self.0;
        // Without the lock: the waker's code may be any.
        let waker = cx.waker().clone();
        let mut state = watch.lock();
        let Some(source) = state.source.clone() else {
            return Poll::Ready(());
        };
        // Before the poll: a cancel meanwhile wakes the task, which then ends.
        let old = state.waker.replace(waker);
        let queued = state.queued;
        drop(state);
        drop(old);
        if queued {
            return Poll::Pending;
        }
        match source.poll_io(cx, watch.interest, |io| probe(io, watch.interest)) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(())) => {
                watch.lock().queued = true;
                if watch.handle.shared().callbacks.push(watch.clone()).is_ok() {
                    return Poll::Pending;
                }
                watch.end();
            }
            Poll::Ready(Err(error)) => {
                if watch.end() {
                    let message = format!("the watcher ends, its descriptor cannot be polled: {error}");
                    let exception = Exception::new(ExceptionKind::Watcher, message, Some(watch.location));
                    watch.handle.shared().report(&exception);
                }
            }
        }
        Poll::Ready(())
    }
}

/// The loop drops its tasks when it ends: its watchers hold no descriptor after that.
impl<H: Handle, S, T, F> Drop for Wait<H, S, T, F> {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(all(test, unix, not(anyloop_loom)))]
mod tests;
