//! Runtimes, and what can become of an item of theirs.

/// The runtime that a program is moved from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum From {
    /// tokio 1.
    Tokio,
    /// smol 1 and 2.
    Smol,
    /// async-std 1.
    AsyncStd,
}

impl From {
    /// The package's name.
    pub fn package(self) -> &'static str {
        match self {
            From::Tokio => "tokio",
            From::Smol => "smol",
            From::AsyncStd => "async-std",
        }
    }
}

/// What becomes of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// It has this path in anyloop.
    Moves(String),
    /// Each use of it is written so instead, and what it was imported by is not needed.
    Becomes(&'static str),
    /// It needs no runtime, and stays where it is.
    Stays,
    /// It needs the runtime it is of, and stays, for this reason.
    Kept(&'static str),
    /// A module with items of both kinds.
    Mixed,
    /// There is none like it.
    Gone {
        /// Why.
        why: &'static str,
        /// What to write instead.
        write: &'static str,
    },
}
