//! How a file is opened, and a folder made.

use std::io;
use std::mem;
use std::path::Path;

use loop_api::fs::{self, Fs};

use crate::runtime::Handle;

/// How a file is to be opened: as [`std::fs::OpenOptions`].
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// use anyloop::fs::OpenOptions;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("file");
/// let file = OpenOptions::new().read(true).write(true).create(true).open(&path).await?;
/// file.set_len(3).await?;
/// assert_eq!(anyloop::fs::read(path).await?, [0; 3]);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct OpenOptions(pub(super) fs::OpenOptions);

/// Setters by reference.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident($arg:ident: $type:ty $(=> $as:ty)?);)*) => {
        impl OpenOptions {$(
            $(#[$doc])*
            pub fn $name(&mut self, $arg: $type) -> &mut OpenOptions {
                self.0 = mem::take(&mut self.0).$name($arg $(as $as)?);
                self
            }
        )*}
    };
}

impl OpenOptions {
    /// All off.
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }
}

setters! {
    /// Whether it may be read.
    read(read: bool);
    /// Whether it may be written.
    write(write: bool);
    /// Whether each write goes to the end.
    append(append: bool);
    /// Whether what is in it is removed.
    truncate(truncate: bool);
    /// Whether it is made if it is not there.
    create(create: bool);
    /// Whether it is made, and an error if it is there. `create` and `truncate` count for nothing
    /// then.
    create_new(create_new: bool);
}

#[cfg(unix)]
setters! {
    /// The permissions of a file that is made, less the process's umask; 0o666 if not set.
    mode(mode: u32);
    /// Flags for `open(2)`, such as `O_NOFOLLOW`.
    custom_flags(flags: i32 => u32);
}

#[cfg(windows)]
setters! {
    /// Windows' own access rights, in place of those that `read` and `write` stand for.
    access_mode(access: u32);
    /// What others may do with the file meanwhile.
    share_mode(share: u32);
    /// Flags for `CreateFile`.
    custom_flags(flags: u32);
    /// The attributes of a file that is made.
    attributes(attributes: u32);
    /// Flags for the security of pipes.
    security_qos_flags(flags: u32);
}

impl From<std::fs::OpenOptions> for OpenOptions {
    fn from(std: std::fs::OpenOptions) -> OpenOptions {
        OpenOptions(std.into())
    }
}

/// How a folder is to be made: as [`std::fs::DirBuilder`].
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// # anyloop::runtime::Runtime::new()?.block_on(async {
/// let folder = tempfile::tempdir()?;
/// anyloop::fs::DirBuilder::new().recursive(true).create(folder.path().join("a/b")).await?;
/// assert!(folder.path().join("a/b").is_dir());
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct DirBuilder(fs::DirOptions);

impl DirBuilder {
    /// One folder, with the permissions that the process gives.
    pub fn new() -> DirBuilder {
        DirBuilder::default()
    }

    /// Whether those above it are made too, where they are missing, and it may be there already.
    pub fn recursive(&mut self, recursive: bool) -> &mut DirBuilder {
        self.0.recursive = recursive;
        self
    }

    /// Its permissions, less the process's umask; 0o777 if not set.
    #[cfg(unix)]
    pub fn mode(&mut self, mode: u32) -> &mut DirBuilder {
        self.0.mode = Some(mode);
        self
    }

    /// Makes the folder.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` (unless it is recursive and a folder is there), `NotFound` where one above
    /// it is missing, or any other error of `mkdir(2)`, with the path in the message.
    pub async fn create(&self, path: impl AsRef<Path>) -> io::Result<()> {
        Handle::try_current()?.create_dir(path.as_ref().to_owned(), self.0.clone()).await
    }
}
