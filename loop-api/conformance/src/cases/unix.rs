//! NET12: unix sockets.

use std::future::poll_fn;
use std::io;
use std::os::unix::net::SocketAddr;
use std::path::Path;

use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::support::{LONG, refusal, run, within};
use crate::{HandleOf, Subject};
use loop_api::net::{StdUnixNet, UnixDatagram, UnixListener, UnixNet};

fn address(path: &Path) -> SocketAddr {
    SocketAddr::from_pathname(path).expect("a path that is short enough")
}

pub fn net12_unix_streams<S: Subject>()
where
    HandleOf<S>: UnixNet,
{
    run::<S, _>(|handle| async move {
        let dir = tempfile::tempdir().expect("a folder");
        let addr = address(&dir.path().join("socket"));
        let listener = handle.listen_unix(&addr).expect("to listen");
        assert_eq!(listener.local_addr().expect("its address").as_pathname(), addr.as_pathname());
        let both = futures_lite::future::zip(handle.connect_unix(addr.clone()), listener.accept());
        let (client, accepted) = within(&handle, LONG, both).await.expect("a connection");
        let (mut client, (mut server, _)) = (client.expect("a connection"), accepted.expect("a connection"));
        client.write_all(b"over there").await.expect("a write");
        client.close().await.expect("the end to be sent");
        let mut heard = Vec::new();
        server.read_to_end(&mut heard).await.expect("to read to the end");
        assert_eq!(heard, b"over there");
        server.write_all(b"and back").await.expect("a write");
        drop(server);
        heard.clear();
        client.read_to_end(&mut heard).await.expect("to read to the end");
        assert_eq!(heard, b"and back");
    });
}

pub fn net12_a_pair_and_its_halves<S: Subject>()
where
    HandleOf<S>: UnixNet,
{
    use loop_api::net::Stream;
    run::<S, _>(|handle| async move {
        let (one, mut other) = handle.unix_pair().expect("a pair");
        let (mut read, mut write) = one.into_split();
        write.write_all(b"x").await.expect("a write");
        drop(write);
        let mut heard = Vec::new();
        other.read_to_end(&mut heard).await.expect("the half's drop to send the end");
        other.write_all(b"y").await.expect("a write");
        drop(other);
        read.read_to_end(&mut heard).await.expect("to read to the end");
        assert_eq!(heard, b"xy");
    });
}

pub fn net12_a_path_in_use_stays_so_when_its_listener_is_gone<S: Subject>()
where
    HandleOf<S>: UnixNet,
{
    run::<S, _>(|handle| async move {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("socket");
        let listener = handle.listen_unix(&address(&path)).expect("to listen");
        for dropped in [false, true] {
            let error = handle.listen_unix(&address(&path)).expect_err("the path is there");
            assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
            assert!(error.to_string().contains("socket"), "no path in: {error}");
            let error = handle.bind_unix_datagram(&address(&path)).expect_err("the path is there");
            assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
            if dropped {
                break;
            }
            handle.connect_unix(address(&path)).await.expect("a connection");
        }
        drop(listener);
        // Nothing listens behind it.
        let error = refusal(&handle, || handle.connect_unix(address(&path))).await;
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let error = handle.listen_unix(&address(&path)).expect_err("the path is there still");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        let missing = address(&dir.path().join("nothing here"));
        let error = handle.connect_unix(missing).await.expect_err("no such path");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    });
}

pub fn net12_a_path_that_was_removed_is_free<S: Subject>()
where
    HandleOf<S>: UnixNet,
{
    run::<S, _>(|handle| async move {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("socket");
        drop(handle.listen_unix(&address(&path)).expect("to listen"));
        assert!(path.exists());
        std::fs::remove_file(&path).expect("to remove it");
        handle.listen_unix(&address(&path)).expect("the path is free");
    });
}

pub fn net12_a_stream_that_is_closed_is_a_broken_pipe<S: Subject>()
where
    HandleOf<S>: UnixNet,
{
    use loop_api::net::Stream;
    run::<S, _>(|handle| async move {
        // What was written before is read, and then the end.
        let (mut one, mut other) = handle.unix_pair().expect("a pair");
        one.write_all(b"last words").await.expect("a write");
        drop(one);
        assert_eq!(other.write(b"x").await.expect_err("no reader").kind(), io::ErrorKind::BrokenPipe);
        let mut heard = Vec::new();
        other.read_to_end(&mut heard).await.expect("to read to the end");
        assert_eq!(heard, b"last words");
        // One side has shut reading down: the other cannot write, and can be written to.
        let (mut one, mut other) = handle.unix_pair().expect("a pair");
        one.shutdown(std::net::Shutdown::Read).expect("to shut down");
        assert_eq!(other.write(b"x").await.expect_err("no reader").kind(), io::ErrorKind::BrokenPipe);
        one.write_all(b"y").await.expect("a write");
        one.shutdown(std::net::Shutdown::Write).expect("to shut down");
        heard.clear();
        other.read_to_end(&mut heard).await.expect("to read to the end");
        assert_eq!(heard, b"y");
        assert_eq!(one.write(b"z").await.expect_err("no more").kind(), io::ErrorKind::BrokenPipe);
    });
}

