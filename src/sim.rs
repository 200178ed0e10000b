//! Simulated worlds for tests: many hosts in one process, a clock that jumps, a seeded order, a
//! network and disks that fail, exact replay. The program under test is not changed.
//!
//! ```
//! # #[cfg(feature = "io-util")]
//! # fn main() {
//! use anyloop::io::{AsyncReadExt, AsyncWriteExt};
//! use anyloop::net::{TcpListener, TcpStream};
//! use anyloop::sim::{self, Builder, Fault, World};
//! use std::time::Duration;
//!
//! // A program that knows nothing of worlds.
//! async fn serve() {
//!     let listener = TcpListener::bind("0.0.0.0:7000").await.unwrap();
//!     while let Ok((mut stream, _)) = listener.accept().await {
//!         anyloop::spawn(async move { stream.write_all(b"ciao").await });
//!     }
//! }
//!
//! // In a test: #[anyloop::test(sim, seeds = 20)] async fn answers(world: World) { ... }
//! sim::test("answers", 20, &Builder::new(), |world: World| async move {
//!     world.host("server").run(serve);
//!     world.at(Duration::from_secs(2), Fault::crash("server")).unwrap();
//!     world.at(Duration::from_secs(3), Fault::restart("server")).unwrap();
//!     for _ in 0..4 {
//!         let answer = async {
//!             let mut text = String::new();
//!             TcpStream::connect("server:7000").await?.read_to_string(&mut text).await?;
//!             std::io::Result::Ok(text)
//!         };
//!         if let Ok(text) = answer.await {
//!             assert_eq!(text, "ciao");
//!         } else {
//!             world.sometimes("the server was away", true);
//!         }
//!         anyloop::time::sleep(Duration::from_secs(1)).await;
//!     }
//! });
//! # }
//! # #[cfg(not(feature = "io-util"))]
//! # fn main() {}
//! ```
//!
//! Without the macro, and for a harness of one's own, there are [`seeds`] for a report of many worlds,
//! [`shrink`] to make a failure small, [`explore`] for every order of a small program and
//! [`check_deterministic`] to see that a seed repeats itself:
//!
//! ```
//! use anyloop::sim::{Builder, Chaos, World, seeds, shrink};
//! use std::time::Duration;
//!
//! // It fails if host `b` is down after four seconds.
//! let program = |world: World| async move {
//!     world.host("a");
//!     world.host("b");
//!     world.chaos(&Chaos::everything(Duration::from_secs(5)));
//!     anyloop::time::sleep(Duration::from_secs(4)).await;
//!     assert!(!world.host("b").handle().is_closed(), "b is down");
//! };
//! let report = seeds(0..100, &Builder::new(), program);
//! let failure = report.first_failure().expect("a seed crashes it");
//! let small = shrink(failure, 100, &Builder::new(), program).expect("it fails again");
//! assert_eq!(small.plan.len(), 1, "{small}");
//! // As a regression test, it fails until the program is mended.
//! let again = Builder::new().seed(small.seed).plan(small.plan.clone());
//! assert!(!seeds(small.seed..small.seed + 1, &again, program).is_ok());
//! std::fs::write(std::env::temp_dir().join("b-is-down.svg"), small.timeline())?;
//! # std::io::Result::Ok(())
//! ```
//!
//! A failure prints the line that runs it again, the faults that it needs as Rust source, and where
//! it wrote its timeline. A whole program runs in a world with one host by `ANYLOOP_BACKEND=sim`;
//! `ANYLOOP_SIM_SEED` is the seed. What is simulated and what is not:
//! [docs/simulation.md](https://github.com/anyloop/anyloop/blob/main/docs/simulation.md).

use std::fmt;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::ops::{Deref, Range};
use std::pin::pin;

use loop_api::{EventLoop, Handle as _};
use loop_erased::ErasedHandle;

pub use loop_sim::linear;
pub use loop_sim::{
    Builder, Chaos, Difference, Disk, DiskCall, DiskConfig, Explored, Failure, Fault, Latency, Link,
    NetConfig, Order, ParseError, Plan, Recording, Report, Resources, Rng, Shrunk, SimHandle, SimLoop, Stats,
    TraceEvent, WorldError,
};

