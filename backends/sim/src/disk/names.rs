//! What is done by a path.

use std::ffi::OsString;
use std::fs::Permissions;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use loop_api::fs::{DirOptions, FileType, Metadata, OpenOptions};

use super::body::Body;
use super::error::Fail;
use super::inode::{Folder, Inode, Kind};
use super::metadata;
use super::resolve::{Place, State};
use super::store::{OpenId, Store};
use super::tree::{Edit, ROOT};
use crate::oracle::Oracle;

type Result<T> = std::result::Result<T, Fail>;

/// The bits that a new file does not get, as most processes have it.
const UMASK: u32 = 0o022;

/// A name in a folder: its number, and what it is.
pub(crate) type Name = (OsString, u64, FileType);

impl Store {
    fn place(&self, path: &Path, follow: bool) -> Result<Place> {
        self.tree.resolve(path, follow, State::Seen)
    }

    fn kind(&self, number: u64) -> Result<&Kind> {
        self.tree.get(number).map(|inode| &inode.kind).ok_or(Fail::NotFound)
    }

    fn is_folder(&self, number: u64) -> bool {
        self.tree.names(number, State::Seen).is_some()
    }

    /// Has the name at a place stand for something else.
    fn set(&mut self, place: &Place, to: Option<u64>, now: SystemTime) -> Result<()> {
        let name = place.name.clone().ok_or(Fail::Busy)?;
        self.tree.edit(vec![Edit { folder: place.folder(), name, to }], now);
        Ok(())
    }

    fn make(&mut self, place: &Place, kind: Kind, mode: u32, now: SystemTime) -> Result<u64> {
        self.expect_space()?;
        let umask = if matches!(kind, Kind::Link(_)) { 0 } else { UMASK };
        let number = self.tree.add(Inode::new(kind, mode & !umask & 0o7777, now));
        self.set(place, Some(number), now)?;
        Ok(number)
    }

    /// Opens a file.
    pub(crate) fn open(&mut self, path: &Path, options: &OpenOptions, now: SystemTime) -> Result<OpenId> {
        let OpenOptions { read, write, append, truncate, create, create_new, .. } = *options;
        let changes = truncate || create || create_new;
        let writes = write || append;
        if (!writes && (changes || !read)) || (truncate && append && !create_new) {
            return Err(Fail::Invalid);
        }
        let place = self.place(path, !create_new)?;
        let mode = options.mode.unwrap_or(0o666);
        let number = match place.number {
            Some(_) if create_new => return Err(Fail::Exists),
            Some(number) => number,
            None if create || create_new => {
                self.expect_descriptor()?;
                self.make(&place, Kind::File(Body::default()), mode, now)?
            }
            None => return Err(Fail::NotFound),
        };
        if (writes || create) && self.is_folder(number) {
            return Err(Fail::IsAFolder);
        }
        self.expect_descriptor()?;
        let id = self.open_number(number);
        if let Some(inode) = self.tree.get_mut(number).filter(|_| truncate) {
            inode.modified = now;
            if let Some(body) = inode.file_mut() {
                body.set_len(0);
            }
        }
        Ok(id)
    }

    pub(crate) fn expect_descriptor(&self) -> Result<()> {
        if self.failing.no_descriptors { Err(Fail::NoDescriptor) } else { Ok(()) }
    }

    /// The names in a folder, in their order.
    pub(crate) fn read_dir(&self, path: &Path) -> Result<Vec<Name>> {
        let folder = self.place(path, true)?.found()?;
        let names = self.tree.names(folder, State::Seen).ok_or(Fail::NotAFolder)?;
        self.expect_descriptor()?;
        if self.failing.reads {
            return Err(Fail::Broken);
        }
        let kind = |number| self.tree.get(number).map_or(FileType::FILE, Inode::file_type);
        Ok(names.iter().map(|(name, number)| (name.clone(), *number, kind(*number))).collect())
    }

    pub(crate) fn metadata(&self, path: &Path, follow: bool) -> Result<Metadata> {
        let number = self.place(path, follow)?.found()?;
        self.tree.get(number).map(|inode| inode.metadata(number)).ok_or(Fail::NotFound)
    }

    pub(crate) fn set_permissions(&mut self, path: &Path, permissions: &Permissions) -> Result<()> {
        let number = self.place(path, true)?.found()?;
        self.tree.get_mut(number).ok_or(Fail::NotFound)?.mode = metadata::mode(permissions);
        Ok(())
    }

    pub(crate) fn create_dir(&mut self, path: &Path, options: &DirOptions, now: SystemTime) -> Result<()> {
        if options.recursive && path.as_os_str().is_empty() {
            return Ok(());
        }
        let mode = options.mode.unwrap_or(0o777);
        let place = match self.place(path, false) {
            Err(Fail::NotFound) if options.recursive => {
                self.create_dir(path.parent().ok_or(Fail::NotFound)?, options, now)?;
                self.place(path, false)?
            }
            place => place?,
        };
        if place.number.is_none() {
            return self.make(&place, Kind::Folder(Folder::default()), mode, now).map(drop);
        }
        // A link to a folder is one that is there, too.
        let there = self.place(path, true).ok().and_then(|place| place.number);
        let is_folder = there.is_some_and(|number| self.is_folder(number));
        if options.recursive && is_folder { Ok(()) } else { Err(Fail::Exists) }
    }

    pub(crate) fn remove_dir(&mut self, path: &Path, now: SystemTime) -> Result<()> {
        let place = self.place(path, false)?;
        let folder = place.found()?;
        let names = self.tree.names(folder, State::Seen).ok_or(Fail::NotAFolder)?;
        match () {
            () if folder == ROOT => Err(Fail::Busy),
            () if !names.is_empty() => Err(Fail::NotEmpty),
            () => self.set(&place, None, now),
        }
    }

