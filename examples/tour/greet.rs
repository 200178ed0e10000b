//! The talk's greeting server and a client of it.

use std::io;

use anyloop::io::AsyncReadExt;
use anyloop::net::{TcpListener, TcpStream};
use anyloop::protocol::{self, Protocol, Transport};
use anyloop::runtime::Handle;

struct Greeting;

impl Protocol for Greeting {
    fn connection_made(&mut self, transport: &mut Transport) {
        transport.write(b"Ciao EuroPython");
        transport.close();
    }
}

pub(crate) async fn run() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let server = protocol::serve(&Handle::current(), listener, |_peer| Greeting);
    let mut client = TcpStream::connect(addr).await?;
    let mut greeting = String::new();
    client.read_to_string(&mut greeting).await?;
    server.close();
    server.wait_closed().await?;
    Ok(greeting)
}
