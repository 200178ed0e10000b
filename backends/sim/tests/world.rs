//! Hosts, time, order, faults and checks.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loop_api::{EventLoop, Handle, RunError};
use loop_sim::{
    Builder, Chaos, Fault, Order, Plan, Recording, SimHandle, SimLoop, World, explore, seeds, shrink,
};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[test]
fn each_host_has_its_own_clock_ports_and_callbacks() {
    use loop_api::net::{Net, TcpOptions};
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let (a, b) = (world.host("a"), world.host("b"));
    world.fault(Fault::skew("b", 3_600_000_000_000)).unwrap();
    let now = |host: &SimHandle| host.spawn(async { loop_api::time::Instant::now() });
    let (at_a, at_b) = (now(&a), now(&b));
    let late = b.spawn(async {
        let start = loop_api::time::Instant::now();
        SimHandle::current().sleep(ms(10)).await;
        start.elapsed()
    });
    let (at_a, at_b, late) =
        sim.block_on(async { (at_a.await.unwrap(), at_b.await.unwrap(), late.await.unwrap()) });
    assert!(at_b - at_a >= Duration::from_secs(3599));
    assert!(late >= ms(10) && late < ms(11), "{late:?}");
    let bind = |host: &SimHandle| host.listen_tcp(([127, 0, 0, 1], 80).into(), &TcpOptions::new());
    let (_one, _other) = (bind(&a).unwrap(), bind(&b).unwrap());
    let (tell, told) = loop_api::promise::promise();
    b.call_later(ms(5), move || tell.settle(SimHandle::current().name().to_owned()).unwrap()).unwrap();
    assert_eq!(sim.block_on(told).unwrap(), "b");
}

#[test]
fn a_drifting_clock_sleeps_for_another_time() {
    let mut sim = SimLoop::builder().build();
    let (world, a) = (sim.world(), sim.world().host("a"));
    // Twice as fast.
    world.fault(Fault::drift("a", 1_000_000)).unwrap();
    let start = world.elapsed();
    sim.block_on(a.spawn(async { SimHandle::current().sleep(Duration::from_secs(10)).await })).unwrap();
    assert_eq!((world.elapsed() - start).as_secs(), 5);
}

#[test]
fn a_host_crashes_and_starts_again_with_another_number() {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let boots = Arc::new(Mutex::new(Vec::new()));
    let log = boots.clone();
    world.host("a").run(move || {
        log.lock().unwrap().push(SimHandle::current().boot());
        std::future::pending()
    });
    let task = world.host("a").spawn(std::future::pending::<()>());
    let plan: Plan = "1s crash a\n2s restart a\n3s restart a".parse().unwrap();
    world.plan(&plan).unwrap();
    sim.block_on(sim.handle().sleep(Duration::from_secs(4)));
    assert_eq!(*boots.lock().unwrap(), [0, 1, 2]);
    assert!(sim.block_on(task).unwrap_err().is_cancelled());
    assert_eq!(world.host("a").boot(), 2);
}

#[test]
fn a_paused_host_does_nothing_until_it_goes_on() {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let ticks = Arc::new(AtomicU64::new(0));
    let count = ticks.clone();
    world.host("a").run(move || {
        let count = count.clone();
        async move {
            loop {
                SimHandle::current().sleep(ms(100)).await;
                count.fetch_add(1, SeqCst);
            }
        }
    });
    world.plan(&"1050ms pause a\n5s resume a".parse().unwrap()).unwrap();
    sim.block_on(sim.handle().sleep(ms(4_900)));
    assert_eq!(ticks.load(SeqCst), 10);
    sim.block_on(sim.handle().sleep(ms(1_000)));
    assert!(ticks.load(SeqCst) > 15);
}

#[test]
fn a_slow_host_takes_longer_for_each_poll_and_no_other_does() {
    let polls = |fault: Option<Fault>| {
        let mut sim = SimLoop::builder().build();
        let world = sim.world();
        let spin = || async {
            let begin = World::try_current().unwrap().elapsed();
            for _ in 0..9 {
                futures_lite::future::yield_now().await;
            }
            World::try_current().unwrap().elapsed() - begin
        };
        let (slow, quick) = (world.host("slow"), world.host("quick"));
        fault.iter().for_each(|fault| world.fault(fault.clone()).unwrap());
        let (two, other) = ([slow.spawn(spin()), slow.spawn(spin())], quick.spawn(spin()));
        let mut took = Vec::new();
        sim.block_on(async {
            for task in two.into_iter().chain([other]) {
                took.push(task.await.unwrap().as_millis());
            }
        });
        took
    };
    assert_eq!(polls(None), [0, 0, 0]);
    // Ten polls of each of the two on it, in turns: at least 17 lie between the first and the last.
    let [one, other, quick] = polls(Some(Fault::slow_host("slow", ms(1))))[..] else { unreachable!() };
    assert!((17..=20).contains(&one) && (17..=20).contains(&other) && quick == 0, "{one} {other} {quick}");
    assert_eq!(polls(Some(Fault::slow_host("slow", ms(0)))), [0, 0, 0]);
}

