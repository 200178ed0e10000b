//! NET13: datagrams.

use std::io;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use crate::support::{Counter, LONG, SHORT, loopback, run, until, within};
use crate::{HandleOf, Subject};
use loop_api::Handle;
use loop_api::net::{Net, Socket, UdpOptions, UdpSocket};

fn bind<H: Net>(handle: &H) -> H::UdpSocket {
    handle.bind_udp(loopback(), &UdpOptions::default()).expect("a port")
}

pub fn net13_datagrams_to_any_address<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (one, other) = (bind(&handle), bind(&handle));
        let to = other.local_addr().expect("its address");
        assert_eq!(one.send_to(b"ciao", to).await.expect("to be sent"), 4);
        let mut buf = [0; 16];
        let (n, from) =
            within(&handle, LONG, other.peek_from(&mut buf)).await.expect("a datagram").expect("a peek");
        assert_eq!((&buf[..n], Ok(from)), (&b"ciao"[..], one.local_addr().map_err(|_| ())));
        buf.fill(0);
        let (n, from) = other.recv_from(&mut buf).await.expect("what was peeked at");
        assert_eq!((&buf[..n], Ok(from)), (&b"ciao"[..], one.local_addr().map_err(|_| ())));
        let error = other.try_recv_from(&mut buf).expect_err("nothing more");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    });
}

pub fn net13_connected_datagrams<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (one, other, third) = (bind(&handle), bind(&handle), bind(&handle));
        one.connect(other.local_addr().expect("its address")).await.expect("a peer");
        other.connect(one.local_addr().expect("its address")).await.expect("a peer");
        assert_eq!(one.peer_addr().ok(), other.local_addr().ok());
        // Who is not the peer is not heard.
        third.send_to(b"psst", other.local_addr().expect("its address")).await.expect("to be sent");
        one.send(b"ciao").await.expect("to be sent");
        let mut buf = [0; 16];
        let n = within(&handle, LONG, other.recv(&mut buf)).await.expect("a datagram").expect("a datagram");
        assert_eq!(&buf[..n], b"ciao");
    });
}

/// A server that has a socket for each client, at one port.
pub fn net13_a_datagram_goes_to_the_socket_of_its_peer<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let options = UdpOptions::new().reuse_address(true);
        let all = handle.bind_udp(loopback(), &options).expect("a port");
        let addr = all.local_addr().expect("its address");
        let (client, other) = (bind(&handle), bind(&handle));
        let of_client = handle.bind_udp(addr, &options).expect("the same port");
        of_client.connect(client.local_addr().expect("its address")).await.expect("a peer");
        other.send_to(b"other", addr).await.expect("to be sent");
        client.send_to(b"client", addr).await.expect("to be sent");
        for (socket, expected) in [(&of_client, &b"client"[..]), (&all, b"other")] {
            let mut buf = [0; 16];
            let (n, _) = within(&handle, LONG, socket.recv_from(&mut buf))
                .await
                .expect("a datagram")
                .expect("a datagram");
            assert_eq!(&buf[..n], expected);
            let error = socket.try_recv_from(&mut buf).expect_err("nothing more");
            assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        }
        // To one that is not its peer, the port is closed.
        drop(all);
        other.connect(addr).await.expect("a peer");
        other.send(b"is it there").await.expect("to be sent");
        let refused = within(&handle, LONG, other.recv(&mut [0; 16])).await.expect("an answer");
        assert_eq!(refused.expect_err("it is refused").kind(), io::ErrorKind::ConnectionRefused);
    });
}

pub fn net13_a_datagram_goes_to_the_very_address_first<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let options = UdpOptions::new().reuse_address(true);
        let every = handle.bind_udp((Ipv4Addr::UNSPECIFIED, 0).into(), &options).expect("a port");
        let port = every.local_addr().expect("its address").port();
        let one = handle.bind_udp((Ipv4Addr::LOCALHOST, port).into(), &options).expect("the same port");
        let addr = one.local_addr().expect("its address");
        bind(&handle).send_to(b"ciao", addr).await.expect("to be sent");
        within(&handle, LONG, one.recv_from(&mut [0; 16])).await.expect("a datagram").expect("a datagram");
    });
}

pub fn net13_the_unspecified_address_is_the_host_itself<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let to = bind(&handle);
        let itself = (Ipv4Addr::UNSPECIFIED, to.local_addr().expect("its address").port());
        bind(&handle).send_to(b"sent", itself.into()).await.expect("to be sent");
        let from = handle.bind_udp((Ipv4Addr::UNSPECIFIED, 0).into(), &UdpOptions::new()).expect("a port");
        from.connect(itself.into()).await.expect("a peer");
        assert_eq!(from.peer_addr().ok(), to.local_addr().ok());
        // What it is known by from now on.
        let known = from.local_addr().expect("its address");
        assert_eq!(known.ip(), Ipv4Addr::LOCALHOST);
        from.send(b"connected").await.expect("to be sent");
        for expected in [&b"sent"[..], b"connected"] {
            let mut buf = [0; 16];
            let (n, sender) =
                within(&handle, LONG, to.recv_from(&mut buf)).await.expect("a datagram").expect("a datagram");
            assert_eq!(&buf[..n], expected);
            assert!(n == 4 || sender == known, "from {sender}");
        }
    });
}

