//! Inside a runtime that was running already, the ambient API is that runtime.
#![cfg(all(feature = "tokio", feature = "io-util"))]

use anyloop::io::{AsyncReadExt, AsyncWriteExt};
use anyloop::net::{TcpListener, TcpStream};
use anyloop::runtime::{Backend, Handle};
use anyloop::time::{Duration, sleep};

mod support;

fn on_tokio<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn bak03_a_running_tokio_is_adopted() {
    on_tokio(async {
        let handle = Handle::current();
        assert_eq!(handle.backend(), Backend::Tokio);
        // An anyloop task sees tokio, a tokio task sees anyloop.
        let id = tokio::runtime::Handle::current().id();
        let task = anyloop::task::spawn(async move { tokio::runtime::Handle::current().id() });
        assert_eq!(task.await.unwrap(), id);
        let task = tokio::spawn(async { anyloop::task::spawn(async { 7 }).await.unwrap() });
        assert_eq!(task.await.unwrap(), 7);
    });
}

#[test]
fn bak03_adopting_twice_gives_the_same_loop() {
    use anyloop::loop_api::Handle as _;
    on_tokio(async {
        let (a, b) = (Handle::current(), Handle::current());
        assert!(std::ptr::eq(a.shared(), b.shared()));
        assert!(a.shared().is_adopted());
    });
}

#[test]
fn sockets_and_timers_work_on_the_adopted_runtime() {
    on_tokio(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let client = tokio::spawn(async move {
            sleep(Duration::from_millis(1)).await;
            TcpStream::connect(addr).await?.write_all(b"ciao").await
        });
        let (mut stream, _) = listener.accept().await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        client.await??;
        assert_eq!(text, "ciao");
        std::io::Result::Ok(())
    })
    .unwrap();
}

/// As the tokio backend always did: a thread of tokio's must not be blocked.
#[test]
fn a_runtime_that_is_dropped_inside_a_tokio_task_waits_for_no_job() {
    use std::sync::mpsc::channel;

    support::each_builder(|builder| {
        let (begin, begun) = channel();
        let (release, released) = channel::<()>();
        let (over, is_over) = channel();
        on_tokio(async move {
            let runtime = builder.build().unwrap();
            drop(runtime.spawn_blocking(move || {
                begin.send(()).unwrap();
                let _ = released.recv();
                over.send(()).unwrap();
            }));
            begun.recv_timeout(Duration::from_secs(20)).unwrap();
            // It would wait forever.
            drop(runtime);
            drop(release);
        });
        is_over.recv_timeout(Duration::from_secs(20)).unwrap();
    });
}
