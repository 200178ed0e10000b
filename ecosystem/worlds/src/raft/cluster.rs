//! The store in a world: its servers and clients on hosts, what goes wrong, and what must hold.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyloop::net::TcpListener;
use anyloop::sim::linear::Map;
use anyloop::sim::{Chaos, Fault, Latency, NetConfig, Plan, World};
use anyloop::time::sleep;

use super::client::{Client, Seen};
use super::lock;
use super::message::Addresses;
use super::operator::Operator;
use super::server::{Failed, Options, Server};
use super::types::Bug;

/// How large, how long, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Setup {
    pub servers: u64,
    pub clients: u64,
    /// Requests of each client.
    pub requests: u64,
    /// While faults are drawn.
    pub within: Duration,
    /// Whether there are any.
    pub faults: bool,
    pub bug: Bug,
}

impl Default for Setup {
    fn default() -> Self {
        Setup {
            servers: 3,
            clients: 3,
            requests: 60,
            within: Duration::from_secs(10),
            faults: true,
            bug: Bug::None,
        }
    }
}

const PORT: u16 = 7000;

/// The drift of a clock that goes at a fifth of the speed, in millionths.
const FIFTH: i64 = -800_000;

/// The servers by their places.
pub(crate) type Running = Arc<Mutex<BTreeMap<u64, Server>>>;

/// One run. What does not hold fails the world.
pub async fn run(world: World, setup: Setup) {
    let ms = Duration::from_millis;
    let low = Duration::from_micros(100 + world.random(2000));
    let high = low + Duration::from_micros([500, 4000, 15_000][world.random(3) as usize]);
    let mut net = NetConfig::default();
    net.link.latency = Latency::Uniform(low, high);
    net.link.loss = [0.0, 0.01][world.random(2) as usize];
    world.net(net);

    let addresses = addresses(setup.servers);
    let mut options = Options::new(addresses.clone(), setup.bug);
    options.snapshots = ([1, 3, 8, 20][world.random(4) as usize], world.random(6));
    if setup.faults {
        let slow = ms([0, 1, 5, 10][world.random(4) as usize]);
        // Half of the worlds have one: the server trusts for too long in what it was told.
        let slow_clock = world.random(2 * setup.servers);
        for place in 0..setup.servers {
            let name = format!("n{place}");
            world.host(&name);
            // What is written is not on the disk at once, so that a crash can come between.
            world.fault(Fault::disk_slow(&name, slow)).expect("the host is there");
            if place == slow_clock {
                world.fault(Fault::drift(&name, FIFTH)).expect("the host is there");
            }
        }
    }
    let running = start(&world, &options);

    let history = Seen::new();
    let mut clients: Vec<_> =
        (0..setup.clients).map(|id| Client::new(id, &addresses, history.clone())).collect();
    for client in &mut clients {
        world.always("the store begins", client.request(Duration::from_secs(15)).await);
    }

    let lasting = ms([150, 500, 1500, 3000][world.random(4) as usize]);
    let plan = if setup.faults {
        let chaos = Chaos::new(setup.within)
            .crashes(3.0)
            .outages(2.0)
            .cuts(2.0)
            .one_way_cuts(1.0)
            .isolations(2.0)
            .partitions(2.0)
            .resets(1.0)
            .pauses(1.0)
            .skews(2.0)
            // One at most: what another server alone has kept must not go with it.
            .wipes(0.4);
        world.chaos(&chaos.lasting(lasting))
    } else {
        Plan::new()
    };
    let mut operator = Operator::new(&addresses);
    let wiped = plan.faults().iter().any(|(_, fault)| matches!(fault, Fault::Wipe(_)));
    // Of two servers that are left none may be wiped.
    let (fewer, within) = (!wiped || setup.servers > 3, setup.within);
    let operated = anyloop::spawn(async move {
        operator.operate(within, fewer).await;
        operator
    });
    let mean = setup.within / u32::try_from(setup.requests.max(1)).unwrap_or(u32::MAX);
    let asked: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            anyloop::spawn(async move {
                client.requests(setup.requests, mean).await;
                client
            })
        })
        .collect();
    let mut clients = Vec::new();
    for client in asked {
        clients.push(client.await.expect("the client ends"));
    }
    let mut operator = operated.await.expect("the operator ends");

    sleep(plan.end().saturating_sub(world.elapsed())).await;
    for fault in not_undone(&plan) {
        world.fault(fault).expect("the host is there");
    }
    let mut repaired = false;
    for _ in 0..10 {
        repaired = operator.have(None, Duration::from_secs(5)).await;
        if repaired {
            break;
        }
        // One that was just started is not there at once.
        sleep(ms(500)).await;
    }
    if !repaired {
        world.fail(format_args!("not all servers are members when all is well:{}", states(&running)));
    }
    for client in &mut clients {
        world.always("the store is alive when all is well", client.request(Duration::from_secs(15)).await);
    }
    if let Err(violation) = history.check(&Map::new()) {
        world.fail(violation);
    }
    // A server that was cut off tries again after ever longer waits.
    let mut agree = false;
    for _second in 0..60 {
        sleep(Duration::from_secs(1)).await;
        let values: Vec<_> = lock(&running).values().map(Server::values).collect();
        agree = values.windows(2).all(|two| two[0] == two[1]);
        if agree {
            break;
        }
    }
    if !agree {
        world.fail(format_args!("the servers do not agree in the end:{}", states(&running)));
    }
}

/// What each server takes itself and the others for.
fn states(running: &Running) -> String {
    lock(running).values().map(|server| format!("\n  {}", server.state())).collect()
}

/// Of this many servers on hosts of their own.
pub(crate) fn addresses(servers: u64) -> Addresses {
    (0..servers).map(|place| format!("n{place}:{PORT}")).collect()
}

/// Starts the servers on their hosts.
pub(crate) fn start(world: &World, options: &Options) -> Running {
    let running = Running::default();
    for place in 0..options.addresses.len() as u64 {
        let (running, options, seen_by) = (running.clone(), options.clone(), world.clone());
        world.host(&format!("n{place}")).run(move || {
            let boot = seen_by.host(&format!("n{place}")).boot();
            serve(place, boot, options.clone(), running.clone())
        });
    }
    running
}

/// What is left to be undone when a plan is over: where it was made smaller, a crash may have lost its
/// restart.
fn not_undone(plan: &Plan) -> Vec<Fault> {
    let mut left: Vec<Fault> = Vec::new();
    for (_, fault) in plan.faults() {
        if let Some(at) = left.iter().position(|undoes| undoes == fault) {
            left.remove(at);
        }
        left.extend(fault.undone());
    }
    left
}

async fn serve(place: u64, boot: u64, options: Options, running: Running) -> Result<(), Failed> {
    let server = Server::open(place, boot, Path::new("/raft"), options).await?;
    lock(&running).insert(place, server.clone());
    server.serve(TcpListener::bind(("0.0.0.0", PORT)).await?).await
}
