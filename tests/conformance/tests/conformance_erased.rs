//! The type-erased loop against the conformance suite, over the native loop and over tokio. Without
//! `deadlock`: a loop counts its handles to tell one, and those inside the erased handle may be used
//! by any code.
#![cfg(unix)]

use std::io;

use loop_api::EventLoop;
use loop_conformance::Subject;
use loop_erased::ErasedLoop;
use loop_native::NativeLoop;
use loop_tokio::TokioLoop;

struct Native;

impl Subject for Native {
    type Loop = ErasedLoop;

    fn make() -> io::Result<ErasedLoop> {
        Ok(ErasedLoop::with_turn(NativeLoop::new()?, |handle| {
            handle.std_net().std_unix_net().readiness().fs().process().signals()
        }))
    }
}

loop_conformance::conformance!(mod erased_native, Native, caps: [
    one_thread, net, std_net, unix_net, std_unix_net, fs, system_fs, readiness, process, signals, system_signals, turn, threads, real_time, system_sockets
]);

struct Tokio;

impl Subject for Tokio {
    type Loop = ErasedLoop;

    fn make() -> io::Result<ErasedLoop> {
        // Without `fs()`: files are by its blocking jobs then.
        let tokio = TokioLoop::builder().worker_threads(2).build()?;
        Ok(ErasedLoop::of(tokio, |handle| handle.std_net().std_unix_net().readiness().process().signals()))
    }
}

loop_conformance::conformance!(
    mod erased_tokio_multi_thread, Tokio, caps: [workers, net, std_net, unix_net, std_unix_net, fs, system_fs, readiness, process, signals, system_signals, threads, real_time, system_sockets],
    deviations: {
        peer15_a_wakers_drop_may_call_back_into_a_read: "tokio drops a waker that a wait replaces under a lock of the socket: to keep a clone of it would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_listener: "tokio clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
        peer15_a_wakers_clone_may_call_back_into_a_read: "tokio clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
        peer11_a_loop_that_does_nothing_starts_no_thread: "the worker threads that were asked for start with the loop",
        net10_urgent_data_does_not_hide_what_follows: "tokio takes a read that urgent data cut short for the last for now",
        net12_urgent_data_does_not_hide_what_follows: "tokio is not told of urgent data, which cuts a read short",
        net12_messages_that_keep_their_bounds_are_all_read: "tokio takes a UnixStream for a stream, whatever it was made of",
        net13_a_datagram_taken_past_the_loop_is_not_waited_for_again: "tokio remembers that one was there until its own receive finds none: asking the system would be a system call a wait",
    }
);
