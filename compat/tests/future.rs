//! tokio's futures on an executor that is not tokio's.

mod support;

use std::time::Duration;
#[cfg(target_os = "linux")]
use std::{future::Future, task::Poll};

use loop_compat::{Tokio, tokio as tokio_compat};
use support::block_on;
#[cfg(target_os = "linux")]
use support::{alone, is_alone};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[cfg(target_os = "linux")]
fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    use std::task::{Context, Waker};

    std::pin::pin!(future).as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

async fn echo() -> std::io::Result<[u8; 4]> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let serve = async {
        let (mut stream, _) = listener.accept().await?;
        let mut word = [0; 4];
        stream.read_exact(&mut word).await?;
        stream.write_all(&word).await
    };
    let ask = async {
        let mut stream = tokio::net::TcpStream::connect(addr).await?;
        stream.write_all(b"ciao").await?;
        let mut word = [0; 4];
        stream.read_exact(&mut word).await?;
        Ok(word)
    };
    let (served, asked) = tokio::join!(serve, ask);
    served?;
    asked
}

#[test]
fn cmp01_a_tokio_socket_works_on_a_plain_executor() {
    assert_eq!(&block_on(tokio_compat(echo())).unwrap(), b"ciao");
}

#[test]
fn cmp03_timers_tasks_and_blocking_jobs_inside_the_wrapper() {
    let sum = block_on(tokio_compat(async {
        tokio::time::sleep(Duration::from_millis(2)).await;
        let task = tokio::spawn(async {
            tokio::time::sleep(Duration::from_millis(2)).await;
            1
        });
        let job = tokio::task::spawn_blocking(|| 2);
        let files = tokio::fs::read_dir(".").await.map_or(0, |_| 4);
        task.await.unwrap() + job.await.unwrap() + files
    }));
    assert_eq!(sum, 7);
}

#[test]
fn a_wrapper_is_what_its_value_is() {
    fn send_and_sync<T: Send + Sync + Unpin>(_: &T) {}
    send_and_sync(&tokio_compat(std::future::ready(1)));
    send_and_sync(&Tokio::own(Vec::<u8>::new()));
    assert_eq!(tokio_compat(vec![1]).len(), 1);
    assert_eq!(Tokio::own(vec![1]).into_inner(), [1]);
    let mut sleeps = tokio_compat(Vec::new());
    sleeps.with(|sleeps| sleeps.push(Box::pin(tokio::time::sleep(Duration::from_millis(1)))));
    block_on(tokio_compat(sleeps.into_inner().remove(0)));
}

#[test]
fn a_panic_inside_leaves_the_thread_as_it_was() {
    let panics = std::panic::catch_unwind(|| block_on(tokio_compat(async { panic!("on purpose") })));
    assert!(panics.is_err());
    assert!(tokio::runtime::Handle::try_current().is_err());
    assert_eq!(&block_on(tokio_compat(echo())).unwrap(), b"ciao");
}

#[test]
fn cmp07_wrapping_twice_changes_nothing() {
    let twice = tokio_compat(tokio_compat(Tokio::own(tokio_compat(echo()))));
    assert_eq!(&block_on(twice).unwrap(), b"ciao");
}

#[test]
fn the_current_runtime_is_used_where_there_is_one() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let here = runtime.handle().id();
    assert_eq!(
        runtime.block_on(tokio_compat(async { tokio::runtime::Handle::current().id() })),
        here,
        "in block_on"
    );
    let inside = runtime.block_on(async {
        tokio::spawn(tokio_compat(async { tokio::runtime::Handle::current().id() })).await.unwrap()
    });
    assert_eq!(inside, here, "in a task");
    let _entered = runtime.enter();
    assert_eq!(block_on(tokio_compat(async { tokio::runtime::Handle::current().id() })), here, "by a guard");
}

#[test]
#[cfg(target_os = "linux")]
fn peer11_no_thread_for_what_needs_no_runtime() {
    if !is_alone() {
        alone("peer11_no_thread_for_what_needs_no_runtime");
        return;
    }
    let (names, descriptors) = support::settled();
    let threads = names.len();
    drop(tokio_compat(async {}));
    drop(tokio_compat(std::future::pending::<()>()));
    assert_eq!(support::descriptors(), descriptors, "nothing at all for what was never polled");
    assert_eq!(poll_once(tokio_compat(async { 1 })), Poll::Ready(1));
    drop(tokio_compat(vec![1]));
    assert_eq!(support::settled().0.len(), threads, "no thread for what is done at once");

    let waits = tokio_compat(async { tokio::time::sleep(Duration::from_secs(9)).await });
    assert!(poll_once(waits).is_pending());
    assert_eq!(support::settled().0.len(), threads + 1, "one for what waits");
}

#[test]
#[cfg(target_os = "linux")]
fn peer11_one_thread_of_one_name_for_what_does() {
    if !is_alone() {
        alone("peer11_one_thread_of_one_name_for_what_does");
        return;
    }
    let before = support::settled().0;
    futures_lite::future::block_on(tokio_compat(async {
        tokio::time::sleep(Duration::from_millis(1)).await
    }));
    futures_lite::future::block_on(tokio_compat(echo())).unwrap();
    let mut more = support::settled().0;
    more.retain(|name| !before.contains(name));
    assert_eq!(more, ["anyloop-tokio"]);
}

#[test]
#[cfg(target_os = "linux")]
fn peer11_nothing_of_its_own_where_a_runtime_is_there() {
    if !is_alone() {
        alone("peer11_nothing_of_its_own_where_a_runtime_is_there");
        return;
    }
    support::On::each(|mut on| {
        if !on.has_tokio() {
            return;
        }
        // What the loop makes for itself when it first runs.
        on.block_on(echo()).unwrap();
        let before = support::settled();
        assert_eq!(&on.block_on(tokio_compat(echo())).unwrap(), b"ciao");
        assert_eq!(on.block_on(async { drop(tokio_compat(vec![1])) }), ());
        assert_eq!(support::settled(), before, "on {on:?}");
    });
    // And a plain task of tokio's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let before = support::settled();
    runtime.block_on(async { tokio::spawn(tokio_compat(echo())).await.unwrap() }).unwrap();
    assert_eq!(support::settled(), before);
}
