//! The loop inside another, which waits in its descriptor.
#![cfg(target_os = "linux")]

use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use loop_api::turn::Turn;
use loop_api::{EventLoop, Handle};
use loop_native::NativeLoop;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Whether the descriptor becomes readable within `limit`.
fn is_readable(native: &NativeLoop, limit: Duration) -> bool {
    let mut fds = [PollFd::new(native, PollFlags::IN)];
    let limit = Timespec { tv_sec: 0, tv_nsec: limit.subsec_nanos().into() };
    poll(&mut fds, Some(&limit)).unwrap() == 1
}

fn settle(native: &mut NativeLoop) {
    for _ in 0..5 {
        native.turn(Some(Duration::ZERO)).unwrap();
    }
}

const SOON: Duration = Duration::from_millis(500);

#[test]
fn the_descriptor_tells_of_work_and_is_quiet_without() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.as_fd();
    settle(&mut native);
    assert!(!is_readable(&native, Duration::ZERO));
    assert_eq!(native.next_deadline(), None);

    // Work from this thread, between turns.
    let task = handle.spawn(async { 1 });
    assert!(is_readable(&native, Duration::ZERO));
    assert!(native.next_deadline().is_some());
    settle(&mut native);
    assert_eq!(futures_lite::future::block_on(task).unwrap(), 1);
    assert!(!is_readable(&native, Duration::ZERO));

    // A callback.
    handle.call_soon(|| ()).unwrap();
    assert!(is_readable(&native, Duration::ZERO));
    settle(&mut native);
    assert!(!is_readable(&native, Duration::ZERO));

    // Work from another thread, which comes while the host waits.
    let remote = handle.clone();
    let other = thread::spawn(move || {
        thread::sleep(Duration::from_millis(5));
        drop(remote.spawn(async {}));
    });
    assert!(is_readable(&native, SOON));
    other.join().unwrap();
    settle(&mut native);
    assert!(!is_readable(&native, Duration::ZERO));
}

#[test]
fn an_earlier_timer_than_the_host_knows_of_wakes_it() {
    let mut native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    native.as_fd();
    drop(handle.spawn(handle.sleep(Duration::from_secs(3600))));
    settle(&mut native);
    assert!(!is_readable(&native, Duration::ZERO));
    let before = native.next_deadline().unwrap();
    let other = thread::spawn(move || handle.block_on(handle.sleep(Duration::from_millis(1))));
    assert!(is_readable(&native, SOON));
    while !other.is_finished() {
        assert!(native.next_deadline().unwrap() <= before);
        native.turn(Some(Duration::from_millis(5))).unwrap();
    }
    other.join().unwrap();
}

#[test]
fn a_turn_inside_a_run_of_another_loop_works() {
    let mut host = NativeLoop::new().unwrap();
    let mut guest = NativeLoop::new().unwrap();
    let handle = guest.handle().clone();
    let task = handle.spawn(async { 3 });
    host.block_on(async move {
        while !task.is_finished() {
            guest.turn(Some(Duration::ZERO)).unwrap();
        }
        assert_eq!(task.await.unwrap(), 3);
    });
}
