//! NET04, NET09, NET15, NET16: protocols and their servers.

use std::io;
use std::thread;
use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt};

use crate::support::{
    Counter, LONG, Log, connected, loopback, record_exceptions, run, until, wait_until, within,
};
use crate::{HandleOf, Subject};
use loop_api::Handle;
use loop_api::net::{Net, Stream, TcpOptions};
use loop_api::protocol::{self, Protocol, Transport};
use loop_api::shared::ExceptionKind;

/// Writes down what it is told, and does `act` at each call.
struct Noting<F> {
    log: Log<String>,
    act: F,
}

impl<F: FnMut(&str, &mut Transport) -> bool> Protocol for Noting<F> {
    fn connection_made(&mut self, transport: &mut Transport) {
        self.log.push("made".to_owned());
        (self.act)("made", transport);
    }

    fn data_received(&mut self, transport: &mut Transport, data: &[u8]) {
        self.log.push(format!("data {}", String::from_utf8_lossy(data)));
        (self.act)("data", transport);
    }

    fn eof_received(&mut self, transport: &mut Transport) -> bool {
        self.log.push("eof".to_owned());
        (self.act)("eof", transport)
    }

    fn connection_lost(&mut self, error: Option<io::Error>) {
        self.log.push(if error.is_some() { "lost by an error" } else { "lost" }.to_owned());
    }

    fn pause_writing(&mut self, transport: &mut Transport) {
        self.log.push("pause".to_owned());
        (self.act)("pause", transport);
    }

    fn resume_writing(&mut self, transport: &mut Transport) {
        self.log.push("resume".to_owned());
        (self.act)("resume", transport);
    }
}

fn noting<F: FnMut(&str, &mut Transport) -> bool>(act: F) -> (Noting<F>, Log<String>) {
    let log = Log::new();
    (Noting { log: log.clone(), act }, log)
}

pub fn net15_a_protocol_is_told_in_this_order<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (mut client, server) = connected(&handle).await;
        let (protocol, log) = noting(|what, transport| {
            if what == "data" {
                transport.write(b"heard");
            }
            // The peer has ended: this side may still write, and does.
            if what == "eof" {
                transport.write(b", and goodbye");
                transport.close();
            }
            what == "eof"
        });
        let running = handle.spawn(protocol::run(server, protocol));
        client.write_all(b"ciao").await.expect("a write");
        let mut heard = [0; 5];
        client.read_exact(&mut heard).await.expect("an answer");
        client.close().await.expect("FIN to be sent");
        let mut rest = Vec::new();
        within(&handle, LONG, client.read_to_end(&mut rest))
            .await
            .expect("an end")
            .expect("to read to the end");
        assert_eq!(rest, b", and goodbye");
        running.await.expect("the task to end").expect("no error");
        assert_eq!(log.take(), ["made", "data ciao", "eof", "lost"]);
    });
}

pub fn net15_what_was_received_is_told_before_a_failed_write<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = std::net::TcpListener::bind(loopback()).expect("a port");
        let addr = listener.local_addr().expect("its address");
        let client = handle.connect_tcp(addr, TcpOptions::default());
        let mut client = within(&handle, LONG, client).await.expect("an answer").expect("a connection");
        let (mut server, _) = listener.accept().expect("a connection");
        client.write_all(b"the first part of much").await.expect("a write");
        // It answers and closes with bytes unread, which resets the connection behind the answer.
        server.peek(&mut [0]).expect("the bytes to arrive");
        io::Write::write_all(&mut server, b"too large").expect("a write");
        drop(server);
        // What the loop knows of has come.
        within(&handle, LONG, client.readable()).await.expect("the answer").expect("to be readable");
        let (protocol, log) = noting(|what, transport| {
            if what == "made" {
                transport.write(&[b'x'; 100_000]);
            }
            true
        });
        let ended = within(&handle, LONG, protocol::run(client, protocol)).await.expect("an end");
        ended.expect_err("what was not written");
        assert_eq!(log.take(), ["made", "data too large", "lost by an error"]);
    });
}

