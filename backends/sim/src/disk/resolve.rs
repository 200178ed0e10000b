//! From a path to what it names.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use super::error::Fail;
use super::inode::{Kind, Names};
use super::tree::{ROOT, Tree};

/// How many symbolic links one path may lead over.
const MOST_LINKS: u32 = 40;

/// Which of the two states of a disk is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Seen,
    Durable,
}

/// Where a path leads.
#[derive(Debug)]
pub(super) struct Place {
    /// The folders from the root to the one that holds the name, with their names.
    above: Vec<(OsString, u64)>,
    /// `None` for the root itself.
    pub(super) name: Option<OsString>,
    /// `None` if nothing is there.
    pub(super) number: Option<u64>,
}

impl Place {
    /// The folder that holds the name.
    pub(super) fn folder(&self) -> u64 {
        self.above.last().map_or(ROOT, |(_, number)| *number)
    }

    /// All folders from the root to that one.
    pub(super) fn folders(&self) -> impl Iterator<Item = u64> {
        self.above.iter().map(|(_, number)| *number)
    }

    pub(super) fn found(&self) -> Result<u64, Fail> {
        self.number.ok_or(Fail::NotFound)
    }

    /// Whether it is in that folder, or in one within it.
    pub(super) fn is_within(&self, folder: u64) -> bool {
        self.above.iter().any(|(_, number)| *number == folder)
    }

    /// From the root on.
    pub(super) fn path(&self) -> PathBuf {
        let mut path = PathBuf::from("/");
        path.extend(self.above.iter().map(|(name, _)| name).filter(|name| !name.is_empty()));
        path.extend(&self.name);
        path
    }
}

/// One step of a path.
enum Step {
    Root,
    Up,
    Name(OsString),
}

/// The steps of a path, the last one first.
fn steps(path: &Path) -> impl Iterator<Item = Step> {
    path.components().rev().filter_map(|part| match part {
        Component::RootDir => Some(Step::Root),
        Component::ParentDir => Some(Step::Up),
        Component::Normal(name) => Some(Step::Name(name.to_owned())),
        Component::CurDir | Component::Prefix(_) => None,
    })
}

impl Tree {
    pub(super) fn names(&self, folder: u64, state: State) -> Option<&Names> {
        let folder = self.get(folder)?.folder()?;
        Some(if state == State::Seen { &folder.seen } else { &folder.durable })
    }

    fn entry(&self, folder: u64, name: &OsStr, state: State) -> Option<u64> {
        self.names(folder, state)?.get(name).copied()
    }

    /// Where a path leads; over its last name too, if that is a symbolic link and to `follow`. A
    /// relative path begins at the root.
    pub(super) fn resolve(&self, path: &Path, follow: bool, state: State) -> Result<Place, Fail> {
        if path.as_os_str().is_empty() {
            return Err(Fail::NotFound);
        }
        let mut above = vec![(OsString::new(), ROOT)];
        let (mut left, mut links): (Vec<Step>, _) = (steps(path).collect(), 0);
        while let Some(step) = left.pop() {
            let name = match step {
                Step::Root => {
                    above.truncate(1);
                    continue;
                }
                Step::Up => {
                    above.truncate((above.len() - 1).max(1));
                    continue;
                }
                Step::Name(name) => name,
            };
            let folder = above.last().map_or(ROOT, |(_, number)| *number);
            let Some(number) = self.entry(folder, &name, state) else {
                let is_last = left.is_empty();
                return if is_last {
                    Ok(Place { above, name: Some(name), number: None })
                } else {
                    Err(Fail::NotFound)
                };
            };
            match self.get(number).map(|inode| &inode.kind) {
                Some(Kind::Link(target)) if follow || !left.is_empty() => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(Fail::TooManyLinks);
                    }
                    left.extend(steps(target));
                }
                Some(Kind::Folder(_)) if !left.is_empty() => above.push((name, number)),
                Some(_) if left.is_empty() => {
                    return Ok(Place { above, name: Some(name), number: Some(number) });
                }
                _ => return Err(Fail::NotAFolder),
            }
        }
        // It ended in `..`, or is the root.
        let here = above.pop();
        let is_root = above.is_empty();
        Ok(Place {
            above,
            name: here.as_ref().filter(|_| !is_root).map(|(name, _)| name.clone()),
            number: here.map(|(_, number)| number),
        })
    }
}
