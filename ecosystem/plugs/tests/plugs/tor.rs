use std::future::pending;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::net::SocketAddr as UnixAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use anyloop::runtime::{Backend, Builder};
use anyloop_plugs::{Plug, tor};
use futures::channel::oneshot;
use futures::task::Spawn;
use futures::{AsyncReadExt, AsyncWriteExt, FutureExt, StreamExt};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tor_rtcompat::tls::{CertifiedConn, RustlsProvider, TlsConnector};
use tor_rtcompat::{
    Blocking, CoarseTimeProvider, NetStreamListener, NetStreamProvider, SleepProvider, SleepProviderExt,
    SpawnExt, StreamOps, TcpListenOptions, TlsProvider, ToplevelBlockOn, ToplevelRuntime, UdpProvider,
    UdpSocket,
};

use crate::support::{identity, plug};

const LOCALHOST: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// What arti gets.
fn runtime() -> impl ToplevelRuntime {
    let _installed_already = rustls::crypto::ring::default_provider().install_default();
    tor::with_tls(&plug(), RustlsProvider::default())
}

/// Bytes there and back over a connection, which each side then sees the end of.
async fn echo<A: Sync, P: NetStreamProvider<A> + Spawn>(runtime: &P, addr: &A) {
    let listener = runtime.listen(addr, &Default::default()).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let mut incoming = listener.incoming();
    let server = runtime
        .spawn_with_handle(async move {
            for _ in 0..2 {
                let (mut stream, _) = incoming.next().await.unwrap().unwrap();
                let mut bytes = Vec::new();
                stream.read_to_end(&mut bytes).await.unwrap();
                stream.write_all(&bytes).await.unwrap();
                stream.flush().await.unwrap();
            }
        })
        .unwrap();
    for length in [5, 100_000] {
        let sent: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
        let mut client = runtime.connect(&addr, &Default::default()).await.unwrap();
        client.write_all(&sent).await.unwrap();
        client.close().await.unwrap();
        let mut received = Vec::new();
        client.read_to_end(&mut received).await.unwrap();
        assert!(received == sent, "{} bytes came back, and not the same", received.len());
    }
    server.await;
}

#[anyloop::test(sim, seeds = 5)]
async fn bytes_come_back_over_tcp() {
    echo::<SocketAddr, _>(&runtime(), &LOCALHOST).await;
}

#[anyloop::test(sim, seeds = 5)]
async fn bytes_come_back_over_a_unix_socket() {
    let dir = tempfile::tempdir().unwrap();
    let addr = UnixAddr::from_pathname(dir.path().join("echo")).unwrap();
    echo::<UnixAddr, _>(&runtime(), &addr).await;
}

#[anyloop::test(sim, seeds = 5)]
async fn datagrams_tell_who_sent_them() {
    let runtime = runtime();
    let (here, there) = (runtime.bind(&LOCALHOST).await.unwrap(), runtime.bind(&LOCALHOST).await.unwrap());
    assert_eq!(here.send(b"ciao", &there.local_addr().unwrap()).await.unwrap(), 4);
    let mut buf = [0; 16];
    let (n, sender) = there.recv(&mut buf).await.unwrap();
    assert_eq!((&buf[..n], sender), (&b"ciao"[..], here.local_addr().unwrap()));
}

#[anyloop::test(sim, seeds = 5)]
async fn the_clocks_are_the_loops() {
    const PAUSE: Duration = Duration::from_millis(5);
    let runtime = runtime();
    let begun = runtime.now();
    runtime.sleep(PAUSE).await;
    assert!(runtime.now() - begun >= PAUSE);

    let later = runtime.wallclock() + Duration::from_millis(2);
    runtime.sleep_until_wallclock(later).await;
    assert!(runtime.wallclock() >= later);

    runtime.sleep(Duration::ZERO).await;
    assert_eq!(runtime.timeout(Duration::MAX, async { 7 }).await, Ok(7));
    assert!(runtime.timeout(Duration::from_millis(1), runtime.sleep(Duration::MAX)).await.is_err());
}

#[anyloop::test]
async fn coarse_time_goes_on() {
    let runtime = runtime();
    let begun = runtime.now_coarse();
    runtime.sleep(Duration::from_millis(50)).await;
    // Its steps are of some milliseconds.
    assert!(runtime.now_coarse() >= begun + Duration::from_millis(25).into());
}

