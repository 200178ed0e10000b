//! SIG: signals of the process. They reach all cases that run at the time, so that a case either
//! asks for no more than one signal at least, or runs alone.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;

use futures_lite::future::{block_on, poll_once};
use rustix::process::Signal as Raw;

use crate::made::spawn_thread;
#[cfg(target_os = "linux")]
use crate::support::descriptors;
use crate::support::{LONG, SHORT, is_closed, make, run, within};
use crate::{HandleOf, Subject};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::signal::{Signal, SignalKind, Signals};

async fn recv(listener: &mut impl Signal) -> Option<()> {
    poll_fn(|cx| listener.poll_recv(cx)).await
}

/// What is received within the time of a busy machine.
async fn told<H: Handle>(handle: &H, listener: &mut impl Signal) {
    let got = within(handle, LONG, recv(listener)).await.expect("a listener was not told");
    assert_eq!(got, Some(()), "the loop is not closed");
}

async fn not_told<H: Handle>(handle: &H, listener: &mut impl Signal) {
    let got = within(handle, SHORT, recv(listener)).await;
    assert_eq!(got, None, "there was no signal");
}

pub fn sig01_a_signal_is_received_once<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        let mut listener = handle.signal(SignalKind::user_defined1()).expect("to listen");
        not_told(&handle, &mut listener).await;
        for _ in 0..3 {
            S::raise(&handle, SignalKind::user_defined1());
            told(&handle, &mut listener).await;
            not_told(&handle, &mut listener).await;
        }
    });
}

pub fn sig01_a_signal_from_another_thread_wakes_a_loop_that_waits<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        let mut listener = handle.signal(SignalKind::user_defined1()).expect("to listen");
        let sender = spawn_thread(move || {
            thread::sleep(SHORT);
            S::raise(&handle, SignalKind::user_defined1());
        });
        // Nothing else wakes it: a limit would be a timer of the loop.
        assert_eq!(recv(&mut listener).await, Some(()));
        sender.join().expect("the signal to be sent");
    });
}

pub fn sig02_two_listeners_of_one_loop_are_both_told<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        let mut one = handle.signal(SignalKind::user_defined1()).expect("to listen");
        let mut other = handle.signal(SignalKind::user_defined1()).expect("to listen");
        let task = handle.spawn(async move { recv(&mut other).await });
        S::raise(&handle, SignalKind::user_defined1());
        told(&handle, &mut one).await;
        let other = within(&handle, LONG, task).await.expect("the other listener was not told");
        assert_eq!(other.expect("the task to end"), Some(()));
    });
}

pub fn sig02_a_hundred_listeners_are_all_told<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        let listen = |_| handle.signal(SignalKind::user_defined2()).expect("to listen");
        let listeners: Vec<_> = (0..100).map(listen).collect();
        let receive = |mut listener| handle.spawn(async move { recv(&mut listener).await });
        let tasks: Vec<_> = listeners.into_iter().map(receive).collect();
        S::raise(&handle, SignalKind::user_defined2());
        for task in tasks {
            let got = within(&handle, LONG, task).await.expect("a listener was not told");
            assert_eq!(got.expect("the task to end"), Some(()));
        }
    });
}

pub fn sig03_two_loops_are_both_told<S: Subject>()
where
    HandleOf<S>: Signals,
{
    let (ready, when_ready) = channel();
    let other = spawn_thread(move || {
        run::<S, _>(|handle| async move {
            let mut listener = handle.signal(SignalKind::user_defined2()).expect("to listen");
            ready.send(()).expect("the case to wait");
            told(&handle, &mut listener).await;
        });
    });
    run::<S, _>(|handle| async move {
        let mut listener = handle.signal(SignalKind::user_defined2()).expect("to listen");
        when_ready.recv().expect("the other loop to listen");
        S::raise(&handle, SignalKind::user_defined2());
        told(&handle, &mut listener).await;
    });
    other.join().expect("the other loop to be told");
}

pub fn sig04_a_signal_before_the_first_receive_is_not_lost<S: Subject>()
where
    HandleOf<S>: Signals,
{
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    // Off the loop, which does not even run.
    let mut listener = handle.signal(SignalKind::window_change()).expect("to listen");
    S::raise(&handle, SignalKind::window_change());
    subject.block_on(told(&handle, &mut listener));
}

pub fn sig04_a_signal_between_two_receives_is_not_lost<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        let mut listener = handle.signal(SignalKind::window_change()).expect("to listen");
        for _ in 0..20 {
            S::raise(&handle, SignalKind::window_change());
            told(&handle, &mut listener).await;
        }
    });
}

pub fn sig05_many_signals_are_at_least_one_and_the_next_comes_too<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        let mut listener = handle.signal(SignalKind::window_change()).expect("to listen");
        for _ in 0..1000 {
            S::raise(&handle, SignalKind::window_change());
        }
        told(&handle, &mut listener).await;
        let mut more = 1;
        while within(&handle, SHORT, recv(&mut listener)).await.is_some() {
            more += 1;
        }
        assert!(more <= 1000, "received {more} of 1000");
        S::raise(&handle, SignalKind::window_change());
        told(&handle, &mut listener).await;
    });
}