pub fn net12_the_peers_credentials_are_those_of_its_process<S: Subject>()
where
    HandleOf<S>: UnixNet,
{
    use loop_api::net::UnixStream;
    run::<S, _>(|handle| async move {
        let (one, other) = handle.unix_pair().expect("a pair");
        let (theirs, ours) = (one.peer_cred().expect("to know"), other.peer_cred().expect("to know"));
        assert_eq!(theirs, ours, "one process has both ends");
        assert_eq!(theirs.1, rustix::process::geteuid().as_raw());
        assert_eq!(theirs.2, rustix::process::getegid().as_raw());
    });
}

#[cfg(target_os = "linux")]
pub fn net12_abstract_names<S: Subject>()
where
    HandleOf<S>: UnixNet,
{
    use std::os::linux::net::SocketAddrExt;
    run::<S, _>(|handle| async move {
        let name = format!("anyloop-{}-{:?}", std::process::id(), std::thread::current().id());
        let addr = SocketAddr::from_abstract_name(name).expect("a name");
        let listener = handle.listen_unix(&addr).expect("to listen");
        let both = futures_lite::future::zip(handle.connect_unix(addr.clone()), listener.accept());
        let (client, accepted) = within(&handle, LONG, both).await.expect("a connection");
        client.expect("a connection").write_all(b"x").await.expect("a write");
        let mut byte = [0; 1];
        accepted.expect("a connection").0.read_exact(&mut byte).await.expect("a read");
        assert_eq!(&byte, b"x");
    });
}

pub fn net12_unix_datagrams<S: Subject>()
where
    HandleOf<S>: UnixNet,
{
    run::<S, _>(|handle| async move {
        let dir = tempfile::tempdir().expect("a folder");
        let addr = address(&dir.path().join("datagrams"));
        let server = handle.bind_unix_datagram(&addr).expect("to be bound");
        let client = handle.unbound_unix_datagram().expect("a socket");
        client.send_to(b"no sender", &addr).await.expect("to be sent");
        let mut buf = [0; 32];
        let (n, from) =
            within(&handle, LONG, server.recv_from(&mut buf)).await.expect("it").expect("a datagram");
        assert_eq!(&buf[..n], b"no sender");
        assert!(from.is_unnamed());
        let polled = poll_fn(|cx| client.poll_send_to(cx, b"polled", &addr));
        assert_eq!(within(&handle, LONG, polled).await.expect("it").expect("to be sent"), 6);
        within(&handle, LONG, server.readable()).await.expect("it").expect("a datagram");
        assert_eq!(server.try_recv_from(&mut buf).expect("a datagram").0, 6);
        let error = server.try_recv_from(&mut buf).expect_err("nothing more");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        client.writable().await.expect("space");
        assert_eq!(client.try_send_to(b"tried", &addr).expect("to be sent"), 5);
        let n = within(&handle, LONG, server.recv(&mut buf)).await.expect("it").expect("a datagram");
        assert_eq!(&buf[..n], b"tried");
        let (one, other) = handle.unix_datagram_pair().expect("a pair");
        one.send(b"one").await.expect("to be sent");
        one.send(b"two").await.expect("to be sent");
        // The bounds of datagrams are kept.
        assert_eq!(other.recv(&mut buf).await.expect("a datagram"), 3);
        assert_eq!(other.recv(&mut buf).await.expect("a datagram"), 3);
        assert_eq!(&buf[..3], b"two");
        let error = other.try_recv(&mut buf).expect_err("nothing more");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    });
}

pub fn net11_unix_sockets_of_std_are_taken_and_given_back<S: Subject>()
where
    HandleOf<S>: StdUnixNet,
{
    run::<S, _>(|handle| async move {
        let (one, mut other) = std::os::unix::net::UnixStream::pair().expect("a pair");
        let mut ours = handle.unix_stream_from_std(one).expect("to be taken");
        ours.write_all(b"ours").await.expect("a write");
        let mut heard = [0; 4];
        io::Read::read_exact(&mut other, &mut heard).expect("a read");
        let back = <HandleOf<S> as StdUnixNet>::unix_stream_into_std(ours).expect("to be given back");
        io::Write::write_all(&mut &back, b"std").expect("a write");
        let mut heard = [0; 3];
        io::Read::read_exact(&mut other, &mut heard).expect("a read");
        assert_eq!(&heard, b"std");
    });
}
