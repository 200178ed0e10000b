//! The type-erased loop against the conformance suite, over the native loop. Without `deadlock`:
//! the loop counts its handles to tell one, and those inside the erased handle may be used by
//! anybody.

use std::io;

use loop_api::EventLoop;
use loop_conformance::Subject;
use loop_erased::ErasedLoop;
use loop_native::NativeLoop;

struct Erased;

impl Subject for Erased {
    type Loop = ErasedLoop;

    fn make() -> io::Result<ErasedLoop> {
        Ok(ErasedLoop::with_turn(NativeLoop::new()?, |handle| {
            let handle = handle.std_net().readiness().fs().process().signals();
            #[cfg(unix)]
            let handle = handle.unix_net();
            handle
        }))
    }
}

loop_conformance::conformance!(mod erased, Erased, caps: [
    one_thread, net, std_net, unix_net, fs, system_fs, readiness, process, signals, turn, threads, real_time, system_sockets
]);
