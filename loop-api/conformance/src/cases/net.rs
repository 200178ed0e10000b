//! NET: TCP streams and their servers.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::ready;

use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Counter, LONG, SHORT, connected, loopback, refusal, run, until, within};
use crate::{HandleOf, Subject};
use loop_api::Handle;
use loop_api::io::{AsyncReadUninit, ReadCursor};
use loop_api::net::{Net, Stream, TcpListener, TcpOptions, TcpStream};

pub fn net01_connect_and_echo<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (mut client, mut server) = connected(&handle).await;
        client.write_all(b"ciao").await.expect("a write");
        let mut buf = [0; 16];
        assert_eq!(server.read(&mut buf).await.expect("a read"), 4);
        server.write_all(&buf[..4]).await.expect("a write");
        client.read_exact(&mut buf[..4]).await.expect("a read");
        assert_eq!(&buf[..4], b"ciao");
        assert_eq!(client.peer_addr().ok(), server.local_addr().ok());
        assert_eq!(client.local_addr().ok(), server.peer_addr().ok());
    });
}

pub fn net01_half_close_in_both_orders<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        for client_first in [true, false] {
            let (client, server) = connected(&handle).await;
            let (mut first, mut second) = if client_first { (client, server) } else { (server, client) };
            first.write_all(b"last words").await.expect("a write");
            first.close().await.expect("FIN to be sent");
            let mut heard = Vec::new();
            second.read_to_end(&mut heard).await.expect("to read to the end");
            assert_eq!(heard, b"last words");
            // The other direction is open still.
            second.write_all(b"answer").await.expect("a write");
            second.close().await.expect("FIN to be sent");
            heard.clear();
            first.read_to_end(&mut heard).await.expect("to read to the end");
            assert_eq!(heard, b"answer");
        }
    });
}

pub fn net01_dropping_a_stream_sends_fin<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (client, mut server) = connected(&handle).await;
        drop(client);
        let mut buf = [0; 1];
        let read = within(&handle, LONG, server.read(&mut buf)).await.expect("the end was not seen");
        assert_eq!(read.expect("the end"), 0);
    });
}

/// Reads once, into memory for at most eight bytes.
async fn read_uninit<R: AsyncReadUninit + Unpin>(reader: &mut R, capacity: usize) -> io::Result<Vec<u8>> {
    let mut memory = [MaybeUninit::uninit(); 8];
    poll_fn(|cx| {
        let mut filled = 0;
        let mut cursor = ReadCursor::new(&mut memory[..capacity], &mut filled);
        ready!(Pin::new(&mut *reader).poll_read_uninit(cx, cursor.reborrow()))?;
        io::Result::Ok(cursor.filled().to_vec()).into()
    })
    .await
}

pub fn net01_reading_into_uninitialised_memory<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (mut client, mut server) = connected(&handle).await;
        assert!(within(&handle, SHORT, read_uninit(&mut server, 8)).await.is_none(), "there is nothing yet");
        client.write_all(b"abcdefghijk").await.expect("a write");
        // What does not fit stays for the next, whichever half it is.
        assert_eq!(read_uninit(&mut server, 4).await.expect("a read"), b"abcd");
        assert_eq!(read_uninit(&mut server.split().0, 4).await.expect("a read"), b"efgh");
        assert_eq!(read_uninit(&mut server, 0).await.expect("a read"), b"");
        let (mut reader, _writer) = server.into_split();
        assert_eq!(read_uninit(&mut reader, 8).await.expect("a read"), b"ijk");
        // A waiter is woken, at the end too.
        let waiting = handle.spawn(async move {
            let more = read_uninit(&mut reader, 8).await?;
            io::Result::Ok((more, read_uninit(&mut reader, 8).await?))
        });
        handle.sleep(SHORT).await;
        client.write_all(b"l").await.expect("a write");
        handle.sleep(SHORT).await;
        client.close().await.expect("FIN to be sent");
        let read = within(&handle, LONG, waiting).await.expect("the reader was not woken");
        assert_eq!(read.expect("the task to end").expect("a read"), (b"l".to_vec(), Vec::new()));
    });
}

