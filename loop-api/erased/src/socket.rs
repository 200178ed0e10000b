//! What lies under an erased socket.

use std::io;
use std::task::{Context, Poll};

use socket2::SockRef;

use super::BoxFuture;
use loop_api::io::Interest;
use loop_api::net::{Descriptor, Socket};

/// An operation, which keeps its result itself.
pub(super) type Op<'a> = &'a mut dyn FnMut(SockRef<'_>) -> io::Result<()>;

/// [`Socket`] without types of its own.
pub(super) trait DynSocket {
    fn poll_ready(&self, cx: &mut Context<'_>, interest: Interest) -> Poll<io::Result<()>>;
    fn ready(&self, interest: Interest) -> BoxFuture<'_, io::Result<()>>;
    fn poll_io(&self, cx: &mut Context<'_>, interest: Interest, op: Op<'_>) -> Poll<io::Result<()>>;
    fn try_io(&self, interest: Interest, op: Op<'_>) -> io::Result<()>;
    fn descriptor(&self) -> Option<Descriptor<'_>>;
}

impl<S: Socket> DynSocket for S {
    fn poll_ready(&self, cx: &mut Context<'_>, interest: Interest) -> Poll<io::Result<()>> {
        Socket::poll_ready(self, cx, interest)
    }

    fn ready(&self, interest: Interest) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(Socket::ready(self, interest))
    }

    fn poll_io(&self, cx: &mut Context<'_>, interest: Interest, op: Op<'_>) -> Poll<io::Result<()>> {
        Socket::poll_io(self, cx, interest, op)
    }

    fn try_io(&self, interest: Interest, op: Op<'_>) -> io::Result<()> {
        Socket::try_io(self, interest, op)
    }

    fn descriptor(&self) -> Option<Descriptor<'_>> {
        Socket::descriptor(self)
    }
}

/// Calls `call` with an operation that keeps the result of `op`, and gives that.
pub(super) fn kept<R>(
    op: impl FnOnce(SockRef<'_>) -> io::Result<R>,
    call: impl FnOnce(Op<'_>) -> io::Result<()>,
) -> io::Result<R> {
    let mut op = Some(op);
    let mut result = None;
    call(&mut |socket| match op.take() {
        Some(op) => op(socket).map(|value| result = Some(value)),
        None => Ok(()),
    })?;
    result.ok_or_else(no_result)
}

/// The same for an operation that is tried again.
pub(super) fn poll_kept<R>(
    mut op: impl FnMut(SockRef<'_>) -> io::Result<R>,
    call: impl FnOnce(Op<'_>) -> Poll<io::Result<()>>,
) -> Poll<io::Result<R>> {
    let mut result = None;
    let polled = call(&mut |socket| op(socket).map(|value| result = Some(value)));
    polled.map(|done| done.and_then(|()| result.ok_or_else(no_result)))
}

#[cold]
fn no_result() -> io::Error {
    io::Error::other("the loop's socket did not call what it was given")
}

/// For what has a [`DynSocket`] in a field: `erased_socket!([generics] Type, field)`.
macro_rules! erased_socket {
    ([$($generics:tt)*] $name:ty, $field:tt) => {
        impl $($generics)* ::loop_api::net::Socket for $name {
            fn poll_ready(
                &self,
                cx: &mut std::task::Context<'_>,
                interest: ::loop_api::io::Interest,
            ) -> std::task::Poll<std::io::Result<()>> {
                $crate::socket::DynSocket::poll_ready(&*self.$field, cx, interest)
            }

            async fn ready(&self, interest: ::loop_api::io::Interest) -> std::io::Result<()> {
                $crate::socket::DynSocket::ready(&*self.$field, interest).await
            }

            fn poll_io<R>(
                &self,
                cx: &mut std::task::Context<'_>,
                interest: ::loop_api::io::Interest,
                op: impl FnMut(socket2::SockRef<'_>) -> std::io::Result<R>,
            ) -> std::task::Poll<std::io::Result<R>> {
                let poll = |op: $crate::socket::Op<'_>| {
                    $crate::socket::DynSocket::poll_io(&*self.$field, cx, interest, op)
                };
                $crate::socket::poll_kept(op, poll)
            }

            fn try_io<R>(
                &self,
                interest: ::loop_api::io::Interest,
                op: impl FnOnce(socket2::SockRef<'_>) -> std::io::Result<R>,
            ) -> std::io::Result<R> {
                $crate::socket::kept(op, |op| {
                    $crate::socket::DynSocket::try_io(&*self.$field, interest, op)
                })
            }

            fn descriptor(&self) -> Option<::loop_api::net::Descriptor<'_>> {
                $crate::socket::DynSocket::descriptor(&*self.$field)
            }
        }
    };
}
pub(super) use erased_socket;
