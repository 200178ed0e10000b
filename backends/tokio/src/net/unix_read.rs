//! Reading from unix streams. tokio takes a read of fewer bytes than asked for as the last for now;
//! but a message with descriptors, or of another sender, ends one early, and then its reader would
//! wait forever. So the call is made here, and tells tokio what it says.

use std::io;
use std::task::{Context, Poll, ready};

use loop_api::io::ReadCursor;
use loop_api::readiness::Moved;
use loop_toolkit::socket;
use tokio::io::Interest;
use tokio::net::UnixStream;

/// Whether tokio sees edges, and so need not try again where a read was the last for now.
const EDGES: bool = cfg!(any(target_os = "linux", target_os = "android"));

pub(super) fn poll_read<S: AsRef<UnixStream>>(
    socket: &mut S,
    cx: &mut Context<'_>,
    buf: &mut [u8],
) -> Poll<io::Result<usize>> {
    poll(socket.as_ref(), cx, |descriptor| socket::unix_read(descriptor, buf))
}

pub(super) fn poll_read_uninit<S: AsRef<UnixStream>>(
    socket: &mut S,
    cx: &mut Context<'_>,
    mut buf: ReadCursor<'_>,
) -> Poll<io::Result<()>> {
    poll(socket.as_ref(), cx, |stream| socket::unix_read_uninit(stream, &mut buf)).map_ok(drop)
}

fn poll(
    stream: &UnixStream,
    cx: &mut Context<'_>,
    mut read: impl FnMut(&UnixStream) -> io::Result<Moved>,
) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_read_ready(cx)).map_err(super::closed)?;
        let mut last = None;
        let tried = stream.try_io(Interest::READABLE, || {
            let moved = read(stream)?;
            if EDGES && moved.is_last() {
                // This is how tokio is told that the next read would block.
                last = Some(moved.bytes());
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(moved.bytes())
        });
        match (tried, last) {
            (_, Some(n)) | (Ok(n), None) => return Poll::Ready(Ok(n)),
            (Err(error), None) if error.kind() == io::ErrorKind::WouldBlock => {}
            (Err(error), None) if error.kind() == io::ErrorKind::Interrupted => {}
            (Err(error), None) => return Poll::Ready(Err(error)),
        }
    }
}
