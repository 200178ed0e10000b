//! The facade's own types on every backend compiled in.
#![cfg(feature = "io-util")]

use std::rc::Rc;

use anyloop::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use anyloop::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use anyloop::runtime::{Backend, Builder, Handle, Runtime};
use anyloop::task;
use anyloop::time::{Duration, Instant, sleep};

mod support;

/// Runs `body` once on each backend.
fn on_each(body: impl Fn(&mut Runtime)) {
    for &backend in Backend::compiled() {
        let mut runtime = Builder::new().backend(backend).build().unwrap();
        assert_eq!(runtime.handle().backend(), backend);
        body(&mut runtime);
    }
}

#[test]
fn tasks_give_their_output() {
    on_each(|runtime| {
        let sum = runtime.block_on(async {
            let shared = Rc::new(1);
            let local = task::spawn_local(async move { *shared });
            let sent = task::spawn(async { 2 });
            let blocking = task::spawn_blocking(|| 3);
            local.await.unwrap() + sent.await.unwrap() + blocking.await.unwrap()
        });
        assert_eq!(sum, 6);
    });
}

#[test]
fn the_current_loop_is_the_one_that_runs() {
    on_each(|runtime| {
        let backend = runtime.handle().backend();
        let inside = runtime.block_on(async { task::spawn(async { Handle::current().backend() }).await });
        assert_eq!(inside.unwrap(), backend);
        assert_eq!(Handle::try_current().is_ok(), cfg!(feature = "global"));
        assert_eq!(runtime.handle().within(|| Handle::current().backend()), backend);
    });
}

#[test]
fn sleeps_are_never_early() {
    on_each(|runtime| {
        runtime.block_on(async {
            let start = Instant::now();
            let mut first = Box::pin(sleep(Duration::from_millis(5)));
            first.as_mut().await;
            assert!(start.elapsed() >= Duration::from_millis(5));
            first.as_mut().reset(Instant::now() + Duration::from_millis(5));
            first.await;
            assert!(start.elapsed() >= Duration::from_millis(10));
        });
    });
}

#[test]
fn tcp_streams_split_and_join() {
    on_each(|runtime| {
        runtime
            .block_on(async {
                let socket = TcpSocket::new_v4()?;
                socket.set_reuseaddr(true)?;
                socket.bind("127.0.0.1:0".parse().unwrap())?;
                let listener = socket.listen(8)?;
                let addr = listener.local_addr()?;
                let server = task::spawn(async move {
                    let (mut stream, _) = listener.accept().await?;
                    let (read, mut write) = stream.split();
                    let mut lines = BufReader::new(read).lines();
                    while let Some(line) = lines.next_line().await? {
                        write.write_all(format!("{line}!\n").as_bytes()).await?;
                    }
                    write.shutdown().await
                });
                let stream = TcpStream::connect(("127.0.0.1", addr.port())).await?;
                assert_eq!(stream.peer_addr()?, addr);
                stream.set_nodelay(true)?;
                assert!(stream.nodelay()?);
                let (mut read, mut write) = stream.into_split();
                write.write_all(b"one\ntwo\n").await?;
                write.shutdown().await?;
                let mut text = String::new();
                read.read_to_string(&mut text).await?;
                assert_eq!(text, "one!\ntwo!\n");
                server.await??;
                let stream = read.reunite(write).unwrap();
                stream.into_std().map(drop)
            })
            .unwrap();
    });
}

#[test]
fn udp_sockets_talk() {
    on_each(|runtime| {
        runtime
            .block_on(async {
                let a = UdpSocket::bind("127.0.0.1:0").await?;
                let b = UdpSocket::bind("127.0.0.1:0").await?;
                a.connect(b.local_addr()?).await?;
                a.send(b"ping").await?;
                let mut buf = [0; 8];
                let (n, from) = b.recv_from(&mut buf).await?;
                assert_eq!(&buf[..n], b"ping");
                b.send_to(b"pong", from).await?;
                assert_eq!(a.recv(&mut buf).await?, 4);
                a.set_broadcast(true)?;
                assert!(a.broadcast()?);
                std::io::Result::Ok(())
            })
            .unwrap();
    });
}

