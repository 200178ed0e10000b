//! Programs that know only the ambient API, in simulated worlds.
#![cfg(all(feature = "sim", feature = "macros", feature = "io-util"))]

use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream, UdpSocket};
use anyloop::sim::{self, Builder, Chaos, Fault, NetConfig, World};
use anyloop::time::{Instant, sleep, timeout};

async fn echo() {
    let listener = TcpListener::bind("0.0.0.0:7000").await.unwrap();
    while let Ok((mut socket, _)) = listener.accept().await {
        anyloop::spawn(async move {
            let mut buf = [0; 64];
            while let Ok(n @ 1..) = socket.read(&mut buf).await {
                if socket.write_all(&buf[..n]).await.is_err() {
                    return;
                }
            }
        });
    }
}

async fn ask(text: &str) -> std::io::Result<String> {
    let mut socket = TcpStream::connect("server:7000").await?;
    socket.write_all(text.as_bytes()).await?;
    let mut buf = vec![0; text.len()];
    socket.read_exact(&mut buf).await?;
    Ok(String::from_utf8_lossy(&buf).into_owned())
}

#[anyloop::test(sim)]
async fn a_test_without_a_world_runs_on_every_loop_and_in_worlds() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let server = anyloop::spawn(async move { listener.accept().await.unwrap().0.write_all(b"ciao").await });
    let mut text = String::new();
    TcpStream::connect(addr).await.unwrap().read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "ciao");
    server.await.unwrap().unwrap();
}

#[anyloop::test(sim, seeds = 40)]
async fn clients_ask_again_until_a_server_that_crashes_answers(world: World) {
    world.net(NetConfig::rough());
    world.host("server").run(echo);
    let clients: Vec<_> = (0..3)
        .map(|n| {
            world.host(&format!("client{n}")).spawn(async move {
                let mut tries = 0;
                loop {
                    tries += 1;
                    if let Ok(Ok(answer)) = timeout(Duration::from_secs(2), ask("hello, hello")).await {
                        assert_eq!(answer, "hello, hello");
                        return tries;
                    }
                    sleep(Duration::from_millis(500)).await;
                }
            })
        })
        .collect();
    let world_of = World::try_current().expect("a test runs in its world");
    for at in [0, 3, 7] {
        world.at(Duration::from_secs(at), Fault::crash("server")).unwrap();
        world.at(Duration::from_secs(at + 2), Fault::restart("server")).unwrap();
    }
    for client in clients {
        let tries = client.await.unwrap();
        world_of.sometimes("a client had to ask again", tries > 1);
    }
}

#[anyloop::test(backends = ["sim"], seeds = 5)]
async fn an_hour_is_soon_over() -> std::io::Result<()> {
    let start = Instant::now();
    sleep(Duration::from_secs(3600)).await;
    assert!(start.elapsed() >= Duration::from_secs(3600));
    Ok(())
}

#[anyloop::test(sim)]
#[should_panic(expected = "the test gave an error")]
async fn an_error_fails_a_world(_world: World) -> std::io::Result<()> {
    UdpSocket::bind("192.0.2.1:1").await.map(drop)
}

/// A bug that was put in: a late answer is taken for that of the next question.
async fn lookup(world: &World, server: &str) -> Result<u8, &'static str> {
    let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
    let addr = (world.host(server).ip(), 53);
    let mut buf = [0; 1];
    for question in 0..3 {
        for _ in 0..3 {
            socket.send_to(&[question], addr).await.unwrap();
            if let Ok(answer) = timeout(Duration::from_millis(30), socket.recv_from(&mut buf)).await {
                answer.unwrap();
                break;
            }
        }
        if buf[0] != question {
            return Err("an old answer was taken");
        }
    }
    Ok(buf[0])
}

