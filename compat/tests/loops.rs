//! tokio's and async-io's things on each loop of anyloop's, and on none.

mod support;

use std::future::Future;
use std::net::TcpListener as StdListener;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::EventLoop;
use loop_compat::{checked, smol, tokio as tokio_compat};
use support::{alone, block_on, is_alone};

/// A word there and back through a socket of tokio's, with its timer, task and blocking job on the
/// way.
async fn tokios() -> std::io::Result<usize> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let serves = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let mut word = [0; 4];
        stream.read_exact(&mut word).await?;
        tokio::time::sleep(Duration::from_millis(1)).await;
        stream.write_all(&word).await
    });
    let mut stream = tokio::net::TcpStream::connect(addr).await?;
    stream.write_all(b"ciao").await?;
    let mut word = [0; 4];
    stream.read_exact(&mut word).await?;
    serves.await??;
    tokio::task::spawn_blocking(move || Ok(word.len())).await?
}

/// The same with async-io's.
async fn async_ios() -> std::io::Result<usize> {
    let listener = async_io::Async::<StdListener>::bind(([127, 0, 0, 1], 0))?;
    let addr = listener.get_ref().local_addr()?;
    let serve = async {
        let (mut stream, _) = listener.accept().await?;
        let mut word = [0; 4];
        stream.read_exact(&mut word).await?;
        async_io::Timer::after(Duration::from_millis(1)).await;
        stream.write_all(&word).await
    };
    let ask = async {
        let mut stream = async_io::Async::<std::net::TcpStream>::connect(addr).await?;
        stream.write_all(b"ciao").await?;
        let mut word = [0; 4];
        stream.read_exact(&mut word).await?;
        Ok(word.len())
    };
    let (served, asked) = futures_lite::future::zip(serve, ask).await;
    served?;
    asked
}

fn on_the_loop<L: EventLoop>(mut event_loop: L) {
    let handle = event_loop.handle().clone();
    let in_a_task = async {
        let tokios = loop_api::Handle::spawn(&handle, tokio_compat(tokios()));
        let async_ios = loop_api::Handle::spawn(&handle, smol(async_ios()));
        (tokios.await.unwrap().unwrap(), async_ios.await.unwrap().unwrap())
    };
    assert_eq!(event_loop.block_on(in_a_task), (4, 4));
    assert_eq!(event_loop.block_on(tokio_compat(tokios())).unwrap(), 4);
    assert_eq!(event_loop.block_on(smol(async_ios())).unwrap(), 4);
}

#[test]
fn cmp03_tokio_and_async_io_on_native() {
    on_the_loop(loop_native::NativeLoop::new().unwrap());
}

#[test]
fn cmp03_tokio_and_async_io_on_smol() {
    on_the_loop(loop_smol::SmolLoop::new().unwrap());
}

#[test]
fn cmp03_tokio_and_async_io_on_tokio() {
    on_the_loop(loop_tokio::TokioLoop::new().unwrap());
}

#[test]
fn cmp02_async_io_on_plain_tokio() {
    for threads in [0, 2] {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        if threads == 0 {
            builder = tokio::runtime::Builder::new_current_thread();
        } else {
            builder.worker_threads(threads);
        }
        // Without I/O or timers of tokio's own: none are used.
        let runtime = builder.build().unwrap();
        let sum = runtime.block_on(async {
            tokio::spawn(smol(async_ios())).await.unwrap().unwrap() + smol(async_ios()).await.unwrap()
        });
        assert_eq!(sum, 8);
    }
}

#[test]
fn cmp01_outside_it_is_an_error_that_names_the_remedy() {
    async fn fails(what: impl Future) {
        let error = checked(what).await.err().expect("it is outside");
        assert!(error.to_string().contains("compat::tokio()"), "{error}");
    }
    block_on(async {
        fails(async { tokio::time::sleep(Duration::ZERO).await }).await;
        fails(async { tokio::net::TcpListener::bind("127.0.0.1:0").await }).await;
        fails(async { tokio::spawn(async {}).await }).await;
        fails(async { tokio::task::spawn_blocking(|| {}).await }).await;
    });
}

#[test]
fn cmp04_sockets_and_timers_dropped_outside() {
    let (listener, stream, sleep, task) = block_on(tokio_compat(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = tokio::net::TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut sleep = Box::pin(tokio::time::sleep(Duration::from_secs(60)));
        futures_lite::future::poll_once(&mut sleep).await;
        (listener, stream, sleep, tokio::spawn(std::future::pending::<()>()))
    }));
    drop((listener, stream, sleep));
    task.abort();
    assert!(block_on(task).unwrap_err().is_cancelled());
}

#[test]
fn what_came_out_ready_works_outside_too() {
    if !is_alone() {
        alone("what_came_out_ready_works_outside_too");
        return;
    }
    // Bound at the first poll and awaited bare: the thread has to be there although no wrapper ever
    // waited.
    let socket = block_on(tokio_compat(async { tokio::net::UdpSocket::bind("127.0.0.1:0").await })).unwrap();
    let addr = socket.local_addr().unwrap();
    let mut word = [0; 8];
    let mut receives = pin!(socket.recv(&mut word));
    assert!(receives.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    std::net::UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"ciao", addr).unwrap();
    assert_eq!(block_on(receives).unwrap(), 4);
}
