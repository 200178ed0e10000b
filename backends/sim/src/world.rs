//! The world, seen from above.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use loop_api::Handle;
use loop_api::signal::SignalKind;

use crate::agenda::Event;
use crate::chaos::Chaos;
use crate::core::lock;
use crate::disk_view::Disk;
use crate::fault::Fault;
use crate::hosts::{self, WorldError};
use crate::net::link::{Link, NetConfig};
use crate::oracle::{ChoiceKind, Recording};
use crate::plan::Plan;
use crate::resources::Resources;
use crate::signals;
use crate::state::{Inner, SimHandle};
use crate::tasks;
use crate::trace::{Stats, TraceEvent, What};

/// A world, seen from above: its hosts, its faults, its checks.
///
/// ```
/// use loop_api::net::{Net, TcpListener, TcpOptions};
/// use loop_api::{EventLoop, Handle};
/// use loop_sim::{Fault, SimHandle, SimLoop};
/// use std::time::Duration;
///
/// let mut sim = SimLoop::builder().build();
/// let world = sim.world();
/// world.host("server").run(|| async {
///     let here = SimHandle::current();
///     let listener = here.listen_tcp(([0, 0, 0, 0], 7000).into(), &TcpOptions::new()).unwrap();
///     while listener.accept().await.is_ok() {}
/// });
/// world.at(Duration::from_secs(2), Fault::crash("server"))?;
/// let client = world.host("client");
/// let refused = client.spawn(async {
///     let here = SimHandle::current();
///     let server = here.lookup_host("server".into(), 7000).await.unwrap()[0];
///     here.connect_tcp(server, TcpOptions::new()).await.unwrap();
///     here.sleep(Duration::from_secs(3)).await;
///     here.connect_tcp(server, TcpOptions::new()).await.is_err()
/// });
/// assert!(sim.block_on(refused).unwrap());
/// # Ok::<(), loop_sim::WorldError>(())
/// ```
#[derive(Clone)]
pub struct World(Arc<Inner>);

impl World {
    pub(crate) fn new(world: Arc<Inner>) -> World {
        World(world)
    }

    /// The world of the host that the caller runs on, if there is one.
    pub fn try_current() -> Option<World> {
        SimHandle::with_current(|host| host.map(|host| World(host.0.world.clone())))
    }

