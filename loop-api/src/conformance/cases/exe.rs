//! EXE: blocking jobs.

use std::thread;

use crate::conformance::Subject;
use crate::conformance::support::run;
use crate::handle::Handle;

pub fn exe01_job_runs_on_another_thread<S: Subject>() {
    let main = thread::current().id();
    let job = run::<S, _>(|handle| async move { handle.spawn_blocking(|| thread::current().id()).await });
    assert_ne!(job.expect("the job to end"), main);
}
