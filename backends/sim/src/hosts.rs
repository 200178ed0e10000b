//! Hosts: made, started, crashed, and what else happens to them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::Waker;

use loop_api::callback::run_adopted;
use loop_api::shared::Exception;
use loop_api::signal::SignalKind;
use loop_api::{Handle, Shared, context};
use loop_toolkit::task::TaskSet;
use loop_toolkit::wake_each;

use crate::agenda::Event;
use crate::core::{Core, lock};
use crate::disk::store::{Failing, Store};
use crate::fault::{DiskCall, Fault};
use crate::host_clock::HostClock;
use crate::net::link::nanos;
use crate::net::network::Network;
use crate::signals::{self, Default};
use crate::state::{Host, Inner, SimHandle, Start, beginning};
use crate::tasks;

/// Why something cannot happen in a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldError(String);

impl WorldError {
    pub(crate) fn new(message: String) -> WorldError {
        WorldError(message)
    }
}

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WorldError {}

/// What a host keeps over its restarts.
#[derive(Clone)]
struct Kept {
    id: u32,
    name: String,
    ip: IpAddr,
    clock: Arc<HostClock>,
    disk: Arc<Mutex<Store>>,
    starts: Arc<Mutex<Vec<Start>>>,
    slow: u64,
}

fn boot(world: &Arc<Inner>, kept: Kept, boot: u64) -> SimHandle {
    let Kept { id, name, ip, clock, disk, starts, slow } = kept;
    SimHandle(Arc::new(Host {
        world: world.clone(),
        id,
        name,
        ip,
        boot,
        // One world, one thread.
        shared: Shared::new("sim").of_this_thread(),
        // The same in each run, as programs may print the ids.
        tasks: TaskSet::numbered(u64::from(id) + (boot << 12)),
        clock,
        disk,
        paused: AtomicBool::new(false),
        parked: Mutex::default(),
        slow: AtomicU64::new(slow),
        busy_until: AtomicU64::new(0),
        starts,
        signals: Mutex::default(),
    }))
}

/// Adds a host. The first is that of `block_on`, which runs its callbacks itself.
pub(crate) fn add(world: &Arc<Inner>, name: &str) -> SimHandle {
    let mut hosts = lock(&world.hosts);
    let id = hosts.len() as u32;
    // 10.0.0.1 and so on.
    let ip = IpAddr::V4(Ipv4Addr::from(0x0a00_0001 + id));
    let disk = Arc::new(Mutex::new(Store::new(world.config.disk.clone(), beginning())));
    let (name_of, clock, starts) = (name.to_owned(), Arc::default(), Arc::default());
    let kept = Kept { id, name: name_of, ip, clock, disk, starts, slow: 0 };
    let host = boot(world, kept, 0);
    hosts.push(host.clone());
    drop(hosts);
    world.net(|net, _| net.add_node(name, ip));
    if id > 0 {
        serve(&host);
    }
    host
}

/// Has a host's callbacks run, and its panics fail the world.
fn serve(host: &SimHandle) {
    let (world, name) = (Arc::downgrade(&host.0.world), host.0.name.clone());
    host.0.shared.set_exception_handler(Some(Arc::new(move |exception: &Exception| {
        if let Some(world) = world.upgrade() {
            if exception.panic().is_some() {
                world.fail(format!("on host `{name}`: {exception}"));
            }
        }
        loop_api::shared::write_report(format_args!("anyloop: host `{name}`: {exception}"));
    })));
    drop(tasks::spawn(host, Location::caller(), run_adopted(host.clone())));
}

/// Calls `f` on the host, as if its loop ran it.
pub(crate) fn on<R>(host: &SimHandle, f: impl FnOnce() -> R) -> R {
    let _running = host.0.shared.running();
    host.enter(f)
}

/// Has `start` called now, and at each start of the host.
pub(crate) fn start(host: &SimHandle, start: Start) {
    lock(&host.0.starts).push(start.clone());
    on(host, || start(host.clone()));
}

fn wake(wakers: Vec<Waker>) {
    let mut wakers = wakers.into_iter();
    wake_each(|| wakers.next());
}

/// Raises a signal on a host: those who listen are told, and where the program never listened to it,
/// the host does as the system does.
pub(crate) fn raise(host: &SimHandle, kind: SignalKind) {
    if host.0.shared.is_closed() {
        return;
    }
    let told = lock(&host.0.signals).raise(kind);
    let handled = told.is_some();
    wake(told.unwrap_or_default());
    let act: fn(&SimHandle) = match signals::default(kind) {
        // A stopped program goes on also where it listens to the signal.
        Default::Continue => |host| pause(host, false),
        _ if handled => return,
        Default::Ignore => return,
        Default::Stop => |host| pause(host, true),
        Default::End => end,
    };
    let world = &host.0.world;
    if host.0.id == 0 {
        world.fail(format!(
            "host `{}` got {} and never listened to it: its program would end or stop, and with it the world",
            host.0.name,
            signals::name_of(kind)
        ));
    } else if is_own_thread(world) {
        act(host);
    } else {
        let host = host.clone();
        world.core.at(world.core.now(), Event::Call(Box::new(move || act(&host))));
    }
}