#[test]
fn what_cannot_happen_says_why() {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    world.host("a");
    let says = |result: Result<(), loop_sim::WorldError>, words: &str| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    says(world.fault(Fault::crash("b")), "`crash b`: there is no host `b`; the hosts are main, a");
    says(world.at(ms(1), Fault::cut("a", "b")), "there is no host `b`");
    says(world.fault(Fault::cut("a", "a")), "name two hosts");
    says(
        world.plan(&Plan::new().at(ms(1), Fault::crash("main"))),
        "put what crashes or pauses on a host of its own",
    );
    assert_eq!(sim.try_block_on(std::future::pending::<()>()), Err(RunError::Deadlock));
}

#[test]
fn a_blocking_job_has_its_place_in_the_order() {
    let run = |seed| {
        let mut sim = Builder::new().seed(seed).order(Order::Random).build();
        let handle = sim.handle().clone();
        let log = Arc::new(Mutex::new(Vec::new()));
        let jobs: Vec<_> = (0..8_u64)
            .map(|n| {
                let (log, host) = (log.clone(), handle.clone());
                handle.spawn_blocking(move || {
                    log.lock().unwrap().push(n);
                    // The world goes on meanwhile, and time with it.
                    host.block_on(host.sleep(ms(100 - n)));
                    log.lock().unwrap().push(100 + n);
                })
            })
            .collect();
        sim.block_on(async {
            for job in jobs {
                job.await.unwrap();
            }
        });
        let log = log.lock().unwrap().clone();
        (log, sim.world().stats())
    };
    for seed in 0..20 {
        let one = run(seed);
        assert_eq!(one, run(seed));
        assert_eq!(one.0[8..], [107, 106, 105, 104, 103, 102, 101, 100]);
    }
}

/// The message of the panic that ends a run.
fn failure_of(builder: Builder, program: impl Fn(&mut SimLoop) + Sync) -> String {
    let report = seeds(0..1, &builder, program);
    report.first_failure().expect("it fails").message.clone()
}

#[test]
fn a_strict_world_names_what_is_not_of_it() {
    let foreign = failure_of(Builder::new(), |sim| {
        let (tell, told) = loop_api::promise::promise();
        let task = sim.handle().spawn(told);
        std::thread::Builder::new()
            .name("stray".into())
            .spawn(move || {
                std::thread::sleep(ms(5));
                tell.settle(()).unwrap();
            })
            .unwrap();
        // Kept busy, so that nothing is a deadlock meanwhile.
        let _ = sim.block_on(async {
            let busy = async {
                loop {
                    futures_lite::future::yield_now().await;
                }
            };
            futures_lite::future::or(task, busy).await
        });
    });
    assert!(foreign.contains("`stray`") && foreign.contains("tests/world.rs"), "{foreign}");

    let kept = failure_of(Builder::new().job_patience(ms(20)), |sim| {
        let job = sim.handle().spawn_blocking(|| std::thread::sleep(ms(300)));
        sim.block_on(job).unwrap();
    });
    assert!(kept.contains("kept the world waiting") && kept.contains("tests/world.rs"), "{kept}");
}

#[test]
fn checks_and_panics_fail_the_run_with_their_name() {
    let always = failure_of(Builder::new(), |sim| {
        let world = sim.world();
        sim.block_on(async move {
            world.always("no two leaders", true);
            world.always("no two leaders", false);
            std::future::pending::<()>().await;
        });
    });
    assert!(always.contains("`no two leaders` does not hold"), "{always}");

    let panic = failure_of(Builder::new(), |sim| {
        sim.world().host("node").run(|| async { panic!("the log is torn") });
        sim.block_on(sim.handle().sleep(ms(1)));
    });
    assert!(panic.contains("on host `node`") && panic.contains("the log is torn"), "{panic}");

    let eventually = failure_of(Builder::new(), |sim| {
        let world = sim.world();
        sim.block_on(async move { world.eventually("it heals", Duration::from_secs(1), || false).await });
        sim.block_on(std::future::pending::<()>());
    });
    assert!(eventually.contains("`it heals` has not come about within 1s"), "{eventually}");

    let limit = failure_of(Builder::new().time_limit(Duration::from_secs(9)), |sim| {
        sim.block_on(async {
            loop {
                SimHandle::current().sleep(ms(500)).await;
            }
        });
    });
    assert!(limit.contains("time limit of 9s"), "{limit}");

    let never = seeds(0..5, &Builder::new(), |sim| sim.world().sometimes("a leader steps down", false));
    assert_eq!(never.never, ["a leader steps down"]);
    assert!(!never.is_ok() && never.to_string().contains("was never tested"));

    let deadlock = failure_of(Builder::new(), |sim| sim.block_on(std::future::pending()));
    assert!(deadlock.contains("can never happen"), "{deadlock}");
}

