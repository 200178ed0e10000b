//! Sends back what it is sent.
//!
//!     cargo run --example echo -- --listen 127.0.0.1:7000 --backend smol
//!     nc 127.0.0.1 7000

use std::process::ExitCode;

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::TcpListener;
use clap::Parser;
use examples::{Options, Outcome};

fn main() -> ExitCode {
    let options = Options::parse();
    examples::serve(options.backend, || echo(options.listen))
}

pub(crate) async fn echo(listen: String) -> Outcome {
    let listener = TcpListener::bind(&listen).await?;
    println!("echo on {}", listener.local_addr()?);
    loop {
        let (mut socket, peer) = listener.accept().await?;
        anyloop::spawn(async move {
            let mut buf = vec![0; 16 * 1024];
            loop {
                match socket.read(&mut buf).await {
                    Ok(0) => return,
                    Ok(n) => {
                        if let Err(error) = socket.write_all(&buf[..n]).await {
                            return eprintln!("{peer}: {error}");
                        }
                    }
                    Err(error) => return eprintln!("{peer}: {error}"),
                }
            }
        });
    }
}
