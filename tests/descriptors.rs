//! Descriptors of the caller's on every loop: tokio's `AsyncFd`, and `Async` of what is borrowed,
//! not `Sync`, or has another descriptor by now. And those of sockets.
#![cfg(all(unix, feature = "macros", feature = "io-util"))]

use std::cell::Cell;
use std::fs::File;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use anyloop::io::unix::{AsyncFd, TryIoError};
use anyloop::io::{Async, AsyncReadExt, AsyncWriteExt, Interest, Ready};
use anyloop::join;
use anyloop::net::{self, TcpListener, TcpStream, UdpSocket, UnixListener};
use anyloop::runtime::{Backend, Builder, Handle};
use anyloop::task;
use anyloop::time::{Duration, timeout};
use socket2::{SockAddr, SockRef};

const SHORT: Duration = Duration::from_millis(5);

/// Two that are connected and non-blocking.
fn pair() -> (UnixStream, UnixStream) {
    let (one, other) = UnixStream::pair().unwrap();
    one.set_nonblocking(true).unwrap();
    other.set_nonblocking(true).unwrap();
    (one, other)
}

fn registered() -> (AsyncFd<UnixStream>, UnixStream) {
    let (one, other) = pair();
    (AsyncFd::new(one).unwrap(), other)
}

#[anyloop::test]
async fn readiness_is_remembered_until_an_operation_would_block() {
    let (one, mut other) = registered();
    assert!(timeout(SHORT, one.readable()).await.is_err());
    other.write_all(b"x").unwrap();
    let mut guard = one.readable().await.unwrap();
    assert_eq!(guard.ready(), Ready::READABLE);
    assert_eq!(guard.try_io(|fd| fd.get_ref().read(&mut [0; 8])).unwrap().unwrap(), 1);
    // Nothing is there, but that was not noticed.
    one.readable().await.unwrap().retain_ready();
    assert!(matches!(guard.try_io(|fd| fd.get_ref().read(&mut [0; 8])), Err(TryIoError { .. })));
    assert_eq!(guard.ready(), Ready::EMPTY);
    assert!(timeout(SHORT, one.readable()).await.is_err());
    other.write_all(b"x").unwrap();
    one.readable().await.unwrap().clear_ready();
    // It can still be read, which the system says when it is asked again.
    assert!(one.readable().await.unwrap().ready().is_readable());
}

#[anyloop::test]
async fn both_directions_are_waited_for_at_once() {
    let (one, mut other) = registered();
    let mut bytes = 0;
    while let Ok(n) = one.get_ref().write(&[0; 4096]) {
        bytes += n;
    }
    assert!(timeout(SHORT, one.writable()).await.is_err());
    let both = Interest::READABLE | Interest::WRITABLE;
    assert!(timeout(SHORT, one.ready(both)).await.is_err());
    other.write_all(b"x").unwrap();
    let ready = one.ready(both).await.unwrap().ready();
    assert!(ready.is_readable() && !ready.is_writable());
    other.read_exact(&mut vec![0; bytes]).unwrap();
    let mut guard = one.writable().await.unwrap();
    guard.clear_ready_matching(Ready::WRITABLE);
    assert!(guard.ready().is_empty());
    drop(other);
    assert!(one.ready(both).await.is_ok());
    assert!(poll_fn(|cx| one.poll_write_ready(cx)).await.unwrap().ready().is_writable());
    one.readable().await.unwrap().clear_ready();
    assert!(one.readable().await.unwrap().ready().is_read_closed());
}

#[anyloop::test]
async fn any_number_may_wait() {
    let (one, mut other) = registered();
    let one = Arc::new(one);
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let one = one.clone();
            task::spawn(async move { one.readable().await.map(|mut guard| guard.clear_ready()) })
        })
        .collect();
    task::yield_now().await;
    other.write_all(b"x").unwrap();
    for waiter in waiting {
        waiter.await.unwrap().unwrap();
    }
}

#[anyloop::test]
async fn one_by_poll_may_wait_beside_those_who_await() {
    let (one, mut other) = registered();
    let mut polled = std::pin::pin!(poll_fn(|cx| one.poll_read_ready(cx).map(|ready| ready.map(drop))));
    let mut awaited = std::pin::pin!(async { one.readable().await.map(drop) });
    for _ in 0..2 {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(polled.as_mut().poll(&mut cx).is_pending() && awaited.as_mut().poll(&mut cx).is_pending());
    }
    let write = async { other.write_all(b"x") };
    anyloop::try_join!(polled, awaited, write).unwrap();
}

