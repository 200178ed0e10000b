//! tokio's readiness methods of sockets and halves: `ready`, `try_io`, `async_io`, the polls, and
//! reading and writing into buffers of all kinds.

use std::future::poll_fn;
use std::io;
use std::pin::pin;

use loop_api::io::Interest as Direction;
use loop_api::net::Socket;
use socket2::SockRef;

use crate::io::{Interest, Ready};
use crate::task::yield_now;

/// Waits for any of `interest`, and says for what it is ready.
pub(super) async fn ready<S: Socket + Sync>(socket: &S, interest: Interest) -> io::Result<Ready> {
    let first = match (interest.is_readable(), interest.is_writable()) {
        (true, false) => {
            socket.ready(Direction::Readable).await?;
            Ready::READABLE
        }
        (false, true) => {
            socket.ready(Direction::Writable).await?;
            Ready::WRITABLE
        }
        (true, true) => {
            let mut read = pin!(socket.ready(Direction::Readable));
            let mut write = pin!(socket.ready(Direction::Writable));
            poll_fn(|cx| match read.as_mut().poll(cx) {
                std::task::Poll::Pending => write.as_mut().poll(cx).map_ok(|()| Ready::WRITABLE),
                ready => ready.map_ok(|()| Ready::READABLE),
            })
            .await?
        }
        (false, false) => return Err(crate::io::alone()),
    };
    Ok(first | now(socket, interest))
}

/// What of `interest` the system says just now; nothing where it is not asked.
fn now(socket: &impl Socket, interest: Interest) -> Ready {
    let state = socket.with_std(|socket| loop_toolkit::socket::state(&*socket));
    state.map_or(Ready::EMPTY, |state| Ready::from(state) & interest.mask())
}

/// Tries `f` if the loop takes the socket to be ready for any of `interest`.
pub(super) fn try_io<R>(
    socket: &impl Socket,
    interest: Interest,
    f: impl FnOnce() -> io::Result<R>,
) -> io::Result<R> {
    let mut f = Some(f);
    let mut call = |_: SockRef<'_>| match f.take() {
        Some(f) => f(),
        None => Err(io::ErrorKind::WouldBlock.into()),
    };
    let tried = match (interest.is_readable(), interest.is_writable()) {
        (true, _) => socket.try_io(Direction::Readable, &mut call),
        (false, true) => return socket.try_io(Direction::Writable, call),
        (false, false) => return Err(crate::io::alone()),
    };
    match tried {
        // Not called, where a loop remembers that it is not ready for reading.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock && interest.is_writable() => {
            socket.try_io(Direction::Writable, call)
        }
        tried => tried,
    }
}

/// Tries `f` until it gives something else than `WouldBlock`, waiting in between.
pub(super) async fn async_io<S: Socket + Sync, R>(
    socket: &S,
    interest: Interest,
    mut f: impl FnMut() -> io::Result<R>,
) -> io::Result<R> {
    give_way().await;
    let mut was_ready = false;
    loop {
        match try_io(socket, interest, &mut f) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return result,
        }
        if was_ready {
            // It blocks although it is ready: others come first, now and then it is tried again.
            yield_now().await;
        }
        ready(socket, interest).await?;
        was_ready = true;
    }
}

/// The same in one direction, with the system's socket. Any number may wait.
pub(super) async fn attempt<S: Socket + Sync, R>(
    socket: &S,
    direction: Direction,
    mut op: impl FnMut(SockRef<'_>) -> io::Result<R>,
) -> io::Result<R> {
    give_way().await;
    let mut was_ready = false;
    loop {
        match socket.try_io(direction, &mut op) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => return result,
        }
        if was_ready {
            yield_now().await;
        }
        socket.ready(direction).await?;
        was_ready = true;
    }
}

/// Counts one operation of the task's budget.
async fn give_way() {
    #[cfg(any(feature = "sync", feature = "io-util"))]
    tokio::task::consume_budget().await;
}

/// What an address of TCP or UDP must be.
pub(super) fn inet(addr: &socket2::SockAddr) -> io::Result<std::net::SocketAddr> {
    addr.as_socket()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it is no address of IPv4 or IPv6"))
}

/// What an address of a unix socket must be.
#[cfg(unix)]
pub(super) fn unix(addr: &socket2::SockAddr) -> io::Result<std::os::unix::net::SocketAddr> {
    match addr.as_unix() {
        Some(addr) => Ok(addr),
        // Of a sender without an address the system says nothing at all.
        None => std::os::unix::net::SocketAddr::from_pathname(""),
    }
}

