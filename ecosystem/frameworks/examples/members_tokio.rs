//! The group of many members on plain tokio: `cargo run --example members_tokio`.

use std::error::Error;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message};

async fn member(stream: TcpStream, group: broadcast::Sender<Bytes>) -> Result<(), Box<dyn Error>> {
    // The default of 128 KiB is for each connection; anyloop's has this, too.
    let config = WebSocketConfig::default().read_buffer_size(16 * 1024);
    let mut socket = accept_async_with_config(stream, Some(config)).await?;
    let mut events = group.subscribe();
    loop {
        tokio::select! {
            said = socket.next() => match said.transpose()? {
                None | Some(Message::Close(_)) => return Ok(()),
                Some(said) => drop(group.send(said.into_data())),
            },
            event = events.recv() => socket.send(Message::binary(event?)).await?,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let addr = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let listener = TcpListener::bind(addr).await?;
    println!("http://{}", listener.local_addr()?);
    let (group, _) = broadcast::channel(64);
    loop {
        let (stream, _) = listener.accept().await?;
        let group = group.clone();
        tokio::spawn(async move {
            if let Err(error) = member(stream, group).await.map_err(|error| error.to_string()) {
                eprintln!("{error}");
            }
        });
    }
}