    /// The host of this name, which is made if there is none. Its address is the next of 10.0.0.1,
    /// 10.0.0.2 and so on; the first is `main`, which runs `block_on`.
    ///
    /// # Panics
    ///
    /// If the name is not a word, by which a plan could name it: it is empty, or has whitespace or a
    /// `#` in it.
    #[track_caller]
    pub fn host(&self, name: &str) -> SimHandle {
        match self.0.host(name) {
            Some(host) => host,
            None => {
                assert!(
                    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '#'),
                    "{name:?} cannot be the name of a host: plans of faults name it by a word, so leave spaces and `#` out of it"
                );
                hosts::add(&self.0, name)
            }
        }
    }

    /// All hosts, as they are now, in the order in which they were made.
    pub fn hosts(&self) -> Vec<SimHandle> {
        lock(&self.0.hosts).clone()
    }

    /// The disk of the host of this name, which is made if there is none.
    pub fn disk(&self, name: &str) -> Disk {
        Disk::new(self.host(name))
    }

    /// Has a name stand for addresses, as many as there are; for hosts' own names too.
    pub fn name(&self, name: &str, ips: impl IntoIterator<Item = IpAddr>) {
        let ips = ips.into_iter().collect();
        self.0.net(|net, _| drop(net.names.insert(name.to_owned(), ips)));
    }

    /// Sets the link from one host to another, in that direction; `None` is the world's own again.
    ///
    /// # Errors
    ///
    /// If there is no such host, or a number of the link is none that it can be.
    pub fn link(&self, from: &str, to: &str, link: Option<Link>) -> Result<(), WorldError> {
        hosts::check(&self.0, &Fault::cut(from, to))?;
        if let Some(wrong) = link.as_ref().and_then(Link::wrong) {
            return Err(WorldError::new(wrong));
        }
        let id = |name: &str| self.0.host(name).map_or(0, |host| host.0.id);
        let (from, to) = (id(from), id(to));
        self.0.net(|net, _| net.route(from, to).link = link);
        Ok(())
    }

    /// Sets the network between all hosts. A part of it that is negative, no number or more than 1
    /// fails the world, and so does a window of zero.
    pub fn net(&self, config: NetConfig) {
        if let Some(wrong) = config.wrong() {
            return self.0.fail(wrong);
        }
        self.0.net(|net, _| net.config = config);
    }

    /// Lets a fault happen now; from a blocking job, in the next step.
    ///
    /// # Errors
    ///
    /// If it names a host that there is not, or would end the host that runs the world.
    pub fn fault(&self, fault: Fault) -> Result<(), WorldError> {
        hosts::check(&self.0, &fault)?;
        if !hosts::is_own_thread(&self.0) {
            self.0.core.at(self.0.core.now(), Event::Fault(fault));
            return Ok(());
        }
        self.0.core.record(What::Fault(fault.to_string().into()));
        hosts::apply(&self.0, &fault)
    }

    /// Lets a fault happen at a time since the world began; if that is past, in the next step.
    ///
    /// # Errors
    ///
    /// As [`fault`](Self::fault).
    pub fn at(&self, time: Duration, fault: Fault) -> Result<(), WorldError> {
        hosts::check(&self.0, &fault)?;
        self.0.core.at(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Event::Fault(fault));
        Ok(())
    }

    /// Lets each fault of a plan happen at its time.
    ///
    /// # Errors
    ///
    /// As [`fault`](Self::fault); then none of them will happen.
    pub fn plan(&self, plan: &Plan) -> Result<(), WorldError> {
        plan.faults().iter().try_for_each(|(_, fault)| hosts::check(&self.0, fault))?;
        plan.faults().iter().try_for_each(|(at, fault)| self.at(*at, fault.clone()))
    }

    /// Draws faults by the seed and by these rates, for all hosts but `main` that there are now, and
    /// lets them happen. Where the world was built with
    /// [`Builder::plan`](crate::Builder::plan), that plan is taken instead. Gives the plan. A rate that
    /// is negative, no number, or more than a million fails the world.
    pub fn chaos(&self, chaos: &Chaos) -> Plan {
        if let Some(error) = chaos.wrong() {
            self.0.fail(error);
            return Plan::new();
        }
        let hosts: Vec<String> = self.hosts().iter().skip(1).map(|host| host.name().to_owned()).collect();
        let plan = match &self.0.config.plan {
            // It is taken once, however often is asked.
            Some(_) if !lock(&self.0.drawn).is_empty() => return Plan::new(),
            Some(plan) => plan.clone(),
            None => chaos.draw(&mut self.0.core.oracle(), self.elapsed(), &hosts),
        };
        lock(&self.0.drawn).faults.extend(plan.faults().iter().cloned());
        if let Err(error) = self.plan(&plan) {
            self.0.fail(error.to_string());
        }
        plan
    }

    /// Whether [`chaos`](Self::chaos) was never asked for the plan that the builder was given.
    pub(crate) fn leaves_its_plan(&self) -> bool {
        let given = self.0.config.plan.as_ref();
        given.is_some_and(|plan| !plan.is_empty()) && lock(&self.0.drawn).is_empty()
    }

    /// All that [`chaos`](Self::chaos) has drawn.
    pub(crate) fn drawn_plan(&self) -> Plan {
        lock(&self.0.drawn).clone()
    }

    /// Calls `f` at a time since the world began, on the world's thread, outside of all tasks.
    pub fn call_at(&self, time: Duration, f: impl FnOnce() + Send + 'static) {
        self.0.core.at(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Event::Call(Box::new(f)));
    }

    /// How long the world has run, in its own time.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.0.core.now())
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.0.config.seed
    }

    /// A number that the seed decides, below `limit`.
    pub fn random(&self, limit: u64) -> u64 {
        self.0.core.oracle().pick(ChoiceKind::Random, limit)
    }

    /// What is known of the run so far.
    pub fn stats(&self) -> Stats {
        self.0.core.stats()
    }

    /// What has happened, if the world was built with [`Builder::trace`](crate::Builder::trace).
    pub fn trace(&self) -> Vec<TraceEvent> {
        self.0.core.log()
    }

    /// Writes a line into the trace, with the world's time. It is part of the hash.
    pub fn note(&self, note: impl fmt::Display) {
        self.0.core.record(What::Note(note.to_string().into()));
    }

    /// The choices so far, if the world was built with [`Builder::record`](crate::Builder::record).
    pub fn recording(&self) -> Option<Recording> {
        self.0.core.oracle().recording()
    }

    /// Says that something always holds. If it does not, the run fails at the next step with the
    /// name.
    pub fn always(&self, name: &str, holds: bool) {
        if !holds {
            self.0.fail(format!("`{name}` does not hold"));
        }
    }

    /// Says that something holds now and then: where many seeds are run, it must have held in one
    /// of them. A test whose interesting case never comes tests nothing.
    pub fn sometimes(&self, name: &str, holds: bool) {
        lock(&self.0.checks).sometimes(name, holds);
    }

    /// Whether the program is to do something unusual here, which is not wrong: answer late, flush
    /// a buffer early, give up at the first try. Each run has it on for a quarter of the names, and
    /// there it is true one time in four. What the seed decided is part of a recording, and is
    /// shrunk away where a failure does not need it.
    ///
    /// Programs ask by `anyloop::buggify`, which is false outside of a world.
    pub fn buggify(&self, name: &str) -> bool {
        if !self.0.config.buggify {
            return false;
        }
        let quarter = || self.0.core.oracle().chance(ChoiceKind::Buggify, 0.25);
        // The draw takes another lock than the table, and never the other way round.
        lock(&self.0.checks).is_buggified(name, quarter) && quarter()
    }

    /// Waits until `holds` gives true; asked every ten milliseconds. If it does not `within` the
    /// time, the run fails with the name. Meant for what must come about once all faults are over.
    pub async fn eventually(&self, name: &str, within: Duration, mut holds: impl FnMut() -> bool) {
        let host = SimHandle::current();
        let end = self.elapsed().saturating_add(within);
        while !holds() {
            if self.elapsed() >= end {
                self.0.fail(format!("`{name}` has not come about within {within:?}"));
                return;
            }
            host.sleep(Duration::from_millis(10)).await;
        }
    }

    /// The run has failed, and ends at the next step.
    pub fn fail(&self, message: impl fmt::Display) {
        self.0.fail(message.to_string());
    }

    /// What has failed: checks, and panics on hosts other than `main` that nothing awaited.
    pub fn failures(&self) -> Vec<String> {
        lock(&self.0.checks).failures().to_vec()
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }
}

