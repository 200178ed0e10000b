//! A stream is a stream, and a datagram whole, whatever the network does.

use std::io::ErrorKind;
use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, TcpListener, TcpOptions, TcpStream, UdpOptions, UdpSocket};
use loop_api::{EventLoop, Handle};
use loop_sim::{Builder, Chaos, NetConfig, Order, SimHandle, SimLoop, check_deterministic, seeds};

/// The byte at a place of a stream.
fn byte(stream: u64, at: usize) -> u8 {
    (at as u64 * 31 + stream * 17 + (at as u64 >> 8) * 7) as u8
}

/// Writes the stream's bytes in pieces, ends it, and reads the peer's until it ends. How many were
/// read, and what ended it.
async fn exchange(
    stream: impl TcpStream,
    sends: u64,
    receives: u64,
    len: usize,
) -> (usize, Option<ErrorKind>) {
    let here = SimHandle::current();
    let (mut reads, mut writes) = stream.into_split();
    let writer = here.spawn(async move {
        let here = SimHandle::current();
        let mut at = 0;
        while at < len {
            let n = (1 + here.world().random(5000) as usize).min(len - at);
            let piece: Vec<u8> = (at..at + n).map(|at| byte(sends, at)).collect();
            if let Err(error) = writes.write_all(&piece).await {
                return Some(error.kind());
            }
            at += n;
            if here.world().random(4) == 0 {
                here.sleep(Duration::from_millis(here.world().random(300))).await;
            }
        }
        writes.close().await.err().map(|error| error.kind())
    });
    let mut buf = [0; 3000];
    let mut at = 0;
    let ended = loop {
        match reads.read(&mut buf).await {
            Ok(0) => break None,
            Ok(n) => {
                for (n, got) in buf[..n].iter().enumerate() {
                    assert_eq!(*got, byte(receives, at + n), "byte {} of stream {receives}", at + n);
                }
                at += n;
            }
            Err(error) => break Some(error.kind()),
        }
    };
    (at, ended.or(writer.await.unwrap()))
}

/// Both ways between two hosts, while faults happen.
fn program(faults: bool) -> impl Fn(&mut SimLoop) + Sync {
    move |sim| {
        let world = sim.world();
        let len = 40_000;
        world.host("server").run(move || async move {
            let here = SimHandle::current();
            let listener = here.listen_tcp(([0, 0, 0, 0], 7000).into(), &TcpOptions::new()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                drop(here.spawn(exchange(stream, 1, 2, len)));
            }
        });
        let client = world.host("client");
        if faults {
            let rates = Chaos::new(Duration::from_secs(20)).cuts(3.0).one_way_cuts(3.0).isolations(1.0);
            world.chaos(&rates.slow_links(2.0).pauses(2.0).resets(0.3).skews(1.0).crashes(0.3));
        }
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                client.spawn(async move {
                    let here = SimHandle::current();
                    let server = here.lookup_host("server".into(), 7000).await.unwrap()[0];
                    match here.connect_tcp(server, TcpOptions::new()).await {
                        Ok(stream) => exchange(stream, 2, 1, len).await,
                        Err(error) => (0, Some(error.kind())),
                    }
                })
            })
            .collect();
        let world = sim.world();
        sim.block_on(async {
            for task in tasks {
                // A host that crashed has no tasks.
                let Ok((read, error)) = task.await else { continue };
                world.sometimes("a stream came whole", read == len && error.is_none());
                if error.is_none() {
                    assert_eq!(read, len, "a stream ended early and without an error");
                } else {
                    assert!(faults, "{error:?} without a fault");
                    world.sometimes("a stream ended with an error", true);
                }
            }
        });
    }
}

fn rough() -> Builder {
    Builder::new().order(Order::Random).net(NetConfig::rough()).time_limit(Duration::from_secs(3600))
}

#[test]
fn a_stream_is_a_stream_under_all_faults() {
    seeds(0..60, &rough(), program(true)).unwrap();
}

#[test]
fn a_rough_network_without_faults_loses_nothing_of_a_stream() {
    seeds(0..20, &rough(), program(false)).unwrap();
}

#[test]
fn runs_under_faults_repeat_themselves() {
    for seed in 0..6 {
        check_deterministic(seed, &rough(), program(true)).unwrap();
    }
}

