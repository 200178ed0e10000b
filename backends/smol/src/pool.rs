//! Blocking jobs, each as a task of async-task that one of the pool's threads runs once.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use loop_api::Handle;
use loop_api::toolkit::guard_blocking;

use crate::handle::SmolHandle;
use crate::task::{Caught, Gate, Gone, JoinHandle};

/// The threads of a loop on which blocking is allowed.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    running: Arc<(Mutex<usize>, Condvar)>,
}

impl Pool {
    fn submit(&self, job: impl FnOnce() + Send + 'static) {
        let running = self.running.clone();
        *running.0.lock().unwrap_or_else(|p| p.into_inner()) += 1;
        let _ = thread::Builder::new().name("anyloop-blocking".to_owned()).spawn(move || {
            job();
            *running.0.lock().unwrap_or_else(|p| p.into_inner()) -= 1;
            running.1.notify_all();
        });
    }

    pub(crate) fn shutdown(&self, timeout: Option<Duration>) {
        let guard = self.running.0.lock().unwrap_or_else(|p| p.into_inner());
        let _ = self.running.1.wait_timeout_while(guard, timeout.unwrap_or(Duration::MAX), |n| *n > 0);
    }
}

/// A job that has not begun, as a future that is done at its first poll.
struct Job<F> {
    f: Option<F>,
    location: &'static Location<'static>,
    gone: Gone,
}

impl<F> Unpin for Job<F> {}

impl<F: FnOnce() -> T, T> Future for Job<F> {
    type Output = Option<Caught<T>>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        match this.f.take() {
            Some(f) if this.gone.0.begin() => Poll::Ready(Some(guard_blocking(f, this.location))),
            _ => Poll::Ready(None),
        }
    }
}

/// Runs `f` on a thread of the pool.
pub(crate) fn spawn<F, T>(handle: &SmolHandle, f: F, location: &'static Location<'static>) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    if handle.shared().is_closed() {
        return JoinHandle::closed();
    }
    let gate = Gate::new();
    let job = Job { f: Some(f), location, gone: Gone(gate.clone()) };
    let pool = handle.clone();
    let (runnable, task) = async_task::spawn(job, move |runnable: async_task::Runnable| {
        let pool_handle = pool.clone();
        pool.pool().submit(move || {
            pool_handle.enter(|| runnable.run());
        })
    });
    runnable.schedule();
    JoinHandle::of_job(task, gate)
}
