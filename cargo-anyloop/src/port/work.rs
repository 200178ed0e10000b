//! A source at work, and what comes of it.

use std::collections::BTreeSet;
use std::ops::Range;

use super::edit::{Edit, Edits};
use super::items::place;
use super::keep::Keep;
use super::place::{From, Place};
use super::tokens::Path;
use super::tokio;

/// How sources of a package are moved.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What from.
    pub from: From,
    /// Whether what needs no runtime moves too.
    pub all: bool,
    /// What the runtime's crate is called in the package.
    pub crates: Vec<String>,
    /// Whether loops are built with tokio's context.
    pub with_tokio: bool,
    /// Whether the package names the type of a runtime: as a field, an argument or a result it is used as
    /// `SharedRuntime` can be, by reference and from other threads.
    pub shared: bool,
}

/// What a person has to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The line, in the text that came out.
    pub line: usize,
    /// What stands there.
    pub what: String,
    /// Why it was left.
    pub why: String,
    /// What to write.
    pub write: String,
}

/// What stays where it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stay {
    /// Its path, with the crate.
    pub path: String,
    /// Why, if it needs a runtime.
    pub why: Option<&'static str>,
}

/// A change that was made.
#[derive(Debug, Clone)]
pub struct Change {
    /// The line, in the text that came out.
    pub line: usize,
    /// What stood there.
    pub before: String,
    /// What stands there.
    pub after: String,
}

/// What came out.
#[derive(Debug, Default)]
pub struct Ported {
    /// The text.
    pub text: String,
    /// What changed in it.
    pub changes: Vec<Change>,
    /// What a person has to do.
    pub needs: Vec<Need>,
    /// What stays.
    pub stays: BTreeSet<Stay>,
    /// Whether it makes loops: `#[main]`, `#[test]`, or a runtime that it builds.
    pub loops: bool,
    /// The features of anyloop that what moved needs.
    pub anyloop: BTreeSet<&'static str>,
    /// Those that `#[main]`, `#[test]` and a stopped clock need.
    pub attributes: BTreeSet<&'static str>,
    /// The features of tokio that what stayed needs.
    pub tokio: BTreeSet<&'static str>,
}

/// A path that is the runtime's.
#[derive(Debug)]
pub(super) struct Hit<'a> {
    /// As it was found.
    pub(super) path: &'a Path,
    /// Its path inside the runtime's crate.
    pub(super) full: Vec<String>,
    /// The import that it begins with; none if it begins with the crate.
    pub(super) import: Option<usize>,
    /// Where it goes.
    pub(super) place: Place,
    /// Whether all of it was replaced, so that it needs no import.
    pub(super) replaced: bool,
}

/// The changes of a text, what a person has to do (offset, what, why, what to write), and the rest.
pub(super) type Edited = (Vec<Edit>, Vec<(usize, String, String, String)>, Ported);

impl Hit<'_> {
    /// Whether it is not in the runtime's crate afterwards.
    pub(super) fn moves(&self) -> bool {
        matches!(self.place, Place::Moves(_) | Place::Becomes(_))
    }
}

/// A source at work.
#[derive(Debug)]
pub(super) struct Source<'a> {
    /// The text.
    pub(super) text: &'a str,
    /// How it is moved.
    pub(super) settings: &'a Settings,
    /// What of it stays on tokio, and why.
    pub(super) keep: Keep,
    /// The changes.
    pub(super) edits: Edits,
    /// What a person has to do: offset, what, why, what to write.
    pub(super) needs: Vec<(usize, String, String, String)>,
    /// What came out otherwise.
    pub(super) out: Ported,
}

impl<'a> Source<'a> {
    /// A source of which nothing is known yet.
    pub(super) fn new(text: &'a str, settings: &'a Settings) -> Source<'a> {
        let keep = Keep::of(text, settings.from);
        Source { text, settings, keep, edits: Edits::default(), needs: Vec::new(), out: Ported::default() }
    }

    /// Where an item goes, in this source.
    pub(super) fn place(&self, path: &[String]) -> Place {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let place = place(self.settings.from, &path, self.settings.all);
        match self.keep.why(&path) {
            Some(why) if matches!(place, Place::Moves(_) | Place::Becomes(_)) => Place::Kept(why),
            _ => place,
        }
    }

    /// Notes the features that an item needs that moved.
    pub(super) fn moved(&mut self, full: &[String], to: &str) {
        let to: Vec<&str> = to.split("::").collect();
        self.out.loops |= matches!(to[..], ["main" | "test"] | ["runtime", "Runtime" | "Builder", ..]);
        if let (Some(feature), _) = tokio::features(&to) {
            // A clock that stops is a test's.
            match to[..] {
                ["main" | "test"] => self.out.attributes.insert(feature),
                _ if feature == "test-util" => self.out.attributes.insert(feature),
                _ => self.out.anyloop.insert(feature),
            };
        }
        if full.is_empty() {
            self.out.anyloop.insert("macros");
        }
    }

    /// Notes an item that stays.
    pub(super) fn stays(&mut self, full: &[String], why: Option<&'static str>) {
        let path: Vec<&str> = full.iter().map(String::as_str).collect();
        let krate = &self.settings.crates[0];
        self.out.stays.insert(Stay { path: [&[krate.as_str()], &path[..]].concat().join("::"), why });
        if let (_, Some(feature)) = tokio::features(&path) {
            self.out.tokio.insert(feature);
        }
    }

    /// Notes what a person has to do.
    pub(super) fn need(&mut self, at: usize, what: &str, why: &str, write: &str) {
        self.needs.push((at, what.to_owned(), why.to_owned(), write.to_owned()));
    }

    /// The text of a range.
    pub(super) fn slice(&self, range: Range<usize>) -> &str {
        &self.text[range]
    }
}
