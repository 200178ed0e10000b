//! Carries every connection to another address, both ways, and each side's end with it.
//!
//!     cargo run --example proxy -- --listen 127.0.0.1:8080 --to 127.0.0.1:80
//!     curl http://127.0.0.1:8080/

use std::process::ExitCode;

use anyloop::io::copy_bidirectional;
use anyloop::net::{TcpListener, TcpStream};
use clap::Parser;
use examples::{Options, Outcome};

/// Carries every connection to another address, both ways.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// Where to carry the connections, as HOST:PORT.
    #[arg(long)]
    to: String,
}

fn main() -> ExitCode {
    let Args { options, to } = Args::parse();
    examples::serve(options.backend, || proxy(options.listen, to))
}

pub(crate) async fn proxy(listen: String, to: String) -> Outcome {
    // A bad address is told now, not at the first connection.
    let _addrs = anyloop::net::lookup_host(&to).await?;
    let listener = TcpListener::bind(&listen).await?;
    println!("proxy on {} to {to}", listener.local_addr()?);
    loop {
        let (mut inbound, peer) = listener.accept().await?;
        let to = to.clone();
        anyloop::spawn(async move {
            let carried = async {
                let mut outbound = TcpStream::connect(&to).await?;
                copy_bidirectional(&mut inbound, &mut outbound).await
            };
            if let Err(error) = carried.await {
                eprintln!("{peer}: {error}");
            }
        });
    }
}
