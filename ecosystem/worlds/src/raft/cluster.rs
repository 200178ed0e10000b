//! The store in a world: its servers and clients on hosts, what goes wrong, and what must hold.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyloop::net::TcpListener;
use anyloop::sim::linear::Map;
use anyloop::sim::{Chaos, Latency, NetConfig, World};
use anyloop::time::sleep;

use super::client::{Client, Seen};
use super::lock;
use super::message::Addresses;
use super::server::Server;
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
            requests: 30,
            within: Duration::from_secs(20),
            faults: true,
            bug: Bug::None,
        }
    }
}

const PORT: u16 = 7000;

type Running = Arc<Mutex<BTreeMap<u64, Server>>>;

/// One run. What does not hold fails the world.
pub async fn run(world: World, setup: Setup) {
    let low = Duration::from_micros(100 + world.random(2000));
    let high = low + Duration::from_micros(world.random(15_000));
    let loss = if world.random(2) == 0 { 0.0 } else { 0.01 };
    let mut net = NetConfig::default();
    (net.link.latency, net.link.loss) = (Latency::Uniform(low, high), loss);
    world.net(net);
    let running = Running::default();
    let addresses: Addresses = (0..setup.servers).map(|id| format!("n{id}:{PORT}")).collect();
    for id in 0..setup.servers {
        let (running, addresses, bug) = (running.clone(), addresses.clone(), setup.bug);
        world.host(&format!("n{id}")).run(move || serve(id, addresses.clone(), bug, running.clone()));
    }
    if setup.faults {
        let chaos = Chaos::new(setup.within)
            .crashes(3.0)
            .cuts(4.0)
            .one_way_cuts(1.0)
            .isolations(3.0)
            .pauses(1.0)
            .skews(1.0);
        world.chaos(&chaos.lasting(Duration::from_secs(3)));
    }
    let history = Seen::new();
    let pause = setup.within / u32::try_from(setup.requests.max(1)).unwrap_or(u32::MAX);
    let mut clients = Vec::new();
    for id in 0..setup.clients {
        let mut client = Client::new(id, &addresses, history.clone());
        let requests = setup.requests;
        clients.push(anyloop::spawn(async move {
            client.requests(requests, pause).await;
            client
        }));
    }
    let mut returned = Vec::new();
    for client in clients {
        returned.push(client.await.expect("the client ends"));
    }
    // All faults are over by then.
    sleep((setup.within + Duration::from_secs(6)).saturating_sub(world.elapsed())).await;
    for client in &mut returned {
        world.always("the store is alive when all is well", client.request(Duration::from_secs(15)).await);
    }
    if let Err(violation) = history.check(&Map::new()) {
        world.fail(violation);
    }
    sleep(Duration::from_secs(3)).await;
    let running = lock(&running);
    let values: Vec<_> = running.values().map(Server::values).collect();
    world.always("all servers agree in the end", values.windows(2).all(|two| two[0] == two[1]));
}

async fn serve(id: u64, addresses: Addresses, bug: Bug, running: Running) {
    let server = match Server::open(id, addresses, Path::new("/raft"), bug).await {
        Ok(server) => server,
        Err(error) => panic!("n{id} does not start: {error}"),
    };
    lock(&running).insert(id, server.clone());
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await.expect("the port is free");
    if let Err(error) = server.serve(listener).await {
        panic!("n{id} ends: {error}");
    }
}
