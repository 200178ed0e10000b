use std::io;
use std::net::SocketAddr;

use anyloop::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::promise::promise;

async fn handle_stream(stream: TcpStream) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    // The end of the stream is None, not an exception.
    while let Some(name) = lines.next_line().await? {
        writer.write_all(format!("ciao {name}\n").as_bytes()).await?;
    }
    println!("a client has gone");
    Ok(())
}

async fn client(addr: SocketAddr) -> io::Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(addr).await?);
    for name in ["anna", "bruno"] {
        stream.get_mut().write_all(format!("{name}\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.read_line(&mut answer).await?;
        println!("{}", answer.trim_end());
    }
    Ok(())
}

#[anyloop::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    // In place of stop(): what main waits for ends the loop.
    let (gone, ended) = promise();
    anyloop::spawn(async move {
        let (stream, _) = listener.accept().await?;
        let outcome = handle_stream(stream).await;
        gone.settle(()).map_err(|()| io::Error::other("the deferred is gone"))?;
        outcome
    });
    anyloop::spawn(client(addr));
    ended.await?;
    Ok(())
}
