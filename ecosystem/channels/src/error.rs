//! What is refused.

use std::fmt;

/// An error of channels, with a [kind](ErrorKind) and a message that says what is to be done.
///
/// ```
/// use anyloop_channels::{Channels, ErrorKind};
///
/// let error = Channels::new().send("a group", "ciao").expect_err("it has a space");
/// assert_eq!(error.kind(), ErrorKind::Name);
/// assert!(error.to_string().starts_with("a group's name cannot have ' ' in it"));
/// ```
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The name of a group or a member is too long, empty, or has letters that it cannot have.
    Name,
    /// The message is longer than [`Builder::max_message`](crate::Builder::max_message).
    Message,
    /// There are [`Builder::max_groups`](crate::Builder::max_groups) groups with members.
    Groups,
    /// The member was too slow, and is to be [disconnected](crate::Slow::Disconnect) for it.
    Slow,
    /// The layer does not take the message: other processes do not hear it.
    Layer,
}

impl Error {
    /// With a message that tells what is to be done. For layers.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into() }
    }

    /// What kind of error it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
