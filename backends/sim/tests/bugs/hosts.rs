//! Bugs that crashes, cuts and clocks show.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, TcpListener, TcpOptions, UdpOptions, UdpSocket};
use loop_api::time::Instant;
use loop_api::{EventLoop, Handle};
use loop_sim::{Chaos, Fault, NetConfig, SimLoop};

use super::{dial, find, here, listen, ms};

#[test]
fn a_retry_that_is_applied_twice() {
    find("twice", NetConfig::default(), |sim| {
        let world = sim.world();
        let applied = Arc::new(AtomicU64::new(0));
        let count = applied.clone();
        listen("server", &world, move |mut stream| {
            let count = count.clone();
            async move {
                if stream.read_exact(&mut [0; 3]).await.is_ok() {
                    count.fetch_add(1, SeqCst);
                    let _ = stream.write_all(b"ok").await;
                }
            }
        });
        let client = world.host("client");
        world.chaos(&Chaos::new(Duration::from_secs(3)).cuts(2.0).resets(3.0).slow_links(2.0));
        let adds = client.spawn(async move {
            for _ in 0..100 {
                for _try in 0..10 {
                    let ask = async {
                        let mut stream = dial("server").await?;
                        stream.write_all(b"add").await?;
                        stream.read_exact(&mut [0; 2]).await
                    };
                    if matches!(here().timeout(ms(200), ask).await, Ok(Ok(()))) {
                        break;
                    }
                }
                here().sleep(ms(20)).await;
            }
        });
        sim.block_on(async { _ = adds.await });
        let applied = applied.load(SeqCst);
        assert!(applied <= 100, "applied twice: {applied}");
    });
}

#[test]
fn an_acknowledgement_before_the_append() {
    let shrunk = find("acknowledged and lost", NetConfig::default(), |sim| {
        let world = sim.world();
        // What outlives a crash.
        let disk = Arc::new(Mutex::new(Vec::new()));
        let log = disk.clone();
        world.host("server").on_start(move |host| {
            let log = log.clone();
            drop(host.spawn(async move {
                let listener = here().listen_tcp(([0, 0, 0, 0], 7000).into(), &TcpOptions::new()).unwrap();
                while let Ok((mut stream, _)) = listener.accept().await {
                    let mut entry = [0; 1];
                    if stream.read_exact(&mut entry).await.is_ok() {
                        let _ = stream.write_all(b"k").await;
                        here().sleep(ms(15)).await;
                        log.lock().unwrap().push(entry[0]);
                    }
                }
            }));
        });
        let client = world.host("client");
        world.chaos(&Chaos::new(Duration::from_secs(2)).crashes(3.0).lasting(ms(300)));
        let acknowledged = client.spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0..60 {
                let ask = async {
                    let mut stream = dial("server").await?;
                    stream.write_all(&[n]).await?;
                    stream.read_exact(&mut [0; 1]).await
                };
                if matches!(here().timeout(ms(100), ask).await, Ok(Ok(()))) {
                    acknowledged.push(n);
                }
                here().sleep(ms(20)).await;
            }
            acknowledged
        });
        let Ok(acknowledged) = sim.block_on(acknowledged) else { return };
        let disk = disk.lock().unwrap();
        assert!(acknowledged.iter().all(|n| disk.contains(n)), "acknowledged and lost");
    });
    assert!(shrunk.plan.to_string().contains("crash server"), "{shrunk}");
}

/// Takes a lease of `lease` again and again from a server that gives it to one at a time, and says
/// while it has it.
async fn leader(holders: Arc<Mutex<Vec<String>>>, lease: Duration) {
    loop {
        let ask = async {
            let mut stream = dial("server").await?;
            stream.write_all(b"?").await?;
            let mut answer = [0; 1];
            stream.read_exact(&mut answer).await?;
            std::io::Result::Ok(answer[0] == b'y')
        };
        if matches!(here().timeout(ms(50), ask).await, Ok(Ok(true))) {
            let until = Instant::now() + lease;
            let name = here().name().to_owned();
            holders.lock().unwrap().push(name.clone());
            while Instant::now() < until {
                let others = holders.lock().unwrap().iter().filter(|other| **other != name).count();
                super::world().always("two leaders", others == 0);
                here().sleep(ms(5)).await;
            }
            holders.lock().unwrap().retain(|other| *other != name);
        }
        here().sleep(ms(20)).await;
    }
}

/// Two hosts that want a lease of 200 ms, by their own clocks.
fn leases(sim: &mut SimLoop, chaos: &Chaos) {
    let world = sim.world();
    // The lease is given anew when it is over on the server's clock.
    let until = Arc::new(Mutex::new(None::<Instant>));
    listen("server", &world, move |mut stream| {
        let until = until.clone();
        async move {
            if stream.read_exact(&mut [0; 1]).await.is_ok() {
                let free = until.lock().unwrap().is_none_or(|until| until <= Instant::now());
                if free {
                    *until.lock().unwrap() = Some(Instant::now() + ms(220));
                }
                let _ = stream.write_all(if free { b"y" } else { b"n" }).await;
            }
        }
    });
    let holders = Arc::new(Mutex::new(Vec::new()));
    for name in ["one", "other"] {
        let holders = holders.clone();
        drop(world.host(name).spawn(leader(holders, ms(200))));
    }
    world.chaos(chaos);
    sim.block_on(sim.handle().sleep(Duration::from_secs(4)));
}

#[test]
fn a_lease_under_a_clock_that_is_set() {
    let chaos = Chaos::new(Duration::from_secs(3)).skews(3.0);
    let shrunk = find("two leaders", NetConfig::default(), |sim| leases(sim, &chaos));
    assert!(shrunk.plan.to_string().contains("skew"), "{shrunk}");
}

