//! The list of cases: it stands here once, and the tests and the documents are made of it.

use super::harness::Case;

/// What a case may need of a backend, and what each word means. A backend lists those that it has.
pub const CAPABILITIES: &[(&str, &str)] = &[
    ("one_thread", "tasks run on one thread: what is promised on a single-threaded loop only"),
    ("net", "its handle implements Net"),
    ("std_net", "its handle implements StdNet"),
    ("unix_net", "its handle implements UnixNet"),
    ("readiness", "its handle implements Readiness"),
    ("turn", "the loop implements Turn"),
    ("turn_fd", "the loop implements Turn, and AsFd for its poller"),
    ("deadlock", "the loop can tell that a future can never be woken"),
    ("clock", "the loop follows a clock that a test sets"),
];

/// Calls a macro with `name: [needs] alone?;` for every case. `on_unix` and `on_linux` among the needs are about the platform;
/// `alone` is for cases that count what the whole process has.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_table {
    ($then:ident $arguments:tt) => {
        $crate::$then! { $arguments
            // RUN: lifecycle
            run01_run_until_complete_returns_the_output: [];
            run04_running_inside_itself_is_refused: [];

            // TMR: timers
            tmr01_sleep_is_never_early: [];

            // EXE: blocking jobs
            exe01_job_runs_on_another_thread: [];
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_list {
    ($arguments:tt $($name:ident: [$($need:ident)*] $($alone:ident)?;)*) => {
        /// Every case, in the order of the groups.
        pub const CASES: &[Case] = &[$(Case::new(stringify!($name), &[$(stringify!($need)),*])),*];
    };
}

crate::__conformance_table! { __conformance_list [] }

/// Fails to compile where a deviation names a case that does not exist.
#[doc(hidden)]
pub const fn known_case(name: &str) {
    let mut i = 0;
    while i < CASES.len() {
        if same(CASES[i].name, name) {
            return;
        }
        i += 1;
    }
    panic!("no case of the conformance suite has this name");
}

/// Fails to compile where a backend lists a capability that does not exist.
#[doc(hidden)]
pub const fn known_capability(name: &str) {
    let mut i = 0;
    while i < CAPABILITIES.len() {
        if same(CAPABILITIES[i].0, name) {
            return;
        }
        i += 1;
    }
    panic!("the conformance suite knows no such capability: see loop_api::conformance::CAPABILITIES");
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
