//! What arrives inside: how many calls, of what, in what order.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_lite::future::block_on;
use loop_compat::io::{FuturesIo, HyperIo, TokioIo};

#[derive(Debug, PartialEq)]
enum Call {
    Write(usize),
    Vectored(Vec<usize>),
    Flush,
    Close,
}

/// Takes all, and remembers how it came; gives four bytes, and remembers the capacity of each
/// buffer.
#[derive(Default)]
struct Recorder {
    calls: Vec<Call>,
    plain: bool,
    capacities: Vec<usize>,
}

macro_rules! records {
    ($trait:path, $close:ident $(, $vectored:ident)?) => {
        impl $trait for Recorder {
            fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                self.calls.push(Call::Write(buf.len()));
                Poll::Ready(Ok(buf.len()))
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                _: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.calls.push(Call::Vectored(bufs.iter().map(|buf| buf.len()).collect()));
                Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()))
            }

            $(fn $vectored(&self) -> bool {
                !self.plain
            })?

            fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.calls.push(Call::Flush);
                Poll::Ready(Ok(()))
            }

            fn $close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.calls.push(Call::Close);
                Poll::Ready(Err(ErrorKind::NotConnected.into()))
            }
        }
    };
}

records!(futures_io::AsyncWrite, poll_close);
records!(tokio::io::AsyncWrite, poll_shutdown, is_write_vectored);
records!(hyper::rt::Write, poll_shutdown, is_write_vectored);

impl futures_io::AsyncRead for Recorder {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.capacities.push(buf.len());
        match self.capacities.len() {
            1 => Poll::Ready(Err(ErrorKind::Interrupted.into())),
            2 => Poll::Ready(Err(ErrorKind::WouldBlock.into())),
            3 => {
                buf[..4].copy_from_slice(b"ciao");
                Poll::Ready(Ok(4))
            }
            _ => Poll::Ready(Ok(0)),
        }
    }
}

/// A 12-byte writev of three slices, a flush and a close through the three traits of `$io`;
/// `$inner` gives the recorder.
macro_rules! is_one_call {
    ($io:expr, |$it:ident| $inner:expr) => {
        is_one_call!(@ $io, |$it| $inner, futures_io::AsyncWrite, poll_close);
        is_one_call!(@ $io, |$it| $inner, tokio::io::AsyncWrite, poll_shutdown);
        is_one_call!(@ $io, |$it| $inner, hyper::rt::Write, poll_shutdown);
        let io = $io;
        assert!(tokio::io::AsyncWrite::is_write_vectored(&io) && hyper::rt::Write::is_write_vectored(&io));
    };
    (@ $io:expr, |$it:ident| $inner:expr, $trait:path, $close:ident) => {
        block_on(async {
            let mut io = $io;
            let slices = [IoSlice::new(b"Ciao "), IoSlice::new(b"Euro"), IoSlice::new(b"Pyt")];
            let n = poll_fn(|cx| <_ as $trait>::poll_write_vectored(Pin::new(&mut io), cx, &slices)).await;
            assert_eq!(n.expect("a write"), 12);
            let n = poll_fn(|cx| <_ as $trait>::poll_write(Pin::new(&mut io), cx, b"hon")).await;
            assert_eq!(n.expect("a write"), 3);
            poll_fn(|cx| <_ as $trait>::poll_flush(Pin::new(&mut io), cx)).await.expect("a flush");
            let error = poll_fn(|cx| <_ as $trait>::$close(Pin::new(&mut io), cx)).await.expect_err("its error");
            assert_eq!(error.kind(), ErrorKind::NotConnected);
            let $it = &io;
            let calls = &$inner.calls;
            assert_eq!(*calls, [Call::Vectored(vec![5, 4, 3]), Call::Write(3), Call::Flush, Call::Close]);
        });
    };
}

#[test]
fn peer02_a_vectored_write_stays_one_through_every_adapter() {
    is_one_call!(FuturesIo::new(Recorder::default()), |io| io.get_ref());
    is_one_call!(TokioIo::new(Recorder::default()), |io| io.get_ref());
    is_one_call!(HyperIo::new(Recorder::default()), |io| io.get_ref());
    is_one_call!(TokioIo::new(FuturesIo::new(Recorder::default())), |io| io.get_ref().get_ref());
    is_one_call!(HyperIo::new(TokioIo::new(FuturesIo::new(Recorder::default()))), |io| {
        io.get_ref().get_ref().get_ref()
    });
}

