//! In a world of turmoil, ticks of a millisecond, as is its default.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use turmoil::net::{TcpListener, TcpStream};
use worlds::Args;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

async fn serve() -> Result<()> {
    let listener = TcpListener::bind("0.0.0.0:7000").await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            let mut buf = [0; 64];
            while stream.read_exact(&mut buf).await.is_ok() && stream.write_all(&buf).await.is_ok() {}
        });
    }
}

async fn client(args: Args) -> Result<()> {
    let mut stream = TcpStream::connect("server:7000").await?;
    let mut buf = [1; 64];
    for _ in 0..args.rounds {
        stream.write_all(&buf).await?;
        stream.read_exact(&mut buf).await?;
        if !args.wait.is_zero() {
            tokio::time::sleep(args.wait).await;
        }
    }
    Ok(())
}

fn main() {
    let args = Args::parse();
    let ms = Duration::from_millis(1);
    let mut sim = turmoil::Builder::new()
        .simulation_duration(Duration::from_secs(360_000))
        .tick_duration(ms)
        .min_message_latency(ms)
        .max_message_latency(ms)
        .tcp_capacity(4096)
        .rng_seed(7)
        .build();
    sim.host("server", serve);
    if args.hosts {
        for n in 0..args.clients {
            sim.client(format!("client{n}"), client(args));
        }
    } else {
        sim.client("clients", async move {
            let ask = |_| tokio::spawn(async move { client(args).await.map_err(|error| error.to_string()) });
            for task in (0..args.clients).map(ask).collect::<Vec<_>>() {
                task.await??;
            }
            Ok(())
        });
    }
    sim.run().unwrap();
    args.report(sim.elapsed());
}
