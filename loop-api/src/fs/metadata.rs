//! What is known of a file: the system's own answer, or one that a simulated disk makes.

use std::fmt;
use std::fs::Permissions;
use std::io;
use std::time::SystemTime;

/// What a name in a folder stands for. [`std::fs::FileType`] cannot be made by any but the system,
/// so that this stands for it; `From` makes it one of these.
///
/// ```
/// use loop_api::fs::FileType;
///
/// let temp = FileType::from(std::fs::metadata(std::env::temp_dir())?.file_type());
/// assert_eq!(temp, FileType::DIR);
/// assert!(temp.is_dir() && !temp.is_file());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileType(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    File,
    Dir,
    Symlink,
    #[cfg(unix)]
    BlockDevice,
    #[cfg(unix)]
    CharDevice,
    #[cfg(unix)]
    Fifo,
    #[cfg(unix)]
    Socket,
    Other,
}

impl FileType {
    /// A regular file.
    pub const FILE: FileType = FileType(Kind::File);
    /// A folder.
    pub const DIR: FileType = FileType(Kind::Dir);
    /// A symbolic link.
    pub const SYMLINK: FileType = FileType(Kind::Symlink);

    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.0 == Kind::File
    }

    /// Whether it is a folder.
    pub fn is_dir(&self) -> bool {
        self.0 == Kind::Dir
    }

    /// Whether it is a symbolic link.
    pub fn is_symlink(&self) -> bool {
        self.0 == Kind::Symlink
    }
}

impl From<std::fs::FileType> for FileType {
    fn from(std: std::fs::FileType) -> FileType {
        #[cfg(unix)]
        use std::os::unix::fs::FileTypeExt;
        FileType(match () {
            () if std.is_file() => Kind::File,
            () if std.is_dir() => Kind::Dir,
            () if std.is_symlink() => Kind::Symlink,
            #[cfg(unix)]
            () if std.is_block_device() => Kind::BlockDevice,
            #[cfg(unix)]
            () if std.is_char_device() => Kind::CharDevice,
            #[cfg(unix)]
            () if std.is_fifo() => Kind::Fifo,
            #[cfg(unix)]
            () if std.is_socket() => Kind::Socket,
            () => Kind::Other,
        })
    }
}

#[cfg(unix)]
impl std::os::unix::fs::FileTypeExt for FileType {
    fn is_block_device(&self) -> bool {
        self.0 == Kind::BlockDevice
    }

    fn is_char_device(&self) -> bool {
        self.0 == Kind::CharDevice
    }

    fn is_fifo(&self) -> bool {
        self.0 == Kind::Fifo
    }

    fn is_socket(&self) -> bool {
        self.0 == Kind::Socket
    }
}

/// What is known of a file: [`std::fs::Metadata`], whose methods it has, or what a simulated disk
/// knows, as std's cannot be made by any but the system. On unix it is a
/// [`MetadataExt`](std::os::unix::fs::MetadataExt) too.
///
/// ```
/// use loop_api::fs::{FileType, Metadata};
///
/// let real = Metadata::from(std::fs::metadata(std::env::temp_dir())?);
/// assert!(real.is_dir() && real.as_std().is_some());
///
/// # #[cfg(unix)] {
/// use std::os::unix::fs::PermissionsExt;
/// let made = Metadata::new(FileType::FILE, 7, PermissionsExt::from_mode(0o600));
/// assert_eq!((made.is_file(), made.len(), made.permissions().mode()), (true, 7, 0o600));
/// assert!(made.as_std().is_none() && made.modified().is_err());
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Metadata(Known);

#[derive(Clone)]
enum Known {
    Std(std::fs::Metadata),
    Made(Made),
}

/// What a simulated disk tells of a file.
#[derive(Clone)]
struct Made {
    file_type: FileType,
    len: u64,
    permissions: Permissions,
    modified: Option<SystemTime>,
    accessed: Option<SystemTime>,
    created: Option<SystemTime>,
    /// Read on unix only.
    inode: u64,
    links: u64,
}

