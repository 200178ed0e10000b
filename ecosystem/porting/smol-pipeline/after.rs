use std::future::pending;
use std::io;
use std::time::Duration;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::time::sleep;

#[anyloop::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    // Dropping the handle detaches the task. `abort` and `cancel` end it.
    let server = anyloop::spawn(async move {
        let (mut client, _) = listener.accept().await?;
        let mut text = String::new();
        client.read_to_string(&mut text).await?;
        // Off the loop.
        let shouted = anyloop::task::spawn_blocking(move || text.to_uppercase()).await?;
        client.write_all(shouted.as_bytes()).await
    });
    anyloop::spawn(pending::<()>());

    let mut client = TcpStream::connect(addr).await?;
    client.write_all(b"ciao").await?;
    client.shutdown().await?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await?;
    server.await??;
    println!("{answer}");

    let late = async {
        sleep(Duration::from_millis(5)).await;
        "late"
    };
    let first = anyloop::select! {
        word = late => word,
        word = async { "soon" } => word,
    };
    println!("{first}");
    let cancelled = anyloop::spawn(pending::<()>()).cancel().await;
    println!("{}", if cancelled.is_err() { "cancelled" } else { "done" });
    Ok(())
}
