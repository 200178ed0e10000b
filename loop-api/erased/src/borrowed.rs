//! One stream, borrowed by its two halves: the one file of this crate with raw pointers.
//!
//! The halves are plain references. With a box in each they would have something to drop, and a
//! stream could not be used again after the last use of its halves in the same block: programs that
//! compile on the other backends would not with `dyn`.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::ptr;
use std::sync::Mutex;
use std::task::{Context, Poll};

use super::object::Object;
use super::socket::Op;
use loop_api::io::{Interest, ReadCursor};
use loop_api::net::Stream;

/// An object whose halves take turns with it.
///
/// # Invariant
///
/// A reference to this is made only from an exclusive one to the object, for as long as that is
/// borrowed; so only holders of such references can reach the object meanwhile, and they reach its
/// socket only with its `turn` locked.
#[repr(transparent)]
struct Borrowed<S, Std>(UnsafeCell<Object<S, Std>>);

// SAFETY: by the invariant the socket is reached by one thread at a time, exclusively, which is to
// send it; the other fields that are reached are the mutex, which is Sync.
unsafe impl<S: Send, Std> Sync for Borrowed<S, Std> {}

/// What the halves ask of the object.
pub(super) trait DynBorrowed: Send + Sync {
    fn read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;
    fn read_vectored(&self, cx: &mut Context<'_>, bufs: &mut [IoSliceMut<'_>]) -> Poll<io::Result<usize>>;
    fn read_uninit(&self, cx: &mut Context<'_>, buf: ReadCursor<'_>) -> Poll<io::Result<()>>;
    fn write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;
    fn write_vectored(&self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>>;
    fn flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    fn close(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    fn poll_ready(&self, cx: &mut Context<'_>, interest: Interest) -> Poll<io::Result<()>>;
    fn poll_io(&self, cx: &mut Context<'_>, interest: Interest, op: Op<'_>) -> Poll<io::Result<()>>;
    fn try_io(&self, interest: Interest, op: Op<'_>) -> io::Result<()>;
    fn with_std(&self, f: Op<'_>) -> io::Result<()>;
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

/// Borrows an object for its two halves.
pub(super) fn borrow<S: Stream, Std: 'static>(object: &mut Object<S, Std>) -> &dyn DynBorrowed {
    let borrowed = ptr::from_mut(object) as *const Borrowed<S, Std>;
    // SAFETY: `Borrowed` is laid out as the `UnsafeCell` in it, and that as the object. The
    // exclusive borrow lasts as long as the reference made here, which is the invariant.
    let borrowed: &Borrowed<S, Std> = unsafe { &*borrowed };
    borrowed
}

impl<S: Stream, Std> Borrowed<S, Std> {
    fn with<R>(&self, f: impl FnOnce(Pin<&mut S>) -> R) -> R {
        let object = self.0.get();
        // SAFETY: by the invariant only `with` reaches the object, and it makes exclusive
        // references to the socket alone.
        let turn: &Mutex<()> = unsafe { &(*object).turn };
        // What panicked in its turn may have left the socket's state odd, but sound.
        let _turn = turn.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // SAFETY: by the invariant no other thread reaches the socket while the turn is ours.
        let socket: &mut S = unsafe { &mut (*object).socket };
        f(Pin::new(socket))
    }
}

impl<S: Stream, Std: 'static> DynBorrowed for Borrowed<S, Std> {
    fn read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.with(|socket| socket.poll_read(cx, buf))
    }

    fn read_vectored(&self, cx: &mut Context<'_>, bufs: &mut [IoSliceMut<'_>]) -> Poll<io::Result<usize>> {
        self.with(|socket| socket.poll_read_vectored(cx, bufs))
    }

    fn read_uninit(&self, cx: &mut Context<'_>, buf: ReadCursor<'_>) -> Poll<io::Result<()>> {
        self.with(|socket| socket.poll_read_uninit(cx, buf))
    }

    fn write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|socket| socket.poll_write(cx, buf))
    }

    fn write_vectored(&self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.with(|socket| socket.poll_write_vectored(cx, bufs))
    }

    fn flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|socket| socket.poll_flush(cx))
    }

    fn close(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|socket| socket.poll_close(cx))
    }

    fn poll_ready(&self, cx: &mut Context<'_>, interest: Interest) -> Poll<io::Result<()>> {
        self.with(|socket| socket.poll_ready(cx, interest))
    }

    fn poll_io(&self, cx: &mut Context<'_>, interest: Interest, op: Op<'_>) -> Poll<io::Result<()>> {
        self.with(|socket| socket.poll_io(cx, interest, op))
    }

    fn try_io(&self, interest: Interest, op: Op<'_>) -> io::Result<()> {
        self.with(|socket| socket.try_io(interest, op))
    }

    fn with_std(&self, f: Op<'_>) -> io::Result<()> {
        self.with(|socket| socket.with_std(f))
    }

    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with(|socket| fmt::Debug::fmt(&*socket, f))
    }
}
