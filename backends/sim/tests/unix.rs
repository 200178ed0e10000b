//! Unix sockets of simulated hosts.
#![cfg(unix)]

use std::io::ErrorKind;
use std::os::unix::net::SocketAddr;
use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::fs::Fs;
use loop_api::net::{UnixListener, UnixNet, UnixStream};
use loop_api::{EventLoop, Handle};
use loop_sim::{Builder, Fault, Order, SimHandle, SimLoop, seeds};

fn path(name: &str) -> SocketAddr {
    SocketAddr::from_pathname(format!("/run/{name}")).unwrap()
}

/// Says on which host and at which start it runs.
async fn serve() {
    let here = SimHandle::current();
    let listener = here.listen_unix(&path(&format!("name{}", here.boot()))).unwrap();
    while let Ok((mut stream, _)) = listener.accept().await {
        stream.write_all(here.name().as_bytes()).await.unwrap();
    }
}

async fn ask(at: &str) -> std::io::Result<(String, i32)> {
    let mut stream = SimHandle::current().connect_unix(path(at)).await?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await?;
    let pid = stream.peer_cred()?.0.expect("a simulated host tells it");
    Ok((text, pid))
}

#[test]
fn each_host_has_names_of_its_own_and_keeps_the_paths_over_a_crash() {
    let report = seeds(0..20, &Builder::new().order(Order::Random), |sim| {
        let world = sim.world();
        for name in ["a", "b"] {
            world.host(name).run(serve);
        }
        sim.block_on(async {
            SimHandle::current().sleep(Duration::from_millis(1)).await;
            let asks = |host: &str, at: &'static str| world.host(host).spawn(ask(at));
            let (one, other) =
                (asks("a", "name0").await.unwrap().unwrap(), asks("b", "name0").await.unwrap().unwrap());
            assert_eq!((one.0.as_str(), other.0.as_str()), ("a", "b"));
            assert_ne!(one.1, other.1, "they are two processes");
            world.fault(Fault::crash("a")).unwrap();
            world.fault(Fault::restart("a")).unwrap();
            SimHandle::current().sleep(Duration::from_millis(1)).await;
            let again = asks("a", "name1").await.unwrap().unwrap();
            assert_ne!(one.1, again.1, "it is another process");
            let stale = asks("a", "name0").await.unwrap().unwrap_err();
            assert_eq!(stale.kind(), ErrorKind::ConnectionRefused);
            let taken = world.host("a").listen_unix(&path("name0")).unwrap_err();
            assert_eq!(taken.kind(), ErrorKind::AddrInUse);
            // As servers do when they start.
            let host = world.host("a");
            host.remove_file("/run/name0".into()).await.unwrap();
            let missing = host.remove_file("/run/name0".into()).await.unwrap_err();
            assert_eq!(missing.kind(), ErrorKind::NotFound);
            drop(host.listen_unix(&path("name0")).unwrap());
            assert_eq!(ask("name0").await.unwrap_err().kind(), ErrorKind::NotFound, "`main` is a third host");
        });
    });
    report.unwrap();
}

#[test]
fn connecting_waits_while_the_backlog_is_full() {
    let mut sim = SimLoop::builder().build();
    let host = sim.handle().clone();
    sim.block_on(async {
        let server = host.listen_unix(&path("busy")).unwrap();
        let clients: Vec<_> = (0..200).map(|_| host.spawn(host.connect_unix(path("busy")))).collect();
        host.sleep(Duration::from_secs(1)).await;
        assert_eq!(clients.iter().filter(|client| client.is_finished()).count(), 129);
        for _ in 0..200 {
            drop(server.accept().await.unwrap());
        }
        for client in clients {
            client.await.unwrap().unwrap();
        }
        assert_eq!((host.resources().streams, host.resources().listeners), (0, 1));
        drop(server);
        assert_eq!(host.resources().streams + host.resources().listeners, 0);
    });
}
