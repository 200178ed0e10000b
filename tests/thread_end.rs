//! What is called while a thread ends, in the destructors of its thread-locals, when those of the
//! runtimes may be gone: it is answered, and does not abort the process.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::process::Command;
use std::task::Poll;
use std::time::Duration;

use anyloop::RunError;
use anyloop::runtime::{Backend, Builder, Handle};

/// Its drop calls what a library may call in one.
struct Last {
    handle: Handle,
    /// Whether the loop goes on by itself, so that it can be waited for.
    goes_on: bool,
}

impl Drop for Last {
    fn drop(&mut self) {
        let _ = Handle::try_current();
        let _ = anyloop::task::try_spawn(async {});
        let _ = anyloop::time::try_sleep(Duration::ZERO);
        drop(self.handle.spawn(async {}));
        drop(self.handle.spawn_blocking(|| ()));
        let _ = self.handle.call_soon(|| ());
        let _ = self.handle.call_later(Duration::from_millis(1), || ());
        assert_eq!(self.handle.within(|| 1), 1);
        drop(self.handle.enter());
        let mut sleep = Box::pin(self.handle.sleep(Duration::from_secs(60)));
        let polled =
            self.handle.try_block_on(poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_pending())));
        assert!(matches!(polled, Ok(true) | Err(RunError::Closed | RunError::Nested)), "{polled:?}");
        drop(sleep);
        if !self.goes_on {
            return;
        }
        let waits = self.handle.try_block_on(self.handle.sleep(Duration::from_millis(1)));
        assert!(matches!(waits, Ok(()) | Err(RunError::Closed | RunError::Nested)), "{waits:?}");
    }
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

fn leave(handle: &Handle, goes_on: bool) {
    LAST.set(Some(Last { handle: handle.clone(), goes_on }));
}

/// Run by the test below in a process of its own.
#[test]
#[ignore = "a part of the test below"]
fn calls_while_threads_end() {
    let backend: Backend = std::env::var("ANYLOOP_TEST_BACKEND").expect("the other test").parse().unwrap();
    for workers in [None, Some(1)] {
        let mut builder = Builder::new();
        builder.backend(backend);
        if let Some(count) = workers {
            builder.worker_threads(count);
        }
        let goes_on = workers.is_some();
        let thread = move || {
            let mut runtime = builder.build().unwrap();
            let handle = runtime.handle().clone();
            // Before the runtimes have theirs, so that theirs go first.
            leave(&handle, goes_on);
            let job = handle.clone();
            runtime.block_on(async {
                anyloop::task::spawn_blocking(move || leave(&job, goes_on)).await.unwrap();
                anyloop::spawn(async move { leave(&Handle::current(), goes_on) }).await.unwrap();
                anyloop::time::sleep(Duration::from_millis(1)).await;
            });
            // And a thread that is none of the loop's, while the loop is there.
            let elsewhere = std::thread::spawn(move || {
                leave(&handle, goes_on);
                let slept = handle.spawn(async { anyloop::time::sleep(Duration::from_millis(1)).await });
                drop(slept);
                handle.within(|| assert!(Handle::try_current().is_ok()));
                assert_eq!(handle.try_block_on(async { 1 }), Ok(1));
            });
            elsewhere.join().unwrap();
        };
        std::thread::spawn(thread).join().unwrap();
    }
}

#[test]
fn a_thread_that_ends_gets_its_answers() {
    for backend in Backend::compiled() {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "calls_while_threads_end", "--ignored", "--nocapture"])
            .env("ANYLOOP_TEST_BACKEND", backend.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success(), "{backend}: {:?}\n{said}", child.status);
    }
}
