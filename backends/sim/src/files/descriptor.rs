//! An open file, as the host's system has it.

use std::io::{self, SeekFrom};
use std::sync::{Arc, Mutex};

use loop_toolkit::Device;

use super::ask::with_disk;
use crate::core::lock;
use crate::disk::error::Fail;
use crate::disk::store::{OpenId, Written};
use crate::state::SimHandle;

/// What clones of a file share.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) host: SimHandle,
    pub(super) id: OpenId,
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) append: bool,
    pub(super) at: Mutex<u64>,
}

/// A descriptor of it.
#[derive(Debug, Clone)]
pub(super) struct Descriptor(pub(super) Arc<Open>);

impl Open {
    /// Reads at a place.
    pub(super) fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        if !self.read {
            return Err(Fail::BadDescriptor.into());
        }
        with_disk(&self.host, |disk, _, _| disk.read(self.id, offset, buf))
    }

    /// Writes at a place, or at the end if the file was opened so
    pub(super) fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<Written> {
        if !self.write {
            return Err(Fail::BadDescriptor.into());
        }
        let offset = (!self.append).then_some(offset);
        with_disk(&self.host, |disk, _, now| disk.write(self.id, offset, bytes, now))
    }
}

impl Device for Descriptor {
    fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let mut at = lock(&self.0.at);
        let n = self.0.read_at(buf, *at)?;
        *at += n as u64;
        Ok(n)
    }

    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        let mut at = lock(&self.0.at);
        let written = self.0.write_at(bytes, *at)?;
        *at = written.start + written.count as u64;
        written.error.map_or(Ok(()), Err)
    }

    fn seek(&self, position: SeekFrom) -> io::Result<u64> {
        let mut at = lock(&self.0.at);
        let to = match position {
            SeekFrom::Start(to) => i64::try_from(to).ok(),
            SeekFrom::Current(by) => i64::try_from(*at).ok().and_then(|at| at.checked_add(by)),
            SeekFrom::End(by) => {
                let len = with_disk(&self.0.host, |disk, _, _| disk.metadata_of(self.0.id))?.len();
                i64::try_from(len).ok().and_then(|len| len.checked_add(by))
            }
        };
        *at = to.and_then(|to| u64::try_from(to).ok()).ok_or(Fail::Invalid)?;
        Ok(*at)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        lock(&self.host.0.disk).close(self.id);
    }
}
