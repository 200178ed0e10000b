//! As much of an HTTP server as is needed where there is no nginx.

use std::io;
use std::net::SocketAddr;

use anyloop::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use anyloop::net::{TcpListener, TcpStream};

/// Serves in a task of the loop, and gives its address.
pub(crate) async fn serve() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    anyloop::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            anyloop::spawn(answer(client));
        }
    });
    Ok(addr)
}

/// Answers until the client has gone, or does not ask to keep the connection.
async fn answer(client: TcpStream) -> io::Result<()> {
    let (reader, mut writer) = client.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Some(request) = lines.next_line().await? {
        while lines.next_line().await?.is_some_and(|header| !header.is_empty()) {}
        writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nciao\n").await?;
        if request.ends_with("HTTP/1.0") {
            break;
        }
    }
    Ok(())
}
