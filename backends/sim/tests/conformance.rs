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
}

loop_conformance::conformance!(mod fifo, Fifo, caps: [one_thread, net, turn, deadlock]);

/// Strict, in an order that the seed draws.
struct Drawn;

impl Subject for Drawn {
    type Loop = SimLoop;

    fn make() -> std::io::Result<SimLoop> {
        Ok(SimLoop::builder().order(Order::Random).seed(1).build())
    }
}

loop_conformance::conformance!(mod random, Drawn, caps: [net, turn, deadlock]);

/// With real threads beside the world.
struct Threads;

impl Subject for Threads {
    type Loop = SimLoop;

    fn make() -> std::io::Result<SimLoop> {
        Ok(SimLoop::builder().order(Order::Random).seed(1).real_threads(20).build())
    }
}

loop_conformance::conformance!(mod threads, Threads, caps: [net, turn, threads]);
