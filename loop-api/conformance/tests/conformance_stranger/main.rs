//! A backend that anyone could write, against the conformance suite: tasks and blocking jobs from the toolkit, the rest from the standard
//! library. It is simple rather than fast, and has no sockets.

mod stranger;

use stranger::Stranger;

struct OneThread;

impl loop_conformance::Subject for OneThread {
    type Loop = Stranger;
}

loop_conformance::conformance!(mod stranger_loop, OneThread, caps: [one_thread, turn, clock]);
