//! tokio's readiness methods, polls and buffers of every socket and half, on every backend compiled
//! in, and through the erased loop.
#![cfg(feature = "io-util")]

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
use std::task::{Context, Poll, Waker};

use anyloop::io::{AsyncWriteExt, Interest, ReadBuf, Ready};
use anyloop::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use anyloop::runtime::{Backend, Builder, Runtime};
use anyloop::task;
use anyloop::time::{Duration, timeout};

const SHORT: Duration = Duration::from_millis(5);

/// Runs `body` once on each loop.
fn on_each<F: Future<Output = io::Result<()>>>(body: impl Fn() -> F) {
    let runtimes =
        Backend::compiled().iter().map(|&backend| Builder::new().backend(backend).build().unwrap());
    for mut runtime in runtimes {
        runtime.block_on(body()).unwrap();
    }
    #[cfg(all(feature = "dyn", feature = "native", unix))]
    {
        use anyloop::EventLoop;
        let erased = anyloop::erased::ErasedLoop::of(loop_native(), |handle| handle.std_net().std_unix_net());
        let mut runtime = Runtime::from_erased(erased);
        runtime.block_on(body()).unwrap();
        fn loop_native() -> loop_native::NativeLoop {
            loop_native::NativeLoop::new().unwrap()
        }
    }
    let _ = Runtime::choice;
}

fn blocks<T: std::fmt::Debug>(result: io::Result<T>) {
    assert_eq!(result.unwrap_err().kind(), ErrorKind::WouldBlock);
}

fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

async fn connected() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let one = TcpStream::connect(listener.local_addr()?).await?;
    Ok((one, listener.accept().await?.0))
}

#[test]
fn streams_tell_what_they_are_ready_for() {
    on_each(|| async {
        let (mut one, other) = connected().await?;
        // tokio takes an accepted connection to be readable until a read has told otherwise.
        blocks(other.try_read(&mut [0; 8]));
        assert!(timeout(SHORT, other.ready(Interest::READABLE)).await.is_err());
        let both = Interest::READABLE | Interest::WRITABLE;
        assert_eq!(other.ready(both).await?, Ready::WRITABLE);
        assert!(other.poll_read_ready(&mut noop()).is_pending());
        poll_fn(|cx| other.poll_write_ready(cx)).await?;
        one.write_all(b"x").await?;
        poll_fn(|cx| other.poll_read_ready(cx)).await?;
        assert_eq!(other.ready(both).await?, Ready::READABLE | Ready::WRITABLE);
        one.shutdown().await?;
        assert_eq!(other.try_read(&mut [0; 8])?, 1);
        let ready = other.ready(Interest::READABLE).await?;
        assert!(ready.is_readable());
        assert_eq!(other.ready(Interest::ERROR).await.unwrap_err().kind(), ErrorKind::Unsupported);
        Ok(())
    });
}

#[test]
fn operations_of_the_callers_are_tried_when_a_stream_is_ready() {
    on_each(|| async {
        let (mut one, other) = connected().await?;
        let mut buf = [0; 8];
        blocks(
            other.try_io(Interest::READABLE, || other.with_std(|s| io::Read::read(&mut &*s, &mut [0; 8]))),
        );
        assert_eq!(other.async_io(Interest::WRITABLE, || Ok(7)).await?, 7);
        let read = other.async_io(Interest::READABLE | Interest::WRITABLE, || {
            other.with_std(|s| io::Read::read(&mut &*s, &mut buf))
        });
        let write = async {
            task::yield_now().await;
            one.write_all(b"ciao").await
        };
        let (read, ()) = anyloop::try_join!(read, write)?;
        assert_eq!(&buf[..read], b"ciao");
        // Blocks although there is something, until there is more: others have their turn.
        one.write_all(b"a").await?;
        let both = other.async_io(Interest::READABLE, || {
            let there = other.with_std(|s| s.peek(&mut [std::mem::MaybeUninit::uninit(); 8]))?;
            if there < 2 { Err(ErrorKind::WouldBlock.into()) } else { Ok(there) }
        });
        let write = async {
            anyloop::time::sleep(SHORT).await;
            one.write_all(b"b").await
        };
        assert_eq!(anyloop::try_join!(both, write)?.0, 2);
        Ok(())
    });
}

