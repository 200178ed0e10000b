//! The conformance suite: what every loop must do, as one `#[test]` per behaviour, for a backend's
//! own tests.
//!
//! A backend says how its loop is made, and one line gives it the tests:
//!
//! ```ignore
//! struct Mine;
//! impl loop_conformance::Subject for Mine {
//!     type Loop = my_backend::Loop;
//! }
//! loop_conformance::conformance!(mod mine, Mine, caps: [one_thread, net, readiness]);
//! ```
//!
//! `caps` lists the [capabilities](CAPABILITIES) that it has. The cases that need another are
//! ignored with `unsupported: ...`, never silently passed. A promise that a backend openly breaks
//! is listed with its reason: `deviations: { tmr07_short_sleeps_do_not_spin: "its clock counts
//! milliseconds" }`.
//!
//! What the compiler refuses needs no case. A loop cannot be closed while it runs (RUN19), because
//! running it borrows it:
//!
//! ```compile_fail,E0499
//! fn close_while_running<L: loop_api::EventLoop>(mut event_loop: L) {
//!     event_loop.block_on(async { event_loop.close() });
//! }
//! ```
//!
//! Cases carry the ids of the list of [behaviours](BEHAVIOURS). They use only the public contract,
//! so that they run on any backend, on the type-erased loop and on a loop inside a loop. A case
//! that hangs fails after [`patience`].

#![deny(unsafe_code)]

use std::io;

use loop_api::EventLoop;
#[cfg(unix)]
use loop_api::signal::SignalKind;
#[cfg(unix)]
use rustix::process::{Signal as Raw, getpid, kill_process};

mod behaviours;
#[doc(hidden)]
pub mod cases;
#[cfg(unix)]
mod guest;
mod harness;
mod macros;
mod made;
pub mod support;
mod table;
#[cfg(test)]
mod tests;

pub use behaviours::{BEHAVIOURS, ELSEWHERE, STRUCK};
#[cfg(unix)]
pub use guest::Guest;
#[doc(hidden)]
pub use harness::run_case;
pub use harness::{Case, patience};
#[doc(hidden)]
pub use made::{Made, run_subject};
pub use table::{CAPABILITIES, CASES};
#[doc(hidden)]
pub use table::{known_capability, known_case};

/// A loop to be tested.
pub trait Subject: 'static {
    /// Its type.
    type Loop: EventLoop + 'static;

    /// Makes one. Cases make as many as they like, on any thread.
    ///
    /// # Errors
    ///
    /// As [`EventLoop::new`], which is the default.
    fn make() -> io::Result<Self::Loop> {
        Self::Loop::new()
    }

    /// Raises a signal on a loop: one of the process's, which all its loops see. A loop with signals
    /// of its own raises one of those.
    #[cfg(unix)]
    fn raise(handle: &<Self::Loop as EventLoop>::Handle, kind: SignalKind) {
        let _ = handle;
        let signal = Raw::from_named_raw(kind.as_raw_value()).expect("a signal that has a name");
        kill_process(getpid(), signal).expect("to send a signal to this process");
    }
}

/// The handle of a subject's loop.
pub type HandleOf<S> = <<S as Subject>::Loop as EventLoop>::Handle;
