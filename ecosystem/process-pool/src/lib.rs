//! Work that needs the CPU, in worker processes, awaited on any event loop: Python's
//! `ProcessPoolExecutor` for [anyloop](https://docs.rs/anyloop).
//!
//! A worker is the same program, started again, which serves jobs in place of its own `main`:
//! [`Jobs::work_if_worker`] decides. Jobs are functions by name; their arguments and results go
//! through serde, as JSON.
//!
//! A thread is cheaper: `anyloop::task::spawn_blocking`, or `run_in_executor` with a pool of one's
//! own, has no worker to start and nothing to copy. A process is for jobs that must be ended when
//! they are not wanted any more, that may crash, or that need a memory of their own.
//!
//! ```no_run
//! use anyloop_process_pool::{Jobs, ProcessPool};
//!
//! fn fibonacci(n: u64) -> u64 {
//!     if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // A worker does not come back from here.
//!     let jobs = Jobs::new().with("fibonacci", fibonacci).work_if_worker();
//!     let pool = ProcessPool::new(jobs, 4)?;
//!     let result: u64 = anyloop::runtime::Runtime::new()?.block_on(pool.run("fibonacci", &40))?;
//!     println!("{result}");
//!     Ok(())
//! }
//! ```
#![forbid(unsafe_code)]

mod error;
mod frame;
mod jobs;
mod pool;

pub use error::{Error, ErrorKind};
pub use jobs::Jobs;
pub use pool::ProcessPool;
