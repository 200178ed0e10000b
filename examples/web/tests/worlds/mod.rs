//! The programs as hosts of a world, beside their clients.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::TcpStream;
use anyloop::sim::{Chaos, Fault, World};
use anyloop::time::{Instant, sleep, timeout};
use clap::Parser;
use examples::{Limits, Outcome};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

#[path = "../../broadcast.rs"]
#[allow(dead_code, reason = "its main")]
mod broadcast;
#[path = "../../service.rs"]
#[allow(dead_code, reason = "its main")]
mod service;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

async fn serve() -> Outcome {
    let args = ["service", "--listen", "0.0.0.0:80", "--patience", "1", "--grace", "1000"];
    service::serve(service::Args::parse_from(args)).await
}

fn post(body: &str) -> String {
    format!(
        "POST /echo HTTP/1.1\r\nhost: service\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// What is answered to a request, until the connection is closed.
async fn ask(request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect("service:80").await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// Whether a body comes back whole; it may break off, and is never another.
async fn is_echoed(body: &str) -> bool {
    match timeout(ms(500), ask(&post(body))).await {
        Ok(Ok(answer)) => {
            let (head, echo) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
            assert!(body.starts_with(echo), "{answer}");
            head.starts_with("HTTP/1.1 200 ") && echo.len() == body.len()
        }
        Ok(Err(_)) | Err(_) => false,
    }
}

#[anyloop::test(sim, seeds = 10, backends = ["sim"])]
async fn the_service_answers_between_faults(world: World) {
    world.host("service").run(serve);
    world.chaos(&Chaos::new(ms(3000)).crashes(2.0).lasting(ms(300)));
    world.at(ms(1000), Fault::cut("main", "service")).unwrap();
    world.at(ms(1700), Fault::heal("main", "service")).unwrap();
    let inside = world.clone();
    let client = anyloop::spawn(async move {
        let body = "ciao ".repeat(4000);
        for _ in 0..30 {
            while !is_echoed(&body).await {
                inside.sometimes("it is asked again", true);
                sleep(ms(50)).await;
            }
            sleep(ms(100)).await;
        }
    });
    // Where a failure is made small, the service may not start anew.
    if let Ok(ended) = timeout(ms(60_000), client).await {
        ended.unwrap();
    }
}

#[anyloop::test(sim, seeds = 20, backends = ["sim"])]
async fn the_service_answers_what_is_under_way_when_it_is_told_to_stop(world: World) {
    let ended = Arc::new(AtomicBool::new(false));
    let end = ended.clone();
    world.host("service").run(move || {
        let end = end.clone();
        async move {
            serve().await?;
            end.store(true, Relaxed);
            Outcome::Ok(())
        }
    });
    // A head that does not end has the patience of a second.
    let (begun, _closed) = (Instant::now(), ask("GET / HTTP/1.1\r\nhost:").await);
    assert!(begun.elapsed() >= ms(1000) && begun.elapsed() < ms(1500), "{:?}", begun.elapsed());

    let (mut idle, mut busy) = (connect().await, connect().await);
    idle.write_all(b"GET / HTTP/1.1\r\nhost: service\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    while !answer.ends_with("\r\n\r\nciao\n") {
        answer.push(idle.read_u8().await.unwrap().into());
    }
    let request = post("all of it");
    let (head, rest) = request.split_at(request.len() - 4);
    busy.write_all(head.as_bytes()).await.unwrap();
    sleep(ms(100)).await;
    world.fault(Fault::signal("service", "SIGTERM")).unwrap();
    sleep(ms(100)).await;
    assert_eq!(ask("").await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(idle.read(&mut [0; 64]).await.unwrap(), 0, "it waits for a client that is idle");
    assert!(!ended.load(Relaxed), "it ends before its client");
    busy.write_all(rest.as_bytes()).await.unwrap();
    answer.clear();
    busy.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("\r\n\r\nall of it"), "{answer}");
    sleep(ms(100)).await;
    assert!(ended.load(Relaxed), "it does not end");
}

/// A connection to the service.
async fn connect() -> TcpStream {
    TcpStream::connect("service:80").await.unwrap()
}

type Socket = WebSocketStream<TcpStream>;

async fn join() -> Result<Socket, Error> {
    let stream = TcpStream::connect("broadcast:80").await?;
    Ok(tokio_tungstenite::client_async("ws://broadcast/", stream).await?.0)
}

/// The next text that a client hears. Pings are answered meanwhile.
async fn hear(socket: &mut Socket) -> Option<String> {
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Text(text) = message {
            return Some(text.as_str().to_owned());
        }
    }
    None
}

#[anyloop::test(sim, seeds = 20, backends = ["sim"])]
async fn all_others_hear_what_is_said_and_in_its_order(world: World) {
    let limits = Limits { connections: 3, patience: ms(1000) };
    world.host("broadcast").run(move || broadcast::serve("0.0.0.0:80".into(), limits));
    let listener = |name: &str, lines: usize| {
        world.host(name).spawn(async move {
            let mut socket = join().await.unwrap();
            let mut heard = Vec::new();
            while heard.len() < lines {
                heard.push(hear(&mut socket).await.expect("it stays"));
            }
            (socket, heard)
        })
    };
    let (anna, bert) = (listener("anna", 51), listener("bert", 50));
    sleep(ms(500)).await;
    let mut speaker = join().await.unwrap();
    let mut said: Vec<String> = (0..50).map(|n| format!("line {n}")).collect();
    for line in &said {
        speaker.send(Message::text(line.as_str())).await.unwrap();
    }
    let speaker = anyloop::spawn(async move { hear(&mut speaker).await });
    // From now on bert answers no ping: after a time his place is given to another.
    let (deaf, heard) = bert.await.unwrap();
    assert_eq!(heard, said);
    let begun = Instant::now();
    let mut dora = join().await.unwrap();
    assert!(begun.elapsed() >= ms(1000) && begun.elapsed() < ms(3000), "{:?}", begun.elapsed());
    dora.send(Message::text("from dora")).await.unwrap();
    said.push("from dora".to_owned());
    assert_eq!(anna.await.unwrap().1, said);
    assert_eq!(speaker.await.unwrap().as_deref(), Some("from dora"));
    drop(deaf);
}
