//! The client of `frameworks -- members`: many web sockets, of which one sends as soon as all have
//! what it sent before. It prints as wrk does; a request is a message that all have.
//!
//!     cargo run --release --example fanout -- 127.0.0.1:8080 1000 2    # members, seconds

use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::timeout;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

/// A message that does not come to all in this time has been lost.
const LONG: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Heard {
    members: Cell<usize>,
    all: Notify,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [addr, members, seconds] = &*args else { return Err("fanout ADDR MEMBERS SECONDS".into()) };
    let (members, seconds) = (members.parse()?, Duration::from_secs(seconds.parse()?));
    LocalSet::new().run_until(ask(addr, members, seconds)).await
}

async fn ask(addr: &str, members: usize, length: Duration) -> Result<(), Box<dyn Error>> {
    let heard = Rc::new(Heard::default());
    let mut sender = None;
    for _ in 0..members {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let (sink, mut messages) = client_async(format!("ws://{addr}/"), stream).await?.0.split();
        // Kept, as its end would end the connection.
        let sink = Rc::new(Cell::new(Some(sink)));
        sender.get_or_insert_with(|| Rc::clone(&sink));
        let heard = Rc::clone(&heard);
        spawn_local(async move {
            while let Some(Ok(message)) = messages.next().await {
                if !message.is_binary() {
                    continue; // a ping
                }
                heard.members.set(heard.members.get() + 1);
                if heard.members.get() == members {
                    heard.all.notify_one();
                }
            }
            drop(sink);
        });
    }
    let mut sink = sender.and_then(|sink| sink.take()).ok_or("no members")?;
    // The last have been answered, and may not be in the group yet.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (begun, mut latencies) = (Instant::now(), Vec::new());
    while begun.elapsed() < length {
        heard.members.set(0);
        let sent = Instant::now();
        sink.send(Message::binary(vec![b'x'; 64])).await?;
        timeout(LONG, heard.all.notified())
            .await
            .map_err(|_| format!("{} of {members} have heard it", heard.members.get()))?;
        latencies.push(sent.elapsed());
    }
    let elapsed = begun.elapsed().as_secs_f64();
    latencies.sort();
    let at = |part: f64| latencies[((latencies.len() - 1) as f64 * part) as usize].as_micros();
    println!("  50%  {}us\n  99%  {}us", at(0.5), at(0.99));
    println!("  {} requests in {elapsed:.2}s, to {members} each", latencies.len());
    println!("Requests/sec: {:.2}", latencies.len() as f64 / elapsed);
    Ok(())
}
