//! IO: descriptors on the loop.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::task::Poll;

use futures_lite::future::yield_now;

use crate::support::{Counter, LONG, SHORT, make, run, tcp_pair, until, wait_until, within};
use crate::{HandleOf, Subject};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::io::Interest;
use loop_api::readiness::{Readiness, Source};
use loop_api::task::Task;

/// A registered end, and the other one, blocking.
fn registered<H: Readiness>(handle: &H) -> (H::Source<TcpStream>, TcpStream) {
    let (near, far) = tcp_pair();
    near.set_nonblocking(true).expect("a non-blocking socket");
    (handle.register(near).expect("to be registered"), far)
}

async fn read_some<S: Source<TcpStream>>(source: &S) -> io::Result<Vec<u8>> {
    source
        .io(Interest::Readable, |mut socket: &TcpStream| {
            let mut buf = [0; 64];
            socket.read(&mut buf).map(|n| buf[..n].to_vec())
        })
        .await
}

/// Writes until nothing more goes in. The system may still move some of it on to the other end, and then there is
/// room again.
fn fill(mut socket: &TcpStream) {
    let mut full = 0;
    while full < 5 {
        full += 1;
        while socket.write(&[7; 16 * 1024]).is_ok() {
            full = 0;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

pub fn io01_a_reader_wakes_for_data_and_at_the_end<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (source, mut far) = registered(&handle);
        let waiting = within(&handle, SHORT, read_some(&source)).await;
        assert!(waiting.is_none(), "nothing was there, and yet {waiting:?}");
        let source = Arc::new(source);
        let reader = handle.spawn({
            let source = source.clone();
            async move { read_some(&*source).await }
        });
        handle.sleep(SHORT).await;
        far.write_all(b"data").expect("a write");
        let read = within(&handle, LONG, reader).await.expect("the reader was not woken");
        assert_eq!(read.expect("the task to end").expect("a read"), b"data");
        drop(far);
        let end = within(&handle, LONG, read_some(&*source)).await.expect("the end was not seen");
        assert_eq!(end.expect("the end"), b"");
    });
}

pub fn io02_a_writer_wakes_when_the_buffer_has_space<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (source, mut far) = registered(&handle);
        fill(source.get_ref());
        let source = Arc::new(source);
        let writer = handle.spawn({
            let source = source.clone();
            async move { source.io(Interest::Writable, |mut socket: &TcpStream| socket.write(b"more")).await }
        });
        handle.sleep(SHORT).await;
        let drain = std::thread::spawn(move || {
            let mut buf = vec![0; 1 << 20];
            while far.read(&mut buf).is_ok_and(|n| n > 0) {}
        });
        let wrote = within(&handle, LONG, writer).await.expect("the writer was not woken");
        wrote.expect("the task to end").expect("a write");
        drop(source);
        drain.join().expect("the other side");
    });
}

pub fn io03_what_was_not_drained_is_still_ready<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (source, mut far) = registered(&handle);
        far.write_all(b"abc").expect("a write");
        for expected in [b"a", b"b", b"c"] {
            let one = source.io(Interest::Readable, |mut socket: &TcpStream| {
                let mut byte = [0; 1];
                socket.read_exact(&mut byte).map(|()| byte)
            });
            let byte = within(&handle, LONG, one).await.expect("what was left was not ready");
            assert_eq!(&byte.expect("a read"), expected);
        }
    });
}

pub fn io04_a_reader_does_not_wake_for_writability<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (source, _far) = registered(&handle);
        let tries = Counter::new();
        let seen = tries.clone();
        let read = source.io(Interest::Readable, move |mut socket: &TcpStream| {
            seen.add();
            socket.read(&mut [0; 1])
        });
        assert!(within(&handle, SHORT, read).await.is_none());
        // Once because it may be ready, and a few times for what registering told; not all the
        // time.
        assert!(tries.get() <= 3, "tried {} times", tries.get());
    });
}

