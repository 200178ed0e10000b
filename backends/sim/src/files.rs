//! The files of a host, and its `Fs`.

mod ask;
mod descriptor;
mod file;
mod fs;
mod read_dir;

pub use file::File;
pub use read_dir::ReadDir;
