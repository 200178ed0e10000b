//! A pipe's descriptor on the loop.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use crate::io::Async;

pub(crate) type Pipe = Async<File>;

pub(crate) fn open(fd: OwnedFd) -> io::Result<Pipe> {
    Async::new(File::from(fd))
}

/// The descriptor, blocking again: other programs count on that.
pub(crate) fn into_owned(pipe: Pipe) -> io::Result<OwnedFd> {
    let file = pipe.into_inner()?;
    socket2::SockRef::from(&file).set_nonblocking(false)?;
    Ok(file.into())
}
