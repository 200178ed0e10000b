use std::io;
use std::time::Duration;

use smol::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream};
use smol::future;

fn main() -> io::Result<()> {
    anyloop::runtime::Runtime::new().expect("a loop").block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        // Dropping the task would cancel it: kept, or detached.
        let server = anyloop::spawn(async move {
            let (mut client, _) = listener.accept().await?;
            let mut text = String::new();
            client.read_to_string(&mut text).await?;
            // Off the loop.
            let shouted = anyloop::task::spawn_blocking(move || text.to_uppercase()).await.unwrap();
            client.write_all(shouted.as_bytes()).await
        });
        anyloop::spawn(async { future::pending::<()>().await });

        let mut client = TcpStream::connect(addr).await?;
        client.write_all(b"ciao").await?;
        client.close().await?;
        let mut answer = String::new();
        client.read_to_string(&mut answer).await?;
        server.await.unwrap()?;
        println!("{answer}");

        let late = async {
            anyloop::time::sleep(Duration::from_millis(5)).await;
            "late"
        };
        println!("{}", future::or(late, async { "soon" }).await);
        let cancelled = anyloop::spawn(future::pending::<()>()).cancel().await.ok();
        println!("{}", if cancelled.is_none() { "cancelled" } else { "done" });
        Ok(())
    })
}
