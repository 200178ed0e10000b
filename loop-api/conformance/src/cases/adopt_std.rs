//! NET11: sockets of the standard library, taken over and given back.

use std::io::{self, Read, Write};

use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::support::{LONG, run, tcp_pair, within};
use crate::{HandleOf, Subject};
use loop_api::net::{StdNet, TcpListener, UdpSocket};

pub fn net11_a_connection_is_taken_over_and_given_back<S: Subject>()
where
    HandleOf<S>: StdNet,
{
    run::<S, _>(|handle| async move {
        // Blocking, as std makes them.
        let (near, mut far) = tcp_pair();
        let mut ours = handle.tcp_stream_from_std(near).expect("to be taken over");
        let mut buf = [0; 4];
        assert!(within(&handle, crate::support::SHORT, ours.read(&mut buf)).await.is_none());
        far.write_all(b"in").expect("a write");
        assert_eq!(within(&handle, LONG, ours.read(&mut buf)).await.expect("data").ok(), Some(2));
        ours.write_all(b"out").await.expect("a write");
        let back = <HandleOf<S> as StdNet>::tcp_stream_into_std(ours).expect("to be given back");
        let error = (&back).read(&mut buf).expect_err("it is non-blocking still");
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        far.read_exact(&mut buf[..3]).expect("a read");
        assert_eq!(&buf[..3], b"out");
        // And taken once more.
        handle.tcp_stream_from_std(back).expect("to be taken over again");
    });
}

pub fn net11_a_listener_and_a_udp_socket_are_taken_over<S: Subject>()
where
    HandleOf<S>: StdNet,
{
    run::<S, _>(|handle| async move {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("its address");
        let listener = handle.tcp_listener_from_std(listener).expect("to be taken over");
        let _client = std::net::TcpStream::connect(addr).expect("a connection");
        within(&handle, LONG, listener.accept()).await.expect("a connection").expect("a connection");
        let back = <HandleOf<S> as StdNet>::tcp_listener_into_std(listener).expect("to be given back");
        assert_eq!(back.local_addr().ok(), Some(addr));

        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
        let addr = socket.local_addr().expect("its address");
        let socket = handle.udp_socket_from_std(socket).expect("to be taken over");
        let sender = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
        sender.send_to(b"x", addr).expect("to be sent");
        let mut buf = [0; 4];
        let (n, _) =
            within(&handle, LONG, socket.recv_from(&mut buf)).await.expect("it").expect("a datagram");
        assert_eq!(&buf[..n], b"x");
        let back = <HandleOf<S> as StdNet>::udp_socket_into_std(socket).expect("to be given back");
        assert_eq!(back.local_addr().ok(), Some(addr));
    });
}
