//! Sends every datagram back to its sender.
//!
//!     cargo run --example echo_udp -- --listen 127.0.0.1:9000
//!     nc -u 127.0.0.1 9000

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use anyloop::net::UdpSocket;
use clap::Parser;
use examples::{Options, Outcome};

struct Server {
    socket: UdpSocket,
    buf: Vec<u8>,
    to_send: Option<(usize, SocketAddr)>,
}

impl Server {
    async fn run(self) -> Result<(), io::Error> {
        let Server { socket, mut buf, mut to_send } = self;
        loop {
            // The datagram that was received last goes back before the next one is waited for.
            if let Some((size, peer)) = to_send {
                let amount = socket.send_to(&buf[..size], &peer).await?;
                println!("echoed {amount} of {size} bytes to {peer}");
            }
            to_send = Some(socket.recv_from(&mut buf).await?);
        }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    examples::serve(options.backend, || serve(options.listen))
}

pub(crate) async fn serve(listen: String) -> Outcome {
    let socket = UdpSocket::bind(&listen).await?;
    println!("listening on {}", socket.local_addr()?);
    Server { socket, buf: vec![0; 64 * 1024], to_send: None }.run().await?;
    Ok(())
}
