//! Workloads of tasks and timers alone, written once over the few calls that the raw runtimes have
//! in common.

use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::{Duration, Instant};

/// What is measured here, each as an operation done `times` times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Many {
    /// A task among `tasks` gives way to the others.
    Yield { tasks: usize },
    /// A message goes to another task and comes back.
    PingPong,
    /// A task sleeps, up to `within` milliseconds; all of them at once.
    Expire { within: u64 },
    /// A sleep ends, up to `within` milliseconds after it began; all of them are in one task.
    Sleeps { within: u64 },
    /// A sleep of 1 ms; how late it is.
    Late,
    /// Spawned from a task, all at once, and joined.
    Storm,
    /// A task of some 20 microseconds of arithmetic; all of them spawned at once.
    Crunch,
}

impl Many {
    pub(crate) fn parse(name: &str) -> Option<Many> {
        Some(match name {
            "yield1" => Many::Yield { tasks: 1 },
            "yield100" => Many::Yield { tasks: 100 },
            "pingpong" => Many::PingPong,
            "expire" => Many::Expire { within: 50 },
            "expire1000" => Many::Expire { within: 1000 },
            "sleeps" => Many::Sleeps { within: 50 },
            "sleeps1000" => Many::Sleeps { within: 1000 },
            "late" => Many::Late,
            "storm" => Many::Storm,
            "crunch" => Many::Crunch,
            _ => return None,
        })
    }
}

/// A runtime, from inside of it.
pub(crate) trait Raw: Clone + Send + Sync + 'static {
    fn spawn<F>(&self, future: F) -> impl Future<Output = F::Output> + Send + 'static
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    fn sleep_until(&self, deadline: Instant) -> impl Future<Output = ()> + Send + 'static;

    fn yield_now() -> impl Future<Output = ()> + Send;
}

pub(crate) async fn run<R: Raw>(raw: R, many: Many, times: usize) {
    match many {
        Many::Yield { tasks } => {
            let share = times / tasks;
            let tasks = (0..tasks).map(|_| {
                raw.spawn(async move {
                    for _ in 0..share {
                        R::yield_now().await;
                    }
                })
            });
            join(tasks.collect()).await;
        }
        Many::PingPong => {
            let (there, ping) = async_channel::bounded(1);
            let (back, pong) = async_channel::bounded(1);
            let answers = raw.spawn(async move {
                while let Ok(message) = ping.recv().await {
                    if back.send(message).await.is_err() {
                        return;
                    }
                }
            });
            let asks = raw.spawn(async move {
                for i in 0..times {
                    there.send(i).await.expect("the other task is there");
                    assert_eq!(pong.recv().await, Ok(i));
                }
            });
            join(vec![asks]).await;
            answers.await;
        }
        Many::Expire { within } => {
            let start = Instant::now();
            join((0..times).map(|i| raw.spawn(raw.sleep_until(start + scattered(i, within)))).collect())
                .await;
        }
        Many::Sleeps { within } => {
            let start = Instant::now();
            let mut sleeps: Vec<_> =
                (0..times).map(|i| Box::pin(raw.sleep_until(start + scattered(i, within)))).collect();
            poll_fn(|cx| {
                sleeps.retain_mut(|sleep| sleep.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            // The rest in order; by the end of the last one all have ended.
            for sleep in sleeps {
                sleep.await;
            }
        }
        Many::Late => {
            let mut late = Vec::new();
            for _ in 0..times {
                let deadline = Instant::now() + Duration::from_millis(1);
                raw.sleep_until(deadline).await;
                let now = Instant::now();
                assert!(now >= deadline, "a sleep ended early");
                late.push(now - deadline);
            }
            late.sort();
            println!("late_median_ns {}", late[late.len() / 2].as_nanos());
        }
        Many::Storm => {
            let inner = raw.clone();
            let root = raw.spawn(async move {
                let tasks = (0..times).map(|i| inner.spawn(async move { i }));
                join(tasks.collect()).await;
            });
            root.await;
        }
        Many::Crunch => {
            let tasks = (0..times).map(|i| {
                raw.spawn(async move {
                    let mut x = i as u64 | 1;
                    for _ in 0..20_000 {
                        x = std::hint::black_box(x.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (x >> 7));
                    }
                    x
                })
            });
            join(tasks.collect()).await;
        }
    }
}

/// A moment that hangs on the number in no simple way.
fn scattered(number: usize, within: u64) -> Duration {
    let random = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    Duration::from_micros(random % (within * 1000))
}

async fn join<F: Future>(tasks: Vec<F>) {
    for task in tasks {
        task.await;
    }
}
