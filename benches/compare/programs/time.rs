//! Sleeps: created and dropped, expiring, and how late one is.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::{Loop, sleep, spawn};
use crate::job::{Job, Start, Values};
use crate::results::Metric;

/// What a time limit costs that is never reached: made, polled once, dropped.
pub(crate) fn created_and_dropped(mut runtime: Loop) -> Start {
    Start::steps(move |times| {
        runtime.block_on(async move {
            let task = spawn(async move {
                for _ in 0..times {
                    let mut sleep = pin!(sleep(Duration::from_secs(60)));
                    assert!(poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_pending())).await);
                }
            });
            task.await;
        });
    })
}

/// `sleeps` tasks sleep at once, each for up to 50 ms.
pub(crate) fn expiring(mut runtime: Loop, job: &Job) -> Start {
    let sleeps = job.param("sleeps") as u64;
    Start::steps(move |times| {
        for _ in 0..times / sleeps {
            runtime.block_on(async {
                let start = |i: u64| {
                    // In no order: the upper bits of a product.
                    let micros = (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) % 50_000;
                    spawn(sleep(Duration::from_micros(micros)))
                };
                for task in (0..sleeps).map(start).collect::<Vec<_>>() {
                    task.await;
                }
            });
        }
    })
}

/// One sleep of 1 ms after another: how long after its deadline each is heard of.
pub(crate) fn lateness(mut runtime: Loop) -> Start {
    const NAP: Duration = Duration::from_millis(1);
    Start::Steps(Box::new(move |times| {
        let mut late = Vec::new();
        let mut early = 0;
        runtime.block_on(async {
            for _ in 0..times {
                let start = Instant::now();
                sleep(NAP).await;
                match start.elapsed().checked_sub(NAP) {
                    Some(by) => late.push(by),
                    None => early += 1,
                }
            }
        });
        late.sort();
        let mut values = Values::from([(Metric::Early, f64::from(early))]);
        if let Some(middle) = late.get(late.len() / 2) {
            values.push((Metric::LatenessUs, middle.as_nanos() as f64 / 1e3));
        }
        values
    }))
}
