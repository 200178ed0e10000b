//! Timers: never early, in the order of their deadlines, whatever the order they were made in.

use std::io;

use anyloop::task::JoinSet;
use anyloop::time::{Duration, Instant, interval, sleep, sleep_until, timeout};

/// Sleeps of some milliseconds more than `lead`, in the order in which they ended; `None` if one
/// began when it was past already, as on a machine that stalls.
async fn sleeps(lead: Duration) -> io::Result<Option<Vec<String>>> {
    let start = Instant::now() + lead;
    let (mut order, mut in_time) = (Vec::new(), true);
    let mut sleeps = JoinSet::new();
    for ms in [30, 10, 20, 0, 11] {
        sleeps.spawn(async move {
            let deadline = start + Duration::from_millis(ms);
            let in_time = Instant::now() < start;
            sleep_until(deadline).await;
            (ms, in_time, Instant::now() < deadline)
        });
    }
    while let Some(slept) = sleeps.join_next().await {
        let (ms, began_in_time, early) = slept?;
        in_time &= began_in_time;
        order.push(if early { format!("{ms} EARLY") } else { ms.to_string() });
    }
    Ok(in_time.then_some(order))
}

pub(crate) async fn run() -> io::Result<String> {
    let mut lead = Duration::from_millis(5);
    let order = loop {
        match sleeps(lead).await? {
            Some(order) => break order,
            None => lead *= 4,
        }
    };

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
