//! How one case is run.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

/// One case of the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Case {
    /// The name of its test, such as `tmr02_equal_deadlines_in_registration_order`.
    pub name: &'static str,
    /// The capabilities that it needs.
    pub needs: &'static [&'static str],
}

impl Case {
    #[doc(hidden)]
    pub const fn new(name: &'static str, needs: &'static [&'static str]) -> Case {
        Case { name, needs }
    }

    /// The behaviour that it shows, such as `TMR02`.
    pub fn id(&self) -> String {
        self.name.split('_').next().unwrap_or_default().to_uppercase()
    }
}

/// How long a case, or a step of one that does much, may take before it counts as hung: twenty
/// seconds, or what `ANYLOOP_CONFORMANCE_SECONDS` says, for sanitizers and slow machines.
pub fn patience() -> Duration {
    let seconds = std::env::var("ANYLOOP_CONFORMANCE_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(20))
}

thread_local! {
    /// How many steps the case of this thread has done.
    static STEPS: RefCell<Arc<AtomicUsize>> = RefCell::default();
}

/// Says that the case of this thread goes on, so that its [`patience`] begins anew: for one that
/// does so much that a slow machine needs longer for all of it. Linux alone has such cases.
#[cfg(target_os = "linux")]
pub(crate) fn goes_on() {
    STEPS.with_borrow(|steps| steps.fetch_add(1, Ordering::Relaxed));
}

/// Cases that count descriptors or threads are alone in the process; the others share it.
static PROCESS: RwLock<()> = RwLock::new(());

/// Runs `body` on a thread of its own, so that a hang is a failure with a name.
#[doc(hidden)]
#[track_caller]
pub fn run_case(name: &'static str, alone: bool, body: impl FnOnce() + Send + 'static) {
    let (_shared, _alone) = if alone {
        (None, Some(PROCESS.write().unwrap_or_else(PoisonError::into_inner)))
    } else {
        (Some(PROCESS.read().unwrap_or_else(PoisonError::into_inner)), None)
    };
    let (done, ended) = sync_channel::<()>(0);
    let steps = Arc::new(AtomicUsize::new(0));
    let counted = steps.clone();
    let case = thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            // Dropped when the case ends, however it ends.
            let _done = done;
            STEPS.set(counted);
            body();
        })
        .expect("a thread for the case");
    let mut done = 0;
    while ended.recv_timeout(patience()) == Err(RecvTimeoutError::Timeout) {
        let before = done;
        done = steps.load(Ordering::Relaxed);
        assert!(done > before, "{name} did not end within {:?}", patience());
    }
    if let Err(payload) = case.join() {
        resume_unwind(payload);
    }
}
