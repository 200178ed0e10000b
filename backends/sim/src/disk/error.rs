//! The errors of a disk, as the system gives them.

use std::io::{self, ErrorKind};

/// Why something cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fail {
    NotFound,
    Exists,
    NotAFolder,
    IsAFolder,
    NotEmpty,
    Invalid,
    NotPermitted,
    Busy,
    TooManyLinks,
    TooLarge,
    /// The descriptor does not allow it.
    BadDescriptor,
    NoSpace,
    NoDescriptor,
    Broken,
}

impl From<Fail> for io::Error {
    fn from(fail: Fail) -> io::Error {
        #[cfg(unix)]
        return number(fail).into();
        #[cfg(not(unix))]
        return kind(fail).into();
    }
}

#[cfg(unix)]
fn number(fail: Fail) -> rustix::io::Errno {
    use rustix::io::Errno;
    match fail {
        Fail::NotFound => Errno::NOENT,
        Fail::Exists => Errno::EXIST,
        Fail::NotAFolder => Errno::NOTDIR,
        Fail::IsAFolder => Errno::ISDIR,
        Fail::NotEmpty => Errno::NOTEMPTY,
        Fail::Invalid => Errno::INVAL,
        Fail::NotPermitted => Errno::PERM,
        Fail::Busy => Errno::BUSY,
        Fail::TooManyLinks => Errno::LOOP,
        Fail::TooLarge => Errno::FBIG,
        Fail::BadDescriptor => Errno::BADF,
        Fail::NoSpace => Errno::NOSPC,
        Fail::NoDescriptor => Errno::MFILE,
        Fail::Broken => Errno::IO,
    }
}

#[cfg(not(unix))]
fn kind(fail: Fail) -> ErrorKind {
    match fail {
        Fail::NotFound => ErrorKind::NotFound,
        Fail::Exists => ErrorKind::AlreadyExists,
        Fail::NotAFolder => ErrorKind::NotADirectory,
        Fail::IsAFolder => ErrorKind::IsADirectory,
        Fail::NotEmpty => ErrorKind::DirectoryNotEmpty,
        Fail::Invalid => ErrorKind::InvalidInput,
        Fail::NotPermitted => ErrorKind::PermissionDenied,
        Fail::Busy => ErrorKind::ResourceBusy,
        Fail::TooLarge => ErrorKind::FileTooLarge,
        Fail::NoSpace => ErrorKind::StorageFull,
        Fail::TooManyLinks | Fail::BadDescriptor | Fail::NoDescriptor | Fail::Broken => ErrorKind::Other,
    }
}

/// What a disk of a world cannot do, and what does instead.
#[cold]
pub(crate) fn unsupported(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::Unsupported, what)
}
