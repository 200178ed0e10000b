//! One event-loop API over any loop.
#![deny(unsafe_code)]
// Without a backend no loop can be made, so that code behind it is unreachable; a library is compiled like that.
#![cfg_attr(
    not(any(feature = "native", feature = "tokio", feature = "smol", feature = "dyn")),
    allow(unreachable_code, unused_variables, unused_macros, unused_imports, dead_code)
)]

mod any;
pub mod io;
pub mod net;
pub mod runtime;
pub mod task;
pub mod time;

pub use loop_api;
pub use loop_api::{EventLoop, JoinError, RunError};
