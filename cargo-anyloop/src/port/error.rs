//! What ends a port before anything is written.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why nothing was done.
#[derive(Debug)]
pub enum Error {
    /// A file or folder, what was tried, and the system's answer.
    Io(PathBuf, &'static str, io::Error),
    /// A folder without a `Cargo.toml`.
    NoManifest(PathBuf),
    /// A `Cargo.toml` that is none: what is wrong.
    Manifest(PathBuf, String),
    /// No dependency on a runtime that can be moved from.
    NoRuntime(PathBuf, Option<&'static str>),
    /// A runtime in a version before its first: its package, and the version.
    OldRuntime(PathBuf, &'static str, String),
    /// A source that is not Rust: where, and why.
    Source(PathBuf, usize, String),
    /// A file that must not be written.
    ReadOnly(PathBuf),
}

impl Error {
    /// Names the path of an error.
    pub fn io<'a>(path: &'a Path, tried: &'static str) -> impl FnOnce(io::Error) -> Error + use<'a> {
        move |error| Error::Io(path.to_owned(), tried, error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io(path, tried, error) => write!(f, "{}: cannot {tried}: {error}", path.display()),
            Error::NoManifest(path) => {
                write!(
                    f,
                    "{}: no Cargo.toml is there: give the folder of a crate or a workspace",
                    path.display()
                )
            }
            Error::Manifest(path, why) => write!(f, "{}: {}", path.display(), why.trim_end()),
            Error::NoRuntime(path, Some(from)) => {
                write!(f, "{}: it does not depend on {from}, and neither do its members", path.display())
            }
            Error::NoRuntime(path, None) => write!(
                f,
                "{}: it does not depend on tokio, smol or async-std, and neither do its members: there is nothing to move",
                path.display()
            ),
            Error::OldRuntime(path, from, version) => write!(
                f,
                "{}: it depends on {from} {version}, whose names are others: move it to {from} 1 first",
                path.display()
            ),
            Error::Source(path, line, why) => {
                write!(
                    f,
                    "{}:{line}: this is not Rust that can be read ({why}): mend it, and run this again",
                    path.display()
                )
            }
            Error::ReadOnly(path) => write!(f, "{}: it is read-only: nothing was changed", path.display()),
        }
    }
}

impl std::error::Error for Error {}
