//! `Builder::with_tokio` on every backend compiled in: tokio's things unwrapped, beside the ambient
//! API.
#![cfg(feature = "compat")]

use std::io;
use std::time::Duration;

use anyloop::runtime::{Backend, Handle};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

mod support;

/// A byte there and back between a socket of tokio's and one of the loop's.
async fn mixed() -> io::Result<u8> {
    let listener = anyloop::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = anyloop::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let mut byte = [0];
        stream.read_exact(&mut byte).await?;
        stream.write_all(&byte).await?;
        io::Result::Ok(())
    });
    // tokio's own type, with the methods that need no trait of its.
    let stream = tokio::net::TcpStream::connect(address).await?;
    stream.writable().await?;
    assert_eq!(stream.try_write(&[9])?, 1);
    let mut byte = [0];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut byte) {
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    server.await??;
    tokio::time::sleep(Duration::from_millis(1)).await;
    anyloop::time::sleep(Duration::from_millis(1)).await;
    Ok(byte[0])
}

fn on_each(workers: Option<usize>) {
    for &backend in Backend::compiled() {
        let mut builder = support::with_tokio(backend);
        if let Some(count) = workers {
            builder.worker_threads(count);
        }
        let mut runtime = builder.build().unwrap();
        let result = runtime.block_on(async {
            // In the main future, in a task of the loop's, and in one of tokio's, which finds the
            // same loop.
            let here = mixed().await?;
            let in_task = anyloop::spawn(mixed()).await??;
            let in_tokios = tokio::spawn(async {
                assert!(Handle::try_current().is_ok());
                mixed().await
            });
            let found = tokio::spawn(async { Handle::current().backend() });
            assert_eq!(found.await.unwrap(), backend);
            io::Result::Ok([here, in_task, in_tokios.await.unwrap()?])
        });
        assert_eq!(result.unwrap(), [9; 3], "{backend}");
        runtime.shutdown_timeout(Duration::from_secs(20));
    }
}

#[test]
fn on_one_thread() {
    on_each(None);
}

#[test]
fn on_worker_threads() {
    on_each(Some(2));
}

#[test]
fn blocking_jobs_find_both() {
    for &backend in Backend::compiled() {
        let mut runtime = support::with_tokio(backend).build().unwrap();
        let job = runtime.spawn_blocking(|| {
            let slept = tokio::runtime::Handle::current().block_on(async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                true
            });
            (slept, Handle::current().backend())
        });
        assert_eq!(runtime.block_on(job).unwrap(), (true, backend));
    }
}

/// A wait by the loop's handle ends with the loop, in a job of the loop's as in one of tokio's: the
/// drop does not wait for it forever.
#[test]
fn jobs_that_wait_by_the_loops_handle_end_with_it() {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    for &backend in Backend::compiled() {
        for (workers, of_tokio) in [(0, true), (0, false), (2, true), (2, false)] {
            let mut builder = support::with_tokio(backend);
            if workers > 0 {
                builder.worker_threads(workers);
            }
            let mut runtime = builder.build().unwrap();
            let handle = runtime.handle().clone();
            let (says, said) = channel();
            let (begin, begun) = channel();
            let job = move || {
                let waits = handle.try_block_on(async {
                    let mut sleep = Box::pin(anyloop::time::sleep(Duration::from_secs(3600)));
                    assert!(futures_lite::future::poll_once(&mut sleep).await.is_none());
                    begin.send(()).unwrap();
                    sleep.await;
                });
                says.send(waits).unwrap();
            };
            runtime.block_on(async {
                if of_tokio {
                    drop(tokio::task::spawn_blocking(job));
                } else {
                    drop(anyloop::task::spawn_blocking(job));
                }
            });
            begun.recv_timeout(Duration::from_secs(20)).unwrap();
            drop(runtime);
            assert_eq!(
                said.recv_timeout(Duration::from_secs(20)),
                Ok(Err(anyloop::RunError::Closed)),
                "{backend}"
            );
        }
    }
}
