//! What a blocking job has, and does.

use std::io::{self, ErrorKind, IoSlice, Read, Seek, SeekFrom, Write};

/// How much is read at least, where there is so much, and how much is read or written at most in
/// one job.
pub(super) const LEAST: usize = 8 * 1024;
const MOST: usize = 64 * 1024;

/// What a job gives back.
pub(super) type Job<T> = (Box<Stash<T>>, Done);

/// How it went.
pub(super) enum Done {
    Read(io::Result<usize>),
    Write(io::Result<()>),
    Flush(io::Result<()>),
    Seek(SeekFrom, io::Result<u64>),
}

/// The reader or writer, and what is on its way.
pub(super) struct Stash<T> {
    pub(super) io: T,
    /// What was read ahead is `read[taken..filled]`; all of it is initialised.
    read: Vec<u8>,
    taken: usize,
    filled: usize,
    /// What is to be written.
    write: Vec<u8>,
}

impl<T> Stash<T> {
    pub(super) fn new(io: T) -> Self {
        Stash { io, read: Vec::new(), taken: 0, filled: 0, write: Vec::new() }
    }

    pub(super) fn ahead(&self) -> &[u8] {
        &self.read[self.taken..self.filled]
    }

    pub(super) fn consume(&mut self, amount: usize) {
        assert!(amount <= self.ahead().len(), "more is consumed than there is");
        self.taken += amount;
    }

    /// Copies in what one job writes, and tells how much that is.
    pub(super) fn take_in(&mut self, bufs: &[IoSlice<'_>]) -> usize {
        self.write.clear();
        for buf in bufs {
            let n = buf.len().min(MOST - self.write.len());
            self.write.extend_from_slice(&buf[..n]);
        }
        self.write.len()
    }
}

impl<T: Read> Stash<T> {
    /// Reads once, when all that was read before is consumed.
    pub(super) fn read_ahead(&mut self, wanted: usize) -> io::Result<usize> {
        let size = wanted.clamp(LEAST, MOST);
        if self.read.len() < size {
            self.read.resize(size, 0);
        }
        (self.taken, self.filled) = (0, 0);
        loop {
            match self.io.read(&mut self.read) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(n) => {
                    assert!(n <= self.read.len(), "a reader says that it read more than its buffer holds");
                    self.filled = n;
                    return Ok(n);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl<T: Write> Stash<T> {
    pub(super) fn write_out(&mut self) -> io::Result<()> {
        // It tries again what was interrupted.
        self.io.write_all(&self.write)
    }
}

impl<T: Seek> Stash<T> {
    /// Forgets what was read ahead: a caller who seeks from the current place has not seen it.
    pub(super) fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let unseen = self.ahead().len() as i64;
        let place = match to {
            SeekFrom::Current(by) => match by.checked_sub(unseen) {
                Some(by) => self.io.seek(SeekFrom::Current(by))?,
                None => {
                    self.io.seek(SeekFrom::Current(-unseen))?;
                    self.io.seek(to)?
                }
            },
            to => self.io.seek(to)?,
        };
        (self.taken, self.filled) = (0, 0);
        Ok(place)
    }
}
