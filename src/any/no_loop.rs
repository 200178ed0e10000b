//! The error where there is no loop.

use std::fmt;
use std::io;

use super::backend::Backend;

/// Whether a tokio runtime that runs already is adopted.
const ADOPTS_TOKIO: bool = cfg!(feature = "tokio");

/// There is no loop where one is needed. The message names the remedy; [`std::io::Error`] takes it in, for `?`.
///
/// ```
/// # if cfg!(feature = "global") { return }
/// // In a program that does not know of anyloop its message says which line mends that, and where.
/// let error = anyloop::task::try_spawn(async {}).unwrap_err();
/// assert!(error.to_string().contains("Cargo.toml"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct NoLoop {
    /// Why the global loop could not be made.
    pub(super) failed: Option<io::ErrorKind>,
}

impl NoLoop {
    pub(crate) fn could_not_be_made(&self) -> bool {
        self.failed.is_some()
    }
}

impl fmt::Display for NoLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = self.failed {
            return write!(f, "no event loop runs here, and the global one could not be made ({kind})");
        }
        f.write_str("no event loop runs here: ")?;
        if !Backend::compiled().is_empty() {
            f.write_str(
                "call this from within Runtime::block_on, #[anyloop::main], a task or a blocking job, or on a Handle of the loop \
                 that is meant; in a program that does not make loops of anyloop, ",
            )?;
        }
        // If it were, a tokio runtime would have been found.
        if !ADOPTS_TOKIO {
            f.write_str(concat!(
                "on tokio add to the Cargo.toml of the program that is run: anyloop = { version = \"",
                env!("CARGO_PKG_VERSION"),
                "\", default-features = false, features = [\"tokio\"] }; elsewhere "
            ))?;
        }
        f.write_str(concat!(
            "add to the Cargo.toml of the program: anyloop = { version = \"",
            env!("CARGO_PKG_VERSION"),
            "\", default-features = false, features = [\"global\"] }, by which a loop is lent where none runs"
        ))
    }
}

impl std::error::Error for NoLoop {}

impl From<NoLoop> for io::Error {
    fn from(error: NoLoop) -> io::Error {
        io::Error::other(error)
    }
}
