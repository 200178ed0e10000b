//! One future, stream or socket of tokio's at a time, on any executor.

#![forbid(unsafe_code)]

use std::fmt;
use std::future::Future;
use std::io;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::runtime::{Handle, TryCurrentError};

use crate::context::{self, Fallback, once_in};

/// Gives `value` tokio's context, whatever executor polls it: for code that cannot choose its loop.
///
/// `value` is a future, a stream or sink, or something that reads and writes, and so is what this
/// gives. Each time it is polled, and when it is dropped, the tokio runtime that is current on the
/// thread is used, at next to no cost; where there is none the process's own
/// ([`context`](crate::context)), which starts its thread only when something waits in it. Wrapping
/// what is wrapped already is harmless.
///
/// ```
/// use std::time::Duration;
///
/// // No runtime anywhere: a plain executor, and a timer of tokio's.
/// let answer = futures_lite::future::block_on(loop_compat::tokio(async {
///     tokio::time::sleep(Duration::from_millis(1)).await;
///     tokio::spawn(async { 42 }).await.unwrap()
/// }));
/// assert_eq!(answer, 42);
/// ```
///
/// What makes a timer or a socket goes inside, into an `async` block as above: arguments are
/// evaluated before there is a wrapper.
///
/// As in a task of tokio's own there is a cooperative budget, so that a future that finds
/// everything ready yields now and then, and what would block the executor (a nested `block_on`,
/// dropping a `Runtime`) panics with tokio's advice instead of blocking it in silence.
///
/// # Panics
///
/// Polling panics where the system gives no descriptors or thread for the process's own runtime,
/// and in a process forked from the one in which the future was first polled.
/// [`enter_tokio`](crate::enter_tokio) at the head of `main` has the first as an error.
#[inline]
pub fn tokio<T>(value: T) -> Tokio<T> {
    Tokio::new(value)
}

pin_project! {
    /// A future, stream or socket with tokio's context: see [`tokio()`].
    ///
    /// For values of other kinds (a connection to a database, a pool) it is there for the end: they
    /// are dropped inside a context, and their methods are reached by [`Deref`]. What those give is
    /// a future of its own, for another [`tokio()`]. Wrap such a value where it was made; with
    /// [`own`](Self::own) it does not matter where.
    ///
    /// ```
    /// use loop_compat::Tokio;
    ///
    /// struct Connection;
    /// impl Drop for Connection {
    ///     fn drop(&mut self) {
    ///         // What a connection does that goes back to its pool. Outside tokio it would panic.
    ///         tokio::spawn(async {});
    ///     }
    /// }
    ///
    /// let connection = futures_lite::future::block_on(loop_compat::tokio(async { Tokio::new(Connection) }));
    /// drop(connection);
    /// drop(Tokio::own(Connection));
    /// ```
    #[must_use = "futures do nothing unless polled"]
    pub struct Tokio<T> {
        // Some until it is dropped or taken out.
        #[pin]
        value: Option<T>,
        place: Place,
        // Whether something of tokio's can be inside: it was wrapped in a context, or has been in
        // one since.
        touched: bool,
    }

    impl<T> PinnedDrop for Tokio<T> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if !mem::needs_drop::<T>() || this.value.is_none() {
                return;
            }
            this.place.leave(*this.touched, || this.value.set(None));
        }
    }
}

/// Where the context comes from.
struct Place {
    chosen: Chosen,
    /// The process's own runtime, once it has been used.
    fallback: Option<&'static Fallback>,
}

enum Chosen {
    /// The current one, else the process's own.
    Any,
    /// The process's own, whichever is current.
    Own,
    Of(Handle),
}

impl<T> Tokio<T> {
    /// [`tokio()`], as a method.
    #[inline]
    pub fn new(value: T) -> Self {
        let touched = mem::needs_drop::<T>() && context::is_tokio();
        Tokio { value: Some(value), place: Place { chosen: Chosen::Any, fallback: None }, touched }
    }

    /// With the context of this runtime, whichever is current where it is polled: for where another
    /// would win that has its I/O turned off or is shutting down. The runtime must be driven: a
    /// current-thread one is while a thread is inside its `block_on`.
    ///
    /// ```
    /// use loop_compat::Tokio;
    ///
    /// let server = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    /// let here = server.handle().id();
    /// let id = futures_lite::future::block_on(Tokio::of(server.handle(), async { tokio::runtime::Handle::current().id() }));
    /// assert_eq!(id, here);
    /// ```
    pub fn of(handle: &Handle, value: T) -> Self {
        let place = Place { chosen: Chosen::Of(handle.clone()), fallback: None };
        Tokio { value: Some(value), place, touched: true }
    }

    /// With the process's own runtime, whichever is current where it is polled: see
    /// [`of`](Self::of).
    ///
    /// ```
    /// use loop_compat::Tokio;
    ///
    /// // A runtime that can do nothing but tasks.
    /// let bare = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// bare.block_on(Tokio::own(async {
    ///     tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    /// }));
    /// ```
    pub fn own(value: T) -> Self {
        Tokio { value: Some(value), place: Place { chosen: Chosen::Own, fallback: None }, touched: true }
    }

    /// What is inside, from then on without a context.
    #[allow(clippy::missing_panics_doc)] // It is None only in drop.
    pub fn into_inner(mut self) -> T {
        self.value.take().expect("a wrapper holds its value until it is dropped")
    }

