//! The kinds of loops, and those that are compiled in.

use std::fmt;
use std::io;
use std::str::FromStr;

/// The environment variable that picks the backend of a program that does not.
pub(crate) const VARIABLE: &str = "ANYLOOP_BACKEND";

/// The backends compiled in, in the order in which one is chosen.
const COMPILED: &[Backend] = &[
    #[cfg(feature = "tokio")]
    Backend::Tokio,
    #[cfg(feature = "smol")]
    Backend::Smol,
    #[cfg(feature = "native")]
    Backend::Native,
];

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
    /// A simulated world with a clock and a network of its own, for tests: see the module `sim`. It
    /// is used only where it is asked for.
    Sim,
    /// A third-party loop, by the name it gives itself.
    Other(&'static str),
}

impl Backend {
    /// Those that anyloop knows, whether they are compiled in or not.
    pub const KNOWN: &'static [Backend] = &[Backend::Native, Backend::Tokio, Backend::Smol, Backend::Sim];

    /// Those that are compiled in, in the order in which one is chosen. The simulated one is not
    /// among them.
    pub fn compiled() -> &'static [Backend] {
        COMPILED
    }

    /// Whether this one is compiled in.
    pub fn is_compiled(self) -> bool {
        Backend::compiled().contains(&self) || cfg!(feature = "sim") && self == Backend::Sim
    }

    /// Its name: that of its feature, and what `ANYLOOP_BACKEND` understands.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Native => "native",
            Backend::Tokio => "tokio",
            Backend::Smol => "smol",
            Backend::Sim => "sim",
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
    /// The program, by [`Builder::backend`](crate::runtime::Builder::backend) or a macro's argument.
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
pub(crate) const NO_BACKEND: &str = "anyloop was compiled without a backend: turn on one of its features \
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
pub(crate) struct Names(pub(crate) &'static [Backend]);

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
