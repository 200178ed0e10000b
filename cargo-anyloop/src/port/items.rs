//! Where an item of a runtime goes.

use super::place::{From, Place};
use super::{async_std, smol, tokio};

/// Where the item with this path inside the runtime's crate goes; with `all` what needs no runtime
/// moves too, where anyloop has it.
pub(super) fn place(from: From, path: &[&str], all: bool) -> Place {
    match from {
        From::Tokio => tokio::place(path, all),
        From::Smol => smol::place(path),
        From::AsyncStd => async_std::place(path),
    }
}
