//! What comes from other threads does not wait long behind tasks that wake each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use futures_lite::future::yield_now;
use loop_api::{EventLoop, Handle};
use loop_native::NativeLoop;

/// Runs `outside` on another thread once some tasks have run, and gives how many polls of a busy
/// task it took until what that queued has run.
fn polls_until(mut native: NativeLoop, outside: impl FnOnce(Arc<AtomicBool>) + Send + 'static) -> usize {
    let handle = native.handle().clone();
    let (polls, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (ask, asked): (Sender<()>, Receiver<()>) = channel();
    let (tell, told) = channel();
    let other = thread::spawn({
        let done = done.clone();
        move || {
            asked.recv().unwrap();
            outside(done);
            tell.send(()).unwrap();
        }
    });
    let busy = handle.spawn({
        let (polls, done) = (polls.clone(), done.clone());
        async move {
            yield_now().await;
            ask.send(()).unwrap();
            // The thread that runs this goes on only when the other has queued its own.
            told.recv().unwrap();
            while !done.load(Ordering::SeqCst) {
                polls.fetch_add(1, Ordering::SeqCst);
                yield_now().await;
            }
        }
    });
    native.block_on(busy).unwrap();
    other.join().unwrap();
    polls.load(Ordering::SeqCst)
}

#[test]
fn a_task_from_another_thread_is_run_soon() {
    for workers in [0, 1] {
        let native = NativeLoop::builder().worker_threads(workers).build().unwrap();
        let handle = native.handle().clone();
        let polls = polls_until(native, move |done| {
            drop(handle.spawn(async move { done.store(true, Ordering::SeqCst) }));
        });
        assert!(polls < 8, "{polls} polls with {workers} workers");
    }
}

#[test]
fn a_callback_from_another_thread_is_run_soon() {
    let native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    let polls = polls_until(native, move |done| {
        let callback = handle.call_soon(move || done.store(true, Ordering::SeqCst));
        drop(callback);
    });
    assert!(polls < 8, "{polls} polls");
}