#[anyloop::test]
async fn tries_are_made_only_when_it_is_ready() {
    let (mut one, mut other) = registered();
    let nothing = one.try_io(Interest::READABLE, |_| -> io::Result<()> { panic!("nothing is there") });
    assert_eq!(nothing.unwrap_err().kind(), ErrorKind::WouldBlock);
    other.write_all(b"x").unwrap();
    assert_eq!(one.try_io_mut(Interest::READABLE, |fd| fd.read(&mut [0; 8])).unwrap(), 1);
    let nothing = one.try_io(Interest::READABLE, |mut fd| fd.read(&mut [0; 8]));
    assert_eq!(nothing.unwrap_err().kind(), ErrorKind::WouldBlock);
    let nothing = one.try_io(Interest::READABLE, |_| -> io::Result<()> { panic!("that was noticed") });
    assert_eq!(nothing.unwrap_err().kind(), ErrorKind::WouldBlock);
    one.try_io(Interest::WRITABLE, |_| Ok(())).unwrap();
    let alone = one.ready(Interest::ERROR).await.unwrap_err();
    assert_eq!(alone.kind(), ErrorKind::Unsupported);
}

#[anyloop::test]
async fn operations_are_tried_until_they_do_not_block() {
    let (mut one, mut other) = registered();
    let mut buf = [0; 8];
    let write = async {
        task::yield_now().await;
        other.write_all(b"ciao")
    };
    let read = one.async_io_mut(Interest::READABLE, |fd| fd.read(&mut buf));
    assert_eq!(anyloop::try_join!(read, write).unwrap(), (4, ()));
    other.write_all(b"a").unwrap();
    // Blocks although something is there, until the rest of it is.
    let (fetches, write) = (Cell::new(0), async {
        anyloop::time::sleep(SHORT).await;
        other.write_all(b"b")
    });
    let both = one.async_io(Interest::READABLE, |fd| {
        fetches.set(fetches.get() + 1);
        let there = socket2::SockRef::from(fd).peek(&mut [std::mem::MaybeUninit::uninit(); 8])?;
        if there < 2 { Err(ErrorKind::WouldBlock.into()) } else { Ok(there) }
    });
    assert_eq!(anyloop::try_join!(both, write).unwrap(), (2, ()));
    assert!(fetches.get() > 1);
}

#[anyloop::test]
async fn what_was_registered_is_given_back_or_dropped() {
    let (one, mut other) = registered();
    assert_eq!(one.as_raw_fd(), one.as_fd().as_raw_fd());
    let one = AsyncFd::new(one.into_inner()).unwrap();
    assert_eq!(other.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(one);
    assert_eq!(other.read(&mut [0]).unwrap(), 0);
    let file = File::open("/dev/null").unwrap();
    if let Err(error) = AsyncFd::try_new(File::open(std::env::current_exe().unwrap()).unwrap()) {
        let (_file, cause) = error.into_parts();
        assert_eq!(cause.kind(), ErrorKind::Unsupported);
    } else {
        panic!("a regular file cannot be waited for");
    }
    drop(file);
}

#[anyloop::test]
async fn a_number_that_is_not_open_is_refused() {
    // SAFETY: no descriptor has the highest number, so none is read or closed by it.
    let none = unsafe { BorrowedFd::borrow_raw(RawFd::MAX) };
    let current = Handle::current();
    for error in [
        current.add_reader(none, |_| ()).unwrap_err(),
        current.add_writer(none, |_| ()).unwrap_err(),
        AsyncFd::new(none).unwrap_err(),
    ] {
        // EBADF, on every unix.
        assert_eq!(anyloop::net::raw_os_error(&error), Some(9), "{error}");
    }
}

/// Has a number alone.
struct Raw(UnixStream);

impl AsRawFd for Raw {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

#[anyloop::test]
async fn what_promises_to_stay_open_is_registered() {
    let (one, mut other) = pair();
    // SAFETY: the stream stays in it.
    let one = unsafe { AsyncFd::register(Raw(one)) }.unwrap();
    other.write_all(b"x").unwrap();
    assert!(one.readable().await.unwrap().ready().is_readable());
    assert_eq!(one.get_ref().0.as_raw_fd(), one.as_raw_fd());
}

#[anyloop::test]
async fn what_has_no_descriptor_is_refused() {
    #[derive(Debug)]
    struct Closed;
    impl AsRawFd for Closed {
        fn as_raw_fd(&self) -> RawFd {
            -1
        }
    }
    // SAFETY: it never is a descriptor.
    let (_closed, error) = unsafe { AsyncFd::register(Closed) }.unwrap_err().into_parts();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
}

#[anyloop::test]
async fn another_descriptor_in_its_place_is_an_error_and_harms_no_other() {
    let (mut one, other) = registered();
    let (mut third, fourth) = pair();
    let replaced = std::mem::replace(one.get_mut(), fourth);
    assert_eq!(one.writable().await.unwrap_err().kind(), ErrorKind::InvalidInput);
    drop(replaced);
    // These get the numbers that are free now.
    let (fifth, mut sixth) = registered();
    drop(one);
    assert_eq!(third.read(&mut [0]).unwrap(), 0, "what was put in its place is closed with it");
    sixth.write_all(b"x").unwrap();
    assert!(fifth.readable().await.unwrap().ready().is_readable());
    drop(other);
}

/// Reads from one, and from then on from the other.
struct Two(Vec<UnixStream>);

impl AsFd for Two {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0[self.0.len() - 1].as_fd()
    }
}

impl Read for Two {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.pop().unwrap().read(buf)
    }
}

