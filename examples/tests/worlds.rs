//! The programs as hosts of a world, beside their clients. Of `soak` its clients and its server are
//! here, without the second process. docs/simulation.md has the list of all programs.
#![cfg(unix)]

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use anyloop::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use anyloop::net::{TcpListener, TcpStream, UdpSocket};
use anyloop::sim::{Chaos, Fault, World};
use anyloop::time::{sleep, timeout};
use clap::Parser;
use examples::{Limits, Outcome};

#[path = "../chat.rs"]
#[allow(dead_code, reason = "its main")]
mod chat;
#[path = "../soak/client.rs"]
#[allow(dead_code, reason = "its arguments")]
mod client;
#[path = "../echo.rs"]
#[allow(dead_code, reason = "its main")]
mod echo;
#[path = "../echo_udp.rs"]
#[allow(dead_code, reason = "its main")]
mod echo_udp;
#[path = "../soak/gauge.rs"]
#[allow(dead_code, reason = "it reads what the system knows of the process")]
mod gauge;
#[path = "../greeting.rs"]
#[allow(dead_code, reason = "its main")]
mod greeting;
#[path = "../heartbeat.rs"]
#[allow(dead_code, reason = "its main")]
mod heartbeat;
#[path = "../proxy.rs"]
#[allow(dead_code, reason = "its main")]
mod proxy;
#[path = "../scan.rs"]
#[allow(dead_code, reason = "its main")]
mod scan;
#[path = "../soak/server.rs"]
#[allow(dead_code, reason = "it starts processes")]
mod server;
#[path = "../shutdown.rs"]
#[allow(dead_code, reason = "its main")]
mod shutdown;
#[path = "../tee.rs"]
#[allow(dead_code, reason = "its main")]
mod tee;
#[path = "../tinyhttp.rs"]
#[allow(dead_code, reason = "its main")]
mod tinyhttp;

