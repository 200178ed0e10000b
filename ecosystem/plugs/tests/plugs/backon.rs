use std::cell::Cell;
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};

use crate::support::plug;

#[anyloop::test]
async fn tries_again_after_pauses_on_the_loop() {
    let tries = Cell::new(0);
    let begun = Instant::now();
    let policy = ExponentialBuilder::new().with_min_delay(Duration::from_millis(2)).with_max_times(5);
    let third = || async {
        tries.set(tries.get() + 1);
        if tries.get() == 3 { Ok(tries.get()) } else { Err("not yet") }
    };
    let output = third.retry(policy).sleep(plug()).await;
    assert_eq!(output, Ok(3));
    // Pauses of 2 and of 4 ms.
    assert!(begun.elapsed() >= Duration::from_millis(6));
}
