//! What is known of a file, in the contract's terms.

use std::fs::Permissions;

use loop_api::fs::{FileType, Metadata};

use super::inode::{Inode, Kind};

/// What `stat` tells as the length of a folder.
const FOLDER_LEN: u64 = 4096;

impl Inode {
    pub(super) fn file_type(&self) -> FileType {
        match &self.kind {
            Kind::File(_) => FileType::FILE,
            Kind::Folder(_) => FileType::DIR,
            Kind::Link(_) => FileType::SYMLINK,
        }
    }

    pub(super) fn metadata(&self, number: u64) -> Metadata {
        let len = match &self.kind {
            Kind::File(body) => body.seen().len(),
            Kind::Folder(_) => FOLDER_LEN,
            Kind::Link(target) => target.as_os_str().len() as u64,
        };
        Metadata::new(self.file_type(), len, permissions(self.mode))
            .with_times(self.modified, self.accessed, self.created)
            .with_inode(number)
            .with_links(self.links)
    }
}

#[cfg(unix)]
fn permissions(mode: u32) -> Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(mode)
}

/// The bits of permissions, as unix has them.
#[cfg(unix)]
pub(super) fn mode(permissions: &Permissions) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(permissions) & 0o7777
}

/// Only the system makes them there: those of a folder that is always there, changed.
#[cfg(not(unix))]
fn permissions(mode: u32) -> Permissions {
    let mut permissions =
        std::fs::metadata(std::env::temp_dir()).expect("a folder for temporary files").permissions();
    permissions.set_readonly(mode & 0o222 == 0);
    permissions
}

#[cfg(not(unix))]
pub(super) fn mode(permissions: &Permissions) -> u32 {
    if permissions.readonly() { 0o444 } else { 0o644 }
}
