//! The native loop as a guest of the other backends, against the conformance suite.
#![cfg(unix)]

use loop_conformance::{Guest, Subject};
use loop_native::NativeLoop;
use loop_smol::SmolLoop;
use loop_tokio::TokioLoop;

struct OnTokio;

impl Subject for OnTokio {
    type Loop = Guest<TokioLoop, NativeLoop>;
}

loop_conformance::conformance!(mod native_on_tokio, OnTokio, caps: [one_thread, net, std_net, unix_net, fs, system_fs, readiness, process, signals, threads, real_time, system_sockets]);

struct OnSmol;

impl Subject for OnSmol {
    type Loop = Guest<SmolLoop, NativeLoop>;
}

loop_conformance::conformance!(mod native_on_smol, OnSmol, caps: [one_thread, net, std_net, unix_net, fs, system_fs, readiness, process, signals, threads, real_time, system_sockets]);
