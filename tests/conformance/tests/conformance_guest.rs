//! The native loop as a guest of each backend, itself too, against the conformance suite. The hosts
//! are erased, so that the suite is compiled once for all of them.
#![cfg(unix)]

use std::io;

use loop_api::EventLoop;
use loop_conformance::{Guest, Subject};
use loop_erased::ErasedLoop;
use loop_native::NativeLoop;
use loop_smol::SmolLoop;
use loop_tokio::TokioLoop;

type GuestLoop = Guest<ErasedLoop, NativeLoop>;

/// The suite on a native loop that is a guest of `$host`.
macro_rules! guest {
    ($module:ident, $subject:ident, $host:ty) => {
        struct $subject;

        impl Subject for $subject {
            type Loop = GuestLoop;

            fn make() -> io::Result<GuestLoop> {
                let host = ErasedLoop::of(<$host>::new()?, |handle| handle.readiness());
                Guest::of(host, NativeLoop::new()?)
            }
        }

        loop_conformance::conformance!(mod $module, $subject, caps: [
            one_thread, net, std_net, unix_net, std_unix_net, fs, system_fs, readiness, process, signals, system_signals, threads, real_time, system_sockets
        ]);
    };
}

guest!(guest_native_in_itself, InItself, NativeLoop);
guest!(guest_native_on_tokio, OnTokio, TokioLoop);
guest!(guest_native_on_smol, OnSmol, SmolLoop);