pub fn sig06_dropping_a_listener_keeps_the_other<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        let one = handle.signal(SignalKind::user_defined1()).expect("to listen");
        let mut other = handle.signal(SignalKind::user_defined1()).expect("to listen");
        drop(one);
        S::raise(&handle, SignalKind::user_defined1());
        told(&handle, &mut other).await;
    });
}

pub fn sig06_after_the_last_listener_the_process_lives_and_can_listen_anew<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        drop(handle.signal(SignalKind::alarm()).expect("to listen"));
        // Its default is to end the process.
        S::raise(&handle, SignalKind::alarm());
        let mut anew = handle.signal(SignalKind::alarm()).expect("to listen anew");
        S::raise(&handle, SignalKind::alarm());
        told(&handle, &mut anew).await;
    });
}

pub fn sig07_signals_that_no_handler_may_take_are_refused<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        for signal in [Raw::KILL, Raw::STOP, Raw::ILL, Raw::FPE, Raw::SEGV] {
            let kind = SignalKind::from_raw(signal.as_raw());
            let error = handle.signal(kind).map(drop).expect_err("a signal that cannot be taken");
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(&signal.as_raw().to_string()), "{error}");
        }
        for number in [-1, 0, 4096] {
            let none = handle.signal(SignalKind::from_raw(number)).map(drop);
            assert_eq!(none.expect_err("no such signal").kind(), ErrorKind::InvalidInput);
        }
    });
}

pub fn sig08_closing_the_loop_ends_receiving<S: Subject>()
where
    HandleOf<S>: Signals,
{
    let mut subject = make::<S>();
    // No case raises it.
    let mut listener = subject.handle().signal(SignalKind::io()).expect("to listen");
    subject.block_on(async { assert!(poll_once(recv(&mut listener)).await.is_none()) });
    let waiting = thread::spawn(move || {
        let first = block_on(recv(&mut listener));
        (first, block_on(recv(&mut listener)))
    });
    thread::sleep(SHORT);
    drop(subject);
    assert_eq!(waiting.join().expect("the waiting thread"), (None, None));
}

pub fn sig08_listening_on_a_closed_loop_is_refused<S: Subject>()
where
    HandleOf<S>: Signals,
{
    let subject = make::<S>();
    let handle = subject.handle().clone();
    drop(subject);
    let error = handle.signal(SignalKind::user_defined1()).map(drop).expect_err("the loop is closed");
    assert!(is_closed(&error), "{error}");
}

pub fn sig09_a_receive_that_is_dropped_loses_none<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        let mut listener = handle.signal(SignalKind::user_defined1()).expect("to listen");
        for _ in 0..3 {
            let _ = poll_once(recv(&mut listener)).await;
            S::raise(&handle, SignalKind::user_defined1());
            told(&handle, &mut listener).await;
        }
    });
}

pub fn sig10_another_kind_of_signal_wakes_nobody<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        let mut first = handle.signal(SignalKind::user_defined1()).expect("to listen");
        let mut second = handle.signal(SignalKind::user_defined2()).expect("to listen");
        S::raise(&handle, SignalKind::user_defined2());
        told(&handle, &mut second).await;
        not_told(&handle, &mut first).await;
    });
}

#[cfg(target_os = "linux")]
pub fn sig11_listeners_leave_no_descriptor_behind<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        drop(handle.signal(SignalKind::hangup()).expect("to listen"));
        let before = descriptors();
        for _ in 0..100 {
            let mut listener = handle.signal(SignalKind::hangup()).expect("to listen");
            assert!(poll_once(recv(&mut listener)).await.is_none());
        }
        assert_eq!(descriptors(), before);
    });
}

pub fn sig12_a_storm_of_signals_starves_no_timer<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        let mut listener = handle.signal(SignalKind::window_change()).expect("to listen");
        let over = Arc::new(AtomicBool::new(false));
        let storm = spawn_thread({
            let (over, handle) = (over.clone(), handle.clone());
            move || {
                while !over.load(Ordering::Relaxed) {
                    S::raise(&handle, SignalKind::window_change());
                }
            }
        });
        let receiving = handle.spawn(async move { while recv(&mut listener).await.is_some() {} });
        handle.sleep(SHORT).await;
        over.store(true, Ordering::Relaxed);
        storm.join().expect("the storm to end");
        drop(receiving);
    });
}

pub fn sig13_a_child_has_the_systems_own_ways_again<S: Subject>()
where
    HandleOf<S>: Signals,
{
    run::<S, _>(|handle| async move {
        let _listener = handle.signal(SignalKind::user_defined1()).expect("to listen");
        let status = Command::new("sh").args(["-c", "kill -USR1 $$"]).status().expect("a child");
        assert_eq!(status.signal(), Some(Raw::USR1.as_raw()));
    });
}
