//! A chat of groups over web sockets; with `--redis`, of as many servers as share it. Its page is
//! at
//! `/?group=coffee&name=anna`.
//!
//!     cargo run --example chat -- --listen 127.0.0.1:8080 --backend smol

use std::process::ExitCode;
use std::time::Duration;

use anyloop::sync::watch;
use anyloop_channels::{Channels, Event, Member, Redis};
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{Html, Response};
use axum::routing::get;
use clap::Parser;
use examples::{Limits, Options, Outcome};
use serde::Deserialize;
use serde_json::{Value, from_str, json};
use sockets::{CloseCode, Conversation, Ended, Message};

/// A chat of groups over web sockets; its page is at /?group=coffee&name=anna.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    limits: Limits,
    /// The URL of a Redis, to share groups with all servers that have it too.
    #[arg(long)]
    redis: Option<String>,
    /// How many milliseconds a server that died is still present there.
    #[arg(long, default_value_t = 10_000)]
    expiry: u64,
}

#[derive(Clone)]
struct Shared {
    channels: Channels,
    limits: Limits,
    /// Closed when the server is to end.
    draining: watch::Receiver<()>,
}

/// What a client sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Say {
    say: String,
}

async fn socket(
    State(shared): State<Shared>,
    Path((group, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (answer, opening) = sockets::upgrade(request, shared.limits.patience, shared.draining);
    anyloop::spawn(async move {
        let Some(mut socket) = opening.await else { return };
        let ended = chat(&mut socket, &shared.channels, &group, &name).await;
        socket.end(ended).await;
    });
    answer
}

async fn chat(socket: &mut Conversation, channels: &Channels, group: &str, name: &str) -> Result<(), Ended> {
    let refused = |error: anyloop_channels::Error| Ended::Farewell(CloseCode::Policy, error.to_string());
    let mut welcome = channels.join(group, name).await.map_err(refused)?;
    let history = welcome.history.iter().map(|said| text(said)).collect::<Vec<_>>().join(",");
    let present: Value = welcome.present.iter().map(|name| &**name).collect();
    tell(socket, format!(r#"{{"welcome":{{"history":[{history}],"present":{present}}}}}"#)).await?;
    drop((history, present));
    loop {
        anyloop::select! {
            said = socket.next() => {
                let Some(said) = said? else { return Ok(()) };
                if let Err(error) = take(&welcome.member, said) {
                    tell(socket, json!({ "error": error }).to_string()).await?;
                }
            }
            event = welcome.member.recv() => {
                let Some(text) = told(event.map_err(refused)?) else { continue };
                tell(socket, text).await?;
            }
        }
    }
}

/// What a client has said, for its group.
fn take(member: &Member, said: Message) -> Result<(), String> {
    let Message::Text(said) = said else { return Err("bytes: text is spoken here".to_owned()) };
    let Say { say } =
        from_str(said.as_str()).map_err(|error| format!("not {{\"say\": \"...\"}}: {error}"))?;
    let said = json!({ "from": member.name(), "text": say });
    member.send(said.to_string()).map_err(|error| error.to_string())
}

/// What a client is told of an event, as a JSON object of one field.
fn told(event: Event) -> Option<String> {
    Some(match event {
        Event::Message(said) => format!(r#"{{"message":{}}}"#, text(&said)),
        Event::Joined(name) => json!({ "joined": *name }).to_string(),
        Event::Left(name) => json!({ "left": *name }).to_string(),
        Event::Missed(count) => json!({ "missed": count }).to_string(),
        Event::Away => r#"{"away":true}"#.to_owned(),
        Event::Back => r#"{"back":true}"#.to_owned(),
        Event::Gap(lost) => json!({ "gap": lost }).to_string(),
        _ => return None,
    })
}

/// A message of the group, which is JSON: `take` has written it.
fn text(said: &[u8]) -> &str {
    std::str::from_utf8(said).unwrap_or("null")
}

async fn tell(socket: &mut Conversation, text: String) -> Result<(), Ended> {
    socket.send(Message::text(text)).await
}

fn main() -> ExitCode {
    let Args { options, limits, redis, expiry } = Args::parse();
    examples::run(options.backend, || run(options.listen, limits, redis, expiry))
}

pub(crate) async fn run(listen: String, limits: Limits, redis: Option<String>, expiry: u64) -> Outcome {
    let mut channels = Channels::builder();
    if let Some(url) = redis {
        let layer = Redis::new(&url)?.expiry(Duration::from_millis(expiry));
        channels = channels.layer(layer.on_error(|error| eprintln!("{error}")));
    }
    let channels = channels.build();
    sockets::serve("chat", &listen, limits, |draining| {
        Router::new()
            .route("/", get(|| async { Html(include_str!("chat.html")) }))
            .route("/socket/{group}/{name}", get(socket))
            .with_state(Shared { channels, limits, draining })
    })
    .await
}
