//! The way to a backend's own sockets, and back.
#![cfg(all(feature = "macros", feature = "io-util"))]

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream};

#[anyloop::test]
async fn sockets_go_to_the_standard_library_and_back() -> std::io::Result<()> {
    let listener = TcpListener::from_std(TcpListener::bind("127.0.0.1:0").await?.into_std()?)?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    let mut client = TcpStream::from_std(client.into_std()?)?;
    let (mut server, _) = listener.accept().await?;
    client.write_all(b"x").await?;
    assert_eq!(server.read_u8().await?, b'x');
    Ok(())
}

#[cfg(feature = "tokio")]
#[anyloop::test]
async fn only_tokios_sockets_are_tokios() -> std::io::Result<()> {
    use anyloop::runtime::{Backend, Handle};
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    match listener.into_tokio() {
        Ok(listener) => {
            assert_eq!(Handle::current().backend(), Backend::Tokio);
            let client = tokio::net::TcpStream::connect(listener.local_addr()?).await?;
            assert!(TcpStream::from(client).peer_addr().is_ok());
        }
        Err(listener) => {
            assert_ne!(Handle::current().backend(), Backend::Tokio);
            assert!(listener.local_addr().is_ok());
        }
    }
    Ok(())
}
