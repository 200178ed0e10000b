//! One step after the other: the thread waits, and does nothing else.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};

pub(crate) fn programme(addr: SocketAddr) -> io::Result<String> {
    let speaker = ask(addr, "speaker of Async tools")?;
    let hall = ask(addr, &format!("hall of {speaker}"))?;
    let seats = ask(addr, &format!("seats of {hall}"))?;
    Ok(format!("{speaker} speaks in the {hall}, which has {seats} seats"))
}

fn ask(addr: SocketAddr, question: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(addr)?;
    writeln!(stream, "{question}")?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    super::server::answered(answer)
}