#[test]
fn streams_read_into_buffers_and_write_from_several() {
    on_each(|| async {
        let (one, other) = connected().await?;
        let mut all = Vec::with_capacity(16);
        blocks(other.try_read_buf(&mut all));
        blocks(other.try_read_vectored(&mut [IoSliceMut::new(&mut [0; 4])]));
        one.writable().await?;
        assert_eq!(one.try_write_vectored(&[IoSlice::new(b"ci"), IoSlice::new(b"ao")])?, 4);
        let mut peeked = [0; 8];
        let mut buf = ReadBuf::new(&mut peeked);
        assert_eq!(poll_fn(|cx| other.poll_peek(cx, &mut buf)).await?, 4);
        assert_eq!(buf.filled(), b"ciao");
        other.readable().await?;
        assert_eq!(other.try_read_buf(&mut all)?, 4);
        assert_eq!(all, b"ciao");
        one.writable().await?;
        one.try_write(b"abc")?;
        other.readable().await?;
        let (mut a, mut bc) = ([0; 1], [0; 8]);
        let n = other.try_read_vectored(&mut [IoSliceMut::new(&mut a), IoSliceMut::new(&mut bc)])?;
        assert_eq!((n, a, &bc[..2]), (3, *b"a", &b"bc"[..]));
        one.set_linger(None)?;
        assert_eq!(AsRef::<TcpStream>::as_ref(&one).linger()?, None);
        Ok(())
    });
}

#[test]
fn halves_have_what_their_stream_has() {
    on_each(|| async {
        let (mut one, mut other) = connected().await?;
        let addrs = (other.local_addr()?, other.peer_addr()?);
        {
            let (read, write) = other.split();
            assert_eq!((read.local_addr()?, read.peer_addr()?), addrs);
            assert_eq!((write.local_addr()?, write.peer_addr()?), addrs);
            blocks(read.try_read(&mut [0; 8]));
            write.writable().await?;
            assert_eq!(write.try_write(b"a")?, 1);
            assert_eq!(write.try_write_vectored(&[IoSlice::new(b"b")])?, 1);
            assert!(write.ready(Interest::WRITABLE).await?.is_writable());
            one.write_all(b"abcd").await?;
            read.readable().await?;
            assert!(read.ready(Interest::READABLE).await?.is_readable());
            let mut buf = [0; 8];
            assert_eq!(read.peek(&mut buf).await?, 4);
            assert!(poll_fn(|cx| read.poll_peek(cx, &mut ReadBuf::new(&mut buf))).await? > 0);
            assert_eq!(read.try_read(&mut buf[..1])?, 1);
            assert_eq!(read.try_read_vectored(&mut [IoSliceMut::new(&mut buf[..1])])?, 1);
            let mut rest = Vec::with_capacity(8);
            assert_eq!(read.try_read_buf(&mut rest)?, 2);
            assert_eq!(rest, b"cd");
        }
        let (read, write) = other.into_split();
        assert_eq!((read.local_addr()?, read.peer_addr()?), addrs);
        assert_eq!((write.local_addr()?, write.peer_addr()?), addrs);
        let waiting = read.readable();
        let more = async {
            task::yield_now().await;
            one.write_all(b"xy").await
        };
        anyloop::try_join!(waiting, more)?;
        let mut buf = [0; 8];
        assert_eq!(read.peek(&mut buf).await?, 2);
        assert_eq!(read.try_read(&mut buf)?, 2);
        write.writable().await?;
        assert_eq!(write.try_write(b"z")?, 1);
        let mut heard = Vec::with_capacity(8);
        while heard.len() < 3 {
            one.readable().await?;
            match one.try_read_buf(&mut heard) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => assert_ne!(read?, 0),
            }
        }
        assert_eq!(heard, b"abz");
        Ok(())
    });
}

#[test]
fn servers_accept_by_polls_and_as_a_stream() {
    use futures_lite::StreamExt;
    on_each(|| async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let listener = TcpListener::try_from(listener)?;
        let addr = listener.local_addr()?;
        assert!(listener.poll_accept(&mut noop()).is_pending());
        let accept = poll_fn(|cx| listener.poll_accept(cx));
        let connect = async {
            task::yield_now().await;
            TcpStream::connect(addr).await
        };
        let ((_server, peer), client) = anyloop::try_join!(accept, connect)?;
        assert_eq!(peer, client.local_addr()?);
        let mut incoming = listener.into_incoming();
        assert_eq!(incoming.get_ref().local_addr()?, addr);
        for _ in 0..3 {
            let (server, client) = anyloop::join!(incoming.next(), TcpStream::connect(addr));
            let server = server.unwrap()?;
            assert_eq!(server.peer_addr()?, client?.local_addr()?);
        }
        incoming.into_inner().with_std(|socket| socket.listen(1))
    });
}

