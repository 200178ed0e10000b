use std::io;
use std::time::Duration;

use anyloop::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::sync::mpsc;
use anyloop::task;
use anyloop::time::timeout;

#[anyloop::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let (sender, mut receiver) = mpsc::channel(8);
    let server = task::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            task::spawn(echo(client, sender.clone()));
        }
    });

    let mut client = TcpStream::connect(addr).await?;
    client.write_all(b"one\ntwo\n").await?;
    let mut lines = BufReader::new(client).lines();
    while let Some(line) = lines.next_line().await? {
        println!("{line}, {} bytes", receiver.recv().await.expect("it echoes"));
        if line == "two" {
            break;
        }
    }
    let silence = timeout(Duration::from_millis(5), receiver.recv()).await;
    println!("{}", if silence.is_err() { "quiet" } else { "more" });
    let _cancelled = server.cancel().await;
    println!("{}", task::spawn_blocking(|| 6 * 7).await?);
    Ok(())
}

async fn echo(client: TcpStream, sender: mpsc::Sender<usize>) -> io::Result<()> {
    let (reader, mut writer) = client.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        let line = line + "\n";
        writer.write_all(line.as_bytes()).await?;
        sender.send(line.len()).await.map_err(io::Error::other)?;
    }
    Ok(())
}
