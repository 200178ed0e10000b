//! TMR: timers.

use std::future::Future;
use std::mem;
use std::pin::pin;
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future::{poll_fn, poll_once};

use crate::Subject;
use crate::support::{Counter, LONG, Log, SHORT, make, run, until, within};
use loop_api::EventLoop;
use loop_api::Handle;
use loop_api::time::{self, Sleep};
use loop_api::turn::Turn;

pub fn tmr01_sleep_is_never_early<S: Subject>() {
    run::<S, _>(|handle| async move {
        for micros in [0, 1, 700, 1_000, 1_500, 20_000] {
            let delay = Duration::from_micros(micros);
            let start = Instant::now();
            handle.sleep(delay).await;
            let took = start.elapsed();
            assert!(took >= delay, "a sleep of {delay:?} was done after {took:?}");
            assert!(took < delay + LONG, "a sleep of {delay:?} took {took:?}");
        }
        let deadline = handle.now() + SHORT;
        let mut sleep = pin!(handle.sleep_until(deadline));
        assert_eq!(sleep.deadline(), deadline);
        sleep.as_mut().await;
        assert!(handle.now() >= deadline);
        assert!(sleep.is_elapsed());
    });
}

pub fn tmr01_sleep_that_is_polled_often_is_never_early<S: Subject>() {
    run::<S, _>(|handle| async move {
        for _ in 0..5 {
            let deadline = handle.now() + Duration::from_millis(4);
            let mut sleep = pin!(handle.sleep_until(deadline));
            while poll_once(sleep.as_mut()).await.is_none() {
                crate::support::yield_now().await;
            }
            assert!(handle.now() >= deadline, "early, because it was asked");
        }
    });
}

pub fn tmr01_callback_is_never_early<S: Subject>() {
    run::<S, _>(|handle| async move {
        let log = Log::new();
        for micros in [0, 1, 700, 1_500, 20_000] {
            let (line, delay) = (log.clone(), Duration::from_micros(micros));
            let start = Instant::now();
            handle.call_later(delay, move || line.push((delay, start.elapsed()))).unwrap();
        }
        assert!(until(&handle, || log.len() == 5).await);
        for (delay, took) in log.take() {
            assert!(took >= delay, "a callback after {delay:?} ran after {took:?}");
        }
    });
}

/// Tasks that sleep until `deadlines`, begun in this order: in which order they ended, none of them
/// early. How long from now the first deadline is, is asked of `deadlines`: a machine may stall
/// while the tasks begin, so that some begin when theirs is past already; then it is done once
/// more, with more time. With `overdue` the loop is held up until all are past.
async fn order_of_sleeps<H: Handle>(
    handle: &H,
    deadlines: impl Fn(Duration) -> Vec<time::Instant>,
    overdue: bool,
) -> Vec<usize> {
    for times in [1, 4, 16, 64, 256] {
        let (log, wrong, late) = (Log::new(), Counter::new(), Counter::new());
        let deadlines = deadlines(SHORT * times);
        let (count, last) = (deadlines.len(), deadlines.iter().max().copied());
        for (number, deadline) in deadlines.into_iter().enumerate() {
            let (line, inner) = (log.clone(), handle.clone());
            let (early, past) = (wrong.clone(), late.clone());
            drop(handle.spawn(async move {
                let mut sleep = pin!(inner.sleep_until(deadline));
                let mut begins = true;
                // Asked when it is woken and not before: what is past by then is still in its
                // place.
                poll_fn(|cx| {
                    let polled = sleep.as_mut().poll(cx);
                    if mem::replace(&mut begins, false) && polled.is_ready() {
                        past.add();
                    }
                    polled
                })
                .await;
                if inner.now() < deadline {
                    early.add();
                }
                line.push(number);
            }));
        }
        if let Some(last) = last.filter(|_| overdue) {
            crate::support::yield_now().await;
            thread::sleep(last.saturating_duration_since(handle.now()) + SHORT);
        }
        assert!(until(handle, || log.len() == count).await);
        assert_eq!(wrong.get(), 0);
        if late.get() == 0 {
            return log.take();
        }
    }
    panic!("the tasks did not begin in time");
}