pub fn net02_a_refused_connection_is_an_error<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let options = TcpOptions::default();
        let listener = handle.listen_tcp(loopback(), &options).expect("a port");
        let addr = listener.local_addr().expect("its address");
        drop(listener);
        let asked = refusal(&handle, || handle.connect_tcp(addr, options.clone()));
        let error = within(&handle, LONG, asked).await.expect("an answer");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        // The system's number is behind the message.
        let code = loop_api::net::error::raw_os_error(&error).expect("the system's number");
        assert_eq!(io::Error::from_raw_os_error(code).kind(), io::ErrorKind::ConnectionRefused);
    });
}

pub fn net02_a_local_address_can_be_chosen<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        let options = TcpOptions::new().local_addr(loopback());
        let client = handle.connect_tcp(addr, options.clone()).await.expect("a connection");
        let (_server, peer) = listener.accept().await.expect("a connection");
        assert_eq!(client.local_addr().ok(), Some(peer));
        assert_eq!(peer.ip(), loopback().ip());
    });
}

pub fn net02_a_local_port_that_is_taken<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        let reuse = TcpOptions::new().reuse_address(true).local_addr(loopback());
        let client = handle.connect_tcp(addr, reuse.clone()).await.expect("a connection");
        let local = client.local_addr().expect("its address");
        let elsewhere = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let other = elsewhere.local_addr().expect("its address");
        for (to, options, expected) in [
            (addr, TcpOptions::new().local_addr(local), Some(io::ErrorKind::AddrInUse)),
            (addr, reuse.clone().local_addr(addr), Some(io::ErrorKind::AddrInUse)),
            // There is one from there to there.
            (addr, reuse.clone().local_addr(local), Some(io::ErrorKind::AddrNotAvailable)),
            (other, reuse.local_addr(local), None),
        ] {
            let error = handle.connect_tcp(to, options).await.err();
            assert_eq!(error.map(|error| error.kind()), expected, "to {to}");
        }
    });
}

pub fn net02_dropping_a_pending_connect_is_harmless<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        for _ in 0..20 {
            // Never polled, or polled once.
            drop(handle.connect_tcp(addr, TcpOptions::default()));
            let connect = handle.connect_tcp(addr, TcpOptions::default());
            let _ = within(&handle, std::time::Duration::ZERO, connect).await;
        }
        let (client, _) =
            futures_lite::future::zip(handle.connect_tcp(addr, TcpOptions::default()), listener.accept())
                .await;
        client.expect("the listener works still");
    });
}

pub fn net03_accept_drains_the_backlog<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        // All are in the backlog before the first is accepted.
        let clients: Vec<_> =
            (0..50).map(|_| std::net::TcpStream::connect(addr).expect("a connection")).collect();
        for _ in &clients {
            within(&handle, LONG, listener.accept())
                .await
                .expect("a connection was lost")
                .expect("a connection");
        }
    });
}

pub fn net03_a_connection_that_was_reset_does_not_end_the_server<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        let gone = std::net::TcpStream::connect(addr).expect("a connection");
        socket2::SockRef::from(&gone).set_linger(Some(std::time::Duration::ZERO)).expect("an option");
        drop(gone);
        let _stays = std::net::TcpStream::connect(addr).expect("a connection");
        // Systems differ in whether the first is still given; the second always is.
        let local = _stays.local_addr().expect("its address");
        let accepted = within(&handle, LONG, async {
            loop {
                let (_stream, peer) = listener.accept().await.expect("a connection");
                if peer == local {
                    return;
                }
            }
        });
        accepted.await.expect("the second connection was lost");
    });
}

