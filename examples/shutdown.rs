//! A server that ends gracefully: at Ctrl-C or SIGTERM it takes no further client, and lets those
//! that it has finish for some seconds. It sends lines back.
//!
//!     cargo run --example shutdown -- --listen 127.0.0.1:7000 --grace 5
//!     nc 127.0.0.1 7000

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use anyloop::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::task::JoinSet;
use anyloop::time::timeout;
use clap::Parser;
use examples::{Options, Outcome, Stop};

/// A server of lines that ends gracefully, at Ctrl-C or SIGTERM.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// How many milliseconds clients have to finish.
    #[arg(long, default_value_t = 5000)]
    grace: u64,
}

fn main() -> ExitCode {
    let Args { options, grace } = Args::parse();
    examples::run(options.backend, || serve(options.listen, Duration::from_millis(grace)))
}

pub(crate) async fn serve(listen: String, grace: Duration) -> Outcome {
    let mut stop = Stop::listen()?;
    let listener = TcpListener::bind(&listen).await?;
    println!("shutdown on {}", listener.local_addr()?);
    let mut clients = JoinSet::new();
    loop {
        let stream = anyloop::select! {
            accepted = listener.accept() => accepted?.0,
            () = stop.asked() => break,
        };
        while clients.try_join_next().is_some() {}
        clients.spawn(async move {
            if let Err(error) = send_back(stream).await {
                eprintln!("{error}");
            }
        });
    }
    // Further ones are refused.
    drop(listener);
    while clients.try_join_next().is_some() {}
    println!("{} clients have {grace:?} to finish", clients.len());
    let finish = async { while clients.join_next().await.is_some() {} };
    match timeout(grace, finish).await {
        Ok(()) => println!("all have finished"),
        // They end with the set.
        Err(_) => println!("{} have not finished", clients.len()),
    }
    Ok(())
}

async fn send_back(stream: TcpStream) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        writer.write_all(format!("{line}\n").as_bytes()).await?;
    }
    writer.shutdown().await
}
