//! What the adapter of today fails at, each with how it is answered here. Over every test stands in
//! a line what `async-compat` 0.2 does.

mod support;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use loop_compat::{
    ContextError, Tokio, checked, enter_tokio, shutdown, shutdown_at_end, tokio as tokio_compat,
    tokio_handle, tokio_local,
};
use support::{LONG, On, alone, block_on, is_alone};
use tokio::runtime::{Builder, Handle, Runtime};

const SOON: Duration = Duration::from_millis(2);

/// What a client of a database is, as far as a runtime can tell: requests go to a task over a
/// channel, answers have a time limit, and dropping it spawns.
struct Client {
    requests: tokio::sync::mpsc::UnboundedSender<tokio::sync::oneshot::Sender<u32>>,
    closed: mpsc::Sender<()>,
}

impl Client {
    fn new() -> (Client, mpsc::Receiver<()>) {
        let (requests, mut asked) =
            tokio::sync::mpsc::unbounded_channel::<tokio::sync::oneshot::Sender<u32>>();
        tokio::spawn(async move {
            while let Some(answer) = asked.recv().await {
                tokio::time::sleep(SOON).await;
                let _gone = answer.send(42);
            }
        });
        let (closed, closes) = mpsc::channel();
        (Client { requests, closed }, closes)
    }

    async fn get(&self) -> u32 {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.requests.send(answer).unwrap();
        tokio::time::timeout(LONG, answered).await.unwrap().unwrap()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let closed = self.closed.clone();
        tokio::spawn(async move {
            tokio::time::sleep(SOON).await;
            let _not_awaited = closed.send(());
        });
    }
}

fn refused<T>(f: impl FnOnce() -> T) -> ContextError {
    let panic = catch_unwind(AssertUnwindSafe(f)).err().expect("it is refused");
    ContextError::of_panic(&*panic).expect("by tokio, with words that are known")
}

// Panics: "there is no reactor running".
#[test]
fn acceptance_a01_spawn_and_block_on_from_another_thread() {
    On::each(|mut on| {
        on.block_on(tokio_compat(async {
            // tokio's own threads have the context.
            let job = tokio::task::spawn_blocking(|| {
                let task = tokio::spawn(async { 1 });
                Handle::current().block_on(async {
                    tokio::time::sleep(SOON).await;
                    task.await.unwrap()
                })
            });
            assert_eq!(job.await.unwrap(), 1);

            // A handle can go to any thread, and works there.
            let handle = Handle::current();
            let (says, said) = tokio::sync::oneshot::channel();
            std::thread::spawn(move || {
                handle.block_on(async { tokio::time::sleep(SOON).await });
                says.send(2).unwrap();
            });
            assert_eq!(said.await.unwrap(), 2);

            // Other threads: a guard or a handle, and the refusal names them.
            let (says, said) = tokio::sync::oneshot::channel();
            std::thread::spawn(move || {
                let bare = refused(|| tokio::spawn(async {}));
                assert_eq!(bare, ContextError::NoContext);
                assert!(bare.to_string().contains("enter_tokio()"), "{bare}");
                let by_handle = tokio_handle().unwrap().spawn(async { 3 });
                let _tokio = enter_tokio().unwrap();
                let by_guard = tokio::spawn(async { 4 });
                says.send(block_on(async { (by_handle.await.unwrap(), by_guard.await.unwrap()) })).unwrap();
            });
            assert_eq!(said.await.unwrap(), (3, 4));
        }));
    });
}

// Panics: the time limit looks for a runtime when the handle is used outside.
#[test]
fn acceptance_a02_a_handle_used_outside_later() {
    On::each(|mut on| {
        let (client, _closes) = on.block_on(tokio_compat(async { Client::new() }));
        assert_eq!(on.block_on(tokio_compat(client.get())), 42, "wrapped again");
        {
            let _tokio = enter_tokio().unwrap();
            assert_eq!(on.block_on(client.get()), 42, "under a guard");
        }
        match on.block_on(checked(client.get())) {
            Ok(answer) => {
                assert!(answer == 42 && on.has_tokio(), "with neither, only where the loop has tokio")
            }
            Err(error) => {
                assert_eq!(error, ContextError::NoContext, "on {on:?}");
                assert!(!on.has_tokio());
                assert!(error.to_string().contains("compat::tokio()"), "it says what to do: {error}");
            }
        }
        drop(Tokio::own(client));
    });
}

