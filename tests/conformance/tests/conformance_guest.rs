//! The native loop as a guest of each backend, itself too, against the conformance suite. The hosts are
//! erased, so that the suite is compiled once for all of them.
#![cfg(unix)]

use std::io;

use loop_api::EventLoop;
use loop_conformance::{Guest, Subject};
use loop_erased::ErasedLoop;
use loop_native::NativeLoop;
use loop_smol::SmolLoop;
use loop_tokio::TokioLoop;

type GuestLoop = Guest<ErasedLoop, NativeLoop>;

struct InItself;

impl Subject for InItself {
    type Loop = GuestLoop;

    fn make() -> io::Result<GuestLoop> {
        Guest::of(ErasedLoop::of(NativeLoop::new()?, |handle| handle.readiness()), NativeLoop::new()?)
    }
}

loop_conformance::conformance!(mod guest_native_in_itself, InItself, caps: [one_thread, net, std_net, unix_net, fs, system_fs, readiness, process, signals, threads, real_time, system_sockets]);

struct OnTokio;

impl Subject for OnTokio {
    type Loop = GuestLoop;

    fn make() -> io::Result<GuestLoop> {
        Guest::of(ErasedLoop::of(TokioLoop::new()?, |handle| handle.readiness()), NativeLoop::new()?)
    }
}

loop_conformance::conformance!(mod guest_native_on_tokio, OnTokio, caps: [one_thread, net, std_net, unix_net, fs, system_fs, readiness, process, signals, threads, real_time, system_sockets]);

struct OnSmol;

impl Subject for OnSmol {
    type Loop = GuestLoop;

    fn make() -> io::Result<GuestLoop> {
        Guest::of(ErasedLoop::of(SmolLoop::new()?, |handle| handle.readiness()), NativeLoop::new()?)
    }
}

loop_conformance::conformance!(mod guest_native_on_smol, OnSmol, caps: [one_thread, net, std_net, unix_net, fs, system_fs, readiness, process, signals, threads, real_time, system_sockets]);