    pub(crate) fn remove_dir_all(&mut self, path: &Path, now: SystemTime) -> Result<()> {
        let place = self.place(path, false)?;
        let folder = place.found()?;
        let mut folders = vec![folder];
        match self.kind(folder)? {
            Kind::Link(_) => return self.set(&place, None, now),
            Kind::File(_) => return Err(Fail::NotAFolder),
            Kind::Folder(_) => {}
        }
        // Each before what is in it.
        let mut next = 0;
        while let Some(folder) = folders.get(next) {
            let names = self.tree.names(*folder, State::Seen);
            folders
                .extend(names.into_iter().flat_map(|names| names.values()).filter(|n| self.is_folder(**n)));
            next += 1;
        }
        for folder in folders.into_iter().rev() {
            let names = self.tree.names(folder, State::Seen).cloned().unwrap_or_default();
            for name in names.into_keys() {
                self.tree.edit(vec![Edit { folder, name, to: None }], now);
            }
        }
        self.set(&place, None, now)
    }

    pub(crate) fn remove_file(&mut self, path: &Path, now: SystemTime) -> Result<()> {
        let place = self.place(path, false)?;
        if self.is_folder(place.found()?) {
            return Err(Fail::IsAFolder);
        }
        self.set(&place, None, now)
    }

    pub(crate) fn rename(&mut self, from: &Path, to: &Path, now: SystemTime) -> Result<()> {
        let from = self.place(from, false)?;
        let to = self.place(to, false)?;
        let number = from.found()?;
        let (Some(old), Some(new)) = (from.name.clone(), to.name.clone()) else { return Err(Fail::Busy) };
        if to.number == Some(number) {
            return Ok(());
        }
        let is_folder = self.is_folder(number);
        if is_folder && to.is_within(number) {
            return Err(Fail::Invalid);
        }
        if let Some(there) = to.number {
            match self.tree.names(there, State::Seen) {
                Some(_) if from.is_within(there) => return Err(Fail::NotEmpty),
                Some(_) if !is_folder => return Err(Fail::IsAFolder),
                Some(names) if !names.is_empty() => return Err(Fail::NotEmpty),
                None if is_folder => return Err(Fail::NotAFolder),
                _ => {}
            }
        } else {
            self.expect_space()?;
        }
        // At one stroke.
        let edits = vec![
            Edit { folder: from.folder(), name: old, to: None },
            Edit { folder: to.folder(), name: new, to: Some(number) },
        ];
        self.tree.edit(edits, now);
        Ok(())
    }

    pub(crate) fn copy(&mut self, from: &Path, to: &Path, now: SystemTime) -> Result<u64> {
        let from = self.place(from, true)?.found()?;
        let is_itself = self.place(to, true).is_ok_and(|to| to.number == Some(from));
        let mode = self.tree.get(from).map_or(0o666, |inode| inode.mode);
        let bytes = match self.kind(from)? {
            Kind::File(_) if self.failing.reads => return Err(Fail::Broken),
            // It is cut off before it is read.
            Kind::File(_) if is_itself => Vec::new(),
            Kind::File(body) => body.seen().to_vec(),
            // It is no file, std says.
            _ => return Err(Fail::Invalid),
        };
        let options = OpenOptions::new().write(true).create(true).truncate(true).mode(mode);
        let id = self.open(to, &options, now)?;
        let written = self.write(id, None, &bytes, now);
        if let Some(inode) = self.tree.get_mut(id.number) {
            inode.mode = mode;
        }
        self.close(id);
        match written {
            Ok(written) if written.error.is_none() => Ok(written.count as u64),
            Ok(_) => Err(Fail::NoSpace),
            Err(_) => Err(Fail::Broken),
        }
    }

    pub(crate) fn hard_link(&mut self, original: &Path, link: &Path, now: SystemTime) -> Result<()> {
        let number = self.place(original, false)?.found()?;
        let place = self.place(link, false)?;
        match () {
            () if place.number.is_some() => Err(Fail::Exists),
            () if self.is_folder(number) => Err(Fail::NotPermitted),
            () => {
                self.expect_space()?;
                self.set(&place, Some(number), now)
            }
        }
    }

    pub(crate) fn symlink(&mut self, original: PathBuf, link: &Path, now: SystemTime) -> Result<()> {
        let place = self.place(link, false)?;
        match () {
            () if original.as_os_str().is_empty() => Err(Fail::NotFound),
            () if place.number.is_some() => Err(Fail::Exists),
            () => self.make(&place, Kind::Link(original), 0o777, now).map(drop),
        }
    }

    pub(crate) fn read_link(&self, path: &Path) -> Result<PathBuf> {
        match self.kind(self.place(path, false)?.found()?)? {
            Kind::Link(target) => Ok(target.clone()),
            _ => Err(Fail::Invalid),
        }
    }

    pub(crate) fn canonicalize(&self, path: &Path) -> Result<PathBuf> {
        let place = self.place(path, true)?;
        place.found()?;
        Ok(place.path())
    }

    /// A folder, or a file, by its path.
    pub(crate) fn sync_path(&mut self, path: &Path, oracle: &mut Oracle) -> std::io::Result<()> {
        let id = self.open(path, &OpenOptions::new().read(true), SystemTime::UNIX_EPOCH)?;
        let result = self.sync(id, true, oracle);
        self.close(id);
        result
    }
}
