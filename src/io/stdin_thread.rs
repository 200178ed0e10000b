//! The thread that waits for standard input. No loop waits for it.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// Runs a read on the thread, which is started with the first. Where no thread can be had the job
/// is dropped.
pub(super) fn run(job: Job) {
    static JOBS: Mutex<Option<Sender<Job>>> = Mutex::new(None);
    let mut jobs = JOBS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sender) = &*jobs {
        // The thread does not end.
        let _ = sender.send(job);
        return;
    }
    let (sender, receiver) = channel::<Job>();
    let work = move || receiver.into_iter().for_each(|job| job());
    if thread::Builder::new().name("anyloop-stdin".to_owned()).spawn(work).is_ok() {
        let _ = sender.send(job);
        *jobs = Some(sender);
    }
}
