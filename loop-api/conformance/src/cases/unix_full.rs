//! NET12: unix sockets whose peer's buffer is full. Linux wakes no waiter when there is space
//! again.

use std::future::Future;
use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram as StdDatagram, UnixListener as StdListener, UnixStream};
use std::pin::pin;
use std::time::Duration;

use futures_lite::future::poll_fn;

use loop_api::Handle;
use loop_api::net::{UnixDatagram, UnixNet};
use loop_api::task::Task;
use loop_toolkit::socket;

use crate::support::{Counter, LONG, SHORT, refusal, run, within};
use crate::{HandleOf, Subject};

/// How long what is to wait is watched.
const WATCHED: Duration = Duration::from_millis(200);

/// More polls in that time than any wait takes. What tries again as soon as it can makes thousands.
const MANY: usize = 500;

/// Adds each poll of `future` to `polls`.
async fn counted<F: Future>(future: F, polls: Counter) -> F::Output {
    let mut future = pin!(future);
    poll_fn(move |cx| {
        polls.add();
        future.as_mut().poll(cx)
    })
    .await
}

/// Connections that fill the backlog of the server at `addr`.
fn fill(addr: &SocketAddr) -> Vec<UnixStream> {
    let mut waiting = Vec::new();
    loop {
        match socket::unix_connecting(addr) {
            Ok(stream) => waiting.push(stream),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return waiting,
            Err(error) => panic!("could not fill the backlog: {error}"),
        }
    }
}

pub fn net12_connecting_waits_while_the_backlog_is_full<S: Subject>()
where
    HandleOf<S>: UnixNet,
{
    run::<S, _>(|handle| async move {
        let dir = tempfile::tempdir().expect("a folder");
        let addr = SocketAddr::from_pathname(dir.path().join("full")).expect("an address");
        let server = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None);
        let server = server.expect("a socket");
        server.bind(&socket::unix_addr(&addr).expect("an address")).expect("to be bound");
        server.listen(1).expect("to listen");
        let server = StdListener::from(server);
        let filled = fill(&addr);
        let polls = Counter::new();
        let mut connecting = pin!(counted(handle.connect_unix(addr), polls.clone()));
        let early = within(&handle, WATCHED, connecting.as_mut()).await;
        assert!(early.is_none(), "it did not wait for space: {early:?}");
        assert!(polls.get() < MANY, "it was polled {} times in {WATCHED:?}", polls.get());
        for _ in &filled {
            server.accept().expect("a connection");
        }
        let late = within(&handle, LONG, connecting).await.expect("there was space, and it did not connect");
        late.expect("a connection");
        server.accept().expect("it");
    });
}

pub fn net12_sending_to_a_peer_that_is_full_waits<S: Subject>()
where
    HandleOf<S>: UnixNet,
{
    run::<S, _>(|handle| async move {
        let dir = tempfile::tempdir().expect("a folder");
        let addr = SocketAddr::from_pathname(dir.path().join("full")).expect("an address");
        let peer = StdDatagram::bind_addr(&addr).expect("to be bound");
        let filler = StdDatagram::unbound().expect("a socket");
        filler.set_nonblocking(true).expect("an option");
        let mut sent = 0;
        while filler.send_to_addr(b"x", &addr).is_ok() {
            sent += 1;
        }
        let client = handle.unbound_unix_datagram().expect("a socket");
        let polls = Counter::new();
        let mut sending = pin!(counted(client.send_to(b"last", &addr), polls.clone()));
        let early = within(&handle, WATCHED, sending.as_mut()).await;
        assert!(early.is_none(), "it did not wait for space: {early:?}");
        assert!(polls.get() < MANY, "it was polled {} times in {WATCHED:?}", polls.get());
        let mut buf = [0; 8];
        for _ in 0..sent {
            assert_eq!(peer.recv(&mut buf).expect("a datagram"), 1);
        }
        let late = within(&handle, LONG, sending).await.expect("there was space, and it was not sent");
        assert_eq!(late.expect("to be sent"), 4);
        assert_eq!(peer.recv(&mut buf).expect("the last one"), 4);
    });
}

pub fn net12_datagrams_wait_for_a_slow_receiver<S: Subject>()
where
    HandleOf<S>: UnixNet,
{
    run::<S, _>(|handle| async move {
        let (one, other) = handle.unix_datagram_pair().expect("a pair");
        // A loop may not have looked yet, and then tries nothing.
        one.writable().await.expect("to be writable");
        let mut sent = 0_u32;
        while one.try_send(&sent.to_le_bytes()).is_ok() {
            sent += 1;
        }
        assert!(sent > 0);
        let sending = handle.spawn(async move { one.send(&sent.to_le_bytes()).await });
        handle.sleep(SHORT).await;
        assert!(!sending.is_finished(), "it did not wait for space");
        let mut buf = [0; 8];
        for number in 0..=sent {
            let received = within(&handle, LONG, other.recv(&mut buf)).await.expect("a datagram was lost");
            assert_eq!(received.expect("a datagram"), 4);
            assert_eq!(buf[..4], number.to_le_bytes(), "out of order");
        }
        let sending = within(&handle, LONG, sending).await.expect("there is space");
        assert_eq!(sending.expect("the task to end").expect("to be sent"), 4);
    });
}

pub fn net12_errors_of_datagrams<S: Subject>()
where
    HandleOf<S>: UnixNet,
{
    use io::ErrorKind::{AddrInUse, BrokenPipe, ConnectionRefused, NotConnected, NotFound, WouldBlock};
    run::<S, _>(|handle| async move {
        let dir = tempfile::tempdir().expect("a folder");
        let addr = |name: &str| SocketAddr::from_pathname(dir.path().join(name)).expect("an address");
        let client = handle.unbound_unix_datagram().expect("a socket");
        assert_eq!(client.send(b"x").await.expect_err("no peer").kind(), NotConnected);
        assert_eq!(client.peer_addr().expect_err("no peer").kind(), NotConnected);
        assert_eq!(client.send_to(b"x", &addr("none")).await.expect_err("no path").kind(), NotFound);
        assert_eq!(client.connect(&addr("none")).expect_err("no path").kind(), NotFound);
        let server = handle.bind_unix_datagram(&addr("server")).expect("to be bound");
        assert_eq!(handle.bind_unix_datagram(&addr("server")).expect_err("a path").kind(), AddrInUse);
        client.connect(&addr("server")).expect("to connect");
        assert_eq!(client.peer_addr().expect("it").as_pathname(), addr("server").as_pathname());
        client.send(b"one").await.expect("to be sent");
        let mut buf = [0; 2];
        // What does not fit is lost.
        let (n, from) = server.recv_from(&mut buf).await.expect("a datagram");
        assert_eq!((n, &buf, from.is_unnamed()), (2, b"on", true));
        assert_eq!(server.try_recv(&mut buf).expect_err("nothing").kind(), WouldBlock);
        drop(server);
        assert_eq!(refusal(&handle, || client.send(b"x")).await.kind(), ConnectionRefused);
        let late = client.send_to(b"x", &addr("server")).await;
        assert_eq!(late.expect_err("no socket is behind it").kind(), ConnectionRefused);
        let (one, _other) = handle.unix_datagram_pair().expect("a pair");
        one.shutdown(std::net::Shutdown::Write).expect("to shut down");
        assert_eq!(one.send(b"x").await.expect_err("no more").kind(), BrokenPipe);
    });
}