// Panics in drop, which aborts when it happens in a panic.
#[test]
fn acceptance_a03_a_value_dropped_outside() {
    On::each(|mut on| {
        let (client, closes) = on.block_on(tokio_compat(async {
            let (client, closes) = Client::new();
            (Tokio::new(client), closes)
        }));
        assert_eq!(on.block_on(tokio_compat(client.get())), 42, "and used through the wrapper meanwhile");
        drop(client);
        closes.recv_timeout(LONG).expect("what its drop spawned has run");

        // On a thread that is ending in a panic.
        let (client, closes) = on.block_on(tokio_compat(async {
            let (client, closes) = Client::new();
            (Tokio::new(client), closes)
        }));
        let ends = std::thread::spawn(move || {
            let _client = client;
            panic!("on purpose");
        });
        assert!(ends.join().is_err());
        closes.recv_timeout(LONG).expect("what its drop spawned has run");

        // A future that is dropped half way, with such a value inside.
        let (closes_send, closes) = mpsc::channel();
        let half = async move {
            let (client, closes) = Client::new();
            closes_send.send(closes).unwrap();
            std::future::pending::<()>().await;
            drop(client);
        };
        {
            let mut half = pin!(tokio_compat(half));
            assert!(half.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        closes.recv_timeout(LONG).unwrap().recv_timeout(LONG).expect("dropped inside the context");
    });
}

// Lost in silence when main returns.
#[test]
fn acceptance_a04_background_work_at_the_end() {
    if !is_alone() {
        alone("acceptance_a04_background_work_at_the_end");
        return;
    }
    shutdown(LONG).expect("nothing was ever given to it");
    let (done, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(tokio::sync::Notify::new()));
    let give = || {
        let (task, job, opened) = (done.clone(), done.clone(), gate.clone());
        tokio_compat(async move {
            tokio::spawn(async move {
                opened.notified().await;
                tokio::time::sleep(Duration::from_millis(50)).await;
                let inner = task.clone();
                tokio::task::spawn_blocking(move || inner.fetch_add(1, Ordering::SeqCst)).await.unwrap();
                task.fetch_add(1, Ordering::SeqCst);
            });
            tokio::task::spawn_blocking(move || {
                std::thread::sleep(Duration::from_millis(50));
                job.fetch_add(1, Ordering::SeqCst);
            });
        })
    };
    futures_lite::future::block_on(give());
    let from_inside = futures_lite::future::block_on(tokio_compat(async {
        tokio::spawn(async { shutdown(LONG) }).await.unwrap()
    }));
    assert!(from_inside.unwrap_err().tasks >= 2, "the task that asks, and the one that waits");
    gate.notify_one();
    shutdown(LONG).expect("there was time");
    #[cfg(target_os = "linux")]
    assert!(!support::settled().0.iter().any(|name| name.starts_with("anyloop")), "no thread stays");
    assert_eq!(done.load(Ordering::SeqCst), 3, "all of it has run");

    // What needs a runtime afterwards gets one, and what is not done in time is named.
    let (release, held) = mpsc::channel::<()>();
    futures_lite::future::block_on(tokio_compat(async move {
        tokio::spawn(std::future::pending::<()>());
        tokio::spawn(std::future::pending::<()>());
        let (begins, begun) = tokio::sync::oneshot::channel();
        tokio::task::spawn_blocking(move || {
            begins.send(()).unwrap();
            held.recv()
        });
        begun.await.unwrap();
    }));
    let left = shutdown(Duration::from_millis(20)).unwrap_err();
    assert_eq!((left.tasks, left.blocking), (2, 1));
    assert!(left.to_string().starts_with("2 tokio task(s) and 1 blocking job(s)"), "{left}");
    drop(release);

    gate.notify_one();
    futures_lite::future::block_on(give());
    shutdown(Duration::MAX).expect("as long as it takes");
    assert_eq!(done.load(Ordering::SeqCst), 6);
}

#[test]
fn acceptance_a04_wherever_main_is_left() {
    if !is_alone() {
        let text = alone("acceptance_a04_wherever_main_is_left");
        assert!(
            text.contains("the end of the program: 1 tokio task(s) and 0 blocking job(s) were not done"),
            "{text}"
        );
        return;
    }
    let done = Arc::new(AtomicUsize::new(0));
    let counts = done.clone();
    let main = move || {
        let _end = shutdown_at_end(LONG / 2);
        futures_lite::future::block_on(tokio_compat(async move {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                counts.fetch_add(1, Ordering::SeqCst);
            });
        }));
        panic!("on purpose");
    };
    assert!(catch_unwind(AssertUnwindSafe(main)).is_err());
    assert_eq!(done.load(Ordering::SeqCst), 1, "it has run");

    let _end = shutdown_at_end(SOON);
    futures_lite::future::block_on(tokio_compat(async {
        tokio::spawn(std::future::pending::<()>());
    }));
}

