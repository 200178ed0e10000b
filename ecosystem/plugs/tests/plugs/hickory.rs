use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use anyloop::runtime::Handle;
use anyloop::time::{sleep, timeout};
use anyloop_plugs::hickory::Time;
use hickory_resolver::Resolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ProtocolConfig, ResolverConfig};
use loop_api::Handle as _;

use crate::support::{Server, plug};

/// A port that is free for datagrams and for connections.
fn free_port() -> u16 {
    loop {
        let addr = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        if TcpListener::bind(addr).is_ok() {
            return addr.port();
        }
    }
}

/// dnsmasq, which knows one name, and its port.
fn dnsmasq() -> (Server, u16) {
    let port = free_port();
    let mut command = Command::new("/usr/sbin/dnsmasq");
    command.args([
        "--keep-in-foreground",
        "--no-resolv",
        "--no-hosts",
        "--bind-interfaces",
        "--conf-file=/dev/null",
    ]);
    command.args(["--pid-file=", "--user=", "--group=", "--listen-address=127.0.0.1"]);
    command.arg(format!("--port={port}")).arg("--address=/coffee.test/192.0.2.7");
    (Server::start(&mut command), port)
}

async fn resolve(protocol: ProtocolConfig) {
    let (_server, port) = dnsmasq();
    let mut connection = ConnectionConfig::new(protocol);
    connection.port = port;
    let server = NameServerConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), true, vec![connection]);
    let config = ResolverConfig::from_parts(None, vec![], vec![server]);
    let found = timeout(Duration::from_secs(20), async {
        loop {
            let resolver = Resolver::builder_with_config(config.clone(), plug()).build().unwrap();
            // Until the server has begun to listen.
            match resolver.lookup_ip("coffee.test.").await {
                Ok(found) => return found.iter().collect::<Vec<_>>(),
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        }
    });
    assert_eq!(found.await.unwrap(), [IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7))]);
}

#[anyloop::test]
#[ignore = "starts dnsmasq (Debian: dnsmasq-base)"]
async fn a_name_is_resolved_over_udp() {
    resolve(ProtocolConfig::Udp).await;
}

#[anyloop::test]
#[ignore = "starts dnsmasq (Debian: dnsmasq-base)"]
async fn a_name_is_resolved_over_tcp() {
    resolve(ProtocolConfig::Tcp).await;
}

/// By which signatures and answers grow old.
#[anyloop::test(sim, seeds = 1)]
async fn the_time_of_day_is_the_loops() {
    let now = || plug().handle().wall_clock().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let before = now();
    let told = <Time<Handle> as hickory_net::runtime::Time>::current_time();
    assert!((before..=now()).contains(&told), "{told}, and not {before}");
}