/// `ready`, `try_io` and `async_io`.
macro_rules! readiness {
    ($name:ty) => {
        impl $name {
            /// Waits until it is ready for any of `interest`, and says for what. Cancel safe; any
            /// number may wait.
            ///
            /// It may have been ready and be so no longer: try, and wait again.
            ///
            /// # Errors
            ///
            /// `Unsupported` if `interest` is neither readable nor writable; that the loop is
            /// closed.
            pub async fn ready(&self, interest: $crate::io::Interest) -> std::io::Result<$crate::io::Ready> {
                $crate::net::readiness::ready(self, interest).await
            }

            /// Tries `f`, which does something to this socket that it has no method for. A loop
            /// that remembers readiness calls it only when it takes the socket to be ready for any
            /// of `interest`, and forgets that if it gives `WouldBlock`.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if it is not ready; those of `f`.
            pub fn try_io<R>(
                &self,
                interest: $crate::io::Interest,
                f: impl FnOnce() -> std::io::Result<R>,
            ) -> std::io::Result<R> {
                $crate::net::readiness::try_io(self, interest, f)
            }

            /// Tries `f` as [`try_io`](Self::try_io) until it gives something else than
            /// `WouldBlock`, waiting in between. Cancel safe; any number may wait.
            ///
            /// # Errors
            ///
            /// Those of `f`; those of [`ready`](Self::ready).
            pub async fn async_io<R>(
                &self,
                interest: $crate::io::Interest,
                f: impl FnMut() -> std::io::Result<R>,
            ) -> std::io::Result<R> {
                $crate::net::readiness::async_io(self, interest, f).await
            }
        }
    };
}
pub(super) use readiness;

/// `readable` and `writable` as polls, under their names.
macro_rules! poll_readiness {
    ($name:ty, $read:ident, $write:ident) => {
        impl $name {
            /// [`readable`](Self::readable) as a poll. A second waiter takes the first one's place.
            ///
            /// # Errors
            ///
            /// As `readable`.
            pub fn $read(&self, cx: &mut std::task::Context<'_>) -> std::task::Poll<std::io::Result<()>> {
                loop_api::net::Socket::poll_ready(self, cx, loop_api::io::Interest::Readable)
            }

            /// [`writable`](Self::writable) as a poll. A second waiter takes the first one's place.
            ///
            /// # Errors
            ///
            /// As `writable`.
            pub fn $write(&self, cx: &mut std::task::Context<'_>) -> std::task::Poll<std::io::Result<()>> {
                loop_api::net::Socket::poll_ready(self, cx, loop_api::io::Interest::Writable)
            }
        }
    };
}
pub(super) use poll_readiness;

