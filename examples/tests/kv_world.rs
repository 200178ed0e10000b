//! The key-value server in worlds whose machines crash: what it answered is there.
#![cfg(unix)]

use std::path::Path;
use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::TcpStream;
use anyloop::sim::{Chaos, Fault, World};
use anyloop::time::{sleep, timeout};
use examples::Limits;

#[path = "../kv/resp.rs"]
mod resp;
#[path = "../kv/server.rs"]
mod server;
#[path = "../kv/store.rs"]
mod store;

async fn serve() {
    let limits = Limits { connections: 16, patience: Duration::from_secs(1) };
    let ended = server::serve("0.0.0.0:6380", Path::new("/var/kv.log"), 1 << 20, limits).await;
    panic!("the server has ended: {ended:?}");
}

/// Says a line until there is an answer.
async fn ask(line: &str) -> (String, u32) {
    let once = || async {
        let mut stream = TcpStream::connect("server:6380").await?;
        stream.write_all(line.as_bytes()).await?;
        stream.shutdown().await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        if answer.is_empty() {
            Err(std::io::ErrorKind::UnexpectedEof.into())
        } else {
            std::io::Result::Ok(answer)
        }
    };
    let mut tries = 1;
    loop {
        if let Ok(Ok(answer)) = timeout(Duration::from_millis(500), once()).await {
            return (answer, tries);
        }
        tries += 1;
        sleep(Duration::from_millis(20)).await;
    }
}

#[anyloop::test(sim, seeds = 60)]
async fn what_was_answered_outlives_the_machines_crashes(world: World) {
    world.disk("server").write("/var/kv.log", b"").unwrap();
    // Crashes come in the middle of writes.
    world.fault(Fault::disk_slow("server", Duration::from_millis(3))).unwrap();
    world.host("server").run(serve);
    world.chaos(&Chaos::new(Duration::from_secs(2)).crashes(5.0).lasting(Duration::from_millis(200)));
    let inside = world.clone();
    let client = world.host("client").spawn(async move {
        for n in 0..60 {
            // Some are as long as a sector of the disk.
            let (key, value) = (n % 7, format!("{n}-").repeat(1 + n % 5 * 60));
            let (answer, tries) = ask(&format!("SET key{key} {value}\r\n")).await;
            assert_eq!(answer, "+OK\r\n");
            let (answer, more) = ask(&format!("GET key{key}\r\n")).await;
            assert_eq!(answer, format!("${}\r\n{value}\r\n", value.len()));
            inside.sometimes("it asked again", tries + more > 2);
            sleep(Duration::from_millis(10)).await;
        }
    });
    // Where a failure is made small, the server may not start anew.
    let ended = timeout(Duration::from_secs(60), client).await;
    world.sometimes("every answer came", ended.is_ok());
    if let Ok(ended) = ended {
        ended.unwrap();
    }
}