#[test]
fn a_failure_tells_the_seed_the_small_plan_and_the_timeline() {
    let failed = std::panic::catch_unwind(|| {
        sim::test("planted", 200, &Builder::new(), |world| async move {
            world.host("dns").run(|| async {
                let socket = UdpSocket::bind("0.0.0.0:53").await.unwrap();
                let mut buf = [0; 1];
                while let Ok((_, from)) = socket.recv_from(&mut buf).await {
                    socket.send_to(&buf, from).await.unwrap();
                }
            });
            world.host("client");
            sleep(Duration::from_millis(1)).await;
            world.chaos(&Chaos::new(Duration::from_secs(2)).slow_links(3.0).cuts(2.0));
            let here = world.clone();
            let asks = world.host("client").spawn(async move {
                for _ in 0..20 {
                    // That none came at all is no wrong answer.
                    if lookup(&here, "dns").await == Err("an old answer was taken") {
                        here.always("an answer is that of its question", false);
                    }
                    sleep(Duration::from_millis(100)).await;
                }
            });
            asks.await.unwrap();
        });
    });
    let payload = failed.expect_err("the bug is found");
    let message = payload.downcast_ref::<String>().expect("a message");
    for words in [
        "`an answer is that of its question` does not hold",
        "ANYLOOP_SIM_SEED=",
        "cargo test planted",
        "timeline: ",
    ] {
        assert!(message.contains(words), "{message}");
    }
    let path = message.split("timeline: ").nth(1).unwrap().lines().next().unwrap();
    let picture = std::fs::read_to_string(path).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("does not hold"));
}

#[test]
fn the_backend_is_asked_for_by_name() {
    use anyloop::runtime::{Backend, Builder};
    assert!(Backend::Sim.is_compiled() && !Backend::compiled().contains(&Backend::Sim));
    let mut runtime = Builder::new().backend(Backend::Sim).build().unwrap();
    assert_eq!(runtime.choice().backend(), Backend::Sim);
    let start = Instant::now();
    runtime.block_on(async { anyloop::spawn(sleep(Duration::from_secs(3600))).await.unwrap() });
    assert!(start.elapsed() >= Duration::from_secs(3600));
}

/// What waits for a thread of the program or of another runtime, be it for that one's socket.
#[test]
fn a_program_that_waits_for_what_is_outside_of_its_world_ends() {
    use anyloop::runtime::{Backend, Builder};
    let (tell, told) = std::sync::mpsc::channel();
    let program = std::thread::spawn(move || {
        let runs = std::panic::AssertUnwindSafe(|| {
            let mut runtime = Builder::new().backend(Backend::Sim).build().unwrap();
            let (_keep, outside) = anyloop::sync::oneshot::channel::<()>();
            runtime.block_on(async { anyloop::spawn(outside).await })
        });
        tell.send(std::panic::catch_unwind(runs).unwrap_err().downcast::<String>()).unwrap();
    });
    let message = told.recv_timeout(Duration::from_secs(60)).expect("it ends").unwrap();
    assert!(message.contains("a task spawned at tests/sim.rs:"), "{message}");
    assert!(message.contains("outside of the world"), "{message}");
    program.join().unwrap();
}

#[test]
fn a_world_is_not_shared_by_threads() {
    use anyloop::runtime::{Backend, Builder};
    let refused = Builder::new().backend(Backend::Sim).build_shared().map(drop).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::Unsupported);
    assert!(refused.to_string().contains("Builder::build"), "{refused}");
}

#[test]
fn worker_threads_are_an_order_that_is_drawn() {
    use anyloop::runtime::{Backend, Builder};
    // On the world's own thread, so that the order is that of the polls.
    let order = |builder: &mut Builder| {
        builder.backend(Backend::Sim).build().unwrap().block_on(async {
            let started = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
            let tasks = (0..20).map(|n| {
                let started = started.clone();
                anyloop::spawn(async move { started.lock().unwrap().push((n, std::thread::current().id())) })
            });
            for task in tasks.collect::<Vec<_>>() {
                task.await.unwrap();
            }
            let started = started.lock().unwrap().clone();
            assert!(started.iter().all(|(_, thread)| *thread == std::thread::current().id()));
            started.into_iter().map(|(n, _)| n).collect::<Vec<_>>()
        })
    };
    let spawned = (0..20).collect::<Vec<_>>();
    assert_eq!(order(&mut Builder::new()), spawned);
    let mut drawn = order(Builder::new().worker_threads(4));
    assert_ne!(drawn, spawned);
    drawn.sort_unstable();
    assert_eq!(drawn, spawned);
}

#[anyloop::test(sim, flavor = "multi_thread", seeds = 3)]
async fn a_test_for_many_threads_runs_in_a_world(_world: World) {
    assert_eq!(anyloop::spawn(async { 1 }).await.unwrap(), 1);
}

#[anyloop::test(sim, seeds = 20)]
async fn the_seed_decides_which_branch_of_a_select_comes_first(world: World) {
    let first = anyloop::select! {
        () = std::future::ready(()) => 1,
        () = std::future::ready(()) => 2,
    };
    world.sometimes("the first", first == 1);
    world.sometimes("the second", first == 2);
}

