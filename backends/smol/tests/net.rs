//! Sockets over async-io, and the way to and from its own types.

use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use async_io::Async;
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, StdNet, Stream as _, TcpListener as _, TcpOptions, UdpOptions, UdpSocket as _};
#[cfg(unix)]
use loop_api::readiness::{Readiness, Source as _};
use loop_api::{EventLoop, Handle};
use loop_smol::net::TcpStream;
use loop_smol::{Builder, SmolHandle, SmolLoop};

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Runs a test on each kind of loop, with a time limit.
fn on_each<F: Future<Output = ()>>(test: impl Fn(SmolHandle) -> F) {
    let one = SmolLoop::new().unwrap();
    let many = Builder::new().worker_threads(2).build().unwrap();
    for mut event_loop in [one, many] {
        let handle = event_loop.handle().clone();
        let limit = handle.sleep(Duration::from_secs(30));
        event_loop.block_on(futures_lite::future::or(test(handle), async {
            limit.await;
            panic!("took too long");
        }));
    }
}

async fn pair(handle: &SmolHandle) -> (TcpStream, TcpStream) {
    let listener = handle.listen_tcp(ANY, &TcpOptions::default()).unwrap();
    let addr = listener.local_addr().unwrap();
    let connect = handle.connect_tcp(addr, TcpOptions::default());
    let (client, server) = futures_lite::future::zip(connect, listener.accept()).await;
    (client.unwrap(), server.unwrap().0)
}

#[test]
fn bytes_go_both_ways_and_each_end_is_seen() {
    on_each(|handle| async move {
        let (client, mut server) = pair(&handle).await;
        let (mut read, mut write) = client.into_split();
        let echo = handle.spawn(async move {
            let (read, mut write) = server.split();
            futures_lite::io::copy(read, &mut write).await.unwrap();
            write.close().await.unwrap();
            server
        });
        let data = vec![7; 3 << 20];
        let sent = data.clone();
        let writer = handle.spawn(async move {
            write.write_all(&sent).await.unwrap();
            // Dropped, it sends FIN.
        });
        let mut back = Vec::new();
        read.read_to_end(&mut back).await.unwrap();
        assert!(back == data);
        writer.await.unwrap();
        echo.await.unwrap();
    });
}

#[test]
fn a_parked_writer_does_not_swallow_the_readers_wake() {
    on_each(|handle| async move {
        let (client, mut server) = pair(&handle).await;
        let (mut read, mut write) = client.into_split();
        let full = handle.spawn(async move {
            loop {
                write.write_all(&[0; 1 << 16]).await.unwrap();
            }
        });
        handle.sleep(Duration::from_millis(20)).await;
        let reader = handle.spawn(async move {
            let mut byte = [0];
            read.read_exact(&mut byte).await.unwrap();
            byte
        });
        handle.sleep(Duration::from_millis(5)).await;
        server.write_all(b"x").await.unwrap();
        assert_eq!(reader.await.unwrap(), *b"x");
        loop_api::task::Task::abort(&full);
    });
}

#[test]
fn halves_are_joined_again_only_with_their_own() {
    on_each(|handle| async move {
        let (a, b) = pair(&handle).await;
        let (a_read, a_write) = a.into_split();
        let (b_read, b_write) = b.into_split();
        let (a_read, b_write) = TcpStream::reunite(a_read, b_write).unwrap_err();
        let mut a = TcpStream::reunite(a_read, a_write).unwrap();
        let mut b = TcpStream::reunite(b_read, b_write).unwrap();
        a.write_all(b"still open").await.unwrap();
        let mut buf = [0; 10];
        b.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"still open");
    });
}

#[test]
fn sockets_come_from_async_io_and_std_and_go_back() {
    on_each(|handle| async move {
        let (a, mut b) = pair(&handle).await;
        let mut raw: Async<std::net::TcpStream> = a.into();
        raw.write_all(b"raw").await.unwrap();
        let std = SmolHandle::tcp_stream_into_std(TcpStream::from(raw)).unwrap();
        let mut a = handle.tcp_stream_from_std(std).unwrap();
        a.write_all(b"std").await.unwrap();
        a.close().await.unwrap();
        let mut all = String::new();
        b.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "rawstd");
    });
}