pub fn net15_a_panic_in_a_method_ends_the_connection_and_lost_still_comes<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        for panics_in in ["made", "data", "eof"] {
            let told = record_exceptions(&handle);
            let (mut client, server) = connected(&handle).await;
            let (protocol, log) = noting(move |what, _| {
                if what == panics_in {
                    std::panic::resume_unwind(Box::new("in a protocol"));
                }
                false
            });
            let running = handle.spawn(protocol::run(server, protocol));
            // It may be gone already.
            let _gone = client.write_all(b"x").await;
            let _gone = client.close().await;
            let ended = within(&handle, LONG, running).await.expect("the connection to end");
            ended.expect("the panic stays inside").expect_err("an error that tells of it");
            let log = log.take();
            assert_eq!(log.iter().filter(|line| line.starts_with("lost")).count(), 1, "{panics_in}: {log:?}");
            let told = told.take();
            assert!(told.iter().any(|told| told.kind == ExceptionKind::Protocol && told.panic), "{told:?}");
        }
    });
}

pub fn net16_abort_is_legal_in_every_method<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        for aborts_in in ["made", "data", "eof"] {
            let (mut client, server) = connected(&handle).await;
            let (protocol, log) = noting(move |what, transport| {
                if what == aborts_in {
                    transport.write(&[7; 1 << 20]);
                    transport.abort();
                    transport.abort();
                    assert!(transport.is_closing());
                }
                false
            });
            let running = handle.spawn(protocol::run(server, protocol));
            let _gone = client.write_all(b"x").await;
            let _gone = client.close().await;
            within(&handle, LONG, running)
                .await
                .expect("the connection to end")
                .expect("the task to end")
                .expect("no error");
            let log = log.take();
            assert_eq!(log.last().map(String::as_str), Some("lost"), "{aborts_in}: {log:?}");
            assert_eq!(log.iter().filter(|line| line.starts_with("lost")).count(), 1, "{aborts_in}: {log:?}");
        }
    });
}

pub fn net09_back_pressure_pauses_and_resumes_in_pairs<S: Subject>()
where
    HandleOf<S>: Net,
{
    const TOTAL: usize = 4 << 20;
    run::<S, _>(|handle| async move {
        let (mut client, server) = connected(&handle).await;
        let mut left = TOTAL;
        let mut paused = false;
        let mut most = 0;
        let peak = Counter::new();
        let over = peak.clone();
        let (protocol, log) = noting(move |what, transport| {
            match what {
                "made" => transport.set_write_buffer_limits(64 * 1024, 16 * 1024),
                "pause" => paused = true,
                "resume" => paused = false,
                _ => {}
            }
            while !paused && left > 0 {
                let chunk = left.min(32 * 1024);
                left -= chunk;
                transport.write(&[7; 32 * 1024][..chunk]);
                most = most.max(transport.write_buffer_size());
                // The mark is passed by a chunk at the most before it is told of.
                if most > 64 * 1024 + 32 * 1024 {
                    over.add();
                }
                if transport.write_buffer_size() > 64 * 1024 {
                    break;
                }
            }
            if left == 0 {
                transport.close();
            }
            false
        });
        let running = handle.spawn(protocol::run(server, protocol));
        let mut total = 0;
        let mut buf = vec![0; 64 * 1024];
        loop {
            let n = within(&handle, LONG, client.read(&mut buf)).await.expect("data").expect("a read");
            if n == 0 {
                break;
            }
            total += n;
        }
        running.await.expect("the task to end").expect("no error");
        assert_eq!((total, peak.get()), (TOTAL, 0));
        let log = log.take();
        let marks: Vec<_> = log.iter().filter(|line| *line == "pause" || *line == "resume").collect();
        assert!(!marks.is_empty(), "never paused: {log:?}");
        for pair in marks.chunks(2) {
            assert_eq!(pair[0], "pause", "{marks:?}");
            assert!(pair.get(1).is_none_or(|mark| *mark == "resume"), "{marks:?}");
        }
    });
}