#[anyloop::test]
async fn a_reader_that_changes_its_descriptor_is_refused() {
    let (one, mut other) = pair();
    other.write_all(b"x").unwrap();
    let (third, _fourth) = pair();
    let mut two = Async::new_nonblocking(Two(vec![third, one])).unwrap();
    let changed = two.read(&mut [0; 8]).await.unwrap_err();
    assert_eq!(changed.kind(), ErrorKind::InvalidInput, "{changed}");
    assert_eq!(two.readable().await.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(two.read(&mut [0; 8]).await.unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[anyloop::test]
async fn what_is_borrowed_can_be_waited_for() {
    let (one, other) = UnixDatagram::pair().unwrap();
    {
        let (one, other) = (Async::new(&one).unwrap(), Async::new(&other).unwrap());
        one.write_with(|socket| socket.send(b"ciao")).await.unwrap();
        other.readable().await.unwrap();
    }
    assert_eq!(other.recv(&mut [0; 8]).unwrap(), 4);
}

#[anyloop::test]
async fn a_shared_reference_reads_and_writes() {
    let (one, other) = pair();
    let (one, other) = (Async::new(one).unwrap(), Async::new(other).unwrap());
    let echo = async {
        let mut buf = [0; 4];
        (&other).read_exact(&mut buf).await?;
        (&other).write_all(&buf).await
    };
    let ask = async {
        let mut buf = [0; 4];
        let (mut read, mut write) = (&one, &one);
        write.write_all(b"ciao").await?;
        read.read_exact(&mut buf).await.map(|_| buf)
    };
    assert_eq!(anyloop::try_join!(echo, ask).unwrap().1, *b"ciao");
}

/// Reads and writes by a mutable reference alone, and stays on its thread.
struct Counted {
    stream: UnixStream,
    calls: Rc<Cell<u32>>,
}

impl AsFd for Counted {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.calls.set(self.calls.get() + 1);
        self.stream.read(buf)
    }
}

#[anyloop::test]
async fn what_reads_by_a_mutable_reference_is_a_reader() {
    let (stream, mut other) = pair();
    let calls = Rc::new(Cell::new(0));
    let mut counted = Async::new(Counted { stream, calls: calls.clone() }).unwrap();
    let read = async {
        let mut buf = [0; 2];
        counted.read_exact(&mut buf).await?;
        counted.read_with_mut(|counted| counted.read(&mut buf)).await
    };
    let write = async {
        task::yield_now().await;
        other.write_all(b"abc")
    };
    assert_eq!(anyloop::try_join!(read, write).unwrap().0, 1);
    assert!(calls.get() >= 2);
}

#[test]
fn the_end_of_the_loop_is_told() {
    for &backend in Backend::compiled() {
        let mut runtime = Builder::new().backend(backend).build().unwrap();
        let (one, _other) = runtime.block_on(async { registered() });
        let mut waiting = Box::pin(async { one.readable().await.map(drop) });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(waiting.as_mut().poll(&mut cx).is_pending());
        drop(runtime);
        assert!(matches!(waiting.as_mut().poll(&mut cx), Poll::Ready(Err(_))), "{backend}");
        drop(waiting);
        assert!(one.try_io(Interest::WRITABLE, |fd| (&mut &*fd).write(b"x")).is_ok());
    }
}

#[anyloop::test]
async fn sockets_lend_the_systems_by_the_traits_of_the_standard_library() {
    fn local_addr(socket: &(impl AsFd + AsRawFd)) -> SockAddr {
        assert_eq!(socket.as_fd().as_raw_fd(), socket.as_raw_fd());
        SockRef::from(socket).local_addr().unwrap()
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    assert_eq!(local_addr(&listener).as_socket(), Some(addr));
    let stream = TcpStream::connect(addr).await.unwrap();
    assert_eq!(local_addr(&stream).as_socket(), stream.local_addr().ok());
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    assert_eq!(local_addr(&socket).as_socket(), socket.local_addr().ok());

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let listener = UnixListener::bind(path("stream")).unwrap();
    assert_eq!(local_addr(&listener).as_pathname(), Some(&*path("stream")));
    let (_client, server) = join!(net::UnixStream::connect(path("stream")), listener.accept());
    assert_eq!(local_addr(&server.unwrap().0).as_pathname(), Some(&*path("stream")));
    let socket = net::UnixDatagram::bind(path("datagram")).unwrap();
    assert_eq!(local_addr(&socket).as_pathname(), Some(&*path("datagram")));
}