#[test]
fn the_time_of_day_and_random_numbers_are_the_worlds() {
    use anyloop::time::SystemTime;
    let run = |seed| {
        let mut sim = Builder::new().seed(seed).build();
        sim::run(&mut sim, |world| async move {
            let begin = SystemTime::now();
            sleep(Duration::from_secs(60)).await;
            world.fault(Fault::skew("main", 3_600_000_000_000)).unwrap();
            let skewed = begin.elapsed().unwrap();
            // The time of day goes back with its clock; that of sleeps stands still.
            let (day, moment) = (SystemTime::now(), Instant::now());
            world.fault(Fault::skew("main", 0)).unwrap();
            assert!(SystemTime::now() < day && Instant::now() >= moment);
            let elsewhere =
                anyloop::task::spawn_blocking(|| (SystemTime::now(), anyloop::random::next_u64()));
            (begin, skewed.as_secs(), anyloop::random::next_u64(), elsewhere.await.unwrap())
        })
    };
    assert_eq!(run(1), run(1));
    assert_eq!(run(1).1, 3_660);
    assert_ne!(run(1).2, run(2).2);
    assert_ne!(run(1).2, run(1).3.1);
}

#[cfg(all(unix, feature = "signal"))]
#[anyloop::test(sim, seeds = 10)]
async fn a_program_hears_the_signals_of_its_host(world: World) {
    use anyloop::signal::unix::{SignalKind, signal};
    let server = world.host("server").spawn(async {
        let mut terminate = signal(SignalKind::terminate()).unwrap();
        anyloop::select! {
            ended = terminate.recv() => assert_eq!(ended, Some(())),
            () = sleep(Duration::from_secs(60)) => unreachable!(),
        }
        anyloop::signal::ctrl_c().await.unwrap();
        Instant::now()
    });
    world.at(Duration::from_secs(5), Fault::signal("server", "SIGTERM")).unwrap();
    world.at(Duration::from_secs(7), Fault::signal("server", "SIGINT")).unwrap();
    let begin = Instant::now();
    let ended = server.await.unwrap() - begin;
    assert!(ended >= Duration::from_secs(7) && ended < Duration::from_secs(8));
}

#[anyloop::test(sim, seeds = 60)]
async fn a_world_does_unusual_things_in_some_runs(world: World) {
    let often = |name: &str| (0..40).filter(|_| anyloop::buggify(name)).count();
    let (one, other) = (often("one"), often("other"));
    assert!(one < 40 && other < 40);
    world.sometimes("one without the other", one > 0 && other == 0);
    world.sometimes("the other without the one", one == 0 && other > 0);
    world.sometimes("none", one + other == 0);
}

#[test]
fn nothing_unusual_happens_where_it_is_off() {
    let mut sim = Builder::new().buggify(false).build();
    sim::run(&mut sim, |_| async { assert!((0..1000).all(|n| !anyloop::buggify(&n.to_string()))) });
    assert!((0..1000).all(|n| !anyloop::buggify(&n.to_string())), "and never outside of a world");
}

#[cfg(unix)]
#[anyloop::test(sim, seeds = 10)]
async fn unix_sockets_are_a_hosts_own(world: World) {
    use anyloop::net::{UnixDatagram, UnixListener, UnixStream};
    async fn serve() {
        let listener = UnixListener::bind("/run/service").unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        stream.write_all(text.to_uppercase().as_bytes()).await.unwrap();
    }
    world.host("one").run(serve);
    world.host("other").run(serve);
    sleep(Duration::from_millis(1)).await;
    for name in ["one", "other"] {
        let asks = world.host(name).spawn(async {
            let mut stream = UnixStream::connect("/run/service").await.unwrap();
            assert!(stream.peer_cred().unwrap().pid().is_some());
            stream.write_all(b"ciao").await.unwrap();
            stream.shutdown().await.unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).await.unwrap();
            text
        });
        assert_eq!(asks.await.unwrap(), "CIAO");
    }
    let (one, other) = UnixDatagram::pair().unwrap();
    one.send(b"x").await.unwrap();
    assert_eq!(other.recv(&mut [0; 4]).await.unwrap(), 1);
}

