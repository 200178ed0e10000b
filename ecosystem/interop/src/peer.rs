//! The other end, in a process of its own on plain tokio, for what no package of the system serves:
//! echo over TCP, UDP and websockets, and gRPC's health service.

use std::io::{Read, Write};
use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use crate::Outcome;

/// Serves until standard input ends. The first line of output tells where:
/// `tcp=HOST:PORT udp=... ws=... grpc=...`.
///
/// # Errors
///
/// Any error of `bind(2)`, such as `AddrInUse`, or of making the runtime.
pub fn serve() -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let tcp = TcpListener::bind("127.0.0.1:0").await?;
        let udp = UdpSocket::bind("127.0.0.1:0").await?;
        let ws = TcpListener::bind("127.0.0.1:0").await?;
        let grpc = TcpListener::bind("127.0.0.1:0").await?;
        let mut stdout = std::io::stdout().lock();
        let [a, b, c, d] = [tcp.local_addr()?, udp.local_addr()?, ws.local_addr()?, grpc.local_addr()?];
        writeln!(stdout, "tcp={a} udp={b} ws={c} grpc={d}")?;
        stdout.flush()?;

        tokio::spawn(each(tcp, echo_stream));
        tokio::spawn(echo_datagrams(udp));
        tokio::spawn(each(ws, echo_messages));
        let (reporter, health) = tonic_health::server::health_reporter();
        reporter.set_service_status("interop", tonic_health::ServingStatus::Serving).await;
        let incoming = tonic::transport::server::TcpIncoming::from(grpc);
        tokio::spawn(tonic::transport::Server::builder().add_service(health).serve_with_incoming(incoming));
        let mut rest = Vec::new();
        tokio::task::spawn_blocking(move || std::io::stdin().read_to_end(&mut rest)).await??;
        Ok(())
    })
}

/// One of the addresses in the peer's line.
pub(crate) fn address(
    line: &str,
    name: &str,
) -> Result<SocketAddr, Box<dyn std::error::Error + Send + Sync>> {
    let mut parts = line.split_whitespace().filter_map(|part| part.split_once('='));
    let (_, address) = parts.find(|(key, _)| *key == name).ok_or("the peer does not serve this")?;
    Ok(address.parse()?)
}

async fn each<F: Future<Output = Option<()>> + Send + 'static>(
    listener: TcpListener,
    serve: fn(TcpStream) -> F,
) {
    while let Ok((socket, _)) = listener.accept().await {
        let _small = socket.set_nodelay(true);
        tokio::spawn(serve(socket));
    }
}

async fn echo_stream(mut socket: TcpStream) -> Option<()> {
    let mut buf = vec![0; 16 * 1024];
    while let n @ 1.. = socket.read(&mut buf).await.ok()? {
        socket.write_all(&buf[..n]).await.ok()?;
    }
    Some(())
}

async fn echo_datagrams(socket: UdpSocket) -> Option<()> {
    let mut buf = vec![0; 16 * 1024];
    loop {
        let (n, from) = socket.recv_from(&mut buf).await.ok()?;
        socket.send_to(&buf[..n], from).await.ok()?;
    }
}

async fn echo_messages(socket: TcpStream) -> Option<()> {
    let mut messages = tokio_tungstenite::accept_async(socket).await.ok()?;
    while let Some(Ok(message)) = messages.next().await {
        if message.is_text() || message.is_binary() {
            messages.send(message).await.ok()?;
        }
    }
    Some(())
}
