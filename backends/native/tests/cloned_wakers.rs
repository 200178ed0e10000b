//! A waker whose clone calls back into what it waits for finds no lock held.

use std::future::Future;
use std::sync::Mutex;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};
use std::time::Duration;

use loop_api::{EventLoop, Handle};
use loop_native::{NativeHandle, NativeLoop};

static LOOP: Mutex<Option<NativeHandle>> = Mutex::new(None);

/// Begins a sleep, and ends it.
fn call_back() {
    let handle = LOOP.lock().unwrap().clone().expect("the test's loop");
    let mut sleep = Box::pin(handle.sleep(Duration::from_secs(60)));
    assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

fn vtable(other: bool) -> &'static RawWakerVTable {
    static ONE: RawWakerVTable = RawWakerVTable::new(
        |data| {
            call_back();
            RawWaker::new(data, &ONE)
        },
        |_| (),
        |_| (),
        |_| (),
    );
    static OTHER: RawWakerVTable = RawWakerVTable::new(
        |data| {
            call_back();
            RawWaker::new(data, &OTHER)
        },
        |_| call_back(),
        |_| call_back(),
        |_| call_back(),
    );
    if other { &OTHER } else { &ONE }
}

fn waker(other: bool) -> Waker {
    // SAFETY: the functions use no data, and may be called from any thread.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), vtable(other))) }
}

#[test]
fn a_wakers_clone_may_begin_a_sleep() {
    let native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    *LOOP.lock().unwrap() = Some(handle.clone());
    let mut sleep = Box::pin(handle.sleep(Duration::from_secs(60)));
    for other in [false, true, false, true] {
        let waker = waker(other);
        assert_eq!(sleep.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Pending);
    }
    drop(sleep);
    *LOOP.lock().unwrap() = None;
}
