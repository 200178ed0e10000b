//! By await: it reads as the sequential one does, and the thread does other things meanwhile.

use std::io;
use std::net::SocketAddr;

use anyloop::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use anyloop::net::TcpStream;

pub(crate) async fn programme(addr: SocketAddr) -> io::Result<String> {
    let speaker = ask(addr, "speaker of Async tools").await?;
    let hall = ask(addr, &format!("hall of {speaker}")).await?;
    let seats = ask(addr, &format!("seats of {hall}")).await?;
    Ok(format!("{speaker} speaks in the {hall}, which has {seats} seats"))
}

async fn ask(addr: SocketAddr, question: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(format!("{question}\n").as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).await?;
    super::server::answered(answer)
}
