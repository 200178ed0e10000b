//! TMR: timers that are cancelled, moved and many.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future::poll_once;

use crate::Subject;
use crate::support::{Counter, LONG, Log, Random, SHORT, make, run, until, within};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::callback::CallbackHandle;
use loop_api::time::Sleep;

pub fn tmr16_cancel_before_and_after_and_from_itself<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (ran, dropped) = (Counter::new(), Counter::new());
        let (line, guard) = (ran.clone(), dropped.on_drop());
        let before = handle
            .call_later(SHORT, move || {
                let _guard = guard;
                line.add();
            })
            .unwrap();
        assert!(before.cancel() && !before.cancel());
        assert_eq!(dropped.get(), 1);

        let line = ran.clone();
        let after = handle.call_later(Duration::ZERO, move || _ = line.add()).unwrap();
        assert!(until(&handle, || ran.get() == 1).await);
        assert!(!after.cancel());

        let own = Arc::new(Mutex::new(None::<CallbackHandle>));
        let (mine, log) = (own.clone(), Log::new());
        let line = log.clone();
        let itself = handle.call_later(SHORT, move || {
            let mine = mine.lock().unwrap().take();
            line.push(mine.is_some_and(|mine| mine.cancel()));
        });
        *own.lock().unwrap() = Some(itself.unwrap());
        assert!(until(&handle, || log.len() == 1).await);
        assert_eq!(log.take(), [false], "a callback that runs cannot be kept from running");
        handle.sleep(SHORT).await;
        assert_eq!(ran.get(), 1, "the cancelled one ran");
    });
}

pub fn tmr17_timer_cancels_a_later_one_with_its_deadline<S: Subject>() {
    run::<S, _>(|handle| async move {
        let log = Log::new();
        let victim = Arc::new(Mutex::new(None::<CallbackHandle>));
        let deadline = handle.now() + SHORT;
        let (line, target) = (log.clone(), victim.clone());
        handle
            .call_at(deadline, move || {
                line.push(target.lock().unwrap().take().is_some_and(|victim| victim.cancel()));
            })
            .unwrap();
        let line = log.clone();
        *victim.lock().unwrap() = Some(handle.call_at(deadline, move || line.push(false)).unwrap());
        handle.sleep_until(deadline + SHORT).await;
        assert!(until(&handle, || !log.is_empty()).await);
        assert_eq!(log.take(), [true]);
    });
}

pub fn tmr18_reset_to_earlier<S: Subject>() {
    run::<S, _>(|handle| async move {
        let mut sleep = pin!(handle.sleep(LONG * 4));
        let mut moved = false;
        let start = Instant::now();
        let earlier = handle.now() + SHORT;
        // It was registered with the task's waker, which the new deadline wakes without another
        // poll.
        let mut polls = 0;
        let waited = poll_fn(|cx| {
            polls += 1;
            if !moved {
                assert!(sleep.as_mut().poll(cx).is_pending());
                sleep.as_mut().reset(earlier);
                moved = true;
                return Poll::Pending;
            }
            sleep.as_mut().poll(cx)
        });
        waited.await;
        assert!(handle.now() >= earlier, "early after a reset");
        assert!(start.elapsed() < LONG, "the old deadline counted: {:?}", start.elapsed());
        assert_eq!(sleep.deadline(), earlier);
    });
}

pub fn tmr18_reset_to_later<S: Subject>() {
    run::<S, _>(|handle| async move {
        // A machine may stall before it is moved: then once more, with more time.
        for times in [1, 4, 16, 64, 256] {
            let mut sleep = pin!(handle.sleep(SHORT * times));
            if poll_once(sleep.as_mut()).await.is_some() {
                continue;
            }
            let later = handle.now() + SHORT * times + SHORT * 3;
            sleep.as_mut().reset(later);
            assert!(!sleep.is_elapsed() || handle.now() >= later);
            sleep.as_mut().await;
            assert!(handle.now() >= later, "done at its old deadline");
            // One that is done can be moved too.
            let again = handle.now() + SHORT;
            sleep.as_mut().reset(again);
            assert!(!sleep.is_elapsed() || handle.now() >= again);
            within(&handle, LONG, sleep.as_mut()).await.expect("a sleep that was moved after its end");
            assert!(handle.now() >= again);
            return;
        }
        panic!("a sleep was over when it was first asked, each time");
    });
}

pub fn tmr19_stop_keeps_a_due_timer_for_the_next_run<S: Subject>() {
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let log = Log::new();
    let line = log.clone();
    handle.call_later(SHORT, move || line.push("timer")).unwrap();
    handle.stop();
    assert_eq!(subject.run_forever(), Ok(()));
    thread::sleep(SHORT * 2);
    assert!(log.is_empty(), "a timer ran on a stopped loop");
    assert!(subject.block_on(until(&handle, || log.len() == 1)));
}

#[cfg(target_os = "linux")]
pub fn tmr20_cancelled_timers_do_not_accumulate<S: Subject>() {
    const MANY: usize = 100_000;
    let hour = Duration::from_secs(3600);
    run::<S, _>(|handle| async move {
        let mut grown = 0;
        // The first round fills what the allocator and the loop keep for reuse.
        for _ in 0..2 {
            let before = crate::support::resident();
            for number in 0..MANY {
                let timer = handle.call_later(hour, move || _ = std::hint::black_box(number)).unwrap();
                assert!(timer.cancel());
                let mut sleep = pin!(handle.sleep(hour));
                assert!(poll_once(sleep.as_mut()).await.is_none());
                if number % 1024 == 0 {
                    crate::harness::goes_on();
                    crate::support::yield_now().await;
                }
            }
            grown = crate::support::resident().saturating_sub(before);
        }
        // Eight bytes for each would be more.
        assert!(grown < MANY * 8 * 2, "{MANY} cancelled timers of each kind left {grown} bytes");
    });
}

pub fn tmr21_timers_in_random_order_fire_in_deadline_order<S: Subject>() {
    run::<S, _>(|handle| async move {
        let mut random = Random::new(0x5eed);
        for round in 0..4 {
            let (log, start) = (Log::new(), handle.now());
            let mut expected = Vec::new();
            let mut timers = Vec::new();
            for number in 0..300_u64 {
                // Few deadlines, so that many are shared.
                let deadline = start + Duration::from_micros(500 * random.below(60));
                let line = log.clone();
                let clock = handle.clone();
                let run = move || line.push((deadline, number, clock.now() >= deadline));
                timers.push((deadline, number, handle.call_at(deadline, run).unwrap()));
            }
            for (deadline, number, timer) in timers {
                if random.below(4) == 0 {
                    assert!(timer.cancel());
                } else {
                    expected.push((deadline, number, true));
                }
            }
            expected.sort_unstable();
            assert!(until(&handle, || log.len() >= expected.len()).await, "round {round}");
            assert_eq!(log.take(), expected, "round {round}");
        }
    });
}

pub fn tmr22_now_advances_while_blocked_and_never_goes_back<S: Subject>() {
    run::<S, _>(|handle| async move {
        let before = handle.now();
        thread::sleep(SHORT);
        assert!(handle.now() - before >= SHORT, "the clock stood while the thread was blocked");
        let mut last = handle.now();
        for _ in 0..10_000 {
            let now = handle.now();
            assert!(now >= last, "the clock went back");
            last = now;
        }
        let inner = handle.clone();
        let there = handle.spawn_blocking(move || inner.now()).await.unwrap();
        assert!(there >= last && handle.now() >= there, "the clock differs between threads");
    });
}
