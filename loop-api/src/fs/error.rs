//! Errors that name the path.

use std::io;
use std::path::Path;

#[doc(inline)]
pub use crate::net::error::raw_os_error;
use crate::net::error::tried;

/// The error of a call on a path: its message is "cannot `what` `path`: ", the system's own words,
/// and the remedy where it is known. The kind stays; the system's number is given by
/// [`raw_os_error`].
///
/// ```
/// use std::io;
/// use std::path::Path;
///
/// let missing = io::Error::from(io::ErrorKind::NotFound);
/// let error = loop_api::fs::error::cannot("open", Path::new("/no/such/file"), missing);
/// assert_eq!(error.kind(), io::ErrorKind::NotFound);
/// assert!(error.to_string().starts_with("cannot open /no/such/file: "));
/// ```
#[cold]
pub fn cannot(what: &str, path: &Path, error: io::Error) -> io::Error {
    let remedy = remedy(&error, path);
    tried(format!("cannot {what} {}", path.display()), remedy, error)
}

/// As [`cannot`], for a call on two paths: "cannot `what` `from` to `to`: ".
///
/// ```
/// use std::io;
/// use std::path::Path;
///
/// let exists = io::Error::from(io::ErrorKind::AlreadyExists);
/// let error = loop_api::fs::error::cannot_between("link", Path::new("/a"), Path::new("/b"), exists);
/// assert!(error.to_string().starts_with("cannot link /a to /b: "));
/// ```
#[cold]
pub fn cannot_between(what: &str, from: &Path, to: &Path, error: io::Error) -> io::Error {
    let remedy = remedy(&error, if from.is_relative() { from } else { to });
    tried(format!("cannot {what} {} to {}", from.display(), to.display()), remedy, error)
}

fn remedy(error: &io::Error, path: &Path) -> &'static str {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotFound, PermissionDenied};
    match error.kind() {
        NotFound if path.is_relative() => ": a relative path begins at the working directory",
        AlreadyExists => ": remove it first, or choose another name",
        PermissionDenied => ": the permissions of it, or of a folder above it, forbid that",
        DirectoryNotEmpty => ": remove_dir_all removes what is in it, too",
        _ => "",
    }
}