pub fn net03_many_may_accept_on_one_listener<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener =
            std::sync::Arc::new(handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port"));
        let addr = listener.local_addr().expect("its address");
        let accepted = Counter::new();
        for _ in 0..4 {
            let (listener, accepted) = (listener.clone(), accepted.clone());
            drop(handle.spawn(async move {
                listener.accept().await.expect("a connection");
                accepted.add();
            }));
        }
        handle.sleep(SHORT).await;
        let _clients: Vec<_> =
            (0..4).map(|_| std::net::TcpStream::connect(addr).expect("a connection")).collect();
        assert!(until(&handle, || accepted.get() == 4).await, "only {} woke", accepted.get());
    });
}

pub fn net04_dropping_the_listener_keeps_its_connections<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        let options = TcpOptions::default();
        let (client, accepted) =
            futures_lite::future::zip(handle.connect_tcp(addr, options.clone()), listener.accept()).await;
        let (mut client, (mut server, _)) = (client.expect("a connection"), accepted.expect("a connection"));
        drop(listener);
        assert!(handle.connect_tcp(addr, TcpOptions::default()).await.is_err());
        client.write_all(b"still").await.expect("a write");
        let mut buf = [0; 5];
        server.read_exact(&mut buf).await.expect("a read");
        assert_eq!(&buf, b"still");
    });
}

pub fn net05_port_zero_and_an_address_in_use<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let options = TcpOptions::default();
        let listener = handle.listen_tcp(loopback(), &options).expect("a port");
        let addr = listener.local_addr().expect("its address");
        assert_ne!(addr.port(), 0);
        let error = handle.listen_tcp(addr, &options).expect_err("the port is taken");
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert!(error.to_string().contains(&addr.to_string()), "no address in: {error}");
        // The port is free again at once, whatever connections there were.
        drop(listener);
        handle.listen_tcp(addr, &options).expect("the port is free");
    });
}

pub fn net05_two_listeners_share_a_port_that_is_reused<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let options = TcpOptions::new().reuse_port(true);
        let one = handle.listen_tcp(loopback(), &options).expect("a port");
        let addr = one.local_addr().expect("its address");
        let _other = handle.listen_tcp(addr, &options).expect("the same port");
    });
}

pub fn net05_ipv6_alone_and_both<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let any6 = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
        let mut options = TcpOptions::default();
        for (only_v6, v4_comes) in [(false, true), (true, false)] {
            options.only_v6 = Some(only_v6);
            let Ok(listener) = handle.listen_tcp(any6, &options) else {
                // A machine without IPv6.
                return;
            };
            let port = listener.local_addr().expect("its address").port();
            let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let came = handle.connect_tcp(v4, TcpOptions::default()).await.is_ok();
            assert_eq!(came, v4_comes, "only_v6: {only_v6}");
        }
    });
}

/// On unix: Windows wakes no waiter of a socket that is shut down on this side.
pub fn net07_shutdown_wakes_a_reader<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (client, _server) = connected(&handle).await;
        let client = std::sync::Arc::new(client);
        let reader = handle.spawn({
            let client = client.clone();
            async move {
                loop {
                    client.readable().await?;
                    match client.try_read(&mut [0; 1]) {
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        read => return read,
                    }
                }
            }
        });
        handle.sleep(SHORT).await;
        client.shutdown(Shutdown::Both).expect("to be shut down");
        let read = within(&handle, LONG, reader).await.expect("the reader was not woken");
        assert_eq!(read.expect("the task to end").ok(), Some(0));
    });
}

pub fn net08_use_after_close<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (mut client, server) = connected(&handle).await;
        client.close().await.expect("FIN to be sent");
        client.close().await.expect("once more is harmless");
        let error = client.write(b"x").await.expect_err("a write after close");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        // The peer is gone altogether.
        drop(server);
        let mut rest = Vec::new();
        let read = within(&handle, LONG, client.read_to_end(&mut rest)).await.expect("an end");
        assert!(read.is_err() || rest.is_empty());
    });
}

