use std::io;
use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::signal::unix::{SignalKind, signal};
use anyloop::task::JoinSet;
use anyloop::time::{sleep, timeout};

#[anyloop::main]
async fn main() -> io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    println!("serving");
    // In place of the world outside: a client, and a supervisor who ends the program meanwhile.
    let client = anyloop::spawn(use_it(addr));

    let mut clients = JoinSet::new();
    loop {
        anyloop::select! {
            accepted = listener.accept() => {
                clients.spawn(serve(accepted?.0));
            }
            _ = terminated.recv() => break,
        }
    }
    drop(listener); // from here on clients are refused
    println!("stopping");

    let mut finished = 0;
    let drain = async {
        while clients.join_next().await.is_some() {
            finished += 1;
        }
    };
    // Those that take longer are aborted when `clients` is dropped.
    let _late = timeout(Duration::from_secs(5), drain).await;
    println!("{finished} client has finished");
    client.await??;
    Ok(())
}

async fn serve(mut client: TcpStream) -> io::Result<()> {
    client.write_all(b"wait").await?;
    sleep(Duration::from_millis(50)).await;
    client.write_all(b"ed").await
}

async fn use_it(addr: std::net::SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(addr).await?;
    let mut said = [0; 4];
    stream.read_exact(&mut said).await?;
    let terminate = anyloop::process::Command::new("kill").arg(std::process::id().to_string()).status();
    assert!(terminate.await?.success());
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await?;
    assert_eq!(rest, "ed");
    Ok(())
}
