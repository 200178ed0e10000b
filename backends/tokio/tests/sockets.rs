//! tokio's sockets in their newtypes.

use std::io::{ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::time::Duration;

use futures_lite::future::{block_on, poll_once, zip};
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, StdNet, Stream, TcpListener as _, TcpOptions, TcpStream as _};
use loop_api::net::{Socket as _, UdpOptions, UdpSocket as _};
use loop_api::{EventLoop, Handle};
use loop_tokio::net::{TcpListener, TcpStream};
use loop_tokio::{TokioHandle, TokioLoop};

fn loops() -> [TokioLoop; 2] {
    [TokioLoop::new().unwrap(), TokioLoop::builder().worker_threads(2).build().unwrap()]
}

fn any() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

async fn pair(handle: &TokioHandle) -> (TcpStream, TcpStream) {
    let listener = handle.listen_tcp(any(), &TcpOptions::default()).unwrap();
    let client = handle.connect_tcp(listener.local_addr().unwrap(), TcpOptions::default());
    let (client, accepted) = zip(client, listener.accept()).await;
    (client.unwrap(), accepted.unwrap().0)
}

#[test]
fn bytes_go_both_ways_and_half_close_keeps_the_other_way() {
    for mut tokio in loops() {
        let handle = tokio.handle().clone();
        tokio.block_on(async {
            let (mut client, mut server) = pair(&handle).await;
            client.write_all(b"ping").await.unwrap();
            client.close().await.unwrap();
            let mut got = Vec::new();
            server.read_to_end(&mut got).await.unwrap();
            assert_eq!(got, b"ping");
            server.write_all(b"pong").await.unwrap();
            drop(server);
            let mut got = String::new();
            client.read_to_string(&mut got).await.unwrap();
            assert_eq!(got, "pong");
        });
    }
}

#[test]
fn halves_work_and_join_again() {
    for mut tokio in loops() {
        let handle = tokio.handle().clone();
        tokio.block_on(async {
            let (mut client, server) = pair(&handle).await;
            {
                let (_, mut write) = client.split();
                write.write_all(b"abc").await.unwrap();
            }
            let (mut read, write) = server.into_split();
            let mut buf = [0; 3];
            read.read_exact(&mut buf).await.unwrap();
            assert_eq!(&buf, b"abc");
            let (other_read, other_write) = client.into_split();
            let (read, other_write) = TcpStream::reunite(read, other_write).unwrap_err();
            let mut server = TcpStream::reunite(read, write).unwrap();
            server.write_all(b"x").await.unwrap();
            let mut client = TcpStream::reunite(other_read, other_write).unwrap();
            client.read_exact(&mut buf[..1]).await.unwrap();
            assert_eq!(buf[0], b'x');
        });
    }
}

#[test]
fn a_vectored_write_is_one_write() {
    let mut tokio = TokioLoop::new().unwrap();
    let handle = tokio.handle().clone();
    tokio.block_on(async {
        let (mut client, mut server) = pair(&handle).await;
        let parts = [IoSlice::new(b"hello "), IoSlice::new(b"world")];
        assert_eq!(client.write_vectored(&parts).await.unwrap(), 11);
        let mut buf = [0; 11];
        server.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"hello world");
    });
}

