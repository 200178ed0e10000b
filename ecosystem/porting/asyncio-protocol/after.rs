use std::io;

use anyloop::net::{TcpListener, TcpStream};
use anyloop::promise::{Promise, promise};
use anyloop::protocol::{self, Protocol, Transport};
use anyloop::runtime::Handle;

struct Echo;

impl Protocol for Echo {
    fn data_received(&mut self, transport: &mut Transport, data: &[u8]) {
        transport.write(&data.to_ascii_uppercase());
    }

    fn eof_received(&mut self, transport: &mut Transport) -> bool {
        transport.write(b" and goodbye");
        false
    }
}

struct Client {
    lost: Option<Promise<String>>,
    data: Vec<u8>,
}

impl Protocol for Client {
    fn connection_made(&mut self, transport: &mut Transport) {
        println!("connected");
        transport.write(b"ciao");
        transport.write_eof();
    }

    fn data_received(&mut self, _: &mut Transport, data: &[u8]) {
        self.data.extend(data);
    }

    fn connection_lost(&mut self, _: Option<io::Error>) {
        let data = String::from_utf8_lossy(&self.data).into_owned();
        let _not_awaited = self.lost.take().map(|lost| lost.settle(data));
    }
}

#[anyloop::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let server = protocol::serve(&Handle::current(), listener, |_peer| Echo);
    let (lost, data) = promise();
    let client = Client { lost: Some(lost), data: Vec::new() };
    anyloop::spawn(protocol::run(TcpStream::connect(addr).await?, client));
    println!("{}", data.await?);
    server.close();
    Ok(())
}
