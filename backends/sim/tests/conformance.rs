//! The simulated loop against the conformance suite.
use loop_conformance::Subject;
use loop_sim::{Order, SimLoop};

/// As a program has it: strict, in the order of the other loops.
struct Fifo;

impl Subject for Fifo {
    type Loop = SimLoop;

    fn make() -> std::io::Result<SimLoop> {
        Ok(SimLoop::builder().build())
    }

    #[cfg(unix)]
    fn raise(host: &loop_sim::SimHandle, kind: loop_api::signal::SignalKind) {
        host.raise(kind);
    }
}

loop_conformance::conformance!(mod fifo, Fifo, caps: [one_thread, net, unix_net, fs, signals, turn, deadlock]);

/// Strict, in an order that the seed draws.
struct Drawn;

impl Subject for Drawn {
    type Loop = SimLoop;

    fn make() -> std::io::Result<SimLoop> {
        Ok(SimLoop::builder().order(Order::Random).seed(1).build())
    }

    #[cfg(unix)]
    fn raise(host: &loop_sim::SimHandle, kind: loop_api::signal::SignalKind) {
        host.raise(kind);
    }
}

loop_conformance::conformance!(mod random, Drawn, caps: [net, unix_net, fs, signals, turn, deadlock]);

/// With real threads beside the world.
struct Threads;

impl Subject for Threads {
    type Loop = SimLoop;

    fn make() -> std::io::Result<SimLoop> {
        Ok(SimLoop::builder().order(Order::Random).seed(1).real_threads(20).build())
    }

    #[cfg(unix)]
    fn raise(host: &loop_sim::SimHandle, kind: loop_api::signal::SignalKind) {
        host.raise(kind);
    }
}

loop_conformance::conformance!(mod threads, Threads, caps: [net, unix_net, fs, signals, turn, threads]);
