//! Pipes of unix: what the standard library does not tell of them.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{OFlags, fcntl_getfl};

/// What `OpenOptionsExt::custom_flags` takes to open a named pipe without waiting for its other
/// side, and non-blocking.
pub fn nonblocking_flag() -> i32 {
    // The flag fits on every system: it is a C int there.
    OFlags::NONBLOCK.bits() as i32
}

/// A pipe, non-blocking and closed in children: the reading and the writing end.
///
/// # Errors
///
/// Any error of `pipe(2)`, such as `EMFILE` when descriptors are exhausted.
///
/// ```
/// use std::fs::File;
/// use std::io::{ErrorKind, Read, Write};
///
/// let (read, write) = loop_toolkit::pipe::pair()?;
/// let (mut read, mut write) = (File::from(read), File::from(write));
/// let mut buf = [0; 8];
/// assert_eq!(read.read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
/// write.write_all(b"ciao")?;
/// assert_eq!(read.read(&mut buf)?, 4);
/// # std::io::Result::Ok(())
/// ```
pub fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    #[cfg(not(any(target_vendor = "apple", target_os = "haiku", target_os = "aix")))]
    {
        use rustix::pipe::{PipeFlags, pipe_with};
        Ok(pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?)
    }
    #[cfg(any(target_vendor = "apple", target_os = "haiku", target_os = "aix"))]
    {
        use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};
        let (read, write) = rustix::pipe::pipe()?;
        for end in [&read, &write] {
            fcntl_setfd(end, FdFlags::CLOEXEC)?;
            ioctl_fionbio(end, true)?;
        }
        Ok((read, write))
    }
}

/// Whether a descriptor was opened for reading, and whether for writing.
///
/// # Errors
///
/// Any error of `fcntl(2)`.
///
/// ```
/// let (read, write) = loop_toolkit::pipe::pair()?;
/// assert_eq!(loop_toolkit::pipe::access(&read)?, (true, false));
/// assert_eq!(loop_toolkit::pipe::access(&write)?, (false, true));
/// # std::io::Result::Ok(())
/// ```
pub fn access(fd: &impl AsFd) -> io::Result<(bool, bool)> {
    let mode = fcntl_getfl(fd)? & OFlags::ACCMODE;
    let both = mode == OFlags::RDWR;
    Ok((both || mode == OFlags::RDONLY, both || mode == OFlags::WRONLY))
}