#[test]
fn sockets_of_the_standard_library_are_taken_over() {
    on_each(|| async {
        let (one, _other) = connected().await?;
        let addr = one.local_addr()?;
        assert_eq!(TcpStream::try_from(one.into_std()?)?.local_addr()?, addr);
        let udp = UdpSocket::try_from(std::net::UdpSocket::bind("127.0.0.1:0")?)?;
        assert_ne!(udp.local_addr()?.port(), 0);
        Ok(())
    });
}

#[test]
fn udp_sockets_are_polled_and_peeked() {
    on_each(|| async {
        let a = UdpSocket::bind("127.0.0.1:0").await?;
        let b = UdpSocket::bind("127.0.0.1:0").await?;
        let (a_addr, b_addr) = (a.local_addr()?, b.local_addr()?);
        let mut space = [0; 16];
        assert!(b.poll_recv_ready(&mut noop()).is_pending());
        blocks(b.try_peek(&mut space));
        blocks(b.try_peek_from(&mut space));
        blocks(b.try_peek_sender());
        blocks(b.try_recv_buf(&mut Vec::with_capacity(8)));
        poll_fn(|cx| a.poll_send_ready(cx)).await?;
        assert_eq!(poll_fn(|cx| a.poll_send_to(cx, b"ciao", b_addr)).await?, 4);
        poll_fn(|cx| b.poll_recv_ready(cx)).await?;
        assert_eq!(b.peek_sender().await?, a_addr);
        assert_eq!(b.try_peek_sender()?, a_addr);
        assert_eq!(poll_fn(|cx| b.poll_peek_sender(cx)).await?, a_addr);
        assert_eq!(b.peek(&mut space).await?, 4);
        assert_eq!(b.try_peek(&mut space)?, 4);
        assert_eq!(b.try_peek_from(&mut space)?, (4, a_addr));
        assert_eq!(poll_fn(|cx| b.poll_peek_from(cx, &mut ReadBuf::new(&mut space))).await?, a_addr);
        let mut buf = ReadBuf::new(&mut space);
        assert_eq!(poll_fn(|cx| b.poll_recv_from(cx, &mut buf)).await?, a_addr);
        assert_eq!(buf.filled(), b"ciao");
        a.connect(b_addr).await?;
        b.connect(a_addr).await?;
        assert_eq!(poll_fn(|cx| a.poll_send(cx, b"more")).await?, 4);
        poll_fn(|cx| b.poll_recv(cx, &mut buf)).await?;
        assert_eq!(buf.filled(), b"ciaomore");
        let mut all = Vec::with_capacity(16);
        a.send(b"1").await?;
        assert_eq!(b.recv_buf(&mut all).await?, 1);
        a.send(b"2").await?;
        assert_eq!(b.recv_buf_from(&mut all).await?, (1, a_addr));
        a.send(b"3").await?;
        b.readable().await?;
        assert_eq!(b.try_recv_buf(&mut all)?, 1);
        a.send(b"4").await?;
        b.readable().await?;
        assert_eq!(b.try_recv_buf_from(&mut all)?, (1, a_addr));
        assert_eq!(all, b"1234");
        assert_eq!(a.ready(Interest::WRITABLE).await?, Ready::WRITABLE);
        assert_eq!(a.try_io(Interest::WRITABLE, || Ok(1))?, 1);
        assert_eq!(a.async_io(Interest::WRITABLE, || Ok(2)).await?, 2);
        Ok(())
    });
}

#[cfg(target_os = "linux")]
#[test]
fn options_reach_the_system() {
    on_each(|| async {
        let udp = UdpSocket::bind("127.0.0.1:0").await?;
        udp.set_tos_v4(0x10)?;
        assert_eq!(udp.tos_v4()?, 0x10);
        assert_eq!(udp.device()?, None);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let socket = TcpSocket::new_v4()?;
        socket.set_tos_v4(0x10)?;
        socket.set_send_buffer_size(20_000)?;
        socket.set_linger(Some(Duration::from_secs(1)))?;
        assert_eq!((socket.tos_v4()?, socket.linger()?), (0x10, Some(Duration::from_secs(1))));
        assert_eq!(socket.send_buffer_size()?, 20_000);
        assert!(socket.recv_buffer_size()? > 0);
        let stream = socket.connect(listener.local_addr()?).await?;
        assert_eq!(stream.with_std(|socket| socket.tos_v4())?, 0x10);
        assert!(stream.with_std(|socket| socket.send_buffer_size())? >= 20_000);
        stream.set_quickack(true)?;
        assert!(stream.quickack()?);
        Ok(())
    });
}

