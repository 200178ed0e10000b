//! Timers: never early, in the order of their deadlines, whatever the order they were made in.

use std::io;

use anyloop::task::JoinSet;
use anyloop::time::{Duration, Instant, interval, sleep, timeout};

pub(crate) async fn run() -> io::Result<String> {
    let mut order = Vec::new();
    let mut sleeps = JoinSet::new();
    for ms in [30, 10, 20, 0, 10] {
        let start = Instant::now();
        sleeps.spawn(async move {
            let wanted = Duration::from_millis(ms);
            sleep(wanted).await;
            (ms, start.elapsed() < wanted)
        });
    }
    while let Some(slept) = sleeps.join_next().await {
        let (ms, early) = slept?;
        order.push(if early { format!("{ms} EARLY") } else { ms.to_string() });
    }

    let start = Instant::now();
    let mut ticks = interval(Duration::from_millis(5));
    for _ in 0..3 {
        ticks.tick().await;
    }
    // The first tick is at once, so three ticks take two periods.
    let on_time = start.elapsed() >= Duration::from_millis(10);

    let limited = timeout(Duration::from_millis(5), std::future::pending::<()>()).await;
    let never = timeout(Duration::from_millis(5), sleep(Duration::MAX)).await;
    Ok(format!(
        "slept {} ms; 3 ticks {}; time limit {}; Duration::MAX {}",
        order.join(" "),
        if on_time { "on time" } else { "EARLY" },
        if limited.is_err() { "kept" } else { "MISSED" },
        if never.is_err() { "never came" } else { "CAME" },
    ))
}