/// `try_read_buf` and `try_read_vectored`.
macro_rules! try_reads {
    ([$($generics:tt)*] $name:ty) => {
        impl $($generics)* $name {
            /// Reads what is there into the rest of `buf`, without waiting; zero is the end, or
            /// that `buf` is full.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if nothing is there yet, or the loop has not looked: wait by
            /// `readable`.
            #[cfg(feature = "io-util")]
            pub fn try_read_buf<B: bytes::BufMut>(&self, buf: &mut B) -> std::io::Result<usize> {
                loop_api::net::Socket::try_io(self, loop_api::io::Interest::Readable, |socket| {
                    let call = $crate::io::foreign::uninit::Call::Receive;
                    Ok($crate::io::foreign::uninit::into_buf(&socket, buf, call)?.0)
                })
            }

            /// Reads what is there into several buffers, without waiting; zero is the end.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if nothing is there yet, or the loop has not looked: wait by
            /// `readable`.
            pub fn try_read_vectored(&self, bufs: &mut [std::io::IoSliceMut<'_>]) -> std::io::Result<usize> {
                loop_api::net::Socket::try_io(self, loop_api::io::Interest::Readable, |socket| {
                    std::io::Read::read_vectored(&mut &*socket, bufs)
                })
            }
        }
    };
}
pub(super) use try_reads;

/// `try_write_vectored`.
macro_rules! try_writes {
    ([$($generics:tt)*] $name:ty) => {
        impl $($generics)* $name {
            /// Writes what fits into the send buffer of several buffers, without waiting.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if the send buffer is full, or the loop has not looked: wait by
            /// `writable`.
            pub fn try_write_vectored(&self, bufs: &[std::io::IoSlice<'_>]) -> std::io::Result<usize> {
                loop_api::net::Socket::try_io(self, loop_api::io::Interest::Writable, |socket| {
                    std::io::Write::write_vectored(&mut &*socket, bufs).map_err(loop_toolkit::socket::written)
                })
            }
        }
    };
}
pub(super) use try_writes;

/// What both halves of a stream have, whose addresses are `$addr`, made by `$of`.
macro_rules! half {
    ([$($generics:tt)*] $name:ty, $addr:ty, $of:path, $wait:ident, $direction:ident) => {
        impl $($generics)* $name {
            /// Waits until it is ready for any of `interest`, and says for what. Cancel safe.
            ///
            /// # Errors
            ///
            /// As the stream's.
            pub async fn ready(&self, interest: $crate::io::Interest) -> std::io::Result<$crate::io::Ready> {
                $crate::net::readiness::ready(self, interest).await
            }

            /// Waits until it is ready, the peer has closed, or there is an error. Cancel safe.
            ///
            /// # Errors
            ///
            /// That the loop is closed.
            pub async fn $wait(&self) -> std::io::Result<()> {
                loop_api::net::Socket::ready(self, loop_api::io::Interest::$direction).await
            }

            /// This side's address.
            ///
            /// # Errors
            ///
            /// Any error of `getsockname(2)`; `Unsupported` on a network without system sockets.
            pub fn local_addr(&self) -> std::io::Result<$addr> {
                self.with_std(|socket| $of(&socket.local_addr()?))
            }

            /// The other side's address.
            ///
            /// # Errors
            ///
            /// `NotConnected`, or any other error of `getpeername(2)`; `Unsupported` on a network
            /// without system sockets.
            pub fn peer_addr(&self) -> std::io::Result<$addr> {
                self.with_std(|socket| $of(&socket.peer_addr()?))
            }
        }
    };
}
pub(super) use half;

/// What a reading half has beside: `readable` and `try_read`, and its kin.
macro_rules! read_half {
    ([$($generics:tt)*] $name:ty, $addr:ty, $of:path) => {
        $crate::net::readiness::half!([$($generics)*] $name, $addr, $of, readable, Readable);
        $crate::net::readiness::try_reads!([$($generics)*] $name);

        impl $($generics)* $name {
            /// Reads what is there, without waiting; zero is the end.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if nothing is there yet, or the loop has not looked: wait by
            /// `readable`.
            pub fn try_read(&self, buf: &mut [u8]) -> std::io::Result<usize> {
                loop_api::net::Socket::try_io(self, loop_api::io::Interest::Readable, |socket| {
                    std::io::Read::read(&mut &*socket, buf)
                })
            }
        }
    };
}
pub(super) use read_half;

/// What a writing half has beside: `writable` and `try_write`, and its kin.
macro_rules! write_half {
    ([$($generics:tt)*] $name:ty, $addr:ty, $of:path) => {
        $crate::net::readiness::half!([$($generics)*] $name, $addr, $of, writable, Writable);
        $crate::net::readiness::try_writes!([$($generics)*] $name);

        impl $($generics)* $name {
            /// Writes what fits into the send buffer, without waiting.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if the send buffer is full, or the loop has not looked: wait by
            /// `writable`.
            pub fn try_write(&self, buf: &[u8]) -> std::io::Result<usize> {
                loop_api::net::Socket::try_io(self, loop_api::io::Interest::Writable, |socket| {
                    std::io::Write::write(&mut &*socket, buf).map_err(loop_toolkit::socket::written)
                })
            }
        }
    };
}
pub(super) use write_half;

/// `peek` and `poll_peek` of a TCP stream and its reading halves; `peek` where the type has none.
macro_rules! poll_peek {
    ([$($generics:tt)*] $name:ty) => {
        impl $($generics)* $name {
            /// `peek` as a poll: fills the rest of `buf`, and gives how many bytes that were. A
            /// second waiter takes the first one's place.
            ///
            /// # Errors
            ///
            /// Any error of `recv(2)`, such as `ConnectionReset`.
            pub fn poll_peek(
                &self,
                cx: &mut std::task::Context<'_>,
                buf: &mut $crate::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<usize>> {
                loop_api::net::Socket::poll_io(self, cx, loop_api::io::Interest::Readable, |socket| {
                    let call = $crate::io::foreign::uninit::Call::Peek;
                    Ok($crate::io::foreign::uninit::into_read_buf(&socket, buf, call)?.0)
                })
            }
        }
    };
}
pub(super) use poll_peek;

macro_rules! peek {
    ([$($generics:tt)*] $name:ty) => {
        impl $($generics)* $name {
            /// Reads what is there, or waits for it, and leaves it there. Cancel safe.
            ///
            /// # Errors
            ///
            /// Any error of `recv(2)`, such as `ConnectionReset`.
            pub async fn peek(&self, buf: &mut [u8]) -> std::io::Result<usize> {
                let mut buf = $crate::io::ReadBuf::new(buf);
                $crate::net::readiness::attempt(self, loop_api::io::Interest::Readable, |socket| {
                    let call = $crate::io::foreign::uninit::Call::Peek;
                    Ok($crate::io::foreign::uninit::into_read_buf(&socket, &mut buf, call)?.0)
                })
                .await
            }
        }
        $crate::net::readiness::poll_peek!([$($generics)*] $name);
    };
}
pub(super) use peek;

/// What datagram sockets of both kinds have, whose addresses are `$addr`, made by `$of`.
macro_rules! datagrams {
    ($name:ty, $addr:ty, $of:path) => {
        impl $name {
            /// `recv` as a poll: fills the rest of `buf`. A second waiter takes the first one's
            /// place.
            ///
            /// # Errors
            ///
            /// Any error of `recv(2)`.
            pub fn poll_recv(
                &self,
                cx: &mut std::task::Context<'_>,
                buf: &mut $crate::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                loop_api::net::Socket::poll_io(self, cx, loop_api::io::Interest::Readable, |socket| {
                    let call = $crate::io::foreign::uninit::Call::Receive;
                    $crate::io::foreign::uninit::into_read_buf(&socket, buf, call).map(drop)
                })
            }

            /// `recv_from` as a poll: fills the rest of `buf`, and gives the sender. A second
            /// waiter takes the first one's place.
            ///
            /// # Errors
            ///
            /// Any error of `recvfrom(2)`.
            pub fn poll_recv_from(
                &self,
                cx: &mut std::task::Context<'_>,
                buf: &mut $crate::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<$addr>> {
                loop_api::net::Socket::poll_io(self, cx, loop_api::io::Interest::Readable, |socket| {
                    let call = $crate::io::foreign::uninit::Call::Receive;
                    $of(&$crate::io::foreign::uninit::into_read_buf(&socket, buf, call)?.1)
                })
            }

            /// `send` as a poll. A second waiter takes the first one's place.
            ///
            /// # Errors
            ///
            /// Any error of `send(2)`.
            pub fn poll_send(
                &self,
                cx: &mut std::task::Context<'_>,
                buf: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                loop_api::net::Socket::poll_io(self, cx, loop_api::io::Interest::Writable, |socket| {
                    socket.send(buf)
                })
            }

            /// Receives a datagram into the rest of `buf`, and gives its size in bytes; what does
            /// not fit is lost. Cancel safe; any number may wait.
            ///
            /// # Errors
            ///
            /// Any error of `recv(2)`.
            #[cfg(feature = "io-util")]
            pub async fn recv_buf<B: bytes::BufMut>(&self, buf: &mut B) -> std::io::Result<usize> {
                $crate::net::readiness::attempt(self, loop_api::io::Interest::Readable, |socket| {
                    let call = $crate::io::foreign::uninit::Call::Receive;
                    Ok($crate::io::foreign::uninit::into_buf(&socket, buf, call)?.0)
                })
                .await
            }

            /// [`recv_buf`](Self::recv_buf), with the sender.
            ///
            /// # Errors
            ///
            /// Any error of `recvfrom(2)`.
            #[cfg(feature = "io-util")]
            pub async fn recv_buf_from<B: bytes::BufMut>(
                &self,
                buf: &mut B,
            ) -> std::io::Result<(usize, $addr)> {
                $crate::net::readiness::attempt(self, loop_api::io::Interest::Readable, |socket| {
                    let call = $crate::io::foreign::uninit::Call::Receive;
                    let (n, from) = $crate::io::foreign::uninit::into_buf(&socket, buf, call)?;
                    Ok((n, $of(&from)?))
                })
                .await
            }

            /// [`recv_buf`](Self::recv_buf) now.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if nothing is there, or the loop has not looked yet, else any error of
            /// `recv(2)`.
            #[cfg(feature = "io-util")]
            pub fn try_recv_buf<B: bytes::BufMut>(&self, buf: &mut B) -> std::io::Result<usize> {
                loop_api::net::Socket::try_io(self, loop_api::io::Interest::Readable, |socket| {
                    let call = $crate::io::foreign::uninit::Call::Receive;
                    Ok($crate::io::foreign::uninit::into_buf(&socket, buf, call)?.0)
                })
            }

            /// [`recv_buf_from`](Self::recv_buf_from) now.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if nothing is there, or the loop has not looked yet, else any error of
            /// `recvfrom(2)`.
            #[cfg(feature = "io-util")]
            pub fn try_recv_buf_from<B: bytes::BufMut>(
                &self,
                buf: &mut B,
            ) -> std::io::Result<(usize, $addr)> {
                loop_api::net::Socket::try_io(self, loop_api::io::Interest::Readable, |socket| {
                    let call = $crate::io::foreign::uninit::Call::Receive;
                    let (n, from) = $crate::io::foreign::uninit::into_buf(&socket, buf, call)?;
                    Ok((n, $of(&from)?))
                })
            }
        }
    };
}
pub(super) use datagrams;
