//! How a file is opened, and a folder made, as data: a disk that is not the system's must be able
//! to read it.

#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
#[cfg(windows)]
use std::os::windows::fs::OpenOptionsExt;

/// How a file is to be opened: [`std::fs::OpenOptions`] as data. What is false or `None` is off, or
/// left to the system.
///
/// ```
/// use loop_api::fs::OpenOptions;
///
/// let options = OpenOptions::new().write(true).create(true);
/// assert!(options.write && options.create && !options.truncate);
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct OpenOptions {
    /// It may be read.
    pub read: bool,
    /// It may be written.
    pub write: bool,
    /// Each write goes to the end.
    pub append: bool,
    /// What is in it is removed.
    pub truncate: bool,
    /// It is made if it is not there.
    pub create: bool,
    /// It is made, and an error if it is there. `create` and `truncate` count for nothing then.
    pub create_new: bool,
    /// The permissions of a file that is made, on unix, less the process's umask; 0o666 if `None`.
    pub mode: Option<u32>,
    /// Flags for `open(2)` on unix, and for `CreateFile` on Windows.
    pub custom_flags: Option<u32>,
    /// Windows' own access rights, in place of those that `read` and `write` stand for.
    pub access_mode: Option<u32>,
    /// What others may do with the file meanwhile, on Windows.
    pub share_mode: Option<u32>,
    /// Windows' attributes.
    pub attributes: Option<u32>,
    /// Windows' flags for the security of pipes.
    pub security_qos_flags: Option<u32>,
    /// The standard library's own, where these were made of those, which cannot be read: a disk
    /// that is not the system's refuses them. What is set afterwards is set here, too.
    pub std: Option<std::fs::OpenOptions>,
}

/// A method that sets each field, there and in the standard library's own.
macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $type:ty $(=> $some:ident)?, $on:meta;)*) => {
        impl OpenOptions {
            $(
                $(#[$doc])*
                #[must_use = "it gives the options back, with this one set"]
                pub fn $name(mut self, $name: $type) -> Self {
                    self.$name = $($some)?($name);
                    #[cfg($on)]
                    if let Some(std) = &mut self.std {
                        std.$name($name as _);
                    }
                    self
                }
            )*
        }
    };
}

setters! {
    /// Whether it may be read.
    read: bool, all();
    /// Whether it may be written.
    write: bool, all();
    /// Whether each write goes to the end.
    append: bool, all();
    /// Whether what is in it is removed.
    truncate: bool, all();
    /// Whether it is made if it is not there.
    create: bool, all();
    /// Whether it is made, and an error if it is there.
    create_new: bool, all();
    /// The permissions of a file that is made, on unix.
    mode: u32 => Some, unix;
    /// Flags for the system's call.
    custom_flags: u32 => Some, any(unix, windows);
    /// Windows' own access rights.
    access_mode: u32 => Some, windows;
    /// What others may do with the file meanwhile, on Windows.
    share_mode: u32 => Some, windows;
    /// Windows' attributes.
    attributes: u32 => Some, windows;
    /// Windows' flags for the security of pipes.
    security_qos_flags: u32 => Some, windows;
}

impl OpenOptions {
    /// All off.
    pub fn new() -> Self {
        Self::default()
    }

    /// The standard library's.
    pub fn to_std(&self) -> std::fs::OpenOptions {
        if let Some(std) = &self.std {
            return std.clone();
        }
        let mut std = std::fs::OpenOptions::new();
        std.read(self.read).write(self.write).append(self.append);
        std.truncate(self.truncate).create(self.create).create_new(self.create_new);
        self.set_system(&mut std);
        std
    }

    #[cfg(unix)]
    fn set_system(&self, std: &mut std::fs::OpenOptions) {
        if let Some(mode) = self.mode {
            std.mode(mode);
        }
        if let Some(flags) = self.custom_flags {
            std.custom_flags(flags as i32);
        }
    }

    #[cfg(windows)]
    fn set_system(&self, std: &mut std::fs::OpenOptions) {
        if let Some(mode) = self.access_mode {
            std.access_mode(mode);
        }
        if let Some(mode) = self.share_mode {
            std.share_mode(mode);
        }
        if let Some(flags) = self.custom_flags {
            std.custom_flags(flags);
        }
        if let Some(attributes) = self.attributes {
            std.attributes(attributes);
        }
        if let Some(flags) = self.security_qos_flags {
            std.security_qos_flags(flags);
        }
    }

    #[cfg(not(any(unix, windows)))]
    fn set_system(&self, _std: &mut std::fs::OpenOptions) {}
}

impl From<std::fs::OpenOptions> for OpenOptions {
    fn from(std: std::fs::OpenOptions) -> Self {
        OpenOptions { std: Some(std), ..OpenOptions::default() }
    }
}

/// How a folder is to be made: [`std::fs::DirBuilder`] as data.
///
/// ```
/// use loop_api::fs::DirOptions;
///
/// assert!(DirOptions::new().recursive(true).recursive);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirOptions {
    /// Those above it are made too, where they are missing, and it may be there already.
    pub recursive: bool,
    /// Its permissions, on unix, less the process's umask; 0o777 if `None`.
    pub mode: Option<u32>,
}

impl DirOptions {
    /// One folder, with the permissions that the process gives.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether those above it are made too, and it may be there already.
    #[must_use = "it gives the options back, with this one set"]
    pub fn recursive(mut self, recursive: bool) -> Self {
        self.recursive = recursive;
        self
    }

    /// Its permissions, on unix.
    #[must_use = "it gives the options back, with this one set"]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode);
        self
    }

    /// The standard library's.
    pub fn to_std(&self) -> std::fs::DirBuilder {
        let mut std = std::fs::DirBuilder::new();
        std.recursive(self.recursive);
        #[cfg(unix)]
        if let Some(mode) = self.mode {
            std::os::unix::fs::DirBuilderExt::mode(&mut std, mode);
        }
        std
    }
}
