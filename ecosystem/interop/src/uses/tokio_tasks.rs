//! tokio's timers, tasks and channels.

use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{interval, sleep, timeout};

use crate::{Env, Meter, Outcome, ensure, ensure_eq};

pub(super) async fn time(_: Env, meter: Meter) -> Outcome {
    meter
        .each(async || {
            let begun = Instant::now();
            sleep(Duration::from_millis(1)).await;
            ensure!(begun.elapsed() >= Duration::from_millis(1), "the sleep ended early");
            let never = timeout(Duration::from_millis(1), std::future::pending::<()>()).await;
            ensure!(never.is_err(), "what never comes came");
            let mut ticks = interval(Duration::from_millis(1));
            ticks.tick().await;
            ticks.tick().await;
            ensure!(begun.elapsed() >= Duration::from_millis(3), "all together ended early");
            Ok(())
        })
        .await
}

pub(super) async fn spawn(_: Env, meter: Meter) -> Outcome {
    meter
        .each(async || {
            let task = tokio::spawn(async {
                tokio::task::yield_now().await;
                // A task of the loop's tokio part finds it again.
                tokio::spawn(async { 42 }).await
            });
            ensure_eq!(task.await??, 42);
            let task = tokio::spawn(std::future::pending::<()>());
            task.abort();
            ensure!(task.await.is_err_and(|error| error.is_cancelled()), "the aborted task is not cancelled");
            Ok(())
        })
        .await
}

pub(super) async fn spawn_blocking(_: Env, meter: Meter) -> Outcome {
    let here = std::thread::current().id();
    meter
        .each(async || {
            let there = tokio::task::spawn_blocking(|| std::thread::current().id()).await?;
            ensure!(there != here, "the job ran on the loop's thread");
            Ok(())
        })
        .await
}

pub(super) async fn join_set(_: Env, meter: Meter) -> Outcome {
    meter
        .each(async || {
            let (sender, mut receiver) = mpsc::channel(2);
            let permits = std::sync::Arc::new(Semaphore::new(3));
            let mut tasks = JoinSet::new();
            for i in 0..8_u32 {
                let (sender, permits) = (sender.clone(), permits.clone());
                tasks.spawn(async move {
                    let _permit = permits.acquire().await;
                    // It goes to one who waits with a time limit, and answers.
                    let (answer, answered) = oneshot::channel::<u32>();
                    sender.send((i, answer)).await.ok()?;
                    timeout(Duration::from_secs(20), answered).await.ok()?.ok()
                });
            }
            drop(sender);
            while let Some((i, answer)) = timeout(Duration::from_secs(20), receiver.recv()).await? {
                ensure!(answer.send(i * i).is_ok(), "the receiver of the answer is gone");
            }
            let mut squares: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
            squares.sort_unstable();
            ensure_eq!(squares, [0, 1, 4, 9, 16, 25, 36, 49]);
            Ok(())
        })
        .await
}

pub(super) async fn local_set(_: Env, meter: Meter) -> Outcome {
    let set = LocalSet::new();
    set.run_until(meter.each(async || {
        let shared = Rc::new(1);
        let other = shared.clone();
        let task = tokio::task::spawn_local(async move {
            sleep(Duration::from_millis(1)).await;
            *other
        });
        ensure_eq!(task.await? + *shared, 2);
        Ok(())
    }))
    .await
}
