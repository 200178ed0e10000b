//! A backend that anyone could write, against the conformance suite: tasks and blocking jobs from
//! the toolkit, the rest from the standard library. It is simple rather than fast, and has no
//! sockets.

mod small_loop;

use small_loop::SmallLoop;

struct OneThread;

impl loop_conformance::Subject for OneThread {
    type Loop = SmallLoop;
}

loop_conformance::conformance!(mod third_party, OneThread, caps: [one_thread, turn, clock]);
