//! tokio against the conformance suite: on one thread, and on several.

use std::io;

use loop_conformance::Subject;
use loop_tokio::TokioLoop;

struct CurrentThread;

impl Subject for CurrentThread {
    type Loop = TokioLoop;
}

struct MultiThread;

impl Subject for MultiThread {
    type Loop = TokioLoop;

    fn make() -> io::Result<TokioLoop> {
        TokioLoop::builder().worker_threads(2).build()
    }
}

// tokio has nothing like AsyncFd on Windows.
#[cfg(unix)]
loop_conformance::conformance!(
    mod current_thread, CurrentThread, caps: [one_thread, net, std_net, unix_net, readiness]
);
#[cfg(not(unix))]
loop_conformance::conformance!(mod current_thread, CurrentThread, caps: [one_thread, net, std_net]);

#[cfg(unix)]
loop_conformance::conformance!(
    mod multi_thread, MultiThread, caps: [net, std_net, unix_net, readiness],
    deviations: {
        peer11_a_loop_that_does_nothing_starts_no_thread: "the worker threads that were asked for start with the loop",
    }
);
#[cfg(not(unix))]
loop_conformance::conformance!(mod multi_thread, MultiThread, caps: [net, std_net]);