/// A host's process ends. What becomes of its disk is the caller's.
pub(crate) fn crash(host: &SimHandle) {
    let Host { world, shared, tasks, .. } = &*host.0;
    on(host, || {
        shared.close();
        // Before what destructors would send: in a process that is gone none runs.
        world.net(|net, core| net.crash(core, host.0.id));
        shared.end_step(|| tasks.close());
    });
    wake(lock(&host.0.signals).close());
    drop(std::mem::take(&mut *lock(&host.0.parked)));
    world.bury();
}

/// A host's process ends, and its system goes on: what was written is not lost.
fn end(host: &SimHandle) {
    crash(host);
    lock(&host.0.disk).close_all();
}

/// A host's power goes off, which its disk outlives.
fn power_off(host: &SimHandle) {
    if !host.0.shared.is_closed() {
        crash(host);
    }
    lock(&host.0.disk).crash(&mut host.0.world.core.oracle());
}

fn restart(host: &SimHandle) {
    if !host.0.shared.is_closed() {
        power_off(host);
    }
    // A new process has them again.
    lock(&host.0.disk).failing.no_descriptors = false;
    let Host { world, id, name, ip, clock, disk, starts, .. } = &*host.0;
    let (clock, disk, starts) = (clock.clone(), disk.clone(), starts.clone());
    let slow = host.0.slow.load(Relaxed);
    let kept = Kept { id: *id, name: name.clone(), ip: *ip, clock, disk, starts, slow };
    let new = boot(world, kept, host.0.boot + 1);
    if let Some(place) = lock(&world.hosts).get_mut(*id as usize) {
        *place = new.clone();
    }
    serve(&new);
    let starts = lock(&new.0.starts).clone();
    for start in starts {
        on(&new, || start(new.clone()));
    }
}

fn pause(host: &SimHandle, pause: bool) {
    host.0.paused.store(pause, Relaxed);
    unpark(host);
}

/// What waits on the host goes on, unless it is paused.
fn unpark(host: &SimHandle) {
    if !host.0.paused.load(Relaxed) {
        for (task, item) in std::mem::take(&mut *lock(&host.0.parked)) {
            host.0.world.push_again(task, item);
        }
    }
}

/// Whether something that is ready on a slow host has to wait, until that goes on by itself; else the
/// host is busy from now on.
pub(crate) fn is_busy(host: &SimHandle, slow: u64) -> bool {
    let (core, until) = (&host.0.world.core, host.0.busy_until.load(Relaxed));
    if core.now() < until {
        if lock(&host.0.parked).is_empty() {
            let waits = host.clone();
            core.at(until, Event::Call(Box::new(move || unpark(&waits))));
        }
        return true;
    }
    host.0.busy_until.store(core.now().saturating_add(slow), Relaxed);
    false
}

/// Whether a fault can happen: its hosts exist.
pub(crate) fn check(world: &Inner, fault: &Fault) -> Result<(), WorldError> {
    for name in fault.hosts() {
        let Some(host) = world.host(name) else {
            let known: Vec<String> = lock(&world.hosts).iter().map(|host| host.0.name.clone()).collect();
            let known = known.join(", ");
            return Err(WorldError(format!("`{fault}`: there is no host `{name}`; the hosts are {known}")));
        };
        let ends = matches!(fault, Fault::Crash(_) | Fault::Restart(_) | Fault::Pause(_) | Fault::Wipe(_));
        if host.0.id == 0 && ends {
            return Err(WorldError(format!(
                "`{fault}`: the host `{name}` runs block_on, and with it the world: put what crashes or pauses on a host of its own"
            )));
        }
    }
    if let [one, other] = fault.hosts()[..] {
        if one == other {
            return Err(WorldError(format!(
                "`{fault}`: there is no link from a host to itself: name two hosts"
            )));
        }
    }
    if let Fault::Signal(_, name) = fault {
        if signals::by_name(name).is_none() {
            let names = signals::names();
            return Err(WorldError(format!(
                "`{fault}`: there is no signal `{name}`; those with names are {names}"
            )));
        }
    }
    Ok(())
}

/// Lets a fault happen, on the thread of the world.
pub(crate) fn apply(world: &Arc<Inner>, fault: &Fault) -> Result<(), WorldError> {
    check(world, fault)?;
    act(world, fault);
    Ok(())
}