    /// Calls `f` with the value, inside the context: for methods that want a runtime at the call.
    ///
    /// ```
    /// # use loop_compat::Tokio;
    /// let mut sleeps = Tokio::new(Vec::new());
    /// sleeps.with(|sleeps| sleeps.push(tokio::time::sleep(std::time::Duration::from_secs(1))));
    /// ```
    pub fn with<R>(&mut self, f: impl FnOnce(&mut T) -> R) -> R {
        let Tokio { value, place, touched } = self;
        *touched = true;
        let value = value.as_mut().expect("a wrapper holds its value until it is dropped");
        place.visit(|| f(value), |_| mem::needs_drop::<T>() || mem::needs_drop::<R>())
    }

    /// Calls `f` with the pinned value inside the context; `waits` says of an answer whether
    /// something may wait in the runtime now.
    #[inline]
    pub(crate) fn poll_with<'a, R>(
        self: Pin<&'a mut Self>,
        f: impl FnOnce(Pin<&'a mut T>) -> R,
        waits: impl FnOnce(&R) -> bool,
    ) -> R {
        let this = self.project();
        *this.touched = true;
        let value = this.value.as_pin_mut().expect("a wrapper holds its value until it is dropped");
        this.place.visit(|| f(value), waits)
    }
}

impl Place {
    /// Calls `f` in the context.
    #[inline]
    fn visit<R>(&mut self, f: impl FnOnce() -> R, waits: impl FnOnce(&R) -> bool) -> R {
        // A task of tokio's: the usual case, and free to ask.
        if matches!(self.chosen, Chosen::Any) && tokio::task::try_id().is_some() {
            return f();
        }
        let current = Handle::try_current();
        match &self.chosen {
            Chosen::Any if current.is_ok() => return f(),
            Chosen::Of(handle) => return in_handle(handle, current, f),
            Chosen::Any | Chosen::Own => {}
        }
        let fallback = self.fallback();
        let answer = in_handle(fallback.handle(), current, f);
        if !fallback.is_started() && (waits(&answer) || fallback.has_tasks()) {
            if let Err(error) = fallback.start() {
                panic!("{}", NoRuntime(&error));
            }
        }
        answer
    }

    /// The process's own runtime, looked for once.
    #[inline]
    fn fallback(&mut self) -> &'static Fallback {
        match self.fallback {
            Some(fallback) if !fallback.is_closed() => fallback,
            _ => {
                let fallback = context::fallback().unwrap_or_else(|error| panic!("{}", NoRuntime(&error)));
                self.fallback = Some(fallback);
                fallback
            }
        }
    }

    /// Calls `f`, which drops the value, in the context. A destructor that panics takes the process
    /// with it when it runs in a panic, so there is none from here.
    fn leave(&self, touched: bool, f: impl FnOnce()) {
        let current = Handle::try_current();
        match (&self.chosen, current) {
            // The thread itself is ending; nothing can be entered any more.
            (_, Err(error)) if error.is_thread_local_destroyed() => f(),
            (Chosen::Any, Ok(_)) => f(),
            (Chosen::Of(handle), _) => {
                let _entered = handle.enter();
                f();
            }
            (Chosen::Any | Chosen::Own, _) => {
                let fallback = match self.fallback.filter(|fallback| !fallback.is_closed()) {
                    Some(fallback) => Some(fallback),
                    None if touched => context::fallback().ok(),
                    None => context::made(),
                };
                let Some(fallback) = fallback else { return f() };
                let entered = fallback.handle().enter();
                f();
                drop(entered);
                if !fallback.is_started() && fallback.has_tasks() {
                    // The next wrapper says so.
                    let _no_thread = fallback.start();
                }
            }
        }
    }
}

/// Calls `f` in the runtime's context, as inside its `block_on` where nothing says that the thread
/// is inside one already.
#[inline]
fn in_handle<R>(handle: &Handle, current: Result<Handle, TryCurrentError>, f: impl FnOnce() -> R) -> R {
    match current {
        Ok(current) if current.id() == handle.id() => f(),
        Ok(_other) => {
            let _entered = handle.enter();
            f()
        }
        Err(error) if error.is_thread_local_destroyed() => f(),
        Err(_none) => once_in(handle, f),
    }
}

struct NoRuntime<'a>(&'a io::Error);

impl fmt::Display for NoRuntime<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no tokio runtime is here, and the system refuses what one needs ({}): raise the limit on descriptors or threads, \
             run this on a loop made with_tokio, or call enter_tokio() early and handle its error",
            self.0
        )
    }
}

impl<F: Future> Future for Tokio<F> {
    type Output = F::Output;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.as_mut().poll_with(
            |future| future.poll(cx),
            // What comes out may be a socket that is awaited elsewhere.
            |answer| answer.is_pending() || mem::needs_drop::<F::Output>(),
        );
        // A future that is done holds nothing any more, so no runtime is made for dropping it.
        *self.project().touched = answer.is_pending();
        answer
    }
}

impl<T> Deref for Tokio<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("a wrapper holds its value until it is dropped")
    }
}

impl<T> DerefMut for Tokio<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("a wrapper holds its value until it is dropped")
    }
}

impl<T: fmt::Debug> fmt::Debug for Tokio<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tokio").field(&self.value).finish()
    }
}
