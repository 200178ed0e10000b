//! The loop calls you: callbacks in the manner of asyncio, on a [`Handle`].

use std::io;
use std::time::Duration;

use loop_api::callback::{CallbackHandle, Watcher};
use loop_api::readiness::{AsSource, Readiness};
use loop_api::shared::ExceptionHandler;
use loop_api::time::Instant;
use loop_api::{Closed, Handle as LoopHandle, LocalError};

use super::Handle;

/// # Callbacks
impl Handle {
    /// Queues `f` to run once on the loop's thread, behind what is queued already and never inside
    /// this call. From any thread. See [`callback`](crate::callback) for all that holds.
    ///
    /// # Errors
    ///
    /// [`Closed`]; `f` is dropped.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use std::sync::mpsc::channel;
    ///
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let (says, said) = channel();
    /// let handle = runtime.handle().clone();
    /// let loud = says.clone();
    /// handle.call_soon(move || says.send("first").unwrap()).unwrap();
    /// handle.call_soon(move || loud.send("second").unwrap()).unwrap();
    /// handle.call_soon(|| panic!("never")).unwrap().cancel();
    /// // Stopped beforehand, it runs one turn.
    /// handle.stop();
    /// runtime.run_forever().unwrap();
    /// assert_eq!(said.try_iter().collect::<Vec<_>>(), ["first", "second"]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn call_soon<F>(&self, f: F) -> Result<CallbackHandle, Closed>
    where
        F: FnOnce() + Send + 'static,
    {
        LoopHandle::call_soon(self, f)
    }

    /// asyncio's name for [`call_soon`](Self::call_soon) from another thread; here it is the same.
    ///
    /// # Errors
    ///
    /// As `call_soon`.
    #[track_caller]
    pub fn call_soon_threadsafe<F>(&self, f: F) -> Result<CallbackHandle, Closed>
    where
        F: FnOnce() + Send + 'static,
    {
        LoopHandle::call_soon(self, f)
    }

    /// [`call_soon`](Self::call_soon) for a closure that is not `Send`, on the loop's own thread;
    /// it takes its turn in the same queue.
    ///
    /// # Errors
    ///
    /// [`LocalError`] on any other thread than the one inside `block_on`, and always on an adopted
    /// loop; `f` is dropped.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// # anyloop::runtime::Runtime::new()?.block_on(async {
    /// use std::cell::Cell;
    /// use std::rc::Rc;
    ///
    /// let handle = anyloop::runtime::Handle::current();
    /// let called = Rc::new(Cell::new(false));
    /// handle.call_soon_local({
    ///     let called = called.clone();
    ///     move || called.set(true)
    /// }).unwrap();
    /// assert!(!called.get()); // never inside the call
    /// handle.sleep(std::time::Duration::from_millis(1)).await;
    /// assert!(called.get());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn call_soon_local<F>(&self, f: F) -> Result<CallbackHandle, LocalError>
    where
        F: FnOnce() + 'static,
    {
        LoopHandle::call_soon_local(self, f)
    }

    /// Queues `f` once `delay` is over, never before, behind what is queued by then.
    /// [`Duration::MAX`] is never. Dropping the [`CallbackHandle`] leaves it queued; its `cancel`
    /// does not.
    ///
    /// # Errors
    ///
    /// [`Closed`]; `f` is dropped.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use std::time::{Duration, Instant};
    ///
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let handle = runtime.handle().clone();
    /// let start = Instant::now();
    /// let never = handle.call_later(Duration::from_secs(60), || unreachable!()).unwrap();
    /// runtime.handle().call_later(Duration::from_millis(2), move || handle.stop()).unwrap();
    /// runtime.run_forever().unwrap();
    /// assert!(start.elapsed() >= Duration::from_millis(2));
    /// assert!(never.cancel());
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn call_later<F>(&self, delay: Duration, f: F) -> Result<CallbackHandle, Closed>
    where
        F: FnOnce() + Send + 'static,
    {
        LoopHandle::call_later(self, delay, f)
    }

    /// Queues `f` at `deadline`, never before it; those of one deadline in the order of
    /// registration.
    ///
    /// # Errors
    ///
    /// [`Closed`]; `f` is dropped.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use std::sync::mpsc::channel;
    /// use std::time::Duration;
    ///
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let handle = runtime.handle().clone();
    /// let (says, said) = channel();
    /// let deadline = handle.now() + Duration::from_millis(2);
    /// for word in ["first", "second"] {
    ///     let says = says.clone();
    ///     handle.call_at(deadline, move || says.send(word).unwrap()).unwrap();
    /// }
    /// let stop = handle.clone();
    /// handle.call_at(deadline + Duration::from_millis(2), move || stop.stop()).unwrap();
    /// runtime.run_forever().unwrap();
    /// assert_eq!(said.try_iter().collect::<Vec<_>>(), ["first", "second"]);
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn call_at<F>(&self, deadline: Instant, f: F) -> Result<CallbackHandle, Closed>
    where
        F: FnOnce() + Send + 'static,
    {
        LoopHandle::call_at(self, deadline, f)
    }