#[test]
fn a_deadlock_names_the_hosts_and_tasks_that_wait() {
    let message = failure_of(Builder::new().seed(9), |sim| {
        let world = sim.world();
        world.host("idle");
        for _ in 0..2 {
            world.host("server").run(std::future::pending);
        }
        let busy = world.host("busy");
        drop(busy.spawn_blocking({
            let busy = busy.clone();
            move || busy.block_on(std::future::pending::<()>())
        }));
        drop(busy.spawn(async {}));
        drop(busy.spawn(std::future::pending::<()>()));
        sim.block_on(async {
            SimHandle::current().sleep(ms(5)).await;
            world.fault(Fault::pause("server")).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let lines: Vec<&str> = message.lines().collect();
    assert!(lines[0].contains("can never happen") && lines[0].contains("seed 0"), "{message}");
    assert!(lines[2].starts_with("  on host `main`: the future of block_on"), "{message}");
    let place = concat!(" spawned at ", file!());
    assert!(
        lines[3].starts_with(&format!("  on host `server`, which is paused: 2 tasks{place}")),
        "{message}"
    );
    assert!(lines[4].starts_with(&format!("  on host `busy`: a task{place}")), "{message}");
    assert!(lines[4].contains(&format!(", a blocking job{place}")), "{message}");
    assert!(lines[5].contains("outside of the world") && lines.len() == 6, "{message}");
}

#[test]
fn a_task_that_is_ready_and_never_runs_is_starved() {
    let builder = Builder::new().order(Order::Pct { changes: 0, steps: 1 }).starvation(500);
    let report = seeds(0..20, &builder, |sim| {
        let spin = |n: u32| async move {
            for _ in 0..n {
                futures_lite::future::yield_now().await;
            }
        };
        let (one, other) = (sim.handle().spawn(spin(2_000)), sim.handle().spawn(spin(1)));
        sim.block_on(async { (one.await.unwrap(), other.await.unwrap()) });
    });
    let failure = report.first_failure().expect("one priority is above the other's in some seed");
    assert!(failure.message.contains("was ready for"), "{failure}");
}

#[test]
fn what_leaks_can_be_seen() {
    let mut sim = SimLoop::builder().build();
    let host = sim.world().host("a");
    let before = host.resources();
    let leak = host.spawn(std::future::pending::<()>());
    let task = host.spawn(async {});
    sim.block_on(task).unwrap();
    assert_eq!((before.tasks, host.resources().tasks), (0, 1));
    leak.abort();
    let _ = sim.block_on(leak);
    assert_eq!(host.resources(), before);
}

/// Two tasks read, give way, and write: updates may be lost.
fn lost_update(sim: &mut SimLoop, tasks: usize) -> u32 {
    let value = Arc::new(Mutex::new(0));
    let handle = sim.handle().clone();
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let value = value.clone();
            handle.spawn(async move {
                let read = *value.lock().unwrap();
                futures_lite::future::yield_now().await;
                *value.lock().unwrap() = read + 1;
            })
        })
        .collect();
    sim.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    *value.lock().unwrap()
}

#[test]
fn every_order_of_a_small_program() {
    for tasks in [2, 3] {
        let seen = Mutex::new(std::collections::BTreeSet::new());
        let explored = explore(100_000, &Builder::new(), |sim| {
            let value = lost_update(sim, tasks);
            seen.lock().unwrap().insert(value);
        });
        assert!(explored.complete, "{explored}");
        assert_eq!(seen.lock().unwrap().len(), tasks, "from all lost to none lost");
    }
    let explored = explore(100, &Builder::new(), |sim| assert_eq!(lost_update(sim, 2), 2));
    let (recording, _) = explored.failure.clone().unwrap();
    let mut again = Builder::new().replay(recording).build();
    assert_eq!(lost_update(&mut again, 2), 1, "the recording repeats it");
}

/// Past the end of a recording. Who draws below a limit without favour takes some numbers for none.
#[test]
fn quiet_random_numbers_are_some_that_a_fair_draw_takes() {
    let sim = Builder::new().replay(Recording::default()).build();
    for limit in [3_u64, 95, 1 << 40 | 1] {
        let takes = |number: u64| number.wrapping_mul(limit) >= limit.wrapping_neg() % limit;
        assert!((0..100).any(|_| takes(sim.handle().random_u64())), "below {limit}");
    }
}

#[test]
fn orders_find_a_bug_that_fifo_never_shows() {
    // Only if the slow one of two goes through all of its steps before the other takes its first.
    let bug = |order: Order, seed: u64| {
        let mut sim = Builder::new().seed(seed).order(order).build();
        let state = Arc::new(Mutex::new((0, false)));
        let (one, other) = (state.clone(), state.clone());
        let a = sim.handle().spawn(async move {
            for _ in 0..12 {
                one.lock().unwrap().0 += 1;
                futures_lite::future::yield_now().await;
            }
        });
        let b = sim.handle().spawn(async move {
            let mut state = other.lock().unwrap();
            state.1 = state.0 == 12;
        });
        sim.block_on(async { (a.await.unwrap(), b.await.unwrap()) });
        state.lock().unwrap().1
    };
    let of = |order: Order| (0..500).filter(|seed| bug(order.clone(), *seed)).count();
    let (fifo, random, pct) = (of(Order::Fifo), of(Order::Random), of(Order::Pct { changes: 2, steps: 40 }));
    assert_eq!(fifo, 0);
    assert!(pct > 25 && pct > random, "random {random}, pct {pct}");
}

#[test]
fn seeds_repeat_themselves_and_differ_from_one_another() {
    let program = |sim: &mut SimLoop| {
        let tasks: Vec<_> = (0..10)
            .map(|n| {
                sim.handle().spawn(async move {
                    for _ in 0..n {
                        let wait = World::try_current().unwrap().random(1000);
                        SimHandle::current().sleep(ms(wait)).await;
                    }
                })
            })
            .collect();
        sim.block_on(async {
            for task in tasks {
                task.await.unwrap();
            }
        });
    };
    let builder = Builder::new().order(Order::Random);
    let (one, other) = (seeds(0..50, &builder, program), seeds(0..50, &builder, program));
    assert_eq!(one.hashes, other.hashes);
    let distinct: std::collections::BTreeSet<_> = one.hashes.values().collect();
    assert_eq!(distinct.len(), 50);
}

#[test]
fn who_waits_has_a_turn_where_tasks_come_faster_than_they_run() {
    const BEFORE: u64 = 4096;
    const MOST: u64 = 12 * BEFORE;
    /// A task that makes two more.
    fn flood(host: &SimHandle, count: Arc<AtomicU64>) {
        let next = host.clone();
        drop(host.spawn(async move {
            for _ in 0..2 {
                if count.fetch_add(1, SeqCst) < MOST {
                    flood(&next, count.clone());
                }
            }
        }));
    }
    for seed in 0..10 {
        let mut sim = Builder::new().order(Order::Random).seed(seed).build();
        let count = Arc::new(AtomicU64::new(0));
        (0..BEFORE).for_each(|_| flood(sim.handle(), count.clone()));
        let made = sim.block_on(async {
            futures_lite::future::yield_now().await;
            futures_lite::future::yield_now().await;
            count.swap(MOST, SeqCst)
        });
        // In the order of the others it has its turn when each has had one, and their children.
        assert!(made < MOST, "seed {seed}: two turns took as many as {made} tasks");
    }
}

#[test]
fn a_failure_that_is_made_small_is_the_same_failure() {
    // With a host down it fails in one way, and without any fault in another.
    let program = |sim: &mut SimLoop| {
        let world = sim.world();
        let host = world.host("a");
        let plan = world.chaos(&Chaos::new(Duration::from_secs(5)).crashes(3.0).pauses(3.0));
        sim.block_on(sim.handle().sleep(Duration::from_secs(4)));
        assert!(!plan.is_empty(), "nothing went wrong");
        assert!(!host.shared().is_closed(), "a is down after {} faults", plan.len());
    };
    let builder = Builder::new().order(Order::Random);
    let report = seeds(0..100, &builder, program);
    let down = |failure: &&loop_sim::Failure| failure.message.contains("a is down") && failure.plan.len() > 2;
    let failure = report.failures.iter().find(down).expect("a crash is drawn");
    let shrunk = shrink(failure, 100, &builder, program).expect("it fails again");
    assert_eq!(shrunk.message, "a is down after 1 faults", "{shrunk}");
}