impl Metadata {
    /// What a disk that is not the system's tells of a file of `len` bytes. It has no times until
    /// they are set, and one link.
    pub fn new(file_type: FileType, len: u64, permissions: Permissions) -> Metadata {
        Metadata(Known::Made(Made {
            file_type,
            len,
            permissions,
            modified: None,
            accessed: None,
            created: None,
            inode: 0,
            links: 1,
        }))
    }

    fn made(mut self, set: impl FnOnce(&mut Made)) -> Metadata {
        if let Known::Made(made) = &mut self.0 {
            set(made);
        }
        self
    }

    /// Sets when it was last modified, and accessed, and when it was created. What the system told
    /// stays as it is, here and in the two methods that follow.
    #[must_use = "it gives the metadata back, with the times set"]
    pub fn with_times(self, modified: SystemTime, accessed: SystemTime, created: SystemTime) -> Metadata {
        self.made(|made| {
            (made.modified, made.accessed, made.created) = (Some(modified), Some(accessed), Some(created));
        })
    }

    /// Sets the number by which unix tells files apart.
    #[must_use = "it gives the metadata back, with the number set"]
    pub fn with_inode(self, inode: u64) -> Metadata {
        self.made(|made| made.inode = inode)
    }

    /// Sets how many names the file has.
    #[must_use = "it gives the metadata back, with the count set"]
    pub fn with_links(self, links: u64) -> Metadata {
        self.made(|made| made.links = links)
    }

    /// The standard library's, if the system told it.
    pub fn as_std(&self) -> Option<&std::fs::Metadata> {
        match &self.0 {
            Known::Std(std) => Some(std),
            Known::Made(_) => None,
        }
    }

    /// What it is.
    pub fn file_type(&self) -> FileType {
        match &self.0 {
            Known::Std(std) => std.file_type().into(),
            Known::Made(made) => made.file_type,
        }
    }

    /// Whether it is a folder.
    pub fn is_dir(&self) -> bool {
        self.file_type().is_dir()
    }

    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.file_type().is_file()
    }

    /// Whether it is a symbolic link: only `symlink_metadata` tells of one.
    pub fn is_symlink(&self) -> bool {
        self.file_type().is_symlink()
    }

    /// The size, in bytes.
    // A file is not a collection that could be empty; std's has no `is_empty` either.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> u64 {
        match &self.0 {
            Known::Std(std) => std.len(),
            Known::Made(made) => made.len,
        }
    }

    /// Who may do what with it.
    pub fn permissions(&self) -> Permissions {
        match &self.0 {
            Known::Std(std) => std.permissions(),
            Known::Made(made) => made.permissions.clone(),
        }
    }

    /// When it was last modified.
    ///
    /// # Errors
    ///
    /// `Unsupported` where the system, or the simulated disk, does not tell; so too for the two
    /// that follow.
    pub fn modified(&self) -> io::Result<SystemTime> {
        match &self.0 {
            Known::Std(std) => std.modified(),
            Known::Made(made) => made.modified.ok_or_else(no_time),
        }
    }

    /// When it was last accessed.
    pub fn accessed(&self) -> io::Result<SystemTime> {
        match &self.0 {
            Known::Std(std) => std.accessed(),
            Known::Made(made) => made.accessed.ok_or_else(no_time),
        }
    }

    /// When it was created.
    pub fn created(&self) -> io::Result<SystemTime> {
        match &self.0 {
            Known::Std(std) => std.created(),
            Known::Made(made) => made.created.ok_or_else(no_time),
        }
    }
}

fn no_time() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "this disk does not keep that time of a file")
}

impl From<std::fs::Metadata> for Metadata {
    fn from(std: std::fs::Metadata) -> Metadata {
        Metadata(Known::Std(std))
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("file_type", &self.file_type())
            .field("len", &self.len())
            .field("permissions", &self.permissions())
            .field("modified", &self.modified().ok())
            .finish_non_exhaustive()
    }
}

