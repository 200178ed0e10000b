//! A group of many members, to be measured: what one sends, all get. `frameworks -- members` has the
//! same on plain tokio and on Node.
//!
//!     ANYLOOP_BACKEND=smol cargo run --example members -- 127.0.0.1:8080

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyloop::net::TcpListener;
use anyloop::sync::watch;
use anyloop_channels::{Channels, Event};
use axum::Router;
use axum::extract::Request;
use axum::routing::get;
use sockets::{Conversation, Ended, Message};

const PATIENCE: Duration = Duration::from_secs(30);

async fn member(socket: &mut Conversation, channels: &Channels, name: String) -> Result<(), Ended> {
    let mut member = channels.join("all", &name).await?.member;
    loop {
        anyloop::select! {
            said = socket.next() => match said? {
                Some(said) => member.send(said.into_data())?,
                None => return Ok(()),
            },
            event = member.recv() => match event? {
                Event::Message(said) => socket.send(Message::binary(said)).await?,
                // A measurement in which something is missed would count for nothing.
                event => return Err(io::Error::other(format!("{event:?}")).into()),
            },
        }
    }
}

#[anyloop::main]
async fn main() -> io::Result<()> {
    let addr = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".into());
    let channels = Channels::builder().announce(false).history(0).build();
    let (_drain, draining) = watch::channel(());
    let joined = Arc::new(AtomicUsize::new(0));
    let join = move |request: Request| async move {
        let (answer, opening) = sockets::upgrade(request, PATIENCE, draining);
        let name = joined.fetch_add(1, Ordering::Relaxed).to_string();
        anyloop::spawn(async move {
            let Some(mut socket) = opening.await else { return };
            let ended = member(&mut socket, &channels, name).await;
            socket.end(ended).await;
        });
        answer
    };
    let listener = TcpListener::bind(addr).await?;
    println!("http://{}", listener.local_addr()?);
    anyloop_web::serve(listener, Router::new().route("/", get(join))).await
}
