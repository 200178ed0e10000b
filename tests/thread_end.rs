//! What is called while a thread ends, in the destructors of its thread-locals, when those of the
//! runtimes may be gone: it is answered, and does not abort the process.

use std::cell::RefCell;
use std::process::Command;
use std::time::Duration;

use anyloop::runtime::{Backend, Builder, Handle};

/// Its drop calls what a library may call in one.
struct Last(Handle);

impl Drop for Last {
    fn drop(&mut self) {
        let _ = Handle::try_current();
        let _ = anyloop::task::try_spawn(async {});
        let _ = anyloop::time::try_sleep(Duration::ZERO);
        drop(self.0.spawn(async {}));
        drop(self.0.spawn_blocking(|| ()));
        let _ = self.0.call_soon(|| ());
        let _ = self.0.call_later(Duration::from_millis(1), || ());
        assert_eq!(self.0.enter(|| 1), 1);
    }
}

thread_local! {
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

fn leave(handle: &Handle) {
    LAST.set(Some(Last(handle.clone())));
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
        let thread = move || {
            let mut runtime = builder.build().unwrap();
            let handle = runtime.handle().clone();
            // Before the runtimes have theirs, so that theirs go first.
            leave(&handle);
            let job = handle.clone();
            runtime.block_on(async {
                anyloop::task::spawn_blocking(move || leave(&job)).await.unwrap();
                anyloop::spawn(async { leave(&Handle::current()) }).await.unwrap();
                anyloop::time::sleep(Duration::from_millis(1)).await;
            });
            // And a thread that is none of the loop's, while the loop is there.
            let elsewhere = std::thread::spawn(move || {
                leave(&handle);
                let slept = handle.spawn(async { anyloop::time::sleep(Duration::from_millis(1)).await });
                drop(slept);
                handle.enter(|| assert!(Handle::try_current().is_ok()));
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
