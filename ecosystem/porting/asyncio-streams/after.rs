use std::io;

use anyloop::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use anyloop::net::{TcpListener, TcpStream};

async fn handle(client: TcpStream) -> io::Result<()> {
    let (reader, mut writer) = client.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        // Waits until it is written: there is no drain to forget.
        writer.write_all(format!("ciao {line}\n").as_bytes()).await?;
    }
    Ok(())
}

#[anyloop::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let server = anyloop::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            anyloop::spawn(handle(client));
        }
    });

    let (reader, mut writer) = TcpStream::connect(addr).await?.into_split();
    let mut reader = BufReader::new(reader);
    for name in ["anna", "bruno"] {
        writer.write_all(format!("{name}\n").as_bytes()).await?;
        let mut line = String::new();
        reader.read_line(&mut line).await?;
        println!("{}", line.trim_end());
    }
    writer.shutdown().await?;
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await?;
    println!("{} bytes more", rest.len());
    server.abort();
    Ok(())
}