#[test]
fn errors_name_the_address_and_closed_loops_refuse() {
    let mut event_loop = SmolLoop::new().unwrap();
    let handle = event_loop.handle().clone();
    event_loop.block_on(async {
        let listener = handle.listen_tcp(ANY, &TcpOptions::default()).unwrap();
        let addr = listener.local_addr().unwrap();
        let error = handle.listen_tcp(addr, &TcpOptions::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(error.to_string().contains(&addr.to_string()));
        drop(listener);
        let error = handle.connect_tcp(addr, TcpOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(error.to_string().contains(&addr.to_string()), "{error}");
    });
    drop(event_loop);
    let error = handle.listen_tcp(ANY, &TcpOptions::default()).unwrap_err();
    assert!(error.to_string().contains("closed"));
    assert!(futures_lite::future::block_on(handle.connect_tcp(ANY, TcpOptions::default())).is_err());
}

#[test]
fn datagrams_keep_their_bounds_and_their_sender() {
    on_each(|handle| async move {
        let a = handle.bind_udp(ANY, &UdpOptions::default()).unwrap();
        let b = handle.bind_udp(ANY, &UdpOptions::default()).unwrap();
        let mut buf = [0; 16];
        assert_eq!(b.try_recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        a.send_to(b"one", b.local_addr().unwrap()).await.unwrap();
        a.send_to(b"", b.local_addr().unwrap()).await.unwrap();
        b.readable().await.unwrap();
        let from = a.local_addr().unwrap();
        assert_eq!(b.recv_from(&mut buf).await.unwrap(), (3, from));
        assert_eq!(b.recv_from(&mut buf).await.unwrap(), (0, from));
    });
}

#[cfg(unix)]
#[test]
fn a_descriptor_is_waited_for_by_many() {
    on_each(|handle| async move {
        let (a, b) = socket2::Socket::pair(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
        a.set_nonblocking(true).unwrap();
        let a = std::sync::Arc::new(handle.register(a).unwrap());
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let a = a.clone();
                handle.spawn(async move {
                    a.io(loop_api::io::Interest::Readable, |io| io.read_one()).await.unwrap()
                })
            })
            .collect();
        handle.sleep(Duration::from_millis(2)).await;
        b.send(b"abc").unwrap();
        let mut got = Vec::new();
        for waiter in waiters {
            got.push(waiter.await.unwrap());
        }
        got.sort_unstable();
        assert_eq!(got, b"abc");
        let mut poll = std::pin::pin!(std::future::poll_fn(|cx| a.poll_io(
            cx,
            loop_api::io::Interest::Readable,
            |io| io.read_one()
        )));
        assert!(futures_lite::future::poll_once(poll.as_mut()).await.is_none());
        b.send(b"d").unwrap();
        assert_eq!(poll.await.unwrap(), b'd');
    });
}

#[cfg(unix)]
trait ReadOne {
    fn read_one(&self) -> std::io::Result<u8>;
}

#[cfg(unix)]
impl ReadOne for socket2::Socket {
    fn read_one(&self) -> std::io::Result<u8> {
        let mut byte = [0];
        std::io::Read::read(&mut &*self, &mut byte)?;
        Ok(byte[0])
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_regular_file_is_refused_with_advice() {
    let event_loop = SmolLoop::new().unwrap();
    let file = std::fs::File::open("/proc/self/exe").unwrap();
    let error = event_loop.handle().register(file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("spawn_blocking"));
}

#[cfg(unix)]
#[test]
fn unix_sockets_carry_bytes_and_datagrams() {
    use loop_api::net::{UnixDatagram as _, UnixListener as _, UnixNet};
    use std::os::unix::net::SocketAddr;
    let dir = std::env::temp_dir().join(format!("loop-smol-{}", std::process::id()));
    on_each(|handle| {
        let dir = dir.clone();
        async move {
            std::fs::create_dir(&dir).unwrap();
            let addr = SocketAddr::from_pathname(dir.join("stream")).unwrap();
            let listener = handle.listen_unix(&addr).unwrap();
            let (client, server) =
                futures_lite::future::zip(handle.connect_unix(addr), listener.accept()).await;
            let (mut client, mut server) = (client.unwrap(), server.unwrap().0);
            client.write_all(b"hello").await.unwrap();
            client.close().await.unwrap();
            let mut text = String::new();
            server.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "hello");

            let (mut a, mut b) = handle.unix_pair().unwrap();
            a.write_all(b"x").await.unwrap();
            b.read_exact(&mut [0]).await.unwrap();

            let addr = SocketAddr::from_pathname(dir.join("datagram")).unwrap();
            let receiver = handle.bind_unix_datagram(&addr).unwrap();
            handle.unbound_unix_datagram().unwrap().send_to(b"one", &addr).await.unwrap();
            assert_eq!(receiver.recv(&mut [0; 8]).await.unwrap(), 3);
            std::fs::remove_dir_all(&dir).unwrap();
        }
    });
}