#[test]
fn a_lease_whose_holder_is_paused() {
    let chaos = Chaos::new(Duration::from_secs(3)).pauses(3.0);
    let shrunk = find("two leaders", NetConfig::default(), |sim| leases(sim, &chaos));
    assert!(shrunk.plan.to_string().contains("pause"), "{shrunk}");
}

#[test]
fn two_that_each_take_the_other_for_dead() {
    let shrunk = find("split brain", NetConfig::default(), |sim| {
        let world = sim.world();
        let primaries = Arc::new(Mutex::new(vec!["a"]));
        let (a, b) = (world.host("a"), world.host("b"));
        let to = (b.ip(), 5000).into();
        drop(a.spawn(async move {
            let socket = here().bind_udp(([0, 0, 0, 0], 0).into(), &UdpOptions::new()).unwrap();
            loop {
                let _ = socket.send_to(b"I am the primary", to).await;
                here().sleep(ms(20)).await;
            }
        }));
        let said = primaries.clone();
        drop(b.spawn(async move {
            let socket = here().bind_udp(([0, 0, 0, 0], 5000).into(), &UdpOptions::new()).unwrap();
            while here().timeout(ms(100), socket.recv_from(&mut [0; 16])).await.is_ok() {}
            said.lock().unwrap().push("b");
        }));
        world.chaos(&Chaos::new(Duration::from_secs(2)).one_way_cuts(2.0).resets(2.0));
        sim.block_on(sim.handle().sleep(Duration::from_secs(3)));
        assert_eq!(primaries.lock().unwrap().len(), 1, "split brain");
    });
    assert!(shrunk.plan.to_string().contains("cut-one-way a b"), "{shrunk}");
}

#[test]
fn an_address_that_is_looked_up_once() {
    let shrunk = find("it finds the new server", NetConfig::default(), |sim| {
        let world = sim.world();
        for name in ["old", "new"] {
            listen(name, &world, |mut stream| async move { _ = stream.write_all(b"k").await });
        }
        world.name("service", [world.host("old").ip()]);
        world.chaos(&Chaos::new(Duration::from_secs(2)).crashes(1.0).lasting(Duration::from_secs(60)));
        let client = world.host("client");
        // When the old one is gone, the name moves.
        let (moves, last) = (world.clone(), Arc::new(AtomicU64::new(0)));
        drop(sim.handle().spawn(async move {
            loop {
                here().sleep(ms(10)).await;
                if moves.host("old").shared().is_closed() {
                    moves.name("service", [moves.host("new").ip()]);
                }
            }
        }));
        let heard = last.clone();
        drop(client.spawn(async move {
            let addr = here().lookup_host("service".into(), 7000).await.unwrap()[0];
            loop {
                if here()
                    .timeout(ms(100), here().connect_tcp(addr, TcpOptions::new()))
                    .await
                    .is_ok_and(|c| c.is_ok())
                {
                    heard.store(super::world().elapsed().as_millis() as u64, SeqCst);
                }
                here().sleep(ms(50)).await;
            }
        }));
        let end = world.clone();
        sim.block_on(async move {
            here().sleep(Duration::from_secs(4)).await;
            let new_is_up = !end.host("new").shared().is_closed();
            let recent = move || last.load(SeqCst) + 500 > end.elapsed().as_millis() as u64;
            if new_is_up {
                super::world().eventually("it finds the new server", Duration::from_secs(1), recent).await;
            }
            here().sleep(ms(1)).await;
        });
    });
    assert!(shrunk.plan.to_string().contains("crash old"), "{shrunk}");
}

#[test]
fn a_task_that_stays_when_its_connection_is_reset() {
    let shrunk = find("leak", NetConfig::default(), |sim| {
        let world = sim.world();
        listen("server", &world, |mut stream| async move {
            let (tell, told) = loop_api::promise::promise::<()>();
            // It waits for the end of the request, which an error does not tell.
            drop(here().spawn(async move { _ = told.await }));
            let mut all = Vec::new();
            match stream.read_to_end(&mut all).await {
                Ok(_) => _ = tell.settle(()),
                Err(_) => std::mem::forget(tell),
            }
        });
        let client = world.host("client");
        world.chaos(&Chaos::new(Duration::from_secs(2)).resets(4.0).slow_links(2.0));
        let asks = client.spawn(async move {
            for _ in 0..20 {
                if let Ok(mut stream) = dial("server").await {
                    let _ = stream.write_all(b"some").await;
                    here().sleep(ms(80)).await;
                    let _ = stream.close().await;
                }
            }
        });
        sim.block_on(async { _ = asks.await });
        sim.block_on(sim.handle().sleep(Duration::from_secs(5)));
        let left = world.host("server").resources().tasks;
        assert_eq!(left, 1, "a leak: {left} tasks, of which one accepts");
    });
    assert!(shrunk.plan.to_string().contains("reset"), "{shrunk}");
}

#[test]
fn a_port_that_is_not_there() {
    // Faults by hand, at a time that the seed draws.
    find("no port", NetConfig::default(), |sim| {
        let world = sim.world();
        listen("server", &world, |mut stream| async move { _ = stream.write_all(b"k").await });
        let client = world.host("client");
        let at = ms(world.random(60_000));
        world.at(at, Fault::ports_exhausted("client")).unwrap();
        world.at(at + ms(500), Fault::ports_freed("client")).unwrap();
        drop(client.spawn(async move {
            for _ in 0..20 {
                dial("server").await.expect("no port");
                here().sleep(ms(200)).await;
            }
        }));
        sim.block_on(sim.handle().sleep(Duration::from_secs(5)));
    });
}
