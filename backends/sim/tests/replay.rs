//! A seed is the same run in another process. `benches/worlds/replay` compares many, and builds.

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, TcpListener, TcpOptions, UdpOptions, UdpSocket};
use loop_api::{EventLoop, Handle};
use loop_sim::{Builder, Chaos, NetConfig, Order, SimHandle, SimLoop, seeds};

/// Datagrams that are lost, a stream within the host, and the end by a signal.
async fn others() {
    let here = SimHandle::current();
    let socket = here.bind_udp(([0, 0, 0, 0], 9000).into(), &UdpOptions::new()).unwrap();
    let targets = ["a", "b", "c"].map(|name| (here.world().host(name).ip(), 9000).into());
    for _ in 0..20 {
        let target: SocketAddr = targets[here.random_u64() as usize % 3];
        let _sent = socket.send_to(&here.random_u64().to_le_bytes(), target).await;
        let day = here.wall_clock().duration_since(UNIX_EPOCH).unwrap();
        here.world().note(day.as_nanos());
    }
    #[cfg(unix)]
    {
        use loop_api::net::UnixNet;
        use loop_api::signal::{Signal, SignalKind, Signals};
        let mut ended = here.signal(SignalKind::terminate()).unwrap();
        let (mut one, mut other) = here.unix_pair().unwrap();
        let reader = here.spawn(async move {
            let mut heard = Vec::new();
            other.read_to_end(&mut heard).await.map(|_| heard)
        });
        std::future::poll_fn(|cx| ended.poll_recv(cx)).await;
        one.write_all(b"the end").await.unwrap();
        drop(one);
        assert_eq!(reader.await.unwrap().unwrap(), b"the end");
        here.world().note("d has ended");
    }
}

/// An echo between three hosts, whose faults are drawn; jobs and timers beside it.
fn program(sim: &mut SimLoop) {
    let world = sim.world();
    for name in ["a", "b", "c"] {
        world.host(name).run(|| async {
            let here = SimHandle::current();
            // Without descriptors it does not.
            let listener = here.listen_tcp(([0, 0, 0, 0], 7000).into(), &TcpOptions::new());
            let Ok(listener) = listener else { return };
            while let Ok((mut stream, _)) = listener.accept().await {
                drop(here.spawn(async move {
                    let mut buf = [0; 100];
                    while let Ok(n @ 1..) = stream.read(&mut buf).await {
                        if stream.write_all(&buf[..n]).await.is_err() {
                            return;
                        }
                    }
                }));
            }
        });
    }
    world.chaos(&Chaos::everything(Duration::from_secs(10)));
    // Datagrams, unix sockets and signals on one more host, which has no faults but its signal's.
    world.host("d").run(others);
    #[cfg(unix)]
    world.at(Duration::from_secs(3), loop_sim::Fault::signal("d", "SIGTERM")).unwrap();
    let ask = |n: usize| async move {
        let here = SimHandle::current();
        let name = ["a", "b", "c"][here.world().random(3) as usize];
        let addr = here.lookup_host(name.into(), 7000).await?[0];
        let mut stream = here.connect_tcp(addr, TcpOptions::new()).await?;
        stream.write_all(&[n as u8; 300]).await?;
        if here.world().buggify("a late read") {
            here.sleep(Duration::from_millis(here.random_u64() % 50)).await;
        }
        stream.read_exact(&mut [0; 300]).await?;
        std::io::Result::Ok(here.spawn_blocking(move || n * 2).await?)
    };
    let tasks: Vec<_> = (0..10)
        .map(|n| {
            sim.handle().spawn(async move {
                let here = SimHandle::current();
                here.sleep(Duration::from_millis(here.world().random(8_000))).await;
                here.timeout(Duration::from_secs(5), ask(n)).await.is_ok()
            })
        })
        .collect();
    sim.block_on(async {
        for task in tasks {
            let _answered = task.await.unwrap();
        }
    });
}

/// `ANYLOOP_REPLAY_SEEDS` for more of them, by hand.
fn hashes() -> String {
    let count = std::env::var("ANYLOOP_REPLAY_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(40);
    let builder = Builder::new().order(Order::Random).net(NetConfig::rough());
    let report = seeds(0..count, &builder, program);
    report.unwrap();
    let mut hashes = report.hashes.values().map(|hash| format!("{hash:016x}")).collect::<Vec<_>>();
    let all = hashes.len();
    hashes.dedup();
    assert_eq!(hashes.len(), all, "each seed is another run");
    hashes.concat()
}

#[test]
#[ignore = "it is run by the other test, in a process of its own"]
fn prints_its_hashes() {
    println!("\nhashes of the seeds: {}", hashes());
}

#[test]
fn a_seed_is_the_same_run_in_another_process() {
    let other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "prints_its_hashes", "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    let other = String::from_utf8(other.stdout).unwrap();
    let theirs = other.split("hashes of the seeds: ").nth(1).and_then(|text| text.split_whitespace().next());
    assert_eq!(theirs, Some(hashes().as_str()), "{other}");
}