// Hangs: the child has the runtime but not its thread.
#[test]
#[cfg(unix)]
fn acceptance_a05_after_fork() {
    unsafe extern "C" {
        fn fork() -> i32;
        fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
        fn alarm(seconds: u32) -> u32;
        fn _exit(status: i32) -> !;
    }
    if !is_alone() {
        alone("acceptance_a05_after_fork");
        return;
    }
    let work = || {
        futures_lite::future::block_on(tokio_compat(async {
            tokio::time::sleep(SOON).await;
            tokio::spawn(async { 3 }).await.unwrap()
        }))
    };
    assert_eq!(work(), 3);
    let guard = enter_tokio().unwrap();
    // SAFETY: the other threads of this process hold no lock that the child needs: tokio's waits,
    // and the test harness waits for this one.
    let pid = unsafe { fork() };
    if pid == 0 {
        // SAFETY: it has no effect but to end a child that hangs.
        unsafe { alarm(10) };
        let sleeps = async { tokio::time::sleep(SOON).await };
        let right = tokio_handle().is_ok_and(|tokio| {
            let _tokio = enter_tokio();
            work() == 3 && futures_lite::future::block_on(tokio.spawn(sleeps)).is_ok()
        });
        // SAFETY: it ends the child here, without the harness's destructors.
        unsafe { _exit(if right { 0 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: the pointer is to a local that lives.
    assert_eq!(unsafe { waitpid(pid, &mut status, 0) }, pid);
    assert_eq!(status, 0, "the child worked on a runtime of its own");
    drop(guard);
    assert_eq!(work(), 3, "and the parent still does");
}

// Panics: "IO is disabled", "being shutdown", though its own runtime would do.
#[test]
fn acceptance_a06_another_context_wins() {
    async fn sleeps() {
        tokio::time::sleep(SOON).await;
    }
    async fn binds() {
        drop(tokio::net::TcpListener::bind("127.0.0.1:0").await);
    }
    let bare = Builder::new_current_thread().build().unwrap();
    let no_io = bare.block_on(checked(tokio_compat(binds()))).unwrap_err();
    assert_eq!(no_io, ContextError::NoIo);
    assert!(no_io.to_string().contains("compat::Tokio::own()"), "{no_io}");
    assert_eq!(bare.block_on(checked(tokio_compat(sleeps()))).unwrap_err(), ContextError::NoTime);
    bare.block_on(async {
        Tokio::own(binds()).await;
        Tokio::own(sleeps()).await;
    });
    drop(bare);

    let ended = Builder::new_current_thread().enable_all().build().unwrap();
    let handle = ended.handle().clone();
    drop(ended);
    let other = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    On::each(|mut on| {
        on.block_on(async {
            let _entered = handle.enter();
            let mut refused = pin!(checked(tokio_compat(sleeps())));
            let refused = refused.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert_eq!(refused, Poll::Ready(Err(ContextError::ShuttingDown)));
        });
        on.block_on(Tokio::own(sleeps()));
        on.block_on(Tokio::of(other.handle(), sleeps()));
    });
}

// Panics: "`spawn_local` called from outside of a `task::LocalSet`".
#[test]
fn acceptance_a07_spawn_local() {
    On::each(|mut on| {
        let sum = on.block_on(tokio_local(async {
            let shared = std::rc::Rc::new(20);
            let tasks = [1, 1].map(|n| {
                let shared = shared.clone();
                tokio::task::spawn_local(async move {
                    tokio::time::sleep(SOON).await;
                    *shared + n
                })
            });
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            sum
        }));
        assert_eq!(sum, 42);
        if on.has_tokio() {
            return;
        }
        let refused = on.block_on(checked(tokio_compat(async { drop(tokio::task::spawn_local(async {})) })));
        assert_eq!(refused, Err(ContextError::NoLocalSet));
        assert!(ContextError::NoLocalSet.to_string().contains("tokio_local()"));
    });
}

// One poll for all of them; a task of tokio's takes 782.
#[test]
fn acceptance_a08_a_cooperative_budget() {
    const ITEMS: usize = 100_000;
    fn polls(wrap: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = ()>>>) -> usize) -> usize {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        for n in 0..ITEMS {
            sender.send(n).unwrap();
        }
        drop(sender);
        wrap(Box::pin(async move { while receiver.recv().await.is_some() {} }))
    }
    fn count(on: &mut On, future: impl Future<Output = ()>) -> usize {
        let mut future = pin!(future);
        let mut polls = 0;
        on.block_on(std::future::poll_fn(|cx| {
            polls += 1;
            future.as_mut().poll(cx)
        }));
        polls
    }
    On::each(|mut on| {
        let bare = polls(|future| count(&mut on, future));
        assert_eq!(
            bare == 1,
            !on.has_tokio(),
            "without a runtime there is no budget: {bare} polls on {on:?}"
        );
        let once = polls(|future| count(&mut on, tokio_compat(future)));
        let twice = polls(|future| count(&mut on, tokio_compat(tokio_compat(future))));
        // A loop made with_tokio takes one unit of 128 for itself.
        let right = [ITEMS.div_ceil(128), ITEMS.div_ceil(127)];
        assert!(right.contains(&once) && right.contains(&twice), "{once} and {twice} polls on {on:?}");
    });
}

// The executor's thread is blocked, in silence.
#[test]
fn acceptance_a09_blocking_the_executor_is_refused() {
    On::each(|mut on| {
        let nested = checked(tokio_compat(async { Handle::current().block_on(async {}) }));
        assert_eq!(on.block_on(nested), Err(ContextError::NestedBlockOn));
        let nested = checked(tokio_compat(async { Runtime::new().unwrap().block_on(async {}) }));
        assert_eq!(on.block_on(nested), Err(ContextError::NestedBlockOn));
        let dropped = checked(tokio_compat(async {
            let runtime = Builder::new_current_thread().build().unwrap();
            drop(runtime);
        }));
        assert_eq!(on.block_on(dropped), Err(ContextError::RuntimeDropped));
        // What may block does so elsewhere, or says so.
        on.block_on(tokio_compat(async {
            tokio::task::spawn_blocking(|| Runtime::new().unwrap().block_on(async {})).await.unwrap();
        }));
    });
}

// Works.
#[test]
fn acceptance_a11_nested_wrappers() {
    On::each(|mut on| {
        async fn work() -> u32 {
            tokio::time::sleep(SOON).await;
            tokio_compat(async { tokio::spawn(tokio_compat(async { 42 })).await.unwrap() }).await
        }
        assert_eq!(on.block_on(tokio_compat(tokio_compat(work()))), 42);
        assert_eq!(on.block_on(tokio_compat(Tokio::own(work()))), 42);
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        assert_eq!(runtime.block_on(tokio_compat(Tokio::own(tokio_compat(work())))), 42);
        let sync_inside = tokio_compat(async { futures_lite::future::block_on(tokio_compat(async { 42 })) });
        assert_eq!(on.block_on(sync_inside), 42);
    });
}

// Hangs: no thread drives the runtime that the task is on.
#[test]
fn acceptance_a12_a_join_handle_of_a_current_thread_runtime() {
    On::each(|mut on| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut task = runtime.spawn(async {
            tokio::time::sleep(SOON).await;
            42
        });
        let once = pin!(&mut task).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(once, Poll::Pending));
        let driven = loop_compat::drive(runtime).unwrap();
        assert_eq!(on.block_on(task).unwrap(), 42);
        let runtime = driven.into_runtime().unwrap();
        assert_eq!(runtime.block_on(async { 7 }), 7, "it is as it was");

        // One of the process's own runtime needs nothing.
        let tasks = on.block_on(tokio_compat(async { [tokio::spawn(async { 42 })] }));
        for task in tasks {
            assert_eq!(on.block_on(task).unwrap(), 42);
        }
    });
}

#[test]
fn a_driven_runtime_is_let_go_by_a_task_of_its_own() {
    use std::sync::mpsc;
    for gives_back in [false, true] {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let driven = loop_compat::drive(runtime).unwrap();
        let handle = driven.handle().clone();
        let (says, said) = mpsc::channel();
        let task = handle.spawn(async move {
            let runtime = if gives_back { driven.into_runtime() } else { None };
            says.send(runtime.is_none()).unwrap();
        });
        assert_eq!(said.recv(), Ok(true), "the task panicked");
        // It had its end, or was dropped with the runtime, but did not panic.
        let ended = futures_lite::future::block_on(task);
        assert!(ended.is_ok() || ended.as_ref().is_err_and(|error| error.is_cancelled()), "{ended:?}");
    }
}