struct Echo;

impl Protocol for Echo {
    fn data_received(&mut self, transport: &mut Transport, data: &[u8]) {
        transport.write(data);
    }
}

/// A client on a thread of its own, of std's.
pub(super) fn std_client(addr: std::net::SocketAddr) -> std::net::TcpStream {
    let client = std::net::TcpStream::connect(addr).expect("a connection");
    client.set_read_timeout(Some(LONG)).expect("a time limit");
    client
}

pub fn net04_a_server_closes_its_door_its_clients_or_aborts_them<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let server = protocol::serve(&handle, listener, |_peer| Echo);
        let addr = server.local_addr().expect("its address");
        let (asked, answered) = (Counter::new(), Counter::new());
        let (go, done) = (asked.clone(), answered.clone());
        let client = thread::spawn(move || {
            use std::io::{Read, Write};
            let mut client = std_client(addr);
            let mut echo = |text: &[u8]| {
                client.write_all(text)?;
                let mut back = vec![0; text.len()];
                client.read_exact(&mut back)?;
                io::Result::Ok(back)
            };
            assert_eq!(echo(b"before").expect("an echo"), b"before");
            done.add();
            while go.get() == 0 {
                thread::sleep(Duration::from_millis(1));
            }
            assert!(wait_until(|| std::net::TcpStream::connect(addr).is_err()), "it still accepts");
            assert_eq!(echo(b"after").expect("its connections stay"), b"after");
            done.add();
            // The server closes it: FIN, and no more.
            client.read(&mut [0; 8]).expect("the end")
        });
        assert!(until(&handle, || answered.get() == 1).await);
        assert_eq!(server.clients().len(), 1);
        assert!(server.is_serving());
        server.close();
        assert!(until(&handle, || !server.is_serving()).await);
        asked.add();
        assert!(until(&handle, || answered.get() == 2).await);
        server.close_clients();
        within(&handle, LONG, server.wait_closed()).await.expect("to be closed").expect("no error");
        assert_eq!(client.join().expect("the client"), 0);

        // Aborted clients lose what is not yet sent.
        let listener = handle.listen_tcp(loopback(), &TcpOptions::default()).expect("a port");
        let server = protocol::serve(&handle, listener, |_peer| Echo);
        let client = std_client(server.local_addr().expect("its address"));
        assert!(until(&handle, || server.clients().len() == 1).await);
        server.close();
        server.abort_clients();
        within(&handle, LONG, server.wait_closed()).await.expect("to be closed").expect("no error");
        drop(client);
    });
}

pub fn net15_a_protocol_writes_from_elsewhere_by_its_handle<S: Subject>()
where
    HandleOf<S>: Net,
{
    run::<S, _>(|handle| async move {
        let (mut client, server) = connected(&handle).await;
        let handles = Log::new();
        let kept = handles.clone();
        let (protocol, log) = noting(move |what, transport| {
            if what == "made" {
                kept.push(transport.handle());
            }
            false
        });
        let running = handle.spawn(protocol::run(server, protocol));
        assert!(until(&handle, || handles.len() == 1).await);
        let writer = handles.take().pop().expect("the handle");
        let from = thread::spawn({
            let writer = writer.clone();
            move || {
                writer.write(b"from another thread").expect("an open connection");
                writer.close();
            }
        });
        let mut heard = Vec::new();
        within(&handle, LONG, client.read_to_end(&mut heard))
            .await
            .expect("an end")
            .expect("to read to the end");
        assert_eq!(heard, b"from another thread");
        from.join().expect("the thread");
        running.await.expect("the task to end").expect("no error");
        assert!(writer.write(b"too late").is_err());
        assert_eq!(log.take().last().map(String::as_str), Some("lost"));
    });
}
