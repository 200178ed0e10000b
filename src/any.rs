//! The one place that knows which backends are compiled in.
//!
//! For each kind of thing that a backend has there is an enum here with one variant a backend, and one variant that can never be made. With one
//! backend compiled in the enum is laid out as that backend's own type, and a match on it is no instruction; with none it
//! has no value, and everything still compiles: a library leaves the choice to the program.
//!
//! The public types are newtypes over these enums, so that nothing outside can tell what is compiled in.

pub(crate) mod backend;
mod cfg_macros;
mod conversions;
pub(crate) mod dispatch;
pub(crate) mod event_loop;
mod forward;
mod give_way;
mod global;
mod innermost;
mod macros;
pub(crate) mod no_loop;
mod options;
mod pin;
mod socket;
mod stream;
mod types;
#[cfg(feature = "sim")]
pub(crate) mod world;

pub(crate) use event_loop::Loop;
pub(crate) use forward::forward;
pub(crate) use give_way::give_way;
pub(crate) use global::lend;
pub(crate) use innermost::with_current;
pub(crate) use macros::{any_enum, back, each, if_several, never, opaque, pair};
#[allow(unused_imports)]
pub(crate) use options::BUDGET;
pub(crate) use options::{BUDGET_OF_ONE_POLL, Options};
pub(crate) use socket::{borrow_descriptor, descriptor, socket};
pub(crate) use stream::{async_read, async_write};
pub(crate) use types::*;
