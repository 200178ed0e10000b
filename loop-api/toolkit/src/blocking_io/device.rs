//! What blocks.

use std::io::{self, SeekFrom};

/// How many bytes are read, or accepted and not yet written, at once, until it is set otherwise.
pub const MAX_BUF_SIZE: usize = 2 * 1024 * 1024;

/// What blocks: a file, or a standard stream. Its methods are called by one job at a time. They
/// must not panic.
pub trait Device: Send + Sync + 'static {
    /// As [`io::Read::read`].
    ///
    /// # Errors
    ///
    /// Those of the system; the default is `Unsupported`, as with the others.
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let _ = buf;
        Err(io::ErrorKind::Unsupported.into())
    }

    /// As [`io::Write::write_all`], and hands it on to the system.
    ///
    /// # Errors
    ///
    /// Those of the system.
    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        let _ = bytes;
        Err(io::ErrorKind::Unsupported.into())
    }

    /// As [`io::Seek::seek`].
    ///
    /// # Errors
    ///
    /// Those of the system.
    fn seek(&self, position: SeekFrom) -> io::Result<u64> {
        let _ = position;
        Err(io::ErrorKind::Unsupported.into())
    }
}
