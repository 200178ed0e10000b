//! The server and the client on the hosts of a world: to the clock's exact time, and through faults.

use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::sim::{Fault, World};
use anyloop::time::{Instant, sleep};
use anyloop_web::{BoxError, Client, serve};
use axum::body::Body;
use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Json, Router};
use http_body_util::BodyExt;

async fn squares() {
    let square = |Path(n): Path<u64>| async move {
        sleep(Duration::from_millis(20)).await;
        Json(n * n)
    };
    let length = |body: Body| async {
        match body.collect().await {
            Ok(body) => body.to_bytes().len().to_string(),
            Err(error) => error.to_string(),
        }
    };
    let router = Router::new().route("/square/{n}", get(square)).route("/length", post(length));
    let listener = TcpListener::bind("0.0.0.0:80").await.expect("a port");
    let ended = serve(listener, router).await;
    panic!("the server ended: {ended:?}");
}

async fn square(client: &Client, n: u64) -> Result<String, BoxError> {
    Ok(client.fetch(format!("http://server/square/{n}")).await?.text().await?)
}

#[anyloop::test(sim, seeds = 20, backends = ["sim"])]
async fn a_pool_of_connections_outlives_cuts_and_crashes(world: World) {
    world.host("server").run(squares);
    let host = world.host("client");
    for (at, fault) in [
        (1000, Fault::cut("client", "server")),
        (3500, Fault::heal("client", "server")),
        (5000, Fault::crash("server")),
        (6500, Fault::restart("server")),
    ] {
        world.at(Duration::from_millis(at), fault).expect("the hosts are there");
    }
    let clients = [Client::builder(), Client::builder().http2_prior_knowledge()].map(|builder| {
        let client = builder.timeout(Duration::from_secs(1)).build();
        let world = world.clone();
        host.spawn(async move {
            let mut failed = 0;
            for n in 0..60 {
                match square(&client, n).await {
                    Ok(answer) => assert_eq!(answer, (n * n).to_string()),
                    Err(_) => failed += 1,
                }
                sleep(Duration::from_millis(150)).await;
            }
            world.always("most requests are answered", failed < 40);
            world.sometimes("some request fails", failed > 0);
            assert_eq!(square(&client, 7).await.expect("all is well again"), "49");
        })
    });
    for client in clients {
        client.await.expect("the client ends");
    }
}

/// When the server closes a connection on which `text` was sent, and which is answered or not.
async fn closed_after(text: &str) -> std::io::Result<Duration> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect("server:80").await?;
    stream.write_all(text.as_bytes()).await?;
    stream.read_to_end(&mut Vec::new()).await?;
    Ok(begun.elapsed())
}

/// What is said of a body that comes in blocks of 500 bytes, one each `pause`, and stops before its end.
async fn body_in_blocks(blocks: usize, pause: Duration) -> std::io::Result<(Duration, String)> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect("server:80").await?;
    let head = "POST /length HTTP/1.1\r\nhost: server\r\nconnection: close\r\ncontent-length: 9999\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    for _ in 0..blocks {
        sleep(pause).await;
        stream.write_all(&[b'x'; 500]).await?;
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok((begun.elapsed(), answer))
}

#[anyloop::test(sim, seeds = 5, backends = ["sim"])]
async fn the_limits_are_kept_to_the_moment(world: World) {
    world.host("server").run(squares);
    let client = world.host("client").spawn(async {
        // By default ten seconds for a head, and sixty between requests; the rest is the network's.
        let near = |closed: Duration, limit: u64| {
            let limit = Duration::from_secs(limit);
            assert!(closed >= limit && closed < limit + Duration::from_secs(2), "{closed:?}, not {limit:?}");
        };
        near(closed_after("").await?, 10);
        near(closed_after("GET /square/2 HTTP/1.1\r\nhost:").await?, 10);
        near(closed_after("GET /square/2 HTTP/1.1\r\nhost: server\r\n\r\n").await?, 60);
        // A reader waits twenty seconds in sum, and 500 bytes give one of them back.
        let (closed, answer) = body_in_blocks(2, Duration::from_secs(6)).await?;
        assert!(answer.ends_with("the peer sends the body too slowly"), "{answer}");
        near(closed, 22);
        std::io::Result::Ok(())
    });
    client.await.expect("the client ends").expect("no error");
}