const LIMITS: Limits = Limits { connections: 16, patience: Duration::from_secs(1) };
const EVERYWHERE: &str = "0.0.0.0:7000";

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// What is answered to a text and the end of it.
async fn ask(host: &str, text: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect((host, 7000)).await?;
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// Asks until the whole answer comes; until then a part of it may.
async fn expect(host: &str, text: &str, whole: &str) {
    loop {
        match timeout(ms(500), ask(host, text)).await {
            Ok(Ok(answer)) if answer == whole => return,
            Ok(Ok(answer)) => assert!(whole.starts_with(&answer), "{host}: {answer}"),
            Ok(Err(_)) | Err(_) => sleep(ms(20)).await,
        }
    }
}

#[anyloop::test(sim, seeds = 10, backends = ["sim"])]
async fn servers_answer_between_faults(world: World) {
    world.host("greeting").run(|| greeting::greet(EVERYWHERE.into()));
    world.host("echo").run(|| echo::echo(EVERYWHERE.into()));
    world.host("tinyhttp").run(|| tinyhttp::serve(EVERYWHERE.into(), LIMITS));
    world.host("proxy").run(|| proxy::proxy(EVERYWHERE.into(), "tinyhttp:7000".into()));
    let plan = world.chaos(&Chaos::new(ms(1500)).crashes(3.0).cuts(2.0).resets(2.0).lasting(ms(200)));
    let clients = ["greeting", "echo", "tinyhttp", "proxy"].map(|name| {
        anyloop::spawn(async move {
            let body = "{\"message\":\"Hello, World!\"}";
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n";
            for _ in 0..20 {
                match name {
                    "greeting" => expect(name, "", "Ciao EuroPython\r\n").await,
                    "echo" => expect(name, &"one\ntwo\n".repeat(2000), &"one\ntwo\n".repeat(2000)).await,
                    _ => {
                        expect(name, "GET /json HTTP/1.1\r\nHost: a\r\n\r\n", &format!("{head}{body}")).await
                    }
                }
                sleep(ms(50)).await;
            }
        })
    });
    for client in clients {
        // Where a failure is made small, a server may not start anew.
        if let Ok(ended) = timeout(ms(60_000), client).await {
            ended.unwrap();
        }
    }
    world.sometimes("a server crashes", plan.faults().iter().any(|(_, f)| matches!(f, Fault::Crash(_))));
}

/// The next line that a client of the chat is told.
async fn heard(peer: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    peer.read_line(&mut line).await.unwrap();
    line
}

#[anyloop::test(sim, seeds = 20, backends = ["sim"])]
async fn all_others_hear_what_is_said_and_in_its_order(world: World) {
    world.host("chat").run(|| chat::chat(EVERYWHERE.into(), LIMITS));
    let mut peers = Vec::new();
    for name in ["anna", "bert", "carl"] {
        let mut peer = BufReader::new(TcpStream::connect("chat:7000").await.unwrap());
        assert_eq!(heard(&mut peer).await, "Please enter your username:\n");
        peer.get_mut().write_all(format!("{name}\n").as_bytes()).await.unwrap();
        for earlier in &mut peers {
            assert_eq!(heard(earlier).await, format!("{name} has joined the chat\n"));
        }
        peers.push(peer);
        // It is in the room by then.
        sleep(ms(100)).await;
    }
    for n in 0..100 {
        peers[0].get_mut().write_all(format!("line {n}\n").as_bytes()).await.unwrap();
    }
    for other in &mut peers[1..] {
        for n in 0..100 {
            assert_eq!(heard(other).await, format!("anna: line {n}\n"));
        }
    }
    drop(peers.remove(0));
    for other in &mut peers {
        assert_eq!(heard(other).await, "anna has left the chat\n");
    }
}

#[anyloop::test(sim, seeds = 10, backends = ["sim"])]
async fn datagrams_come_back_and_members_are_known(world: World) {
    world.host("echo").run(|| echo_udp::serve(EVERYWHERE.into()));
    for (name, to) in [("anna", "bert:7000"), ("bert", "main:7000")] {
        world.host(name).run(move || {
            heartbeat::beat(heartbeat::Args::parse_from([
                "heartbeat",
                name,
                "--listen",
                EVERYWHERE,
                "--to",
                to,
                "--every",
                "100",
            ]))
        });
    }
    let socket = UdpSocket::bind(EVERYWHERE).await.unwrap();
    let mut buf = [0; 100];
    socket.send_to(b"ciao", "echo:7000").await.unwrap();
    // Beats of bert may come before.
    let answer = loop {
        let (n, from) = socket.recv_from(&mut buf).await.unwrap();
        if from.ip() == world.host("echo").ip() {
            break buf[..n].to_vec();
        }
    };
    assert_eq!(answer, b"ciao");
    // bert knows this one, and anna only bert, until this one tells her.
    socket.send_to(b"beat main 1", "anna:7000").await.unwrap();
    let mut told = async |text: &str| loop {
        let (n, _) = socket.recv_from(&mut buf).await.unwrap();
        if buf[..n].starts_with(text.as_bytes()) {
            return;
        }
    };
    told("beat anna").await;
    told("beat bert").await;
    world.fault(Fault::signal("anna", "SIGTERM")).unwrap();
    told("leave anna").await;
}

#[anyloop::test(sim, seeds = 10, backends = ["sim"])]
async fn a_scan_tells_open_from_closed_and_silent(world: World) {
    world.host("there").run(|| async {
        let mut listeners = Vec::new();
        for port in 80..85 {
            listeners.push(TcpListener::bind(("0.0.0.0", port)).await?);
        }
        std::future::pending::<io::Result<()>>().await
    });
    sleep(ms(10)).await;
    let scan = || async {
        let args = ["scan", "there", "--ports", "76-95", "--at-once", "7", "--limit", "300"];
        scan::scan(scan::Args::parse_from(args)).await.unwrap()
    };
    assert_eq!(scan().await, scan::Count { open: 5, closed: 15, silent: 0 });
    world.fault(Fault::cut("main", "there")).unwrap();
    assert_eq!(scan().await, scan::Count { open: 0, closed: 0, silent: 20 });
}

#[anyloop::test(sim, seeds = 20, backends = ["sim"])]
async fn a_server_that_is_told_to_stop_lets_its_clients_finish(world: World) {
    let ended = Arc::new(AtomicBool::new(false));
    let end = ended.clone();
    world.host("shutdown").run(move || {
        let end = end.clone();
        async move {
            shutdown::serve(EVERYWHERE.into(), ms(1000)).await?;
            end.store(true, Relaxed);
            Outcome::Ok(())
        }
    });
    let mut client = BufReader::new(TcpStream::connect("shutdown:7000").await.unwrap());
    client.get_mut().write_all(b"one\n").await.unwrap();
    assert_eq!(heard(&mut client).await, "one\n");
    world.fault(Fault::signal("shutdown", "SIGTERM")).unwrap();
    sleep(ms(100)).await;
    assert_eq!(ask("shutdown", "").await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    client.get_mut().write_all(b"two\n").await.unwrap();
    assert_eq!(heard(&mut client).await, "two\n");
    assert!(!ended.load(Relaxed), "it ends before its client");
    let slow = world.random(2) == 0;
    if !slow {
        client.get_mut().shutdown().await.unwrap();
    }
    sleep(ms(if slow { 1000 } else { 200 })).await;
    assert!(ended.load(Relaxed), "it does not end");
}

#[anyloop::test(sim, seeds = 20, backends = ["sim"])]
async fn what_tee_has_copied_outlives_a_crash(world: World) {
    let text = "ciao\n".repeat(5000);
    let input = text.clone();
    let copied = world.host("tee").spawn(async move {
        let args = tee::Args::parse_from(["tee", "/tmp/one", "/tmp/two"]);
        let mut output = Vec::new();
        tee::tee(args, input.as_bytes(), &mut output).await.map_err(|error| error.to_string())?;
        Ok::<_, String>(output)
    });
    assert_eq!(copied.await.unwrap().unwrap(), text.as_bytes());
    world.fault(Fault::crash("tee")).unwrap();
    for file in ["/tmp/one", "/tmp/two"] {
        assert_eq!(world.disk("tee").read(file).unwrap().len(), text.len(), "{file}");
    }
}

#[anyloop::test(sim, seeds = 5, backends = ["sim"])]
async fn soak_is_well_where_the_network_is(world: World) {
    let listener = TcpListener::bind(EVERYWHERE).await.unwrap();
    let addr = (world.host("main").ip(), 7000).into();
    drop(server::serve(listener));
    for load in [
        client::Load { addr, idle: 20, active: 10, rate: 5, seconds: 3, short: 0, at_once: 1 },
        client::Load { addr, idle: 0, active: 0, rate: 1, seconds: 0, short: 200, at_once: 10 },
    ] {
        let clients = world.host("clients").spawn(client::run(load));
        assert!(clients.await.unwrap().unwrap());
    }
}
