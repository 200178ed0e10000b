//! The streams of `net::ready`, on the native loop.

use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt, FutureExt};
use loop_api::net::{Net, Stream, TcpListener, TcpOptions, TcpStream as _};
use loop_api::{EventLoop, Handle};
use loop_native::{NativeHandle, NativeLoop};

type TcpStream = <NativeHandle as Net>::TcpStream;

fn run<T>(test: impl AsyncFnOnce(NativeHandle) -> T) -> T {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.block_on(test(handle))
}

async fn pair(handle: &NativeHandle) -> (TcpStream, TcpStream) {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = handle.listen_tcp(any, &TcpOptions::default()).unwrap();
    let addr = listener.local_addr().unwrap();
    let client = handle.connect_tcp(addr, TcpOptions::default()).await.unwrap();
    let (server, peer) = listener.accept().await.unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    (client, server)
}

#[test]
fn vectored_transfers_move_all_slices_at_once() {
    run(async |handle| {
        let (mut client, mut server) = pair(&handle).await;
        let slices = [IoSlice::new(b"one, "), IoSlice::new(b""), IoSlice::new(b"two")];
        assert_eq!(client.write_vectored(&slices).await.unwrap(), 8);
        let (mut first, mut second) = ([0; 3], [0; 16]);
        let mut bufs = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        assert_eq!(server.read_vectored(&mut bufs).await.unwrap(), 8);
        assert_eq!((&first, &second[..5]), (b"one", &b", two"[..]));
    });
}

#[test]
fn dropping_the_owned_writing_half_sends_fin_and_forgetting_it_does_not() {
    run(async |handle| {
        let (client, mut server) = pair(&handle).await;
        let (mut read, write) = client.into_split();
        write.forget();
        let mut buf = [0; 8];
        let quiet = async {
            handle.sleep(Duration::from_millis(20)).await;
            None
        };
        assert!(quiet.or(async { Some(server.read(&mut buf).await) }).await.is_none());
        server.write_all(b"still").await.unwrap();
        assert_eq!(read.read(&mut buf).await.unwrap(), 5);

        let (_read, write) = server.into_split();
        drop(write);
        assert_eq!(read.read(&mut buf).await.unwrap(), 0);
    });
}

#[test]
fn halves_of_one_stream_are_joined_again_and_others_are_not() {
    run(async |handle| {
        let (client, server) = pair(&handle).await;
        let addr = client.local_addr().unwrap();
        let (client_read, client_write) = client.into_split();
        let (server_read, server_write) = server.into_split();
        let (client_read, server_write) = TcpStream::reunite(client_read, server_write).unwrap_err();
        let mut client = TcpStream::reunite(client_read, client_write).unwrap();
        assert_eq!(client.local_addr().unwrap(), addr);
        let mut server = TcpStream::reunite(server_read, server_write).unwrap();
        // Neither being parted nor being joined closed anything.
        client.write_all(b"!").await.unwrap();
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 1);
    });
}

#[test]
fn lent_halves_work_side_by_side() {
    run(async |handle| {
        let (mut client, mut server) = pair(&handle).await;
        let megabytes = vec![7; 4 << 20];
        let (mut read, mut write) = client.split();
        let there = async {
            write.write_all(&megabytes).await.unwrap();
            write.close().await.unwrap();
        };
        let back = async {
            let mut heard = Vec::new();
            read.read_to_end(&mut heard).await.unwrap();
            heard.len()
        };
        let echo = async {
            let (read, mut write) = server.split();
            futures_lite::io::copy(read, &mut write).await.unwrap();
            write.close().await.unwrap();
        };
        let ((), (length, ())) =
            futures_lite::future::zip(there, futures_lite::future::zip(back, echo)).await;
        assert_eq!(length, megabytes.len());
    });
}

#[test]
fn readable_and_writable_wait_for_what_they_say() {
    run(async |handle| {
        let (mut client, server) = pair(&handle).await;
        server.writable().await.unwrap();
        assert_eq!(server.try_read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
        let quiet = async {
            handle.sleep(Duration::from_millis(20)).await;
            false
        };
        assert!(!quiet.or(async { server.readable().await.is_ok() }).await);
        client.write_all(b"bytes").await.unwrap();
        server.readable().await.unwrap();
        // Being told once does not use it up.
        server.readable().await.unwrap();
        assert_eq!(server.try_read(&mut [0; 8]).unwrap(), 5);

        // Fill the connection: writable waits then, until the other side has read.
        let block = vec![0; 1 << 16];
        let mut sent = 0;
        loop {
            match client.try_write(&block) {
                Ok(n) => sent += n,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let quiet = async {
                        handle.sleep(Duration::from_millis(20)).await;
                        false
                    };
                    // Loopback may yet take more: only when it does not is the connection full.
                    if !quiet.or(async { client.writable().await.is_ok() }).await {
                        break;
                    }
                }
                Err(error) => panic!("{error}"),
            }
        }
        let mut server = server;
        let drain = async {
            let mut block = vec![0; 1 << 16];
            while sent > 0 {
                sent -= server.read(&mut block).await.unwrap();
            }
        };
        let (ready, ()) = futures_lite::future::zip(client.writable(), drain).await;
        ready.unwrap();
    });
}

#[test]
fn a_stream_goes_to_std_and_back() {
    use loop_api::net::StdNet;
    run(async |handle| {
        let (client, mut server) = pair(&handle).await;
        let std = NativeHandle::tcp_stream_into_std(client).unwrap();
        let read = std::io::Read::read(&mut &std, &mut [0; 8]);
        assert_eq!(read.unwrap_err().kind(), ErrorKind::WouldBlock);
        std.set_nonblocking(false).unwrap();
        let mut client = handle.tcp_stream_from_std(std).unwrap();
        server.write_all(b"again").await.unwrap();
        assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 5);
    });
}
