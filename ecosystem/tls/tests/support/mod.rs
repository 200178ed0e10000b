//! What several tests need.
#![allow(dead_code)]

use std::io;
use std::process::{Command, Output};
use std::time::Duration;

use anyloop::net::{TcpListener, TcpStream};

/// No test takes longer, unless something hangs.
pub(crate) async fn bounded<F: Future>(test: F) -> F::Output {
    anyloop::time::timeout(Duration::from_secs(60), test).await.expect("it to end in a minute")
}

pub(crate) async fn sockets() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let one = TcpStream::connect(listener.local_addr()?).await?;
    Ok((one, listener.accept().await?.0))
}

/// Runs a program that ends by itself, off the loop; it must succeed.
pub(crate) async fn run(mut command: Command) -> Output {
    let ran = anyloop::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let output = ran.expect("the program to be run");
    assert!(output.status.success(), "{output:?}");
    output
}
