//! The native loop against the conformance suite.

use std::io;

use loop_conformance::Subject;
use loop_native::NativeLoop;

struct OneThread;

impl Subject for OneThread {
    type Loop = NativeLoop;
}

loop_conformance::conformance!(mod one_thread, OneThread, caps: [
    one_thread, net, std_net, unix_net, fs, system_fs, readiness, process, signals, turn, turn_fd, deadlock, clock, threads, real_time, system_sockets
]);

/// A loop inside a loop. (With edges the turns are the same.)
#[cfg(all(unix, not(anyloop_edge)))]
struct InItself;

#[cfg(all(unix, not(anyloop_edge)))]
impl Subject for InItself {
    type Loop = loop_conformance::Guest<NativeLoop, NativeLoop>;
}

#[cfg(all(unix, not(anyloop_edge)))]
loop_conformance::conformance!(mod guest, InItself, caps: [one_thread, net, std_net, unix_net, fs, system_fs, readiness, process, signals, threads, real_time, system_sockets]);

struct TwoWorkers;

impl Subject for TwoWorkers {
    type Loop = NativeLoop;

    fn make() -> io::Result<NativeLoop> {
        NativeLoop::builder().worker_threads(2).build()
    }
}

// A turn is about the loop's own thread; what the workers do is not part of it.
loop_conformance::conformance!(
    mod two_workers, TwoWorkers, caps: [workers, net, std_net, unix_net, fs, system_fs, readiness, process, signals, deadlock, threads, real_time, system_sockets],
    deviations: {
        peer11_a_loop_that_does_nothing_starts_no_thread: "the worker threads that were asked for start with the loop",
    }
);
