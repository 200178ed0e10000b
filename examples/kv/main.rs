//! A key-value server that keeps what it was told in a file: every change is appended to a log and
//! on the disk before it is answered, and the log is read at the start. It talks to redis' clients.
//!
//!     cargo run --example kv -- --listen 127.0.0.1:6380 --log /tmp/kv.log
//!     redis-cli -p 6380 set city Prague
//!     printf 'GET city\r\n' | nc -N 127.0.0.1 6380

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyloop::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::sync::{mpsc, oneshot};
use anyloop::task::JoinSet;
use clap::Parser;
use examples::{Limits, Options, Outcome};

mod resp;
mod store;

use resp::{Answer, Command, read_command};
use store::Store;

/// How many commands wait for the store; whose is the next waits too.
const QUEUE: usize = 256;

#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    limits: Limits,
    /// The log; it is made if it is not there.
    #[arg(long, default_value = "kv.log")]
    log: PathBuf,
    /// How many MiB keys and values may have together.
    #[arg(long, default_value_t = 64)]
    memory: usize,
}

fn main() -> ExitCode {
    let args = Args::parse();
    examples::serve(args.options.backend, || serve(args))
}

async fn serve(Args { options, limits, log, memory }: Args) -> Outcome {
    let store = Store::open(&log, memory.saturating_mul(1024 * 1024)).await?;
    let listener = TcpListener::bind(&options.listen).await?;
    println!("kv on {} with {} keys", listener.local_addr()?, store.len());
    let (to_store, requests) = mpsc::channel(QUEUE);
    let mut keeper = anyloop::spawn(keep(store, requests));
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = anyloop::select! {
            accepted = limits.accept(&listener, &mut connections) => accepted?,
            // Only an error of the disk ends it.
            ended = &mut keeper => return Ok(ended??),
        };
        let to_store = to_store.clone();
        connections.spawn(async move {
            if let Err(error) = talk(stream, to_store, limits).await {
                eprintln!("{peer}: {error}");
            }
        });
    }
}

struct Request {
    command: Command,
    answer: oneshot::Sender<Answer>,
}

/// The only task that has the store. Changes that wait together go to the disk together.
async fn keep(mut store: Store, mut requests: mpsc::Receiver<Request>) -> io::Result<()> {
    let mut batch = Vec::new();
    while requests.recv_many(&mut batch, QUEUE).await > 0 {
        let answers: Vec<Answer> = batch.iter().map(|request| store.apply(&request.command)).collect();
        // After an error none is answered: what the log holds is not known.
        store.write().await?;
        for (request, answer) in batch.drain(..).zip(answers) {
            // The client may have gone.
            let _gone = request.answer.send(answer);
        }
    }
    Ok(())
}

async fn talk(stream: TcpStream, to_store: mpsc::Sender<Request>, limits: Limits) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    // A client may be idle, but not in the middle of a command.
    while !reader.fill_buf().await?.is_empty() {
        let command = match limits.wait(read_command(&mut reader)).await {
            Ok(Some(command)) => command,
            Ok(None) => break,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let answer = Answer::Error(error.to_string()).to_bytes();
                limits.wait(writer.write_all(&answer)).await?;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        let (answer, answered) = oneshot::channel();
        // It ends with the program.
        let ended = || io::Error::other("the store has ended");
        to_store.send(Request { command, answer }).await.map_err(|_| ended())?;
        let answer = answered.await.map_err(|_| ended())?;
        limits.wait(writer.write_all(&answer.to_bytes())).await?;
    }
    writer.shutdown().await
}
