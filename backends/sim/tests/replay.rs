//! A seed is the same run in another process.

use std::process::Command;
use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, TcpListener, TcpOptions};
use loop_api::{EventLoop, Handle};
use loop_sim::{Builder, Chaos, NetConfig, Order, SimHandle, SimLoop, seeds};

/// An echo between three hosts, whose faults are drawn; jobs and timers beside it.
fn program(sim: &mut SimLoop) {
    let world = sim.world();
    for name in ["a", "b", "c"] {
        world.host(name).run(|| async {
            let here = SimHandle::current();
            let listener = here.listen_tcp(([0, 0, 0, 0], 7000).into(), &TcpOptions::new()).unwrap();
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
    let ask = |n: usize| async move {
        let here = SimHandle::current();
        let name = ["a", "b", "c"][here.world().random(3) as usize];
        let addr = here.lookup_host(name.into(), 7000).await?[0];
        let mut stream = here.connect_tcp(addr, TcpOptions::new()).await?;
        stream.write_all(&[n as u8; 300]).await?;
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
