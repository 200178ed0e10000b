//! Reading into the buffers of tokio, hyper and the bytes crate, which need not be initialised.
#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use loop_api::io::{AsyncReadUninit, ReadCursor};
use socket2::{SockAddr, Socket};

/// Reading into tokio's buffer, by what needs no initialised memory.
pub(crate) trait ReadTokio: AsyncReadUninit {
    // Into the reader of tokio's that asks: a call for each would be felt on native.
    #[inline(always)]
    fn poll_read_tokio(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut filled = 0;
        // SAFETY: nothing uninitialised is written through a cursor.
        let spare = unsafe { buf.unfilled_mut() };
        ready!(self.poll_read_uninit(cx, ReadCursor::new(spare, &mut filled)))?;
        // SAFETY: the cursor counts what is initialised.
        unsafe { buf.assume_init(filled) };
        buf.advance(filled);
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncReadUninit> ReadTokio for R {}

#[cfg(feature = "hyper")]
#[inline]
pub(crate) fn read_hyper<R: AsyncReadUninit>(
    reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    mut buf: hyper::rt::ReadBufCursor<'_>,
) -> Poll<io::Result<()>> {
    let mut filled = 0;
    // SAFETY: nothing uninitialised is written through a cursor.
    let spare = unsafe { buf.as_mut() };
    ready!(reader.poll_read_uninit(cx, ReadCursor::new(spare, &mut filled)))?;
    // SAFETY: the cursor counts what is initialised.
    unsafe { buf.advance(filled) };
    Poll::Ready(Ok(()))
}

/// How a datagram, or what is there of a stream, is taken from the system's socket.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Call {
    Receive,
    /// It stays there.
    Peek,
}

impl Call {
    /// Fills `buf` from its start, and gives how many bytes that were, and the sender.
    fn of(self, socket: &Socket, buf: &mut [MaybeUninit<u8>]) -> io::Result<(usize, SockAddr)> {
        match self {
            Call::Receive => socket.recv_from(buf),
            Call::Peek => socket.peek_from(buf),
        }
    }
}

/// Fills the rest of tokio's buffer.
pub(crate) fn into_read_buf(
    socket: &Socket,
    buf: &mut tokio::io::ReadBuf<'_>,
    call: Call,
) -> io::Result<(usize, SockAddr)> {
    // SAFETY: the system writes what it received and no more.
    let (n, from) = call.of(socket, unsafe { buf.unfilled_mut() })?;
    // SAFETY: socket2 says that this many bytes were written from the start.
    unsafe { buf.assume_init(n) };
    buf.advance(n);
    Ok((n, from))
}

/// Fills the rest of a buffer.
#[cfg(feature = "io-util")]
pub(crate) fn into_buf<B: bytes::BufMut>(
    socket: &Socket,
    buf: &mut B,
    call: Call,
) -> io::Result<(usize, SockAddr)> {
    // SAFETY: the system writes what it received and no more.
    let (n, from) = call.of(socket, unsafe { buf.chunk_mut().as_uninit_slice_mut() })?;
    // SAFETY: socket2 says that this many bytes were written from the start.
    unsafe { buf.advance_mut(n) };
    Ok((n, from))
}

/// Fills the rest of a buffer, of which at most 8 KiB at a time, zeroed first.
#[cfg(all(feature = "io-util", unix))]
pub(crate) fn into_zeroed<B: bytes::BufMut>(
    buf: &mut B,
    read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    let spare = buf.chunk_mut();
    let len = spare.len().min(8 * 1024);
    let mut filled = 0;
    // SAFETY: nothing uninitialised is written through a cursor.
    let spare = unsafe { &mut spare.as_uninit_slice_mut()[..len] };
    let n = ReadCursor::new(spare, &mut filled).read_zeroed(read)?;
    // SAFETY: the cursor counts what is initialised.
    unsafe { buf.advance_mut(filled) };
    Ok(n)
}
