//! tor-rtcompat, on which arti stands: tasks, blocking jobs, time, TCP, unix sockets and UDP; here, what
//! is not the network's.
//!
//! [`Plug`] is all of tor-rtcompat's `ToplevelRuntime` but TLS. Tor has a TLS of its own kind, in which
//! a certificate proves nothing by itself; it is tor-rtcompat's, and [`with_tls`] puts it beside a loop.
//!
//! ```
//! use anyloop::runtime::{Handle, Runtime};
//! use anyloop_plugs::{Plug, tor};
//! use tor_rtcompat::tls::RustlsProvider;
//! use tor_rtcompat::{NetStreamListener, NetStreamProvider, SpawnExt};
//!
//! // Once in a program; tor-rtcompat's `NativeTlsProvider` does not ask for it.
//! rustls::crypto::ring::default_provider().install_default().expect("no provider was there before");
//!
//! Runtime::new()?.block_on(async {
//!     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
//!     // What arti takes: `TorClient::with_runtime(runtime)`.
//!     let runtime = tor::with_tls(&plug, RustlsProvider::default());
//!     let sum = runtime.spawn_with_handle(async { 1 + 2 })?;
//!     assert_eq!(sum.await, 3);
//!     let addr: std::net::SocketAddr = ([127, 0, 0, 1], 0).into();
//!     let listener = runtime.listen(&addr, &Default::default()).await?;
//!     assert_ne!(listener.local_addr()?.port(), 0);
//!     Ok::<_, Box<dyn std::error::Error>>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `RustlsProvider` is there with tor-rtcompat's features `rustls` and `tokio`, and `NativeTlsProvider`
//! with `native-tls` and `tokio`, which arti-client has on; that starts no runtime of tokio's.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant, SystemTime};

use futures_task::{FutureObj, Spawn, SpawnError};
use loop_api::{Handle, JoinError};
use tor_rtcompat::{
    Blocking, CoarseInstant, CoarseTimeProvider, CompoundRuntime, RealCoarseTimeProvider, SleepProvider,
    ToplevelBlockOn,
};

use crate::Plug;

mod net;

pub use net::{Incoming, Listener, Loop, Stream, UdpSocket};

/// A loop with a provider of TLS: tor-rtcompat's `ToplevelRuntime`.
pub type WithTls<H, T> = CompoundRuntime<Plug<H>, Plug<H>, Plug<H>, Plug<H>, Plug<H>, T, Plug<H>>;

/// The loop, with TLS by `tls`: `RustlsProvider`, `NativeTlsProvider`, or one of yours. The
/// [module's page](self) has an example.
///
/// What the provider wraps are the loop's own streams, so that it may be used in a simulated world, too.
pub fn with_tls<H: Handle, T>(plug: &Plug<H>, tls: T) -> WithTls<H, T> {
    let plug = || plug.clone();
    CompoundRuntime::new(plug(), plug(), plug(), plug(), plug(), tls, plug())
}

impl<H: Handle> Spawn for Plug<H> {
    #[track_caller]
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.status()?;
        drop(self.handle.spawn(future)); // it runs on
        Ok(())
    }

    /// An error where the loop is closed.
    fn status(&self) -> Result<(), SpawnError> {
        if self.handle.shared().is_closed() { Err(SpawnError::shutdown()) } else { Ok(()) }
    }
}

impl<H: Handle> ToplevelBlockOn for Plug<H> {
    /// For threads beside the loop's: [`loop_api::Handle::block_on`]. It does not run the loop, and so
    /// panics on the thread that does or that alone can, where the runtime's own `block_on` is meant.
    #[track_caller]
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.handle.block_on(future)
    }
}

impl<H: Handle> Blocking for Plug<H> {
    type ThreadHandle<T: Send + 'static> = Job<H, T>;

    #[track_caller]
    fn spawn_blocking<F, T>(&self, job: F) -> Job<H, T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        Job(self.handle.spawn_blocking(job))
    }

    #[track_caller]
    fn reenter_block_on<F>(&self, future: F) -> F::Output
    where
        F: Future,
        F::Output: Send + 'static,
    {
        self.handle.block_on(future)
    }
}

/// A blocking job by tor-rtcompat's rules: dropped it runs on, and its panic goes on in what awaits it.
///
/// # Panics
///
/// As the job did; and where it has no output, as its loop was closed, or had no thread for it.
pub struct Job<H: Handle, T: Send + 'static>(H::Task<T>);

impl<H: Handle, T: Send + 'static> fmt::Debug for Job<H, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Job").field(&self.0).finish()
    }
}

impl<H: Handle, T: Send + 'static> Future for Job<H, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match ready!(Pin::new(&mut self.0).poll(cx)) {
            Ok(output) => Poll::Ready(output),
            Err(JoinError::Panicked(panic, _)) => std::panic::resume_unwind(panic.into_payload()),
            Err(error) => panic!("a blocking job that is awaited has no output: {error}"),
        }
    }
}

impl<H: Handle> SleepProvider for Plug<H> {
    type SleepFuture = H::Sleep;

    fn sleep(&self, duration: Duration) -> H::Sleep {
        self.handle.sleep(duration)
    }

    fn now(&self) -> Instant {
        self.handle.now().into_std()
    }

    fn wallclock(&self) -> SystemTime {
        self.handle.wall_clock()
    }
}

impl<H: Handle> CoarseTimeProvider for Plug<H> {
    /// The system's coarse clock, which goes on where a test has stopped the loop's; in a simulated
    /// world, too, but on Linux with anyloop's feature `sim-interpose`, where it is the world's.
    fn now_coarse(&self) -> CoarseInstant {
        RealCoarseTimeProvider::new().now_coarse()
    }
}
