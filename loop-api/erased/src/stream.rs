//! What erased TCP and unix streams have in common.
//!
//! What is in a box, and what points to what:
//!
//! ```text
//! TcpStream        Box<dyn DynTcpStream>   -> Object { socket: S, into_std, turn }
//! UnixStream       Box<dyn DynUnixStream>  -> the same
//!   .split()       ReadHalf, WriteHalf     -> the stream's Object, borrowed; no box
//!   .into_split()  OwnedReadHalf           -> Box<dyn OwnedRead>: ReadPart { half, into_std }
//!                  OwnedWriteHalf          -> Box<dyn OwnedWrite>: WritePart(half)
//!   reunite(..)    both parts are cast back to those of S and joined: a new Object
//! ```
//!
//! `S` is the backend's stream. The owned halves of two kinds of streams have one type, so joining
//! them asks the boxes first whether both are of `S`.

use std::any::Any;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use super::BoxFuture;
use super::borrowed::borrow;
use super::object::{FromObject, IntoStd, Object};
use super::socket::DynSocket;
use super::split::{
    BoxedHalves, OwnedRead, OwnedReadHalf, OwnedWrite, OwnedWriteHalf, ReadHalf, WriteHalf, debug, read,
    write,
};
use loop_api::io::AsyncReadUninit;
use loop_api::net::{Socket, Stream};

/// [`Stream`] without types of its own; `E` is the erased stream.
pub(super) trait DynStream<E>:
    DynSocket + AsyncReadUninit + AsyncWrite + fmt::Debug + Unpin + Send + Sync
{
    fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>);
    fn into_split(self: Box<Self>) -> (OwnedReadHalf<E>, OwnedWriteHalf<E>);
    fn readable(&self) -> BoxFuture<'_, io::Result<()>>;
    fn writable(&self) -> BoxFuture<'_, io::Result<()>>;
    fn try_read(&self, buf: &mut [u8]) -> io::Result<usize>;
    fn try_write(&self, buf: &[u8]) -> io::Result<usize>;
    fn shutdown(&self, how: Shutdown) -> io::Result<()>;
    fn take_error(&self) -> io::Result<Option<io::Error>>;
}

impl<S, Std, E> DynStream<E> for Object<S, Std>
where
    S: Stream,
    Std: 'static,
    E: FromObject<S, Std>,
{
    fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        let borrowed = borrow(self);
        (ReadHalf(borrowed), WriteHalf(borrowed))
    }

    fn into_split(self: Box<Self>) -> (OwnedReadHalf<E>, OwnedWriteHalf<E>) {
        let Object { socket, into_std, .. } = *self;
        let (read, write) = socket.into_split();
        let read = OwnedReadHalf {
            half: Box::new(ReadPart::<S, Std> { half: read, into_std }),
            reunite: reunite::<S, Std, E>,
        };
        (read, OwnedWriteHalf { half: Box::new(WritePart::<S>(write)), reunite: reunite::<S, Std, E> })
    }

    fn readable(&self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(self.socket.readable())
    }

    fn writable(&self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(self.socket.writable())
    }

    fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.try_read(buf)
    }

    fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.socket.try_write(buf)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.socket.shutdown(how)
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.socket.take_error()
    }
}

impl<S: Unpin, Std> Unpin for Object<S, Std> {}
loop_api::forward_socket!([<S: Socket + Sync, Std>] Object<S, Std>, |object| &object.socket);
read!([<S: Stream, Std>] Object<S, Std>, socket);
write!([<S: Stream, Std>] Object<S, Std>, socket);
debug!([<S: fmt::Debug, Std>] Object<S, Std>, socket);

/// A backend's reading half, and what its stream needs besides when it is joined again.
struct ReadPart<S: Stream, Std> {
    half: S::OwnedReadHalf,
    into_std: IntoStd<S, Std>,
}

struct WritePart<S: Stream>(S::OwnedWriteHalf);

impl<S: Stream, Std> Unpin for ReadPart<S, Std> {}
read!([<S: Stream, Std>] ReadPart<S, Std>, half);
loop_api::forward_socket!([<S: Stream, Std>] ReadPart<S, Std>, |part| &part.half);
debug!([<S: Stream, Std>] ReadPart<S, Std>, half);
impl<S: Stream> Unpin for WritePart<S> {}
write!([<S: Stream>] WritePart<S>, 0);
loop_api::forward_socket!([<S: Stream>] WritePart<S>, |part| &part.0);
debug!([<S: Stream>] WritePart<S>, 0);

impl<S: Stream, Std: 'static> OwnedRead for ReadPart<S, Std> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

impl<S: Stream> OwnedWrite for WritePart<S> {
    fn forget(self: Box<Self>) {
        loop_api::net::OwnedWriteHalf::forget(self.0);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

fn reunite<S, Std, E>(read: Box<dyn OwnedRead>, write: Box<dyn OwnedWrite>) -> Result<E, BoxedHalves>
where
    S: Stream,
    Std: 'static,
    E: FromObject<S, Std>,
{
    if !(*read).as_any().is::<ReadPart<S, Std>>() || !(*write).as_any().is::<WritePart<S>>() {
        return Err((read, write));
    }
    let (Ok(read), Ok(write)) =
        (read.into_any().downcast::<ReadPart<S, Std>>(), write.into_any().downcast::<WritePart<S>>())
    else {
        unreachable!("both were just asked what they are");
    };
    let into_std = read.into_std;
    match S::reunite(read.half, write.0) {
        Ok(socket) => Ok(E::from_object(Object::new(socket, into_std))),
        Err((half, write)) => {
            Err((Box::new(ReadPart::<S, Std> { half, into_std }), Box::new(WritePart::<S>(write))))
        }
    }
}

/// Gives an erased stream, a box of an object, its [`Stream`].
macro_rules! erased_stream {
    ($stream:ident) => {
        $crate::split::read!([] $stream, 0);
        $crate::split::write!([] $stream, 0);
        $crate::split::debug!([] $stream, 0);
        $crate::socket::erased_socket!([] $stream, 0);

        impl ::loop_api::net::Stream for $stream {
            type ReadHalf<'a> = $crate::ReadHalf<'a>;
            type WriteHalf<'a> = $crate::WriteHalf<'a>;
            type OwnedReadHalf = $crate::OwnedReadHalf<$stream>;
            type OwnedWriteHalf = $crate::OwnedWriteHalf<$stream>;

            fn split(&mut self) -> (Self::ReadHalf<'_>, Self::WriteHalf<'_>) {
                self.0.split()
            }

            fn into_split(self) -> (Self::OwnedReadHalf, Self::OwnedWriteHalf) {
                self.0.into_split()
            }

            fn reunite(
                read: Self::OwnedReadHalf,
                write: Self::OwnedWriteHalf,
            ) -> Result<Self, (Self::OwnedReadHalf, Self::OwnedWriteHalf)> {
                $crate::split::reunite(read, write)
            }

            async fn readable(&self) -> io::Result<()> {
                self.0.readable().await
            }

            async fn writable(&self) -> io::Result<()> {
                self.0.writable().await
            }

            fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
                self.0.try_read(buf)
            }

            fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
                self.0.try_write(buf)
            }

            fn shutdown(&self, how: std::net::Shutdown) -> io::Result<()> {
                self.0.shutdown(how)
            }

            fn take_error(&self) -> io::Result<Option<io::Error>> {
                self.0.take_error()
            }
        }
    };
}
pub(super) use erased_stream;
