//! The talk's greeting server, in the manner of Twisted: the loop calls the protocol.
//!
//!     cargo run --example greeting -- --listen 127.0.0.1:8007
//!     nc 127.0.0.1 8007

use std::process::ExitCode;

use anyloop::net::TcpListener;
use anyloop::protocol::{self, Protocol, Transport};
use anyloop::runtime::Handle;
use clap::Parser;
use examples::{Options, Outcome};

struct Greeting;

impl Protocol for Greeting {
    fn connection_made(&mut self, transport: &mut Transport) {
        transport.write(b"Ciao EuroPython\r\n");
        transport.close();
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    examples::serve(options.backend, || greet(options.listen))
}

pub(crate) async fn greet(listen: String) -> Outcome {
    let listener = TcpListener::bind(&listen).await?;
    println!("greeting on {}", listener.local_addr()?);
    protocol::serve(&Handle::current(), listener, |_peer| Greeting).wait_closed().await?;
    Ok(())
}
