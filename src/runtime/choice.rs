//! Which backend is used, and why.

use std::env;
use std::fmt;
use std::io;
use std::str::FromStr;

use crate::any;

/// The environment variable that picks the backend of a program that does not.
const VARIABLE: &str = "ANYLOOP_BACKEND";

/// A kind of loop. Its name is that of its feature.
///
/// ```
/// use anyloop::runtime::Backend;
///
/// assert_eq!("tokio".parse(), Ok(Backend::Tokio));
/// assert_eq!(Backend::Tokio.name(), "tokio");
/// let error = "uring".parse::<Backend>().unwrap_err();
/// assert!(error.to_string().contains("native")); // it lists what there is
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// anyloop's own loop.
    Native,
    /// tokio.
    Tokio,
    /// smol: async-executor and async-io.
    Smol,
    /// A stranger's, by the name it gives itself.
    Other(&'static str),
}

impl Backend {
    /// Those that anyloop knows, whether they are compiled in or not.
    pub const KNOWN: &'static [Backend] = &[Backend::Native, Backend::Tokio, Backend::Smol];

    /// Those that are compiled in, in the order in which one is chosen.
    pub fn compiled() -> &'static [Backend] {
        any::COMPILED
    }

    /// Whether this one is compiled in.
    pub fn is_compiled(self) -> bool {
        Backend::compiled().contains(&self)
    }

    /// Its name: that of its feature, and what `ANYLOOP_BACKEND` understands.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Native => "native",
            Backend::Tokio => "tokio",
            Backend::Smol => "smol",
            Backend::Other(name) => name,
        }
    }

    pub(crate) fn from_name(name: &'static str) -> Backend {
        name.parse().unwrap_or(Backend::Other(name))
    }

    pub(crate) fn not_compiled(self) -> ChoiceError {
        ChoiceError::NotCompiled { backend: self, asked_by: AskedBy::Program }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Backend {
    type Err = ChoiceError;

    /// The backend of this name, compiled in or not.
    fn from_str(name: &str) -> Result<Backend, ChoiceError> {
        Backend::KNOWN
            .iter()
            .copied()
            .find(|backend| backend.name().eq_ignore_ascii_case(name.trim()))
            .ok_or_else(|| ChoiceError::Unknown { name: name.to_owned(), asked_by: AskedBy::Program })
    }
}

/// A backend, and why it was taken.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return }
/// let choice = anyloop::runtime::choose().unwrap();
/// println!("{choice}"); // such as: native, because it is the only one compiled in
/// assert!(choice.backend().is_compiled());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    backend: Backend,
    reason: Reason,
}

impl Choice {
    pub(super) fn new(backend: Backend, reason: Reason) -> Choice {
        Choice { backend, reason }
    }

    /// The backend.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Why.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, because {}", self.backend, self.reason)
    }
}

/// Why a backend was taken.
///
/// ```
/// use anyloop::runtime::Reason;
///
/// assert_eq!(Reason::Asked.to_string(), "the program asked for it");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The program asked for it by name.
    Asked,
    /// `ANYLOOP_BACKEND` names it.
    Environment,
    /// There is no other.
    OnlyOne,
    /// Of several, it is the first in the order tokio, smol, native.
    FirstInOrder,
    /// Those before it in that order could not be made; this says why not.
    Fallback(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Asked => f.write_str("the program asked for it"),
            Reason::Environment => write!(f, "{VARIABLE} says so"),
            Reason::OnlyOne => f.write_str("it is the only one compiled in"),
            Reason::FirstInOrder => {
                write!(f, "it comes first of those compiled in ({})", Names(Backend::compiled()))
            }
            Reason::Fallback(failed) => write!(f, "the ones before it could not be made ({failed})"),
        }
    }
}

/// Why no backend could be taken. The message names the remedy: what there is, or the feature to turn on.
///
/// ```
/// use anyloop::runtime::{Backend, Builder, ChoiceError};
///
/// for &backend in Backend::KNOWN {
///     match Builder::new().backend(backend).choice() {
///         Ok(choice) => assert_eq!(choice.backend(), backend),
///         Err(error) => {
///             assert!(matches!(error, ChoiceError::NotCompiled { .. }));
///             assert!(error.to_string().contains(&format!("feature `{backend}`")));
///         }
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChoiceError {
    /// No backend has this name.
    Unknown {
        /// The name.
        name: String,
        /// Who asked for it.
        asked_by: AskedBy,
    },
    /// The backend exists, but its feature is off.
    NotCompiled {
        /// The backend.
        backend: Backend,
        /// Who asked for it.
        asked_by: AskedBy,
    },
    /// No backend is compiled in.
    None,
}

