//! The smallest loop that keeps the contract's letter, for this crate's own unit tests. Not fast,
//! and no network.

use std::future::Future;
use std::io;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use crate::context::{Entered, Scoped};
use crate::io::Interest;
use crate::promise::{Deferred, promise};
use crate::readiness::{AsSource, Readiness, Source};
use crate::task::{Abort, Id, Task};
use crate::time::{Instant, Sleep};
use crate::{EventLoop, Handle, JoinError, LocalError, RunError, Shared};

thread_local! {
    static CURRENT: Scoped<TestHandle> = const { Scoped::new() };
}

#[derive(Debug, Clone)]
pub(crate) struct TestHandle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Shared,
    tasks: Mutex<Vec<Arc<Cell>>>,
    timers: Mutex<Vec<(Instant, Waker)>>,
}

struct Cell {
    id: Id,
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cell")
    }
}

pub(crate) struct TestTask<T> {
    cell: Arc<Cell>,
    output: Deferred<T>,
}

impl<T> std::fmt::Debug for TestTask<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TestTask")
    }
}

impl<T> Future for TestTask<T> {
    type Output = Result<T, JoinError>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.output).poll(cx).map_err(|_| JoinError::Cancelled(self.cell.id))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct TestAbort(Arc<Cell>);

impl Abort for TestAbort {
    fn abort(&self) {
        let future = self.0.future.lock().unwrap().take();
        drop(future);
    }
    fn is_finished(&self) -> bool {
        self.0.future.lock().unwrap().is_none()
    }
    fn id(&self) -> Id {
        self.0.id
    }
}

impl<T: Send> Task<T> for TestTask<T> {
    type Abort = TestAbort;
    fn abort(&self) {
        self.abort_handle().abort();
    }
    fn abort_handle(&self) -> TestAbort {
        TestAbort(self.cell.clone())
    }
    fn is_finished(&self) -> bool {
        self.abort_handle().is_finished()
    }
    fn id(&self) -> Id {
        self.cell.id
    }
}

#[derive(Debug)]
pub(crate) struct TestSleep {
    deadline: Instant,
    handle: TestHandle,
}

impl Future for TestSleep {
    type Output = ();
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_elapsed() {
            return Poll::Ready(());
        }
        self.handle.0.timers.lock().unwrap().push((self.deadline, cx.waker().clone()));
        Poll::Pending
    }
}

impl Sleep for TestSleep {
    fn deadline(&self) -> Instant {
        self.deadline
    }
    fn is_elapsed(&self) -> bool {
        Instant::now() >= self.deadline
    }
    fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        self.deadline = deadline;
    }
}

impl Handle for TestHandle {
    type Task<T: Send> = TestTask<T>;
    type LocalTask<T> = Never<T>;
    type Sleep = TestSleep;

    fn with_current<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        CURRENT.with(|current| current.with_current(f))
    }
    fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        CURRENT.with(|current| current.enter(self, f))
    }
    fn enter_guard(&self) -> Entered<'_> {
        Entered::new(self.shared()).holding(Scoped::hold(&CURRENT, Some(self.clone())))
    }
    fn shared(&self) -> &Shared {
        &self.0.shared
    }
    fn spawn_from<F>(&self, _caller: &'static Location<'static>, future: F) -> TestTask<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (settle, output) = promise();
        let run = async move { drop(settle.settle(future.await)) };
        let cell = Arc::new(Cell { id: Id::next(), future: Mutex::new(Some(Box::pin(run))) });
        if !self.0.shared.is_closed() {
            self.0.tasks.lock().unwrap().push(cell.clone());
            self.call_soon(|| ()).ok();
        }
        TestTask { cell, output }
    }
    fn try_spawn_local_from<F>(
        &self,
        _caller: &'static Location<'static>,
        _future: F,
    ) -> Result<Never<F::Output>, LocalError>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        Err(LocalError::Unsupported)
    }
    fn spawn_blocking_from<F, T>(&self, _caller: &'static Location<'static>, f: F) -> TestTask<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (settle, output) = promise();
        thread::spawn(move || drop(settle.settle(f())));
        TestTask { cell: Arc::new(Cell { id: Id::next(), future: Mutex::new(None) }), output }
    }
    fn run_in_executor<F, T>(&self, _executor: &dyn crate::blocking::Executor, f: F) -> TestTask<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.spawn_blocking(f)
    }
    fn sleep_until(&self, deadline: Instant) -> TestSleep {
        TestSleep { deadline, handle: self.clone() }
    }
}