pub fn net08_writing_to_a_peer_that_is_gone_is_an_error<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (mut client, server) = connected(&handle).await;
        drop(server);
        let failed = within(&handle, LONG, async {
            loop {
                if let Err(error) = client.write_all(&[0; 4096]).await {
                    return error.kind();
                }
            }
        });
        let kind = failed.await.expect("no error came");
        assert!(
            matches!(
                kind,
                io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted
            ),
            "{kind:?}"
        );
    });
}

pub fn net10_a_huge_transfer_with_a_slow_reader<S: Subject>()
where
    HandleOf<S>: Net,
{
    const TOTAL: usize = 8 << 20;
    run::<S, _>(|handle| async move {
        let (mut client, mut server) = connected(&handle).await;
        let writer = handle.spawn(async move {
            let chunk: Vec<u8> = (0..64 * 1024).map(|n| (n % 251) as u8).collect();
            let mut left = TOTAL;
            while left > 0 {
                let n = client.write(&chunk[..left.min(chunk.len())]).await?;
                // A short write: the next one begins the chunk anew, so the reader counts only.
                left -= n;
            }
            client.close().await
        });
        let (mut total, mut reads) = (0, 0);
        let mut buf = vec![0; 32 * 1024];
        loop {
            let n = server.read(&mut buf).await.expect("a read");
            if n == 0 {
                break;
            }
            total += n;
            reads += 1;
            if reads % 16 == 0 {
                handle.sleep(std::time::Duration::from_millis(1)).await;
            }
        }
        assert_eq!(total, TOTAL);
        writer.await.expect("the task to end").expect("all to be written");
    });
}

pub fn net02_options_are_applied<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        let linger = std::time::Duration::from_secs(3);
        let options = TcpOptions::new().nodelay(true).linger(linger);
        let client = handle.connect_tcp(addr, options.clone()).await.expect("a connection");
        assert_eq!(client.nodelay().ok(), Some(true));
        assert_eq!(client.linger().ok(), Some(Some(linger)));
        client.set_nodelay(false).expect("an option");
        assert_eq!(client.nodelay().ok(), Some(false));
        client.set_ttl(42).expect("an option");
        assert_eq!(client.ttl().ok(), Some(42));
        assert!(client.take_error().expect("to be asked").is_none());
    });
}

pub fn net02_a_linger_below_a_second_loses_nothing<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        let linger = std::time::Duration::from_millis(500);
        let options = TcpOptions::new().linger(linger);
        let mut client = handle.connect_tcp(addr, options.clone()).await.expect("a connection");
        let (mut server, _) = listener.accept().await.expect("a connection");
        // Zero would reset the connection when it is closed.
        let lingers = client.linger().expect("to be asked").expect("to linger");
        assert!(lingers >= linger, "it lingers for {lingers:?} only");
        client.write_all(b"last words").await.expect("a write");
        drop(client);
        let mut heard = Vec::new();
        let heard_all = within(&handle, LONG, server.read_to_end(&mut heard)).await.expect("the end");
        heard_all.expect("to read to the end");
        assert_eq!(heard, b"last words");
    });
}

pub fn net01_peek_leaves_what_it_read<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (mut client, mut server) = connected(&handle).await;
        client.write_all(b"abc").await.expect("a write");
        let mut buf = [0; 8];
        let peeked = within(&handle, LONG, server.peek(&mut buf)).await.expect("an answer").expect("a peek");
        assert_eq!(&buf[..peeked], &b"abc"[..peeked]);
        let n = server.read(&mut buf).await.expect("a read");
        assert_eq!(&buf[..n], b"abc");
    });
}

pub fn net02_host_names_are_looked_up<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let addrs = handle.lookup_host("localhost".to_owned(), 80).await.expect("localhost");
        assert!(addrs.iter().any(|addr| addr.ip().is_loopback() && addr.port() == 80), "{addrs:?}");
        let error =
            handle.lookup_host("no such host.invalid".to_owned(), 80).await.expect_err("no such host");
        assert!(error.to_string().contains("no such host.invalid"), "no name in: {error}");
    });
}