pub fn tmr02_equal_deadlines_in_registration_order<S: Subject>() {
    run::<S, _>(|handle| async move {
        let deadlines = |soon| vec![handle.now() + soon; 100];
        let order = order_of_sleeps(&handle, deadlines, false).await;
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    });
}

pub fn tmr02_sleeps_end_in_deadline_order<S: Subject>() {
    run::<S, _>(|handle| async move {
        // Over 50 ms, registered in a scattered order.
        let millis = |step| (step * 37) % 50;
        let deadlines = |soon| {
            let start = handle.now() + soon;
            (0..50).map(|step| start + Duration::from_millis(millis(step))).collect()
        };
        let order = order_of_sleeps(&handle, deadlines, true).await;
        let got: Vec<_> = order.into_iter().map(|step| millis(step as u64)).collect();
        assert!(got.is_sorted(), "{got:?}");
    });
}

pub fn tmr02_callbacks_run_in_deadline_order<S: Subject>() {
    run::<S, _>(|handle| async move {
        let log = Log::new();
        let (early, late) = (handle.now() + SHORT, handle.now() + SHORT * 2);
        for number in 0..100 {
            let line = log.clone();
            // The later ones are registered first; each deadline is shared by fifty.
            let deadline = if number < 50 { late } else { early };
            handle.call_at(deadline, move || line.push((deadline, number))).unwrap();
        }
        assert!(until(&handle, || log.len() == 100).await);
        let got = log.take();
        assert!(got.is_sorted(), "{got:?}");
    });
}

pub fn tmr03_zero_delay_runs_behind_what_is_queued<S: Subject>() {
    run::<S, _>(|handle| async move {
        let log = Log::new();
        let line = log.clone();
        handle.call_soon(move || line.push("queued before")).unwrap();
        let line = log.clone();
        handle.call_later(Duration::ZERO, move || line.push("zero")).unwrap();
        assert!(log.is_empty(), "it ran inside the call");
        assert!(until(&handle, || log.len() == 2).await);
        assert_eq!(log.take(), ["queued before", "zero"]);

        // From a callback: not in the same turn.
        let (line, inner) = (log.clone(), handle.clone());
        handle
            .call_soon(move || {
                let late = line.clone();
                inner.call_later(Duration::ZERO, move || late.push("next turn")).unwrap();
                line.push("callback");
            })
            .unwrap();
        let line = log.clone();
        handle.call_soon(move || line.push("same turn")).unwrap();
        assert!(until(&handle, || log.len() == 3).await);
        assert_eq!(log.take(), ["callback", "same turn", "next turn"]);
    });
}

pub fn tmr04_past_deadline_is_due_at_once<S: Subject>() {
    run::<S, _>(|handle| async move {
        let past = handle.now();
        thread::sleep(SHORT);
        within(&handle, LONG, handle.sleep_until(past)).await.expect("a sleep until the past");
        let log = Log::new();
        let line = log.clone();
        let queued = handle.call_at(past, move || line.push(())).unwrap();
        assert!(log.is_empty(), "it ran inside the call");
        assert!(until(&handle, || log.len() == 1).await);
        assert!(!queued.is_pending());
    });
}

pub fn tmr05_huge_delay_neither_overflows_nor_fires<S: Subject>() {
    run::<S, _>(|handle| async move {
        let ran = Counter::new();
        let mut queued = Vec::new();
        for delay in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(u64::from(u32::MAX))]
        {
            let line = ran.clone();
            queued.push(handle.call_later(delay, move || _ = line.add()).unwrap());
            assert!(
                within(&handle, SHORT, handle.sleep(delay)).await.is_none(),
                "a sleep of {delay:?} ended"
            );
        }
        // Others are served beside it.
        let mut huge = pin!(handle.sleep(Duration::MAX));
        assert!(poll_once(huge.as_mut()).await.is_none());
        handle.sleep(SHORT).await;
        assert!(!huge.is_elapsed());
        assert_eq!(ran.get(), 0);
        assert!(queued.iter().all(|timer| timer.cancel()));
    });
}

