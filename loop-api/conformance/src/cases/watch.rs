//! IO: readers and writers in the manner of asyncio.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use crate::support::{Counter, Log, SHORT, record_exceptions, run, tcp_pair, until};
use crate::{HandleOf, Subject};
use loop_api::Handle;
use loop_api::callback::Watcher;
use loop_api::readiness::Readiness;

/// A non-blocking end that can be watched more than once, and the other one, blocking.
fn pair() -> (Arc<TcpStream>, TcpStream) {
    let (near, far) = tcp_pair();
    near.set_nonblocking(true).expect("a non-blocking socket");
    (Arc::new(near), far)
}

/// Reads all that is there; zero bytes at the end too.
fn drain(mut socket: &TcpStream) -> usize {
    let mut total = 0;
    let mut buf = [0; 256];
    while let Ok(n @ 1..) = socket.read(&mut buf) {
        total += n;
    }
    total
}

pub fn io01_a_reader_is_called_for_data_and_at_the_end<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (near, mut far) = pair();
        let log = Log::new();
        let lines = log.clone();
        let reader = handle.add_reader(near, move |socket| lines.push(drain(socket))).expect("a reader");
        handle.sleep(SHORT).await;
        assert!(log.is_empty(), "called though nothing was there");
        far.write_all(b"ciao").expect("a write");
        assert!(until(&handle, || !log.is_empty()).await, "not called for data");
        assert_eq!(log.take()[0], 4);
        drop(far);
        assert!(until(&handle, || !log.is_empty()).await, "not called at the end");
        assert!(reader.cancel());
    });
}

pub fn io02_a_writer_is_called_when_the_buffer_has_space<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (near, mut far) = pair();
        while (&*near).write(&[7; 16 * 1024]).is_ok() {}
        let called = Counter::new();
        let seen = called.clone();
        let writer = handle.add_writer(near.clone(), move |_| {
            seen.add();
        });
        let writer = writer.expect("a writer");
        handle.sleep(SHORT).await;
        assert_eq!(called.get(), 0, "called though the buffer is full");
        let reading = std::thread::spawn(move || {
            let mut buf = vec![0; 1 << 16];
            while far.read(&mut buf).is_ok_and(|n| n > 0) {}
        });
        assert!(until(&handle, || called.get() > 0).await, "not called");
        drop((writer, near));
        reading.join().expect("the other side");
    });
}

pub fn io03_a_reader_is_called_again_until_it_drains<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (near, mut far) = pair();
        far.write_all(b"abc").expect("a write");
        let log = Log::new();
        let lines = log.clone();
        let reader = handle.add_reader(near, move |socket| {
            let mut byte = [0; 1];
            if let Ok(1) = (&**socket).read(&mut byte) {
                lines.push(byte[0]);
            }
        });
        let _reader = reader.expect("a reader");
        assert!(until(&handle, || log.len() == 3).await, "{log:?}");
        assert_eq!(log.take(), *b"abc");
    });
}

pub fn io04_a_reader_is_not_called_for_writability<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (near, _far) = pair();
        let (read, written) = (Counter::new(), Counter::new());
        let (seen_read, seen_written) = (read.clone(), written.clone());
        let _reader = handle.add_reader(near.clone(), move |_| {
            seen_read.add();
        });
        let _writer = handle.add_writer(near, move |_| {
            seen_written.add();
        });
        assert!(until(&handle, || written.get() > 3).await, "the writer was not called");
        assert_eq!(read.get(), 0);
    });
}

pub fn io05_several_watchers_of_one_descriptor<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (near, mut far) = pair();
        let counts = [Counter::new(), Counter::new()];
        let readers = counts.each_ref().map(|count| {
            let count = count.clone();
            handle.add_reader(near.clone(), move |_| drop(count.on_drop())).expect("a reader")
        });
        far.write_all(b"x").expect("a write");
        assert!(until(&handle, || counts.iter().all(|count| count.get() > 0)).await, "{counts:?}");
        // One goes, the other stays.
        assert!(readers[0].cancel());
        let (gone, stays) = (counts[0].get(), counts[1].get());
        assert!(until(&handle, || counts[1].get() > stays + 2).await);
        assert!(
            counts[0].get() <= gone + 1,
            "called {} times after it was cancelled",
            counts[0].get() - gone
        );
    });
}

