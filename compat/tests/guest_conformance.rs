//! The suite on a native loop that is a guest: of tokio's loop and of smol's.
#![cfg(target_os = "linux")]

use loop_conformance::{Guest, Subject};
use loop_native::NativeLoop;
use loop_smol::SmolLoop;
use loop_tokio::TokioLoop;

struct OnTokio;

impl Subject for OnTokio {
    type Loop = Guest<TokioLoop, NativeLoop>;
}

struct OnSmol;

impl Subject for OnSmol {
    type Loop = Guest<SmolLoop, NativeLoop>;
}

loop_conformance::conformance!(mod on_tokio, OnTokio, caps: [one_thread, net, std_net, unix_net, readiness, threads, real_time, system_sockets]);
loop_conformance::conformance!(mod on_smol, OnSmol, caps: [one_thread, net, std_net, unix_net, readiness, threads, real_time, system_sockets]);