pub fn io05_both_directions_of_one_descriptor<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (source, mut far) = registered(&handle);
        fill(source.get_ref());
        let source = Arc::new(source);
        let reader = handle.spawn({
            let source = source.clone();
            async move { read_some(&*source).await }
        });
        let tries = Counter::new();
        let writer = handle.spawn({
            let (source, tries) = (source.clone(), tries.clone());
            async move {
                let write = move |mut socket: &TcpStream| {
                    tries.add();
                    socket.write(b"more")
                };
                source.io(Interest::Writable, write).await
            }
        });
        handle.sleep(SHORT).await;
        far.write_all(b"x").expect("a write");
        let read = within(&handle, LONG, reader).await.expect("the reader was not woken");
        assert_eq!(read.expect("the task to end").expect("a read"), b"x");
        // At first, for what registering told, and when the other end tells of room with its byte.
        assert!(tries.get() <= 4, "the writer woke {} times though the buffer is full", tries.get());
        writer.abort();
        let ended = writer.await;
        assert!(ended.is_ok() || ended.is_err_and(|error| error.is_cancelled()));
    });
}

pub fn io06_many_may_wait_for_one_direction<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (source, mut far) = registered(&handle);
        let source = Arc::new(source);
        let woken = Counter::new();
        for _ in 0..3 {
            let (source, woken) = (source.clone(), woken.clone());
            drop(handle.spawn(async move {
                let one = source.io(Interest::Readable, |mut socket: &TcpStream| socket.read(&mut [0; 1]));
                one.await.expect("a read");
                woken.add();
            }));
        }
        handle.sleep(SHORT).await;
        far.write_all(b"abc").expect("a write");
        assert!(until(&handle, || woken.get() == 3).await, "only {} woke", woken.get());
    });
}

pub fn io12_a_reused_number_gets_no_event_of_the_old_registration<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        for _ in 0..50 {
            let (old, mut far) = registered(&handle);
            // The old one is ready, and goes before the loop could say so; its number is free for
            // the next.
            far.write_all(b"old").expect("a write");
            drop(old);
            let (new, _new_far) = registered(&handle);
            let read = new.io(Interest::Readable, |mut socket: &TcpStream| socket.read(&mut [0; 8]));
            let mut read = std::pin::pin!(read);
            for _ in 0..3 {
                let pending = poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx).is_pending())).await;
                assert!(pending, "the new one was told of the old one's data");
                yield_now().await;
            }
            drop(far);
        }
    });
}

pub fn io13_a_failed_connect_is_writable_and_tells_why<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("its address");
        drop(listener);
        assert!(wait_until(|| TcpStream::connect(addr).is_err()), "it is not refused");
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        socket.set_nonblocking(true).expect("a non-blocking socket");
        let Err(begun) = socket.connect(&addr.into()) else { return };
        if begun.kind() == io::ErrorKind::ConnectionRefused {
            // Some systems know at once.
            return;
        }
        let source = handle.register(TcpStream::from(socket)).expect("to be registered");
        let connected = source.io(Interest::Writable, |socket: &TcpStream| match socket.take_error()? {
            Some(error) => Err(error),
            None => socket.peer_addr().map_err(|_| io::ErrorKind::WouldBlock.into()),
        });
        let error = within(&handle, LONG, connected).await.expect("no event came").expect_err("a refusal");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    });
}

pub fn io14_many_descriptors_are_registered_closed_and_registered_again<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        for _ in 0..3 {
            let mut all: Vec<_> = (0..100).map(|_| registered(&handle)).collect();
            for (n, (source, far)) in all.iter_mut().enumerate() {
                far.write_all(&[n as u8]).expect("a write");
                let read = within(&handle, LONG, read_some(source)).await.expect("no event came");
                assert_eq!(read.expect("a read"), [n as u8]);
            }
        }
    });
}

#[cfg(unix)]
pub fn io15_a_regular_file_is_unsupported<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let file = tempfile::tempfile().expect("a file");
        match handle.register(file) {
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::Unsupported, "{error}");
                assert!(error.to_string().contains("spawn_blocking"), "no advice in: {error}");
            }
            // Where the poller takes files, they are always ready.
            Ok(source) => {
                let read = source.io(Interest::Readable, |mut file: &std::fs::File| file.read(&mut [0; 1]));
                assert_eq!(within(&handle, LONG, read).await.expect("never ready").ok(), Some(0));
            }
        }
    });
}

