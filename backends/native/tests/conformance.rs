//! The native loop against the conformance suite.

use loop_api::conformance::Subject;
use loop_native::NativeLoop;

struct OneThread;

impl Subject for OneThread {
    type Loop = NativeLoop;
}

loop_api::conformance!(mod one_thread, OneThread, caps: [
    one_thread, net, std_net, unix_net, readiness, turn, turn_fd, deadlock
]);
