//! A backend that anyone could write, against the conformance suite: tasks and blocking jobs from
//! the toolkit, and files by them; the rest from the standard library. It is simple rather than
//! fast, and has no sockets.

mod small_loop;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use loop_api::callback::Pump;
use loop_api::{EventLoop, Handle};
use loop_conformance::support::{Counter, WakerCalls, calling_waker};
use small_loop::SmallLoop;

struct OneThread;

impl loop_conformance::Subject for OneThread {
    type Loop = SmallLoop;
}

loop_conformance::conformance!(mod third_party, OneThread, caps: [one_thread, fs, system_fs, turn, clock, threads, real_time]);

/// The pump is polled with a waker of the backend, whose code may be any.
#[test]
fn a_clone_of_the_pumps_waker_may_queue_a_callback() {
    loop_conformance::run_case("a clone of the pump's waker", false, || {
        let own = SmallLoop::new().expect("a loop");
        let (handle, ran) = (own.handle().clone(), Counter::new());
        let counted = ran.clone();
        let call_soon = move || {
            let ran = counted.clone();
            let _queued = handle.call_soon(move || _ = ran.add()).expect("an open loop");
        };
        let on = Arc::new(AtomicBool::new(false));
        let (is_on, in_clone) = (on.clone(), call_soon.clone());
        let waker = calling_waker(WakerCalls::InClone, move || {
            if is_on.load(Ordering::SeqCst) {
                in_clone();
            }
        });
        let mut cx = Context::from_waker(&waker);
        let mut pump = Pump::new(own.handle().clone());
        assert_eq!(pump.poll_turn(&mut cx), Poll::Pending);
        on.store(true, Ordering::SeqCst);
        call_soon();
        assert_eq!(pump.poll_turn(&mut cx), Poll::Pending);
        assert_eq!(ran.get(), 1);
    });
}
