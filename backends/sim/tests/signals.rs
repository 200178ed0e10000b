//! Signals of simulated hosts: listened to, and what they do where no program listens.
#![cfg(unix)]

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use loop_api::signal::{Signal, SignalKind, Signals};
use loop_api::{EventLoop, Handle};
use loop_sim::{Builder, Fault, Order, Plan, SimHandle, SimLoop, seeds};

const SECOND: Duration = Duration::from_secs(1);

/// A host that counts its seconds, and what it has counted.
fn counting(sim: &SimLoop, name: &str) -> Arc<AtomicU64> {
    let counted = Arc::new(AtomicU64::new(0));
    let count = counted.clone();
    sim.world().host(name).run(move || {
        let count = count.clone();
        async move {
            loop {
                SimHandle::current().sleep(SECOND).await;
                count.fetch_add(1, SeqCst);
            }
        }
    });
    counted
}

/// The seconds that the host counts within the first ten, with a plan.
fn counted(plan: &str) -> (u64, u64) {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let count = counting(&sim, "a");
    world.plan(&plan.parse::<Plan>().unwrap()).unwrap();
    sim.block_on(sim.handle().sleep(10 * SECOND + SECOND / 2));
    (count.load(SeqCst), world.host("a").boot())
}

#[test]
fn a_signal_without_a_listener_does_as_on_a_system() {
    assert_eq!(counted(""), (10, 0));
    assert_eq!(counted("3500ms signal a SIGTERM"), (3, 0), "it ends the program");
    assert_eq!(counted("3500ms signal a SIGKILL\n5s restart a"), (8, 1));
    assert_eq!(counted("3500ms signal a SIGWINCH"), (10, 0), "it is ignored");
    assert_eq!(counted("3500ms signal a SIGPIPE"), (10, 0), "Rust ignores it");
    assert_eq!(counted("3500ms signal a SIGSTOP"), (3, 0), "it stops the program");
    // The sleep is over when it goes on, and the next begins then.
    assert_eq!(counted("3500ms signal a SIGSTOP\n7500ms signal a SIGCONT"), (6, 0));
    assert_eq!(counted("1s signal a 34\n2s signal a SIGTERM"), (0, 0), "a number is a signal, too");
}

#[test]
fn a_program_that_listens_ends_by_itself_and_again_after_a_restart() {
    let report = seeds(0..20, &Builder::new().order(Order::Random), |sim| {
        let (world, ended) = (sim.world(), Arc::new(AtomicU64::new(0)));
        let told = ended.clone();
        world.host("server").run(move || {
            let told = told.clone();
            async move {
                let mut terminate = SimHandle::current().signal(SignalKind::terminate()).unwrap();
                assert_eq!(poll_fn(|cx| terminate.poll_recv(cx)).await, Some(()));
                told.fetch_add(1, SeqCst);
                // Once listened to, the system's own answer does not come back.
                drop(terminate);
                SimHandle::current().sleep(SECOND).await;
                told.fetch_add(10, SeqCst);
            }
        });
        let other = counting(sim, "other");
        for at in [1, 4] {
            world.at(at * SECOND, Fault::signal("server", "SIGTERM")).unwrap();
            world.at(at * SECOND + SECOND / 2, Fault::signal("server", "SIGTERM")).unwrap();
        }
        world.at(3 * SECOND, Fault::restart("server")).unwrap();
        sim.block_on(sim.handle().sleep(10 * SECOND));
        assert_eq!(ended.load(SeqCst), 22);
        assert!(other.load(SeqCst) >= 9, "signals are a host's own");
    });
    report.unwrap();
}

#[test]
fn the_host_that_runs_the_world_has_to_listen() {
    let run = |listens: bool| {
        seeds(0..1, &Builder::new(), move |sim| {
            let host = sim.handle().clone();
            let listener = listens.then(|| host.signal(SignalKind::interrupt()).unwrap());
            sim.world().at(SECOND, Fault::signal("main", "SIGINT")).unwrap();
            sim.block_on(host.sleep(2 * SECOND));
            drop(listener);
        })
    };
    run(true).unwrap();
    let failed = run(false).first_failure().expect("its program would have ended").message.clone();
    assert!(failed.contains("host `main` got SIGINT and never listened to it"), "{failed}");
}

#[test]
fn a_signal_that_there_is_not_is_refused() {
    let sim = SimLoop::builder().build();
    let error = sim.world().at(SECOND, Fault::signal("main", "SIGNOTHING")).unwrap_err().to_string();
    assert!(error.contains("there is no signal `SIGNOTHING`") && error.contains("SIGTERM"), "{error}");
}