impl SimHandle {
    /// The world that the host is in.
    pub fn world(&self) -> World {
        World(self.0.world.clone())
    }

    /// Starts what `f` gives as a task of the host, now and anew after each restart. The handle is
    /// that of the host as it is now, and answers `Closed` after a crash: ask
    /// [`World::host`] again.
    #[track_caller]
    pub fn run<F, Fut>(&self, f: F) -> &SimHandle
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let caller = Location::caller();
        self.on_start(move |host| drop(tasks::spawn(&host, caller, f())))
    }

    /// Calls `f` on the host, now and anew after each restart: it spawns what runs there.
    pub fn on_start(&self, f: impl Fn(SimHandle) + Send + Sync + 'static) -> &SimHandle {
        hosts::start(self, Arc::new(f));
        self
    }

    /// Raises a signal on the host, as [`Fault::signal`] does; from any thread that may touch the
    /// world.
    pub fn raise(&self, kind: SignalKind) {
        let fault = Fault::signal(&self.0.name, &signals::name_of(kind));
        self.0.world.core.record(What::Fault(fault.to_string().into()));
        hosts::raise(self, kind);
    }

    /// From now on, the host must not keep what it opens: a run of [`seeds`](crate::seeds) or of a
    /// test fails if in the end, and a minute later, it has more tasks or sockets than now.
    ///
    /// ```
    /// use loop_api::{EventLoop, Handle};
    /// use loop_sim::{Builder, seeds};
    ///
    /// let report = seeds(0..1, &Builder::new(), |sim| {
    ///     let server = sim.world().host("server");
    ///     server.expect_no_leaks();
    ///     drop(server.spawn(std::future::pending::<()>()));
    ///     sim.block_on(async {});
    /// });
    /// let failed = &report.first_failure().unwrap().message;
    /// assert!(failed.contains("host `server` has leaked 1 task"), "{failed}");
    /// ```
    pub fn expect_no_leaks(&self) -> &SimHandle {
        let before = (self.0.name.clone(), self.resources());
        lock(&self.0.world.checks).watched.push(before);
        self
    }

    /// What the host has open. Equal before and after, nothing has leaked.
    pub fn resources(&self) -> Resources {
        let id = self.0.id;
        // The task that runs the callbacks is not the program's.
        let own = usize::from(id > 0 && !self.0.shared.is_closed());
        let tasks = self.0.tasks.len().saturating_sub(own);
        let files = lock(&self.0.disk).opens();
        self.0.world.net(|net, _| {
            let (servers, datagrams) = net.unix_sockets_of(id);
            Resources {
                files,
                tasks,
                streams: net.ends.values().filter(|end| end.host == id).count(),
                listeners: servers + net.listeners.values().filter(|listener| listener.host == id).count(),
                datagram_sockets: datagrams + net.udp.values().filter(|socket| socket.host == id).count(),
            }
        })
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("seed", &self.seed())
            .field("elapsed", &self.elapsed())
            .finish_non_exhaustive()
    }
}
