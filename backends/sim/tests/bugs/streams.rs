//! Bugs that a network shows.

use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt, future};
use loop_api::net::{Net, UdpOptions, UdpSocket};
use loop_api::{EventLoop, Handle};
use loop_sim::{Chaos, NetConfig, SimLoop};

use super::{dial, find, here, listen, ms};

#[test]
fn a_read_that_is_cancelled_half_way() {
    let mut net = NetConfig::rough();
    net.segment = Some(3);
    find("torn message", net, |sim| {
        let world = sim.world();
        listen("server", &world, |mut stream| async move {
            for n in 0..20_u8 {
                let _ = stream.write_all(&[n; 8]).await;
                here().sleep(ms(7)).await;
            }
        });
        let client = world.host("client").spawn(async move {
            let Ok(mut stream) = dial("server").await else { return };
            let mut buf = [0; 8];
            loop {
                // What a read_exact has taken is lost with it.
                let read = async { Some(stream.read_exact(&mut buf).await) };
                let tick = async {
                    here().sleep(ms(10)).await;
                    None
                };
                match future::or(read, tick).await {
                    Some(Ok(())) => {
                        super::world().always("torn message", buf.iter().all(|byte| *byte == buf[0]))
                    }
                    Some(Err(_)) => return,
                    None => {}
                }
            }
        });
        sim.block_on(client).unwrap();
    });
}

#[test]
fn one_read_taken_for_one_message() {
    find("half a message", NetConfig::rough(), |sim| {
        let world = sim.world();
        listen("server", &world, |mut stream| async move {
            let mut buf = [0; 64];
            while let Ok(n @ 1..) = stream.read(&mut buf).await {
                super::world().always("half a message", n == 64);
            }
        });
        let client = world.host("client").spawn(async move {
            let Ok(mut stream) = dial("server").await else { return };
            for _ in 0..5 {
                let _ = stream.write_all(&[1; 64]).await;
                here().sleep(ms(500)).await;
            }
        });
        sim.block_on(client).unwrap();
    });
}

#[test]
fn an_answer_that_is_not_given_after_a_half_close() {
    find("no answer", NetConfig::rough(), |sim| {
        let world = sim.world();
        listen("server", &world, |mut stream| async move {
            let (mut request, mut buf) = (Vec::new(), [0; 16]);
            loop {
                match stream.read(&mut buf).await {
                    // Here it should answer what it has.
                    Ok(0) | Err(_) => return,
                    Ok(n) => request.extend_from_slice(&buf[..n]),
                }
                if request.len() >= 8 {
                    here().sleep(ms(2)).await;
                    // The client may have closed its half meanwhile: whether it is asked first is chance.
                    if future::or(async { stream.read(&mut buf).await.is_ok() }, async {
                        here().sleep(ms(5)).await;
                        false
                    })
                    .await
                    {
                        return;
                    }
                    let _ = stream.write_all(b"answer").await;
                    return;
                }
            }
        });
        let client = world.host("client").spawn(async move {
            let Ok(mut stream) = dial("server").await else { return };
            let _ = stream.write_all(b"question").await;
            here().sleep(ms(super::world().random(40))).await;
            let _ = stream.close().await;
            let mut answer = String::new();
            let read = stream.read_to_string(&mut answer).await;
            super::world().always("no answer", read.is_err() || answer == "answer");
        });
        sim.block_on(client).unwrap();
    });
}

/// A host that counts datagrams, and one that sends five.
fn count_datagrams(sim: &mut SimLoop, check: fn(&[u8])) {
    let world = sim.world();
    let (a, b) = (world.host("a"), world.host("b"));
    let socket = b.bind_udp(([0, 0, 0, 0], 5000).into(), &UdpOptions::new()).unwrap();
    let addr = (b.ip(), 5000).into();
    let sender = a.spawn(async move {
        let socket = here().bind_udp(([0, 0, 0, 0], 0).into(), &UdpOptions::new()).unwrap();
        for n in 0..5 {
            socket.send_to(&[n], addr).await.unwrap();
            here().sleep(ms(3)).await;
        }
    });
    let receiver = b.spawn(async move {
        let (mut got, mut buf) = (Vec::new(), [0; 1]);
        while let Ok(Ok(_)) = here().timeout(Duration::from_secs(2), socket.recv_from(&mut buf)).await {
            got.push(buf[0]);
        }
        got
    });
    let got = sim.block_on(async { (sender.await.unwrap(), receiver.await.unwrap()).1 });
    check(&got);
}

#[test]
fn datagrams_taken_for_ordered() {
    find("in order", NetConfig::rough(), |sim| {
        count_datagrams(sim, |got| assert!(got.is_sorted(), "they come in order: {got:?}"));
    });
}

#[test]
fn datagrams_counted_twice() {
    find("too many", NetConfig::rough(), |sim| {
        count_datagrams(sim, |got| assert!(got.len() <= 5, "too many: {got:?}"));
    });
}

#[test]
fn an_answer_taken_for_that_of_another_question() {
    let shrunk = find("an old answer", NetConfig::default(), |sim| {
        let world = sim.world();
        let dns = world.host("dns");
        let addr = (dns.ip(), 53).into();
        dns.run(|| async {
            let socket = here().bind_udp(([0, 0, 0, 0], 53).into(), &UdpOptions::new()).unwrap();
            let mut buf = [0; 1];
            while let Ok((_, from)) = socket.recv_from(&mut buf).await {
                let _ = socket.send_to(&buf, from).await;
            }
        });
        let client = world.host("client");
        world.chaos(&Chaos::new(Duration::from_secs(2)).slow_links(3.0).cuts(2.0).pauses(1.0));
        let asks = client.spawn(async move {
            let socket = here().bind_udp(([0, 0, 0, 0], 0).into(), &UdpOptions::new()).unwrap();
            let mut buf = [0; 1];
            for question in 0..50 {
                socket.send_to(&[question], addr).await.unwrap();
                if here().timeout(ms(30), socket.recv_from(&mut buf)).await.is_ok() {
                    super::world().always("an old answer", buf[0] == question);
                }
                here().sleep(ms(30)).await;
            }
        });
        sim.block_on(async { _ = asks.await });
    });
    assert!(!shrunk.timeline().is_empty());
}