pub fn tmr07_short_sleeps_do_not_spin<S: Subject>()
where
    S::Loop: Turn,
{
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let mut least = usize::MAX;
    // The best of a few tries: other threads may wake the loop as well.
    for _ in 0..5 {
        let (done, inner) = (Counter::new(), handle.clone());
        let line = done.clone();
        drop(handle.spawn(async move {
            for _ in 0..5 {
                inner.sleep(Duration::from_micros(300)).await;
            }
            line.add();
        }));
        let mut turns = 0;
        while done.get() == 0 {
            subject.turn(Some(LONG)).unwrap();
            turns += 1;
        }
        least = least.min(turns);
    }
    assert!(least <= 20, "{least} turns for five short sleeps");
}

#[cfg(target_os = "linux")]
pub fn tmr07_sleeping_uses_no_processor<S: Subject>() {
    let (wall, used) = run::<S, _>(|handle| async move {
        // Warm up, so that what is made at first use is not counted.
        handle.sleep(Duration::from_micros(300)).await;
        let (start, before) = (Instant::now(), crate::support::thread_cpu_time());
        for _ in 0..200 {
            handle.sleep(Duration::from_micros(1_300)).await;
        }
        (start.elapsed(), crate::support::thread_cpu_time() - before)
    });
    assert!(used < wall.mul_f32(0.6), "{used:?} of processor time in {wall:?} of sleeping");
}

pub fn tmr08_blocking_before_registration_does_not_shift_the_deadline<S: Subject>() {
    run::<S, _>(|handle| async move {
        let log = Log::new();
        let (line, inner) = (log.clone(), handle.clone());
        handle
            .call_soon(move || {
                // A loop that keeps the time of the turn's beginning would count this as part of
                // the delay.
                thread::sleep(SHORT * 2);
                let start = Instant::now();
                inner.call_later(SHORT, move || line.push(start.elapsed())).unwrap();
            })
            .unwrap();
        assert!(until(&handle, || log.len() == 1).await);
        assert!(log.take()[0] >= SHORT);

        let inner = handle.clone();
        let task = handle.spawn(async move {
            thread::sleep(SHORT * 2);
            let start = Instant::now();
            inner.sleep(SHORT).await;
            start.elapsed()
        });
        assert!(task.await.unwrap() >= SHORT);
    });
}

pub fn tmr09_blocking_after_registration_counts<S: Subject>() {
    run::<S, _>(|handle| async move {
        let log = Log::new();
        let (first, second, inner) = (log.clone(), log.clone(), handle.clone());
        handle
            .call_soon(move || {
                inner.call_later(SHORT * 2, move || first.push("registered first")).unwrap();
                thread::sleep(SHORT * 3);
                // Due later than the first, unless the first began to count only now.
                inner.call_later(SHORT, move || second.push("registered second")).unwrap();
            })
            .unwrap();
        assert!(until(&handle, || log.len() == 2).await);
        assert_eq!(log.take(), ["registered first", "registered second"]);
    });
}

pub fn tmr10_overdue_timer_does_not_wait<S: Subject>()
where
    S::Loop: Turn,
{
    let mut subject = make::<S>();
    let handle = subject.handle().clone();
    let ran = Counter::new();
    let line = ran.clone();
    handle.call_later(Duration::from_millis(1), move || _ = line.add()).unwrap();
    subject.turn(Some(Duration::ZERO)).unwrap();
    thread::sleep(SHORT);
    if ran.get() == 0 {
        let deadline = subject.next_deadline().expect("a timer waits");
        assert!(deadline <= handle.now(), "an overdue timer is not due");
    }
    let start = Instant::now();
    while ran.get() == 0 {
        subject.turn(Some(LONG)).unwrap();
    }
    assert!(start.elapsed() < LONG, "an overdue timer waited for {:?}", start.elapsed());
}