#[anyloop::test(sim, seeds = 5)]
async fn tasks_run_on_unless_their_handle_is_dropped() {
    let runtime = runtime();
    assert_eq!(runtime.spawn_with_handle(async { 42 }).unwrap().await, 42);
    let (sender, receiver) = oneshot::channel();
    runtime.spawn(async move { sender.send("ran").unwrap() }).unwrap();
    assert_eq!(receiver.await, Ok("ran"));

    let (sender, receiver) = oneshot::channel::<()>();
    let endless = runtime.spawn_with_handle(async move {
        let _sender = sender;
        pending::<()>().await;
    });
    drop(endless);
    assert!(receiver.await.is_err(), "what the task held is dropped");

    let panicked = runtime.spawn_with_handle(async { std::panic::panic_any(7) }).unwrap();
    let panicked = AssertUnwindSafe(panicked).catch_unwind().await;
    assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&7));
}

#[anyloop::test]
async fn blocking_jobs_run_on_and_can_wait_for_the_loop() {
    let runtime = runtime();
    assert_eq!(runtime.spawn_blocking(|| 42).await, 42);
    assert_eq!(runtime.blocking_io(|| 43).await, 43);

    let (sender, receiver) = oneshot::channel();
    drop(runtime.spawn_blocking(move || sender.send("ran")));
    assert_eq!(receiver.await, Ok("ran"));

    let job = runtime.spawn_blocking(|| std::panic::panic_any(7));
    let panicked = AssertUnwindSafe(job).catch_unwind().await;
    assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&7));

    let inside = runtime.clone();
    let job = runtime.spawn_blocking(move || {
        inside.reenter_block_on(inside.sleep(Duration::from_millis(2)));
        inside.block_on(inside.spawn_with_handle(async { 44 }).unwrap())
    });
    assert_eq!(job.await, 44);
}

#[anyloop::test(sim, seeds = 5)]
async fn errors_are_of_the_systems_kinds() {
    let runtime = runtime();
    let listener = runtime.listen(&LOCALHOST, &Default::default()).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let taken = runtime.listen(&addr, &Default::default()).await;
    assert_eq!(taken.err().unwrap().kind(), ErrorKind::AddrInUse);
    drop(listener);
    let refused = runtime.connect(&addr, &Default::default()).await;
    assert_eq!(refused.err().unwrap().kind(), ErrorKind::ConnectionRefused);

    let dir = tempfile::tempdir().unwrap();
    let addr = UnixAddr::from_pathname(dir.path().join("nowhere")).unwrap();
    let missing = runtime.connect(&addr, &Default::default()).await;
    assert_eq!(missing.err().unwrap().kind(), ErrorKind::NotFound);
}

#[anyloop::test]
async fn sockets_have_their_options() {
    const SIZE: usize = 20_000;
    let plug = plug();
    let mut options = TcpListenOptions::builder();
    options.common().recv_buffer_size(Some(SIZE));
    let listener = plug.listen(&LOCALHOST, &options.build().unwrap()).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let client = plug.connect(&addr, &Default::default()).await.unwrap();
    let (server, peer) = listener.incoming().next().await.unwrap().unwrap();
    assert_eq!(peer, client.get_ref().local_addr().unwrap());
    // Linux has it twice.
    let size = server.get_ref().with_std(|socket| socket.recv_buffer_size()).unwrap();
    assert!((SIZE..=2 * SIZE).contains(&size), "{size}");

    let any: SocketAddr = (Ipv6Addr::UNSPECIFIED, 0).into();
    if let Ok(listener) = plug.listen(&any, &Default::default()).await {
        let only: SocketAddr = (Ipv4Addr::LOCALHOST, listener.local_addr().unwrap().port()).into();
        assert!(plug.listen(&only, &TcpListenOptions::default()).await.is_ok(), "it has both families");
    }
}

