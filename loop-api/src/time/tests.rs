//! Intervals and timeouts on this crate's test loop.

use std::future::{pending, ready};
use std::io;
use std::thread;
use std::time::Duration;

use super::MissedTickBehavior;
use crate::test_loop::TestLoop;
use crate::{EventLoop, Handle};

const PERIOD: Duration = Duration::from_millis(20);

#[test]
fn the_first_tick_is_at_once_and_the_next_a_period_later() {
    let mut test = TestLoop::new().unwrap();
    let handle = test.handle().clone();
    test.block_on(async {
        let start = handle.now();
        let mut interval = handle.interval(PERIOD);
        let first = interval.tick().await;
        let second = interval.tick().await;
        assert_eq!(second - first, PERIOD);
        assert!(handle.now() - start >= PERIOD);
    });
}

#[test]
fn missed_ticks_burst_delay_or_are_skipped() {
    let mut test = TestLoop::new().unwrap();
    let handle = test.handle().clone();
    test.block_on(async {
        for behavior in [MissedTickBehavior::Burst, MissedTickBehavior::Delay, MissedTickBehavior::Skip] {
            let mut interval = handle.interval(PERIOD);
            interval.set_missed_tick_behavior(behavior);
            let start = interval.tick().await;
            thread::sleep(PERIOD * 2 + PERIOD / 2);
            let late = handle.now();
            assert_eq!(interval.tick().await - start, PERIOD);
            let next = interval.tick().await;
            match behavior {
                MissedTickBehavior::Burst => assert_eq!(next - start, PERIOD * 2),
                MissedTickBehavior::Delay => assert!(next - late >= PERIOD),
                MissedTickBehavior::Skip => {
                    assert!(next > late);
                    assert_eq!((next - start).as_nanos() % PERIOD.as_nanos(), 0);
                }
            }
        }
    });
}

#[test]
fn a_period_of_zero_starves_no_timer() {
    let mut test = TestLoop::new().unwrap();
    let handle = test.handle().clone();
    let endless = async {
        for behavior in [MissedTickBehavior::Burst, MissedTickBehavior::Skip] {
            let mut interval = handle.interval(Duration::ZERO);
            interval.set_missed_tick_behavior(behavior);
            let ticks = async {
                loop {
                    interval.tick().await;
                }
            };
            handle.timeout(Duration::from_millis(10), ticks).await.unwrap_err();
        }
    };
    test.block_on(endless);
}

#[test]
fn huge_periods_and_resets() {
    let mut test = TestLoop::new().unwrap();
    let handle = test.handle().clone();
    test.block_on(async {
        let mut interval = handle.interval(Duration::MAX);
        assert_eq!(interval.period(), Duration::MAX);
        interval.tick().await;
        handle.timeout(Duration::from_millis(5), interval.tick()).await.unwrap_err();
        interval.reset_immediately();
        interval.tick().await;
        interval.reset();
        handle.timeout(Duration::from_millis(5), interval.tick()).await.unwrap_err();
    });
}

#[test]
fn a_timeout_asks_its_future_first() {
    let mut test = TestLoop::new().unwrap();
    let handle = test.handle().clone();
    test.block_on(async {
        assert_eq!(handle.timeout(Duration::ZERO, ready(1)).await, Ok(1));
        assert_eq!(handle.timeout(Duration::MAX, ready(2)).await, Ok(2));
        let elapsed = handle.timeout_at(handle.now(), pending::<()>()).await.unwrap_err();
        assert_eq!(io::Error::from(elapsed).kind(), io::ErrorKind::TimedOut);
        let (promise, mut deferred) = crate::promise::promise();
        handle.timeout(Duration::from_millis(1), &mut deferred).await.unwrap_err();
        promise.settle(3).unwrap();
        assert_eq!(deferred.await.unwrap(), 3);
    });
}