    /// Calls `callback` on the loop's thread whenever `io`, which must be non-blocking, can be
    /// read, its other side has closed, or it has an error; again each turn for as long as this is
    /// so. Dropping the watcher ends it.
    ///
    /// Readers and writers may share a descriptor with each other and with the loop's own sockets.
    /// With another library's poller they may, too, but for one on the tokio backend: tokio's
    /// poller takes a descriptor once, so that a `tokio::io::unix::AsyncFd` of one that is watched
    /// here already gives `AlreadyExists`. Make the `AsyncFd` first, or of a duplicate
    /// (`try_clone`).
    ///
    /// A descriptor that is closed already is an error (`EBADF`), unless the system has given its
    /// number to another meanwhile. On smol that can be async-io's own poller, which is made by the
    /// first socket, timer or watcher of the process.
    ///
    /// # Errors
    ///
    /// `Unsupported` for what cannot be polled, [`Closed`] inside an `io::Error`, else any error of
    /// registering it with the system's poller.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # fn main() -> std::io::Result<()> {
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use std::io::{Read, Write};
    /// use std::os::unix::net::UnixStream;
    ///
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let handle = runtime.handle().clone();
    /// let (mut here, there) = UnixStream::pair()?;
    /// there.set_nonblocking(true)?;
    /// let _watcher = runtime.handle().add_reader(there, move |mut there: &UnixStream| {
    ///     let mut bytes = [0; 16];
    ///     assert_eq!(there.read(&mut bytes).unwrap(), 4);
    ///     handle.stop();
    /// })?;
    /// here.write_all(b"ciao")?;
    /// runtime.run_forever().unwrap();
    /// # Ok(())
    /// # }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    #[track_caller]
    pub fn add_reader<T, F>(&self, io: T, callback: F) -> io::Result<Watcher>
    where
        T: AsSource + Send + Sync + 'static,
        F: FnMut(&T) + Send + 'static,
    {
        Readiness::add_reader(self, io, callback)
    }

    /// As [`add_reader`](Self::add_reader), whenever `io` can be written or has an error.
    ///
    /// # Errors
    ///
    /// As `add_reader`.
    #[track_caller]
    pub fn add_writer<T, F>(&self, io: T, callback: F) -> io::Result<Watcher>
    where
        T: AsSource + Send + Sync + 'static,
        F: FnMut(&T) + Send + 'static,
    {
        Readiness::add_writer(self, io, callback)
    }

    /// Ends the loop's `block_on` or `run_forever` when the callbacks of this turn have run. On a
    /// loop that is not running, the next run is one turn. Does nothing on an adopted loop, which
    /// is not ours to stop.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use anyloop::RunError;
    ///
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let handle = runtime.handle().clone();
    /// runtime.handle().call_soon(move || handle.stop()).unwrap();
    /// assert_eq!(runtime.try_block_on(std::future::pending::<()>()), Err(RunError::Stopped));
    /// assert_eq!(runtime.block_on(async { "it can be run again" }), "it can be run again");
    /// # std::io::Result::Ok(())
    /// ```
    pub fn stop(&self) {
        LoopHandle::stop(self);
    }

    /// Sets what is told of panics of tasks that are not awaited and of slow callbacks, and gives
    /// what was told before; `None` is the default, a line on standard error. The handler runs
    /// where the thing happened; a panic of its own is told on standard error.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use std::sync::{Arc, Mutex};
    ///
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let told = Arc::new(Mutex::new(Vec::new()));
    /// let tell = told.clone();
    /// let handle = runtime.handle().clone();
    /// handle.set_exception_handler(Some(Arc::new(move |context| {
    ///     tell.lock().unwrap().push(context.to_string());
    /// })));
    /// handle.call_soon(|| panic!("a callback's")).unwrap();
    /// handle.stop();
    /// runtime.run_forever().unwrap();
    /// assert!(told.lock().unwrap()[0].contains("a callback's"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_exception_handler(&self, handler: Option<ExceptionHandler>) -> Option<ExceptionHandler> {
        LoopHandle::set_exception_handler(self, handler)
    }

    /// The handler that was set, if one was.
    pub fn exception_handler(&self) -> Option<ExceptionHandler> {
        LoopHandle::exception_handler(self)
    }

    /// Reports callbacks and polls of tasks that keep the loop's thread longer than `threshold`;
    /// `None` is off, and costs nothing.
    ///
    /// ```
    /// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
    /// use std::sync::mpsc::channel;
    /// use std::time::Duration;
    ///
    /// let mut runtime = anyloop::runtime::Runtime::new()?;
    /// let handle = runtime.handle().clone();
    /// let (tell, told) = channel();
    /// handle.set_exception_handler(Some(std::sync::Arc::new(move |what| {
    ///     let _ = tell.send(what.to_string());
    /// })));
    /// handle.set_slow_callback_duration(Some(Duration::from_millis(1)));
    /// assert_eq!(handle.slow_callback_duration(), Some(Duration::from_millis(1)));
    /// handle.call_soon(|| std::thread::sleep(Duration::from_millis(3))).unwrap();
    /// handle.stop();
    /// runtime.run_forever().unwrap();
    /// assert!(told.recv().unwrap().contains("spawn_blocking"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn set_slow_callback_duration(&self, threshold: Option<Duration>) {
        LoopHandle::set_slow_callback_duration(self, threshold);
    }

    /// The threshold that was set.
    pub fn slow_callback_duration(&self) -> Option<Duration> {
        LoopHandle::slow_callback_duration(self)
    }
}
