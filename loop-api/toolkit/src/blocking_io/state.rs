//! What a blocking reader and writer is at.

use std::fmt;
use std::io::{self, SeekFrom};
use std::task::Waker;

use super::device::{Device, MAX_BUF_SIZE};

/// What job runs, or is about to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Busy {
    No,
    Writing,
    Other,
}

pub(super) struct State {
    pub(super) busy: Busy,
    pub(super) limit: usize,
    /// Accepted, and not taken by the job that writes.
    pub(super) accepted: Vec<u8>,
    /// Memory for the next swap.
    pub(super) spare: Vec<u8>,
    /// For the next call that tells of it.
    pub(super) write_failed: Option<io::Error>,
    pub(super) read: ReadBuffer,
    /// A read that gave no bytes: the end, or an error.
    pub(super) read_ended: Option<io::Result<()>>,
    /// A seek that is done and was not taken yet.
    pub(super) sought: Option<(SeekFrom, io::Result<u64>)>,
    /// Those who wait for the job.
    pub(super) waiters: Vec<Waker>,
}

/// The memory is zeroed once, as it grows.
#[derive(Default)]
pub(super) struct ReadBuffer {
    memory: Vec<u8>,
    start: usize,
    end: usize,
}

/// More than this is given back to the system when it is not needed.
const KEPT: usize = 64 * 1024;

/// Reads into a buffer that holds nothing.
pub(super) fn fill<D: Device>(buf: &mut ReadBuffer, len: usize, device: &D) -> io::Result<usize> {
    if buf.memory.len() < len {
        buf.memory.resize(len, 0);
    } else if len <= KEPT && buf.memory.len() > KEPT {
        buf.memory.truncate(KEPT);
        buf.memory.shrink_to_fit();
    }
    (buf.start, buf.end) = (0, 0);
    loop {
        match device.read(&mut buf.memory[..len]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(n) => {
                buf.end = n.min(len);
                return Ok(buf.end);
            }
            Err(error) => return Err(error),
        }
    }
}

impl State {
    pub(super) fn unread(&self) -> &[u8] {
        &self.read.memory[self.read.start..self.read.end]
    }

    /// Counts `n` bytes as read.
    pub(super) fn take_unread(&mut self, n: usize) {
        self.read.start += n;
    }

    /// Gives how many were read and not taken.
    pub(super) fn forget_unread(&mut self) -> usize {
        let n = self.read.end - self.read.start;
        (self.read.start, self.read.end) = (0, 0);
        n
    }

    /// Puts the device where the reader has come to, and forgets what came of reads and seeks that
    /// were given up. Quick: it moves a number.
    pub(super) fn put_back<D: Device>(&mut self, device: &D) -> io::Result<()> {
        (self.read_ended, self.sought) = (None, None);
        match self.forget_unread() {
            0 => Ok(()),
            // As many as a buffer holds.
            n => device.seek(SeekFrom::Current(-(n as i64))).map(drop),
        }
    }

    pub(super) fn keep_spare(&mut self, chunk: Vec<u8>) {
        if chunk.capacity() <= KEPT {
            self.spare = chunk;
        }
        if self.accepted.capacity() > KEPT {
            self.accepted = Vec::new();
        }
    }

    pub(super) fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("busy", &self.busy)
            .field("accepted", &self.accepted.len())
            .field("unread", &self.unread().len())
            .finish_non_exhaustive()
    }
}

impl Default for State {
    fn default() -> Self {
        State {
            busy: Busy::No,
            limit: MAX_BUF_SIZE,
            accepted: Vec::new(),
            spare: Vec::new(),
            write_failed: None,
            read: ReadBuffer::default(),
            read_ended: None,
            sought: None,
            waiters: Vec::new(),
        }
    }
}