#[cfg(target_os = "linux")]
#[anyloop::test]
async fn a_handle_sets_an_option_and_does_not_keep_the_connection_open() {
    let plug = plug();
    let listener = plug.listen(&LOCALHOST, &TcpListenOptions::default()).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let client = plug.connect(&addr, &Default::default()).await.unwrap();
    let mut server = listener.incoming().next().await.unwrap().unwrap().0;

    let lowat = || client.get_ref().with_std(|socket| socket.tcp_notsent_lowat()).unwrap();
    client.set_tcp_notsent_lowat(1000).unwrap();
    assert_eq!(lowat(), 1000);
    let handle = client.new_handle();
    let another = handle.new_handle();
    handle.set_tcp_notsent_lowat(2000).unwrap();
    assert_eq!(lowat(), 2000);
    another.set_tcp_notsent_lowat(3000).unwrap();
    assert_eq!(lowat(), 3000);

    drop(client);
    let mut buf = [0; 8];
    let ended = plug.timeout(Duration::from_secs(20), server.read(&mut buf)).await;
    assert_eq!(ended.expect("the connection has ended").unwrap(), 0);
    assert_eq!(handle.set_tcp_notsent_lowat(1).unwrap_err().kind(), ErrorKind::NotConnected);
    assert_eq!(another.set_tcp_notsent_lowat(1).unwrap_err().kind(), ErrorKind::NotConnected);
}

#[anyloop::test(sim, seeds = 1)]
async fn a_unix_socket_has_no_option_of_tcp() {
    let dir = tempfile::tempdir().unwrap();
    let addr = UnixAddr::from_pathname(dir.path().join("socket")).unwrap();
    let runtime = runtime();
    let _listener = runtime.listen(&addr, &Default::default()).await.unwrap();
    let stream = runtime.connect(&addr, &Default::default()).await.unwrap();
    assert_eq!(stream.set_tcp_notsent_lowat(1).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(stream.new_handle().set_tcp_notsent_lowat(1).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_closed_loop_takes_nothing() {
    for backend in [Backend::Native, Backend::Tokio, Backend::Smol] {
        let closed = Builder::new().backend(backend).build().unwrap();
        let plug = Plug::new(closed.handle().clone());
        assert!(plug.status().is_ok());
        drop(closed);
        assert!(plug.status().unwrap_err().is_shutdown());
        assert!(plug.spawn(async { unreachable!() }).unwrap_err().is_shutdown());

        let kind = |error: Option<io::Error>| error.map(|error| error.kind());
        let mut other = Builder::new().backend(Backend::Native).build().unwrap();
        other.block_on(async {
            let connected = plug.connect(&LOCALHOST, &Default::default()).await;
            assert_eq!(kind(connected.err()), Some(ErrorKind::NotConnected), "{backend:?}");
            let listening = plug.listen(&LOCALHOST, &TcpListenOptions::default()).await;
            assert_eq!(kind(listening.err()), Some(ErrorKind::NotConnected), "{backend:?}");
            let bound = plug.bind(&LOCALHOST).await;
            assert_eq!(kind(bound.err()), Some(ErrorKind::NotConnected), "{backend:?}");
            let job = AssertUnwindSafe(plug.spawn_blocking(|| ())).catch_unwind().await;
            let message = job.unwrap_err().downcast::<String>().unwrap();
            assert!(message.contains("closed"), "{message}");
        });
    }
}

#[anyloop::test]
async fn tls_is_tor_rtcompats_over_the_loops_connections() {
    let (certificate, key) = identity();
    let runtime = runtime();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![certificate.clone()], key).unwrap());
    let listener = std::net::TcpListener::bind(LOCALHOST).unwrap();
    let addr = listener.local_addr().unwrap();
    let server = runtime.spawn_blocking(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
        let mut word = [0; 4];
        stream.read_exact(&mut word).unwrap();
        stream.write_all(&word).unwrap();
        stream.conn.send_close_notify();
        stream.flush().unwrap();
        stream.conn.export_keying_material([0; 32], b"EXPORTER-test", None).unwrap()
    });

    let stream = runtime.connect(&addr, &Default::default()).await.unwrap();
    let connector = TlsProvider::tls_connector(&runtime);
    let mut stream = connector.negotiate_unvalidated(stream, "elsewhere.test").await.unwrap();
    assert_eq!(stream.peer_certificate().unwrap().as_deref(), Some(certificate.as_ref()));
    stream.write_all(b"ciao").await.unwrap();
    let mut word = String::new();
    stream.read_to_string(&mut word).await.unwrap();
    assert_eq!(word, "ciao");
    let keys = stream.export_keying_material(32, b"EXPORTER-test", None).unwrap();
    assert_eq!(keys, server.await);
    assert!(stream.set_tcp_notsent_lowat(1000).is_ok() == cfg!(target_os = "linux"));
}
