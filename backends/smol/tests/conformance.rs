//! smol against the conformance suite: on one thread, and on several, and both with tokio as a
//! part.

use std::io;
#[cfg(unix)]
use std::sync::Arc;

#[cfg(unix)]
use loop_compat::host::TokioHost;
use loop_conformance::Subject;
use loop_smol::{Builder, SmolLoop};

/// What smol does otherwise on any number of threads, and `more`.
macro_rules! smol {
    (mod $name:ident, $subject:ty, caps: $caps:tt $(, more: { $($more:tt)* })?) => {
        loop_conformance::conformance!(mod $name, $subject, caps: $caps, deviations: {
            peer15_a_wakers_drop_may_call_back_into_a_read: "async-io drops a waker that a wait replaces under a lock of the socket: to keep a clone of it would cost every wait",
            peer15_a_wakers_clone_may_call_back_into_a_listener: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
            peer15_a_wakers_clone_may_call_back_into_a_read: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
            tsk10_a_task_that_gives_way_waits_for_the_main_future: "async-executor does not tell which tasks gave way: up to 200 run for one poll of the main future, but for those that call loop_smol::give_way",
            $($($more)*)?
        });
    };
}

struct OneThread;

impl Subject for OneThread {
    type Loop = SmolLoop;
}

#[cfg(unix)]
smol!(mod one_thread, OneThread, caps: [one_thread, net, std_net, unix_net, std_unix_net, fs, system_fs, readiness, process, signals, system_signals, threads, real_time, system_sockets]);
#[cfg(not(unix))]
smol!(mod one_thread, OneThread, caps: [one_thread, net, std_net, fs, system_fs, readiness, threads, real_time, system_sockets]);

struct WorkerThreads;

impl Subject for WorkerThreads {
    type Loop = SmolLoop;

    fn make() -> io::Result<SmolLoop> {
        Builder::new().worker_threads(2).build()
    }
}

#[cfg(unix)]
smol!(
    mod worker_threads, WorkerThreads, caps: [workers, net, std_net, unix_net, std_unix_net, fs, system_fs, readiness, process, signals, system_signals, threads, real_time, system_sockets],
    more: {
        peer11_a_loop_that_does_nothing_starts_no_thread: "the worker threads that were asked for start with the loop",
        tmr13_two_intervals_of_zero_take_turns: "on two threads both tick at once: neither waits for the other's turn",
    }
);
#[cfg(not(unix))]
smol!(
    mod worker_threads, WorkerThreads, caps: [workers, net, std_net, fs, system_fs, readiness, threads, real_time, system_sockets],
    more: {
        tmr13_two_intervals_of_zero_take_turns: "on two threads both tick at once: neither waits for the other's turn",
    }
);

#[cfg(unix)]
struct TokioInside;

#[cfg(unix)]
impl Subject for TokioInside {
    type Loop = SmolLoop;

    fn make() -> io::Result<SmolLoop> {
        Builder::new().host(Arc::new(TokioHost::new())).build()
    }
}

#[cfg(unix)]
smol!(mod tokio_inside, TokioInside, caps: [one_thread, net, std_net, unix_net, std_unix_net, fs, system_fs, readiness, process, signals, system_signals, threads, real_time, system_sockets]);

#[cfg(unix)]
struct WorkersTokioInside;

#[cfg(unix)]
impl Subject for WorkersTokioInside {
    type Loop = SmolLoop;

    fn make() -> io::Result<SmolLoop> {
        Builder::new().worker_threads(2).host(Arc::new(TokioHost::new())).build()
    }
}

#[cfg(unix)]
smol!(
    mod workers_tokio_inside, WorkersTokioInside, caps: [workers, net, std_net, unix_net, std_unix_net, fs, system_fs, readiness, process, signals, system_signals, threads, real_time, system_sockets],
    more: {
        peer11_a_loop_that_does_nothing_starts_no_thread: "the worker threads that were asked for start with the loop",
        tmr13_two_intervals_of_zero_take_turns: "on two threads both tick at once: neither waits for the other's turn",
    }
);
