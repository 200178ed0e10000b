//! The cases, by group: their names say what they show.
#![allow(missing_docs)]

mod bak;
mod err;
mod exe;
mod fut;
mod imm;
mod io;
mod net;
mod peer;
mod run;
mod run_close;
mod thr;
mod tmr;
mod tmr_interval;
mod tmr_more;
mod tsk;
mod udp;

pub use bak::*;
pub use err::*;
pub use exe::*;
pub use fut::*;
pub use imm::*;
pub use io::*;
pub use net::*;
pub use peer::*;
pub use run::*;
pub use run_close::*;
pub use thr::*;
pub use tmr::*;
pub use tmr_interval::*;
pub use tmr_more::*;
pub use tsk::*;
pub use udp::*;

use super::HandleOf;
