//! The spin of a loop that has nothing to do.
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::task::{Poll, Wake, Waker};
use std::thread;

use loop_api::{EventLoop, Handle};

use std::time::Duration;

use crate::handle::NativeHandle;
use crate::native_loop::NativeLoop;

/// Far more than a test lasts.
const LONG: Duration = Duration::from_secs(600);

/// Numbers without a pattern, the same in each run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

fn spinning(time: Duration) -> NativeLoop {
    NativeLoop::builder().spin(time).build().unwrap()
}

/// Waits until the loop's thread says that it sleeps. False if that does not come.
fn sleeps(handle: &NativeHandle, tries: usize) -> bool {
    (0..tries).any(|_| {
        thread::sleep(Duration::from_millis(1));
        handle.unparker().parker.is_parked()
    })
}

/// Whether the loop of `native` goes to sleep when it has nothing to do. `tries` are milliseconds.
fn falls_asleep(native: &mut NativeLoop, tries: usize) -> bool {
    let handle = native.handle().clone();
    let (send, waits) = channel::<Waker>();
    let watcher = thread::spawn(move || {
        let waker = waits.recv().unwrap();
        let asleep = sleeps(&handle, tries);
        waker.wake();
        asleep
    });
    let mut polled = false;
    native.block_on(std::future::poll_fn(|cx| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        send.send(cx.waker().clone()).unwrap();
        Poll::Pending
    }));
    watcher.join().unwrap()
}

#[test]
fn a_spin_ends_and_the_thread_sleeps() {
    assert!(falls_asleep(&mut spinning(Duration::from_millis(5)), 10_000));
    assert!(falls_asleep(&mut NativeLoop::new().unwrap(), 10_000));
}

#[test]
fn while_it_spins_it_does_not_sleep_and_a_wake_ends_it() {
    assert!(!falls_asleep(&mut spinning(LONG), 30));
}

#[test]
fn a_timer_ends_a_spin() {
    let mut native = spinning(LONG);
    let handle = native.handle().clone();
    native.block_on(handle.sleep(Duration::from_millis(2)));
    // Also one that another thread begins while the loop spins.
    let (send, waits) = channel::<Waker>();
    let beginner = thread::spawn({
        let handle = handle.clone();
        move || {
            let waker = waits.recv().unwrap();
            let mut sleep = Box::pin(handle.sleep(Duration::from_millis(2)));
            let pending = sleep.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending();
            (sleep, pending)
        }
    });
    let mut polls = 0;
    native.block_on(std::future::poll_fn(|cx| {
        polls += 1;
        if polls == 1 {
            send.send(cx.waker().clone()).unwrap();
            return Poll::Pending;
        }
        Poll::Ready(())
    }));
    let (sleep, pending) = beginner.join().unwrap();
    assert!(pending);
    drop(sleep);
}

#[test]
fn io_ends_a_spin() {
    use loop_api::net::{Net, TcpListener, TcpOptions};
    let mut native = spinning(LONG);
    let handle = native.handle().clone();
    let accepted = native.block_on(async {
        let listener = handle.listen_tcp(([127, 0, 0, 1], 0).into(), &TcpOptions::default()).unwrap();
        let addr = listener.local_addr().unwrap();
        let client = thread::spawn(move || std::net::TcpStream::connect(addr).unwrap());
        let accepted = listener.accept().await.unwrap();
        (accepted.1, client.join().unwrap().local_addr().unwrap())
    });
    assert_eq!(accepted.0, accepted.1);
}

#[test]
fn a_turn_waits_no_longer_than_its_limit() {
    use loop_api::turn::Turn;
    struct NoWake;
    impl Wake for NoWake {
        fn wake(self: Arc<Self>) {}
    }
    let mut native = spinning(LONG);
    native.turn(Some(Duration::from_millis(3))).unwrap();
    native.turn(Some(Duration::ZERO)).unwrap();
    // And it does wait: the sleep is over when the turn is.
    let mut sleep = Box::pin(native.handle().sleep(Duration::from_millis(3)));
    let waker = Waker::from(Arc::new(NoWake));
    let cx = &mut std::task::Context::from_waker(&waker);
    assert!(sleep.as_mut().poll(cx).is_pending());
    native.turn(None).unwrap();
    assert!(sleep.as_mut().poll(cx).is_ready());
}
