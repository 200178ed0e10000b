use std::time::{Duration, Instant};

use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};
use aws_smithy_async::time::SharedTimeSource;
use loop_api::Handle as _;

use crate::support::plug;

#[anyloop::test]
async fn a_time_out_of_the_sdk_ends_what_takes_too_long() {
    let sleep = SharedAsyncSleep::new(plug());
    let begun = Instant::now();
    let late = Timeout::new(std::future::pending::<()>(), sleep.sleep(Duration::from_millis(5))).await;
    assert!(late.is_err());
    assert!(begun.elapsed() >= Duration::from_millis(5));

    let soon = Timeout::new(async { 7 }, sleep.sleep(Duration::MAX)).await;
    assert_eq!(soon.ok(), Some(7));
}

/// By which the SDK signs.
#[anyloop::test(sim, seeds = 1)]
async fn the_time_of_day_is_the_loops() {
    let now = || plug().handle().wall_clock();
    let before = now();
    let told = SharedTimeSource::new(plug()).now();
    assert!((before..=now()).contains(&told), "{told:?}, and not {before:?}");
}
