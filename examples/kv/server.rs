//! Clients, and the one task that has the store.

use std::io;
use std::path::Path;

use anyloop::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::sync::{mpsc, oneshot};
use anyloop::task::JoinSet;
use examples::{Limits, Outcome};

use crate::resp::{Answer, Command, read_command};
use crate::store::Store;

/// How many commands wait for the store; whose is the next waits too.
const QUEUE: usize = 256;

/// Serves clients at `listen` with what the log at `log` tells. Keys and values may have `memory`
/// bytes together. Only an error of the disk or of the address ends it.
pub(crate) async fn serve(listen: &str, log: &Path, memory: usize, limits: Limits) -> Outcome {
    let store = Store::open(log, memory).await?;
    let listener = TcpListener::bind(listen).await?;
    println!("kv on {} with {} keys", listener.local_addr()?, store.len());
    let (to_store, requests) = mpsc::channel(QUEUE);
    let mut keeper = anyloop::spawn(keep(store, requests));
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = anyloop::select! {
            accepted = limits.accept(&listener, &mut connections) => accepted?,
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