/// Appends numbers to a log and tells each once it is on the disk.
async fn append_numbers(told: std::sync::Arc<std::sync::atomic::AtomicU64>) {
    use anyloop::fs::{self, OpenOptions};
    use std::sync::atomic::Ordering::SeqCst;

    fs::create_dir_all("/var/log").await.unwrap();
    let mut log = OpenOptions::new().append(true).create(true).open("/var/log/numbers").await.unwrap();
    for folder in ["/", "/var", "/var/log"] {
        fs::File::open(folder).await.unwrap().sync_all().await.unwrap();
    }
    let mut next = (fs::read("/var/log/numbers").await.unwrap().len() / 8) as u64;
    assert!(next >= told.load(SeqCst), "{next} numbers are left");
    log.set_len(next * 8).await.unwrap();
    loop {
        log.write_all(&next.to_le_bytes()).await.unwrap();
        log.sync_data().await.unwrap();
        next += 1;
        told.store(next, SeqCst);
        sleep(Duration::from_millis(5)).await;
    }
}

#[anyloop::test(sim, seeds = 40)]
async fn a_log_that_is_synced_survives_every_crash(world: World) {
    let told = std::sync::Arc::default();
    world.host("server").run(move || append_numbers(std::sync::Arc::clone(&told)));
    world.chaos(&Chaos::new(Duration::from_secs(2)).crashes(4.0).slow_disks(2.0));
    sleep(Duration::from_secs(3)).await;
    let numbers = world.disk("server").read("/var/log/numbers").unwrap();
    assert!(
        (0..).zip(numbers.chunks(8)).all(|(n, number)| number.len() < 8 || number == u64::to_le_bytes(n))
    );
    world.sometimes("the server started anew", world.host("server").boot() > 0);
}

#[cfg(all(feature = "compat", feature = "test-util"))]
mod with_tokio {
    use std::sync::Arc;

    use super::*;

    fn builder() -> Builder {
        Builder::new().host(Arc::new(anyloop::compat::host::PausedTokio::new()))
    }

    #[test]
    fn tokios_timers_go_by_the_worlds_clock() {
        let run = |seed| {
            let mut sim = builder().seed(seed).order(sim::Order::Random).build();
            let seen = sim::run(&mut sim, |world| async move {
                let begin = Instant::now();
                let hour = anyloop::spawn(tokio::time::sleep(Duration::from_secs(3600)));
                let late = world.host("other").spawn(async {
                    let never = std::future::pending::<()>();
                    tokio::time::timeout(Duration::from_secs(5), never).await.is_err()
                });
                let mut ticks = tokio::time::interval(Duration::from_secs(7));
                let mut seen = Vec::new();
                for _ in 0..3 {
                    ticks.tick().await;
                    seen.push(begin.elapsed().as_secs());
                }
                assert!(late.await.unwrap());
                sleep(Duration::from_millis(500)).await;
                seen.push(begin.elapsed().as_secs());
                hour.await.unwrap();
                let hour = begin.elapsed() - Duration::from_secs(3600);
                assert!(hour < Duration::from_millis(5), "{hour:?} late");
                seen
            });
            assert_eq!(seen, [0, 7, 14, 14]);
            // One sleep is one jump.
            assert!(sim.world().stats().polls < 100, "{:?}", sim.world().stats());
            sim.world().stats()
        };
        assert_eq!(run(1), run(1));
    }

    #[test]
    fn tokios_own_tasks_use_the_worlds_network() {
        let mut sim = builder().build();
        let answer = sim::run(&mut sim, |world| async move {
            world.host("server").run(echo);
            let asks = tokio::spawn(async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let answer = ask("hello").await.unwrap();
                tokio::time::sleep(Duration::from_secs(1)).await;
                answer
            });
            let begin = Instant::now();
            let answer = asks.await.unwrap();
            let took = begin.elapsed();
            assert!(took >= Duration::from_secs(2) && took < Duration::from_millis(2_100), "{took:?}");
            answer
        });
        assert_eq!(answer, "hello");
    }

    #[test]
    fn nothing_left_to_do_is_a_deadlock_with_tokio_too() {
        let mut sim = builder().build();
        let error = loop_api_deadlock(&mut sim);
        assert_eq!(error, Err(anyloop::RunError::Deadlock));
    }

    fn loop_api_deadlock(sim: &mut sim::SimLoop) -> Result<(), anyloop::RunError> {
        anyloop::EventLoop::try_block_on(sim, std::future::pending::<()>())
    }

    #[test]
    fn a_hosts_program_that_ends_with_an_error_fails_the_world() {
        let failed = std::panic::catch_unwind(|| {
            sim::run(&mut Builder::new().build(), |world| async move {
                world.host("server").run(|| async { Err("no space is left") });
                anyloop::time::sleep(Duration::from_secs(1)).await;
            });
        });
        let message = *failed.unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains("server") && message.contains("no space is left"), "{message}");
    }

    #[test]
    fn a_runtime_in_a_world_has_it_too() {
        let mut builder = anyloop::runtime::Builder::new();
        let mut runtime = builder.backend(anyloop::runtime::Backend::Sim).with_tokio().build().unwrap();
        let begin = Instant::now();
        runtime.block_on(async { tokio::time::sleep(Duration::from_secs(60)).await });
        assert!(begin.elapsed() >= Duration::from_secs(60));
    }
}

