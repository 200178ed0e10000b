//! What is asked of a disk, and takes its time.

use std::future::Future;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use loop_api::promise::promise;
use loop_api::{Closed, Handle};

use crate::agenda::{Asked, Event};
use crate::core::lock;
use crate::disk::store::{Ask, Store};
use crate::oracle::Oracle;
use crate::state::SimHandle;

/// What it is, which file it is about, and how many bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct What {
    pub(super) ask: Ask,
    pub(super) name: &'static str,
    pub(super) inode: u64,
    pub(super) len: u64,
}

impl What {
    pub(super) fn names(name: &'static str) -> What {
        What { ask: Ask::Names, name, inode: 0, len: 0 }
    }
}

/// Calls `f` with the disk of a host, now.
pub(super) fn with_disk<R>(host: &SimHandle, f: impl FnOnce(&mut Store, &mut Oracle, SystemTime) -> R) -> R {
    let now = host.wall_clock();
    f(&mut lock(&host.0.disk), &mut host.0.world.core.oracle(), now)
}

/// Has `f` run once the disk has come to it. If the host crashes before, it is dropped.
pub(super) fn submit(host: &SimHandle, what: What, f: impl FnOnce() + Send + 'static) {
    let world = &host.0.world;
    let takes = lock(&host.0.disk).time(what.ask, &mut world.core.oracle());
    let here = host.clone();
    let run = Box::new(move || {
        if !here.shared().is_closed() {
            f();
        }
    });
    let What { name, inode, len, .. } = what;
    let asked = Asked { host: host.0.id, what: name, inode, len, run };
    world.core.at(world.core.now().saturating_add(takes), Event::Disk(Box::new(asked)));
    if world.config.threads.is_some() {
        world.wake.notify_one();
    }
}

/// What `f` gives, once the disk has come to it. Nothing is asked until it is polled; dropped after
/// that, it is done all the same.
pub(super) fn after<T: Send + 'static>(
    host: &SimHandle,
    what: What,
    f: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = io::Result<T>> + Send + 'static {
    let host = host.clone();
    async move {
        host.check_open()?;
        let (tell, told) = promise();
        // The one who asked may be gone.
        submit(&host, what, move || drop(tell.settle(f())));
        told.await.map_err(|_| Closed.into())
    }
}

/// As [`after`], what `f` gives of the disk.
pub(super) fn ask<T: Send + 'static>(
    host: &SimHandle,
    what: What,
    f: impl FnOnce(&mut Store, &mut Oracle, SystemTime) -> io::Result<T> + Send + 'static,
) -> impl Future<Output = io::Result<T>> + Send + 'static {
    let here = host.clone();
    let asked = after(host, what, move || with_disk(&here, f));
    async move { asked.await? }
}

/// As [`ask`], by a path, which its error names.
pub(super) fn by_path<T: Send + 'static>(
    host: &SimHandle,
    what: What,
    path: std::path::PathBuf,
    f: impl FnOnce(&mut Store, &Path, SystemTime) -> io::Result<T> + Send + 'static,
) -> impl Future<Output = io::Result<T>> + Send + 'static {
    ask(host, what, move |disk, _, now| {
        f(disk, &path, now).map_err(|error| loop_api::fs::error::cannot(what.name, &path, error))
    })
}
