//! The native loop against the conformance suite: on one thread, and on several, and both with tokio
//! as a part.

use std::io;
#[cfg(unix)]
use std::sync::Arc;

#[cfg(unix)]
use loop_compat::host::TokioHost;
use loop_conformance::Subject;
use loop_native::NativeLoop;

struct OneThread;

impl Subject for OneThread {
    type Loop = NativeLoop;
}

loop_conformance::conformance!(mod one_thread, OneThread, caps: [
    one_thread, net, std_net, unix_net, std_unix_net, fs, system_fs, readiness, process, signals, system_signals, turn, turn_fd, deadlock, clock, threads, real_time, system_sockets
]);

/// A loop inside a loop. (With edges the turns are the same.)
struct TwoWorkers;

impl Subject for TwoWorkers {
    type Loop = NativeLoop;

    fn make() -> io::Result<NativeLoop> {
        NativeLoop::builder().worker_threads(2).build()
    }
}

// A turn is about the loop's own thread; what the workers do is not part of it.
loop_conformance::conformance!(
    mod two_workers, TwoWorkers, caps: [workers, net, std_net, unix_net, std_unix_net, fs, system_fs, readiness, process, signals, system_signals, deadlock, threads, real_time, system_sockets],
    deviations: {
        peer11_a_loop_that_does_nothing_starts_no_thread: "the worker threads that were asked for start with the loop",
    }
);

#[cfg(unix)]
struct TokioInside;

#[cfg(unix)]
impl Subject for TokioInside {
    type Loop = NativeLoop;

    fn make() -> io::Result<NativeLoop> {
        NativeLoop::builder().host(Arc::new(TokioHost::new())).build()
    }
}

#[cfg(unix)]
loop_conformance::conformance!(mod tokio_inside, TokioInside, caps: [
    one_thread, net, std_net, unix_net, std_unix_net, fs, system_fs, readiness, process, signals, system_signals, threads, real_time, system_sockets
]);

#[cfg(unix)]
struct WorkersTokioInside;

#[cfg(unix)]
impl Subject for WorkersTokioInside {
    type Loop = NativeLoop;

    fn make() -> io::Result<NativeLoop> {
        NativeLoop::builder().worker_threads(2).host(Arc::new(TokioHost::new())).build()
    }
}

#[cfg(unix)]
loop_conformance::conformance!(
    mod workers_tokio_inside, WorkersTokioInside, caps: [workers, net, std_net, unix_net, std_unix_net, fs, system_fs, readiness, process, signals, system_signals, threads, real_time, system_sockets],
    deviations: {
        peer11_a_loop_that_does_nothing_starts_no_thread: "the worker threads that were asked for start with the loop",
    }
);
