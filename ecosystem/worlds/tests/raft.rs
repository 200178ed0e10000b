//! The Raft cluster in some worlds, and the same servers on the real loops.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use anyloop::net::TcpListener;
use anyloop::sim::linear::Map;
use anyloop::sim::{self, Builder, Order, World};
use worlds::raft::{Addresses, Bug, Client, Options, Seen, Server, Setup, run};

/// A short run: the tests are not optimized.
fn short(bug: Bug) -> Setup {
    Setup { requests: 20, within: Duration::from_secs(6), bug, ..Setup::default() }
}

#[anyloop::test(sim, seeds = 20, backends = ["sim"])]
async fn a_cluster_of_three_is_linearizable(world: World) {
    run(world, short(Bug::None)).await;
}

#[anyloop::test(sim, seeds = 3, backends = ["sim"])]
async fn a_cluster_of_five_is_linearizable(world: World) {
    run(world, Setup { servers: 5, ..short(Bug::None) }).await;
}

/// A fault that is planted is found.
#[test]
fn files_that_are_not_synced_are_found() {
    let fails = |seed| {
        let mut sim = Builder::new().seed(seed).order(Order::Random).build();
        let world = sim.world();
        let run = || sim::run(&mut sim, |world| run(world, short(Bug::NoFsync)));
        std::panic::catch_unwind(AssertUnwindSafe(run)).is_err() || !world.failures().is_empty()
    };
    assert!((0..20).any(fails));
}

#[anyloop::test(backends = ["native", "tokio", "smol"])]
async fn the_same_servers_run_on_real_loops() {
    let files = tempfile::tempdir().unwrap();
    let mut listeners = Vec::new();
    for _ in 0..3 {
        listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
    }
    let addresses: Addresses =
        listeners.iter().map(|listener| listener.local_addr().unwrap().to_string()).collect();
    let mut servers = Vec::new();
    for (id, listener) in (0..).zip(listeners) {
        let (folder, options) =
            (files.path().join(id.to_string()), Options::new(addresses.clone(), Bug::None));
        let server = Server::open(id, 0, &folder, options).await.unwrap();
        anyloop::spawn(server.clone().serve(listener));
        servers.push(server);
    }
    let history = Seen::new();
    let mut client = Client::new(0, &addresses, history.clone());
    for _ in 0..50 {
        assert!(client.request(Duration::from_secs(60)).await);
    }
    history.check(&Map::new()).unwrap();
}