#[cfg(all(feature = "compat", feature = "test-util"))]
#[anyloop::test(backends = ["sim"], seeds = 5, with_tokio)]
async fn a_test_with_tokio_has_its_timers() {
    let start = Instant::now();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(start.elapsed() >= Duration::from_secs(3600));
}

#[cfg(unix)]
#[anyloop::test(backends = ["sim"], seeds = 5)]
async fn unix_sockets_are_made_step_by_step() -> std::io::Result<()> {
    use anyloop::net::{UnixDatagram, UnixSocket};
    let server = UnixSocket::new_stream()?;
    assert!(UnixSocket::new_stream()?.listen(1).is_err(), "it has no path");
    server.bind("/run/server")?;
    assert!(server.bind("/run/other").is_err(), "it has one");
    let listener = server.listen(128)?;
    let mut client = UnixSocket::new_stream()?.connect("/run/server").await?;
    listener.accept().await?.0.write_all(b"ciao").await?;
    let mut text = String::new();
    client.read_to_string(&mut text).await?;
    assert_eq!(text, "ciao");
    let named = UnixSocket::new_datagram()?;
    named.bind("/run/datagrams")?;
    let (named, other) = (named.datagram()?, UnixSocket::new_datagram()?.datagram()?);
    assert_eq!(other.try_send_to(b"x", "/run/datagrams")?, 1);
    assert!(named.try_recv_from(&mut [0; 4])?.1.is_unnamed());
    assert!(UnixDatagram::bind("/run/server").is_err() && !std::path::Path::new("/run/datagrams").exists());
    Ok(())
}

#[test]
fn a_harness_of_ones_own_needs_no_macro() {
    // Which of two tasks is first.
    let program = |world: World| async move {
        let first = std::sync::Arc::new(std::sync::Mutex::new(None));
        let tasks = [0, 1].map(|n| {
            let first = first.clone();
            anyloop::spawn(async move { _ = first.lock().unwrap().get_or_insert(n) })
        });
        for task in tasks {
            task.await.unwrap();
        }
        let first = *first.lock().unwrap();
        world.sometimes("the other is first", first == Some(1));
        assert_eq!(first, Some(0), "the other is first");
    };
    let report = sim::seeds(0..50, &Builder::new(), program);
    let failure = report.first_failure().expect("some seed has it first");
    let small = sim::shrink(failure, 50, &Builder::new(), program).expect("it fails again");
    assert!(small.plan.is_empty() && small.recording.noise() == 1, "{small}");
    let explored = sim::explore(50, &Builder::new(), program);
    assert!(explored.failure.is_some(), "{explored}");
    assert!(sim::check_deterministic(failure.seed, &Builder::new(), program).is_ok());
}

#[test]
#[ignore = "it is run by the other test, in processes of their own"]
fn prints_what_a_program_sees() {
    #[anyloop::main]
    async fn program() {
        let start = Instant::now();
        sleep(Duration::from_secs(3600)).await;
        let number = World::try_current().map(|_| anyloop::random::next_u64());
        println!("\nthe program saw {number:?} after {} s", start.elapsed().as_secs());
    }
    program();
}

#[test]
fn a_program_runs_in_a_world_where_the_environment_says_so() {
    let run = |seed: &str| {
        let run = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "prints_what_a_program_sees", "--ignored", "--nocapture"])
            .envs([("ANYLOOP_BACKEND", "sim"), ("ANYLOOP_SIM_SEED", seed)])
            .output()
            .unwrap();
        (String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap())
    };
    let saw = |seed: &str| {
        let out = run(seed).0;
        out.lines().find(|line| line.starts_with("the program saw Some(")).map(str::to_owned).expect(&out)
    };
    assert_eq!(saw("7"), saw("7"));
    assert_ne!(saw("7"), saw("8"));
    assert!(saw("7").ends_with("after 3600 s"), "{}", saw("7"));
    let (_, told) = run("seven");
    assert!(told.contains("ANYLOOP_SIM_SEED is `seven`: set it to a number"), "{told}");
}
