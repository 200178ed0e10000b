//! A line-based chat room, in tokio's idiom: the first line is the name, every further one goes to
//! all others. Nothing that a client does makes it hold more and more: lines have a length, queues
//! an end, and a client that takes nothing is let go.
//!
//!     cargo run --example chat -- --listen 127.0.0.1:6142
//!     nc 127.0.0.1 6142        (twice)

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyloop::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use anyloop::net::tcp::OwnedReadHalf;
use anyloop::net::{TcpListener, TcpStream};
use anyloop::sync::{Mutex, mpsc};
use anyloop::task::JoinSet;
use clap::Parser;
use examples::{Limits, Options, Outcome};

/// The longest line, in bytes.
const LINE_LIMIT: usize = 4096;

/// How many messages may wait for a peer. A sender waits while the queue is full.
const QUEUE_LIMIT: usize = 64;

/// The sending half of what a peer is to be told.
type Tx = mpsc::Sender<String>;

/// Who is in the room.
#[derive(Default)]
struct Room {
    peers: Mutex<HashMap<SocketAddr, Tx>>,
}

impl Room {
    async fn broadcast(&self, sender: SocketAddr, message: &str) {
        // The room is not held while a peer is waited for.
        let peers = self.peers.lock().await;
        let others: Vec<Tx> =
            peers.iter().filter(|(addr, _)| **addr != sender).map(|(_, tx)| tx.clone()).collect();
        drop(peers);
        for peer in others {
            // A peer that has just gone is told no more.
            let _gone = peer.send(message.to_owned()).await;
        }
    }
}

/// A chat room by lines: the first is the name, every further one goes to all others.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    limits: Limits,
}

fn main() -> ExitCode {
    let Args { options, limits } = Args::parse();
    examples::serve(options.backend, || chat(options.listen, limits))
}

pub(crate) async fn chat(listen: String, limits: Limits) -> Outcome {
    let room = Arc::new(Room::default());
    let listener = TcpListener::bind(&listen).await?;
    println!("chat on {}", listener.local_addr()?);
    let mut connections = JoinSet::new();
    loop {
        let (stream, addr) = limits.accept(&listener, &mut connections).await?;
        let room = Arc::clone(&room);
        connections.spawn(async move {
            if let Err(error) = process(&room, stream, addr, limits).await {
                eprintln!("{addr}: {error}");
            }
        });
    }
}

async fn process(room: &Room, stream: TcpStream, addr: SocketAddr, limits: Limits) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    limits.wait(writer.write_all(b"Please enter your username:\n")).await?;
    let Some(username) = limits.wait(next_line(&mut reader)).await? else { return Ok(()) };

    let (tx, mut rx) = mpsc::channel::<String>(QUEUE_LIMIT);
    room.peers.lock().await.insert(addr, tx);
    room.broadcast(addr, &format!("{username} has joined the chat\n")).await;

    // Both go on at once, so that a peer that waits for another to take its words takes those of
    // others.
    let receives = async {
        while let Some(message) = rx.recv().await {
            limits.wait(writer.write_all(message.as_bytes())).await?;
        }
        Ok(())
    };
    let sends = async {
        while let Some(line) = next_line(&mut reader).await? {
            room.broadcast(addr, &format!("{username}: {line}\n")).await;
        }
        Ok(())
    };
    let result: io::Result<()> = anyloop::select! {
        ended = receives => ended,
        ended = sends => ended,
    };

    room.peers.lock().await.remove(&addr);
    room.broadcast(addr, &format!("{username} has left the chat\n")).await;
    result
}

/// The next line, or `None` at the end of the connection. Unlike `lines()` it gives up a line that
/// has no end.
async fn next_line(reader: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    loop {
        let chunk = reader.fill_buf().await?;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(chunk.len(), |end| end + 1);
        line.extend_from_slice(&chunk[..taken]);
        reader.consume(taken);
        if line.len() > LINE_LIMIT {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long"));
        }
        if end.is_some() || taken == 0 {
            break;
        }
    }
    if line.is_empty() {
        return Ok(None);
    }
    let line = String::from_utf8(line).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
}
