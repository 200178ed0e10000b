//! The cases, by group: their names say what they show.
#![allow(missing_docs)]

mod err;
mod exe;
mod fut;
mod io;
mod net;
mod peer;
mod run;
mod tmr;
mod tsk;
mod udp;

pub use err::*;
pub use exe::*;
pub use fut::*;
pub use io::*;
pub use net::*;
pub use peer::*;
pub use run::*;
pub use tmr::*;
pub use tsk::*;
pub use udp::*;