#[test]
fn sockets_are_made_and_polled_outside_of_the_runtime() {
    let mut tokio = TokioLoop::builder().worker_threads(1).build().unwrap();
    let handle = tokio.handle().clone();
    // No tokio context on this thread, and futures-lite's executor.
    let (mut client, mut server) = block_on(pair(&handle));
    block_on(async {
        client.write_all(b"x").await.unwrap();
        server.readable().await.unwrap();
        assert_eq!(server.try_read(&mut [0; 8]).unwrap(), 1);
        assert_eq!(server.try_read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(poll_once(server.read(&mut [0; 8])).await.is_none());
    });
    tokio.close();
    let error = handle.listen_tcp(any(), &TcpOptions::default()).unwrap_err();
    assert!(error.to_string().contains("the event loop is closed"), "{error}");
    let error = block_on(server.read(&mut [0; 8])).unwrap_err();
    assert!(error.to_string().contains("the event loop is closed"), "{error}");
}

#[test]
fn refused_and_taken_addresses_are_in_the_message() {
    let mut tokio = TokioLoop::new().unwrap();
    let handle = tokio.handle().clone();
    tokio.block_on(async {
        let listener = handle.listen_tcp(any(), &TcpOptions::default()).unwrap();
        let addr = listener.local_addr().unwrap();
        let taken = handle.listen_tcp(addr, &TcpOptions::default()).unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        assert!(taken.to_string().contains(&addr.to_string()));
        drop(listener);
        let refused = handle.connect_tcp(addr, TcpOptions::default()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        assert!(refused.to_string().contains(&addr.to_string()));
    });
}

#[test]
fn sockets_pass_from_and_to_std_and_tokio() {
    let mut tokio = TokioLoop::new().unwrap();
    let handle = tokio.handle().clone();
    tokio.block_on(async {
        let listener = handle.tcp_listener_from_std(std::net::TcpListener::bind(any()).unwrap()).unwrap();
        let listener: tokio::net::TcpListener = listener.into();
        let listener = TcpListener::from(listener);
        let std = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let mut client = handle.tcp_stream_from_std(std).unwrap();
        let (server, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
        client.write_all(b"std").await.unwrap();
        let server: tokio::net::TcpStream = server.into_inner();
        let mut server = TcpStream::from(server);
        let mut buf = [0; 3];
        server.read_exact(&mut buf).await.unwrap();
        assert_eq!(&buf, b"std");
        let std = TokioHandle::tcp_stream_into_std(client).unwrap();
        assert_eq!(std.peer_addr().unwrap(), server.local_addr().unwrap());
        client = handle.tcp_stream_from_std(std).unwrap();
        assert!(poll_once(client.peek(&mut buf)).await.is_none());
    });
}

#[test]
fn any_number_of_tasks_wait_on_one_udp_socket() {
    for mut tokio in loops() {
        let handle = tokio.handle().clone();
        tokio.block_on(async {
            let receiver = std::sync::Arc::new(handle.bind_udp(any(), &UdpOptions::default()).unwrap());
            let sender = handle.bind_udp(any(), &UdpOptions::default()).unwrap();
            let waits: Vec<_> = (0..4)
                .map(|_| {
                    let receiver = receiver.clone();
                    handle.spawn(async move {
                        let mut buf = [0; 16];
                        let (length, from) = receiver.recv_from(&mut buf).await.unwrap();
                        (buf[..length].to_vec(), from)
                    })
                })
                .collect();
            handle.sleep(Duration::from_millis(1)).await;
            sender.connect(receiver.local_addr().unwrap()).await.unwrap();
            for _ in 0..4 {
                sender.send(b"dgram").await.unwrap();
            }
            for wait in waits {
                let (bytes, from) = wait.await.unwrap();
                assert_eq!((bytes.as_slice(), from), (&b"dgram"[..], sender.local_addr().unwrap()));
            }
            sender.with_std(|socket| socket.set_broadcast(true)).unwrap();
        });
    }
}

#[cfg(unix)]
mod unix {
    use std::io::{Read, Write};
    use std::os::unix::net::SocketAddr;
    use std::sync::Arc;

    use loop_api::io::Interest;
    use loop_api::net::{UnixDatagram as _, UnixListener as _, UnixNet};
    use loop_api::readiness::{Readiness, Source};

    use super::*;

    #[test]
    fn streams_and_datagrams_by_path() {
        let dir = tempfile::tempdir().unwrap();
        let addr = |name: &str| SocketAddr::from_pathname(dir.path().join(name)).unwrap();
        let mut tokio = TokioLoop::new().unwrap();
        let handle = tokio.handle().clone();
        tokio.block_on(async {
            let listener = handle.listen_unix(&addr("stream")).unwrap();
            let (client, server) = zip(handle.connect_unix(addr("stream")), listener.accept()).await;
            let (mut client, (mut server, _)) = (client.unwrap(), server.unwrap());
            client.write_all(b"unix").await.unwrap();
            client.close().await.unwrap();
            let mut got = String::new();
            server.read_to_string(&mut got).await.unwrap();
            assert_eq!(got, "unix");

            let receiver = handle.bind_unix_datagram(&addr("datagram")).unwrap();
            let sender = handle.unbound_unix_datagram().unwrap();
            sender.send_to(b"one", &addr("datagram")).await.unwrap();
            sender.connect(&addr("datagram")).unwrap();
            sender.send(b"two").await.unwrap();
            let mut buf = [0; 8];
            assert_eq!(receiver.recv_from(&mut buf).await.unwrap().0, 3);
            assert_eq!(receiver.recv(&mut buf).await.unwrap(), 3);
            assert_eq!(&buf[..3], b"two");
        });
    }

    #[test]
    fn a_descriptor_is_waited_for_in_both_directions() {
        for mut tokio in loops() {
            let handle = tokio.handle().clone();
            let (ours, mut theirs) = std::os::unix::net::UnixStream::pair().unwrap();
            ours.set_nonblocking(true).unwrap();
            let source = Arc::new(handle.register(ours).unwrap());
            tokio.block_on(async {
                let readers: Vec<_> = (0..2)
                    .map(|_| {
                        let source = source.clone();
                        handle.spawn(async move {
                            source.io(Interest::Readable, |mut io| io.read(&mut [0; 1])).await.unwrap()
                        })
                    })
                    .collect();
                source.io(Interest::Writable, |mut io| io.write(b"out")).await.unwrap();
                handle.sleep(Duration::from_millis(1)).await;
                theirs.write_all(b"in").unwrap();
                for reader in readers {
                    assert_eq!(reader.await.unwrap(), 1);
                }
                let mut buf = [0; 8];
                theirs.write_all(b"more").unwrap();
                let read = std::future::poll_fn(|cx| {
                    source.poll_transfer(cx, Interest::Readable, |mut io| {
                        io.read(&mut buf).map(|n| loop_api::readiness::Moved::of(n, 8))
                    })
                });
                assert_eq!(read.await.unwrap(), 4);
            });
            let source = Arc::into_inner(source).unwrap();
            let mut ours = source.into_inner().unwrap();
            assert_eq!(ours.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_regular_file_is_unsupported() {
        let tokio = TokioLoop::new().unwrap();
        let error = tokio.handle().register(tempfile::tempfile().unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
