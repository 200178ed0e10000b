//! Any event loop behind the runtime traits that other libraries have of their own.
//!
//! [`Plug`] holds the handle of a loop, whichever: `anyloop::runtime::Handle`, or that of one
//! backend. With the feature of a library it implements that library's trait, so that one line
//! plugs the loop in. What the library then spawns, waits for and opens is that loop's; where the
//! library asks for a loop and there is none any more, it gets an error or the work is dropped, as
//! [`loop_api`] has it for handles that outlive their loop.
//!
//! | feature | library | what [`Plug`] is to it | the line |
//! | --- | --- | --- | --- |
//! | `hyper` | hyper 1 | `rt::Executor`, `rt::Timer` | `http2::Builder::new(plug.clone()).timer(plug)` |
//! | `tonic` | tonic 0.14 | its executor, which is hyper's | `Endpoint::from_static(..).executor(plug)` |
//! | `quinn` | quinn 0.11 | `Runtime` | `Endpoint::new(config, server, socket, Arc::new(plug))`, or [`quinn::endpoint`] |
//! | `hickory` | hickory 0.26 | `RuntimeProvider` | `Resolver::builder_with_config(config, plug)` |
//! | `opentelemetry` | opentelemetry_sdk 0.33 | `Runtime`, `RuntimeChannel` | `BatchSpanProcessor::builder(exporter, plug)` |
//! | `backon` | backon 1 | `Sleeper` | `(..).retry(policy).sleep(plug)` |
//! | `zbus` | zbus 6.2 | `Runtime` | `connection::Builder::address(..).runtime(plug)` |
//! | `aws` | aws-smithy-async 1.3 | `AsyncSleep`, `TimeSource` | `config.sleep_impl(plug.clone()).time_source(plug)` |
//! | `libp2p` | libp2p-swarm 0.47 | `Executor` | `swarm::Config::with_executor(plug)` |
//! | `openraft` | openraft 0.10 | [`openraft::Loop`] is its `AsyncRuntime` | `declare_raft_types!(.., AsyncRuntime = Loop)` |
//! | `async-rs` | async-rs 0.8, and so lapin | `RuntimeKit` | `async_rs::Runtime::new(plug)` |
//! | `opendal` | opendal 0.59 | `Execute`; [`opendal::TimeLimited`] too | `OperationContext::new().with_executor(Executor::with(plug))` |
//! | `tor` | tor-rtcompat 0.47, and so arti | `ToplevelRuntime`, with TLS by [`tor::with_tls`] | `TorClient::with_runtime(tor::with_tls(&plug, tls))` |
//! | `typespec` | the Azure SDK's azure_core 1 | `AsyncRuntime` | `set_async_runtime(Arc::new(plug))` |
//!
//! No feature is on by itself. `zbus` and `async-rs` have a plug on unix alone.
//!
//! hyper's `Read` and `Write` are on anyloop's own sockets, with anyloop's feature `hyper`.
#![forbid(unsafe_code)]

use std::fmt;

#[cfg(all(unix, feature = "async-rs"))]
pub mod async_rs;
#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "backon")]
pub mod backon;
#[cfg(any(feature = "hickory", feature = "tor"))]
mod forward;
#[cfg(feature = "hickory")]
pub mod hickory;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "libp2p")]
pub mod libp2p;
#[cfg(feature = "opendal")]
pub mod opendal;
#[cfg(feature = "openraft")]
pub mod openraft;
#[cfg(feature = "opentelemetry")]
pub mod opentelemetry;
#[cfg(feature = "quinn")]
pub mod quinn;
#[cfg(feature = "tor")]
pub mod tor;
#[cfg(feature = "typespec")]
pub mod typespec;
#[cfg(all(unix, feature = "zbus"))]
pub mod zbus;

/// A loop, as other libraries see it: see the [crate's page](crate) for which.
///
/// Cloning it clones the handle. Dropping it does nothing to the loop, nor to what a library
/// spawned there.
///
/// ```
/// use anyloop::runtime::{Handle, Runtime};
/// use anyloop_plugs::Plug;
///
/// let mut runtime = Runtime::new()?;
/// runtime.block_on(async {
///     let plug = Plug::<Handle>::try_current().expect("a loop runs here");
///     assert_eq!(plug.handle().backend(), Handle::current().backend());
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Plug<H> {
    handle: H,
}

impl<H: loop_api::Handle> Plug<H> {
    /// Plugs in the loop of this handle.
    pub fn new(handle: H) -> Plug<H> {
        Plug { handle }
    }

    /// Plugs in the loop that the caller runs in; `None` where there is none.
    pub fn try_current() -> Option<Plug<H>> {
        H::try_current().map(Plug::new)
    }

    /// The loop's handle.
    pub fn handle(&self) -> &H {
        &self.handle
    }
}

impl<H: loop_api::Handle> From<H> for Plug<H> {
    fn from(handle: H) -> Plug<H> {
        Plug::new(handle)
    }
}

impl<H: fmt::Debug> fmt::Debug for Plug<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Plug").field(&self.handle).finish()
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
