//! Unix sockets of simulated hosts.
#![cfg(unix)]

use std::future::Future;
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

/// What a server on `host` has to do with a client that connects by `connect`, while it has no
/// descriptors: the client waits in the backlog until it has some again.
#[track_caller]
fn accepts_late<A, C>(
    accept: impl FnOnce(SimHandle) -> A + Send + 'static,
    connect: impl FnOnce(SimHandle) -> C + Send + 'static,
) where
    A: Future<Output = std::io::Result<()>> + Send,
    C: Future<Output = std::io::Result<String>> + Send,
{
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let server = world.host("server").spawn(async move { accept(SimHandle::current()).await });
    let second = Duration::from_secs(1);
    world.at(second, Fault::descriptors_exhausted("server")).unwrap();
    world.at(3 * second, Fault::descriptors_freed("server")).unwrap();
    let client = world.host("server").spawn(async move {
        let here = SimHandle::current();
        let until = here.now() + second / 2;
        here.sleep_until(until).await;
        connect(here).await
    });
    sim.block_on(async {
        assert_eq!(client.await.unwrap().unwrap(), "late");
        let late = world.elapsed();
        assert!(late >= 3 * second && late < 4 * second, "{late:?}");
        server.await.unwrap().unwrap();
    });
}

async fn read_all(mut stream: impl futures_lite::AsyncRead + Unpin) -> std::io::Result<String> {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.map(|_| text)
}

#[test]
fn a_server_without_descriptors_leaves_clients_in_the_backlog() {
    use loop_api::net::{Net, TcpListener, TcpOptions};
    let addr = ([10, 0, 0, 2], 7000).into();
    // It looks again when the descriptors are gone, as the clients are there before.
    let late = || SimHandle::current().sleep(Duration::from_millis(1200));
    accepts_late(
        move |here| async move {
            let listener = here.listen_tcp(addr, &TcpOptions::new())?;
            late().await;
            listener.accept().await?.0.write_all(b"late").await
        },
        move |here| async move { read_all(here.connect_tcp(addr, TcpOptions::new()).await?).await },
    );
    accepts_late(
        move |here| async move {
            let listener = here.listen_unix(&path("late"))?;
            late().await;
            let mut stream = std::future::poll_fn(|cx| listener.poll_accept(cx)).await?.0;
            stream.write_all(b"late").await
        },
        move |here| async move { read_all(here.connect_unix(path("late")).await?).await },
    );
}

#[test]
fn unix_sockets_need_descriptors() {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let host = world.host("a");
    world.fault(Fault::descriptors_exhausted("a")).unwrap();
    let told = host.spawn(async {
        let here = SimHandle::current();
        let errors = [
            here.listen_unix(&path("l")).map(drop),
            here.bind_unix_datagram(&path("d")).map(drop),
            here.unbound_unix_datagram().map(drop),
            here.unix_pair().map(drop),
            here.connect_unix(path("l")).await.map(drop),
        ];
        errors.map(|result| result.unwrap_err().to_string().to_lowercase())
    });
    for error in sim.block_on(told).unwrap() {
        assert!(error.contains("too many open files"), "{error}");
    }
}

#[test]
fn datagrams_are_sent_to_names_without_waiting() {
    use loop_api::net::UnixDatagram;
    let mut sim = SimLoop::builder().build();
    let here = sim.handle().clone();
    sim.block_on(async {
        let (one, other) =
            (here.bind_unix_datagram(&path("one")).unwrap(), here.unbound_unix_datagram().unwrap());
        let mut buf = [0; 8];
        assert_eq!(one.try_recv_from(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        let mut sent = 0;
        while other.try_send_to(b"ciao", &path("one")).is_ok() {
            sent += 1;
        }
        assert!(sent > 1);
        let blocked = other.try_send_to(b"ciao", &path("one")).unwrap_err();
        assert_eq!(blocked.kind(), ErrorKind::WouldBlock);
        assert_eq!(other.try_send_to(b"", &path("none")).unwrap_err().kind(), ErrorKind::NotFound);
        // One who polls is woken when there is space.
        let to = path("one");
        let waits = here.spawn(async move {
            std::future::poll_fn(|cx| other.poll_send_to(cx, b"more", &to)).await.map(|n| (n, other))
        });
        here.sleep(Duration::from_millis(1)).await;
        let (n, from) = one.try_recv_from(&mut buf).unwrap();
        assert!(&buf[..n] == b"ciao" && from.is_unnamed());
        assert_eq!(waits.await.unwrap().unwrap().0, 4);
    });
}
