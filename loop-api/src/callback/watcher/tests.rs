//! Readers and writers on a loop that asks its descriptors every millisecond.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::readiness::Readiness;
use crate::shared::{Exception, ExceptionKind};
use crate::test_loop::{TestHandle, TestLoop};
use crate::{EventLoop, Handle};

fn pair() -> (Arc<UnixStream>, UnixStream) {
    let (here, there) = UnixStream::pair().unwrap();
    here.set_nonblocking(true).unwrap();
    (Arc::new(here), there)
}

/// Runs until `done`, or for a few milliseconds if that never comes.
fn run(test: &mut TestLoop, done: impl Fn() -> bool) {
    let handle = test.handle().clone();
    test.block_on(async {
        for _ in 0..if done() { 5 } else { 2000 } {
            handle.sleep(Duration::from_millis(1)).await;
            if done() {
                break;
            }
        }
    });
}

fn idle(test: &mut TestLoop) {
    run(test, || true);
    let handle = test.handle().clone();
    test.block_on(async { handle.sleep(Duration::from_millis(10)).await });
}

fn new() -> (TestLoop, TestHandle, Arc<AtomicUsize>) {
    let test = TestLoop::new().unwrap();
    let handle = test.handle().clone();
    (test, handle, Arc::default())
}

#[test]
fn a_reader_fires_on_data_until_drained_and_at_the_end() {
    let (mut test, handle, calls) = new();
    let (here, mut there) = pair();
    let count = calls.clone();
    let got = Arc::new(Mutex::new(Vec::new()));
    let sink = got.clone();
    let watcher = handle
        .add_reader(here, move |io: &Arc<UnixStream>| {
            count.fetch_add(1, Ordering::Relaxed);
            let mut byte = [0];
            if (&**io).read(&mut byte).unwrap() == 1 {
                sink.lock().unwrap().push(byte[0]);
            }
        })
        .unwrap_or_else(|error| panic!("{error}"));
    idle(&mut test);
    assert_eq!(calls.load(Ordering::Relaxed), 0);
    there.write_all(b"abc").unwrap();
    run(&mut test, || got.lock().unwrap().len() == 3);
    assert_eq!(*got.lock().unwrap(), b"abc");
    idle(&mut test);
    assert_eq!(calls.load(Ordering::Relaxed), 3);
    drop(there);
    run(&mut test, || calls.load(Ordering::Relaxed) > 4);
    assert!(watcher.cancel());
    assert!(!watcher.cancel());
    let fired = calls.load(Ordering::Relaxed);
    idle(&mut test);
    assert_eq!(calls.load(Ordering::Relaxed), fired);
    assert!(!handle.shared().has_callbacks());
}

#[test]
fn reader_and_writer_share_a_descriptor_and_end_apart() {
    let (mut test, handle, written) = new();
    let (here, there) = pair();
    let read = Arc::new(AtomicUsize::new(0));
    let (r, w) = (read.clone(), written.clone());
    let reader = handle
        .add_reader(here.clone(), move |_| {
            r.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
    let writer = handle
        .add_writer(here.clone(), move |_| {
            w.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
    run(&mut test, || written.load(Ordering::Relaxed) > 2);
    assert_eq!(read.load(Ordering::Relaxed), 0);
    drop(writer);
    (&there).write_all(b"x").unwrap();
    run(&mut test, || read.load(Ordering::Relaxed) > 2);
    assert!(reader.is_active());
    drop(reader);
    // The tasks hold it no longer: it can be closed and its number used again.
    assert_eq!(Arc::strong_count(&here), 1);
}

#[test]
fn a_callback_ends_its_own_watcher_and_another_of_the_same_turn() {
    let (mut test, handle, calls) = new();
    let (here, there) = pair();
    (&there).write_all(b"x").unwrap();
    let watchers = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..2 {
        let (all, count) = (watchers.clone(), calls.clone());
        let callback = move |_: &Arc<UnixStream>| {
            count.fetch_add(1, Ordering::Relaxed);
            all.lock().unwrap().clear();
        };
        let watcher = handle.add_reader(here.clone(), callback).unwrap();
        watchers.lock().unwrap().push(watcher);
    }
    run(&mut test, || calls.load(Ordering::Relaxed) > 0);
    idle(&mut test);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!(Arc::strong_count(&here), 1);
}

#[test]
fn a_panic_is_reported_and_the_watcher_goes_on() {
    let (mut test, handle, calls) = new();
    let (here, there) = pair();
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    handle.set_exception_handler(Some(Arc::new(move |exception: &Exception| {
        sink.lock().unwrap().push((exception.kind(), exception.message().to_owned()));
    })));
    let count = calls.clone();
    let _watcher = handle
        .add_reader(here, move |io: &Arc<UnixStream>| {
            let _one = (&**io).read(&mut [0]).unwrap();
            count.fetch_add(1, Ordering::Relaxed);
            panic!("oh no");
        })
        .unwrap();
    (&there).write_all(b"xy").unwrap();
    run(&mut test, || calls.load(Ordering::Relaxed) == 2);
    let expected = (ExceptionKind::Watcher, "oh no".to_owned());
    assert_eq!(*told.lock().unwrap(), [expected.clone(), expected]);
}

#[test]
fn closing_the_loop_ends_its_watchers() {
    let (mut test, handle, _) = new();
    let (here, _there) = pair();
    let watcher = handle.add_reader(here.clone(), |_| ()).unwrap();
    idle(&mut test);
    drop(test);
    assert!(!watcher.is_active());
    assert!(!watcher.cancel());
    assert_eq!(Arc::strong_count(&here), 1);
    let error = handle.add_reader(here, |_| ()).unwrap_err();
    assert!(error.get_ref().is_some_and(|inner| inner.is::<crate::Closed>()));
}