use crate::any::{self, BUDGET};
use crate::runtime::Handle;
use crate::task::JoinHandle;

/// The simulated world that the caller runs in: its hosts, and by [`Deref`] its faults and checks,
/// which are those of [`loop_sim::World`].
#[derive(Clone)]
pub struct World(loop_sim::World);

impl World {
    /// The world that the caller runs in, if it runs in one.
    pub fn try_current() -> Option<World> {
        loop_sim::World::try_current().map(World)
    }

    /// The host of this name, which is made if there is none.
    ///
    /// # Panics
    ///
    /// If the name is not a word: see [`loop_sim::World::host`].
    #[track_caller]
    pub fn host(&self, name: &str) -> Host {
        Host(self.0.host(name))
    }

    /// All hosts, as they are now.
    pub fn hosts(&self) -> Vec<Host> {
        self.0.hosts().into_iter().map(Host).collect()
    }
}

impl Deref for World {
    type Target = loop_sim::World;

    fn deref(&self) -> &loop_sim::World {
        &self.0
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A host of a world, from its start to its crash.
#[derive(Clone)]
pub struct Host(SimHandle);

fn erase(host: &SimHandle) -> ErasedHandle {
    any::world::host(ErasedHandle::of(host.clone())).done()
}

impl Host {
    /// Its name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Its address.
    pub fn ip(&self) -> IpAddr {
        self.0.ip()
    }

    /// How often it had started before.
    pub fn boot(&self) -> u64 {
        self.0.boot()
    }

    /// What it has open.
    pub fn resources(&self) -> Resources {
        self.0.resources()
    }

    /// From now on, it must not keep what it opens: see [`SimHandle::expect_no_leaks`].
    pub fn expect_no_leaks(&self) -> &Host {
        self.0.expect_no_leaks();
        self
    }

    /// Its loop, for all that a handle does.
    pub fn handle(&self) -> Handle {
        Handle(any::Handle::Erased(erase(&self.0)))
    }

    /// Starts what `f` gives as a task of the host, now and anew after each restart. It ends with
    /// nothing or with a result, whose error fails the world, as a panic does.
    ///
    /// ```
    /// use anyloop::net::UdpSocket;
    /// use anyloop::sim::{Builder, run};
    ///
    /// async fn serve() -> std::io::Result<()> {
    ///     let socket = UdpSocket::bind("0.0.0.0:53").await?;
    ///     socket.recv_from(&mut [0; 512]).await?;
    ///     Ok(())
    /// }
    ///
    /// run(&mut Builder::new().build(), |world| async move {
    ///     let server = world.host("server").run(serve).clone();
    ///     anyloop::time::sleep(std::time::Duration::from_secs(1)).await;
    ///     assert_eq!(server.resources().datagram_sockets, 1);
    /// });
    /// ```
    pub fn run<F, Fut>(&self, f: F) -> &Host
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output: ProgramOutput> + Send + 'static,
    {
        self.0.on_start(move |host| {
            let name = host.name().to_owned();
            let host = erase(&host);
            let program = host.enter(&f);
            drop(host.spawn(async move { program.await.check(&name) }));
        });
        self
    }

    /// Starts a task on the host. It is gone when the host crashes.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle().spawn(future)
    }
}

/// What a host's program may end with: see [`Host::run`].
pub trait ProgramOutput: sealed::Sealed {
    #[doc(hidden)]
    fn check(self, host: &str);
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl<E> Sealed for Result<(), E> {}
}

impl ProgramOutput for () {
    fn check(self, _host: &str) {}
}

impl<E: fmt::Debug> ProgramOutput for Result<(), E> {
    fn check(self, host: &str) {
        if let Err(error) = self {
            panic!("the program of the host {host} has failed: {error:?}");
        }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Runs a future as the main one of a world, with the ambient API: for those who write a harness of
/// their own with [`loop_sim::seeds`] and its like, which give them the loop; [`seeds`] here gives the world.
///
/// ```
/// use anyloop::sim::{Builder, run};
///
/// let mut sim = Builder::new().seed(7).build();
/// let sum = run(&mut sim, |_world| async { anyloop::spawn(async { 1 + 2 }).await.unwrap() });
/// assert_eq!(sum, 3);
/// ```
///
/// # Panics
///
/// As [`SimLoop`]'s `block_on`: on a deadlock, and where a check of the world has failed.
pub fn run<F: Future>(sim: &mut SimLoop, f: impl FnOnce(World) -> F) -> F::Output {
    let (host, world) = (erase(sim.handle()), World(sim.world()));
    let main = async {
        let mut future = pin!(host.enter(|| f(world)));
        poll_fn(|cx| host.enter(|| future.as_mut().poll(cx))).await
    };
    // All of it, for what runs beside the tasks: those of a tokio that takes part.
    host.enter(|| sim.block_on(main))
}

/// Runs a test in worlds, one for each seed below `seeds`, on hosts named `main` and those that it
/// makes; see [`loop_sim::test()`] for what a failure tells and for the environment. It is what
/// `#[anyloop::test(sim)]` writes.
///
/// # Panics
///
/// If a seed fails.
#[track_caller]
pub fn test<F: Future>(name: &str, seeds: u64, builder: &Builder, f: impl Fn(World) -> F + Sync) {
    loop_sim::test(name, seeds, &ready(builder), program(&f));
}

/// With what libraries ask how much they may do in one poll.
fn ready(builder: &Builder) -> Builder {
    let builder = builder.clone();
    match BUDGET {
        Some(budget) => builder.budget(budget),
        None => builder,
    }
}

fn program<F: Future>(f: &(impl Fn(World) -> F + Sync)) -> impl Fn(&mut SimLoop) + Sync {
    move |sim| drop(run(sim, f))
}

/// In random order, unless the builder says which: what [`test`] does, so that the same seed is the
/// same run.
fn drawn(builder: &Builder) -> Builder {
    ready(builder).order_unless_set(Order::Random)
}

/// Runs `f` once for each seed, in a world of its own, as many at once as there are processors, and in
/// random order unless the builder says which: see [`loop_sim::seeds`]. The environment is not asked.
pub fn seeds<F: Future>(range: Range<u64>, builder: &Builder, f: impl Fn(World) -> F + Sync) -> Report {
    loop_sim::seeds(range, &drawn(builder), program(&f))
}

/// Makes a failure of [`seeds`] small, in at most `limit` runs: first the faults, then the choices.
/// `None` if it does not fail again. See [`loop_sim::shrink`].
pub fn shrink<F: Future>(
    failure: &Failure,
    limit: usize,
    builder: &Builder,
    f: impl Fn(World) -> F + Sync,
) -> Option<Shrunk> {
    loop_sim::shrink(failure, limit, &drawn(builder), program(&f))
}

/// Runs `f` once for each order in which its tasks can be picked, until one fails or `limit` were run:
/// see [`loop_sim::explore`].
///
/// ```
/// use anyloop::sim::{Builder, explore};
///
/// let explored = explore(100, &Builder::new(), |_world| async {
///     let tasks: Vec<_> = (0..3).map(|n| anyloop::spawn(async move { n })).collect();
///     for (n, task) in tasks.into_iter().enumerate() {
///         assert_eq!(task.await.unwrap(), n);
///     }
/// });
/// assert!(explored.complete && explored.failure.is_none(), "{explored}");
/// ```
pub fn explore<F: Future>(limit: usize, builder: &Builder, f: impl Fn(World) -> F + Sync) -> Explored {
    loop_sim::explore(limit, &ready(builder), program(&f))
}

/// Runs a seed twice, in random order unless the builder says which.
///
/// # Errors
///
/// The first event that differs, with those around it.
///
/// ```
/// use anyloop::sim::{Builder, check_deterministic};
/// use std::time::Duration;
///
/// let stats = check_deterministic(7, &Builder::new(), |world| async move {
///     anyloop::time::sleep(Duration::from_millis(world.random(50))).await;
/// });
/// assert!(stats.unwrap().events > 0);
/// ```
pub fn check_deterministic<F: Future>(
    seed: u64,
    builder: &Builder,
    f: impl Fn(World) -> F + Sync,
) -> Result<Stats, Box<Difference>> {
    loop_sim::check_deterministic(seed, &drawn(builder), program(&f))
}
