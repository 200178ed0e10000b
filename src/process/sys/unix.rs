//! A pipe's descriptor on the loop.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use crate::io::Async;
pub(crate) use crate::net::unix::pipe::into_blocking as into_owned;

pub(crate) type Pipe = Async<File>;

pub(crate) fn open(fd: OwnedFd) -> io::Result<Pipe> {
    Async::new(File::from(fd))
}