/// Lets a fault happen that can.
fn act(world: &Arc<Inner>, fault: &Fault) {
    let host = |name: &str| world.host(name);
    let id = |name: &str| world.host(name).map_or(0, |host| host.0.id);
    let net = |f: &mut dyn FnMut(&mut Network, &Core)| world.net(|net, core| f(net, core));
    let now = world.core.now();
    match fault {
        Fault::Crash(name) => host(name).iter().for_each(power_off),
        Fault::Wipe(name) => host(name).iter().for_each(|host| {
            power_off(host);
            lock(&host.0.disk).wipe(host.wall_clock());
        }),
        Fault::Restart(name) => host(name).iter().for_each(restart),
        Fault::Pause(name) => host(name).iter().for_each(|host| pause(host, true)),
        Fault::Resume(name) => host(name).iter().for_each(|host| pause(host, false)),
        Fault::Cut(a, b) | Fault::Heal(a, b) => {
            let cut = matches!(fault, Fault::Cut(..));
            let (a, b) = (id(a), id(b));
            net(&mut |net, core| {
                net.cut(core, a, b, cut);
                net.cut(core, b, a, cut);
            });
        }
        Fault::CutOneWay(a, b) | Fault::HealOneWay(a, b) => {
            let cut = matches!(fault, Fault::CutOneWay(..));
            let (a, b) = (id(a), id(b));
            net(&mut |net, core| net.cut(core, a, b, cut));
        }
        Fault::Isolate(a) | Fault::Rejoin(a) => {
            let isolate = matches!(fault, Fault::Isolate(_));
            let a = id(a);
            net(&mut |net, core| net.isolate(core, a, isolate));
        }
        Fault::Hold(a, b) | Fault::Release(a, b) => {
            let hold = matches!(fault, Fault::Hold(..));
            let (a, b) = (id(a), id(b));
            net(&mut |net, core| {
                net.hold(core, a, b, hold);
                net.hold(core, b, a, hold);
            });
        }
        Fault::Slow(a, b, more) => {
            let (a, b, more) = (id(a), id(b), nanos(*more));
            net(&mut |net, _| {
                net.route(a, b).slow = more;
                net.route(b, a).slow = more;
            });
        }
        Fault::SlowHost(name, more) => {
            host(name).iter().for_each(|host| host.0.slow.store(nanos(*more), Relaxed));
        }
        Fault::Skew(name, by) => host(name).iter().for_each(|host| host.0.clock.set_skew(now, *by)),
        Fault::Drift(name, by) => host(name).iter().for_each(|host| host.0.clock.set_drift(now, *by)),
        Fault::Reset(a, b) => {
            let (a, b) = (id(a), id(b));
            net(&mut |net, core| net.reset_between(core, a, b));
        }
        Fault::NameFails(name) => net(&mut |net, _| {
            net.failing_names.insert(name.clone());
        }),
        Fault::NameWorks(name) => net(&mut |net, _| {
            net.failing_names.remove(name);
        }),
        Fault::PortsExhausted(name) | Fault::PortsFreed(name) => {
            let exhausted = matches!(fault, Fault::PortsExhausted(_));
            let id = id(name);
            net(&mut |net, _| {
                if let Some(node) = net.node(id) {
                    node.ports.exhausted = exhausted;
                }
            });
        }
        Fault::Signal(name, signal) => {
            let raised = host(name).zip(signals::by_name(signal));
            raised.iter().for_each(|(host, kind)| raise(host, *kind));
        }
        Fault::DiskFull(name)
        | Fault::DiskFreed(name)
        | Fault::DiskSlow(name, _)
        | Fault::DiskFails(name, _)
        | Fault::DiskWorks(name, _)
        | Fault::SyncLies(name)
        | Fault::SyncHonest(name)
        | Fault::DescriptorsExhausted(name)
        | Fault::DescriptorsFreed(name) => {
            host(name).iter().for_each(|host| spoil(&mut lock(&host.0.disk).failing, fault));
        }
    }
}

/// Lets a fault of a disk begin or end.
fn spoil(disk: &mut Failing, fault: &Fault) {
    match fault {
        Fault::DiskFull(_) | Fault::DiskFreed(_) => disk.full = matches!(fault, Fault::DiskFull(_)),
        Fault::DiskSlow(_, more) => disk.slow = *more,
        Fault::DiskFails(_, call) | Fault::DiskWorks(_, call) => {
            let fails = matches!(fault, Fault::DiskFails(..));
            match call {
                DiskCall::Reads => disk.reads = fails,
                DiskCall::Writes => disk.writes = fails,
                DiskCall::Syncs => disk.syncs = fails,
            }
        }
        Fault::SyncLies(_) | Fault::SyncHonest(_) => disk.lies = matches!(fault, Fault::SyncLies(_)),
        Fault::DescriptorsExhausted(_) | Fault::DescriptorsFreed(_) => {
            disk.no_descriptors = matches!(fault, Fault::DescriptorsExhausted(_));
        }
        _ => {}
    }
}

/// Whether the calling thread is the one that runs the world.
pub(crate) fn is_own_thread(world: &Inner) -> bool {
    context::thread_id().get() == world.thread
}
