use std::io;
use std::time::Duration;

use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::net::{TcpListener, TcpStream};
use smol::{Timer, future};

fn main() -> io::Result<()> {
    smol::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        // Dropping the task would cancel it: kept, or detached.
        let server = smol::spawn(async move {
            let (mut client, _) = listener.accept().await?;
            let mut text = String::new();
            client.read_to_string(&mut text).await?;
            // Off the loop.
            let shouted = smol::unblock(move || text.to_uppercase()).await;
            client.write_all(shouted.as_bytes()).await
        });
        smol::spawn(async { future::pending::<()>().await }).detach();

        let mut client = TcpStream::connect(addr).await?;
        client.write_all(b"ciao").await?;
        client.shutdown(std::net::Shutdown::Write)?;
        let mut answer = String::new();
        client.read_to_string(&mut answer).await?;
        server.await?;
        println!("{answer}");

        let late = async {
            Timer::after(Duration::from_millis(5)).await;
            "late"
        };
        println!("{}", future::or(late, async { "soon" }).await);
        let cancelled = smol::spawn(future::pending::<()>()).cancel().await;
        println!("{}", if cancelled.is_none() { "cancelled" } else { "done" });
        Ok(())
    })
}
