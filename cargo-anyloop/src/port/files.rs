//! Files: found, and written as a whole or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::Error;

/// The Rust sources under a folder, without those of other packages, of builds, and hidden ones; and the
/// links there.
///
/// # Errors
///
/// A folder that cannot be read.
pub(super) fn sources(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Error> {
    let (mut found, mut links) = (Vec::new(), Vec::new());
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).map_err(Error::io(&at, "read the folder"))? {
            let entry = entry.map_err(Error::io(&at, "read the folder"))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(Error::io(&path, "look at it"))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            if kind.is_symlink() {
                if path.is_dir() || name.ends_with(".rs") {
                    links.push(path);
                }
            } else if kind.is_dir() {
                let built = name == "target" && path.join("CACHEDIR.TAG").exists();
                if !built && !path.join("Cargo.toml").exists() {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    links.sort();
    Ok((found, links))
}

/// Reads a text.
///
/// # Errors
///
/// A file that cannot be read, or is not UTF-8.
pub(super) fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(Error::io(path, "read it"))
}

/// Writes all of the files: each new text stands beside its file before the first is put in place,
/// by a rename.
///
/// # Errors
///
/// A file that is read-only, or cannot be written. Before the renames nothing has changed then.
pub(super) fn write(files: &[(PathBuf, String)]) -> Result<(), Error> {
    for (path, _) in files {
        if fs::metadata(path).map_err(Error::io(path, "look at it"))?.permissions().readonly() {
            return Err(Error::ReadOnly(path.clone()));
        }
    }
    let mut beside = Beside(Vec::new());
    for (path, text) in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let new = path.with_file_name(format!(".{name}.anyloop-{}", std::process::id()));
        beside.0.push(new.clone());
        fs::write(&new, text).map_err(Error::io(&new, "write it"))?;
        let permissions = fs::metadata(path).map_err(Error::io(path, "look at it"))?.permissions();
        fs::set_permissions(&new, permissions).map_err(Error::io(&new, "set its permissions"))?;
    }
    for ((path, _), new) in files.iter().zip(&beside.0) {
        fs::rename(new, path).map_err(Error::io(path, "put the new text in its place"))?;
    }
    Ok(())
}

/// Files that are deleted unless they were put in place.
struct Beside(Vec<PathBuf>);

impl Drop for Beside {
    fn drop(&mut self) {
        for path in &self.0 {
            // Those in place are not there any more.
            let _gone = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{sources, write};

    #[test]
    fn all_files_are_written_or_none() {
        let dir = tempfile::tempdir().expect("a folder");
        let [one, two] = ["one.rs", "two.rs"].map(|name| dir.path().join(name));
        std::fs::write(&one, "old").expect("a file");
        let both = [(one.clone(), "new".to_owned()), (two, "new".to_owned())];
        assert!(write(&both).is_err(), "there is no second file");
        assert_eq!(std::fs::read_to_string(&one).expect("a file"), "old");
        write(&both[..1]).expect("it can be written");
        assert_eq!(std::fs::read_to_string(&one).expect("a file"), "new");
        assert_eq!(std::fs::read_dir(dir.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn other_packages_are_passed_over() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join("other")).expect("a folder");
        for name in ["a.rs", "other/Cargo.toml", "other/b.rs", ".hidden.rs"] {
            std::fs::write(dir.path().join(name), "").expect("a file");
        }
        assert_eq!(sources(dir.path()).expect("a folder").0, [dir.path().join("a.rs")]);
    }
}