/// Seconds since 1970, and the nanoseconds beside them.
#[cfg(unix)]
fn unix_time(time: Option<SystemTime>) -> (i64, i64) {
    let Some(time) = time else { return (0, 0) };
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => (since.as_secs() as i64, i64::from(since.subsec_nanos())),
        Err(before) => {
            let before = before.duration();
            let rest = i64::from(before.subsec_nanos());
            let seconds = -(before.as_secs() as i64) - i64::from(rest > 0);
            (seconds, if rest > 0 { 1_000_000_000 - rest } else { 0 })
        }
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::{Known, Made, Metadata, unix_time};

    const BLOCK: u64 = 4096;

    fn mode(made: &Made) -> u32 {
        // What stat(2) puts before the permissions.
        let kind = match () {
            () if made.file_type.is_dir() => 0o040_000,
            () if made.file_type.is_symlink() => 0o120_000,
            () => 0o100_000,
        };
        kind | (made.permissions.mode() & 0o7777)
    }

    /// A method for each field: std's own, or of what was made.
    macro_rules! fields {
        ($($name:ident: $type:ty = $made:ident => $value:expr;)*) => {
            impl MetadataExt for Metadata {
                $(fn $name(&self) -> $type {
                    match &self.0 {
                        Known::Std(std) => std.$name(),
                        Known::Made($made) => $value,
                    }
                })*
            }
        };
    }

    fields! {
        dev: u64 = _made => 0;
        ino: u64 = made => made.inode;
        mode: u32 = made => mode(made);
        nlink: u64 = made => made.links;
        uid: u32 = _made => 0;
        gid: u32 = _made => 0;
        rdev: u64 = _made => 0;
        size: u64 = made => made.len;
        atime: i64 = made => unix_time(made.accessed).0;
        atime_nsec: i64 = made => unix_time(made.accessed).1;
        mtime: i64 = made => unix_time(made.modified).0;
        mtime_nsec: i64 = made => unix_time(made.modified).1;
        ctime: i64 = made => unix_time(made.modified).0;
        ctime_nsec: i64 = made => unix_time(made.modified).1;
        blksize: u64 = _made => BLOCK;
        blocks: u64 = made => made.len.div_ceil(512);
    }
}

/// [`std::os::windows::fs::MetadataExt`], which has unstable methods and so cannot be implemented.
/// Zero for a file that is not the system's.
#[cfg(windows)]
impl Metadata {
    /// The attributes, as bits.
    pub fn file_attributes(&self) -> u32 {
        self.as_std().map_or(0, std::os::windows::fs::MetadataExt::file_attributes)
    }

    /// When it was created, in steps of 100 ns since 1601.
    pub fn creation_time(&self) -> u64 {
        self.as_std().map_or(0, std::os::windows::fs::MetadataExt::creation_time)
    }

    /// When it was last accessed, likewise.
    pub fn last_access_time(&self) -> u64 {
        self.as_std().map_or(0, std::os::windows::fs::MetadataExt::last_access_time)
    }

    /// When it was last written, likewise.
    pub fn last_write_time(&self) -> u64 {
        self.as_std().map_or(0, std::os::windows::fs::MetadataExt::last_write_time)
    }

    /// The size, in bytes.
    pub fn file_size(&self) -> u64 {
        self.len()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn what_is_made_answers_as_the_systems() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_millis(1500);
        let after = SystemTime::UNIX_EPOCH + Duration::from_millis(1500);
        let made = Metadata::new(FileType::DIR, 3, Permissions::from_mode(0o750))
            .with_times(before, after, after)
            .with_inode(9)
            .with_links(2);
        assert_eq!((made.mode(), made.ino(), made.nlink(), made.size()), (0o040_750, 9, 2, 3));
        assert_eq!((made.mtime(), made.mtime_nsec()), (-2, 500_000_000));
        assert_eq!((made.atime(), made.atime_nsec()), (1, 500_000_000));
        assert_eq!(made.modified().ok(), Some(before));
    }

    #[test]
    fn the_systems_answer_is_passed_on() {
        let std = std::fs::metadata("/dev/null").unwrap();
        let ours = Metadata::from(std.clone());
        assert_eq!((ours.mode(), ours.ino(), ours.rdev()), (std.mode(), std.ino(), std.rdev()));
        assert!(std::os::unix::fs::FileTypeExt::is_char_device(&ours.file_type()));
        assert!(!ours.is_file());
    }
}
