use std::time::Duration;

use futures::StreamExt;
use libp2p_core::transport::{MemoryTransport, Transport};
use libp2p_core::upgrade::Version;
use libp2p_identity::Keypair;
use libp2p_ping as ping;
use libp2p_swarm::{Config, Swarm, SwarmEvent};

use crate::support::plug;

fn swarm() -> Swarm<ping::Behaviour> {
    let keys = Keypair::generate_ed25519();
    let transport = MemoryTransport::default()
        .upgrade(Version::V1)
        .authenticate(libp2p_plaintext::Config::new(&keys))
        .multiplex(libp2p_yamux::Config::default())
        .boxed();
    let pings = ping::Behaviour::new(ping::Config::new().with_interval(Duration::from_millis(10)));
    let config = Config::with_executor(plug()).with_idle_connection_timeout(Duration::from_secs(60));
    Swarm::new(transport, pings, keys.public().to_peer_id(), config)
}

#[anyloop::test]
async fn two_peers_ping_each_other_on_tasks_of_the_loop() {
    let (mut a, mut b) = (swarm(), swarm());
    a.listen_on("/memory/0".parse().unwrap()).unwrap();
    let address = loop {
        if let SwarmEvent::NewListenAddr { address, .. } = a.select_next_some().await {
            break address;
        }
    };
    let expected = *a.local_peer_id();
    anyloop::spawn(async move {
        loop {
            a.select_next_some().await;
        }
    });
    b.dial(address).unwrap();
    let pinged = async {
        loop {
            if let SwarmEvent::Behaviour(ping::Event { peer, result: Ok(_), .. }) = b.select_next_some().await
            {
                return peer;
            }
        }
    };
    assert_eq!(anyloop::time::timeout(Duration::from_secs(30), pinged).await.unwrap(), expected);
}
