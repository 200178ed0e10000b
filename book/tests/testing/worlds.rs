use std::io;
use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::sim::{Fault, World};
use anyloop::time::{sleep, timeout};

/// A server for any loop.
async fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("0.0.0.0:7000").await?;
    loop {
        let (mut client, _) = listener.accept().await?;
        client.write_all(b"ciao").await?;
    }
}

/// A client that is patient.
async fn ask(server: &str) -> String {
    loop {
        let mut said = String::new();
        let asked = async { TcpStream::connect(server).await?.read_to_string(&mut said).await };
        match timeout(Duration::from_secs(1), asked).await {
            Ok(Ok(_)) => return said,
            _ => sleep(Duration::from_secs(1)).await,
        }
    }
}

#[anyloop::test(sim, seeds = 100)]
async fn a_client_outlives_the_servers_crash(world: World) {
    world.host("server").run(serve); // starts anew when the host does
    world.at(Duration::ZERO, Fault::crash("server")).unwrap();
    world.at(Duration::from_secs(60), Fault::restart("server")).unwrap();
    let client = world.host("client").spawn(ask("server:7000"));
    assert_eq!(client.await.unwrap(), "ciao"); // a minute of the world's time, and none of ours
}
