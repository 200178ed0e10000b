//! The cases, by group: their names say what they show.
#![allow(missing_docs)]

mod adopt_std;
mod asked;
mod bak;
mod err;
mod exe;
mod exe_pool;
mod fs;
mod fs_file;
mod fut;
mod give_way;
mod imm;
mod io;
#[cfg(target_os = "linux")]
mod limit;
mod many;
mod net;
mod peer;
#[cfg(unix)]
mod proc;
#[cfg(unix)]
mod proc_pipes;
mod proto;
mod run;
mod run_close;
mod run_end;
mod short;
#[cfg(unix)]
mod sig;
mod socket;
mod thr;
mod timeout;
mod tmr;
mod tmr_clock;
mod tmr_interval;
mod tmr_more;
mod tmr_stopped;
mod tsk;
mod tsk_drop;
mod tsk_id;
mod udp;
#[cfg(unix)]
mod unix;
#[cfg(target_os = "linux")]
mod unix_full;
mod waker_calls;
mod watch;

pub use adopt_std::*;
pub use asked::*;
pub use bak::*;
pub use err::*;
pub use exe::*;
pub use exe_pool::*;
pub use fs::*;
pub use fs_file::*;
pub use fut::*;
pub use give_way::*;
pub use imm::*;
pub use io::*;
#[cfg(target_os = "linux")]
pub use limit::*;
pub use many::*;
pub use net::*;
pub use peer::*;
#[cfg(unix)]
pub use proc::*;
#[cfg(unix)]
pub use proc_pipes::*;
pub use proto::*;
pub use run::*;
pub use run_close::*;
pub use run_end::*;
pub use short::*;
#[cfg(unix)]
pub use sig::*;
pub use socket::*;
pub use thr::*;
pub use timeout::*;
pub use tmr::*;
pub use tmr_clock::*;
pub use tmr_interval::*;
pub use tmr_more::*;
pub use tmr_stopped::*;
pub use tsk::*;
pub use tsk_drop::*;
pub use tsk_id::*;
pub use udp::*;
#[cfg(unix)]
pub use unix::*;
#[cfg(target_os = "linux")]
pub use unix_full::*;
pub use waker_calls::*;
pub use watch::*;

use super::HandleOf;
