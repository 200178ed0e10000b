//! The disk of a host: what outlives its crashes, and what is wrong with it.

use std::fs::Permissions;
use std::io;
use std::time::SystemTime;

use loop_api::fs::Metadata;

use super::config::DiskConfig;
use super::content::by_pages;
use super::error::Fail;
use super::inode::{Inode, Kind};
use super::metadata;
use super::tree::Tree;
use crate::net::link::nanos;
use crate::oracle::{ChoiceKind, Oracle};

/// What is asked of a disk, as to how long it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    Names,
    Read,
    Write,
    Sync,
}

/// What is wrong with a disk, by faults.
#[derive(Debug, Clone, Default)]
pub(crate) struct Failing {
    pub(crate) reads: bool,
    pub(crate) writes: bool,
    pub(crate) syncs: bool,
    /// A sync says that it was done and does nothing.
    pub(crate) lies: bool,
    pub(crate) full: bool,
    /// So much longer does each call take.
    pub(crate) slow: std::time::Duration,
    /// The host has no descriptor for one more file.
    pub(crate) no_descriptors: bool,
}

/// What came of a write.
#[derive(Debug)]
pub(crate) struct Written {
    /// Where it began.
    pub(crate) start: u64,
    /// How many bytes.
    pub(crate) count: usize,
    /// Why not all of them.
    pub(crate) error: Option<io::Error>,
}

/// A file that was opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OpenId {
    /// When, by [`Store::close_all`]: what was opened before one is closed.
    epoch: u64,
    /// Which.
    pub(crate) number: u64,
}

/// A file cannot be longer.
const MOST_BYTES: u64 = i64::MAX as u64;

#[derive(Debug)]
pub(crate) struct Store {
    pub(super) tree: Tree,
    config: DiskConfig,
    pub(crate) failing: Failing,
    /// How often it was there anew: what was opened before is closed.
    epoch: u64,
    /// How many files are open.
    opens: usize,
}

impl Store {
    pub(crate) fn new(config: DiskConfig, now: SystemTime) -> Store {
        Store { tree: Tree::new(now), config, failing: Failing::default(), epoch: 0, opens: 0 }
    }

    /// How long something takes.
    pub(crate) fn time(&self, ask: Ask, oracle: &mut Oracle) -> u64 {
        let latency = match ask {
            Ask::Names => self.config.names,
            Ask::Read => self.config.reads,
            Ask::Write => self.config.writes,
            Ask::Sync => self.config.syncs,
        };
        latency.draw(ChoiceKind::Disk, oracle).saturating_add(nanos(self.failing.slow))
    }

    /// How many files are open.
    pub(crate) fn opens(&self) -> usize {
        self.opens
    }

    /// Opens what has this number.
    pub(super) fn open_number(&mut self, number: u64) -> OpenId {
        if let Some(inode) = self.tree.get_mut(number) {
            inode.opens += 1;
        }
        self.opens += 1;
        OpenId { epoch: self.epoch, number }
    }

    pub(crate) fn close(&mut self, id: OpenId) {
        if id.epoch != self.epoch {
            return;
        }
        self.opens -= 1;
        if let Some(inode) = self.tree.get_mut(id.number) {
            inode.opens -= 1;
        }
    }

    /// Closes all files: those who had them open are gone.
    pub(crate) fn close_all(&mut self) {
        self.epoch += 1;
        self.opens = 0;
        self.tree.inodes_mut().for_each(|inode| inode.opens = 0);
    }

    fn inode(&mut self, id: OpenId) -> io::Result<&mut Inode> {
        match self.tree.get_mut(id.number) {
            Some(inode) if id.epoch == self.epoch => Ok(inode),
            _ => Err(loop_api::Closed.into()),
        }
    }

    /// Reads from an open file.
    pub(crate) fn read(&mut self, id: OpenId, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let fails = self.failing.reads;
        let inode = self.inode(id)?;
        let body = inode.file().ok_or(Fail::IsAFolder)?;
        if fails { Err(Fail::Broken.into()) } else { Ok(body.seen().read(offset, buf)) }
    }

