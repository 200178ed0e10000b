use std::io;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::runtime::Handle;

#[anyloop::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    anyloop::spawn(serve(listener));

    let mut said = String::new();
    TcpStream::connect(addr).await?.read_to_string(&mut said).await?;
    println!("{} says: {said}", Handle::current().backend());
    Ok(())
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (mut client, _) = listener.accept().await?;
        anyloop::spawn(async move { client.write_all(b"ciao").await });
    }
}
