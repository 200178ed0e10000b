//! A backend that anyone could write: the standard library and the public contract, nothing else. It is slow and simple,
//! has no sockets, and keeps every promise that it can.

mod executor;
mod tasks;

use executor::Loop;

struct Stranger;

impl loop_api::conformance::Subject for Stranger {
    type Loop = Loop;
}

loop_api::conformance!(mod stranger, Stranger, caps: [one_thread], deviations: {
    exe13_threads_are_reused_and_named: "each job has a thread of its own",
});