pub fn io16_dropping_a_source_ends_its_registration<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (near, mut far) = tcp_pair();
        near.set_nonblocking(true).expect("a non-blocking socket");
        let near = Arc::new(near);
        let first = handle.register(Shared(near.clone())).expect("to be registered");
        drop(first);
        // The descriptor lives on, and can be registered anew.
        let second = handle.register(Shared(near)).expect("to be registered again");
        far.write_all(b"x").expect("a write");
        let read = second.io(Interest::Readable, |socket: &Shared| (&*socket.0).read(&mut [0; 1]));
        assert_eq!(within(&handle, LONG, read).await.expect("no event came").ok(), Some(1));
        // And given back, it is registered no more.
        let near = second.into_inner().expect("to be given back");
        drop(handle.register(near).expect("to be registered once more"));
    });
}

/// A socket that outlives its registration.
#[derive(Debug)]
struct Shared(Arc<TcpStream>);

#[cfg(unix)]
impl std::os::fd::AsFd for Shared {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(windows)]
impl std::os::windows::io::AsSocket for Shared {
    fn as_socket(&self) -> std::os::windows::io::BorrowedSocket<'_> {
        self.0.as_socket()
    }
}

pub fn io19_after_a_cancelled_wait_the_next_one_is_served<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (source, mut far) = registered(&handle);
        for n in 0..20_u8 {
            assert!(within(&handle, std::time::Duration::ZERO, read_some(&source)).await.is_none());
            far.write_all(&[n]).expect("a write");
            let read = within(&handle, LONG, read_some(&source)).await.expect("no event came");
            assert_eq!(read.expect("a read"), [n]);
        }
    });
}

pub fn io20_a_wait_dropped_as_data_comes_loses_none<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    const BYTES: usize = 500;
    run::<S, _>(|handle| async move {
        let (source, mut far) = registered(&handle);
        let sender = std::thread::spawn(move || {
            for n in 0..BYTES {
                far.write_all(&[n as u8]).expect("a write");
                if n % 16 == 0 {
                    std::thread::sleep(std::time::Duration::from_micros(200));
                }
            }
        });
        let mut got = Vec::new();
        while got.len() < BYTES {
            let mut read = std::pin::pin!(read_some(&source));
            // Polled once or twice, then dropped: what was not given was not taken.
            for _ in 0..2 {
                if let Poll::Ready(read) = poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx))).await {
                    got.extend(read.expect("a read"));
                    break;
                }
                yield_now().await;
            }
            if got.is_empty() {
                handle.sleep(std::time::Duration::from_micros(100)).await;
            }
        }
        sender.join().expect("the sender");
        assert_eq!(got, (0..BYTES).map(|n| n as u8).collect::<Vec<_>>());
    });
}

pub fn io21_an_operations_error_ends_only_its_own_wait<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (source, mut far) = registered(&handle);
        let failed =
            source.io(Interest::Writable, |_: &TcpStream| Err::<(), _>(io::Error::other("mine"))).await;
        assert_eq!(failed.expect_err("the error as it was").to_string(), "mine");
        far.write_all(b"x").expect("a write");
        assert_eq!(
            within(&handle, LONG, read_some(&source)).await.expect("no event came").ok(),
            Some(b"x".to_vec())
        );
    });
}

pub fn io22_an_interrupted_operation_is_tried_again<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (source, _far) = registered(&handle);
        let mut interrupted = 0;
        let wrote = source.io(Interest::Writable, |mut socket: &TcpStream| {
            interrupted += 1;
            if interrupted < 4 { Err(io::ErrorKind::Interrupted.into()) } else { socket.write(b"x") }
        });
        assert_eq!(within(&handle, LONG, wrote).await.expect("an answer").ok(), Some(1));
    });
}

pub fn run21_registering_on_a_closed_loop_is_an_error<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    subject.close();
    let (near, _far) = tcp_pair();
    near.set_nonblocking(true).expect("a non-blocking socket");
    let error = handle.register(near).expect_err("the loop is closed");
    assert!(error.to_string().contains("closed"), "{error}");
}
