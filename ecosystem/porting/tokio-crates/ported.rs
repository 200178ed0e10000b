use std::io;
use std::process::Stdio;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::process::Command;
use tokio_util::codec::{Framed, LinesCodec};

#[anyloop::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let server = anyloop::spawn(async move {
        let (client, _) = listener.accept().await?;
        let mut lines = Framed::new(client, LinesCodec::new());
        while let Some(line) = lines.next().await {
            let line = line.map_err(io::Error::other)?;
            lines.send(line.to_uppercase()).await.map_err(io::Error::other)?;
        }
        io::Result::Ok(())
    });

    let mut lines = Framed::new(TcpStream::connect(addr).await?, LinesCodec::new());
    lines.send("ciao").await.map_err(io::Error::other)?;
    println!("{:?}", lines.next().await.transpose().map_err(io::Error::other)?);
    drop(lines);
    server.await??;

    let output = Command::new("echo").arg("from a process").stdout(Stdio::piped()).output();
    let output = anyloop::time::timeout(Duration::from_secs(20), output).await??;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}