#[test]
fn a_window_stops_a_writer_whose_reader_does_not_read() {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let (a, b) = (world.host("a"), world.host("b"));
    let listener = b.listen_tcp(([0, 0, 0, 0], 7000).into(), &TcpOptions::new()).unwrap();
    let addr = (b.ip(), 7000).into();
    let writer = a.spawn(async move {
        let here = SimHandle::current();
        let mut stream = here.connect_tcp(addr, TcpOptions::new()).await.unwrap();
        let sent = here.timeout(Duration::from_secs(10), stream.write_all(&[1; 1 << 20])).await;
        assert!(sent.is_err(), "a megabyte does not fit into a window");
        stream.close().await.unwrap();
    });
    let reader = b.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        SimHandle::current().sleep(Duration::from_secs(20)).await;
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        all.len()
    });
    let read = sim.block_on(async { (writer.await.unwrap(), reader.await.unwrap()).1 });
    assert_eq!(read, 64 * 1024);
}

#[test]
fn bandwidth_is_a_time() {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let (a, b) = (world.host("a"), world.host("b"));
    world.link("a", "b", Some(loop_sim::Link::default().bandwidth(100_000))).unwrap();
    let listener = b.listen_tcp(([0, 0, 0, 0], 7000).into(), &TcpOptions::new()).unwrap();
    let addr = (b.ip(), 7000).into();
    drop(a.spawn(async move {
        let mut stream = SimHandle::current().connect_tcp(addr, TcpOptions::new()).await.unwrap();
        stream.write_all(&[1; 300_000]).await.unwrap();
        stream.close().await.unwrap();
    }));
    let reader = b.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
    });
    sim.block_on(reader).unwrap();
    assert_eq!(world.elapsed().as_secs(), 3, "{:?}", world.elapsed());
}

#[test]
fn what_is_sent_into_a_cut_ends_the_connection_after_a_time_limit() {
    for way in ["a b", "b a", "a b lost"] {
        let mut sim = SimLoop::builder().build();
        let world = sim.world();
        let (a, b) = (world.host("a"), world.host("b"));
        let listener = b.listen_tcp(([0, 0, 0, 0], 7000).into(), &TcpOptions::new()).unwrap();
        let addr = (b.ip(), 7000).into();
        let losing = world.clone();
        world.call_at(Duration::from_secs(1), move || match way {
            "a b" => losing.fault(loop_sim::Fault::cut("a", "b")).unwrap(),
            // What is sent arrives, and no answer comes.
            "b a" => losing.fault(loop_sim::Fault::cut_one_way("b", "a")).unwrap(),
            // It is not cut, and nothing gets through all the same.
            _ => losing.link("a", "b", Some(loop_sim::Link::default().loss(1.0))).unwrap(),
        });
        let task = a.spawn(async move {
            let here = SimHandle::current();
            let mut stream = here.connect_tcp(addr, TcpOptions::new()).await.unwrap();
            here.sleep(Duration::from_secs(2)).await;
            stream.write_all(b"lost").await.unwrap();
            let error = stream.read(&mut [0; 8]).await.unwrap_err();
            (error.kind(), here.world().elapsed().as_secs())
        });
        let server = b.spawn(async move { listener.accept().await.unwrap() });
        assert_eq!(sim.block_on(task).unwrap(), (ErrorKind::TimedOut, 62));
        drop(server);
    }
}