pub fn io07_cancelling_a_watcher_is_idempotent<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (near, _far) = pair();
        let reader = handle.add_reader(near, |_| ()).expect("a reader");
        assert!(reader.is_active());
        assert!(reader.cancel());
        assert!(!reader.cancel());
        assert!(!reader.is_active());
    });
}

pub fn io10_a_callback_cancels_another_that_is_ready<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (one, mut far_one) = pair();
        let (other, mut far_other) = pair();
        let watchers: Arc<Mutex<Vec<Watcher>>> = Arc::default();
        let calls = Counter::new();
        for near in [one, other] {
            let (all, calls) = (watchers.clone(), calls.clone());
            let reader = handle.add_reader(near, move |_| {
                calls.add();
                // Whichever comes first ends both.
                for watcher in all.lock().expect("the list").iter() {
                    watcher.cancel();
                }
            });
            watchers.lock().expect("the list").push(reader.expect("a reader"));
        }
        far_one.write_all(b"x").expect("a write");
        far_other.write_all(b"x").expect("a write");
        assert!(until(&handle, || calls.get() > 0).await);
        handle.sleep(SHORT).await;
        assert_eq!(calls.get(), 1);
    });
}

pub fn io11_a_callback_ends_its_own_watcher_and_the_descriptor_with_it<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        for _ in 0..20 {
            let (near, mut far) = pair();
            let slot: Arc<Mutex<Option<Watcher>>> = Arc::default();
            let calls = Counter::new();
            let (own, seen) = (slot.clone(), calls.clone());
            let reader = handle.add_reader(near, move |_| {
                seen.add();
                drop(own.lock().expect("the slot").take());
            });
            *slot.lock().expect("the slot") = Some(reader.expect("a reader"));
            far.write_all(b"x").expect("a write");
            assert!(until(&handle, || calls.get() == 1).await);
            // The descriptor is closed: the other side sees it, as there is data that was not read,
            // by a reset.
            let seen = std::thread::spawn(move || far.read(&mut [0; 1]).map_or(0, |n| n));
            assert_eq!(seen.join().expect("the other side"), 0);
            assert_eq!(calls.get(), 1);
        }
    });
}

pub fn io16_dropping_a_watcher_cancels_it<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let (near, mut far) = pair();
        let (calls, dropped) = (Counter::new(), Counter::new());
        let (seen, on_drop) = (calls.clone(), dropped.on_drop());
        let reader = handle.add_reader(near.clone(), move |_| {
            let _kept = &on_drop;
            seen.add();
        });
        drop(reader.expect("a reader"));
        far.write_all(b"x").expect("a write");
        handle.sleep(SHORT).await;
        assert_eq!(calls.get(), 0);
        assert!(until(&handle, || dropped.get() == 1).await, "the closure was kept");
        // The descriptor itself is free to be watched again, and by a watcher that is left to
        // itself.
        let seen = calls.clone();
        let reader = handle.add_reader(near, move |socket| {
            drain(socket);
            seen.add();
        });
        reader.expect("a reader").detach();
        assert!(until(&handle, || calls.get() > 0).await);
    });
}

pub fn io21_a_callbacks_panic_does_not_end_its_watcher<S: Subject>()
where
    HandleOf<S>: Readiness,
{
    run::<S, _>(|handle| async move {
        let told = record_exceptions(&handle);
        let (near, mut far) = pair();
        let calls = Counter::new();
        let seen = calls.clone();
        let _reader = handle.add_reader(near, move |socket| {
            drain(socket);
            if seen.add() == 1 {
                std::panic::resume_unwind(Box::new("the first time"));
            }
        });
        far.write_all(b"x").expect("a write");
        assert!(until(&handle, || told.len() == 1).await, "the panic was lost");
        assert_eq!(told.take()[0].kind, loop_api::shared::ExceptionKind::Watcher);
        far.write_all(b"y").expect("a write");
        assert!(until(&handle, || calls.get() >= 2).await, "the watcher ended with the panic");
    });
}
