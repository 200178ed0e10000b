//! Panics that are caught and told of later are not printed when they happen.

use std::cell::Cell;
use std::panic::{set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Panics of this thread are not printed for as long as this lives.
#[derive(Debug)]
pub(crate) struct Quiet(bool);

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(self.0);
    }
}

/// See [`Quiet`]. The first call puts a hook before the one that is there.
pub(crate) fn on_this_thread() -> Quiet {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if !QUIET.try_with(Cell::get).unwrap_or(false) {
                before(info);
            }
        }));
    });
    Quiet(QUIET.replace(true))
}