#[cfg(unix)]
mod unix {
    use anyloop::net::unix::SocketAddr;
    use anyloop::net::{UnixDatagram, UnixListener, UnixSocket, UnixStream};

    use super::*;

    #[test]
    fn streams_and_halves_have_the_same() {
        on_each(|| async {
            let (one, mut other) = UnixStream::pair()?;
            assert_eq!(one.peer_cred()?, other.peer_cred()?);
            assert_eq!(
                one.peer_cred()?.pid(),
                Some(std::process::id() as i32).filter(|_| cfg!(target_os = "linux"))
            );
            assert!(other.poll_read_ready(&mut noop()).is_pending());
            assert_eq!(one.try_write_vectored(&[IoSlice::new(b"ci"), IoSlice::new(b"ao")])?, 4);
            assert_eq!(other.ready(Interest::READABLE).await?, Ready::READABLE);
            let mut all = Vec::with_capacity(8);
            assert_eq!(other.try_read_buf(&mut all)?, 4);
            {
                let (read, write) = other.split();
                blocks(read.try_read(&mut [0; 8]));
                assert!(read.peer_addr()?.is_unnamed() && write.local_addr()?.is_unnamed());
                write.writable().await?;
                assert_eq!(write.try_write(b"x")?, 1);
            }
            one.readable().await?;
            let (read, _write) = one.into_split();
            assert_eq!(read.try_read_buf(&mut all)?, 1);
            assert_eq!(all, b"ciaox");
            Ok(())
        });
    }

    #[test]
    fn servers_and_datagrams_have_the_same() {
        use futures_lite::StreamExt;
        on_each(|| async {
            let dir = tempfile::tempdir()?;
            let path = dir.path().join("server");
            let socket = UnixSocket::new_stream()?;
            socket.bind(&path)?;
            let listener = socket.listen(8)?;
            assert!(listener.poll_accept(&mut noop()).is_pending());
            assert!(listener.take_error()?.is_none());
            let client = UnixSocket::new_stream()?.connect(&path).await?;
            poll_fn(|cx| listener.poll_accept(cx)).await?;
            assert_eq!(client.peer_addr()?.as_pathname(), Some(&*path));
            let listener = UnixListener::try_from(listener.into_std()?)?;
            let (server, client) =
                anyloop::join!(async { listener.into_incoming().next().await }, UnixStream::connect(&path));
            server.unwrap()?;
            assert!(UnixStream::try_from(client?.into_std()?)?.local_addr()?.is_unnamed());
            assert_eq!(UnixSocket::new_datagram()?.listen(1).unwrap_err().kind(), ErrorKind::InvalidInput);

            let path = dir.path().join("datagrams");
            let socket = UnixSocket::new_datagram()?;
            socket.bind(&path)?;
            let here = socket.datagram()?;
            let there = UnixDatagram::try_from(std::os::unix::net::UnixDatagram::unbound()?)?;
            let mut all = Vec::with_capacity(16);
            blocks(here.try_recv_from(&mut [0; 8]));
            assert!(here.poll_recv_ready(&mut noop()).is_pending());
            there.writable().await?;
            assert_eq!(there.try_send_to(b"1", &path)?, 1);
            let (n, from): (usize, SocketAddr) = here.recv_buf_from(&mut all).await?;
            assert!(n == 1 && from.is_unnamed());
            assert_eq!(poll_fn(|cx| there.poll_send_to(cx, b"2", &path)).await?, 1);
            here.readable().await?;
            assert!(here.try_recv_buf_from(&mut all)?.1.is_unnamed());
            there.connect(&path)?;
            assert_eq!(poll_fn(|cx| there.poll_send(cx, b"3")).await?, 1);
            assert_eq!(here.recv_buf(&mut all).await?, 1);
            assert_eq!(all, b"123");
            there.send(b"4").await?;
            let mut space = [0; 8];
            let mut buf = ReadBuf::new(&mut space);
            poll_fn(|cx| here.poll_recv(cx, &mut buf)).await?;
            there.send(b"5").await?;
            assert!(poll_fn(|cx| here.poll_recv_from(cx, &mut buf)).await?.is_unnamed());
            assert_eq!(buf.filled(), b"45");
            there.send(b"6").await?;
            here.readable().await?;
            assert_eq!(here.try_recv_from(&mut space)?.0, 1);
            assert!(there.ready(Interest::WRITABLE).await?.is_writable());
            Ok(())
        });
    }