/// Who asked for a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AskedBy {
    /// The program, by [`Builder::backend`](super::Builder::backend) or a macro's argument.
    Program,
    /// `ANYLOOP_BACKEND`.
    Environment,
}

impl fmt::Display for ChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compiled = Names(Backend::compiled());
        match self {
            ChoiceError::Unknown { name, asked_by } => {
                asked_by.prefix(f)?;
                write!(f, "there is no backend `{name}`: anyloop has {}", Names(Backend::KNOWN))?;
                write!(f, ", of which compiled in: {compiled}")
            }
            ChoiceError::NotCompiled { backend, asked_by } => {
                asked_by.prefix(f)?;
                write!(f, "the backend `{backend}` is not compiled in (compiled in: {compiled}): ")?;
                write!(f, "turn on anyloop's feature `{backend}`")
            }
            ChoiceError::None => f.write_str(NO_BACKEND),
        }
    }
}

/// What to do where no backend is compiled in.
const NO_BACKEND: &str = "anyloop was compiled without a backend: turn on one of its features \
    `native`, `tokio` or `smol` in the program's Cargo.toml";

impl AskedBy {
    fn prefix(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AskedBy::Program => Ok(()),
            AskedBy::Environment => write!(f, "{VARIABLE}: "),
        }
    }
}

impl std::error::Error for ChoiceError {}

impl From<ChoiceError> for io::Error {
    fn from(error: ChoiceError) -> io::Error {
        let kind = match error {
            ChoiceError::Unknown { .. } => io::ErrorKind::InvalidInput,
            ChoiceError::NotCompiled { .. } | ChoiceError::None => io::ErrorKind::Unsupported,
        };
        io::Error::new(kind, error)
    }
}

/// Names in a row, for messages.
struct Names(&'static [Backend]);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (i, backend) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{backend}")?;
        }
        Ok(())
    }
}

/// The backend that a program which does not ask for one gets: the one that `ANYLOOP_BACKEND` names, else the only one compiled in, else the
/// first of tokio, smol, native. (Whoever turned tokio on needs its context; whoever turned native on needs a loop.)
///
/// # Errors
///
/// [`ChoiceError`]: the variable names something unknown or not compiled in, or nothing is compiled in.
///
/// ```
/// # if anyloop::runtime::Backend::compiled().is_empty() { return Ok(()) }
/// use anyloop::runtime::{Runtime, choose};
///
/// assert_eq!(choose().unwrap().backend(), Runtime::new()?.choice().backend());
/// # std::io::Result::Ok(())
/// ```
pub fn choose() -> Result<Choice, ChoiceError> {
    choose_with(None)
}

pub(super) fn choose_with(asked: Option<Backend>) -> Result<Choice, ChoiceError> {
    if let Some(backend) = asked {
        return checked(backend, Reason::Asked, AskedBy::Program);
    }
    if let Some(name) = env::var_os(VARIABLE).filter(|name| !name.is_empty()) {
        let name = name.to_string_lossy();
        let backend = name.parse().map_err(|_: ChoiceError| ChoiceError::Unknown {
            name: name.clone().into_owned(),
            asked_by: AskedBy::Environment,
        })?;
        return checked(backend, Reason::Environment, AskedBy::Environment);
    }
    match Backend::compiled() {
        [] => Err(ChoiceError::None),
        [only] => Ok(Choice::new(*only, Reason::OnlyOne)),
        [first, ..] => Ok(Choice::new(*first, Reason::FirstInOrder)),
    }
}

fn checked(backend: Backend, reason: Reason, asked_by: AskedBy) -> Result<Choice, ChoiceError> {
    if backend.is_compiled() {
        Ok(Choice::new(backend, reason))
    } else {
        Err(ChoiceError::NotCompiled { backend, asked_by })
    }
}