#[test]
fn datagrams_come_whole_or_not_twice_or_late_and_refusals_are_told() {
    let program = |sim: &mut SimLoop| {
        let world = sim.world();
        let (a, b) = (world.host("a"), world.host("b"));
        let receiver = b.bind_udp(([0, 0, 0, 0], 5000).into(), &UdpOptions::new()).unwrap();
        let addr = (b.ip(), 5000).into();
        let sender = a.spawn(async move {
            let here = SimHandle::current();
            let socket = here.bind_udp(([0, 0, 0, 0], 0).into(), &UdpOptions::new()).unwrap();
            for n in 0..100_u8 {
                let datagram = vec![n; usize::from(n) * 30];
                assert_eq!(socket.send_to(&datagram, addr).await.unwrap(), datagram.len());
                here.sleep(Duration::from_millis(1)).await;
            }
        });
        let got = b.spawn(async move {
            let (here, mut got) = (SimHandle::current(), Vec::new());
            let mut buf = vec![0; 4000];
            while let Ok(next) = here.timeout(Duration::from_secs(5), receiver.recv_from(&mut buf)).await {
                let (len, _) = next.unwrap();
                let n = (len / 30) as u8;
                assert!(buf[..len].iter().all(|byte| *byte == n), "it is whole");
                got.push(n);
            }
            got
        });
        let got = sim.block_on(async { (sender.await.unwrap(), got.await.unwrap()).1 });
        world.sometimes("lost", (0..100).any(|n| !got.contains(&n)));
        world.sometimes("twice", got.iter().any(|n| got.iter().filter(|other| *other == n).count() > 1));
        world.sometimes("late", got.windows(2).any(|pair| pair[0] > pair[1]));
        assert!(got.len() > 50);
    };
    seeds(0..20, &rough(), program).unwrap();

    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let (a, b) = (world.host("a"), world.host("b"));
    let addr = (b.ip(), 5000).into();
    let refused = a.spawn(async move {
        let socket = SimHandle::current().bind_udp(([0, 0, 0, 0], 0).into(), &UdpOptions::new()).unwrap();
        let long = socket.send_to(&[0; 65_508], addr).await.unwrap_err();
        assert!(long.to_string().contains("at most 65507"), "{long}");
        let shy = socket.send_to(b"all", ([255, 255, 255, 255], 5000).into()).await.unwrap_err();
        assert_eq!(shy.kind(), ErrorKind::PermissionDenied);
        socket.connect(addr).await.unwrap();
        socket.send(b"anyone?").await.unwrap();
        socket.recv(&mut [0; 8]).await.unwrap_err().kind()
    });
    assert_eq!(sim.block_on(refused).unwrap(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_broadcast_comes_to_every_host() {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let listens: Vec<_> = ["a", "b", "c"]
        .map(|name| {
            let host = world.host(name);
            let socket = host.bind_udp(([0, 0, 0, 0], 5000).into(), &UdpOptions::new()).unwrap();
            host.spawn(async move { socket.recv_from(&mut [0; 8]).await.unwrap().0 })
        })
        .into();
    let sender =
        world.host("a").bind_udp(([0, 0, 0, 0], 0).into(), &UdpOptions::new().broadcast(true)).unwrap();
    sim.block_on(async move {
        sender.send_to(b"all", ([255, 255, 255, 255], 5000).into()).await.unwrap();
        for listens in listens {
            assert_eq!(listens.await.unwrap(), 3);
        }
    });
}

#[test]
fn ports_and_names_fail_when_they_are_told_to() {
    let mut sim = SimLoop::builder().build();
    let world = sim.world();
    let (a, b) = (world.host("a"), world.host("b"));
    let _listener = b.listen_tcp(([0, 0, 0, 0], 7000).into(), &TcpOptions::new()).unwrap();
    let server = (b.ip(), 7000).into();
    world.name("alias", [b.ip(), a.ip()]);
    world.fault(loop_sim::Fault::ports_exhausted("a")).unwrap();
    world.fault(loop_sim::Fault::name_fails("b")).unwrap();
    let task = a.spawn(async move {
        let here = SimHandle::current();
        let world = here.world();
        let ports = here.connect_tcp(server, TcpOptions::new()).await.unwrap_err().kind();
        let name = here.lookup_host("b".into(), 1).await.unwrap_err().kind();
        let none = here.lookup_host("nobody".into(), 1).await.unwrap_err();
        assert!(none.to_string().contains("\"nobody\""), "{none}");
        assert_eq!(here.lookup_host("alias".into(), 1).await.unwrap().len(), 2);
        world.fault(loop_sim::Fault::ports_freed("a")).unwrap();
        world.fault(loop_sim::Fault::name_works("b")).unwrap();
        here.connect_tcp(server, TcpOptions::new()).await.unwrap();
        here.lookup_host("b".into(), 1).await.unwrap();
        (ports, name, none.kind())
    });
    let expected = (ErrorKind::AddrNotAvailable, ErrorKind::TimedOut, ErrorKind::NotFound);
    assert_eq!(sim.block_on(task).unwrap(), expected);
}
