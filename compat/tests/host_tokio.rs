//! tokio as part of a native and of a smol loop: what panics about a missing runtime elsewhere
//! works in every place of the loop.

#![cfg(unix)]

#[macro_use]
#[path = "support/with_tokio.rs"]
mod with_tokio;

use std::io;
use std::time::Duration;

use loop_api::{EventLoop, Handle};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// tokio's sockets, timer, spawn, files and jobs, at some depth, without a wrapper.
async fn uses() -> io::Result<usize> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        stream.write_all(&bytes).await?;
        io::Result::Ok(bytes.len())
    });
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    stream.write_all(b"tokio inside").await?;
    stream.shutdown().await?;
    let mut back = String::new();
    tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut back)).await??;
    assert_eq!(back, "tokio inside");
    tokio::time::sleep(Duration::from_millis(2)).await;
    let here = tokio::fs::metadata(".").await?;
    assert!(here.is_dir());
    let seven = tokio::task::spawn_blocking(|| {
        // A job may block on tokio's own futures.
        tokio::runtime::Handle::current().block_on(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            7
        })
    });
    assert_eq!(seven.await?, 7);
    server.await?
}

on_each! {
    fn everything_works_in_the_main_future(event_loop) {
        assert_eq!(event_loop.block_on(uses()).unwrap(), 12);
    }

    fn everything_works_in_tasks(event_loop) {
        let handle = event_loop.handle().clone();
        let tasks: Vec<_> = (0..8).map(|_| handle.spawn(uses())).collect();
        event_loop.block_on(async {
            for task in tasks {
                assert_eq!(task.await.unwrap().unwrap(), 12);
            }
        });
    }
}