pub fn net13_connecting_keeps_what_has_come<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (early, peer, socket) = (bind(&handle), bind(&handle), bind(&handle));
        early.send_to(b"early", socket.local_addr().expect("its address")).await.expect("to be sent");
        within(&handle, LONG, socket.readable()).await.expect("to be ready").expect("to be ready");
        socket.connect(peer.local_addr().expect("its address")).await.expect("a peer");
        let mut buf = [0; 16];
        assert_eq!(socket.try_recv(&mut buf).expect("what came before"), 5);
    });
}

pub fn net13_ipv4_and_ipv6_are_apart<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let v4 = handle.bind_udp((Ipv4Addr::UNSPECIFIED, 0).into(), &UdpOptions::new()).expect("a port");
        let Ok(v6) = handle.bind_udp((Ipv6Addr::LOCALHOST, 0).into(), &UdpOptions::new()) else {
            // A machine without IPv6.
            return;
        };
        v4.send_to(b"x", v6.local_addr().expect("its address")).await.expect_err("another family");
        let port = v4.local_addr().expect("its address").port();
        v6.connect((Ipv6Addr::LOCALHOST, port).into()).await.expect("a peer");
        v6.send(b"x").await.expect("to be sent");
        let refused = within(&handle, LONG, v6.recv(&mut [0; 4])).await.expect("an answer");
        assert_eq!(refused.expect_err("it is refused").kind(), io::ErrorKind::ConnectionRefused);
    });
}

pub fn net13_a_refused_datagram_does_not_end_receiving<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (one, gone) = (bind(&handle), bind(&handle));
        let closed = gone.local_addr().expect("its address");
        drop(gone);
        let me = one.local_addr().expect("its address");
        one.send_to(b"is it there", closed).await.expect("to be sent");
        handle.sleep(SHORT).await;
        let other = bind(&handle);
        other.send_to(b"yes", me).await.expect("to be sent");
        let mut buf = [0; 16];
        let received = within(&handle, LONG, async {
            loop {
                // Some systems tell of the refusal first, once.
                if let Ok((n, _)) = one.recv_from(&mut buf).await {
                    return buf[..n].to_vec();
                }
            }
        });
        assert_eq!(received.await.expect("receiving ended"), b"yes");
    });
}

pub fn net13_many_may_receive_on_one_socket<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let socket = Arc::new(bind(&handle));
        let received = Counter::new();
        for _ in 0..3 {
            let (socket, received) = (socket.clone(), received.clone());
            drop(handle.spawn(async move {
                socket.recv_from(&mut [0; 4]).await.expect("a datagram");
                received.add();
            }));
        }
        handle.sleep(SHORT).await;
        let sender = bind(&handle);
        for _ in 0..3 {
            sender.send_to(b"x", socket.local_addr().expect("its address")).await.expect("to be sent");
        }
        assert!(until(&handle, || received.get() == 3).await, "only {} received", received.get());
    });
}

pub fn net13_dropping_a_receive_loses_no_datagram<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (one, other) = (bind(&handle), bind(&handle));
        let to = other.local_addr().expect("its address");
        let mut buf = [0; 4];
        assert!(within(&handle, SHORT, other.recv_from(&mut buf)).await.is_none());
        for n in 0..10_u8 {
            one.send_to(&[n], to).await.expect("to be sent");
        }
        for n in 0..10_u8 {
            // Given up at once, or after a poll; what was not taken is there for the next.
            let _dropped = other.recv_from(&mut buf);
            drop(_dropped);
            let (_, _) =
                within(&handle, LONG, other.recv_from(&mut buf)).await.expect("lost").expect("a datagram");
            assert_eq!(buf[0], n);
        }
    });
}

pub fn net13_a_datagram_taken_past_the_loop_is_not_waited_for_again<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (one, other) = (bind(&handle), bind(&handle));
        let to = other.local_addr().expect("its address");
        one.send_to(b"ciao", to).await.expect("to be sent");
        within(&handle, LONG, other.readable()).await.expect("to be ready").expect("to be ready");
        let mut buf = [MaybeUninit::uninit(); 16];
        assert_eq!(other.with_std(|socket| socket.recv(&mut buf)).expect("a datagram"), 4);
        assert!(within(&handle, SHORT, other.readable()).await.is_none(), "nothing is there any more");
        one.send_to(b"addio", to).await.expect("to be sent");
        within(&handle, LONG, other.readable()).await.expect("to be ready").expect("to be ready");
    });
}
