//! TMR: intervals.

use std::thread;
use std::time::Duration;

use crate::Subject;
use crate::support::{Counter, LONG, SHORT, run, until, within};
use loop_api::Handle;
use loop_api::time::MissedTickBehavior;

pub fn tmr06_huge_interval_neither_overflows_nor_fires<S: Subject>() {
    run::<S, _>(|handle| async move {
        let mut interval = handle.interval(Duration::MAX);
        within(&handle, LONG, interval.tick()).await.expect("the first tick, which is at once");
        assert!(within(&handle, SHORT, interval.tick()).await.is_none());
    });
}

pub fn tmr11_interval_ticks_until_it_is_dropped<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (ticks, ended) = (Counter::new(), Counter::new());
        let (line, guard, inner) = (ticks.clone(), ended.on_drop(), handle.clone());
        let task = handle.spawn(async move {
            let _guard = guard;
            let (start, period) = (inner.now(), Duration::from_millis(5));
            let mut interval = inner.interval(period);
            for number in 0..5 {
                let due = interval.tick().await;
                assert!(inner.now() >= due, "a tick before it was due");
                assert!(inner.now() >= start + period * number, "tick {number} came early");
                line.add();
            }
        });
        task.await.unwrap();
        handle.sleep(SHORT).await;
        assert_eq!((ticks.get(), ended.get()), (5, 1));
    });
}

pub fn tmr12_interval_of_zero_blocks_no_other_timer<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (ticks, inner) = (Counter::new(), handle.clone());
        let line = ticks.clone();
        let endless = handle.spawn(async move {
            let mut interval = inner.interval(Duration::ZERO);
            loop {
                interval.tick().await;
                line.add();
            }
        });
        for _ in 0..3 {
            handle.sleep(Duration::from_millis(5)).await;
            assert_eq!(handle.spawn(async { 1 }).await.ok(), Some(1));
        }
        assert!(ticks.get() > 1, "the interval itself was starved");
        drop(loop_api::task::Task::cancel(endless).await);
    });
}

pub fn tmr13_two_intervals_of_zero_take_turns<S: Subject>() {
    run::<S, _>(|handle| async move {
        let (one, two) = (Counter::new(), Counter::new());
        let apart = Counter::new();
        let tasks = [(one.clone(), two.clone()), (two.clone(), one.clone())].map(|(mine, other)| {
            let (inner, apart) = (handle.clone(), apart.clone());
            handle.spawn(async move {
                let mut interval = inner.interval(Duration::ZERO);
                while mine.get() < 200 {
                    interval.tick().await;
                    let mine = mine.add();
                    // The other began a turn later, or ended first.
                    if mine > 1 && mine < 199 && mine.abs_diff(other.get()) > 2 {
                        apart.add();
                    }
                }
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(apart.get(), 0, "one ticked while the other waited");
    });
}

pub fn tmr14_missed_ticks_are_given_delayed_or_skipped<S: Subject>() {
    run::<S, _>(|handle| async move {
        let period = SHORT;
        for behavior in [MissedTickBehavior::Burst, MissedTickBehavior::Delay, MissedTickBehavior::Skip] {
            let (mut interval, start) = loop {
                let mut interval = handle.interval(period);
                interval.set_missed_tick_behavior(behavior);
                let start = interval.tick().await;
                // On a busy machine the first tick may be late itself, which is another case.
                if handle.now() - start < Duration::from_millis(4) {
                    break (interval, start);
                }
            };
            // The ticks at 1, 2 and 3 periods are missed.
            thread::sleep(period * 3 + period / 2);
            let late = handle.now();
            assert_eq!(interval.tick().await - start, period, "{behavior:?}: the late tick");
            let next = interval.tick().await;
            assert!(handle.now() >= next, "{behavior:?}: a tick before it was due");
            let after = (next - start).as_nanos();
            match behavior {
                MissedTickBehavior::Burst => assert_eq!(after, (period * 2).as_nanos()),
                MissedTickBehavior::Delay => {
                    assert!(next >= late + period, "not a period after the late tick")
                }
                MissedTickBehavior::Skip => {
                    assert!(next > late, "a tick that was missed");
                    assert_eq!(after % period.as_nanos(), 0, "not at a multiple of the period");
                }
            }
        }
    });
}

pub fn tmr14_on_time_ticks_do_not_drift<S: Subject>() {
    run::<S, _>(|handle| async move {
        let period = Duration::from_millis(4);
        let mut interval = handle.interval(period);
        let start = interval.tick().await;
        for number in 1..=10 {
            assert_eq!(interval.tick().await - start, period * number);
        }
        assert!(until(&handle, || handle.now() >= start + period * 10).await);
    });
}