    /// Writes to an open file, at its end if there is no offset.
    pub(crate) fn write(
        &mut self,
        id: OpenId,
        offset: Option<u64>,
        bytes: &[u8],
        now: SystemTime,
    ) -> io::Result<Written> {
        let mut free = self.free_pages();
        let fails = self.failing.writes;
        let inode = self.inode(id)?;
        let body = inode.file_mut().ok_or(Fail::BadDescriptor)?;
        if fails {
            return Err(Fail::Broken.into());
        }
        let start = offset.unwrap_or(body.seen().len());
        if start.checked_add(bytes.len() as u64).is_none_or(|end| end > MOST_BYTES) {
            return Err(Fail::TooLarge.into());
        }
        let mut fits = 0;
        for (at, len) in by_pages(start, bytes.len() as u64) {
            let takes = u64::from(body.takes_page(at));
            if takes > free {
                break;
            }
            free -= takes;
            fits += len;
        }
        body.write(start, &bytes[..fits as usize]);
        inode.modified = now;
        let count = fits as usize;
        Ok(Written { start, count, error: (count < bytes.len()).then(|| Fail::NoSpace.into()) })
    }

    fn free_pages(&self) -> u64 {
        if self.failing.full {
            return 0;
        }
        let Some(capacity) = self.config.capacity else { return u64::MAX };
        let there = self.tree.inodes().filter(|inode| inode.links > 0 || inode.opens > 0);
        let used: u64 = there.filter_map(Inode::file).map(|body| body.size()).sum();
        capacity.saturating_sub(used) / super::content::PAGE
    }

    /// Where a name more finds no place.
    pub(super) fn expect_space(&self) -> Result<(), Fail> {
        if self.failing.full { Err(Fail::NoSpace) } else { Ok(()) }
    }

    pub(crate) fn set_len(&mut self, id: OpenId, len: u64, now: SystemTime) -> io::Result<()> {
        let fails = self.failing.writes;
        let inode = self.inode(id)?;
        let body = inode.file_mut().ok_or(Fail::Invalid)?;
        match () {
            () if len > MOST_BYTES => return Err(Fail::Invalid.into()),
            () if fails => return Err(Fail::Broken.into()),
            () => body.set_len(len),
        }
        inode.modified = now;
        Ok(())
    }

    /// Has what was written outlive a crash; with `all`, the permissions too. After a sync that
    /// failed the system takes what was written as synced.
    pub(crate) fn sync(&mut self, id: OpenId, all: bool, oracle: &mut Oracle) -> io::Result<()> {
        let (fails, lies) = (self.failing.syncs, self.failing.lies);
        let inode = self.inode(id)?;
        if lies && !fails {
            return Ok(());
        }
        match &mut inode.kind {
            Kind::File(body) if fails => body.settle(oracle),
            Kind::File(body) => body.sync(),
            Kind::Folder(_) if !fails => self.tree.sync_folder(id.number),
            Kind::Folder(_) | Kind::Link(_) => {}
        }
        if fails {
            return Err(Fail::Broken.into());
        }
        if let Some(inode) = self.tree.get_mut(id.number).filter(|_| all) {
            inode.durable_mode = inode.mode;
        }
        Ok(())
    }

    pub(crate) fn metadata_of(&mut self, id: OpenId) -> io::Result<Metadata> {
        Ok(self.inode(id)?.metadata(id.number))
    }

    pub(crate) fn set_permissions_of(&mut self, id: OpenId, to: &Permissions) -> io::Result<()> {
        self.inode(id)?.mode = metadata::mode(to);
        Ok(())
    }

    pub(crate) fn set_modified(&mut self, id: OpenId, to: SystemTime) -> io::Result<()> {
        self.inode(id)?.modified = to;
        Ok(())
    }
}
