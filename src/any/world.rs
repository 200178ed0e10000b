//! What the handle of a simulated host can do.

use loop_erased::Erase;
use loop_sim::SimHandle;

/// Names all of it.
pub(crate) fn host(handle: Erase<SimHandle>) -> Erase<SimHandle> {
    let handle = handle.net().fs().signals();
    #[cfg(unix)]
    let handle = handle.unix_net();
    handle
}
