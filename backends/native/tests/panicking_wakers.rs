//! A waker that panics harms neither the wakers that are woken after it nor the loop.
#![cfg(unix)]

use std::future::{Future, poll_fn};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use loop_api::io::Interest::Readable;
use loop_api::readiness::{Readiness, Source};
use loop_api::shared::Exception;
use loop_api::{EventLoop, Handle};
use loop_native::{NativeHandle, NativeLoop};

struct Bad;

impl Wake for Bad {
    fn wake(self: Arc<Self>) {
        panic!("this waker is bad");
    }
}

/// On one thread, and with one worker, which alone waits for events.
fn loops() -> [NativeLoop; 2] {
    [NativeLoop::new().unwrap(), NativeLoop::builder().worker_threads(1).build().unwrap()]
}

fn messages(handle: &NativeHandle) -> Arc<Mutex<Vec<String>>> {
    let messages = Arc::new(Mutex::new(Vec::new()));
    let told = messages.clone();
    let tell = move |exception: &Exception| told.lock().unwrap().push(exception.to_string());
    handle.set_exception_handler(Some(Arc::new(tell)));
    messages
}

fn poll_with<F: Future + ?Sized>(future: Pin<&mut F>, waker: &Waker) {
    assert!(future.poll(&mut Context::from_waker(waker)).is_pending());
}

/// Waits until `count` has come to `end`, as long as the loop goes on at all.
async fn all(handle: &NativeHandle, count: &AtomicUsize, end: usize) {
    while count.load(Ordering::SeqCst) < end {
        handle.sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn the_other_timers_of_the_turn_are_told() {
    for mut native in loops() {
        let handle = native.handle().clone();
        let messages = messages(&handle);
        let woken = Arc::new(AtomicUsize::new(0));
        let bad = Waker::from(Arc::new(Bad));
        native.block_on(async {
            let deadline = loop_api::time::Instant::now() + Duration::from_millis(20);
            // All of one deadline: the bad ones among the others.
            let mut bad_sleeps = Vec::new();
            for number in 0..6 {
                if number % 2 == 0 {
                    let mut sleep = Box::pin(handle.sleep_until(deadline));
                    poll_with(sleep.as_mut(), &bad);
                    bad_sleeps.push(sleep);
                } else {
                    let (mut sleep, woken) = (Box::pin(handle.sleep_until(deadline)), woken.clone());
                    let waker = Waker::from(Arc::new(Counts(woken)));
                    poll_with(sleep.as_mut(), &waker);
                    bad_sleeps.push(sleep);
                }
            }
            all(&handle, &woken, 3).await;
            handle.spawn(async {}).await.unwrap();
        });
        assert_eq!(*messages.lock().unwrap(), ["waker panicked: this waker is bad"; 3]);
    }
}

struct Counts(Arc<AtomicUsize>);

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn the_others_who_wait_for_the_same_socket_are_told() {
    for mut native in loops() {
        let handle = native.handle().clone();
        let messages = messages(&handle);
        let woken = Arc::new(AtomicUsize::new(0));
        native.block_on(async {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            ours.set_nonblocking(true).unwrap();
            let source = handle.register(ours).unwrap();
            // What the registration itself reports goes by first.
            let read = |mut io: &UnixStream| io.read(&mut [0; 8]);
            let first = poll_fn(|cx| source.poll_io(cx, Readable, read));
            let first = futures_lite::future::zip(first, async {
                handle.sleep(Duration::from_millis(5)).await;
                theirs.write_all(b"x").unwrap();
            });
            assert_eq!(first.await.0.unwrap(), 1);
            let mut waits = Vec::new();
            for number in 0..6 {
                let waker = if number % 2 == 0 {
                    Waker::from(Arc::new(Bad))
                } else {
                    Waker::from(Arc::new(Counts(woken.clone())))
                };
                let mut wait = Box::pin(source.io(Readable, read));
                poll_with(wait.as_mut(), &waker);
                waits.push(wait);
            }
            theirs.write_all(b"x").unwrap();
            all(&handle, &woken, 3).await;
            handle.spawn(async {}).await.unwrap();
        });
        assert_eq!(*messages.lock().unwrap(), ["waker panicked: this waker is bad"; 3]);
    }
}

#[test]
fn the_end_of_the_loop_tells_all_who_wait() {
    for mut native in loops() {
        let handle = native.handle().clone();
        let messages = messages(&handle);
        let woken = Arc::new(AtomicUsize::new(0));
        let (ours, _theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let source = native.block_on(async { handle.register(ours).unwrap() });
        let mut waits = Vec::new();
        for waker in [Waker::from(Arc::new(Bad)), Waker::from(Arc::new(Counts(woken.clone())))] {
            let mut wait = Box::pin(source.io(Readable, |mut io| io.read(&mut [0; 8])));
            poll_with(wait.as_mut(), &waker);
            waits.push(wait);
        }
        native.close();
        assert_eq!(woken.load(Ordering::SeqCst), 1);
        assert_eq!(*messages.lock().unwrap(), ["waker panicked: this waker is bad"]);
        let closed = waits[1].as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(closed, Poll::Ready(Err(_))));
    }
}

struct BadEnd(Arc<AtomicUsize>);

impl Wake for BadEnd {
    fn wake(self: Arc<Self>) {}
}

impl Drop for BadEnd {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("a bad end");
    }
}

#[test]
fn the_end_of_the_loop_drops_what_waits_for_a_moment() {
    for mut native in loops() {
        let handle = native.handle().clone();
        let messages = messages(&handle);
        let dropped = Arc::new(AtomicUsize::new(0));
        let mut sleeps = Vec::new();
        for _ in 0..3 {
            let mut sleep = Box::pin(handle.sleep(Duration::from_secs(60)));
            poll_with(sleep.as_mut(), &Waker::from(Arc::new(BadEnd(dropped.clone()))));
            sleeps.push(sleep);
        }
        native.close();
        assert_eq!(dropped.load(Ordering::SeqCst), 3);
        assert_eq!(*messages.lock().unwrap(), ["waker panicked: a bad end"; 3]);
    }
}

#[test]
fn a_worker_goes_on_after_a_bad_waker() {
    let mut native = NativeLoop::builder().worker_threads(1).build().unwrap();
    let handle = native.handle().clone();
    let bad = Waker::from(Arc::new(Bad));
    for _ in 0..3 {
        let mut sleep = Box::pin(handle.sleep(Duration::from_millis(1)));
        poll_with(sleep.as_mut(), &bad);
        while !loop_api::time::Sleep::is_elapsed(&*sleep) {
            thread::sleep(Duration::from_millis(1));
        }
        let sleep = handle.sleep(Duration::from_millis(1));
        native.block_on(handle.spawn(sleep)).unwrap();
    }
}
