//! smol's own global executor, adopted.
#![cfg(feature = "global")]

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use loop_api::net::{Net, TcpListener as _, TcpOptions};
use loop_api::task::{Abort, Task};
use loop_api::{Handle, JoinError, LocalError, RunError};
use loop_smol::SmolHandle;

const LONG: Duration = Duration::from_secs(20);

/// Runs a smol program that lends its executor.
fn adopted<T>(main: impl Future<Output = T>) -> T {
    SmolHandle::global().enter(|| smol::block_on(main))
}

fn current() -> SmolHandle {
    SmolHandle::try_current().expect("the global loop is current")
}

#[test]
fn adopting_twice_gives_the_same_loop() {
    let (one, two) = (SmolHandle::global(), SmolHandle::global());
    assert!(std::ptr::eq(one.shared(), two.shared()));
    assert!(one.shared().is_adopted() && one.shared().is_running() && !one.shared().is_closed());
    let other_thread = thread::spawn(SmolHandle::global).join().unwrap();
    assert!(std::ptr::eq(one.shared(), other_thread.shared()));
}

#[test]
fn nothing_is_current_unless_it_was_asked_for() {
    smol::block_on(async {
        assert!(SmolHandle::try_current().is_none());
        assert!(smol::spawn(async { SmolHandle::try_current().is_none() }).await);
    });
}

#[test]
fn tasks_run_where_smol_puts_them_with_the_loop_as_the_current_one() {
    adopted(async {
        let task = current().spawn(async {
            let nested = current().spawn(async { thread::current().name().map(str::to_owned) });
            (
                nested.await.unwrap(),
                smol::spawn(async { thread::current().id() }).await,
                thread::current().id(),
            )
        });
        let (name, theirs, ours) = task.await.unwrap();
        assert!(name.unwrap().starts_with("smol-"));
        if std::env::var_os("SMOL_THREADS").is_none() {
            assert_eq!(theirs, ours);
        }
    });
}

#[test]
fn tasks_keep_the_rules_of_all_loops() {
    adopted(async {
        let task = current().spawn(std::future::pending::<()>());
        let abort = task.abort_handle();
        abort.abort();
        assert!(matches!(task.await, Err(JoinError::Cancelled(_))));
        let error = current().spawn(async { panic!("on purpose") }).await.unwrap_err();
        assert!(error.is_panic());
        // A panic ends neither the executor's thread nor the loop.
        assert_eq!(current().spawn(async { 1 }).cancel().await.unwrap_or(1), 1);
        assert_eq!(current().spawn_blocking(|| current().block_on(async { 2 })).await.unwrap(), 2);
        let nested = current().spawn(async { current().try_block_on(async {}) });
        assert_eq!(nested.await.unwrap(), Err(RunError::Nested));
        assert_eq!(current().try_spawn_local(async {}).err(), Some(LocalError::Unsupported));
    });
}

#[test]
fn callbacks_run_in_order_and_timers_when_due() {
    let (log, lines) = mpsc::channel();
    let handle = SmolHandle::global();
    for n in 0..3 {
        let log = log.clone();
        handle.call_soon(move || log.send(n).unwrap()).unwrap();
    }
    handle.call_later(Duration::from_millis(5), move || log.send(3).unwrap()).unwrap();
    let got: Vec<_> = (0..4).map(|_| lines.recv_timeout(LONG).unwrap()).collect();
    assert_eq!(got, [0, 1, 2, 3]);
}

#[test]
fn sockets_and_sleeps_work_from_any_thread() {
    let handle = SmolHandle::global();
    smol::block_on(async {
        let listener = handle.listen_tcp(([127, 0, 0, 1], 0).into(), &TcpOptions::default()).unwrap();
        let addr = listener.local_addr().unwrap();
        let server = handle.spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"hello").await.unwrap();
        });
        let mut client = handle.connect_tcp(addr, TcpOptions::default()).await.unwrap();
        handle.sleep(Duration::from_millis(1)).await;
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "hello");
        server.await.unwrap();
    });
}
