//! A guest of a host that waits in poll(2), as a toolkit's main loop does.
#![cfg(unix)]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use loop_api::{EventLoop, Handle};
use loop_compat::guest::{Guest, GuestError};
use loop_native::NativeLoop;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

const LONG: Duration = Duration::from_secs(30);

/// The host: its own descriptor, from which it reads lines, and the guest's.
fn run<T>(mut guest: Guest<NativeLoop, T>, mut own: UnixStream) -> (Result<T, GuestError>, Vec<u8>, usize) {
    let (mut read, mut waits) = (Vec::new(), 0);
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < LONG, "the guest came to nothing");
        let timeout = guest.timeout().unwrap_or(LONG).min(LONG);
        let timeout = Timespec { tv_sec: timeout.as_secs() as i64, tv_nsec: timeout.subsec_nanos().into() };
        let (own_ready, _) = {
            let mut fds = [PollFd::new(&own, PollFlags::IN), PollFd::new(&guest, PollFlags::IN)];
            poll(&mut fds, Some(&timeout)).unwrap();
            (!fds[0].revents().is_empty(), !fds[1].revents().is_empty())
        };
        waits += 1;
        if own_ready {
            let mut bytes = [0; 16];
            let count = own.read(&mut bytes).unwrap();
            read.extend_from_slice(&bytes[..count]);
        }
        if let Poll::Ready(result) = guest.step() {
            return (result, read, waits);
        }
    }
}

#[test]
fn cmp10_guest_does_io_and_timers_beside_the_hosts_own() {
    let (own, mut other) = UnixStream::pair().unwrap();
    let native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    let guest = Guest::new(native, async move {
        for letter in 0..5 {
            handle.sleep(Duration::from_millis(5)).await;
            // The host's own I/O goes on: this is for it.
            other.write_all(&[b'a' + letter]).unwrap();
            handle.spawn_blocking(|| ()).await.unwrap();
        }
        handle.sleep(Duration::from_millis(5)).await;
        "done"
    })
    .unwrap();
    let (result, read, waits) = run(guest, own);
    assert_eq!((result.unwrap(), &read[..]), ("done", &b"abcde"[..]));
    assert!(waits < 80, "{waits} waits");
}

#[test]
fn cmp10_an_idle_guest_takes_no_turns() {
    let native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    let mut guest = Guest::new(native, async move { handle.sleep(LONG * 10).await }).unwrap();
    while guest.timeout().is_some_and(|timeout| timeout.is_zero()) {
        assert!(guest.step().is_pending());
    }
    assert!(guest.step().is_pending());
    let turns = guest.turns();
    let mut fds = [PollFd::new(&guest, PollFlags::IN)];
    assert_eq!(
        poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 50_000_000 })),
        Ok(0),
        "it has nothing to do"
    );
    assert!(guest.timeout().unwrap() > LONG);
    assert_eq!(guest.turns(), turns);
    drop(guest.into_inner());
}

#[test]
fn cmp11_host_and_other_threads_wake_the_guest() {
    let native = NativeLoop::new().unwrap();
    let handle = native.handle().clone();
    let (promise, deferred) = loop_api::promise::promise();
    let mut guest = Guest::new(native, deferred).unwrap();
    assert!(guest.step().is_pending());
    let is_readable = |guest: &Guest<NativeLoop, _>, limit: Duration| {
        let limit = Timespec { tv_sec: limit.as_secs() as i64, tv_nsec: limit.subsec_nanos().into() };
        poll(&mut [PollFd::new(guest, PollFlags::IN)], Some(&limit)) == Ok(1)
    };
    assert!(!is_readable(&guest, Duration::ZERO));
    // From another thread, while the host waits.
    let other = thread::spawn(move || handle.spawn(async { promise.settle(9) }));
    assert!(is_readable(&guest, LONG));
    drop(other.join().unwrap());
    let result = loop {
        if let Poll::Ready(result) = guest.step() {
            break result;
        }
        assert!(is_readable(&guest, LONG));
    };
    assert_eq!(result.unwrap().unwrap(), 9);
}