#[test]
fn what_is_not_vectored_says_so() {
    let plain = || Recorder { plain: true, ..Recorder::default() };
    assert!(!hyper::rt::Write::is_write_vectored(&TokioIo::new(plain())));
    assert!(!tokio::io::AsyncWrite::is_write_vectored(&HyperIo::new(plain())));
}

#[test]
fn errors_pass_and_nothing_is_zeroed() {
    block_on(async {
        let mut io = FuturesIo::new(Recorder::default());
        let mut memory = [7; 1 << 16];
        for kind in [ErrorKind::Interrupted, ErrorKind::WouldBlock] {
            let mut buf = hyper::rt::ReadBuf::new(&mut memory);
            let read = poll_fn(|cx| hyper::rt::Read::poll_read(Pin::new(&mut io), cx, buf.unfilled())).await;
            assert_eq!(read.expect_err("its error").kind(), kind);
            assert!(buf.filled().is_empty());
        }
        let mut buf = hyper::rt::ReadBuf::new(&mut memory);
        poll_fn(|cx| hyper::rt::Read::poll_read(Pin::new(&mut io), cx, buf.unfilled()))
            .await
            .expect("a read");
        assert_eq!(buf.filled(), b"ciao");
        assert!(memory[4..].iter().all(|byte| *byte == 7), "what was not read was touched");

        // tokio's, uninitialised and then initialised.
        io.get_mut().capacities.truncate(2);
        let mut memory = [MaybeUninit::uninit(); 64];
        let mut buf = tokio::io::ReadBuf::uninit(&mut memory);
        poll_fn(|cx| tokio::io::AsyncRead::poll_read(Pin::new(&mut io), cx, &mut buf)).await.expect("a read");
        assert_eq!((buf.filled(), buf.initialized().len()), (&b"ciao"[..], 4));
        buf.initialize_unfilled();
        io.get_mut().capacities.truncate(2);
        poll_fn(|cx| tokio::io::AsyncRead::poll_read(Pin::new(&mut io), cx, &mut buf)).await.expect("a read");
        assert_eq!((buf.filled(), io.get_ref().capacities.last()), (&b"ciaociao"[..], Some(&60)));
    });
}

/// Puts another buffer in the place of the one that it was given.
struct Swindler;

impl tokio::io::AsyncRead for Swindler {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        *buf = tokio::io::ReadBuf::new(Vec::leak(vec![1; 64]));
        buf.set_filled(64);
        Poll::Ready(Ok(()))
    }
}

#[test]
#[should_panic(expected = "put another buffer in the place of its own")]
fn a_reader_that_swaps_its_buffer_is_found_out() {
    let mut memory = [MaybeUninit::uninit(); 64];
    let mut buf = hyper::rt::ReadBuf::uninit(&mut memory);
    let mut io = TokioIo::new(Swindler);
    let _ = block_on(poll_fn(|cx| hyper::rt::Read::poll_read(Pin::new(&mut io), cx, buf.unfilled())));
}

/// Puts in its place a buffer that begins where the one that it was given ends.
struct Neighbour(Option<&'static mut [u8]>);

impl tokio::io::AsyncRead for Neighbour {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let other = self.0.take().expect("to be polled once");
        assert_eq!((buf.filled().as_ptr(), buf.capacity()), (other.as_ptr(), 0));
        *buf = tokio::io::ReadBuf::new(other);
        buf.set_filled(32);
        Poll::Ready(Ok(()))
    }
}

#[test]
#[should_panic(expected = "put another buffer in the place of its own")]
fn a_reader_that_swaps_a_full_buffer_for_its_neighbour_is_found_out() {
    let (ours, others) = Vec::leak(vec![0; 64]).split_at_mut(32);
    let mut buf = hyper::rt::ReadBuf::new(ours);
    buf.unfilled().put_slice(&[1; 32]);
    let mut io = TokioIo::new(Neighbour(Some(others)));
    let _ = block_on(poll_fn(|cx| hyper::rt::Read::poll_read(Pin::new(&mut io), cx, buf.unfilled())));
}
