//! tokio against the conformance suite.

use loop_api::conformance::Subject;
use loop_tokio::TokioLoop;

struct CurrentThread;

impl Subject for CurrentThread {
    type Loop = TokioLoop;
}

loop_api::conformance!(mod current_thread, CurrentThread, caps: [one_thread]);
