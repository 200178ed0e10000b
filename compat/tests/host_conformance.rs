//! The suite on loops with tokio as their part: they keep every promise that they keep without it.

#![cfg(unix)]

use std::io;
use std::sync::Arc;

use loop_compat::host::TokioHost;
use loop_conformance::Subject;
use loop_native::NativeLoop;
use loop_smol::SmolLoop;

struct Native;

impl Subject for Native {
    type Loop = NativeLoop;

    fn make() -> io::Result<NativeLoop> {
        NativeLoop::builder().host(Arc::new(TokioHost::new())).build()
    }
}

struct NativeWorkers;

impl Subject for NativeWorkers {
    type Loop = NativeLoop;

    fn make() -> io::Result<NativeLoop> {
        NativeLoop::builder().worker_threads(2).host(Arc::new(TokioHost::new())).build()
    }
}

struct Smol;

impl Subject for Smol {
    type Loop = SmolLoop;

    fn make() -> io::Result<SmolLoop> {
        loop_smol::Builder::new().host(Arc::new(TokioHost::new())).build()
    }
}

struct SmolWorkers;

impl Subject for SmolWorkers {
    type Loop = SmolLoop;

    fn make() -> io::Result<SmolLoop> {
        loop_smol::Builder::new().worker_threads(2).host(Arc::new(TokioHost::new())).build()
    }
}

loop_conformance::conformance!(mod native, Native, caps: [one_thread, net, std_net, unix_net, readiness, threads, real_time, system_sockets]);
loop_conformance::conformance!(
    mod native_workers, NativeWorkers, caps: [workers, net, std_net, unix_net, readiness, threads, real_time, system_sockets],
    deviations: {
        peer11_a_loop_that_does_nothing_starts_no_thread: "the worker threads that were asked for start with the loop",
    }
);
loop_conformance::conformance!(
    mod smol, Smol, caps: [one_thread, net, std_net, unix_net, readiness, threads, real_time, system_sockets],
    deviations: {
        peer15_a_wakers_drop_may_call_back_into_a_read: "async-io drops a waker that a wait replaces under a lock of the socket: to keep a clone of it would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_listener: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_read: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
    }
);
loop_conformance::conformance!(
    mod smol_workers, SmolWorkers, caps: [workers, net, std_net, unix_net, readiness, threads, real_time, system_sockets],
    deviations: {
        peer15_a_wakers_drop_may_call_back_into_a_read: "async-io drops a waker that a wait replaces under a lock of the socket: to keep a clone of it would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_listener: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_read: "async-io clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
        peer11_a_loop_that_does_nothing_starts_no_thread: "the worker threads that were asked for start with the loop",
        tmr13_two_intervals_of_zero_take_turns: "on two threads both tick at once: neither waits for the other's turn",
    }
);
