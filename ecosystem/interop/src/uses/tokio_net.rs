//! tokio's sockets.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket, UnixListener, UnixStream};

use crate::servers::Service::Peer;
use crate::{Env, Meter, Outcome, ensure_eq, peer};

pub(super) async fn tcp(env: Env, meter: Meter) -> Outcome {
    let mut socket = TcpStream::connect(peer::address(env.address(Peer)?, "tcp")?).await?;
    socket.set_nodelay(true)?;
    meter
        .each(async || {
            socket.write_all(b"x").await?;
            let mut buf = [0];
            socket.read_exact(&mut buf).await?;
            ensure_eq!(buf, *b"x");
            Ok(())
        })
        .await?;
    // Both ways at once, through halves, more than the system's buffers hold.
    let sent: Vec<u8> = (0..2_000_000_u32).map(|i| i.to_le_bytes()[1]).collect();
    let mut got = vec![0; sent.len()];
    let (mut read, mut write) = socket.split();
    tokio::try_join!(write.write_all(&sent), read.read_exact(&mut got))?;
    crate::ensure!(sent == got, "other bytes came back than were sent");
    socket.shutdown().await?;
    ensure_eq!(socket.read(&mut got).await?, 0);
    Ok(())
}

pub(super) async fn udp(env: Env, meter: Meter) -> Outcome {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect(peer::address(env.address(Peer)?, "udp")?).await?;
    meter
        .each(async || {
            socket.send(b"datagram").await?;
            let mut buf = [0; 16];
            let n = socket.recv(&mut buf).await?;
            ensure_eq!(&buf[..n], b"datagram");
            Ok(())
        })
        .await
}

pub(super) async fn unix(env: Env, meter: Meter) -> Outcome {
    let path = env.dir().join("socket");
    let listener = UnixListener::bind(&path)?;
    let (client, server) = tokio::join!(UnixStream::connect(&path), listener.accept());
    let (mut client, (mut server, _)) = (client?, server?);
    let echo = tokio::spawn(async move {
        let mut buf = [0; 4096];
        while let n @ 1.. = server.read(&mut buf).await? {
            server.write_all(&buf[..n]).await?;
        }
        std::io::Result::Ok(())
    });
    meter
        .each(async || {
            let sent = [7; 4096];
            client.write_all(&sent).await?;
            let mut got = [0; 4096];
            client.read_exact(&mut got).await?;
            ensure_eq!(got, sent);
            Ok(())
        })
        .await?;
    drop(client);
    echo.await??;
    Ok(())
}
