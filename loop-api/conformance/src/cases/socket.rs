//! NET: what lies under sockets and halves, and accepting as a poll.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::task::Poll;

use loop_api::Handle;
use loop_api::io::Interest;
use loop_api::net::{Net, Socket, Stream, TcpListener, TcpOptions, TcpStream, UdpOptions, UdpSocket};
use socket2::SockRef;

use crate::support::{LONG, connected, loopback, run, within};
use crate::{HandleOf, Subject};

fn receive(socket: SockRef<'_>) -> io::Result<usize> {
    socket.recv(&mut [MaybeUninit::uninit(); 16])
}

/// Nothing is there for `socket`, until `send` sends four bytes.
async fn reads<H: Handle>(
    handle: &H,
    socket: &(impl Socket + Sync),
    send: impl FnOnce() -> io::Result<usize>,
) {
    let blocked = socket.try_io(Interest::Readable, receive);
    assert_eq!(blocked.expect_err("nothing is there").kind(), ErrorKind::WouldBlock);
    let mut ready = std::pin::pin!(socket.ready(Interest::Readable));
    let pending = poll_fn(|cx| {
        let polls = [
            socket.poll_ready(cx, Interest::Readable).is_pending(),
            socket.poll_io(cx, Interest::Readable, receive).is_pending(),
            ready.as_mut().poll(cx).is_pending(),
        ];
        Poll::Ready(polls)
    });
    assert_eq!(pending.await, [true; 3]);
    assert_eq!(send().expect("to be sent"), 4);
    within(handle, LONG, ready).await.expect("to be told").expect("to be ready");
    let read = poll_fn(|cx| socket.poll_io(cx, Interest::Readable, receive));
    assert_eq!(within(handle, LONG, read).await.expect("to be told").expect("to be read"), 4);
}

/// Waits until the loop knows that it can be written: nothing is tried before.
async fn writable<H: Handle>(handle: &H, socket: &(impl Socket + Sync)) {
    within(handle, LONG, socket.ready(Interest::Writable)).await.expect("to be told").expect("to be ready");
}

/// It can be written, and is the system's.
async fn writes<H: Handle>(handle: &H, socket: &(impl Socket + Sync)) {
    writable(handle, socket).await;
    let ready = poll_fn(|cx| socket.poll_ready(cx, Interest::Writable));
    within(handle, LONG, ready).await.expect("to be told").expect("to be ready");
    let sent = poll_fn(|cx| socket.poll_io(cx, Interest::Writable, |socket| socket.send(b"ciao")));
    assert_eq!(within(handle, LONG, sent).await.expect("to be told").expect("to be sent"), 4);
    assert_eq!(socket.try_io(Interest::Writable, |socket| socket.send(b"ciao")).expect("to be sent"), 4);
    let error = socket.try_io(Interest::Writable, |_| io::Result::<()>::Err(ErrorKind::Other.into()));
    assert_eq!(error.expect_err("its own error").kind(), ErrorKind::Other);
    socket.with_std(|socket| socket.local_addr()).expect("the system's socket");
}

async fn stream<H: Handle, T: Stream>(handle: &H, mut one: T, other: T) {
    writes(handle, &one).await;
    let _sent = within(handle, LONG, other.readable()).await;
    assert_eq!(other.try_read(&mut [0; 16]).expect("both"), 8);
    writable(handle, &other).await;
    reads(handle, &one, || other.try_write(b"ciao")).await;
    {
        let (read, write) = one.split();
        reads(handle, &read, || other.try_write(b"ciao")).await;
        writes(handle, &write).await;
    }
    let (read, write) = one.into_split();
    reads(handle, &read, || other.try_write(b"ciao")).await;
    writes(handle, &write).await;
}

pub fn net18_streams_and_their_halves<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (one, other) = connected(&handle).await;
        stream(&handle, one, other).await;
    });
}

pub fn net18_listeners_and_datagrams<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        // Not every loop tells when one is ready; accepting as a poll waits on all.
        let under = listener.with_std(|socket| socket.local_addr()).expect("the system's socket");
        assert_eq!(under.as_socket(), Some(addr));

        let (one, other) = (bind(&handle), bind(&handle));
        let addresses = (one.local_addr().expect("its address"), other.local_addr().expect("its address"));
        one.connect(addresses.1).await.expect("to connect");
        other.connect(addresses.0).await.expect("to connect");
        writes(&handle, &one).await;
        // Not before it is told of.
        within(&handle, LONG, other.ready(Interest::Writable))
            .await
            .expect("to be told")
            .expect("to be ready");
        reads(&handle, &one, || other.try_send(b"ciao")).await;
    });
}

fn bind<H: Net>(handle: &H) -> H::UdpSocket {
    handle.bind_udp(loopback(), &UdpOptions::default()).expect("a port")
}

#[cfg(unix)]
pub fn net18_unix_sockets<S: Subject>()
where
    HandleOf<S>: loop_api::net::UnixNet,
{
    use loop_api::net::{UnixDatagram, UnixNet};
    run::<S, _>(|handle| async move {
        let (one, other) = handle.unix_pair().expect("a pair");
        stream(&handle, one, other).await;
        let (one, other) = handle.unix_datagram_pair().expect("a pair");
        writes(&handle, &one).await;
        within(&handle, LONG, other.ready(Interest::Writable))
            .await
            .expect("to be told")
            .expect("to be ready");
        reads(&handle, &one, || other.try_send(b"ciao")).await;
    });
}

pub fn net19_accepting_as_a_poll<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        for _ in 0..2 {
            let none = poll_fn(|cx| Poll::Ready(listener.poll_accept(cx).is_pending())).await;
            assert!(none, "no client has connected");
            let both = futures_lite::future::zip(
                handle.connect_tcp(addr, TcpOptions::default()),
                poll_fn(|cx| listener.poll_accept(cx)),
            );
            let (client, accepted) = within(&handle, LONG, both).await.expect("to be told");
            let (client, (server, peer)) = (client.expect("a connection"), accepted.expect("a connection"));
            assert_eq!(client.local_addr().expect("its address"), peer);
            assert_eq!(server.local_addr().expect("its address"), addr);
        }
        let mut clients = Vec::new();
        for _ in 0..3 {
            clients.push(handle.connect_tcp(addr, TcpOptions::default()).await.expect("a connection"));
        }
        for client in &clients {
            let accept = poll_fn(|cx| listener.poll_accept(cx));
            let (_, peer) = within(&handle, LONG, accept).await.expect("lost").expect("a connection");
            assert_eq!(client.local_addr().expect("its address"), peer);
        }
    });
}

#[cfg(unix)]
pub fn net19_accepting_as_a_poll_on_a_unix_socket<S: Subject>()
where
    HandleOf<S>: loop_api::net::UnixNet,
{
    use loop_api::net::{UnixListener, UnixNet};
    run::<S, _>(|handle| async move {
        let dir = tempfile::tempdir().expect("a folder");
        let addr = std::os::unix::net::SocketAddr::from_pathname(dir.path().join("socket")).expect("a path");
        let listener = handle.listen_unix(&addr).expect("to listen");
        assert!(poll_fn(|cx| Poll::Ready(listener.poll_accept(cx).is_pending())).await);
        let both = futures_lite::future::zip(
            handle.connect_unix(addr.clone()),
            poll_fn(|cx| listener.poll_accept(cx)),
        );
        let (client, accepted) = within(&handle, LONG, both).await.expect("to be told");
        drop((client.expect("a connection"), accepted.expect("a connection")));
        assert!(poll_fn(|cx| Poll::Ready(listener.poll_accept(cx).is_pending())).await);
    });
}
