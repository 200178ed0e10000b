//! smol against the conformance suite: on one thread, and on several.

use std::io;

use loop_conformance::Subject;
use loop_smol::{Builder, SmolLoop};

struct OneThread;

impl Subject for OneThread {
    type Loop = SmolLoop;
}

struct WorkerThreads;

impl Subject for WorkerThreads {
    type Loop = SmolLoop;

    fn make() -> io::Result<SmolLoop> {
        Builder::new().worker_threads(2).build()
    }
}

#[cfg(unix)]
loop_conformance::conformance!(
    mod one_thread, OneThread, caps: [one_thread, net, std_net, unix_net, fs, system_fs, readiness, process, signals, threads, real_time, system_sockets],
    deviations: {
        peer15_a_wakers_drop_may_call_back_into_a_read: "async-io drops a waker that a wait replaces under a lock of the socket: to keep a clone of it would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_listener: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_read: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
    }
);
#[cfg(not(unix))]
loop_conformance::conformance!(
    mod one_thread, OneThread, caps: [one_thread, net, std_net, fs, system_fs, readiness, threads, real_time, system_sockets],
    deviations: {
        peer15_a_wakers_drop_may_call_back_into_a_read: "async-io drops a waker that a wait replaces under a lock of the socket: to keep a clone of it would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_listener: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_read: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
    }
);

#[cfg(unix)]
loop_conformance::conformance!(
    mod worker_threads, WorkerThreads, caps: [workers, net, std_net, unix_net, fs, system_fs, readiness, process, signals, threads, real_time, system_sockets],
    deviations: {
        peer15_a_wakers_drop_may_call_back_into_a_read: "async-io drops a waker that a wait replaces under a lock of the socket: to keep a clone of it would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_listener: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_read: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
        peer11_a_loop_that_does_nothing_starts_no_thread: "the worker threads that were asked for start with the loop",
        tmr13_two_intervals_of_zero_take_turns: "on two threads both tick at once: neither waits for the other's turn",
    }
);
#[cfg(not(unix))]
loop_conformance::conformance!(
    mod worker_threads, WorkerThreads, caps: [workers, net, std_net, fs, system_fs, readiness, threads, real_time, system_sockets],
    deviations: {
        peer15_a_wakers_drop_may_call_back_into_a_read: "async-io drops a waker that a wait replaces under a lock of the socket: to keep a clone of it would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_listener: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_read: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
        tmr13_two_intervals_of_zero_take_turns: "on two threads both tick at once: neither waits for the other's turn",
    }
);
