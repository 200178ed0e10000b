//! Descriptors on the loop.
#![cfg(unix)]

use std::future::{Future, poll_fn};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use loop_api::io::Interest::{Readable, Writable};
use loop_api::readiness::{Moved, Readiness, Source};
use loop_api::{EventLoop, Handle};
use loop_native::{NativeHandle, NativeLoop, NativeSource};

fn pair(handle: &NativeHandle) -> (NativeSource<UnixStream>, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    (handle.register(ours).unwrap(), theirs)
}

async fn read(source: &NativeSource<UnixStream>, buffer: &mut [u8]) -> usize {
    poll_fn(|cx| {
        source.poll_transfer(cx, Readable, |mut io| io.read(buffer).map(|n| Moved::of(n, buffer.len())))
    })
    .await
    .unwrap()
}

#[test]
fn a_read_waits_for_bytes_and_sees_the_end_that_came_with_them() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.block_on(async {
        let (ours, mut theirs) = pair(&handle);
        let writer = handle.spawn_local({
            let sleep = handle.sleep(Duration::from_millis(2));
            async move {
                sleep.await;
                theirs.write_all(b"bytes").unwrap();
                // The end arrives before anybody has read.
                drop(theirs);
            }
        });
        let mut buffer = [0; 64];
        assert_eq!(read(&ours, &mut buffer).await, 5);
        assert_eq!(read(&ours, &mut buffer).await, 0);
        assert_eq!(read(&ours, &mut buffer).await, 0);
        writer.await.unwrap();
    });
}

#[test]
fn all_waiters_of_a_direction_are_woken() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.block_on(async {
        let (ours, mut theirs) = pair(&handle);
        let ours = Arc::new(ours);
        let waiters: Vec<_> = (0..20)
            .map(|number| {
                let ours = ours.clone();
                handle.spawn(async move {
                    let mut byte = [0];
                    if number % 2 == 0 {
                        ours.io(Readable, |mut io| io.read(&mut byte)).await.unwrap();
                    } else {
                        poll_fn(|cx| ours.poll_io(cx, Readable, |mut io| io.read(&mut byte))).await.unwrap();
                    }
                    byte[0]
                })
            })
            .collect();
        handle.sleep(Duration::from_millis(1)).await;
        theirs.write_all(&[7; 20]).unwrap();
        for waiter in waiters {
            assert_eq!(waiter.await.unwrap(), 7);
        }
    });
}

#[test]
fn a_reader_and_a_writer_do_not_take_each_others_place() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.block_on(async {
        let (ours, mut theirs) = pair(&handle);
        let ours = Arc::new(ours);
        let sent = handle.spawn({
            let ours = ours.clone();
            async move {
                let mut sent = 0;
                while sent < 1 << 22 {
                    sent += ours.io(Writable, |mut io| io.write(&[1; 4096])).await.unwrap();
                }
                sent
            }
        });
        let got = handle.spawn({
            let ours = ours.clone();
            async move { read(&ours, &mut [0; 8]).await }
        });
        handle.sleep(Duration::from_millis(1)).await;
        theirs.write_all(b"x").unwrap();
        assert_eq!(got.await.unwrap(), 1);
        let drain = std::thread::spawn(move || theirs.read_to_end(&mut Vec::new()).unwrap());
        let sent = sent.await.unwrap();
        drop(ours);
        assert_eq!(drain.join().unwrap(), sent);
    });
}

#[test]
fn a_number_used_again_gets_no_event_of_its_predecessor() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.block_on(async {
        for _ in 0..100 {
            let (ours, mut theirs) = pair(&handle);
            read_nothing(&ours);
            theirs.write_all(b"old").unwrap();
            drop((ours, theirs));
            let (ours, theirs) = pair(&handle);
            read_nothing(&ours);
            handle.sleep(Duration::ZERO).await;
            let mut attempts = 0;
            let attempt = ours.io(Readable, |_| {
                attempts += 1;
                Err::<(), _>(ErrorKind::WouldBlock.into())
            });
            let mut attempt = pin!(attempt);
            assert!(attempt.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            drop(theirs);
        }
    });
}

fn read_nothing(source: &NativeSource<UnixStream>) {
    let mut cx = Context::from_waker(Waker::noop());
    assert!(source.poll_io(&mut cx, Readable, |mut io| io.read(&mut [0])).is_pending());
}

#[test]
fn a_regular_file_is_refused_with_advice() {
    let native = NativeLoop::new().unwrap();
    let file = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
    let error = native.handle().register(file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("spawn_blocking"));
}

#[test]
fn a_source_that_outlives_its_loop_says_so() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    let (ours, _theirs) = pair(&handle);
    read_nothing(&ours);
    native.close();
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Err(error)) = ours.poll_io(&mut cx, Readable, |mut io| io.read(&mut [0])) else {
        panic!("there is nothing to wait for");
    };
    assert!(error.to_string().contains("closed"));
    assert!(handle.register(UnixStream::pair().unwrap().0).is_err());
    ours.into_inner().unwrap();
}

#[test]
fn a_socket_that_is_always_ready_does_not_starve_others() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.block_on(async {
        let (ours, _theirs) = pair(&handle);
        let greedy = handle.spawn(async move {
            loop {
                ours.io(Writable, |_| Ok(())).await.unwrap();
            }
        });
        handle.sleep(Duration::from_millis(1)).await;
        greedy.abort();
    });
}

#[test]
fn all_who_wait_to_write_are_woken_when_there_is_room() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.block_on(async {
        let (ours, mut theirs) = pair(&handle);
        // Nothing is asked of the system before somebody has to wait.
        while ours.get_ref().write(&[0; 4096]).is_ok() {}
        let ours = Arc::new(ours);
        let writers: Vec<_> = (0..3)
            .map(|_| {
                let ours = ours.clone();
                handle.spawn(async move { ours.io(Writable, |mut io| io.write(&[1])).await })
            })
            .collect();
        handle.sleep(Duration::from_millis(2)).await;
        assert!(writers.iter().all(|writer| !loop_api::task::Task::is_finished(writer)));
        theirs.set_nonblocking(true).unwrap();
        while theirs.read(&mut [0; 4096]).is_ok() {}
        for writer in writers {
            assert_eq!(writer.await.unwrap().unwrap(), 1);
        }
    });
}

/// Gives another descriptor each time but the first.
struct Fickle {
    asked: AtomicBool,
    first: Arc<UnixStream>,
    others: UnixStream,
}

impl AsFd for Fickle {
    fn as_fd(&self) -> BorrowedFd<'_> {
        if self.asked.swap(true, Ordering::Relaxed) { self.others.as_fd() } else { self.first.as_fd() }
    }
}

#[test]
fn what_was_registered_is_deregistered_whatever_it_says_it_is() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.block_on(async {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let ours = Arc::new(ours);
        let fickle = Fickle {
            asked: AtomicBool::new(false),
            first: ours.clone(),
            others: UnixStream::pair().unwrap().0,
        };
        let mut source = handle.register(fickle).unwrap();
        for _ in 0..2 {
            let read = source.io(Readable, |fickle| (&*fickle.first).read(&mut [0; 8]));
            let both = futures_lite::future::zip(read, async {
                handle.sleep(Duration::from_millis(1)).await;
                theirs.write_all(b"x").unwrap();
            });
            let both =
                handle.timeout(Duration::from_secs(20), both).await.expect("to be told of what it has");
            assert_eq!(both.0.unwrap(), 1);
            let fickle = source.into_inner().unwrap();
            fickle.asked.store(false, Ordering::Relaxed);
            source = handle.register(fickle).expect("it is registered no more");
        }
    });
}
