use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::{Duration, Instant};

use async_rs::Runtime;
use async_rs::traits::{Executor, Reactor};
use futures::{AsyncReadExt, AsyncWriteExt, FutureExt, StreamExt};

use crate::support::plug;

#[anyloop::test]
async fn tasks_end_are_cancelled_and_run_on_when_they_are_dropped() {
    let runtime = Runtime::new(plug());
    assert_eq!(runtime.spawn(async { 42 }).await, 42);
    assert_eq!(runtime.spawn_blocking(|| 43).await, 43);

    let mut endless = runtime.spawn(std::future::pending::<()>());
    assert_eq!(endless.cancel().await, None);
    let late = AssertUnwindSafe(endless).catch_unwind().await;
    assert!(late.is_err(), "awaited after it was cancelled");

    let (sender, ran) = futures::channel::oneshot::channel();
    let mut ended = runtime.spawn(async move { sender.send(()) });
    ran.await.unwrap();
    assert_eq!(ended.cancel().await, Some(Ok(())));

    let (sender, receiver) = futures::channel::oneshot::channel();
    drop(runtime.spawn(async move { sender.send("ran") }));
    assert_eq!(receiver.await, Ok("ran"));

    let panicked = AssertUnwindSafe(runtime.spawn(async { std::panic::panic_any(7) })).catch_unwind().await;
    assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&7));

    // On a thread of its own, where the loop is waited for.
    let beside = runtime.clone();
    assert_eq!(runtime.spawn_blocking(move || beside.block_on(beside.spawn(async { 44 }))).await, 44);
}

#[anyloop::test]
async fn the_clock_is_the_loops() {
    let runtime = Runtime::new(plug());
    let begun = Instant::now();
    runtime.sleep(Duration::from_millis(3)).await;
    assert!(begun.elapsed() >= Duration::from_millis(3));

    let mut ticks = pin!(runtime.interval(Duration::from_millis(4)));
    let first = ticks.next().now_or_never().flatten().expect("the first tick is at once");
    assert!(ticks.next().await.unwrap() - first >= Duration::from_millis(4));
}

#[anyloop::test]
async fn it_connects_by_the_loop() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let runtime = Runtime::new(plug());
    let echo = runtime.spawn_blocking(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut word = [0; 4];
        stream.read_exact(&mut word).unwrap();
        stream.write_all(&word).unwrap();
    });
    let mut stream = runtime.tcp_connect(addr).await.unwrap();
    stream.write_all(b"ciao").await.unwrap();
    let mut word = String::new();
    stream.read_to_string(&mut word).await.unwrap();
    assert_eq!(word, "ciao");
    echo.await;
}

#[anyloop::test]
async fn a_socket_that_blocks_is_registered_and_does_not_block() {
    const LENGTH: usize = 1 << 20;
    let runtime = Runtime::new(plug());
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (mut ours, mut theirs) = (runtime.register(ours).unwrap(), runtime.register(theirs).unwrap());
    let mut byte = [0];
    assert!(
        poll_fn(|cx| std::task::Poll::Ready(
            futures::AsyncRead::poll_read(pin!(&mut ours), cx, &mut byte).is_pending()
        ))
        .await
    );

    // More than the socket takes at once.
    let writer = runtime.spawn(async move {
        theirs.write_all(&vec![7; LENGTH]).await.unwrap();
        theirs.close().await.unwrap();
    });
    let mut bytes = Vec::new();
    ours.read_to_end(&mut bytes).await.unwrap();
    writer.await;
    assert!(bytes.len() == LENGTH && bytes.iter().all(|&byte| byte == 7), "{} bytes", bytes.len());
}
