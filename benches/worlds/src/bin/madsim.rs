//! In a world of madsim, packets of a millisecond.

use std::net::IpAddr;
use std::time::Duration;

use madsim::Config;
use madsim::runtime::{Handle, Runtime};
use madsim_tokio as tokio;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use worlds::Args;

async fn serve() {
    let listener = TcpListener::bind("10.0.0.1:7000").await.unwrap();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut buf = [0; 64];
            // Its streams keep what is written until they are flushed.
            while stream.read_exact(&mut buf).await.is_ok()
                && stream.write_all(&buf).await.is_ok()
                && stream.flush().await.is_ok()
            {}
        });
    }
}

async fn client(args: Args) {
    let mut stream = TcpStream::connect("10.0.0.1:7000").await.unwrap();
    let mut buf = [1; 64];
    for _ in 0..args.rounds {
        stream.write_all(&buf).await.unwrap();
        stream.flush().await.unwrap();
        stream.read_exact(&mut buf).await.unwrap();
        if !args.wait.is_zero() {
            tokio::time::sleep(args.wait).await;
        }
    }
}

fn main() {
    let args = Args::parse();
    let mut config = Config::default();
    config.net.send_latency = Duration::from_millis(1)..Duration::from_nanos(1_000_001);
    let runtime = Runtime::with_seed_and_config(7, config);
    let simulated = runtime.block_on(async move {
        let start = tokio::time::Instant::now();
        let world = Handle::current();
        let server = world.create_node().name("server").ip("10.0.0.1".parse().unwrap()).build();
        server.spawn(serve());
        tokio::time::sleep(Duration::from_millis(10)).await;
        let one = world.create_node().name("clients").ip("10.0.0.2".parse().unwrap()).build();
        let mut tasks = Vec::new();
        for n in 0..args.clients {
            let ip = IpAddr::from([10, 0, 1 + (n / 250) as u8, (1 + n % 250) as u8]);
            let node = if args.hosts {
                world.create_node().name(format!("client{n}")).ip(ip).build()
            } else {
                one.clone()
            };
            tasks.push(node.spawn(client(args)));
        }
        for task in tasks {
            task.await.unwrap();
        }
        start.elapsed()
    });
    args.report(simulated);
}
