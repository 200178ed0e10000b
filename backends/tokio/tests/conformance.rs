//! tokio against the conformance suite: on one thread, and on several.

use std::io;

use loop_conformance::Subject;
use loop_tokio::TokioLoop;

/// What tokio does otherwise on any number of threads, and `more`.
macro_rules! tokio {
    (mod $name:ident, $subject:ty, caps: $caps:tt $(, more: { $($more:tt)* })?) => {
        loop_conformance::conformance!(mod $name, $subject, caps: $caps, deviations: {
            peer15_a_wakers_drop_may_call_back_into_a_read: "tokio drops a waker that a wait replaces under a lock of the socket: to keep a clone of it would cost every wait",
            peer15_a_wakers_clone_may_call_back_into_a_listener: "tokio clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
            peer15_a_wakers_clone_may_call_back_into_a_read: "tokio clones the waker of a wait under a lock of the socket: to clone it before would cost every wait",
            net13_a_datagram_taken_past_the_loop_is_not_waited_for_again: "tokio remembers that one was there until its own receive finds none: asking the system would be a system call a wait",
            $($($more)*)?
        });
    };
}

struct CurrentThread;

impl Subject for CurrentThread {
    type Loop = TokioLoop;
}

/// And what it does otherwise on one thread.
macro_rules! one_thread {
    (caps: $caps:tt $(, more: { $($more:tt)* })?) => {
        tokio!(mod current_thread, CurrentThread, caps: $caps, more: {
            tsk10_the_main_future_gives_way_for_one_round: "a task that wakes itself goes into tokio's queue at once, and up to 61 run for one poll of the main future: tokio's own yield_now waits",
            tsk10_a_task_that_gives_way_waits_for_the_main_future: "a task that wakes itself goes into tokio's queue at once, and up to 61 run for one poll of the main future: tokio's own yield_now waits",
            $($($more)*)?
        });
    };
}

#[cfg(unix)]
one_thread!(
    caps: [one_thread, net, std_net, unix_net, std_unix_net, fs, system_fs, readiness, process, signals, system_signals, threads, real_time, system_sockets],
    more: {
        net10_urgent_data_does_not_hide_what_follows: "tokio takes a read that urgent data cut short for the last for now",
        net12_urgent_data_does_not_hide_what_follows: "tokio is not told of urgent data, which cuts a read short",
        net12_messages_that_keep_their_bounds_are_all_read: "tokio takes a UnixStream for a stream, whatever it was made of",
    }
);
#[cfg(not(unix))]
one_thread!(caps: [one_thread, net, std_net, fs, system_fs, threads, real_time, system_sockets]);

struct MultiThread;

impl Subject for MultiThread {
    type Loop = TokioLoop;

    fn make() -> io::Result<TokioLoop> {
        TokioLoop::builder().worker_threads(2).build()
    }
}

#[cfg(unix)]
tokio!(
    mod multi_thread, MultiThread, caps: [workers, net, std_net, unix_net, std_unix_net, fs, system_fs, readiness, process, signals, system_signals, threads, real_time, system_sockets],
    more: {
        peer11_a_loop_that_does_nothing_starts_no_thread: "the worker threads that were asked for start with the loop",
        net10_urgent_data_does_not_hide_what_follows: "tokio takes a read that urgent data cut short for the last for now",
        net12_urgent_data_does_not_hide_what_follows: "tokio is not told of urgent data, which cuts a read short",
        net12_messages_that_keep_their_bounds_are_all_read: "tokio takes a UnixStream for a stream, whatever it was made of",
    }
);
#[cfg(not(unix))]
tokio!(mod multi_thread, MultiThread, caps: [workers, net, std_net, fs, system_fs, threads, real_time, system_sockets]);
