//! An echo server on the native loop alone: `cargo run -p loop-native --example echo -- 127.0.0.1:7777`; a number after the address
//! is that of worker threads.
//!
//! To see what a request costs: run it under `strace -c -f`, and let one connection send and receive.

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, TcpListener, TcpOptions};
use loop_api::{EventLoop, Handle};
use loop_native::NativeLoop;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7777".to_owned());
    let workers = std::env::args().nth(2).map_or(Ok(0), |count| count.parse())?;
    let mut native = NativeLoop::builder().worker_threads(workers).build()?;
    let handle = native.handle().clone();
    native.block_on(async {
        let listener = handle.listen_tcp(address.parse()?, &TcpOptions::default())?;
        loop {
            let (mut stream, _) = listener.accept().await?;
            // Detached: the loop owns the task.
            drop(handle.spawn(async move {
                let mut buffer = [0; 4096];
                loop {
                    match stream.read(&mut buffer).await {
                        Ok(0) | Err(_) => break,
                        Ok(count) if stream.write_all(&buffer[..count]).await.is_err() => break,
                        Ok(_) => {}
                    }
                }
            }));
        }
    })
}
