//! A web-socket server that sends each message of a client to all others.
//!
//!     cargo run --example broadcast -- --listen 127.0.0.1:8081
//!
//! and in the console of a browser, in two tabs:
//!
//!     s = new WebSocket("ws://127.0.0.1:8081"); s.onmessage = m => console.log(m.data)
//!     s.send("ciao")

use std::net::SocketAddr;
use std::process::ExitCode;

use anyloop::net::{TcpListener, TcpStream};
use anyloop::sync::broadcast::{self, error::RecvError};
use anyloop::task::JoinSet;
use anyloop::time::{interval, timeout};
use clap::Parser;
use examples::{Limits, Options, Outcome};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

/// The longest message, in bytes.
const MESSAGE_LIMIT: usize = 16 * 1024;
/// How many messages wait for a slow client before it loses some.
const QUEUE: usize = 64;

/// A web-socket server that sends each message of a client to all others.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    limits: Limits,
}

fn main() -> ExitCode {
    let Args { options, limits } = Args::parse();
    examples::serve(options.backend, || serve(options.listen, limits))
}

/// A message, and who sent it.
type Said = (SocketAddr, Utf8Bytes);

pub(crate) async fn serve(listen: String, limits: Limits) -> Outcome {
    let listener = TcpListener::bind(&listen).await?;
    println!("broadcast on {}", listener.local_addr()?);
    let (say, _) = broadcast::channel(QUEUE);
    let mut clients = JoinSet::new();
    loop {
        let (stream, peer) = limits.accept(&listener, &mut clients).await?;
        let say = say.clone();
        clients.spawn(async move {
            if let Err(error) = client(stream, peer, say, limits).await {
                eprintln!("{peer}: {error}");
            }
        });
    }
}

async fn client(
    stream: TcpStream,
    peer: SocketAddr,
    say: broadcast::Sender<Said>,
    limits: Limits,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let config = WebSocketConfig::default()
        .read_buffer_size(MESSAGE_LIMIT)
        .max_message_size(Some(MESSAGE_LIMIT))
        .max_frame_size(Some(MESSAGE_LIMIT));
    let accept = accept_async_with_config(stream, Some(config));
    let mut socket = timeout(limits.patience, accept).await??;
    let mut hear = say.subscribe();
    // One that has gone without a word does not answer.
    let mut pings = interval(limits.patience);
    let mut answered = true;
    loop {
        let message = anyloop::select! {
            message = socket.next() => {
                answered = true;
                match message.transpose()? {
                    None | Some(Message::Close(_)) => return Ok(()),
                    Some(Message::Text(text)) => {
                        // This client hears too, so there is a receiver.
                        let _hearers = say.send((peer, text));
                    }
                    Some(_) => {}
                }
                continue;
            }
            said = hear.recv() => match said {
                Ok((from, _)) if from == peer => continue,
                Ok((_, text)) => Message::Text(text),
                Err(RecvError::Lagged(lost)) => Message::Text(format!("({lost} messages lost)").into()),
                // Not while this has a sender.
                Err(RecvError::Closed) => return Ok(()),
            },
            _ = pings.tick() => {
                if !answered {
                    return Err("it does not answer".into());
                }
                answered = false;
                Message::Ping(Bytes::new())
            }
        };
        timeout(limits.patience, socket.send(message)).await??;
    }
}
