//! A line-based chat room, in tokio's idiom: the first line is the name, every further one goes to all others.
//!
//!     cargo run --example chat -- --listen 127.0.0.1:6142
//!     nc 127.0.0.1 6142        (twice)

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use anyloop::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::sync::{Mutex, mpsc};
use clap::Parser;
use examples::{Options, Outcome};

/// The sending half of what a peer is to be told.
type Tx = mpsc::UnboundedSender<String>;

/// Who is in the room.
#[derive(Default)]
struct Room {
    peers: HashMap<SocketAddr, Tx>,
}

impl Room {
    fn broadcast(&self, sender: SocketAddr, message: &str) {
        for (_, peer) in self.peers.iter().filter(|(addr, _)| **addr != sender) {
            // A peer that has just gone is told no more.
            let _gone = peer.send(message.to_owned());
        }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    examples::serve(options.backend, || chat(options.listen))
}

async fn chat(listen: String) -> Outcome {
    let room = Arc::new(Mutex::new(Room::default()));
    let listener = TcpListener::bind(&listen).await?;
    println!("chat on {}", listener.local_addr()?);
    loop {
        let (stream, addr) = listener.accept().await?;
        let room = Arc::clone(&room);
        anyloop::spawn(async move {
            if let Err(error) = process(room, stream, addr).await {
                eprintln!("{addr}: {error}");
            }
        });
    }
}

async fn process(room: Arc<Mutex<Room>>, stream: TcpStream, addr: SocketAddr) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"Please enter your username:\n").await?;
    let Some(username) = lines.next_line().await? else { return Ok(()) };

    let (tx, mut rx) = mpsc::unbounded_channel();
    room.lock().await.peers.insert(addr, tx);
    room.lock().await.broadcast(addr, &format!("{username} has joined the chat\n"));

    let result: io::Result<()> = async {
        loop {
            anyloop::select! {
                message = rx.recv() => match message {
                    Some(message) => writer.write_all(message.as_bytes()).await?,
                    None => return Ok(()),
                },
                line = lines.next_line() => match line? {
                    Some(line) => room.lock().await.broadcast(addr, &format!("{username}: {line}\n")),
                    None => return Ok(()),
                },
            }
        }
    }
    .await;

    let mut room = room.lock().await;
    room.peers.remove(&addr);
    room.broadcast(addr, &format!("{username} has left the chat\n"));
    result
}
