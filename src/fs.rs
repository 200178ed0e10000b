//! Files and folders, on any loop, under tokio's names.
//!
//! Systems have no way to wait for a file as for a socket, so that each operation here is a job on
//! the loop's blocking threads, by the standard library (on a simulated loop, by its own disk). One
//! [`write`](fn@write) of much is one job; many small writes to a [`File`] are gathered while one
//! is at work. A job costs some microseconds: where many small steps belong together,
//! `spawn_blocking` with `std::fs` makes one job of them.
//!
//! - Errors name the path, as in `cannot open not/there: No such file or directory (os error 2): a
//!   relative path begins at the working directory`. Their kind is the system's; its number is
//!   given by [`raw_os_error`](fn@raw_os_error), as an `io::Error` with a message has none.
//! - A future that is dropped before its first poll has done nothing. Dropped after that, it does
//!   not take back what it asked for: the file may still be renamed, or removed.
//! - Without a loop all of it is an error, [`NoLoop`](crate::runtime::NoLoop) inside an
//!   `io::Error`; on a closed one [`Closed`](loop_api::Closed).
//!
//! What differs from tokio: [`Metadata`] and [`FileType`] are types of our own, with std's methods,
//! as a simulated disk cannot make std's; `Metadata::as_std` gives those of the system. A write's
//! error is also told by `sync_all` and `sync_data`, where tokio's say that all is well.
//!
//! ```
//! # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
//! # anyloop::runtime::Runtime::new()?.block_on(async {
//! use anyloop::fs;
//!
//! let folder = tempfile::tempdir()?;
//! let (new, kept) = (folder.path().join("settings.new"), folder.path().join("settings"));
//! // At every moment the old settings are there, or the new ones.
//! fs::write(&new, "colour = blue\n").await?;
//! fs::File::open(&new).await?.sync_all().await?;
//! fs::rename(&new, &kept).await?;
//! assert_eq!(fs::read_to_string(&kept).await?, "colour = blue\n");
//! # std::io::Result::Ok(())
//! # })?;
//! # std::io::Result::Ok(())
//! ```

mod file;
mod loops;
mod open;
mod open_options;
mod paths;
mod read_dir;
mod streams;

pub use file::File;
pub use loop_api::fs::error::raw_os_error;
pub use loop_api::fs::{FileType, Metadata};
pub use open_options::{DirBuilder, OpenOptions};
pub use paths::*;
pub use read_dir::{DirEntry, ReadDir, read_dir};
pub use std::fs::FileTimes;
