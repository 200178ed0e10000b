use std::io;
use std::time::Duration;

use async_std::channel;
use anyloop::time::timeout;
use async_std::io::BufReader;
use async_std::net::{TcpListener, TcpStream};
use async_std::prelude::*;
use anyloop::task;

fn main() -> io::Result<()> {
    anyloop::runtime::Runtime::new().expect("a loop").block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let (sender, receiver) = channel::bounded(8);
        let server = task::spawn(async move {
            let mut incoming = listener.incoming();
            while let Some(client) = incoming.next().await {
                task::spawn(echo(client?, sender.clone()));
            }
            io::Result::Ok(())
        });

        let mut client = TcpStream::connect(addr).await?;
        client.write_all(b"one\ntwo\n").await?;
        let mut lines = BufReader::new(client).lines();
        while let Some(line) = lines.next().await {
            let line = line?;
            println!("{line}, {} bytes", receiver.recv().await.expect("it echoes"));
            if line == "two" {
                break;
            }
        }
        let silence = timeout(Duration::from_millis(5), receiver.recv()).await;
        println!("{}", if silence.is_err() { "quiet" } else { "more" });
        server.cancel().await.ok();
        println!("{}", task::spawn_blocking(|| 6 * 7).await.unwrap());
        Ok(())
    })
}

async fn echo(client: TcpStream, sender: channel::Sender<usize>) -> io::Result<()> {
    let mut lines = BufReader::new(&client).lines();
    let mut writer = &client;
    while let Some(line) = lines.next().await {
        let line = line? + "\n";
        writer.write_all(line.as_bytes()).await?;
        sender.send(line.len()).await.map_err(io::Error::other)?;
    }
    Ok(())
}