/// No task.
pub(crate) struct Never<T>(std::convert::Infallible, std::marker::PhantomData<fn() -> T>);

impl<T> std::fmt::Debug for Never<T> {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {}
    }
}

impl<T> Future for Never<T> {
    type Output = Result<T, JoinError>;
    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.0 {}
    }
}

impl<T> Task<T> for Never<T> {
    type Abort = TestAbort;
    fn abort(&self) {
        match self.0 {}
    }
    fn abort_handle(&self) -> TestAbort {
        match self.0 {}
    }
    fn is_finished(&self) -> bool {
        match self.0 {}
    }
    fn id(&self) -> Id {
        match self.0 {}
    }
}

#[derive(Debug)]
pub(crate) struct TestLoop(TestHandle);

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl EventLoop for TestLoop {
    type Handle = TestHandle;

    fn new() -> io::Result<Self> {
        let inner = Inner {
            shared: Shared::new("test").of_this_thread(),
            tasks: Mutex::default(),
            timers: Mutex::default(),
        };
        Ok(TestLoop(TestHandle(Arc::new(inner))))
    }
    fn handle(&self) -> &TestHandle {
        &self.0
    }
    fn drive<F: Future>(&mut self, future: F) -> Result<F::Output, RunError> {
        let inner = &self.0.0;
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        let mut future = pin!(future);
        self.0.enter(|| {
            loop {
                if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                    return Ok(output);
                }
                let tasks = inner.tasks.lock().unwrap().clone();
                for cell in &tasks {
                    let Some(mut task) = cell.future.lock().unwrap().take() else { continue };
                    if task.as_mut().poll(&mut cx).is_pending() {
                        *cell.future.lock().unwrap() = Some(task);
                    }
                }
                inner.tasks.lock().unwrap().retain(|cell| cell.future.lock().unwrap().is_some());

                let (now, mut wait) = (Instant::now(), Duration::from_secs(5));
                let timers = std::mem::take(&mut *inner.timers.lock().unwrap());
                for (deadline, waker) in timers {
                    wait = wait.min(deadline.duration_since(now));
                    if deadline <= now {
                        waker.wake();
                    } else {
                        inner.timers.lock().unwrap().push((deadline, waker));
                    }
                }
                thread::park_timeout(wait);
            }
        })
    }
    fn shutdown(&mut self, _timeout: Option<Duration>) {
        self.0.enter(|| {
            self.0.shared().close();
            let tasks = std::mem::take(&mut *self.0.0.tasks.lock().unwrap());
            drop(tasks);
        });
    }
}

impl Drop for TestLoop {
    fn drop(&mut self) {
        self.close();
    }
}

/// Ready when the system says so, asked every millisecond.
pub(crate) struct TestSource<T> {
    io: T,
    handle: TestHandle,
}

impl<T> Unpin for TestSource<T> {}

impl<T> std::fmt::Debug for TestSource<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TestSource")
    }
}

impl Readiness for TestHandle {
    type Source<T: AsSource + Send + Sync + 'static> = TestSource<T>;

    fn register<T: AsSource + Send + Sync + 'static>(&self, io: T) -> io::Result<TestSource<T>> {
        Ok(TestSource { io, handle: self.clone() })
    }
}

impl<T: Send + Sync> Source<T> for TestSource<T> {
    fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        _interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        match op(&self.io) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let soon = Instant::now() + Duration::from_millis(1);
                self.handle.0.timers.lock().unwrap().push((soon, cx.waker().clone()));
                Poll::Pending
            }
            done => Poll::Ready(done),
        }
    }
    async fn io<R: Send>(
        &self,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<R> + Send,
    ) -> io::Result<R> {
        std::future::poll_fn(|cx| self.poll_io(cx, interest, &mut op)).await
    }
    fn get_ref(&self) -> &T {
        &self.io
    }
    fn into_inner(self) -> io::Result<T> {
        Ok(self.io)
    }
}