#[cfg(unix)]
#[test]
fn unix_sockets_talk() {
    use anyloop::net::{UnixDatagram, UnixListener, UnixStream};
    on_each(|runtime| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        runtime
            .block_on(async {
                let listener = UnixListener::bind(&path)?;
                let mut client = UnixStream::connect(&path).await?;
                let (mut server, _) = listener.accept().await?;
                client.write_u32(7).await?;
                assert_eq!(server.read_u32().await?, 7);
                let (a, b) = UnixDatagram::pair()?;
                a.send(b"x").await?;
                assert_eq!(b.recv(&mut [0; 4]).await?, 1);
                std::io::Result::Ok(())
            })
            .unwrap();
    });
}

#[test]
fn bytes_are_carried_both_ways_and_so_are_ends() {
    on_each(|runtime| {
        runtime
            .block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let mut client = TcpStream::connect(listener.local_addr()?).await?;
                let (mut inbound, _) = listener.accept().await?;
                let (mut far, mut near) = anyloop::io::duplex(1000);
                let carried =
                    task::spawn(
                        async move { anyloop::io::copy_bidirectional(&mut inbound, &mut near).await },
                    );
                let server = task::spawn(async move {
                    let mut bytes = Vec::new();
                    far.read_to_end(&mut bytes).await?;
                    far.write_all(&bytes).await?;
                    far.shutdown().await
                });
                let sent: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
                client.write_all(&sent).await?;
                client.shutdown().await?;
                let mut received = Vec::new();
                client.read_to_end(&mut received).await?;
                assert!(sent == received);
                server.await??;
                assert_eq!(carried.await??, (100_000, 100_000));
                std::io::Result::Ok(())
            })
            .unwrap();
    });
}

#[test]
fn tasks_that_hang_are_cancelled() {
    on_each(|runtime| {
        runtime.block_on(async {
            let task = task::spawn(std::future::pending::<()>());
            let abort = task.abort_handle();
            task::yield_now().await;
            assert!(!abort.is_finished());
            assert!(task.cancel().await.unwrap_err().is_cancelled());
            assert!(abort.is_finished());
        });
    });
}

#[cfg(feature = "native")]
#[test]
fn the_facade_hides_no_deadlock_from_native() {
    let mut runtime = Builder::new().backend(Backend::Native).build().unwrap();
    let outcome = runtime.try_block_on(std::future::pending::<()>());
    assert_eq!(outcome, Err(anyloop::RunError::Deadlock));
}

#[test]
fn a_socket_of_the_other_family_is_refused() {
    on_each(|runtime| {
        runtime.block_on(async {
            let listener = TcpListener::bind("[::1]:0").await;
            // A machine without IPv6 has no peer to connect to; the refusal is the same.
            let there = listener.as_ref().map_or("[::1]:1".parse(), |l| Ok(l.local_addr().unwrap())).unwrap();
            let error = TcpSocket::new_v4().unwrap().connect(there).await.unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
            assert!(error.to_string().contains("new_v6"), "{error}");
            let error =
                TcpSocket::new_v6().unwrap().connect("127.0.0.1:1".parse().unwrap()).await.unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
        });
    });
}

#[test]
fn odd_names_and_numbers_of_threads_build_a_loop_that_works() {
    support::each_builder(|mut builder| {
        builder.thread_name("a\0b").max_blocking_threads(usize::MAX);
        builder.max_io_events_per_tick(1).max_io_events_per_busy_tick(1);
        let mut runtime = builder.build().unwrap();
        let sum = runtime.block_on(async {
            let job = task::spawn_blocking(|| 1);
            let task = task::spawn(async { 2 });
            job.await.unwrap() + task.await.unwrap()
        });
        assert_eq!(sum, 3, "{}", runtime.choice().backend());
    });
}

#[test]
fn what_needs_no_loop_runs_on_one_that_has_ended() {
    use anyloop::RunError;
    use anyloop::runtime::is_rt_shutdown_err;

    support::each_builder(|builder| {
        let mut runtime = builder.build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let handle = runtime.handle().clone();
        runtime.close();
        assert_eq!(handle.block_on(async { 1 }), 1);
        // The rest says that the loop is closed, and waits for nothing.
        assert!(is_rt_shutdown_err(&handle.block_on(listener.accept()).unwrap_err()));
        assert!(handle.block_on(handle.spawn_blocking(|| ())).unwrap_err().is_closed());
        let waits = || handle.block_on(handle.spawn(std::future::pending::<()>()));
        assert!(waits().unwrap_err().is_cancelled());
        let forever = std::panic::AssertUnwindSafe(|| handle.block_on(std::future::pending::<()>()));
        let panic = std::panic::catch_unwind(forever).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&RunError::Closed.to_string()));
        assert_eq!(handle.try_block_on(async {}), Err(RunError::Closed));
    });
}
