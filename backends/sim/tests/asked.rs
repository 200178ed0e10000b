//! What is asked of a world that it cannot give, and what a crash does not leave to destructors.

use std::time::Duration;

use futures_lite::AsyncReadExt;
use loop_api::net::{Net, Stream, TcpListener, TcpOptions};
use loop_api::{EventLoop, Handle};
use loop_sim::{Builder, Chaos, Fault, Latency, Link, NetConfig, SimHandle, SimLoop, seeds};

/// What fails the world that a program runs in.
fn failure_of(builder: Builder, program: impl Fn(&mut SimLoop) + Sync) -> String {
    let report = seeds(0..1, &builder, program);
    report.first_failure().expect("it fails").message.clone()
}

#[test]
fn parts_that_are_none_are_refused_with_their_name() {
    for part in [f64::NAN, -0.1, 1.5, f64::INFINITY] {
        let rough = || {
            let mut net = NetConfig::rough();
            net.short_reads = part;
            net
        };
        let built = failure_of(Builder::new().net(rough()), |sim| sim.block_on(async {}));
        let set = failure_of(Builder::new(), |sim| {
            sim.world().net(rough());
            sim.block_on(async {});
        });
        for told in [built, set] {
            assert!(told.starts_with(&format!("`NetConfig::short_reads` is {part}: set it to")), "{told}");
        }
        let sim = SimLoop::builder().build();
        let _hosts = ["a", "b"].map(|name| sim.world().host(name));
        for (link, name) in
            [(Link::default().loss(part), "Link::loss"), (Link::default().duplicate(part), "Link::duplicate")]
        {
            let refused = sim.world().link("a", "b", Some(link)).unwrap_err().to_string();
            assert!(refused.starts_with(&format!("`{name}` is {part}")), "{refused}");
        }
    }
    let mut nothing = NetConfig::default();
    nothing.window = 0;
    let told = failure_of(Builder::new().net(nothing), |sim| sim.block_on(async {}));
    assert!(told.contains("`NetConfig::window` is 0"), "{told}");
}

#[test]
fn times_without_end_overflow_nothing() {
    let max = Duration::MAX;
    for latency in [Latency::Fixed(max), Latency::Uniform(max, max), Latency::LongTail(max, max)] {
        let mut net = NetConfig::default();
        net.link = Link::default().latency(latency);
        let mut sim = Builder::new().net(net).poll_cost(max).build();
        let world = sim.world();
        let _hosts = ["a", "b"].map(|name| world.host(name));
        world.at(max, Fault::cut("a", "b")).unwrap();
        world.fault(Fault::slow("a", "b", max)).unwrap();
        world.fault(Fault::drift("a", i64::MAX)).unwrap();
        world.fault(Fault::skew("b", i64::MIN)).unwrap();
        world.chaos(&Chaos::everything(max).lasting(max).crashes(1000.0));
        drop(world.host("a").spawn(async {
            let here = SimHandle::current();
            let b = here.lookup_host("b".into(), 1).await.unwrap()[0];
            drop(here.connect_tcp(b, TcpOptions::new()).await);
        }));
        drop(world.host("b").spawn(async { SimHandle::current().sleep(Duration::MAX).await }));
        sim.block_on(async {
            for _ in 0..20 {
                futures_lite::future::yield_now().await;
            }
            world.eventually("soon", Duration::MAX, || true).await;
        });
    }
}

#[test]
fn a_clock_that_drifts_for_years_still_ends_its_sleeps() {
    let mut sim = SimLoop::builder().build();
    let a = sim.world().host("a");
    sim.world().fault(Fault::drift("a", 1_000_000_000)).unwrap();
    let day = Duration::from_secs(24 * 3600);
    sim.block_on(sim.handle().sleep(200 * day));
    let slept = a.spawn(async move { SimHandle::current().sleep(day).await });
    sim.block_on(slept).unwrap();
    assert!(sim.world().stats().polls < 100);
}

#[test]
fn a_host_has_a_word_as_its_name() {
    let sim = SimLoop::builder().build();
    for name in ["", "client 1", "a\tb", "a#1"] {
        let world = sim.world();
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.host(name).ip()));
        let message = *refused.unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains(&format!("{name:?} cannot be the name of a host")), "{message}");
    }
    assert_eq!(sim.world().host("client-1").name(), "client-1");
}

/// Says goodbye when it is dropped, as a program does that ends in order.
struct Goodbye<S: Stream>(S);

impl<S: Stream> Drop for Goodbye<S> {
    fn drop(&mut self) {
        let _gone = self.0.try_write(b"goodbye");
    }
}

#[test]
fn what_crashes_does_not_say_goodbye() {
    for fault in [Fault::crash("server"), Fault::signal("server", "SIGKILL")] {
        let mut sim = SimLoop::builder().build();
        let world = sim.world();
        world.host("server").run(|| async {
            let here = SimHandle::current();
            let listener = here.listen_tcp(([0, 0, 0, 0], 7000).into(), &TcpOptions::new()).unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let _goodbye = Goodbye(stream);
            std::future::pending::<()>().await;
        });
        let client = world.host("client").spawn(async {
            let here = SimHandle::current();
            here.sleep(Duration::from_millis(1)).await;
            let server = here.lookup_host("server".into(), 7000).await.unwrap()[0];
            let mut stream = here.connect_tcp(server, TcpOptions::new()).await.unwrap();
            let mut heard = Vec::new();
            let _reset = stream.read_to_end(&mut heard).await;
            heard
        });
        world.at(Duration::from_secs(1), fault).unwrap();
        assert_eq!(sim.block_on(client).unwrap(), b"");
    }
}

#[test]
fn ids_of_tasks_are_the_same_in_each_run() {
    let ids = || {
        let mut sim = SimLoop::builder().build();
        let (a, b) = (sim.world().host("a"), sim.world().host("b"));
        let ids = [&a, &b, &a].map(|host| format!("{:?}", host.spawn(async {}).id()));
        sim.block_on(async {});
        ids
    };
    let first = ids();
    assert_eq!(first, ids());
    assert!(first[0] != first[1] && first[0] != first[2], "{first:?}");
}

/// A thread that has ended and was not let go keeps its stack.
#[cfg(target_os = "linux")]
#[test]
fn threads_of_jobs_that_have_ended_are_let_go() {
    let mappings = || std::fs::read_to_string("/proc/self/maps").unwrap().lines().count();
    let mut sim = SimLoop::builder().build();
    let (handle, before) = (sim.handle().clone(), mappings());
    sim.block_on(async move {
        for _ in 0..2_000 {
            handle.spawn_blocking(|| ()).await.unwrap();
        }
    });
    assert!(mappings() < before + 500, "{before}, then {}", mappings());
}
