//! The programs of the talk in worlds: what of them needs no thread and no socket of the system's.

use std::io;
use std::time::Duration;

use anyloop::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::sim::{Fault, World};
use anyloop::task::JoinSet;
use anyloop::time::Instant;

use crate::support::program;

#[path = "../../servers/main.rs"]
#[allow(dead_code, reason = "its main")]
mod servers;
#[path = "../../three_ways/main.rs"]
#[allow(dead_code, reason = "its main, and its server on a thread")]
mod three_ways;

const EVERYWHERE: &str = "0.0.0.0:7000";

#[test]
fn programs_say_the_same_alone_in_a_world() {
    for name in ["hello", "talk_and_coffee"] {
        let [real, world] = ["native", "sim"].map(|backend| {
            let output = program(name).env("ANYLOOP_BACKEND", backend).output().expect("it starts");
            assert!(output.status.success(), "{name} on {backend}: {output:?}");
            String::from_utf8(output.stdout).expect("text")
        });
        assert!(!real.is_empty());
        assert_eq!(real, world, "{name}");
    }
}

/// The server of the three ways, on the loop; a question that is not known is not answered.
async fn answers(without: Option<&'static str>) -> io::Result<()> {
    let listener = TcpListener::bind(EVERYWHERE).await?;
    loop {
        let mut stream = BufReader::new(listener.accept().await?.0);
        let mut question = String::new();
        stream.read_line(&mut question).await?;
        if let Some(answer) = three_ways::server::answer_to(question.trim_end(), without) {
            stream.get_mut().write_all(format!("{answer}\n").as_bytes()).await?;
        }
    }
}

#[anyloop::test(sim, seeds = 10, backends = ["sim"])]
async fn callbacks_and_await_come_to_the_same(world: World) {
    world.host("knows").run(|| answers(None));
    world.host("forgets").run(|| answers(Some("seats of Aula")));
    let ask = |host: &str| three_ways::on_the_loop((world.host(host).ip(), 7000).into());
    assert_eq!(ask("knows").await, ["Anna speaks in the Aula, which has 120 seats"; 2]);
    assert_eq!(ask("forgets").await, ["failed: the server does not know"; 2]);
    world.fault(Fault::crash("knows")).unwrap();
    let [callbacks, awaiting] = ask("knows").await;
    assert!(callbacks.starts_with("failed: ") && awaiting.starts_with("failed: "), "{callbacks}; {awaiting}");
}

/// What one client is told, and after how long.
async fn told() -> io::Result<(Duration, String)> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(("servers", 7000)).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok((begun.elapsed(), answer))
}

#[anyloop::test(sim, seeds = 10, backends = ["sim"])]
async fn tasks_wait_at_once(world: World) {
    let work = servers::Work { wait: Duration::from_millis(200), compute: Duration::ZERO, hello: false };
    world.host("servers").run(move || async move {
        let listener = TcpListener::bind(EVERYWHERE).await?;
        servers::models::serve(listener, servers::Model::Async, work, 1).await
    });
    let mut clients = JoinSet::new();
    for _ in 0..100 {
        clients.spawn(told());
    }
    while let Some(ended) = clients.join_next().await {
        let (after, answer) = ended.unwrap().unwrap();
        assert!(answer.contains("waited 200 ms"), "{answer}");
        assert!(after >= work.wait && after < work.wait * 2, "{after:?}");
    }
}