    #[test]
    fn a_poll_to_a_peer_that_is_full_lets_others_run() {
        on_each(|| async {
            let dir = tempfile::tempdir()?;
            let path = dir.path().join("full");
            let here = UnixDatagram::bind(&path)?;
            let there = UnixDatagram::unbound()?;
            there.writable().await?;
            while there.try_send_to(b"x", &path).is_ok() {}
            let mut sending = poll_fn(|cx| there.poll_send_to(cx, b"y", &path));
            assert!(timeout(SHORT, &mut sending).await.is_err());
            while here.try_recv(&mut [0; 8]).is_ok() {}
            let drained = async {
                loop {
                    match here.recv(&mut [0; 1]).await {
                        Ok(_) => {}
                        Err(error) => break Err::<(), _>(error),
                    }
                }
            };
            anyloop::select! {
                sent = sending => assert_eq!(sent?, 1),
                drained = drained => drained?,
            }
            Ok(())
        });
    }
}

#[test]
fn polls_are_woken_and_not_lost() {
    on_each(|| async {
        let (mut one, other) = connected().await?;
        for _ in 0..100 {
            let mut space = [0; 4];
            let mut buf = ReadBuf::new(&mut space);
            let peek = poll_fn(|cx| match other.poll_peek(cx, &mut buf) {
                Poll::Ready(n) => Poll::Ready(n),
                Poll::Pending => Poll::Pending,
            });
            let write = async {
                task::yield_now().await;
                one.write_all(b"ping").await
            };
            anyloop::try_join!(peek, write)?;
            let mut left = 4;
            while left > 0 {
                other.readable().await?;
                match other.try_read(&mut space[..left]) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    read => left -= read?,
                }
            }
        }
        Ok(())
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_begins_with_nul_is_an_abstract_name() {
    use anyloop::net::{UnixDatagram, UnixListener, UnixStream};
    use std::os::linux::net::SocketAddrExt;
    let number = std::sync::atomic::AtomicU32::new(0);
    on_each(|| async {
        let unique = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("\0anyloop-{}-{unique}", std::process::id());
        let listener = UnixListener::bind(&name)?;
        assert_eq!(listener.local_addr()?.as_abstract_name(), Some(&name.as_bytes()[1..]));
        let mut client = UnixStream::connect(&name).await?;
        let (server, _) = listener.accept().await?;
        client.write_all(b"ciao").await?;
        server.readable().await?;
        assert_eq!(server.try_read(&mut [0; 8])?, 4);
        let name = format!("{name}-datagrams");
        let (one, other) = (UnixDatagram::bind(&name)?, UnixDatagram::unbound()?);
        other.send_to(b"ciao", &name).await?;
        assert_eq!(one.recv(&mut [0; 8]).await?, 4);
        other.connect(&name)?;
        other.send(b"one").await?;
        assert_eq!(one.recv(&mut [0; 8]).await?, 3);
        Ok(())
    });
}

#[test]
fn a_socket_made_elsewhere_connects_and_listens() {
    use socket2::{Domain, Socket, Type};
    on_each(|| async {
        let made = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        made.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into())?;
        let socket = TcpSocket::from_std_stream(made.into());
        let bound = socket.local_addr()?;
        assert_ne!(bound.port(), 0);
        let listener = socket.listen(8)?;
        assert_eq!(listener.local_addr()?, bound);

        let socket = TcpSocket::from_std_stream(Socket::new(Domain::IPV4, Type::STREAM, None)?.into());
        assert!(!socket.nodelay()? && socket.send_buffer_size()? > 0);
        socket.set_nodelay(true)?;
        let mut one = socket.connect(bound).await?;
        assert!(one.nodelay()?);
        let (other, _) = listener.accept().await?;
        one.write_all(b"ciao").await?;
        other.readable().await?;
        assert_eq!(other.try_read(&mut [0; 8])?, 4);

        drop(listener);
        let socket = TcpSocket::from_std_stream(Socket::new(Domain::IPV4, Type::STREAM, None)?.into());
        let error = socket.connect(bound).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(error.to_string().contains(&bound.to_string()), "{error}");
        Ok(())
    });
}

#[test]
fn a_writing_half_that_is_forgotten_sends_no_end() {
    on_each(|| async {
        let (one, other) = connected().await?;
        let (read, write) = one.into_split();
        write.forget();
        blocks(other.try_read(&mut [0; 8]));
        assert!(timeout(SHORT, other.ready(Interest::READABLE)).await.is_err());
        drop(read);
        other.readable().await?;
        assert_eq!(other.try_read(&mut [0; 8])?, 0);
        Ok(())
    });
}
