use std::time::Duration;

use anyloop::time::{Instant, sleep};

#[anyloop::test(start_paused = true)]
async fn the_token_is_renewed_each_hour() {
    let begin = Instant::now();
    for _hour in 0..24 {
        sleep(Duration::from_secs(3600)).await;
    }
    assert_eq!(begin.elapsed(), Duration::from_secs(24 * 3600));
}
