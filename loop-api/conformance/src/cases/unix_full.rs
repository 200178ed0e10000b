//! NET12: unix sockets whose peer's buffer is full. Linux wakes no waiter when there is space
//! again.

use std::future::Future;
use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram as StdDatagram, UnixListener as StdListener, UnixStream};
use std::pin::pin;
use std::time::Duration;

use futures_lite::future::poll_fn;

use loop_api::net::{UnixDatagram, UnixNet};
use loop_toolkit::socket;

use crate::support::{Counter, LONG, run, within};
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
