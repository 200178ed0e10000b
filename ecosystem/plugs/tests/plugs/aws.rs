use std::time::{Duration, Instant};

use aws_smithy_async::future::timeout::Timeout;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};

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
